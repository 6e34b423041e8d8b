/* Transforms as products of matrices, two rows or columns at a time, and the quantiser. */
#include "codec/dsp/x86/avx2.h"

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

/* 16 values of a row; rows of 4 and 8 fill up with zeros */
ALWAYS_INLINE __m256i load_row(const int16_t *p, int w)
{
    if (w == 4)
        return _mm256_zextsi128_si256(load8(p));
    if (w == 8)
        return _mm256_zextsi128_si256(load16(p));
    return load32(p);
}

ALWAYS_INLINE void store_row(int16_t *p, __m256i v, int w)
{
    if (w == 4)
        store8(p, _mm256_castsi256_si128(v));
    else if (w == 8)
        store16(p, _mm256_castsi256_si128(v));
    else
        store32(p, v);
}

ALWAYS_INLINE __m256i pair_at(const int16_t *p)
{
    int32_t v;
    memcpy(&v, p, 4);
    return _mm256_set1_epi32(v);
}

typedef struct woven {
    __m256i low[32], high[32]; /* rows 2i and 2i + 1, sample by sample */
} woven;

/* dst[k][x] = (sum over i of basis[k][i] * src[i][x]) >> shift for 16 columns */
ALWAYS_INLINE void product(int16_t *dst, int dst_stride, const woven *v, const int16_t *basis, int n, int first,
                           int step, int kept, int taps, int shift, int w)
{
    const __m256i half = _mm256_set1_epi32(1 << (shift - 1));
    for (int k = first; k < kept; k += step) {
        __m256i low = half, high = half;
        for (int i = 0; i < taps / 2; i++) {
            const __m256i b = pair_at(basis + k * n + 2 * i);
            low = _mm256_add_epi32(low, _mm256_madd_epi16(v->low[i], b));
            if (w > 4)
                high = _mm256_add_epi32(high, _mm256_madd_epi16(v->high[i], b));
        }
        const __m256i out = _mm256_packs_epi32(_mm256_srai_epi32(low, shift), _mm256_srai_epi32(high, shift));
        store_row(dst + k * dst_stride, out, w);
    }
}

/* columns: n rows of w values in, `kept` rows out. The DCT's rows are even or odd: half the work. The sums of two
 * fit 16 bits in both passes: |residual| <= 255, |first pass| <= 16320. */
ALWAYS_INLINE void pass(int16_t *dst, int dst_stride, const int16_t *src, ptrdiff_t src_stride, const int16_t *basis,
                        int n, int kept, int shift, int w, int symmetric)
{
    woven sum, difference;
    for (int x = 0; x < w; x += 16) {
        for (int i = 0; i < (symmetric ? n / 4 : n / 2); i++) {
            const __m256i a = load_row(src + 2 * i * src_stride + x, w);
            const __m256i b = load_row(src + (2 * i + 1) * src_stride + x, w);
            if (!symmetric) {
                sum.low[i] = _mm256_unpacklo_epi16(a, b);
                sum.high[i] = _mm256_unpackhi_epi16(a, b);
                continue;
            }
            const __m256i c = load_row(src + (n - 1 - 2 * i) * src_stride + x, w);
            const __m256i d = load_row(src + (n - 2 - 2 * i) * src_stride + x, w);
            const __m256i s0 = _mm256_add_epi16(a, c), s1 = _mm256_add_epi16(b, d);
            const __m256i d0 = _mm256_sub_epi16(a, c), d1 = _mm256_sub_epi16(b, d);
            sum.low[i] = _mm256_unpacklo_epi16(s0, s1);
            sum.high[i] = _mm256_unpackhi_epi16(s0, s1);
            difference.low[i] = _mm256_unpacklo_epi16(d0, d1);
            difference.high[i] = _mm256_unpackhi_epi16(d0, d1);
        }
        if (symmetric) {
            product(dst + x, dst_stride, &sum, basis, n, 0, 2, kept, n / 2, shift, w);
            product(dst + x, dst_stride, &difference, basis, n, 1, 2, kept, n / 2, shift, w);
        } else {
            product(dst + x, dst_stride, &sum, basis, n, 0, 1, kept, n, shift, w);
        }
    }
}

/* dst (w x h) becomes the transpose of src (h rows of... h x w) */
ALWAYS_INLINE void transpose(int16_t *dst, int dst_stride, const int16_t *src, int src_stride, int rows, int cols)
{
    if (rows == 4) {
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++)
                dst[x * dst_stride + y] = src[y * src_stride + x];
        return;
    }
    for (int y = 0; y < rows; y += 8) {
        for (int x = 0; x < cols; x += 16) {
            __m256i r[8];
            for (int i = 0; i < 8; i++) {
                const int16_t *s = src + (y + i) * src_stride + x;
                r[i] = cols == 8 ? _mm256_zextsi128_si256(load16(s)) : load32(s);
            }
            transpose8(r);
            for (int i = 0; i < 8; i++) {
                store16(dst + (x + i) * dst_stride + y, _mm256_castsi256_si128(r[i]));
                if (cols > 8)
                    store16(dst + (x + 8 + i) * dst_stride + y, _mm256_extracti128_si256(r[i], 1));
            }
        }
    }
}

