/* Transforms as products of matrices, and the quantiser. Basis values are lanes of multiplications into 32 bits. */
#include "codec/dsp/arm/neon.h"

ALWAYS_INLINE const int16_t *basis_of(int size, int adst)
{
    return adst && size < 3 ? viola_adst[size] : viola_dct[size];
}

ALWAYS_INLINE int adst_vertical(int type)
{
    return type == VIOLA_ADST_DCT || type == VIOLA_ADST_ADST;
}

ALWAYS_INLINE int adst_horizontal(int type)
{
    return type == VIOLA_DCT_ADST || type == VIOLA_ADST_ADST;
}

/* 8 values of a row; rows of 4 fill up with zeros */
ALWAYS_INLINE int16x8_t load_row(const int16_t *p, int w)
{
    return w == 4 ? vcombine_s16(vld1_s16(p), vdup_n_s16(0)) : vld1q_s16(p);
}

ALWAYS_INLINE void store_row(int16_t *p, int16x8_t v, int w)
{
    if (w == 4)
        vst1_s16(p, vget_low_s16(v));
    else
        vst1q_s16(p, v);
}

/* eight sums of 32 bits */
typedef struct sums {
    int32x4_t low, high;
} sums;

#define ACCUMULATE(s, v, b, lane)                                                                                      \
    do {                                                                                                               \
        (s).low = vmlal_lane_s16((s).low, vget_low_s16(v), b, lane);                                                   \
        (s).high = vmlal_lane_s16((s).high, vget_high_s16(v), b, lane);                                                \
    } while (0)

ALWAYS_INLINE int16x8_t shifted(sums s, int32x4_t shift)
{
    return vcombine_s16(vqmovn_s32(vshlq_s32(s.low, shift)), vqmovn_s32(vshlq_s32(s.high, shift)));
}

/* ------------------------------------------------------------ forward */

/* dst[k][x] = (sum over i of basis[k][i] * v[i][x]) >> shift for 8 columns; taps: 2 or a multiple of 4 */
ALWAYS_INLINE void product(int16_t *dst, int dst_stride, const int16x8_t *v, const int16_t *basis, int n, int first,
                           int step, int kept, int taps, int shift, int w)
{
    const int32x4_t half = vdupq_n_s32(1 << (shift - 1)), right = vdupq_n_s32(-shift);
    for (int k = first; k < kept; k += step) {
        sums s = {half, half};
        for (int i = 0; i < taps; i += 4) {
            const int16x4_t b = vld1_s16(basis + k * n + i);
            ACCUMULATE(s, v[i], b, 0);
            ACCUMULATE(s, v[i + 1], b, 1);
            if (taps > 2) {
                ACCUMULATE(s, v[i + 2], b, 2);
                ACCUMULATE(s, v[i + 3], b, 3);
            }
        }
        store_row(dst + k * dst_stride, shifted(s, right), w);
    }
}

/* columns: n rows of w values in, `kept` rows out. The DCT's rows are even or odd: half the work. The sums of two
 * fit 16 bits in both passes: |residual| <= 255, |first pass| <= 16320. */
ALWAYS_INLINE void pass(int16_t *dst, int dst_stride, const int16_t *src, ptrdiff_t src_stride, const int16_t *basis,
                        int n, int kept, int shift, int w, int symmetric)
{
    int16x8_t sum[32], difference[32];
    for (int x = 0; x < w; x += 8) {
        for (int i = 0; i < (symmetric ? n / 2 : n); i++) {
            const int16x8_t a = load_row(src + i * src_stride + x, w);
            if (!symmetric) {
                sum[i] = a;
                continue;
            }
            const int16x8_t b = load_row(src + (n - 1 - i) * src_stride + x, w);
            sum[i] = vaddq_s16(a, b);
            difference[i] = vsubq_s16(a, b);
        }
        if (symmetric) {
            product(dst + x, dst_stride, sum, basis, n, 0, 2, kept, n / 2, shift, w);
            product(dst + x, dst_stride, difference, basis, n, 1, 2, kept, n / 2, shift, w);
        } else {
            product(dst + x, dst_stride, sum, basis, n, 0, 1, kept, n, shift, w);
        }
    }
}

