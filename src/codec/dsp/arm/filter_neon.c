/* In-loop filters. Deblocking works on eight lines at a time, 16 bits a sample. */
#include "codec/dsp/arm/neon.h"

/* ------------------------------------------------------------ deblocking */

enum { REACH = 8 }; /* samples kept on each side of an edge: v[0..7] before it, v[8..15] from it on */

ALWAYS_INLINE uint16x8_t at_most(int16x8_t v, int limit)
{
    return vcleq_s16(v, vdupq_n_s16((int16_t)limit));
}

ALWAYS_INLINE int none(uint16x8_t mask)
{
    return vmaxvq_u16(mask) == 0;
}

ALWAYS_INLINE int16x8_t clamp8(int16x8_t v) /* -128..127 */
{
    return vmovl_s8(vqmovn_s16(v));
}

ALWAYS_INLINE void narrow(int16x8_t *v, uint16x8_t mask, int high)
{
    const int16x8_t bias = vdupq_n_s16(128);
    const int16x8_t p1 = vsubq_s16(v[6], bias), p0 = vsubq_s16(v[7], bias);
    const int16x8_t q0 = vsubq_s16(v[8], bias), q1 = vsubq_s16(v[9], bias);
    const uint16x8_t calm = at_most(vmaxq_s16(vabdq_s16(p1, p0), vabdq_s16(q1, q0)), high);
    const int16x8_t outer = vbicq_s16(clamp8(vsubq_s16(p1, q1)), vreinterpretq_s16_u16(calm));
    const int16x8_t base = clamp8(vmlaq_n_s16(outer, vsubq_s16(q0, p0), 3));
    const int16x8_t f1 = vshrq_n_s16(clamp8(vaddq_s16(base, vdupq_n_s16(4))), 3);
    const int16x8_t f2 = vshrq_n_s16(clamp8(vaddq_s16(base, vdupq_n_s16(3))), 3);
    const int16x8_t f3 = vrshrq_n_s16(f1, 1);
    const uint16x8_t both = vandq_u16(mask, calm);
    v[8] = vbslq_s16(mask, vaddq_s16(clamp8(vsubq_s16(q0, f1)), bias), v[8]);
    v[7] = vbslq_s16(mask, vaddq_s16(clamp8(vaddq_s16(p0, f2)), bias), v[7]);
    v[9] = vbslq_s16(both, vaddq_s16(clamp8(vsubq_s16(q1, f3)), bias), v[9]);
    v[6] = vbslq_s16(both, vaddq_s16(clamp8(vaddq_s16(p1, f3)), bias), v[6]);
}

/* sliding mean, see the C kernel */
ALWAYS_INLINE void wide(int16x8_t *out, const int16x8_t *v, int reach, uint16x8_t mask)
{
    const int n = 2 * reach + 2, shift = reach == 3 ? 3 : 4;
    const int16x8_t right = vdupq_n_s16((int16_t)-shift);
    const int16x8_t *const w = v + REACH - reach - 1;
    int16x8_t sum = vdupq_n_s16((int16_t)(1 << shift >> 1));
    for (int k = -reach; k <= reach; k++)
        sum = vaddq_s16(sum, w[1 + k < 0 ? 0 : 1 + k]);
    for (int i = 1; i < n - 1; i++) {
        int16x8_t total = vaddq_s16(sum, w[i]);
        if (reach == 6)
            total = vaddq_s16(total, vaddq_s16(w[i - 1], w[i + 1]));
        int16x8_t *o = out + REACH - reach - 1 + i;
        *o = vbslq_s16(mask, vshlq_s16(total, right), *o);
        const int in = i + 1 + reach, gone = i - reach;
        sum = vsubq_s16(vaddq_s16(sum, w[in > n - 1 ? n - 1 : in]), w[gone < 0 ? 0 : gone]);
    }
}

