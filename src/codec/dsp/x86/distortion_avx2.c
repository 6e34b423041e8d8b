/* Distances between blocks. */
#include "codec/dsp/x86/avx2.h"

/* 32 samples: one row of 32, two of 16, four of 8 */
ALWAYS_INLINE __m256i rows_of(const uint8_t *p, ptrdiff_t stride, int w)
{
    if (w >= 32)
        return load32(p);
    if (w == 16)
        return join(load16(p), load16(p + stride));
    const __m128i a = _mm_unpacklo_epi64(load8(p), load8(p + stride));
    const __m128i b = _mm_unpacklo_epi64(load8(p + 2 * stride), load8(p + 3 * stride));
    return join(a, b);
}

ALWAYS_INLINE uint32_t sad_sum(__m256i v) /* of the four 64-bit sums of sad_epu8 */
{
    return sum_epi32(v);
}

ALWAYS_INLINE uint32_t sad_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    const int step = w >= 32 ? 1 : 32 / w;
    __m256i sum = _mm256_setzero_si256();
    for (int y = 0; y < rows; y += step, src += step * ss, ref += step * rs)
        for (int x = 0; x < w; x += 32)
            sum = _mm256_add_epi32(sum, _mm256_sad_epu8(rows_of(src + x, ss, w), rows_of(ref + x, rs, w)));
    return sad_sum(sum);
}

ALWAYS_INLINE void sad_x4_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *const ref[4], ptrdiff_t rs, int w,
                                int rows, uint32_t sad[4])
{
    const int step = w >= 32 ? 1 : 32 / w;
    __m256i sum[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    for (int y = 0; y < rows; y += step) {
        for (int x = 0; x < w; x += 32) {
            const __m256i s = rows_of(src + y * ss + x, ss, w);
            for (int i = 0; i < 4; i++)
                sum[i] = _mm256_add_epi32(sum[i], _mm256_sad_epu8(s, rows_of(ref[i] + y * rs + x, rs, w)));
        }
    }
    for (int i = 0; i < 4; i++)
        sad[i] = sad_sum(sum[i]);
}

ALWAYS_INLINE uint32_t sse_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    const int step = w >= 16 ? 1 : 2;
    __m256i sum = _mm256_setzero_si256();
    for (int y = 0; y < rows; y += step, src += step * ss, ref += step * rs) {
        for (int x = 0; x < w; x += 16) {
            const __m128i s = w >= 16 ? load16(src + x) : _mm_unpacklo_epi64(load8(src), load8(src + ss));
            const __m128i r = w >= 16 ? load16(ref + x) : _mm_unpacklo_epi64(load8(ref), load8(ref + rs));
            const __m256i d = _mm256_sub_epi16(_mm256_cvtepu8_epi16(s), _mm256_cvtepu8_epi16(r));
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(d, d));
        }
    }
    return sum_epi32(sum);
}

/* 16 differences: one row of two 8x8 blocks side by side, or the same row of two blocks one above the other */
ALWAYS_INLINE __m256i difference(const uint8_t *s, const uint8_t *r, ptrdiff_t s_next, ptrdiff_t r_next)
{
    if (!s_next)
        return _mm256_sub_epi16(_mm256_cvtepu8_epi16(load16(s)), _mm256_cvtepu8_epi16(load16(r)));
    return _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm_unpacklo_epi64(load8(s), load8(s + s_next))),
                            _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(load8(r), load8(r + r_next))));
}

#define BUTTERFLY(a, b)                                                                                                \
    do {                                                                                                               \
        const __m256i sum_ = _mm256_add_epi16(a, b);                                                                   \
        b = _mm256_sub_epi16(a, b);                                                                                    \
        a = sum_;                                                                                                      \
    } while (0)

