/* Distances between blocks. */
#include "codec/dsp/x86/avx2.h"

/* 32 samples: one row of 32, two of 16, four of 8 */
static inline __m256i rows_of(const uint8_t *p, ptrdiff_t stride, int w)
{
    if (w >= 32)
        return load32(p);
    if (w == 16)
        return join(load16(p), load16(p + stride));
    const __m128i a = _mm_unpacklo_epi64(load8(p), load8(p + stride));
    const __m128i b = _mm_unpacklo_epi64(load8(p + 2 * stride), load8(p + 3 * stride));
    return join(a, b);
}

static inline uint32_t sad_sum(__m256i v) /* of the four 64-bit sums of sad_epu8 */
{
    return sum_epi32(v);
}

static inline uint32_t sad_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    const int step = w >= 32 ? 1 : 32 / w;
    __m256i sum = _mm256_setzero_si256();
    for (int y = 0; y < rows; y += step, src += step * ss, ref += step * rs)
        for (int x = 0; x < w; x += 32)
            sum = _mm256_add_epi32(sum, _mm256_sad_epu8(rows_of(src + x, ss, w), rows_of(ref + x, rs, w)));
    return sad_sum(sum);
}

static inline void sad_x4_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *const ref[4], ptrdiff_t rs, int w,
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

static inline uint32_t sse_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
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

static inline __m256i difference(const uint8_t *s0, const uint8_t *r0, const uint8_t *s1, const uint8_t *r1)
{
    const __m256i s = _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(load8(s0), load8(s1)));
    const __m256i r = _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(load8(r0), load8(r1)));
    return _mm256_sub_epi16(s, r);
}

static inline void butterfly(__m256i *a, __m256i *b)
{
    const __m256i sum = _mm256_add_epi16(*a, *b);
    *b = _mm256_sub_epi16(*a, *b);
    *a = sum;
}

/* two 8x8 blocks, one in each half; their values in 32-bit lanes: half of the sums of magnitudes */
static inline __m256i hadamard8(__m256i r[8])
{
    for (int half = 1; half < 8; half *= 2)
        for (int i = 0; i < 8; i += 2 * half)
            for (int j = i; j < i + half; j++)
                butterfly(&r[j], &r[j + half]);
    transpose8(r);
    for (int half = 1; half < 4; half *= 2)
        for (int i = 0; i < 8; i += 2 * half)
            for (int j = i; j < i + half; j++)
                butterfly(&r[j], &r[j + half]);
    /* the last stage: |a + b| + |a - b| = 2 max(|a|, |b|) */
    const __m256i one = _mm256_set1_epi16(1);
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < 4; i++) {
        const __m256i most = _mm256_max_epi16(_mm256_abs_epi16(r[i]), _mm256_abs_epi16(r[i + 4]));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(most, one));
    }
    return sum;
}

static inline uint32_t satd_pair(const uint8_t *s0, const uint8_t *r0, const uint8_t *s1, const uint8_t *r1,
                                 ptrdiff_t ss, ptrdiff_t rs)
{
    __m256i r[8];
    for (int y = 0; y < 8; y++)
        r[y] = difference(s0 + y * ss, r0 + y * rs, s1 + y * ss, r1 + y * rs);
    const __m256i v = hadamard8(r);
    __m256i s = _mm256_add_epi32(v, _mm256_shuffle_epi32(v, 0x4e));
    s = _mm256_add_epi32(s, _mm256_shuffle_epi32(s, 0xb1));
    const uint32_t a = (uint32_t)_mm256_cvtsi256_si32(s);
    const uint32_t b = (uint32_t)_mm_cvtsi128_si32(_mm256_extracti128_si256(s, 1));
    return ((a + 1) >> 1) + ((b + 1) >> 1);
}

static inline uint32_t satd_block(const uint8_t *src, ptrdiff_t ss, const uint8_t *ref, ptrdiff_t rs, int w, int rows)
{
    uint32_t sum = 0;
    if (w == 8) {
        int y = 0;
        for (; y + 16 <= rows; y += 16)
            sum += satd_pair(src + y * ss, ref + y * rs, src + (y + 8) * ss, ref + (y + 8) * rs, ss, rs);
        if (y < rows) /* the same block in both halves */
            sum += satd_pair(src + y * ss, ref + y * rs, src + y * ss, ref + y * rs, ss, rs) / 2;
        return sum;
    }
    for (int y = 0; y < rows; y += 8, src += 8 * ss, ref += 8 * rs)
        for (int x = 0; x < w; x += 16)
            sum += satd_pair(src + x, ref + x, src + x + 8, ref + x + 8, ss, rs);
    return sum;
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
