/* Motion compensation. */
#include <string.h>

#include "codec/dsp/dsp_c.h"

static inline uint8_t clip8(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void copy_c(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h)
{
    for (int y = 0; y < h; y++)
        memcpy(dst + y * dst_stride, src + y * src_stride, (size_t)w);
}

/* one pass; `step` is the distance of the taps */
static void mc_1d(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h,
                  const int8_t *taps, ptrdiff_t step)
{
    for (int y = 0; y < h; y++, dst += dst_stride, src += src_stride) {
        for (int x = 0; x < w; x++) {
            int sum = 32;
            for (int k = 0; k < 8; k++)
                sum += taps[k] * src[x + (k - 3) * step];
            dst[x] = clip8(sum >> 6);
        }
    }
}

static void mc_2d(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h,
                  const int8_t *taps_x, const int8_t *taps_y)
{
    int16_t rows[71 * 64];
    const uint8_t *s = src - 3 * src_stride;
    for (int y = 0; y < h + 7; y++, s += src_stride) {
        for (int x = 0; x < w; x++) {
            int sum = 0;
            for (int k = 0; k < 8; k++)
                sum += taps_x[k] * s[x + k - 3];
            rows[y * 64 + x] = (int16_t)sum;
        }
    }
    for (int y = 0; y < h; y++, dst += dst_stride) {
        for (int x = 0; x < w; x++) {
            int sum = 2048;
            for (int k = 0; k < 8; k++)
                sum += taps_y[k] * rows[(y + k) * 64 + x];
            dst[x] = clip8(sum >> 12);
        }
    }
}

static void mc_c(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h,
                 const int8_t *taps_x, const int8_t *taps_y)
{
    if (taps_x && taps_y)
        mc_2d(dst, dst_stride, src, src_stride, w, h, taps_x, taps_y);
    else if (taps_x)
        mc_1d(dst, dst_stride, src, src_stride, w, h, taps_x, 1);
    else if (taps_y)
        mc_1d(dst, dst_stride, src, src_stride, w, h, taps_y, src_stride);
    else
        copy_c(dst, dst_stride, src, src_stride, w, h);
}

void viola_dsp_inter_c(viola_dsp *dsp)
{
    dsp->mc = mc_c;
    dsp->copy = copy_c;
}