/* two 8x8 blocks, one in each half; 32-bit lanes hold halves of the sums of magnitudes */
ALWAYS_INLINE __m256i satd_pair(const uint8_t *s, const uint8_t *r, ptrdiff_t ss, ptrdiff_t rs, ptrdiff_t s_next,
                                ptrdiff_t r_next)
{
    __m256i v[8];
    v[0] = difference(s, r, s_next, r_next);
    v[1] = difference(s + ss, r + rs, s_next, r_next);
    v[2] = difference(s + 2 * ss, r + 2 * rs, s_next, r_next);
    v[3] = difference(s + 3 * ss, r + 3 * rs, s_next, r_next);
    s += 4 * ss;
    r += 4 * rs;
    v[4] = difference(s, r, s_next, r_next);
    v[5] = difference(s + ss, r + rs, s_next, r_next);
    v[6] = difference(s + 2 * ss, r + 2 * rs, s_next, r_next);
    v[7] = difference(s + 3 * ss, r + 3 * rs, s_next, r_next);
    BUTTERFLY(v[0], v[4]);
    BUTTERFLY(v[1], v[5]);
    BUTTERFLY(v[2], v[6]);
    BUTTERFLY(v[3], v[7]);
    BUTTERFLY(v[0], v[2]);
    BUTTERFLY(v[1], v[3]);
    BUTTERFLY(v[4], v[6]);
    BUTTERFLY(v[5], v[7]);
    BUTTERFLY(v[0], v[1]);
    BUTTERFLY(v[2], v[3]);
    BUTTERFLY(v[4], v[5]);
    BUTTERFLY(v[6], v[7]);
    transpose8(v);
    BUTTERFLY(v[0], v[4]);
    BUTTERFLY(v[1], v[5]);
    BUTTERFLY(v[2], v[6]);
    BUTTERFLY(v[3], v[7]);
    BUTTERFLY(v[0], v[2]);
    BUTTERFLY(v[1], v[3]);
    BUTTERFLY(v[4], v[6]);
    BUTTERFLY(v[5], v[7]);
    /* the last stage: |a + b| + |a - b| = 2 max(|a|, |b|) */
    const __m256i a = _mm256_max_epi16(_mm256_abs_epi16(v[0]), _mm256_abs_epi16(v[1]));
    const __m256i b = _mm256_max_epi16(_mm256_abs_epi16(v[2]), _mm256_abs_epi16(v[3]));
    const __m256i c = _mm256_max_epi16(_mm256_abs_epi16(v[4]), _mm256_abs_epi16(v[5]));
    const __m256i d = _mm256_max_epi16(_mm256_abs_epi16(v[6]), _mm256_abs_epi16(v[7]));
    const __m256i one = _mm256_set1_epi16(1);
    return _mm256_add_epi32(_mm256_add_epi32(_mm256_madd_epi16(a, one), _mm256_madd_epi16(b, one)),
                            _mm256_add_epi32(_mm256_madd_epi16(c, one), _mm256_madd_epi16(d, one)));
}

ALWAYS_INLINE uint32_t satd_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    __m256i sum = _mm256_setzero_si256();
    if (w == 8) {
        if (rows == 8) {
            sum = satd_pair(src, ref, ss, rs, ss, rs); /* what the high half sees does not count */
            return (sum_epi32(_mm256_zextsi128_si256(_mm256_castsi256_si128(sum))) + 1) >> 1;
        }
        for (int y = 0; y < rows; y += 16)
            sum = _mm256_add_epi32(sum, satd_pair(src + y * ss, ref + y * rs, ss, rs, 8 * ss, 8 * rs));
    } else {
        for (int y = 0; y < rows; y += 8, src += 8 * ss, ref += 8 * rs)
            for (int x = 0; x < w; x += 16)
                sum = _mm256_add_epi32(sum, satd_pair(src + x, ref + x, ss, rs, 0, 0));
    }
    return (sum_epi32(sum) + 1) >> 1;
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
        if (w == 4) {
            store8(dst, _mm_sub_epi16(_mm_cvtepu8_epi16(load4(src)), _mm_cvtepu8_epi16(load4(pred))));
        } else if (w == 8) {
            store16(dst, _mm_sub_epi16(_mm_cvtepu8_epi16(load8(src)), _mm_cvtepu8_epi16(load8(pred))));
        } else {
            for (int x = 0; x < w; x += 16)
                store32(dst + x, _mm256_sub_epi16(_mm256_cvtepu8_epi16(load16(src + x)),
                                                  _mm256_cvtepu8_epi16(load16(pred + x))));
        }
    }
}

#define SET(field, name)                                                                                               \
    dsp->field[VIOLA_W8] = name##8;                                                                                    \
    dsp->field[VIOLA_W16] = name##16;                                                                                  \
    dsp->field[VIOLA_W32] = name##32;                                                                                  \
    dsp->field[VIOLA_W64] = name##64

void viola_dsp_distortion_avx2(viola_dsp *dsp)
{
    SET(sad, sad);
    SET(sad_x4, sad_x4_);
    SET(satd, satd);
    SET(sse, sse);
    dsp->residual = residual;
}
