/* Motion compensation. */
#include "codec/dsp/x86/avx2.h"

ALWAYS_INLINE void copy_block(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h)
{
    for (int y = 0; y < h; y++, dst += ds, src += ss) {
        if (w == 4)
            store4(dst, load4(src));
        else if (w == 8)
            store8(dst, load8(src));
        else if (w == 16)
            store16(dst, load16(src));
        else
            for (int x = 0; x < w; x += 32)
                store32(dst + x, load32(src + x));
    }
}

static void copy(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h)
{
    copy_block(dst, ds, src, ss, w, h);
}

/* four pairs of 8-bit taps, each all over a register */
typedef struct taps8 {
    __m256i pair[4];
} taps8;

ALWAYS_INLINE taps8 load_taps8(const int8_t *taps)
{
    taps8 t;
    for (int i = 0; i < 4; i++) {
        uint16_t v;
        memcpy(&v, taps + 2 * i, 2);
        t.pair[i] = _mm256_set1_epi16((int16_t)v);
    }
    return t;
}

/* samples -3..4 around 16 positions, 8 in each half: src - 3 in the low half, src + 5 in the high one */
ALWAYS_INLINE __m256i filter_row(const uint8_t *src, const taps8 *t)
{
    const __m256i s01 = _mm256_setr_epi8(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5,
                                         5, 6, 6, 7, 7, 8);
    const __m256i two = _mm256_set1_epi8(2);
    const __m256i v = join(load16(src - 3), load16(src + 5));
    __m256i order = s01;
    __m256i sum = _mm256_maddubs_epi16(_mm256_shuffle_epi8(v, order), t->pair[0]);
    for (int i = 1; i < 4; i++) {
        order = _mm256_add_epi8(order, two);
        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_shuffle_epi8(v, order), t->pair[i]));
    }
    return sum;
}

ALWAYS_INLINE __m128i round6(__m256i sum)
{
    const __m256i v = _mm256_srai_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(32)), 6);
    return _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

ALWAYS_INLINE void store_width(uint8_t *dst, __m128i v, int w)
{
    if (w == 4)
        store4(dst, v);
    else if (w == 8)
        store8(dst, v);
    else
        store16(dst, v);
}

ALWAYS_INLINE void horizontal(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h,
                              const int8_t *taps)
{
    const taps8 t = load_taps8(taps);
    for (int y = 0; y < h; y++, dst += ds, src += ss)
        for (int x = 0; x < w; x += 16)
            store_width(dst + x, round6(filter_row(src + x, &t)), w);
}

ALWAYS_INLINE __m128i load_width(const uint8_t *p, int w)
{
    return w <= 8 ? load8(p) : load16(p);
}

/* rows a and b interleaved sample by sample: low and high half */
ALWAYS_INLINE __m256i weave(__m128i a, __m128i b)
{
    return join(_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b));
}

ALWAYS_INLINE void vertical(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h,
                            const int8_t *taps)
{
    const taps8 t = load_taps8(taps);
    for (int x = 0; x < w; x += 16) {
        const uint8_t *s = src + x - 3 * ss;
        __m128i row[8];
        for (int i = 0; i < 7; i++, s += ss)
            row[i] = load_width(s, w);
        for (int y = 0; y < h; y++, s += ss) {
            row[7] = load_width(s, w);
            __m256i sum = _mm256_maddubs_epi16(weave(row[0], row[1]), t.pair[0]);
            for (int i = 1; i < 4; i++)
                sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(weave(row[2 * i], row[2 * i + 1]), t.pair[i]));
            store_width(dst + y * ds + x, round6(sum), w);
            for (int i = 0; i < 7; i++)
                row[i] = row[i + 1];
        }
    }
}

ALWAYS_INLINE __m128i round12(__m256i low, __m256i high)
{
    const __m256i half = _mm256_set1_epi32(2048);
    low = _mm256_srai_epi32(_mm256_add_epi32(low, half), 12);
    high = _mm256_srai_epi32(_mm256_add_epi32(high, half), 12);
    const __m256i v = _mm256_packs_epi32(low, high);
    return _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

ALWAYS_INLINE void both(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h,
                        const int8_t *taps_x, const int8_t *taps_y)
{
    _Alignas(32) int16_t rows[71 * 64];
    const taps8 t = load_taps8(taps_x);
    const int pitch = w < 16 ? 16 : w;
    __m256i pair[4];
    for (int i = 0; i < 4; i++)
        pair[i] = pair16(taps_y[2 * i], taps_y[2 * i + 1]);
    for (int x = 0; x < w; x += 16) {
        const uint8_t *s = src + x - 3 * ss;
        for (int y = 0; y < h + 7; y++, s += ss)
            _mm256_store_si256((__m256i *)(rows + y * pitch + x), filter_row(s, &t));
        for (int y = 0; y < h; y++) {
            const int16_t *r = rows + y * pitch + x;
            __m256i low = _mm256_setzero_si256(), high = low;
            for (int i = 0; i < 4; i++) {
                const __m256i a = _mm256_load_si256((const __m256i *)(r + 2 * i * pitch));
                const __m256i b = _mm256_load_si256((const __m256i *)(r + (2 * i + 1) * pitch));
                low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), pair[i]));
                high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), pair[i]));
            }
            store_width(dst + y * ds + x, round12(low, high), w);
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
        copy_block(dst, ds, src, ss, w, h);
}

static void mc(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h, const int8_t *taps_x,
               const int8_t *taps_y)
{
    switch (w) {
    case 4:
        mc_width(dst, ds, src, ss, 4, h, taps_x, taps_y);
        break;
    case 8:
        mc_width(dst, ds, src, ss, 8, h, taps_x, taps_y);
        break;
    case 16:
        mc_width(dst, ds, src, ss, 16, h, taps_x, taps_y);
        break;
    default:
        mc_width(dst, ds, src, ss, w, h, taps_x, taps_y);
    }
}

void viola_dsp_inter_avx2(viola_dsp *dsp)
{
    dsp->mc = mc;
    dsp->copy = copy;
}
