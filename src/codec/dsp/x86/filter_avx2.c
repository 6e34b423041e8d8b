/* In-loop filters. Deblocking works on eight lines at a time, 16 bits a sample. */
#include "codec/dsp/x86/avx2.h"

/* ------------------------------------------------------------ deblocking */

enum { REACH = 8 }; /* samples kept on each side of an edge: v[0..7] before it, v[8..15] from it on */

ALWAYS_INLINE __m128i distance(__m128i a, __m128i b)
{
    return _mm_abs_epi16(_mm_sub_epi16(a, b));
}

ALWAYS_INLINE __m128i more(__m128i a, __m128i b)
{
    return _mm_max_epi16(a, b);
}

ALWAYS_INLINE __m128i at_most(__m128i v, int limit)
{
    return _mm_cmpgt_epi16(_mm_set1_epi16((int16_t)(limit + 1)), v);
}

ALWAYS_INLINE int none(__m128i mask)
{
    return _mm_movemask_epi8(mask) == 0;
}

ALWAYS_INLINE __m128i choose(__m128i mask, __m128i yes, __m128i no)
{
    return _mm_blendv_epi8(no, yes, mask);
}

ALWAYS_INLINE __m128i clamp8(__m128i v) /* -128..127 */
{
    return _mm_max_epi16(_mm_min_epi16(v, _mm_set1_epi16(127)), _mm_set1_epi16(-128));
}

ALWAYS_INLINE void narrow(__m128i *v, __m128i mask, int high)
{
    const __m128i bias = _mm_set1_epi16(128);
    const __m128i p1 = _mm_sub_epi16(v[6], bias), p0 = _mm_sub_epi16(v[7], bias);
    const __m128i q0 = _mm_sub_epi16(v[8], bias), q1 = _mm_sub_epi16(v[9], bias);
    const __m128i calm = at_most(more(distance(p1, p0), distance(q1, q0)), high);
    const __m128i outer = _mm_andnot_si128(calm, clamp8(_mm_sub_epi16(p1, q1)));
    const __m128i step = _mm_sub_epi16(q0, p0);
    const __m128i base = clamp8(_mm_add_epi16(outer, _mm_add_epi16(step, _mm_add_epi16(step, step))));
    const __m128i f1 = _mm_srai_epi16(clamp8(_mm_add_epi16(base, _mm_set1_epi16(4))), 3);
    const __m128i f2 = _mm_srai_epi16(clamp8(_mm_add_epi16(base, _mm_set1_epi16(3))), 3);
    const __m128i f3 = _mm_srai_epi16(_mm_add_epi16(f1, _mm_set1_epi16(1)), 1);
    const __m128i both = _mm_and_si128(mask, calm);
    v[8] = choose(mask, _mm_add_epi16(clamp8(_mm_sub_epi16(q0, f1)), bias), v[8]);
    v[7] = choose(mask, _mm_add_epi16(clamp8(_mm_add_epi16(p0, f2)), bias), v[7]);
    v[9] = choose(both, _mm_add_epi16(clamp8(_mm_sub_epi16(q1, f3)), bias), v[9]);
    v[6] = choose(both, _mm_add_epi16(clamp8(_mm_add_epi16(p1, f3)), bias), v[6]);
}

/* sliding mean, see the C kernel */
ALWAYS_INLINE void wide(__m128i *out, const __m128i *v, int reach, __m128i mask)
{
    const int n = 2 * reach + 2, shift = reach == 3 ? 3 : 4;
    const __m128i *const w = v + REACH - reach - 1;
    __m128i sum = _mm_set1_epi16((int16_t)(1 << shift >> 1));
    for (int k = -reach; k <= reach; k++)
        sum = _mm_add_epi16(sum, w[1 + k < 0 ? 0 : 1 + k]);
    for (int i = 1; i < n - 1; i++) {
        __m128i total = _mm_add_epi16(sum, w[i]);
        if (reach == 6)
            total = _mm_add_epi16(total, _mm_add_epi16(w[i - 1], w[i + 1]));
        __m128i *o = out + REACH - reach - 1 + i;
        *o = choose(mask, _mm_srli_epi16(total, shift), *o);
        const int in = i + 1 + reach, gone = i - reach;
        sum = _mm_sub_epi16(_mm_add_epi16(sum, w[in > n - 1 ? n - 1 : in]), w[gone < 0 ? 0 : gone]);
    }
}