ALWAYS_INLINE void forward(int16_t *coef, const int16_t *src, ptrdiff_t stride, int type, int size)
{
    const int n = 4 << size, kept = n > 32 ? 32 : n;
    const int av = adst_vertical(type) && size < 3, ah = adst_horizontal(type) && size < 3;
    const int shift1 = viola_forward_shift[size][0], shift2 = viola_forward_shift[size][1];
    _Alignas(32) int16_t mid[32 * 64], turned[64 * 32];
    if (av)
        pass(mid, n, src, stride, basis_of(size, 1), n, kept, shift1, n, 0);
    else
        pass(mid, n, src, stride, basis_of(size, 0), n, kept, shift1, n, 1);
    transpose(turned, kept, mid, n, kept, n);
    if (ah)
        pass(mid, kept, turned, kept, basis_of(size, 1), n, kept, shift2, kept, 0);
    else
        pass(mid, kept, turned, kept, basis_of(size, 0), n, kept, shift2, kept, 1);
    transpose(coef, kept, mid, kept, kept, kept);
}

/* ------------------------------------------------------------ inverse */

ALWAYS_INLINE __m128i add_clipped(const uint8_t *dst, __m128i v)
{
    const __m128i s = _mm_adds_epi16(_mm_cvtepu8_epi16(load8(dst)), v);
    return _mm_packus_epi16(s, s);
}

ALWAYS_INLINE int clip16(int v)
{
    return v < -32768 ? -32768 : v > 32767 ? 32767 : v;
}

/* the first coefficient alone: the same value everywhere */
ALWAYS_INLINE void inverse_flat(uint8_t *dst, ptrdiff_t stride, int dc, int row, int n, int shift1, int shift2, int vb,
                                int hb)
{
    const int mid = clip16((vb * dc + row) >> shift1);
    const int v = (hb * mid + (1 << (shift2 - 1))) >> shift2;
    const __m256i add = _mm256_set1_epi16((int16_t)clip16(v));
    for (int y = 0; y < n; y++, dst += stride) {
        if (n == 4) {
            const __m128i s = _mm_adds_epi16(_mm_cvtepu8_epi16(load4(dst)), _mm256_castsi256_si128(add));
            store4(dst, _mm_packus_epi16(s, s));
        } else if (n == 8) {
            store8(dst, add_clipped(dst, _mm256_castsi256_si128(add)));
        } else {
            for (int x = 0; x < n; x += 16) {
                const __m256i s = _mm256_adds_epi16(_mm256_cvtepu8_epi16(load16(dst + x)), add);
                const __m256i p = _mm256_permute4x64_epi64(_mm256_packus_epi16(s, s), 0x08);
                store16(dst + x, _mm256_castsi256_si128(p));
            }
        }
    }
}

/* pairs of basis rows, sample by sample: out[i][x] = (basis[2i][x], basis[2i + 1][x]) */
ALWAYS_INLINE void weave_basis(int32_t *out, const int16_t *basis, int n, int count)
{
    for (int i = 0; i < count; i += 2) {
        const int16_t *a = basis + i * n, *b = a + n;
        for (int x = 0; x < n; x += 8) {
            const __m128i u = n == 4 ? load8(a) : load16(a + x), v = n == 4 ? load8(b) : load16(b + x);
            store16(out + i / 2 * n + x, _mm_unpacklo_epi16(u, v));
            if (n > 4)
                store16(out + i / 2 * n + x + 4, _mm_unpackhi_epi16(u, v));
        }
    }
}

/* mid[y][x] for 16 columns from x: vertical */
ALWAYS_INLINE void inverse_columns(int16_t *mid, int mid_stride, const int16_t *coef, const int32_t *basis, int n,
                                   int kept, int rows, int shift)
{
    const int w = kept < 16 ? kept : 16;
    __m256i low[16], high[16];
    for (int i = 0; i < rows; i += 2) {
        const __m256i a = load_row(coef + i * kept, w), b = load_row(coef + (i + 1) * kept, w);
        low[i / 2] = _mm256_unpacklo_epi16(a, b);
        high[i / 2] = _mm256_unpackhi_epi16(a, b);
    }
    const __m256i half = _mm256_set1_epi32(1 << (shift - 1));
    for (int y = 0; y < n; y++) {
        __m256i l = half, h = half;
        for (int i = 0; i < (rows + 1) / 2; i++) {
            const __m256i b = _mm256_set1_epi32(basis[i * n + y]);
            l = _mm256_add_epi32(l, _mm256_madd_epi16(low[i], b));
            h = _mm256_add_epi32(h, _mm256_madd_epi16(high[i], b));
        }
        store_row(mid + y * mid_stride, _mm256_packs_epi32(_mm256_srai_epi32(l, shift), _mm256_srai_epi32(h, shift)),
                  w);
    }
}

