/* In-loop filters: deblocking, and the constrained directional enhancement filter. */
#include <stdlib.h>

#include "codec/dsp/dsp_c.h"

static inline int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static inline int near(const uint8_t *p, ptrdiff_t s, int from, int to, int limit)
{
    /* samples from..to on both sides differ from the edge sample of their side by at most limit */
    for (int i = from; i <= to; i++)
        if (abs(p[-(i + 1) * s] - p[-s]) > limit || abs(p[i * s] - p[0]) > limit)
            return 0;
    return 1;
}

/* two samples of each side; with high variance only one */
static inline void narrow(uint8_t *p, ptrdiff_t s, int high)
{
    const int p1 = p[-2 * s] - 128, p0 = p[-s] - 128, q0 = p[0] - 128, q1 = p[s] - 128;
    const int busy = abs(p1 - p0) > high || abs(q1 - q0) > high;
    const int base = clamp((busy ? clamp(p1 - q1, -128, 127) : 0) + 3 * (q0 - p0), -128, 127);
    const int f1 = clamp(base + 4, -128, 127) >> 3, f2 = clamp(base + 3, -128, 127) >> 3;
    p[0] = (uint8_t)(clamp(q0 - f1, -128, 127) + 128);
    p[-s] = (uint8_t)(clamp(p0 + f2, -128, 127) + 128);
    if (!busy) {
        const int f3 = (f1 + 1) >> 1;
        p[s] = (uint8_t)(clamp(q1 - f3, -128, 127) + 128);
        p[-2 * s] = (uint8_t)(clamp(p1 + f3, -128, 127) + 128);
    }
}

/* sliding mean over 2 * reach + 2 weights of samples -(reach + 1)..reach; the outermost sample extends the row.
 * reach 3: 7 samples, 3 changed a side; reach 6: 13 samples, 6 changed a side. The centre counts twice. */
static inline void wide(uint8_t *p, ptrdiff_t s, int reach)
{
    int v[14], out[14];
    const int n = 2 * reach + 2, shift = reach == 3 ? 3 : 4, extra = reach == 6 ? 1 : 0;
    for (int i = 0; i < n; i++)
        v[i] = p[(i - reach - 1) * s];
    for (int i = 1; i < n - 1; i++) {
        int sum = (1 << shift) >> 1;
        for (int k = -reach; k <= reach; k++)
            sum += v[clamp(i + k, 0, n - 1)];
        sum += v[i] + extra * (v[i - 1] + v[i + 1]);
        out[i] = sum >> shift;
    }
    for (int i = 1; i < n - 1; i++)
        p[(i - reach - 1) * s] = (uint8_t)out[i];
}

/* one line across an edge: s is the step across */
static inline void deblock_line(uint8_t *p, ptrdiff_t s, int width, int edge, int inner, int high)
{
    if (abs(p[-s] - p[0]) * 2 + abs(p[-2 * s] - p[s]) / 2 > edge)
        return;
    if (abs(p[-2 * s] - p[-s]) > inner || abs(p[s] - p[0]) > inner)
        return;
    if (width >= 8) {
        if (abs(p[-3 * s] - p[-2 * s]) > inner || abs(p[-4 * s] - p[-3 * s]) > inner || abs(p[2 * s] - p[s]) > inner ||
            abs(p[3 * s] - p[2 * s]) > inner)
            return;
        if (near(p, s, 1, 3, 1)) {
            wide(p, s, width == 16 && near(p, s, 4, 6, 1) ? 6 : 3);
            return;
        }
    }
    narrow(p, s, high);
}

static void deblock_vertical_c(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    for (int i = 0; i < length; i++)
        deblock_line(pix + i * stride, 1, width, edge, inner, high);
}

static void deblock_horizontal_c(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high)
{
    for (int i = 0; i < length; i++)
        deblock_line(pix + i, stride, width, edge, inner, high);
}

/* Sum of squared line sums for the 8 directions, each line weighted by 840 / its length. */
static int direction_c(const uint8_t *src, ptrdiff_t stride, uint32_t *strength)
{
    int32_t line[8][15] = {{0}};
    for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 8; x++) {
            const int v = src[y * stride + x] - 128;
            line[0][y + x] += v;
            line[1][y + x / 2] += v;
            line[2][y] += v;
            line[3][3 + y - x / 2] += v;
            line[4][7 + y - x] += v;
            line[5][3 - y / 2 + x] += v;
            line[6][x] += v;
            line[7][y / 2 + x] += v;
        }
    }
    uint32_t cost[8] = {0};
    for (int i = 0; i < 8; i++) {
        cost[2] += (uint32_t)(line[2][i] * line[2][i]) * 105;
        cost[6] += (uint32_t)(line[6][i] * line[6][i]) * 105;
    }
    for (int d = 0; d < 8; d += 4) {
        for (int i = 0; i < 15; i++) {
            const int length = i < 8 ? i + 1 : 15 - i;
            cost[d] += (uint32_t)(line[d][i] * line[d][i]) * (uint32_t)(840 / length);
        }
    }
    for (int d = 1; d < 8; d += 2) {
        for (int i = 0; i < 11; i++) {
            const int length = i < 3 ? 2 * (i + 1) : i > 7 ? 2 * (11 - i) : 8;
            cost[d] += (uint32_t)(line[d][i] * line[d][i]) * (uint32_t)(840 / length);
        }
    }
    int best = 0;
    for (int d = 1; d < 8; d++)
        best = cost[d] > cost[best] ? d : best;
    *strength = (cost[best] - cost[(best + 4) & 7]) >> 10;
    return best;
}

/* the difference, held within what the strength allows: large differences count less and less */
static inline int constrain(int d, int strength, int shift)
{
    const int magnitude = abs(d), room = strength - (magnitude >> shift);
    const int v = room < 0 ? 0 : magnitude < room ? magnitude : room;
    return d < 0 ? -v : v;
}

static inline int damping_shift(int damping, int strength)
{
    int log = 0;
    while (strength >> (log + 1))
        log++;
    return damping > log ? damping - log : 0;
}

static void enhance_c(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h,
                      int pri, int sec, int dir, int damping)
{
    const int pri_shift = damping_shift(damping, pri), sec_shift = damping_shift(damping, sec);
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            const uint8_t *s = src + y * src_stride + x;
            int sum = 0, low = *s, high = *s;
            for (int side = 0; side < 3; side++) { /* along, and 45 degrees to either side */
                const int d = (dir + (side == 0 ? 0 : side == 1 ? 2 : 6)) & 7;
                for (int k = 0; k < 2; k++) {
                    const ptrdiff_t offset = viola_directions[d][k][0] * src_stride + viola_directions[d][k][1];
                    const int weight = side ? 2 - k : 4 - 2 * k;
                    for (int sign = 0; sign < 2; sign++) {
                        const int v = sign ? s[-offset] : s[offset];
                        sum += weight * (side ? constrain(v - *s, sec, sec_shift) : constrain(v - *s, pri, pri_shift));
                        low = v < low ? v : low;
                        high = v > high ? v : high;
                    }
                }
            }
            dst[y * dst_stride + x] = (uint8_t)clamp(*s + ((8 + sum - (sum < 0)) >> 4), low, high);
        }
    }
}

void viola_dsp_filter_c(viola_dsp *dsp)
{
    dsp->deblock_vertical = deblock_vertical_c;
    dsp->deblock_horizontal = deblock_horizontal_c;
    dsp->direction = direction_c;
    dsp->enhance = enhance_c;
}
