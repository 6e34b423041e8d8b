/* A YUV4MPEG2 file of a stranger: header, then pictures to the end. */
#include "device/device.h"

#define PICTURE_PIXELS_MAX (1 << 16) /* larger pictures are the business of memory, not of the parser */

static ptrdiff_t read_left(void *context, void *out, size_t size)
{
    qua_reader *r = context;
    const size_t n = QUA_MIN(size, qua_reader_left(r));

    if (n)
        memcpy(out, qua_read_bytes(r, n), n);
    return (ptrdiff_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_reader reader = qua_reader_of(data, size);
    const qua_bytes bytes = {read_left, &reader};
    qua_frame *frame;
    qua_y4m y4m;

    if (qua_y4m_read_header(&bytes, &y4m) != 0)
        return 0;
    assert(y4m.width >= 1 && y4m.width <= 8192 && y4m.height >= 1 && y4m.height <= 8192);
    assert(y4m.fps >= 0.01 && y4m.fps <= 1000);
    if (y4m.width * y4m.height > PICTURE_PIXELS_MAX)
        return 0;
    while (qua_y4m_read_frame(&bytes, &y4m, &frame) == 0) {
        frame = qua_picture_fit(frame, 16, 16);
        qua_frame_unref(&frame);
    }
    return 0;
}