/* adds a row of n to dst */
ALWAYS_INLINE void inverse_row(uint8_t *dst, const int16_t *mid, const int32_t *basis, int n, int cols, int shift)
{
    const __m256i half = _mm256_set1_epi32(1 << (shift - 1));
    if (n == 4) {
        __m128i sum = _mm256_castsi256_si128(half);
        for (int i = 0; i < (cols + 1) / 2; i++)
            sum =
                _mm_add_epi32(sum, _mm_madd_epi16(_mm256_castsi256_si128(pair_at(mid + 2 * i)), load16(basis + i * 4)));
        sum = _mm_srai_epi32(sum, shift);
        const __m128i s = _mm_adds_epi16(_mm_cvtepu8_epi16(load4(dst)), _mm_packs_epi32(sum, sum));
        store4(dst, _mm_packus_epi16(s, s));
        return;
    }
    for (int x = 0; x < n; x += 8) {
        __m256i sum = half;
        for (int i = 0; i < (cols + 1) / 2; i++)
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pair_at(mid + 2 * i), load32(basis + i * n + x)));
        sum = _mm256_srai_epi32(sum, shift);
        const __m128i v = _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        store8(dst + x, add_clipped(dst + x, v));
    }
}

ALWAYS_INLINE void clear(int16_t *coef, int kept, int rows, int cols)
{
    for (int y = 0; y < rows; y++)
        memset(coef + y * kept, 0, (size_t)cols * sizeof *coef);
}

ALWAYS_INLINE void inverse(uint8_t *dst, ptrdiff_t stride, int16_t *coef, int rows, int cols, int type, int size)
{
    const int n = 4 << size, kept = n > 32 ? 32 : n;
    const int shift1 = viola_inverse_shift[size][0], shift2 = viola_inverse_shift[size][1];
    const int av = adst_vertical(type) && size < 3, ah = adst_horizontal(type) && size < 3;
    if (rows == 1 && cols == 1 && !av && !ah) {
        inverse_flat(dst, stride, coef[0], 1 << (shift1 - 1), n, shift1, shift2, 512, 512);
        coef[0] = 0;
        return;
    }
    _Alignas(32) int32_t vertical[16 * 64], horizontal[16 * 64];
    _Alignas(32) int16_t mid[64 * 32];
    const int32_t *across = vertical;
    weave_basis(vertical, basis_of(size, av), n, av == ah && cols > rows ? cols : rows);
    if (av != ah) {
        weave_basis(horizontal, basis_of(size, ah), n, cols);
        across = horizontal;
    }
    for (int x = 0; x < cols; x += 16)
        inverse_columns(mid + x, kept, coef + x, vertical, n, kept, rows, shift1);
    for (int y = 0; y < n; y++)
        inverse_row(dst + y * stride, mid + y * kept, across, n, cols, shift2);
    clear(coef, kept, rows, cols);
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

ALWAYS_INLINE __m256i level_of(__m256i coef, __m256i round, __m256i recip, __m128i shift)
{
    const __m256i v = _mm256_adds_epu16(_mm256_abs_epi16(coef), round);
    return _mm256_sign_epi16(_mm256_srl_epi16(_mm256_mulhi_epu16(v, recip), shift), coef);
}

static int quantize(int16_t *level, const int16_t *coef, int count, const viola_quant *quant)
{
    const __m256i round = _mm256_set1_epi16((int16_t)quant->round[1]);
    const __m256i recip = _mm256_set1_epi16((int16_t)quant->recip[1]);
    const __m128i shift = _mm_cvtsi32_si128(quant->shift[1]), shift0 = _mm_cvtsi32_si128(quant->shift[0]);
    __m256i zeros = _mm256_setzero_si256();
    for (int i = 0; i < count; i += 16) {
        const __m256i c = load32(coef + i);
        __m256i v = level_of(c, round, recip, shift);
        if (i == 0) {
            const __m256i first = level_of(c, _mm256_set1_epi16((int16_t)quant->round[0]),
                                           _mm256_set1_epi16((int16_t)quant->recip[0]), shift0);
            v = _mm256_blend_epi16(v, _mm256_permute2x128_si256(first, v, 0x30), 1);
        }
        store32(level + i, v);
        zeros = _mm256_sub_epi16(zeros, _mm256_cmpeq_epi16(v, _mm256_setzero_si256()));
    }
    return count - (int)sum_epi32(_mm256_madd_epi16(zeros, _mm256_set1_epi16(1)));
}

void viola_dsp_transform_avx2(viola_dsp *dsp)
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
