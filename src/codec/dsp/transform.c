/* Transforms and quantiser. Plain sums of products in 32 bits: any order of the additions gives the same result. */
#include <stdlib.h>
#include <string.h>

#include "codec/dsp/dsp_c.h"

/* basis of one direction: row k, sample i, of size 4 << size */
static inline int basis(int size, int adst, int k, int i)
{
    const int n = 4 << size;
    return adst && size < 3 ? viola_adst[size][k * n + i] : viola_dct[size][k * n + i];
}

static inline int adst_vertical(int type)
{
    return type == VIOLA_ADST_DCT || type == VIOLA_ADST_ADST;
}

static inline int adst_horizontal(int type)
{
    return type == VIOLA_DCT_ADST || type == VIOLA_ADST_ADST;
}

static inline int16_t clip16(int32_t v)
{
    return (int16_t)(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

static inline uint8_t clip8(int32_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline void forward_c(int16_t *coef, const int16_t *residual, ptrdiff_t stride, int type, int size)
{
    const int n = 4 << size, kept = n > 32 ? 32 : n;
    const int shift1 = viola_forward_shift[size][0], shift2 = viola_forward_shift[size][1];
    int16_t mid[32 * 64];
    int32_t sum[64];
    for (int k = 0; k < kept; k++) {
        for (int x = 0; x < n; x++)
            sum[x] = 1 << (shift1 - 1);
        for (int i = 0; i < n; i++) {
            const int b = basis(size, adst_vertical(type), k, i);
            for (int x = 0; x < n; x++)
                sum[x] += b * residual[i * stride + x];
        }
        for (int x = 0; x < n; x++)
            mid[k * n + x] = (int16_t)(sum[x] >> shift1);
    }
    for (int y = 0; y < kept; y++) {
        for (int k = 0; k < kept; k++) {
            int32_t total = 1 << (shift2 - 1);
            for (int x = 0; x < n; x++)
                total += basis(size, adst_horizontal(type), k, x) * mid[y * n + x];
            coef[y * kept + k] = clip16(total >> shift2);
        }
    }
}

static inline void inverse_c(uint8_t *dst, ptrdiff_t dst_stride, int16_t *coef, int rows, int cols, int type, int size)
{
    const int n = 4 << size, kept = n > 32 ? 32 : n;
    const int shift1 = viola_inverse_shift[size][0], shift2 = viola_inverse_shift[size][1];
    int16_t mid[32];
    int32_t sum[64];
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < cols; x++)
            sum[x] = 1 << (shift1 - 1);
        for (int k = 0; k < rows; k++) {
            const int b = basis(size, adst_vertical(type), k, y);
            for (int x = 0; x < cols; x++)
                sum[x] += b * coef[k * kept + x];
        }
        for (int x = 0; x < cols; x++)
            mid[x] = clip16(sum[x] >> shift1);
        for (int x = 0; x < n; x++)
            sum[x] = 1 << (shift2 - 1);
        for (int k = 0; k < cols; k++)
            for (int x = 0; x < n; x++)
                sum[x] += basis(size, adst_horizontal(type), k, x) * mid[k];
        for (int x = 0; x < n; x++)
            dst[y * dst_stride + x] = clip8(dst[y * dst_stride + x] + (sum[x] >> shift2));
    }
    for (int y = 0; y < rows; y++)
        memset(coef + y * kept, 0, (size_t)cols * sizeof *coef);
}

#define TRANSFORM(N, SIZE)                                                                                             \
    static void forward##N##_c(int16_t *coef, const int16_t *residual, ptrdiff_t stride, int type)                     \
    {                                                                                                                  \
        forward_c(coef, residual, stride, type, SIZE);                                                                 \
    }                                                                                                                  \
    static void inverse##N##_c(uint8_t *dst, ptrdiff_t stride, int16_t *coef, int rows, int cols, int type)            \
    {                                                                                                                  \
        inverse_c(dst, stride, coef, rows, cols, type, SIZE);                                                          \
    }

TRANSFORM(4, VIOLA_W4)
TRANSFORM(8, VIOLA_W8)
TRANSFORM(16, VIOLA_W16)
TRANSFORM(32, VIOLA_W32)
TRANSFORM(64, VIOLA_W64)

static int quantize_c(int16_t *level, const int16_t *coef, int count, const viola_quant *quant)
{
    int nonzero = 0;
    for (int i = 0; i < count; i++) {
        const int class = i > 0;
        uint32_t v = (uint32_t)abs(coef[i]) + quant->round[class];
        v = v > 65535 ? 65535 : v;
        v = (v * quant->recip[class] >> 16) >> quant->shift[class];
        level[i] = (int16_t)(coef[i] < 0 ? -(int32_t)v : (int32_t)v);
        nonzero += v != 0;
    }
    return nonzero;
}

void viola_dsp_transform_c(viola_dsp *dsp)
{
    dsp->forward[VIOLA_W4] = forward4_c;
    dsp->forward[VIOLA_W8] = forward8_c;
    dsp->forward[VIOLA_W16] = forward16_c;
    dsp->forward[VIOLA_W32] = forward32_c;
    dsp->forward[VIOLA_W64] = forward64_c;
    dsp->inverse_add[VIOLA_W4] = inverse4_c;
    dsp->inverse_add[VIOLA_W8] = inverse8_c;
    dsp->inverse_add[VIOLA_W16] = inverse16_c;
    dsp->inverse_add[VIOLA_W32] = inverse32_c;
    dsp->inverse_add[VIOLA_W64] = inverse64_c;
    dsp->quantize = quantize_c;
}