/* eight lines: v[i] holds one sample of each. @return the samples changed at most on a side */
ALWAYS_INLINE int deblock8(__m128i *v, int width, int edge, int inner, int high)
{
    const __m128i step = distance(v[7], v[8]), far = distance(v[6], v[9]);
    __m128i mask = at_most(_mm_add_epi16(_mm_add_epi16(step, step), _mm_srli_epi16(far, 1)), edge);
    const __m128i near = more(distance(v[6], v[7]), distance(v[9], v[8]));
    mask = _mm_and_si128(mask, at_most(near, inner));
    if (width >= 8) {
        const __m128i a = more(distance(v[5], v[6]), distance(v[4], v[5]));
        const __m128i b = more(distance(v[10], v[9]), distance(v[11], v[10]));
        mask = _mm_and_si128(mask, at_most(more(a, b), inner));
    }
    if (none(mask))
        return 0;
    if (width < 8) {
        narrow(v, mask, high);
        return 2;
    }
    __m128i spread = near;
    for (int i = 2; i < 4; i++)
        spread = more(spread, more(distance(v[7 - i], v[7]), distance(v[8 + i], v[8])));
    const __m128i flat = _mm_and_si128(mask, at_most(spread, 1));
    __m128i original[16];
    for (int i = 0; i < 16; i++)
        original[i] = v[i];
    const __m128i rough = _mm_andnot_si128(flat, mask);
    if (!none(rough))
        narrow(v, rough, high);
    if (none(flat))
        return 2;
    __m128i flatter = _mm_setzero_si128();
    if (width == 16) {
        __m128i outer = _mm_setzero_si128();
        for (int i = 4; i < 7; i++)
            outer = more(outer, more(distance(original[7 - i], original[7]), distance(original[8 + i], original[8])));
        flatter = _mm_and_si128(flat, at_most(outer, 1));
        if (!none(flatter))
            wide(v, original, 6, flatter);
    }
    const __m128i some = _mm_andnot_si128(flatter, flat);
    if (!none(some))
        wide(v, original, 3, some);
    return none(flatter) ? 3 : 6;
}

ALWAYS_INLINE __m128i load_line(const uint8_t *p, int count)
{
    return _mm_cvtepu8_epi16(count < 8 ? load4(p) : load8(p));
}

ALWAYS_INLINE void horizontal(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    const int kept = width == 4 ? 2 : width == 8 ? 4 : 7;
    for (int x = 0; x < length; x += 8) {
        const int count = length - x < 8 ? length - x : 8;
        __m128i v[16];
        for (int i = 0; i < 16; i++)
            v[i] = i >= 8 - kept && i < 8 + kept ? load_line(pix + x + (i - 8) * stride, count) : _mm_setzero_si128();
        const int changed = deblock8(v, width, edge, inner, high);
        for (int i = 8 - changed; i < 8 + changed; i++) {
            const __m128i bytes = _mm_packus_epi16(v[i], v[i]);
            if (count < 8)
                store4(pix + x + (i - 8) * stride, bytes);
            else
                store8(pix + x + (i - 8) * stride, bytes);
        }
    }
}

/* 8 rows of 16 bytes to 16 columns of 8 values of 16 bits, and back */
ALWAYS_INLINE void turn(__m128i v[16], const __m128i rows[8])
{
    __m256i r[8];
    for (int i = 0; i < 8; i++)
        r[i] = _mm256_cvtepu8_epi16(rows[i]);
    transpose8(r);
    for (int i = 0; i < 8; i++) {
        v[i] = _mm256_castsi256_si128(r[i]);
        v[8 + i] = _mm256_extracti128_si256(r[i], 1);
    }
}

ALWAYS_INLINE void turn_back(__m128i rows[8], const __m128i v[16])
{
    __m256i r[8];
    for (int i = 0; i < 8; i++)
        r[i] = join(v[i], v[8 + i]);
    transpose8(r);
    for (int i = 0; i < 8; i++)
        rows[i] = _mm_packus_epi16(_mm256_castsi256_si128(r[i]), _mm256_extracti128_si256(r[i], 1));
}

ALWAYS_INLINE void vertical(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    for (int y = 0; y < length; y += 8) {
        const int count = length - y < 8 ? length - y : 8;
        __m128i rows[8], v[16];
        for (int i = 0; i < 8; i++)
            rows[i] = load16(pix + (y + (i < count ? i : count - 1)) * stride - 8);
        turn(v, rows);
        const int changed = deblock8(v, width, edge, inner, high);
        if (!changed)
            continue;
        turn_back(rows, v);
        for (int i = 0; i < count; i++) {
            uint8_t *at = pix + (y + i) * stride;
            if (changed <= 2)
                store4(at - 2, _mm_srli_si128(rows[i], 6));
            else if (changed == 3)
                store8(at - 4, _mm_srli_si128(rows[i], 4));
            else
                store16(at - 8, rows[i]);
        }
    }
}

