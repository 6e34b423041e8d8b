/* Distances between blocks, and small helpers of the analysis. */
#include <stdlib.h>

#include "codec/dsp/dsp_c.h"

static inline uint32_t sad_c(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *ref, ptrdiff_t ref_stride, int w,
                             int rows)
{
    uint32_t sum = 0;
    for (int y = 0; y < rows; y++, src += src_stride, ref += ref_stride)
        for (int x = 0; x < w; x++)
            sum += (uint32_t)abs(src[x] - ref[x]);
    return sum;
}

static inline uint32_t sse_c(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *ref, ptrdiff_t ref_stride, int w,
                             int rows)
{
    uint32_t squares = 0;
    for (int y = 0; y < rows; y++, src += src_stride, ref += ref_stride) {
        for (int x = 0; x < w; x++) {
            const int d = src[x] - ref[x];
            squares += (uint32_t)(d * d);
        }
    }
    return squares;
}

/* one-dimensional Hadamard transform of n values, `step` apart */
static inline void hadamard(int32_t *v, int n, int step)
{
    for (int half = 1; half < n; half *= 2) {
        for (int i = 0; i < n; i += 2 * half) {
            for (int j = i; j < i + half; j++) {
                const int32_t a = v[j * step], b = v[(j + half) * step];
                v[j * step] = a + b;
                v[(j + half) * step] = a - b;
            }
        }
    }
}

static uint32_t satd_block(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *ref, ptrdiff_t ref_stride, int n)
{
    int32_t d[64];
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++)
            d[y * n + x] = src[y * src_stride + x] - ref[y * ref_stride + x];
    for (int i = 0; i < n; i++)
        hadamard(d + i * n, n, 1);
    for (int i = 0; i < n; i++)
        hadamard(d + i, n, n);
    uint32_t sum = 0;
    for (int i = 0; i < n * n; i++)
        sum += (uint32_t)abs(d[i]);
    return sum;
}

static inline uint32_t satd_c(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *ref, ptrdiff_t ref_stride, int w,
                              int rows)
{
    const int n = w == 4 ? 4 : 8;
    uint32_t sum = 0;
    for (int y = 0; y < rows; y += n)
        for (int x = 0; x < w; x += n)
            sum += satd_block(src + y * src_stride + x, src_stride, ref + y * ref_stride + x, ref_stride, n);
    return n == 8 ? (sum + 2) >> 2 : (sum + 1) >> 1;
}

#define KERNELS(W)                                                                                                     \
    static uint32_t sad##W##_c(const uint8_t *s, ptrdiff_t ss, const uint8_t *r, ptrdiff_t rs, int rows)               \
    {                                                                                                                  \
        return sad_c(s, ss, r, rs, W, rows);                                                                           \
    }                                                                                                                  \
    static void sad_x4_##W##_c(const uint8_t *s, ptrdiff_t ss, const uint8_t *const r[4], ptrdiff_t rs, int rows,      \
                               uint32_t sad[4])                                                                        \
    {                                                                                                                  \
        for (int i = 0; i < 4; i++)                                                                                    \
            sad[i] = sad_c(s, ss, r[i], rs, W, rows);                                                                  \
    }                                                                                                                  \
    static uint32_t satd##W##_c(const uint8_t *s, ptrdiff_t ss, const uint8_t *r, ptrdiff_t rs, int rows)              \
    {                                                                                                                  \
        return satd_c(s, ss, r, rs, W, rows);                                                                          \
    }                                                                                                                  \
    static uint32_t sse##W##_c(const uint8_t *s, ptrdiff_t ss, const uint8_t *r, ptrdiff_t rs, int rows)               \
    {                                                                                                                  \
        return sse_c(s, ss, r, rs, W, rows);                                                                           \
    }

KERNELS(4)
KERNELS(8)
KERNELS(16)
KERNELS(32)
KERNELS(64)

static void residual_c(int16_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride,
                       const uint8_t *pred, ptrdiff_t pred_stride, int w, int h)
{
    for (int y = 0; y < h; y++, dst += dst_stride, src += src_stride, pred += pred_stride)
        for (int x = 0; x < w; x++)
            dst[x] = (int16_t)(src[x] - pred[x]);
}

#define SET(field, name)                                                                                               \
    dsp->field[VIOLA_W4] = name##4_c;                                                                                  \
    dsp->field[VIOLA_W8] = name##8_c;                                                                                  \
    dsp->field[VIOLA_W16] = name##16_c;                                                                                \
    dsp->field[VIOLA_W32] = name##32_c;                                                                                \
    dsp->field[VIOLA_W64] = name##64_c

void viola_dsp_distortion_c(viola_dsp *dsp)
{
    SET(sad, sad);
    SET(sad_x4, sad_x4_);
    SET(satd, satd);
    SET(sse, sse);
    dsp->residual = residual_c;
}
