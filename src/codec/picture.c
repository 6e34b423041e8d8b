/* Surfaces: allocation, sharing, borders, resampling. */
#include <stdlib.h>
#include <string.h>

#include "codec/internal.h"

static int align(int v, int to)
{
    return (v + to - 1) / to * to;
}

static viola_surface *surface_new(int width, int height)
{
    const int cw = align(width, 8), ch = align(height, 8);
    const ptrdiff_t stride = align(cw, 64) + 2 * BORDER, uv_stride = stride / 2;
    const size_t rows = (size_t)align(ch, 64) + 2 * BORDER, uv_rows = rows / 2;
    const size_t y_size = (size_t)stride * rows, uv_size = (size_t)uv_stride * uv_rows;
    const size_t cells = (size_t)align(cw, 64) / 16 * (size_t)(align(ch, 64) / 16);
    const size_t sbs = (size_t)align(cw, 64) / 64 * (size_t)(align(ch, 64) / 64);
    viola_surface *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->memory = calloc(1, y_size + 2 * uv_size + cells * sizeof *s->field + sbs + 256);
    if (!s->memory) {
        free(s);
        return NULL;
    }
    uint8_t *at = s->memory + 64 - (uintptr_t)s->memory % 64;
    s->field = (motion_field_cell *)(void *)at; /* its size is a multiple of 16 cells of 6 bytes */
    at += align((int)(cells * sizeof *s->field), 64);
    s->stride[0] = stride;
    s->stride[1] = s->stride[2] = uv_stride;
    s->plane[0] = at + BORDER * stride + BORDER;
    s->plane[1] = at + y_size + BORDER / 2 * uv_stride + BORDER / 2;
    s->plane[2] = s->plane[1] + uv_size;
    s->sb_damage = at + y_size + 2 * uv_size;
    s->width = width;
    s->height = height;
    s->coded_width = cw;
    s->coded_height = ch;
    return s;
}

static void surface_free(viola_surface *s)
{
    free(s->memory);
    free(s);
}

viola_surface *viola_surface_get(viola_pool *pool, int width, int height)
{
    viola_surface **at = &pool->free, *s = NULL;
    while (*at) {
        s = *at;
        *at = s->next_free;
        if (s->width == width && s->height == height)
            break;
        surface_free(s); /* of another size: not needed again */
        s = NULL;
    }
    if (!s)
        s = surface_new(width, height);
    if (s) {
        s->pool = pool;
        s->refs = 1;
        s->damaged = 0;
        s->next_free = NULL;
    }
    return s;
}

viola_surface *viola_surface_ref(viola_surface *surface)
{
    if (surface)
        surface->refs++;
    return surface;
}

void viola_surface_unref(viola_surface **surface)
{
    viola_surface *s = *surface;
    *surface = NULL;
    if (!s || --s->refs > 0)
        return;
    s->next_free = s->pool->free;
    s->pool->free = s;
}

void viola_pool_clear(viola_pool *pool)
{
    while (pool->free) {
        viola_surface *s = pool->free;
        pool->free = s->next_free;
        surface_free(s);
    }
}

static void extend_plane(uint8_t *plane, ptrdiff_t stride, int w, int h, int border)
{
    for (int y = 0; y < h; y++) {
        uint8_t *row = plane + y * stride;
        memset(row - border, row[0], (size_t)border);
        memset(row + w, row[w - 1], (size_t)(stride - border - w));
    }
    const uint8_t *first = plane - border, *last = plane + (h - 1) * stride - border;
    for (int y = 1; y <= border; y++)
        memcpy(plane - border - y * stride, first, (size_t)stride);
    for (int y = 0; y < border; y++)
        memcpy(plane - border + (h + y) * stride, last, (size_t)stride);
}

void viola_surface_extend(viola_surface *s)
{
    extend_plane(s->plane[0], s->stride[0], s->coded_width, s->coded_height, BORDER);
    for (int p = 1; p < 3; p++)
        extend_plane(s->plane[p], s->stride[p], s->coded_width / 2, s->coded_height / 2, BORDER / 2);
}

/* 1/8-sample positions: two passes of the regular filter would need a second plane; each sample is made alone */
static uint8_t sample_at(const uint8_t *plane, ptrdiff_t stride, int w, int h, int64_t x, int64_t y)
{
    const int ix = (int)(x >> 3), iy = (int)(y >> 3);
    const int8_t *fx = viola_filters[3][x & 7], *fy = viola_filters[3][y & 7];
    int sum = 2048;
    for (int j = 2; j < 6; j++) {
        int row = iy + j - 3;
        row = row < 0 ? 0 : row >= h ? h - 1 : row;
        int part = 0;
        for (int i = 2; i < 6; i++) {
            int col = ix + i - 3;
            col = col < 0 ? 0 : col >= w ? w - 1 : col;
            part += fx[i] * plane[row * stride + col];
        }
        sum += fy[j] * part;
    }
    sum >>= 12;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

void viola_surface_scale(viola_surface *target, const viola_surface *source)
{
    for (int p = 0; p < 3; p++) {
        const int shift = p > 0;
        const int tw = target->coded_width >> shift, th = target->coded_height >> shift;
        const int sw = source->coded_width >> shift, sh = source->coded_height >> shift;
        for (int y = 0; y < th; y++) {
            const int64_t sy = ((int64_t)(2 * y + 1) * source->height * 4) / target->height - 4;
            for (int x = 0; x < tw; x++) {
                const int64_t sx = ((int64_t)(2 * x + 1) * source->width * 4) / target->width - 4;
                target->plane[p][y * target->stride[p] + x] =
                    sample_at(source->plane[p], source->stride[p], sw, sh, sx, sy);
            }
        }
    }
    const int cells = (target->coded_width + 15) / 16 * ((target->coded_height + 15) / 16);
    memset(target->field, 0, (size_t)cells * sizeof *target->field);
    target->contexts = source->contexts;
    target->number = source->number;
    target->damaged = source->damaged;
    target->qp = source->qp;
    viola_surface_extend(target);
}