static void deblock_horizontal(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    if (width == 4)
        horizontal(pix, stride, length, 4, edge, inner, high);
    else if (width == 8)
        horizontal(pix, stride, length, 8, edge, inner, high);
    else
        horizontal(pix, stride, length, 16, edge, inner, high);
}

static void deblock_vertical(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    if (width == 4)
        vertical(pix, stride, length, 4, edge, inner, high);
    else if (width == 8)
        vertical(pix, stride, length, 8, edge, inner, high);
    else
        vertical(pix, stride, length, 16, edge, inner, high);
}

/* ------------------------------------------------------------ enhancement */

/* squares of the sums of lines, weighted by 840 / their length */
ALWAYS_INLINE uint32_t weigh(__m256i sums, const int32_t *weights)
{
    const __m256i a = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums));
    const __m256i b = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums, 1));
    const __m256i x = _mm256_mullo_epi32(_mm256_mullo_epi32(a, a), load32(weights));
    const __m256i y = _mm256_mullo_epi32(_mm256_mullo_epi32(b, b), load32(weights + 8));
    return sum_epi32(_mm256_add_epi32(x, y));
}

static int direction(const uint8_t *src, ptrdiff_t stride, uint32_t *strength)
{
    static const int32_t diagonal[16] = {840, 420, 280, 210, 168, 140, 120, 105, 120, 140, 168, 210, 280, 420, 840, 0};
    static const int32_t steep[16] = {420, 210, 140, 105, 105, 105, 105, 105, 140, 210, 420, 0, 0, 0, 0, 0};
    static const int32_t straight[16] = {105, 105, 105, 105, 105, 105, 105, 105, 0, 0, 0, 0, 0, 0, 0, 0};
    /* rows, their pairs of columns and pairs of rows, with zeros on both sides */
    _Alignas(32) int16_t row[8][32] = {{0}}, halved[8][32] = {{0}}, joined[4][32] = {{0}};
    __m128i v[8];
    for (int y = 0; y < 8; y++) {
        v[y] = _mm_sub_epi16(_mm_cvtepu8_epi16(load8(src + y * stride)), _mm_set1_epi16(128));
        store16(row[y] + 8, v[y]);
        store8(halved[y] + 8, _mm_hadd_epi16(v[y], v[y]));
        if (y & 1)
            store16(joined[y / 2] + 8, _mm_add_epi16(v[y], v[y - 1]));
    }
    __m256i sums[8];
    for (int i = 0; i < 8; i++)
        sums[i] = _mm256_setzero_si256();
    __m128i columns = _mm_setzero_si128();
    for (int y = 0; y < 8; y++) {
        sums[0] = _mm256_add_epi16(sums[0], load32(row[y] + 8 - y));    /* y + x */
        sums[4] = _mm256_add_epi16(sums[4], load32(row[y] + 1 + y));    /* 7 - y + x */
        sums[1] = _mm256_add_epi16(sums[1], load32(halved[y] + 8 - y)); /* y + x / 2 */
        sums[3] = _mm256_add_epi16(sums[3], load32(halved[y] + 1 + y)); /* 7 - y + x / 2 */
        columns = _mm_add_epi16(columns, v[y]);
    }
    for (int j = 0; j < 4; j++) {
        sums[5] = _mm256_add_epi16(sums[5], load32(joined[j] + 5 + j)); /* 3 - y / 2 + x */
        sums[7] = _mm256_add_epi16(sums[7], load32(joined[j] + 8 - j)); /* y / 2 + x */
    }
    const __m128i r0 = _mm_hadd_epi16(_mm_hadd_epi16(v[0], v[1]), _mm_hadd_epi16(v[2], v[3]));
    const __m128i r1 = _mm_hadd_epi16(_mm_hadd_epi16(v[4], v[5]), _mm_hadd_epi16(v[6], v[7]));
    sums[2] = _mm256_zextsi128_si256(_mm_hadd_epi16(r0, r1));
    sums[6] = _mm256_zextsi128_si256(columns);
    uint32_t cost[8];
    for (int d = 0; d < 8; d++)
        cost[d] = weigh(sums[d], d & 1 ? steep : d & 2 ? straight : diagonal);
    int best = 0;
    for (int d = 1; d < 8; d++)
        best = cost[d] > cost[best] ? d : best;
    *strength = (cost[best] - cost[(best + 4) & 7]) >> 10;
    return best;
}

