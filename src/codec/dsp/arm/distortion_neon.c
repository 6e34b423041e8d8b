/* Distances between blocks. */
#include "codec/dsp/arm/neon.h"

/* 16 samples: of one row, or of two rows of 8 */
ALWAYS_INLINE uint8x16_t rows_of(const uint8_t *p, ptrdiff_t stride, int w)
{
    return w >= 16 ? vld1q_u8(p) : vcombine_u8(vld1_u8(p), vld1_u8(p + stride));
}

ALWAYS_INLINE uint32_t sad_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    const int step = w >= 16 ? 1 : 2;
    uint32x4_t sum = vdupq_n_u32(0);
    for (int y = 0; y < rows; y += step, src += step * ss, ref += step * rs)
        for (int x = 0; x < w; x += 16)
            sum = vpadalq_u16(sum, vpaddlq_u8(vabdq_u8(rows_of(src + x, ss, w), rows_of(ref + x, rs, w))));
    return vaddvq_u32(sum);
}

ALWAYS_INLINE void sad_x4_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *const ref[4], ptrdiff_t rs, int w,
                                int rows, uint32_t sad[4])
{
    const int step = w >= 16 ? 1 : 2;
    uint32x4_t sum[4] = {vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0)};
    for (int y = 0; y < rows; y += step) {
        for (int x = 0; x < w; x += 16) {
            const uint8x16_t s = rows_of(src + y * ss + x, ss, w);
            for (int i = 0; i < 4; i++)
                sum[i] = vpadalq_u16(sum[i], vpaddlq_u8(vabdq_u8(s, rows_of(ref[i] + y * rs + x, rs, w))));
        }
    }
    for (int i = 0; i < 4; i++)
        sad[i] = vaddvq_u32(sum[i]);
}

ALWAYS_INLINE uint32_t sse_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    const int step = w >= 16 ? 1 : 2;
    uint32x4_t sum = vdupq_n_u32(0);
    for (int y = 0; y < rows; y += step, src += step * ss, ref += step * rs) {
        for (int x = 0; x < w; x += 16) {
            const uint8x16_t d = vabdq_u8(rows_of(src + x, ss, w), rows_of(ref + x, rs, w));
            sum = vpadalq_u16(sum, vmull_u8(vget_low_u8(d), vget_low_u8(d)));
            sum = vpadalq_u16(sum, vmull_high_u8(d, d));
        }
    }
    return vaddvq_u32(sum);
}

#define BUTTERFLY(a, b)                                                                                                \
    do {                                                                                                               \
        const int16x8_t sum_ = vaddq_s16(a, b);                                                                        \
        b = vsubq_s16(a, b);                                                                                           \
        a = sum_;                                                                                                      \
    } while (0)

/* the stages that add what is 4 and 2 rows apart; the last one differs */
ALWAYS_INLINE void hadamard8(int16x8_t v[8])
{
    BUTTERFLY(v[0], v[4]);
    BUTTERFLY(v[1], v[5]);
    BUTTERFLY(v[2], v[6]);
    BUTTERFLY(v[3], v[7]);
    BUTTERFLY(v[0], v[2]);
    BUTTERFLY(v[1], v[3]);
    BUTTERFLY(v[4], v[6]);
    BUTTERFLY(v[5], v[7]);
}

/* 8x8 block: halves of the sums of magnitudes */
ALWAYS_INLINE uint32x4_t satd_8x8(const uint8_t *s, const uint8_t *r, ptrdiff_t ss, ptrdiff_t rs)
{
    int16x8_t v[8];
    for (int i = 0; i < 8; i++)
        v[i] = difference(vld1_u8(s + i * ss), vld1_u8(r + i * rs));
    hadamard8(v);
    BUTTERFLY(v[0], v[1]);
    BUTTERFLY(v[2], v[3]);
    BUTTERFLY(v[4], v[5]);
    BUTTERFLY(v[6], v[7]);
    transpose8(v);
    hadamard8(v);
    /* the last stage: |a + b| + |a - b| = 2 max(|a|, |b|) */
    uint32x4_t sum = vdupq_n_u32(0);
    for (int i = 0; i < 8; i += 2) {
        const int16x8_t most = vmaxq_s16(vabsq_s16(v[i]), vabsq_s16(v[i + 1]));
        sum = vpadalq_u16(sum, vreinterpretq_u16_s16(most));
    }
    return sum;
}

ALWAYS_INLINE uint32_t satd_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    uint32x4_t sum = vdupq_n_u32(0);
    for (int y = 0; y < rows; y += 8, src += 8 * ss, ref += 8 * rs)
        for (int x = 0; x < w; x += 8)
            sum = vaddq_u32(sum, satd_8x8(src + x, ref + x, ss, rs));
    return (vaddvq_u32(sum) + 1) >> 1;
}

#define KERNELS(W)                                                                                                     \
    static uint32_t sad##W(const uint8_t *s, ptrdiff_t ss, const uint8_t *r, ptrdiff_t rs, int rows)                   \
    {                                                                                                                  \
        return sad_block(s, ss, r, rs, W, rows);                                                                       \
    }                                                                                                                  \
    static void sad_x4_##W(const uint8_t *s, ptrdiff_t ss, const uint8_t *const r[4], ptrdiff_t rs, int rows,          \
                           uint32_t sad[4])                                                                            \
    {                                                                                                                  \
        sad_x4_block(s, ss, r, rs, W, rows, sad);                                                                      \
    }                                                                                                                  \
    static uint32_t satd##W(const uint8_t *s, ptrdiff_t ss, const uint8_t *r, ptrdiff_t rs, int rows)                  \
    {                                                                                                                  \
        return satd_block(s, ss, r, rs, W, rows);                                                                      \
    }                                                                                                                  \
    static uint32_t sse##W(const uint8_t *s, ptrdiff_t ss, const uint8_t *r, ptrdiff_t rs, int rows)                   \
    {                                                                                                                  \
        return sse_block(s, ss, r, rs, W, rows);                                                                       \
    }

KERNELS(8)
KERNELS(16)
KERNELS(32)
KERNELS(64)

static void residual(int16_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, const uint8_t *pred, ptrdiff_t ps,
                     int w, int h)
{
    for (int y = 0; y < h; y++, dst += ds, src += ss, pred += ps) {
        if (w == 4)
            vst1_s16(dst, vget_low_s16(difference(load4(src), load4(pred))));
        else
            for (int x = 0; x < w; x += 8)
                vst1q_s16(dst + x, difference(vld1_u8(src + x), vld1_u8(pred + x)));
    }
}

#define SET(field, name)                                                                                               \
    dsp->field[VIOLA_W8] = name##8;                                                                                    \
    dsp->field[VIOLA_W16] = name##16;                                                                                  \
    dsp->field[VIOLA_W32] = name##32;                                                                                  \
    dsp->field[VIOLA_W64] = name##64

void viola_dsp_distortion_neon(viola_dsp *dsp)
{
    SET(sad, sad);
    SET(sad_x4, sad_x4_);
    SET(satd, satd);
    SET(sse, sse);
    dsp->residual = residual;
}
