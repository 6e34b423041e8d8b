#include "sim_media.h"

#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

/* The number: cells of black and white along the lower edge, 12 bits and 4 of a sum over them. */
#define CELLS       16
#define NUMBER_BITS 12

static unsigned number_code(uint32_t number)
{
    const unsigned n = number % SIM_NUMBERS;

    return n | ((n ^ n >> 4 ^ n >> 8 ^ 0x5) & 0xf) << NUMBER_BITS;
}

/* One plane, twice as large as the picture so that it can pan: slow waves, and blocks with edges on them. */
static void paint(uint8_t *out, int width, int height, qua_prng *prng, int base, int contrast)
{
    double fx[3], fy[3], phase[3];

    for (int i = 0; i < 3; i++) {
        fx[i] = (0.5 + qua_prng_uniform(prng) * 4) * 2 * PI / width;
        fy[i] = (0.5 + qua_prng_uniform(prng) * 4) * 2 * PI / height;
        phase[i] = qua_prng_uniform(prng) * 2 * PI;
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double v = base;

            for (int i = 0; i < 3; i++)
                v += contrast / 3.0 * sin(fx[i] * x + fy[i] * y + phase[i]);
            out[y * width + x] = (uint8_t)QUA_CLAMP(v, 16, 235);
        }
    for (int block = 0; block < 60; block++) {
        const int w = 8 + (int)(qua_prng_uniform(prng) * width / 12),
                  h = 8 + (int)(qua_prng_uniform(prng) * height / 12);
        const int left = (int)(qua_prng_uniform(prng) * (width - w)),
                  top = (int)(qua_prng_uniform(prng) * (height - h));
        const int shift = (int)((qua_prng_uniform(prng) - 0.5) * contrast);

        for (int y = top; y < top + h; y++)
            for (int x = left; x < left + w; x++)
                out[y * width + x] = (uint8_t)QUA_CLAMP(out[y * width + x] + shift, 16, 235);
    }
}

void sim_scene_init(sim_scene *scene, uint64_t seed, int width, int height)
{
    qua_prng prng;

    assert(width % 2 == 0 && height % 2 == 0);
    qua_prng_seed(&prng, seed);
    *scene = (sim_scene){.width = width, .height = height};
    for (int i = 0; i < 3; i++) {
        const int w = i ? width : 2 * width, h = i ? height : 2 * height;

        scene->texture[i] = malloc((size_t)w * (size_t)h);
        assert(scene->texture[i]);
        paint(scene->texture[i], w, h, &prng, i ? 128 : 120, i ? 60 : 160);
    }
}

void sim_scene_deinit(sim_scene *scene)
{
    for (int i = 0; i < 3; i++)
        free(scene->texture[i]);
}

/* A window into the texture, with another one in front that moves against it. */
static void pan(const sim_scene *scene, qua_frame *frame, uint32_t number)
{
    const int x = (int)(scene->width / 4.0 * (1 + sin(number * 0.021))) & ~1;
    const int y = (int)(scene->height / 4.0 * (1 + sin(number * 0.017))) & ~1;
    const int fw = scene->width / 3 & ~1, fh = scene->height / 2 & ~1;
    const int fx = (int)(scene->width / 3.0 * (1 + 0.4 * sin(number * 0.11))) & ~1, fy = scene->height / 4 & ~1;

    for (int i = 0; i < 3; i++) {
        const int shift = i ? 1 : 0, stride = i ? scene->width : 2 * scene->width;
        const uint8_t *texture = scene->texture[i];

        for (int row = 0; row < scene->height >> shift; row++)
            memcpy(frame->plane[i] + row * frame->stride[i], texture + ((y >> shift) + row) * stride + (x >> shift),
                   (size_t)(scene->width >> shift));
        for (int row = 0; row < fh >> shift; row++)
            memcpy(frame->plane[i] + ((fy >> shift) + row) * frame->stride[i] + (fx >> shift), texture + row * stride,
                   (size_t)(fw >> shift));
    }
}

static void cell(int width, int height, int i, int *left, int *right, int *top)
{
    *left = i * width / CELLS;
    *right = (i + 1) * width / CELLS;
    *top = height - QUA_MAX(height / 12, 4);
}

qua_frame *sim_scene_frame(const sim_scene *scene, uint32_t number)
{
    qua_frame *frame = qua_frame_create(scene->width, scene->height);
    const unsigned code = number_code(number);

    assert(frame);
    frame->number = number;
    pan(scene, frame, number);
    for (int i = 0; i < CELLS; i++) {
        int left, right, top;

        cell(scene->width, scene->height, i, &left, &right, &top);
        for (int y = top; y < scene->height; y++)
            memset(frame->plane[0] + y * frame->stride[0] + left, code >> i & 1 ? 220 : 30, (size_t)(right - left));
    }
    return frame;
}

int sim_scene_number(const qua_frame *frame)
{
    unsigned code = 0;

    for (int i = 0; i < CELLS; i++) {
        int left, right, top, sum = 0, count = 0;

        cell(frame->width, frame->height, i, &left, &right, &top);
        for (int y = top + 1; y < frame->height - 1; y++)
            for (int x = left + 2; x < right - 2; x++, count++)
                sum += frame->plane[0][y * frame->stride[0] + x];
        code |= (unsigned)(sum > 125 * count) << i;
    }
    return code == number_code(code % SIM_NUMBERS) ? (int)(code % SIM_NUMBERS) : -1;
}

double sim_scene_psnr(const sim_scene *scene, const qua_frame *frame, uint32_t number)
{
    qua_frame *original = sim_scene_frame(scene, number);
    qua_frame *shown = qua_frame_scale(original, frame->width, frame->height);
    double squares = 0;

    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            const int d = shown->plane[0][y * shown->stride[0] + x] - frame->plane[0][y * frame->stride[0] + x];
            squares += d * d;
        }
    qua_frame_unref(&shown);
    qua_frame_unref(&original);
    squares /= (double)frame->width * frame->height;
    return squares > 0 ? 10 * log10(255 * 255 / squares) : 99;
}

void sim_speech(int16_t out[QUA_AUDIO_HZ], int pitch_hz)
{
    for (int i = 0; i < QUA_AUDIO_HZ; i++) {
        const double t = (double)i / QUA_AUDIO_HZ;
        const double syllable = 0.55 + 0.45 * sin(2 * PI * 4 * t);
        double v = 0;

        for (int h = 1; h <= 4; h++)
            v += sin(2 * PI * pitch_hz * h * t) / h;
        out[i] = (int16_t)(6000 * syllable * v);
    }
}

bool sim_audible(const int16_t pcm[QUA_AUDIO_BLOCK])
{
    return qua_audio_level(pcm, QUA_AUDIO_BLOCK) < 50;
}