ALWAYS_INLINE int damping_shift(int damping, int strength)
{
    const int log = strength ? 31 - __builtin_clz((unsigned)strength) : 0;
    return damping > log ? damping - log : 0;
}

/* 16 samples: two rows of 8, or four of 4 */
ALWAYS_INLINE __m256i load_samples(const uint8_t *p, ptrdiff_t stride, int n)
{
    if (n == 8)
        return _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(load8(p), load8(p + stride)));
    const __m128i a = _mm_unpacklo_epi32(load4(p), load4(p + stride));
    const __m128i b = _mm_unpacklo_epi32(load4(p + 2 * stride), load4(p + 3 * stride));
    return _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(a, b));
}

ALWAYS_INLINE __m256i constrain(__m256i d, __m256i strength, __m128i shift)
{
    const __m256i magnitude = _mm256_abs_epi16(d);
    const __m256i room = _mm256_subs_epu16(strength, _mm256_srl_epi16(magnitude, shift));
    return _mm256_sign_epi16(_mm256_min_epi16(magnitude, room), d);
}

typedef struct taps {
    ptrdiff_t offset[3][2];
    __m256i strength[2];
    __m128i shift[2];
} taps;

ALWAYS_INLINE __m256i enhance16(const uint8_t *s, ptrdiff_t stride, int n, const taps *t)
{
    const __m256i centre = load_samples(s, stride, n);
    __m256i sum = _mm256_setzero_si256(), low = centre, high = centre;
    for (int side = 0; side < 3; side++) {
        for (int k = 0; k < 2; k++) {
            const __m256i a = load_samples(s + t->offset[side][k], stride, n);
            const __m256i b = load_samples(s - t->offset[side][k], stride, n);
            low = _mm256_min_epi16(low, _mm256_min_epi16(a, b));
            high = _mm256_max_epi16(high, _mm256_max_epi16(a, b));
            __m256i v =
                _mm256_add_epi16(constrain(_mm256_sub_epi16(a, centre), t->strength[side > 0], t->shift[side > 0]),
                                 constrain(_mm256_sub_epi16(b, centre), t->strength[side > 0], t->shift[side > 0]));
            v = _mm256_slli_epi16(v, (side == 0) + (k == 0)); /* weights 4, 2 and 2, 1 */
            sum = _mm256_add_epi16(sum, v);
        }
    }
    sum = _mm256_add_epi16(sum, _mm256_srai_epi16(sum, 15));
    sum = _mm256_srai_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(8)), 4);
    return _mm256_max_epi16(low, _mm256_min_epi16(high, _mm256_add_epi16(centre, sum)));
}

static void enhance(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h, int pri, int sec,
                    int dir, int damping)
{
    taps t = {
        .strength = {_mm256_set1_epi16((int16_t)pri), _mm256_set1_epi16((int16_t)sec)},
        .shift = {_mm_cvtsi32_si128(damping_shift(damping, pri)), _mm_cvtsi32_si128(damping_shift(damping, sec))}};
    for (int side = 0; side < 3; side++) {
        const int d = (dir + (side == 0 ? 0 : side == 1 ? 2 : 6)) & 7;
        for (int k = 0; k < 2; k++)
            t.offset[side][k] = viola_directions[d][k][0] * ss + viola_directions[d][k][1];
    }
    const int rows = w == 8 ? 2 : 4;
    for (int y = 0; y < h; y += rows) {
        const __m256i v = w == 8 ? enhance16(src + y * ss, ss, 8, &t) : enhance16(src + y * ss, ss, 4, &t);
        const __m128i b = _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
        uint8_t *d = dst + y * ds;
        if (w == 8) {
            store8(d, b);
            store8(d + ds, _mm_srli_si128(b, 8));
        } else {
            store4(d, b);
            store4(d + ds, _mm_srli_si128(b, 4));
            store4(d + 2 * ds, _mm_srli_si128(b, 8));
            store4(d + 3 * ds, _mm_srli_si128(b, 12));
        }
    }
}

void viola_dsp_filter_avx2(viola_dsp *dsp)
{
    dsp->deblock_vertical = deblock_vertical;
    dsp->deblock_horizontal = deblock_horizontal;
    dsp->direction = direction;
    dsp->enhance = enhance;
}