/* the largest distance of samples from..to of both sides from the edge sample of their side */
ALWAYS_INLINE int16x8_t spread(const int16x8_t *v, int from, int to)
{
    int16x8_t most = vdupq_n_s16(0);
    for (int i = from; i <= to; i++)
        most = vmaxq_s16(most, vmaxq_s16(vabdq_s16(v[7 - i], v[7]), vabdq_s16(v[8 + i], v[8])));
    return most;
}

/* lines that the filter may touch: a small step at the edge, and calm on both sides */
ALWAYS_INLINE uint16x8_t deblock_mask(const int16x8_t *v, int width, int edge, int inner)
{
    const int16x8_t step = vabdq_s16(v[7], v[8]), far = vabdq_s16(v[6], v[9]);
    const int16x8_t across = vaddq_s16(vaddq_s16(step, step), vshrq_n_s16(far, 1));
    int16x8_t along = vmaxq_s16(vabdq_s16(v[6], v[7]), vabdq_s16(v[9], v[8]));
    if (width >= 8) {
        along = vmaxq_s16(along, vmaxq_s16(vabdq_s16(v[5], v[6]), vabdq_s16(v[4], v[5])));
        along = vmaxq_s16(along, vmaxq_s16(vabdq_s16(v[10], v[9]), vabdq_s16(v[11], v[10])));
    }
    return vandq_u16(at_most(across, edge), at_most(along, inner));
}

/* eight lines: v[i] holds one sample of each. @return the samples changed at most on a side */
ALWAYS_INLINE int deblock8(int16x8_t *v, int width, int edge, int inner, int high)
{
    const uint16x8_t mask = deblock_mask(v, width, edge, inner);
    if (none(mask))
        return 0;
    if (width < 8) {
        narrow(v, mask, high);
        return 2;
    }
    const uint16x8_t flat = vandq_u16(mask, at_most(spread(v, 1, 3), 1));
    int16x8_t original[16];
    for (int i = 0; i < 16; i++)
        original[i] = v[i];
    const uint16x8_t rough = vbicq_u16(mask, flat);
    if (!none(rough))
        narrow(v, rough, high);
    if (none(flat))
        return 2;
    uint16x8_t flatter = vdupq_n_u16(0);
    if (width == 16) {
        flatter = vandq_u16(flat, at_most(spread(original, 4, 6), 1));
        if (!none(flatter))
            wide(v, original, 6, flatter);
    }
    const uint16x8_t some = vbicq_u16(flat, flatter);
    if (!none(some))
        wide(v, original, 3, some);
    return none(flatter) ? 3 : 6;
}

ALWAYS_INLINE void horizontal(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    const int kept = width == 4 ? 2 : width == 8 ? 4 : 7;
    for (int x = 0; x < length; x += 8) {
        const int count = length - x < 8 ? 4 : 8;
        int16x8_t v[16];
        for (int i = 0; i < 16; i++)
            v[i] = i >= 8 - kept && i < 8 + kept ? widen(load_few(pix + x + (i - 8) * stride, count)) : vdupq_n_s16(0);
        const int changed = deblock8(v, width, edge, inner, high);
        for (int i = 8 - changed; i < 8 + changed; i++)
            store_few(pix + x + (i - 8) * stride, vqmovun_s16(v[i]), count);
    }
}