ALWAYS_INLINE void transpose(int16_t *dst, int dst_stride, const int16_t *src, int src_stride, int rows, int cols)
{
    if (rows == 4) {
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++)
                dst[x * dst_stride + y] = src[y * src_stride + x];
        return;
    }
    for (int y = 0; y < rows; y += 8) {
        for (int x = 0; x < cols; x += 8) {
            int16x8_t r[8];
            for (int i = 0; i < 8; i++)
                r[i] = vld1q_s16(src + (y + i) * src_stride + x);
            transpose8(r);
            for (int i = 0; i < 8; i++)
                vst1q_s16(dst + (x + i) * dst_stride + y, r[i]);
        }
    }
}

ALWAYS_INLINE void forward(int16_t *coef, const int16_t *src, ptrdiff_t stride, int type, int size)
{
    const int n = 4 << size, kept = n > 32 ? 32 : n;
    const int shift1 = viola_forward_shift[size][0], shift2 = viola_forward_shift[size][1];
    int16_t mid[32 * 64], turned[64 * 32];
    if (adst_vertical(type) && size < 3)
        pass(mid, n, src, stride, basis_of(size, 1), n, kept, shift1, n, 0);
    else
        pass(mid, n, src, stride, basis_of(size, 0), n, kept, shift1, n, 1);
    transpose(turned, kept, mid, n, kept, n);
    if (adst_horizontal(type) && size < 3)
        pass(mid, kept, turned, kept, basis_of(size, 1), n, kept, shift2, kept, 0);
    else
        pass(mid, kept, turned, kept, basis_of(size, 0), n, kept, shift2, kept, 1);
    transpose(coef, kept, mid, kept, kept, kept);
}

/* ------------------------------------------------------------ inverse */

ALWAYS_INLINE void add_clipped(uint8_t *dst, int16x8_t v, int n)
{
    store_few(dst, vqmovun_s16(vqaddq_s16(widen(load_few(dst, n)), v)), n);
}

ALWAYS_INLINE int clip16(int v)
{
    return v < -32768 ? -32768 : v > 32767 ? 32767 : v;
}

/* the first coefficient of the DCT alone: the same value everywhere */
ALWAYS_INLINE void inverse_flat(uint8_t *dst, ptrdiff_t stride, int dc, int n, int shift1, int shift2)
{
    const int mid = clip16((512 * dc + (1 << (shift1 - 1))) >> shift1);
    const int16x8_t v = vdupq_n_s16((int16_t)clip16((512 * mid + (1 << (shift2 - 1))) >> shift2));
    for (int y = 0; y < n; y++, dst += stride)
        for (int x = 0; x < n; x += 8)
            add_clipped(dst + x, v, n);
}

/* mid[y][x] for 8 columns: vertical, four rows at a time */
ALWAYS_INLINE void inverse_columns(int16_t *mid, const int16_t *coef, const int16_t *basis, int n, int kept, int rows,
                                   int shift)
{
    const int32x4_t half = vdupq_n_s32(1 << (shift - 1)), right = vdupq_n_s32(-shift);
    for (int y = 0; y < n; y += 4) {
        sums s[4] = {{half, half}, {half, half}, {half, half}, {half, half}};
        for (int k = 0; k < rows; k++) {
            const int16x8_t c = load_row(coef + k * kept, kept);
            const int16x4_t b = vld1_s16(basis + k * n + y);
            ACCUMULATE(s[0], c, b, 0);
            ACCUMULATE(s[1], c, b, 1);
            ACCUMULATE(s[2], c, b, 2);
            ACCUMULATE(s[3], c, b, 3);
        }
        for (int i = 0; i < 4; i++)
            store_row(mid + (y + i) * kept, shifted(s[i], right), kept);
    }
}

/* adds four rows of n to dst; mid is zero from column `cols` to the next multiple of 4 */
ALWAYS_INLINE void inverse_rows(uint8_t *dst, ptrdiff_t stride, const int16_t *mid, const int16_t *basis, int n,
                                int kept, int cols, int shift)
{
    const int32x4_t half = vdupq_n_s32(1 << (shift - 1)), right = vdupq_n_s32(-shift);
    for (int x = 0; x < n; x += 8) {
        sums s[4] = {{half, half}, {half, half}, {half, half}, {half, half}};
        for (int k = 0; k < cols; k += 4) {
            int16x8_t b[4];
            for (int i = 0; i < 4; i++)
                b[i] = load_row(basis + (k + i) * n + x, n);
            for (int i = 0; i < 4; i++) {
                const int16x4_t m = vld1_s16(mid + i * kept + k);
                ACCUMULATE(s[i], b[0], m, 0);
                ACCUMULATE(s[i], b[1], m, 1);
                ACCUMULATE(s[i], b[2], m, 2);
                ACCUMULATE(s[i], b[3], m, 3);
            }
        }
        for (int i = 0; i < 4; i++)
            add_clipped(dst + i * stride + x, shifted(s[i], right), n);
    }
}

