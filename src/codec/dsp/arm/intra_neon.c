/* Intra prediction. */
#include "codec/dsp/arm/neon.h"

/* Per sample: wy * (above - bottom) + wx * (left - right) + 256 * (bottom + right), see the C kernel. */
ALWAYS_INLINE void smooth(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    int16_t weight[64] = {0};
    const int right = above[n - 1], bottom = left[n - 1];
    for (int i = 0; i < n; i++)
        weight[i] = (int16_t)(16 + 240 * (n - i) * (n - i) / (n * n));
    const int32x4_t base = vdupq_n_s32(256 * (right + bottom) + 256);
    for (int x = 0; x < n; x += 8) {
        const int16x8_t wx = vld1q_s16(weight + x);
        const int16x8_t a = vsubq_s16(widen(load_few(above + x, n)), vdupq_n_s16((int16_t)bottom));
        for (int y = 0; y < n; y++) {
            const int16_t wy = weight[y], l = (int16_t)(left[y] - right);
            const int32x4_t low = vmlal_n_s16(vmlal_n_s16(base, vget_low_s16(a), wy), vget_low_s16(wx), l);
            const int32x4_t high = vmlal_n_s16(vmlal_n_s16(base, vget_high_s16(a), wy), vget_high_s16(wx), l);
            const int16x8_t v = vcombine_s16(vshrn_n_s32(low, 9), vshrn_n_s32(high, 9));
            store_few(dst + y * stride + x, vqmovun_s16(v), n);
        }
    }
}

static void smooth_any(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    switch (n) {
    case 4:
        smooth(dst, stride, above, left, 4);
        break;
    case 8:
        smooth(dst, stride, above, left, 8);
        break;
    case 16:
        smooth(dst, stride, above, left, 16);
        break;
    case 32:
        smooth(dst, stride, above, left, 32);
        break;
    default:
        smooth(dst, stride, above, left, 64);
    }
}

/* the edge that is nearest to left + above - corner */
ALWAYS_INLINE void paeth(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    const int16x8_t corner = vdupq_n_s16(above[-1]), twice = vdupq_n_s16((int16_t)(2 * above[-1]));
    for (int x = 0; x < n; x += 8) {
        const int16x8_t a = widen(load_few(above + x, n));
        const int16x8_t to_left = vabdq_s16(a, corner);
        for (int y = 0; y < n; y++) {
            const int16x8_t l = vdupq_n_s16(left[y]);
            const int16x8_t to_above = vabdq_s16(l, corner);
            const int16x8_t to_corner = vabdq_s16(vaddq_s16(a, l), twice);
            const uint16x8_t take_left = vandq_u16(vcleq_s16(to_left, to_above), vcleq_s16(to_left, to_corner));
            const int16x8_t rest = vbslq_s16(vcleq_s16(to_above, to_corner), a, corner);
            store_few(dst + y * stride + x, vqmovun_s16(vbslq_s16(take_left, l, rest)), n);
        }
    }
}

static void paeth_any(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    if (n == 4)
        paeth(dst, stride, above, left, 4);
    else
        paeth(dst, stride, above, left, n);
}

void viola_dsp_intra_neon(viola_dsp *dsp)
{
    dsp->intra[VIOLA_PRED_SMOOTH] = smooth_any;
    dsp->intra[VIOLA_PRED_PAETH] = paeth_any;
}
