/* Motion compensation. Taps are lanes of one register; a pass fits 16 bits. */
#include "codec/dsp/arm/neon.h"

static void copy(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h)
{
    for (int y = 0; y < h; y++, dst += ds, src += ss) {
        if (w < 16)
            store_few(dst, load_few(src, w), w);
        else
            for (int x = 0; x < w; x += 16)
                vst1q_u8(dst + x, vld1q_u8(src + x));
    }
}

ALWAYS_INLINE int16x8_t load_taps8(const int8_t *taps)
{
    return vmovl_s8(vld1_s8(taps));
}

/* sum of the products of eight vectors with the taps */
ALWAYS_INLINE int16x8_t filter(const int16x8_t v[8], int16x8_t t)
{
    int16x8_t sum = vmulq_laneq_s16(v[0], t, 0);
    sum = vmlaq_laneq_s16(sum, v[1], t, 1);
    sum = vmlaq_laneq_s16(sum, v[2], t, 2);
    sum = vmlaq_laneq_s16(sum, v[3], t, 3);
    sum = vmlaq_laneq_s16(sum, v[4], t, 4);
    sum = vmlaq_laneq_s16(sum, v[5], t, 5);
    sum = vmlaq_laneq_s16(sum, v[6], t, 6);
    return vmlaq_laneq_s16(sum, v[7], t, 7);
}

/* samples -3..4 around 8 positions */
ALWAYS_INLINE int16x8_t filter_row(const uint8_t *src, int16x8_t t)
{
    const uint8x16_t s = vld1q_u8(src - 3);
    const int16x8_t a = widen(vget_low_u8(s)), b = widen(vget_high_u8(s));
    const int16x8_t v[8] = {
        a,
        vextq_s16(a, b, 1),
        vextq_s16(a, b, 2),
        vextq_s16(a, b, 3),
        vextq_s16(a, b, 4),
        vextq_s16(a, b, 5),
        vextq_s16(a, b, 6),
        vextq_s16(a, b, 7),
    };
    return filter(v, t);
}

ALWAYS_INLINE void horizontal(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h,
                              const int8_t *taps)
{
    const int16x8_t t = load_taps8(taps);
    for (int y = 0; y < h; y++, dst += ds, src += ss)
        for (int x = 0; x < w; x += 8)
            store_few(dst + x, vqrshrun_n_s16(filter_row(src + x, t), 6), w);
}

ALWAYS_INLINE void vertical(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h,
                            const int8_t *taps)
{
    const int16x8_t t = load_taps8(taps);
    for (int x = 0; x < w; x += 8) {
        const uint8_t *s = src + x - 3 * ss;
        int16x8_t row[8];
        for (int i = 0; i < 7; i++, s += ss)
            row[i] = widen(load_few(s, w));
        for (int y = 0; y < h; y++, s += ss) {
            row[7] = widen(load_few(s, w));
            store_few(dst + y * ds + x, vqrshrun_n_s16(filter(row, t), 6), w);
            for (int i = 0; i < 7; i++)
                row[i] = row[i + 1];
        }
    }
}

ALWAYS_INLINE int32x4_t filter_wide(const int16x4_t v[8], int16x8_t t)
{
    int32x4_t sum = vmull_laneq_s16(v[0], t, 0);
    sum = vmlal_laneq_s16(sum, v[1], t, 1);
    sum = vmlal_laneq_s16(sum, v[2], t, 2);
    sum = vmlal_laneq_s16(sum, v[3], t, 3);
    sum = vmlal_laneq_s16(sum, v[4], t, 4);
    sum = vmlal_laneq_s16(sum, v[5], t, 5);
    sum = vmlal_laneq_s16(sum, v[6], t, 6);
    return vmlal_laneq_s16(sum, v[7], t, 7);
}

ALWAYS_INLINE void both(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h,
                        const int8_t *taps_x, const int8_t *taps_y)
{
    const int16x8_t tx = load_taps8(taps_x), ty = load_taps8(taps_y);
    for (int x = 0; x < w; x += 8) {
        const uint8_t *s = src + x - 3 * ss;
        int16x4_t low[8], high[8];
        for (int i = 0; i < 7; i++, s += ss) {
            const int16x8_t v = filter_row(s, tx);
            low[i] = vget_low_s16(v);
            high[i] = vget_high_s16(v);
        }
        for (int y = 0; y < h; y++, s += ss) {
            const int16x8_t v = filter_row(s, tx);
            low[7] = vget_low_s16(v);
            high[7] = vget_high_s16(v);
            const int16x8_t out = vcombine_s16(vqrshrn_n_s32(filter_wide(low, ty), 12),
                                               w > 4 ? vqrshrn_n_s32(filter_wide(high, ty), 12) : vdup_n_s16(0));
            store_few(dst + y * ds + x, vqmovun_s16(out), w);
            for (int i = 0; i < 7; i++) {
                low[i] = low[i + 1];
                high[i] = high[i + 1];
            }
        }
    }
}

ALWAYS_INLINE void mc_width(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h,
                            const int8_t *taps_x, const int8_t *taps_y)
{
    if (taps_x && taps_y)
        both(dst, ds, src, ss, w, h, taps_x, taps_y);
    else if (taps_x)
        horizontal(dst, ds, src, ss, w, h, taps_x);
    else if (taps_y)
        vertical(dst, ds, src, ss, w, h, taps_y);
    else
        copy(dst, ds, src, ss, w, h);
}

static void mc(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h, const int8_t *taps_x,
               const int8_t *taps_y)
{
    if (w == 4)
        mc_width(dst, ds, src, ss, 4, h, taps_x, taps_y);
    else if (w == 8)
        mc_width(dst, ds, src, ss, 8, h, taps_x, taps_y);
    else
        mc_width(dst, ds, src, ss, w, h, taps_x, taps_y);
}

void viola_dsp_inter_neon(viola_dsp *dsp)
{
    dsp->mc = mc;
    dsp->copy = copy;
}