ALWAYS_INLINE void inverse(uint8_t *dst, ptrdiff_t stride, int16_t *coef, int rows, int cols, int type, int size)
{
    const int n = 4 << size, kept = n > 32 ? 32 : n;
    const int shift1 = viola_inverse_shift[size][0], shift2 = viola_inverse_shift[size][1];
    const int av = adst_vertical(type) && size < 3, ah = adst_horizontal(type) && size < 3;
    if (rows == 1 && cols == 1 && !av && !ah) {
        inverse_flat(dst, stride, coef[0], n, shift1, shift2);
        coef[0] = 0;
        return;
    }
    int16_t mid[64 * 32];
    for (int x = 0; x < cols; x += 8)
        inverse_columns(mid + x, coef + x, basis_of(size, av), n, kept, rows, shift1);
    for (int y = 0; y < n; y += 4)
        inverse_rows(dst + y * stride, stride, mid + y * kept, basis_of(size, ah), n, kept, cols, shift2);
    for (int y = 0; y < rows; y++)
        memset(coef + y * kept, 0, (size_t)cols * sizeof *coef);
}

#define TRANSFORM(N, SIZE)                                                                                             \
    static void forward##N(int16_t *coef, const int16_t *residual, ptrdiff_t stride, int type)                         \
    {                                                                                                                  \
        forward(coef, residual, stride, type, SIZE);                                                                   \
    }                                                                                                                  \
    static void inverse##N(uint8_t *dst, ptrdiff_t stride, int16_t *coef, int rows, int cols, int type)                \
    {                                                                                                                  \
        inverse(dst, stride, coef, rows, cols, type, SIZE);                                                            \
    }

TRANSFORM(4, VIOLA_W4)
TRANSFORM(8, VIOLA_W8)
TRANSFORM(16, VIOLA_W16)
TRANSFORM(32, VIOLA_W32)
TRANSFORM(64, VIOLA_W64)

/* ------------------------------------------------------------ quantiser */

ALWAYS_INLINE int16x8_t level_of(int16x8_t coef, uint16_t round, uint16_t recip, int shift)
{
    const uint16x8_t v = vqaddq_u16(vreinterpretq_u16_s16(vabsq_s16(coef)), vdupq_n_u16(round));
    const uint16x4_t low = vshrn_n_u32(vmull_n_u16(vget_low_u16(v), recip), 16);
    const uint16x4_t high = vshrn_n_u32(vmull_n_u16(vget_high_u16(v), recip), 16);
    const uint16x8_t level = vshlq_u16(vcombine_u16(low, high), vdupq_n_s16((int16_t)-shift));
    const int16x8_t positive = vreinterpretq_s16_u16(level);
    return vbslq_s16(vcltzq_s16(coef), vnegq_s16(positive), positive);
}

static int quantize(int16_t *level, const int16_t *coef, int count, const viola_quant *quant)
{
    const int16_t first =
        vgetq_lane_s16(level_of(vld1q_dup_s16(coef), quant->round[0], quant->recip[0], quant->shift[0]), 0);
    uint16x8_t nonzero = vdupq_n_u16(0);
    for (int i = 0; i < count; i += 8) {
        int16x8_t v = level_of(vld1q_s16(coef + i), quant->round[1], quant->recip[1], quant->shift[1]);
        if (i == 0)
            v = vsetq_lane_s16(first, v, 0);
        vst1q_s16(level + i, v);
        nonzero = vsubq_u16(nonzero, vtstq_s16(v, v));
    }
    return (int)vaddlvq_u16(nonzero);
}

void viola_dsp_transform_neon(viola_dsp *dsp)
{
    dsp->forward[VIOLA_W4] = forward4;
    dsp->forward[VIOLA_W8] = forward8;
    dsp->forward[VIOLA_W16] = forward16;
    dsp->forward[VIOLA_W32] = forward32;
    dsp->forward[VIOLA_W64] = forward64;
    dsp->inverse_add[VIOLA_W4] = inverse4;
    dsp->inverse_add[VIOLA_W8] = inverse8;
    dsp->inverse_add[VIOLA_W16] = inverse16;
    dsp->inverse_add[VIOLA_W32] = inverse32;
    dsp->inverse_add[VIOLA_W64] = inverse64;
    dsp->quantize = quantize;
}
