/* A moving picture made of nothing: a drifting gradient, a bouncing square, and the frame number as a barcode. */
#include <stdlib.h>

#include "device/device.h"

#define PATTERN_WIDTH  640
#define PATTERN_HEIGHT 360
#define PATTERN_FPS    30

/* A triangle wave: 0 .. span .. 0, `step` a frame. */
static int bounce(uint64_t number, int step, int span)
{
    const uint64_t period = 2 * (uint64_t)QUA_MAX(span, 1);
    const uint64_t at = number * (uint64_t)step % period;

    return (int)(at < period / 2 ? at : period - at);
}

static void draw_ground(qua_frame *frame, uint64_t number)
{
    const unsigned drift = (unsigned)(number * 2);

    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++)
            frame->plane[0][y * frame->stride[0] + x] = (uint8_t)(48 + bounce((unsigned)(x + y) + drift, 1, 128));
    for (int y = 0; y < (frame->height + 1) / 2; y++) {
        memset(frame->plane[1] + y * frame->stride[1], 96 + 64 * y / frame->height, (size_t)(frame->width + 1) / 2);
        memset(frame->plane[2] + y * frame->stride[2], 160 - 64 * y / frame->height, (size_t)(frame->width + 1) / 2);
    }
}

static void draw_square(qua_frame *frame, uint64_t number)
{
    const int side = QUA_MAX(2, frame->height / 5);
    const int x0 = bounce(number, QUA_MAX(1, frame->width / 160), frame->width - side);
    const int y0 = bounce(number, QUA_MAX(1, frame->height / 120), frame->height - side);

    for (int y = 0; y < side; y++)
        memset(frame->plane[0] + (y0 + y) * frame->stride[0] + x0, 220, (size_t)side);
}

static int pattern_read(qua_input *self, uint64_t number, qua_frame **out, qua_device_error *why)
{
    qua_frame *frame = qua_frame_pool_get(self->frames, self->width, self->height);

    if (!frame)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    draw_ground(frame, number);
    draw_square(frame, number);
    qua_barcode_draw(frame, (uint32_t)number);
    *out = frame;
    return 0;
}

static void pattern_close(qua_input *self)
{
    free(self);
}

int qua_pattern_open(qua_input **out, const qua_camera_config *config)
{
    qua_input *input = qua_zalloc(sizeof *input);

    if (!input)
        return QUA_ENOMEM;
    input->width = config->width ? config->width : PATTERN_WIDTH;
    input->height = config->height ? config->height : PATTERN_HEIGHT;
    input->fps = config->fps > 0 ? config->fps : PATTERN_FPS;
    input->read = pattern_read;
    input->close = pattern_close;
    *out = input;
    return 0;
}
