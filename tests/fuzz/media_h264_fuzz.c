/* The H.264 decoder of the seam on foreign pictures: one after another, each with its length before it. */
#include "media/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_decoded(void *context, qua_frame *frame)
{
    (void)context;
    assert(frame->width > 0 && frame->width <= 4096 && frame->height > 0 && frame->height <= 4096);
    qua_frame_unref(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);
    qua_video_decoder *decoder;

    if (qua_codec_h264.create_decoder(qua_codec_h264.context, &decoder) != 0)
        return 0;
    for (int pictures = 0; qua_reader_left(&r) > 2 && pictures < 8; pictures++) {
        const uint16_t head = qua_read_u16(&r);
        const size_t length = QUA_MIN(head & 0x7fffu, qua_reader_left(&r));
        const uint8_t *picture = qua_read_bytes(&r, length);
        (void)decoder->decode(decoder, picture, length, head & 0x8000, on_decoded, NULL);
    }
    decoder->destroy(decoder);
    return 0;
}
