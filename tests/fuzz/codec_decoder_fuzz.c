/*
 * The decoder fed with slices from a hostile network. Input: runs of a 16-bit length (big-endian) and that many bytes;
 * a length with its top bit set also finishes the frame first.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "viola/viola.h"

enum { SLICES_MOST = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* touches all that a caller would read */
static unsigned look(const viola_frame *f)
{
    unsigned sum = 0;
    for (int p = 0; p < 3; p++) {
        const int w = p ? (f->picture.width + 1) / 2 : f->picture.width;
        const int h = p ? (f->picture.height + 1) / 2 : f->picture.height;
        for (int y = 0; y<h; y += h> 1 ? h - 1 : 1)
            for (int x = 0; x < w; x++)
                sum += f->picture.plane[p][y * f->picture.stride[p] + x];
    }
    for (int i = 0; i < f->sb_columns * f->sb_rows; i++)
        sum += f->sb_state[i];
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    viola_decoder_config config;
    viola_frame frame;
    viola_decoder_config_default(&config);
    config.max_width = config.max_height = 160;
    viola_decoder *decoder = viola_decoder_create(&config, NULL);
    volatile unsigned sink = 0;
    int slices = 0;
    for (size_t at = 0; decoder && at + 2 <= size && slices < SLICES_MOST; slices++) {
        const unsigned head = (unsigned)data[at] << 8 | data[at + 1];
        size_t length = head & 0x7fff;
        at += 2;
        length = length < size - at ? length : size - at;
        if (head & 0x8000)
            viola_decoder_finish(decoder);
        uint8_t *copy = malloc(length ? length : 1); /* of exactly this size: a read past it is seen */
        memcpy(copy, data + at, length);
        viola_decoder_feed(decoder, copy, length);
        free(copy);
        at += length;
        if (viola_decoder_get_frame(decoder, &frame) == VIOLA_OK)
            sink = sink + look(&frame);
    }
    if (decoder)
        viola_decoder_finish(decoder);
    viola_decoder_destroy(&decoder);
    return 0;
}
