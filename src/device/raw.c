/* Raw I420 pictures from a FIFO: another program is the camera and sets the pace. */
#include <stdlib.h>

#include "device/device.h"

typedef struct raw {
    qua_input input; /* first: a qua_input * is a raw * */
    qua_stream *stream;
} raw;

static int raw_read(qua_input *self, uint64_t number, qua_frame **out, qua_device_error *why)
{
    const qua_bytes bytes = qua_stream_bytes(((raw *)self)->stream);
    qua_frame *frame = qua_frame_pool_get(self->frames, self->width, self->height);
    int error;

    (void)number;
    if (!frame)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    error = qua_i420_read(&bytes, frame);
    if (error) {
        qua_frame_unref(&frame);
        return error == QUA_ECLOSED ? error : qua_device_fail(why, error, "the writer of raw pictures has ended");
    }
    frame->captured = os_now();
    *out = frame;
    return 0;
}

static void raw_close(qua_input *self)
{
    qua_stream_close(&((raw *)self)->stream);
    free(self);
}

int qua_raw_open(qua_input **out, const qua_camera_config *config, const qua_stop *stop, qua_device_error *why)
{
    raw *r;
    int error;

    if (!config->width || !config->height)
        return qua_device_fail(why, QUA_EINVAL, "raw pictures say nothing of their size: give it, e.g. --size 640x360");
    r = qua_zalloc(sizeof *r);
    if (!r)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    error = qua_stream_open(&r->stream, config->spec + strlen("i420:"), stop, why);
    if (error) {
        free(r);
        return error;
    }
    r->input = (qua_input){.width = config->width, .height = config->height, .read = raw_read, .close = raw_close};
    *out = &r->input;
    return 0;
}