ALWAYS_INLINE void vertical(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    for (int y = 0; y < length; y += 8) {
        const int count = length - y < 8 ? length - y : 8;
        int16x8_t v[16]; /* the rows, then their columns */
        for (int i = 0; i < 8; i++) {
            const uint8x16_t row = vld1q_u8(pix + (y + (i < count ? i : count - 1)) * stride - 8);
            v[i] = widen(vget_low_u8(row));
            v[8 + i] = widen(vget_high_u8(row));
        }
        transpose8(v);
        transpose8(v + 8);
        const int changed = deblock8(v, width, edge, inner, high);
        if (!changed)
            continue;
        transpose8(v);
        transpose8(v + 8);
        for (int i = 0; i < count; i++) {
            uint8_t *at = pix + (y + i) * stride;
            const uint8x16_t row = vcombine_u8(vqmovun_s16(v[i]), vqmovun_s16(v[8 + i]));
            if (changed <= 2)
                store4(at - 2, vget_low_u8(vextq_u8(row, row, 6)));
            else if (changed == 3)
                vst1_u8(at - 4, vget_low_u8(vextq_u8(row, row, 4)));
            else
                vst1q_u8(at - 8, row);
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

/* sums of up to 16 lines */
typedef struct lines {
    int16x8_t low, high;
} lines;

ALWAYS_INLINE void add_lines(lines *l, const int16_t *p)
{
    l->low = vaddq_s16(l->low, vld1q_s16(p));
    l->high = vaddq_s16(l->high, vld1q_s16(p + 8));
}

/* squares of the sums of lines, weighted by 840 / their length */
ALWAYS_INLINE uint32_t weigh(lines l, const uint32_t *weights)
{
    const int16x4_t part[4] = {vget_low_s16(l.low), vget_high_s16(l.low), vget_low_s16(l.high), vget_high_s16(l.high)};
    uint32x4_t sum = vdupq_n_u32(0);
    for (int i = 0; i < 4; i++)
        sum = vmlaq_u32(sum, vreinterpretq_u32_s32(vmull_s16(part[i], part[i])), vld1q_u32(weights + 4 * i));
    return vaddvq_u32(sum);
}

static int direction(const uint8_t *src, ptrdiff_t stride, uint32_t *strength)
{
    static const uint32_t diagonal[16] = {840, 420, 280, 210, 168, 140, 120, 105, 120, 140, 168, 210, 280, 420, 840, 0};
    static const uint32_t steep[16] = {420, 210, 140, 105, 105, 105, 105, 105, 140, 210, 420, 0, 0, 0, 0, 0};
    static const uint32_t straight[16] = {105, 105, 105, 105, 105, 105, 105, 105, 0, 0, 0, 0, 0, 0, 0, 0};
    /* rows, their pairs of columns and pairs of rows, with zeros on both sides */
    int16_t row[8][32] = {{0}}, halved[8][32] = {{0}}, joined[4][32] = {{0}};
    const int16x8_t zero = vdupq_n_s16(0);
    int16x8_t v[8], columns = zero;
    for (int y = 0; y < 8; y++) {
        v[y] = vsubq_s16(widen(vld1_u8(src + y * stride)), vdupq_n_s16(128));
        columns = vaddq_s16(columns, v[y]);
        vst1q_s16(row[y] + 8, v[y]);
        vst1q_s16(halved[y] + 8, vpaddq_s16(v[y], zero));
        if (y & 1)
            vst1q_s16(joined[y / 2] + 8, vaddq_s16(v[y], v[y - 1]));
    }
    lines sums[8];
    for (int i = 0; i < 8; i++)
        sums[i] = (lines){zero, zero};
    for (int y = 0; y < 8; y++) {
        add_lines(&sums[0], row[y] + 8 - y);    /* y + x */
        add_lines(&sums[4], row[y] + 1 + y);    /* 7 - y + x */
        add_lines(&sums[1], halved[y] + 8 - y); /* y + x / 2 */
        add_lines(&sums[3], halved[y] + 1 + y); /* 7 - y + x / 2 */
    }
    for (int j = 0; j < 4; j++) {
        add_lines(&sums[5], joined[j] + 5 + j); /* 3 - y / 2 + x */
        add_lines(&sums[7], joined[j] + 8 - j); /* y / 2 + x */
    }
    sums[2].low = vpaddq_s16(vpaddq_s16(vpaddq_s16(v[0], v[1]), vpaddq_s16(v[2], v[3])),
                             vpaddq_s16(vpaddq_s16(v[4], v[5]), vpaddq_s16(v[6], v[7])));
    sums[6].low = columns;
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

/* 8 samples: one row of 8, or two of 4 */
ALWAYS_INLINE int16x8_t load_samples(const uint8_t *p, ptrdiff_t stride, int n)
{
    if (n == 8)
        return widen(vld1_u8(p));
    return widen(vreinterpret_u8_u32(vzip1_u32(vreinterpret_u32_u8(load4(p)), vreinterpret_u32_u8(load4(p + stride)))));
}

ALWAYS_INLINE int16x8_t constrain(int16x8_t d, uint16x8_t strength, int16x8_t right)
{
    const uint16x8_t magnitude = vreinterpretq_u16_s16(vabsq_s16(d));
    const uint16x8_t room = vqsubq_u16(strength, vshlq_u16(magnitude, right));
    const int16x8_t v = vreinterpretq_s16_u16(vminq_u16(magnitude, room));
    return vbslq_s16(vcltzq_s16(d), vnegq_s16(v), v);
}

typedef struct taps {
    ptrdiff_t offset[3][2];
    uint16x8_t strength[2];
    int16x8_t right[2];
} taps;

ALWAYS_INLINE int16x8_t enhance8(const uint8_t *s, ptrdiff_t stride, int n, const taps *t)
{
    const int16x8_t centre = load_samples(s, stride, n);
    int16x8_t sum = vdupq_n_s16(0), low = centre, high = centre;
    for (int side = 0; side < 3; side++) {
        const uint16x8_t strength = t->strength[side > 0];
        const int16x8_t right = t->right[side > 0];
        for (int k = 0; k < 2; k++) {
            const int16x8_t a = load_samples(s + t->offset[side][k], stride, n);
            const int16x8_t b = load_samples(s - t->offset[side][k], stride, n);
            low = vminq_s16(low, vminq_s16(a, b));
            high = vmaxq_s16(high, vmaxq_s16(a, b));
            const int16x8_t v = vaddq_s16(constrain(vsubq_s16(a, centre), strength, right),
                                          constrain(vsubq_s16(b, centre), strength, right));
            sum = vmlaq_n_s16(sum, v, (int16_t)(side ? 2 - k : 4 - 2 * k));
        }
    }
    sum = vrshrq_n_s16(vaddq_s16(sum, vshrq_n_s16(sum, 15)), 4);
    return vmaxq_s16(low, vminq_s16(high, vaddq_s16(centre, sum)));
}

static void enhance(uint8_t *dst, ptrdiff_t ds, const uint8_t *src, ptrdiff_t ss, int w, int h, int pri, int sec,
                    int dir, int damping)
{
    taps t = {.strength = {vdupq_n_u16((uint16_t)pri), vdupq_n_u16((uint16_t)sec)},
              .right = {vdupq_n_s16((int16_t)-damping_shift(damping, pri)),
                        vdupq_n_s16((int16_t)-damping_shift(damping, sec))}};
    for (int side = 0; side < 3; side++) {
        const int d = (dir + (side == 0 ? 0 : side == 1 ? 2 : 6)) & 7;
        for (int k = 0; k < 2; k++)
            t.offset[side][k] = viola_directions[d][k][0] * ss + viola_directions[d][k][1];
    }
    if (w == 8) {
        for (int y = 0; y < h; y++)
            vst1_u8(dst + y * ds, vqmovun_s16(enhance8(src + y * ss, ss, 8, &t)));
        return;
    }
    for (int y = 0; y < h; y += 2) {
        const uint8x8_t v = vqmovun_s16(enhance8(src + y * ss, ss, 4, &t));
        store4(dst + y * ds, v);
        store4(dst + (y + 1) * ds, vext_u8(v, v, 4));
    }
}

void viola_dsp_filter_neon(viola_dsp *dsp)
{
    dsp->deblock_vertical = deblock_vertical;
    dsp->deblock_horizontal = deblock_horizontal;
    dsp->direction = direction;
    dsp->enhance = enhance;
}
