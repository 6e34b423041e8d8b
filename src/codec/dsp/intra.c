/* Intra prediction. */
#include <stdlib.h>
#include <string.h>

#include "codec/dsp/dsp_c.h"

static void dc_c(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    int sum = n;
    for (int i = 0; i < n; i++)
        sum += above[i] + left[i];
    for (int y = 0; y < n; y++)
        memset(dst + y * stride, sum / (2 * n), (size_t)n);
}

static void v_c(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    (void)left;
    for (int y = 0; y < n; y++)
        memcpy(dst + y * stride, above, (size_t)n);
}

static void h_c(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    (void)above;
    for (int y = 0; y < n; y++)
        memset(dst + y * stride, left[y], (size_t)n);
}

/* weight of the near edge falls with the square of the distance: w(i) = 16 + 240 * ((n - i) / n)^2 of 256 */
static inline int smooth_weight(int i, int n)
{
    return 16 + 240 * (n - i) * (n - i) / (n * n);
}

static void smooth_c(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    const int right = above[n - 1], bottom = left[n - 1];
    for (int y = 0; y < n; y++) {
        const int wy = smooth_weight(y, n);
        for (int x = 0; x < n; x++) {
            const int wx = smooth_weight(x, n);
            const int v = wy * above[x] + (256 - wy) * bottom + wx * left[y] + (256 - wx) * right;
            dst[y * stride + x] = (uint8_t)((v + 256) >> 9);
        }
    }
}

static void paeth_c(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n)
{
    const int corner = above[-1];
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            const int to_left = abs(above[x] - corner), to_above = abs(left[y] - corner);
            const int to_corner = abs(above[x] + left[y] - 2 * corner);
            if (to_left <= to_above && to_left <= to_corner)
                dst[y * stride + x] = left[y];
            else
                dst[y * stride + x] = to_above <= to_corner ? above[x] : (uint8_t)corner;
        }
    }
}

/* sample at position pos (1/64) of an edge whose index 0 is edge[0]; beyond the end the last sample */
static inline uint8_t edge_sample(const uint8_t *edge, int pos, int last)
{
    const int i = pos >> 6, f = pos & 63;
    if (i >= last)
        return edge[last];
    return (uint8_t)((edge[i] * (64 - f) + edge[i + 1] * f + 32) >> 6);
}

static void dir_c(uint8_t *dst, ptrdiff_t stride, const uint8_t *above, const uint8_t *left, int n, int dx, int dy)
{
    const int last = 2 * n - 1;
    uint8_t corner_left[2 * 64 + 1]; /* the left edge with the corner in front */
    corner_left[0] = above[-1];
    memcpy(corner_left + 1, left, (size_t)(2 * n));
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            uint8_t *d = dst + y * stride + x;
            if (dy == 0) {
                *d = edge_sample(above, (x << 6) + (y + 1) * dx, last);
            } else if (dx == 0) {
                *d = edge_sample(left, (y << 6) + (x + 1) * dy, last);
            } else {
                const int pos = ((x + 1) << 6) - (y + 1) * dx; /* from the corner */
                if (pos >= 0)
                    *d = edge_sample(above - 1, pos, last + 1);
                else
                    *d = edge_sample(corner_left, ((y + 1) << 6) - (x + 1) * dy, last + 1);
            }
        }
    }
}

void viola_dsp_intra_c(viola_dsp *dsp)
{
    dsp->intra[VIOLA_PRED_DC] = dc_c;
    dsp->intra[VIOLA_PRED_V] = v_c;
    dsp->intra[VIOLA_PRED_H] = h_c;
    dsp->intra[VIOLA_PRED_SMOOTH] = smooth_c;
    dsp->intra[VIOLA_PRED_PAETH] = paeth_c;
    dsp->intra_dir = dir_c;
}
