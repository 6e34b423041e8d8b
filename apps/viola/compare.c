/* viola compare: PSNR and SSIM of two y4m files. */
#include <math.h>
#include <stdlib.h>

#include "tool.h"

static uint64_t plane_sse(const uint8_t *a, ptrdiff_t as, const uint8_t *b, ptrdiff_t bs, int w, int h)
{
    uint64_t sse = 0;
    for (int y = 0; y < h; y++) {
        uint32_t row = 0;
        for (int x = 0; x < w; x++) {
            const int d = a[y * as + x] - b[y * bs + x];
            row += (uint32_t)(d * d);
        }
        sse += row;
    }
    return sse;
}

/* of one 8x8 window */
static double window_ssim(const uint8_t *a, ptrdiff_t as, const uint8_t *b, ptrdiff_t bs)
{
    uint32_t sa = 0, sb = 0, squares = 0, product = 0;
    for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 8; x++) {
            const uint32_t u = a[y * as + x], v = b[y * bs + x];
            sa += u;
            sb += v;
            squares += u * u + v * v;
            product += u * v;
        }
    }
    const double c1 = 0.01 * 255 * 0.01 * 255 * 64 * 64, c2 = 0.03 * 255 * 0.03 * 255 * 64 * 63;
    const double variances = (double)squares * 64 - (double)sa * sa - (double)sb * sb;
    const double covariance = (double)product * 64 - (double)sa * sb;
    return (2.0 * sa * sb + c1) * (2 * covariance + c2) / (((double)sa * sa + (double)sb * sb + c1) * (variances + c2));
}

quality tool_quality(const viola_picture *a, const viola_picture *b)
{
    quality q = {.ssim = 0};
    for (int p = 0; p < 3; p++) {
        const int w = p ? (a->width + 1) / 2 : a->width, h = p ? (a->height + 1) / 2 : a->height;
        q.sse[p] = plane_sse(a->plane[p], a->stride[p], b->plane[p], b->stride[p], w, h);
    }
    int windows = 0;
    for (int y = 0; y + 8 <= a->height; y += 4) {
        for (int x = 0; x + 8 <= a->width; x += 4, windows++)
            q.ssim += window_ssim(a->plane[0] + y * a->stride[0] + x, a->stride[0], b->plane[0] + y * b->stride[0] + x,
                                  b->stride[0]);
    }
    q.ssim /= windows;
    return q;
}

double tool_psnr(double sse, double samples)
{
    return sse > 0 ? 10 * log10(255.0 * 255.0 * samples / sse) : 100;
}

int command_compare(arguments *a)
{
    const char *names[2] = {tool_next(a), tool_next(a)}, *why;
    y4m file[2];
    for (int i = 0; i < 2; i++)
        if (!names[i] || y4m_open(&file[i], names[i], &why))
            tool_fail(a->command, "%s: %s", names[i] ? names[i] : "two files are needed", names[i] ? why : "");
    if (file[0].width != file[1].width || file[0].height != file[1].height)
        tool_fail(a->command, "the sizes differ");
    double sse[3] = {0}, ssim = 0;
    int frames = 0;
    for (;; frames++) {
        const int left = y4m_read(&file[0]), right = y4m_read(&file[1]);
        if (left < 0 || right < 0)
            tool_fail(a->command, "%s: broken", names[left < 0 ? 0 : 1]);
        if (!left || !right)
            break;
        const quality q = tool_quality(&file[0].picture, &file[1].picture);
        for (int p = 0; p < 3; p++)
            sse[p] += (double)q.sse[p];
        ssim += q.ssim;
    }
    if (!frames)
        tool_fail(a->command, "no frames");
    const double luma = (double)frames * file[0].width * file[0].height;
    const double chroma = (double)frames * ((file[0].width + 1) / 2) * ((file[0].height + 1) / 2);
    printf("frames %d psnr_y %.3f psnr_u %.3f psnr_v %.3f ssim_y %.5f ssim_db %.3f\n", frames, tool_psnr(sse[0], luma),
           tool_psnr(sse[1], chroma), tool_psnr(sse[2], chroma), ssim / frames, -10 * log10(1 - ssim / frames));
    y4m_close(&file[0]);
    y4m_close(&file[1]);
    return 0;
}
