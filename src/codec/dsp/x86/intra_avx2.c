/* Intra prediction. */
#include "codec/dsp/x86/avx2.h"

/* weight of the near edge, see the C kernel; 16 bits each */
ALWAYS_INLINE void smooth_weights(int16_t *weight, int n)
{
    for (int i = 0; i < n; i++)
        weight[i] = (int16_t)(16 + 240 * (n - i) * (n - i) / (n * n));
}

/* Per sample: wy * above + (256 - wy) * bottom + wx * left + (256 - wx) * right, that is
 * wy * (above - bottom) + 256 * bottom + wx * (left - right) + 256 * right, in 32 bits. */
ALWAYS_INLINE void smooth(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    _Alignas(32) int16_t weight[64];
    const int right = above[n - 1], bottom = left[n - 1];
    smooth_weights(weight, n);
    const __m256i base = _mm256_set1_epi32(256 * (right + bottom) + 256);
    for (int x = 0; x < n; x += 8) {
        const __m128i wx = n == 4 ? load8(weight) : load16(weight + x);
        const __m128i a =
            _mm_sub_epi16(_mm_cvtepu8_epi16(n == 4 ? load4(above) : load8(above + x)), _mm_set1_epi16((int16_t)bottom));
        const __m256i terms = join(_mm_unpacklo_epi16(a, wx), _mm_unpackhi_epi16(a, wx));
        for (int y = 0; y < n; y++) {
            const __m256i v = _mm256_madd_epi16(terms, pair16(weight[y], left[y] - right));
            const __m256i s = _mm256_srai_epi32(_mm256_add_epi32(v, base), 9);
            const __m128i w = _mm_packs_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
            const __m128i b = _mm_packus_epi16(w, w);
            if (n == 4)
                store4(dst + y * stride, b);
            else
                store8(dst + y * stride + x, b);
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
    const __m128i corner = _mm_set1_epi16(above[-1]);
    for (int x = 0; x < n; x += 8) {
        const __m128i a = _mm_cvtepu8_epi16(n == 4 ? load4(above) : load8(above + x));
        const __m128i to_left = _mm_abs_epi16(_mm_sub_epi16(a, corner));
        for (int y = 0; y < n; y++) {
            const __m128i l = _mm_set1_epi16(left[y]);
            const __m128i to_above = _mm_abs_epi16(_mm_sub_epi16(l, corner));
            const __m128i to_corner = _mm_abs_epi16(_mm_sub_epi16(_mm_add_epi16(a, l), _mm_add_epi16(corner, corner)));
            const __m128i not_left =
                _mm_or_si128(_mm_cmpgt_epi16(to_left, to_above), _mm_cmpgt_epi16(to_left, to_corner));
            const __m128i rest = _mm_blendv_epi8(a, corner, _mm_cmpgt_epi16(to_above, to_corner));
            const __m128i v = _mm_blendv_epi8(l, rest, not_left);
            const __m128i b = _mm_packus_epi16(v, v);
            if (n == 4)
                store4(dst + y * stride, b);
            else
                store8(dst + y * stride + x, b);
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

void viola_dsp_intra_avx2(viola_dsp *dsp)
{
    dsp->intra[VIOLA_PRED_SMOOTH] = smooth_any;
    dsp->intra[VIOLA_PRED_PAETH] = paeth_any;
}
