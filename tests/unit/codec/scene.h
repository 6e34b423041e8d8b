/* Pictures for the codec's tests: a moving scene drawn from a seed, and a small generator of random numbers. */
#ifndef TEST_CODEC_SCENE_H
#define TEST_CODEC_SCENE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "viola/viola.h"

static inline uint32_t draw(uint32_t *seed) /* xorshift */
{
    uint32_t x = *seed;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *seed = x;
}

static inline int draw_between(uint32_t *seed, int low, int high)
{
    return low + (int)(draw(seed) % (uint32_t)(high - low + 1));
}

typedef struct scene {
    int width, height;
    int noise; /* amplitude */
    int speed; /* samples a frame */
    uint32_t seed;
    uint8_t *memory;
    viola_picture picture;
} scene;

static inline void scene_init(scene *s, int width, int height, uint32_t seed)
{
    const int cw = (width + 1) / 2, ch = (height + 1) / 2;
    *s = (scene){.width = width, .height = height, .noise = 2, .speed = 2, .seed = seed};
    s->memory = malloc((size_t)(width * height + 2 * cw * ch));
    s->picture = (viola_picture){.plane = {s->memory, s->memory + width * height, s->memory + width * height + cw * ch},
                                 .stride = {width, cw, cw},
                                 .width = width,
                                 .height = height};
}

static inline void scene_free(scene *s)
{
    free(s->memory);
}

/* value of the scene at a place: waves, a checkered disc that moves, flat ground */
static inline int scene_sample(const scene *s, int x, int y, int time)
{
    const int size = s->width < s->height ? s->width : s->height;
    const int cx = (size / 3 + time * s->speed) % s->width, cy = s->height / 2;
    if ((x - cx) * (x - cx) + (y - cy) * (y - cy) < size * size / 16)
        return ((x - cx) >> 2 ^ (y >> 2)) & 1 ? 200 : 60 + (y & 31);
    return y < s->height / 4 ? 120 : 80 + ((x * x / 64 + y * 3 + time) & 63);
}

/* draws the picture of a time */
static inline void scene_draw(scene *s, int time)
{
    for (int p = 0; p < 3; p++) {
        const int w = p ? (s->width + 1) / 2 : s->width, h = p ? (s->height + 1) / 2 : s->height;
        uint8_t *plane = s->memory + (s->picture.plane[p] - s->memory);
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int v = p ? 128 + scene_sample(s, x * 2, y * 2, time) / (4 * p) - 20 : scene_sample(s, x, y, time);
                if (s->noise)
                    v += draw_between(&s->seed, -s->noise, s->noise);
                plane[y * s->picture.stride[p] + x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
            }
        }
    }
    s->picture.time_us = time * (int64_t)33333;
}

static inline int pictures_equal(const viola_picture *a, const viola_picture *b)
{
    if (a->width != b->width || a->height != b->height)
        return 0;
    for (int p = 0; p < 3; p++) {
        const int w = p ? (a->width + 1) / 2 : a->width, h = p ? (a->height + 1) / 2 : a->height;
        for (int y = 0; y < h; y++)
            if (memcmp(a->plane[p] + y * a->stride[p], b->plane[p] + y * b->stride[p], (size_t)w) != 0)
                return 0;
    }
    return 1;
}

/* structural similarity of the luma: mean over windows of 8x8, four samples apart */
static inline double luma_ssim(const viola_picture *a, const viola_picture *b)
{
    const double c1 = 6.5025 * 64 * 64, c2 = 58.5225 * 64 * 63;
    double total = 0;
    int windows = 0;
    for (int y = 0; y + 8 <= a->height; y += 4) {
        for (int x = 0; x + 8 <= a->width; x += 4, windows++) {
            double sa = 0, sb = 0, squares = 0, product = 0;
            for (int i = 0; i < 64; i++) {
                const double u = a->plane[0][(y + i / 8) * a->stride[0] + x + i % 8];
                const double v = b->plane[0][(y + i / 8) * b->stride[0] + x + i % 8];
                sa += u;
                sb += v;
                squares += u * u + v * v;
                product += u * v;
            }
            total += (2 * sa * sb + c1) * (2 * (product * 64 - sa * sb) + c2) /
                     ((sa * sa + sb * sb + c1) * (squares * 64 - sa * sa - sb * sb + c2));
        }
    }
    return total / windows;
}

#endif
