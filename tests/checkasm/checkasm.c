/*
 * Every SIMD kernel against its C definition, on random and extreme input: results and everything written must be
 * equal. With --bench it also prints the time of each in nanoseconds (C, SIMD, ratio).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/dsp/dsp.h"
#include "viola/viola.h"

enum { STRIDE = 192, ROWS = 192, AREA = STRIDE * ROWS, ORIGIN = 48 * STRIDE + 48, REPEAT = 40 };

static uint32_t seed = 1;
static int bench, failures, checked;
static viola_dsp c, simd;
static _Alignas(64) uint8_t src[AREA], ref[AREA], out_c[AREA], out_s[AREA];
static _Alignas(64) int16_t res[64 * 64], coef_c[64 * 64], coef_s[64 * 64];

static uint32_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* noise, extremes, smooth ground, or flat */
static void fill(uint8_t *p, int kind)
{
    const int base = (int)(draw() & 255), slope = (int)(draw() % 5) - 2;
    for (int i = 0; i < AREA; i++) {
        const int smooth = base + (i % STRIDE) * slope / 4 + (int)(draw() % 3);
        const int v = kind == 0 ? (int)(draw() & 255) : kind == 1 ? (draw() & 1 ? 255 : 0) : kind == 2 ? smooth : base;
        p[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

static void fill_all(int run)
{
    fill(src, run % 4);
    fill(ref, run / 4 % 4);
    memcpy(out_c, ref, AREA);
    memcpy(out_s, ref, AREA);
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void report(const char *name, int size, int good)
{
    checked++;
    if (!good) {
        failures++;
        printf("FAILED %s %d\n", name, size);
    }
}

#define TIME(result, call)                                                                                             \
    do {                                                                                                               \
        const double start_ = now_ns();                                                                                \
        for (int r_ = 0; r_ < 1000; r_++)                                                                              \
            call;                                                                                                      \
        result = (now_ns() - start_) / 1000;                                                                           \
    } while (0)

#define BENCH(name, size, call_c, call_s)                                                                              \
    do {                                                                                                               \
        if (bench) {                                                                                                   \
            double c_, s_;                                                                                             \
            TIME(c_, call_c);                                                                                          \
            TIME(s_, call_s);                                                                                          \
            printf("%-22s %3d %9.1f %9.1f %6.1f\n", name, size, c_, s_, c_ / s_);                                      \
        }                                                                                                              \
    } while (0)

static void check_distortion(void)
{
    for (int i = 0; i < VIOLA_WIDTHS; i++) {
        const int w = 4 << i;
        int sad = 1, x4 = 1, satd = 1, sse = 1;
        for (int run = 0; run < REPEAT; run++) {
            fill_all(run);
            const uint8_t *s = src + ORIGIN + draw() % 16, *r = ref + ORIGIN + draw() % 16;
            const uint8_t *four[4] = {r, r + 1, r - STRIDE, r + 3 * STRIDE + 7};
            const int rows = w == 4 ? 4 << draw() % 3 : 8 << draw() % 4;
            uint32_t a[4], b[4];
            sad &= c.sad[i](s, STRIDE, r, STRIDE, rows) == simd.sad[i](s, STRIDE, r, STRIDE, rows);
            sse &= c.sse[i](s, STRIDE, r, STRIDE, rows) == simd.sse[i](s, STRIDE, r, STRIDE, rows);
            satd &= c.satd[i](s, STRIDE, r, STRIDE, rows) == simd.satd[i](s, STRIDE, r, STRIDE, rows);
            c.sad_x4[i](s, STRIDE, four, STRIDE, rows, a);
            simd.sad_x4[i](s, STRIDE, four, STRIDE, rows, b);
            x4 &= memcmp(a, b, sizeof a) == 0;
        }
        report("sad", w, sad);
        report("sad_x4", w, x4);
        report("satd", w, satd);
        report("sse", w, sse);
        const uint8_t *s = src + ORIGIN, *r = ref + ORIGIN + 3;
        volatile uint32_t sink;
        BENCH("sad", w, sink = c.sad[i](s, STRIDE, r, STRIDE, w), sink = simd.sad[i](s, STRIDE, r, STRIDE, w));
        BENCH("satd", w, sink = c.satd[i](s, STRIDE, r, STRIDE, w), sink = simd.satd[i](s, STRIDE, r, STRIDE, w));
        BENCH("sse", w, sink = c.sse[i](s, STRIDE, r, STRIDE, w), sink = simd.sse[i](s, STRIDE, r, STRIDE, w));
        (void)sink;
    }
}

static void check_mc(void)
{
    static const int8_t taps[4][8] = {{0, 3, -10, 39, 39, -10, 3, 0},
                                      {-1, 2, -6, 63, 8, -3, 1, 0},
                                      {-2, 5, -11, 40, 40, -11, 5, -2},
                                      {0, 0, -5, 37, 37, -5, 0, 0}};
    for (int i = 0; i < VIOLA_WIDTHS; i++) {
        const int w = 4 << i;
        int good = 1;
        for (int run = 0; run < REPEAT; run++) {
            fill_all(run);
            const int h = 4 << draw() % 5;
            const int8_t *tx = draw() & 1 ? taps[draw() % 4] : NULL, *ty = draw() & 1 ? taps[draw() % 4] : NULL;
            const uint8_t *s = src + ORIGIN + draw() % 16;
            c.mc(out_c + ORIGIN, STRIDE, s, STRIDE, w, h, tx, ty);
            simd.mc(out_s + ORIGIN, STRIDE, s, STRIDE, w, h, tx, ty);
            good &= memcmp(out_c, out_s, AREA) == 0;
            c.copy(out_c + ORIGIN + 5, STRIDE, s, STRIDE, w, h);
            simd.copy(out_s + ORIGIN + 5, STRIDE, s, STRIDE, w, h);
            good &= memcmp(out_c, out_s, AREA) == 0;
        }
        report("mc", w, good);
        const uint8_t *s = src + ORIGIN;
        BENCH("mc x", w, c.mc(out_c, STRIDE, s, STRIDE, w, w, taps[0], NULL),
              simd.mc(out_s, STRIDE, s, STRIDE, w, w, taps[0], NULL));
        BENCH("mc y", w, c.mc(out_c, STRIDE, s, STRIDE, w, w, NULL, taps[0]),
              simd.mc(out_s, STRIDE, s, STRIDE, w, w, NULL, taps[0]));
        BENCH("mc xy", w, c.mc(out_c, STRIDE, s, STRIDE, w, w, taps[0], taps[1]),
              simd.mc(out_s, STRIDE, s, STRIDE, w, w, taps[0], taps[1]));
    }
}

static void check_intra(void)
{
    static const int16_t steps[6][2] = {{64, 0}, {27, 0}, {27, 151}, {64, 64}, {151, 27}, {0, 27}};
    for (int i = 0; i < VIOLA_WIDTHS; i++) {
        const int n = 4 << i;
        int good = 1;
        for (int run = 0; run < REPEAT; run++) {
            fill_all(run);
            const uint8_t *above = src + ORIGIN, *left = src + ORIGIN + 20 * STRIDE;
            for (int mode = 0; mode < VIOLA_PREDS; mode++) {
                c.intra[mode](out_c + ORIGIN, STRIDE, above, left, n);
                simd.intra[mode](out_s + ORIGIN, STRIDE, above, left, n);
                good &= memcmp(out_c, out_s, AREA) == 0;
            }
            for (int d = 0; d < 6; d++) {
                c.intra_dir(out_c + ORIGIN, STRIDE, above, left, n, steps[d][0], steps[d][1]);
                simd.intra_dir(out_s + ORIGIN, STRIDE, above, left, n, steps[d][0], steps[d][1]);
                good &= memcmp(out_c, out_s, AREA) == 0;
            }
        }
        report("intra", n, good);
        const uint8_t *above = src + ORIGIN, *left = src + ORIGIN + 20 * STRIDE;
        for (int mode = 0; mode < VIOLA_PREDS; mode++)
            BENCH("intra", n, c.intra[mode](out_c, STRIDE, above, left, n),
                  simd.intra[mode](out_s, STRIDE, above, left, n));
        BENCH("intra_dir", n, c.intra_dir(out_c, STRIDE, above, left, n, 27, 151),
              simd.intra_dir(out_s, STRIDE, above, left, n, 27, 151));
    }
}

static void check_transforms(void)
{
    for (int i = 0; i < VIOLA_WIDTHS; i++) {
        const int n = 4 << i, kept = n > 32 ? 32 : n;
        int f = 1, b = 1;
        for (int run = 0; run < REPEAT; run++) {
            fill_all(run);
            const int type = (int)(draw() % VIOLA_TX_TYPES);
            c.residual(res, n, src + ORIGIN, STRIDE, ref + ORIGIN, STRIDE, n, n);
            memset(coef_s, 0x55, sizeof coef_s);
            simd.residual(coef_s, n, src + ORIGIN, STRIDE, ref + ORIGIN, STRIDE, n, n);
            f &= memcmp(res, coef_s, (size_t)(n * n) * 2) == 0;
            c.forward[i](coef_c, res, n, type);
            simd.forward[i](coef_s, res, n, type);
            f &= memcmp(coef_c, coef_s, (size_t)(kept * kept) * 2) == 0;
            const int rows = 1 + (int)(draw() % (uint32_t)kept), cols = 1 + (int)(draw() % (uint32_t)kept);
            memset(coef_c, 0, sizeof coef_c);
            for (int y = 0; y < rows; y++)
                for (int x = 0; x < cols; x++)
                    coef_c[y * kept + x] =
                        (int16_t)(run & 1 ? (int)(draw() & 65535) - 32768 : (int)(draw() % 400) - 200);
            memcpy(coef_s, coef_c, sizeof coef_c);
            c.inverse_add[i](out_c + ORIGIN, STRIDE, coef_c, rows, cols, type);
            simd.inverse_add[i](out_s + ORIGIN, STRIDE, coef_s, rows, cols, type);
            b &= memcmp(out_c, out_s, AREA) == 0 && memcmp(coef_c, coef_s, sizeof coef_c) == 0;
        }
        report("forward", n, f);
        report("inverse_add", n, b);
        BENCH("forward", n, c.forward[i](coef_c, res, n, 0), simd.forward[i](coef_s, res, n, 0));
        BENCH("inverse_add full", n, c.inverse_add[i](out_c, STRIDE, coef_c, kept, kept, 0),
              simd.inverse_add[i](out_s, STRIDE, coef_s, kept, kept, 0));
        BENCH("inverse_add 4x4", n, c.inverse_add[i](out_c, STRIDE, coef_c, 4, 4, 0),
              simd.inverse_add[i](out_s, STRIDE, coef_s, 4, 4, 0));
    }
}

static void check_quantize(void)
{
    int good = 1;
    for (int run = 0; run < REPEAT * 4; run++) {
        const int count = 16 << draw() % 7;
        const int shift[2] = {(int)(draw() % 12), (int)(draw() % 12)};
        const viola_quant q = {.round = {(uint16_t)(draw() % (1u << shift[0])), (uint16_t)(draw() % (1u << shift[1]))},
                               .recip = {(uint16_t)(32768 + draw() % 32768), (uint16_t)(32768 + draw() % 32768)},
                               .shift = {(uint8_t)shift[0], (uint8_t)shift[1]}};
        for (int i = 0; i < count; i++)
            coef_c[i] = (int16_t)(run & 1 ? draw() : draw() % 512 - 256);
        const int a = c.quantize(res, coef_c, count, &q), b = simd.quantize(coef_s, coef_c, count, &q);
        good &= a == b && memcmp(res, coef_s, (size_t)count * 2) == 0;
    }
    report("quantize", 0, good);
    const viola_quant q = {.round = {20, 20}, .recip = {40000, 40000}, .shift = {5, 5}};
    volatile int sink;
    BENCH("quantize", 256, sink = c.quantize(res, coef_c, 256, &q), sink = simd.quantize(res, coef_c, 256, &q));
    (void)sink;
}

static void check_deblock(void)
{
    static const int widths[3] = {4, 8, 16};
    for (int i = 0; i < 3; i++) {
        int v = 1, h = 1;
        for (int run = 0; run < REPEAT * 20; run++) {
            fill_all(run);
            if (run % 4 == 3) /* two flat sides with a small step between */
                for (int k = 0; k < AREA; k++)
                    out_c[k] = out_s[k] =
                        (uint8_t)(100 + (k % STRIDE >= 48 ? 5 : 0) + (k / STRIDE >= 48 ? 4 : 0) + (draw() & 1));
            const int length = 4 * (1 + (int)(draw() % 16)), inner = (int)(draw() % 64), edge = 3 * inner + 4;
            c.deblock_vertical(out_c + ORIGIN, STRIDE, length, widths[i], edge, inner, inner >> 4);
            simd.deblock_vertical(out_s + ORIGIN, STRIDE, length, widths[i], edge, inner, inner >> 4);
            v &= memcmp(out_c, out_s, AREA) == 0;
            c.deblock_horizontal(out_c + ORIGIN, STRIDE, length, widths[i], edge, inner, inner >> 4);
            simd.deblock_horizontal(out_s + ORIGIN, STRIDE, length, widths[i], edge, inner, inner >> 4);
            h &= memcmp(out_c, out_s, AREA) == 0;
        }
        report("deblock_vertical", widths[i], v);
        report("deblock_horizontal", widths[i], h);
        BENCH("deblock_vertical", widths[i], c.deblock_vertical(out_c + ORIGIN, STRIDE, 8, widths[i], 40, 12, 0),
              simd.deblock_vertical(out_s + ORIGIN, STRIDE, 8, widths[i], 40, 12, 0));
        BENCH("deblock_horizontal", widths[i], c.deblock_horizontal(out_c + ORIGIN, STRIDE, 8, widths[i], 40, 12, 0),
              simd.deblock_horizontal(out_s + ORIGIN, STRIDE, 8, widths[i], 40, 12, 0));
    }
}

static void check_enhance(void)
{
    int direction = 1, filter = 1;
    for (int run = 0; run < REPEAT * 20; run++) {
        fill_all(run);
        uint32_t a, b;
        const uint8_t *s = src + ORIGIN + draw() % 16;
        const int da = c.direction(s, STRIDE, &a), db = simd.direction(s, STRIDE, &b);
        direction &= da == db && a == b;
        const int n = draw() & 1 ? 8 : 4, pri = (int)(draw() % 16), sec = (int)(draw() % 5), dir = (int)(draw() % 8);
        const int damping = 3 + (int)(draw() % 2);
        c.enhance(out_c + ORIGIN, STRIDE, s, STRIDE, n, n, pri, sec, dir, damping);
        simd.enhance(out_s + ORIGIN, STRIDE, s, STRIDE, n, n, pri, sec, dir, damping);
        filter &= memcmp(out_c, out_s, AREA) == 0;
    }
    report("direction", 8, direction);
    report("enhance", 8, filter);
    uint32_t strength;
    volatile int sink;
    BENCH("direction", 8, sink = c.direction(src + ORIGIN, STRIDE, &strength),
          sink = simd.direction(src + ORIGIN, STRIDE, &strength));
    BENCH("enhance", 8, c.enhance(out_c + ORIGIN, STRIDE, src + ORIGIN, STRIDE, 8, 8, 4, 2, 3, 4),
          simd.enhance(out_s + ORIGIN, STRIDE, src + ORIGIN, STRIDE, 8, 8, 4, 2, 3, 4));
    (void)sink;
}

int main(int argc, char **argv)
{
    bench = argc > 1 && strcmp(argv[1], "--bench") == 0;
    viola_dsp_init(&c, VIOLA_CPU_C);
    viola_dsp_init(&simd, (unsigned)VIOLA_CPU_ALL);
    check_distortion();
    check_mc();
    check_intra();
    check_transforms();
    check_quantize();
    check_deblock();
    check_enhance();
    printf("%d kernels checked, %d failed\n", checked, failures);
    return failures ? 1 : 0;
}
