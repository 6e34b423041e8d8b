/* Conformance: each stream decodes to the pictures whose hash stands beside it, with and without SIMD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "viola/viola.h"

typedef struct stream {
    const char *name;
    int frames;
    uint64_t hash; /* FNV-1a over the samples of all planes of all frames */
} stream;

static const stream streams[] = {
    {"plain", 10, 0x18431314d5956f0b}, {"fine", 2, 0xb4973d6559ec62d2},    {"coarse", 12, 0x630270dfab20abde},
    {"slices", 8, 0x14b5c7a8f478038a}, {"budget", 12, 0x96497265d61af1ad}, {"odd", 6, 0x5e021e5ef76b21b2},
};

static uint64_t hash_picture(uint64_t hash, const viola_picture *picture)
{
    for (int p = 0; p < 3; p++) {
        const int w = p ? (picture->width + 1) / 2 : picture->width;
        const int h = p ? (picture->height + 1) / 2 : picture->height;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                hash = (hash ^ picture->plane[p][y * picture->stride[p] + x]) * 0x100000001b3u;
    }
    return hash;
}

/* the slices of a file: a 16-bit length, big-endian, before each */
static uint64_t decode(const char *path, unsigned cpu, int *frames)
{
    viola_decoder_config config;
    viola_frame frame;
    static uint8_t slice[65536];
    uint64_t hash = 0xcbf29ce484222325u;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    viola_decoder_config_default(&config);
    config.cpu_mask = cpu;
    viola_decoder *decoder = viola_decoder_create(&config, NULL);
    *frames = 0;
    for (uint8_t head[2]; fread(head, 1, 2, file) == 2;) {
        const size_t size = (size_t)head[0] << 8 | head[1];
        assert_int_equal(fread(slice, 1, size, file), size);
        assert_int_equal(viola_decoder_feed(decoder, slice, size), VIOLA_OK);
        while (viola_decoder_get_frame(decoder, &frame) == VIOLA_OK) {
            hash = hash_picture(hash, &frame.picture);
            ++*frames;
        }
    }
    fclose(file);
    viola_decoder_destroy(&decoder);
    return hash;
}

static void every_stream_decodes_to_its_hash_under_each_cpu_mask(void **state)
{
    static const unsigned masks[] = {VIOLA_CPU_C, VIOLA_CPU_ALL};
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        for (int m = 0; m < 2; m++) {
            char path[512];
            int frames;
            snprintf(path, sizeof path, TEST_DATA "/vectors/codec/%s", streams[i].name);
            const uint64_t hash = decode(path, masks[m], &frames);
            assert_int_equal(frames, streams[i].frames);
            assert_true(hash == streams[i].hash);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stream_decodes_to_its_hash_under_each_cpu_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
