/*
 * A file as a camera, again and again. A short one is kept in memory, at the size it is shown in, after its first run:
 * then it costs nothing, and can be played backwards too. A long one is read anew each time.
 */
#include <stdlib.h>

#include "device/device.h"

#define KEPT_BYTES_MAX  (64u << 20)
#define KEPT_FRAMES_MAX 4096

typedef struct clip {
    qua_input input; /* first: a qua_input * is a clip * */
    qua_stream *stream;
    qua_y4m y4m;
    const char *name; /* for sentences; the camera's own copy of the spec */
    bool ping_pong;
    uint64_t reads;    /* pictures given out */
    uint64_t position; /* pictures taken from the file, over all its runs */
    uint64_t run;      /* of these, in this run */
    qua_frame *newest;
    qua_frame **kept;
    size_t kept_count, kept_bytes;
    bool keeping, complete; /* complete: all of the file is in `kept` */
} clip;

static void unref_frame(void *context)
{
    qua_frame *frame = context;

    qua_frame_unref(&frame);
}

/* A header of its own over shared pixels: each showing has its own number and time. */
static int show(qua_frame *picture, qua_frame **out, qua_device_error *why)
{
    qua_frame *shown = qua_frame_wrap(picture->width, picture->height, picture->plane, picture->stride, unref_frame,
                                      qua_frame_ref(picture));

    if (!shown) {
        qua_frame_unref(&picture);
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    }
    *out = shown;
    return 0;
}

static void forget_kept(clip *c)
{
    for (size_t i = 0; i < c->kept_count; i++)
        qua_frame_unref(&c->kept[i]);
    free(c->kept);
    c->kept = NULL;
    c->kept_count = 0;
    c->keeping = false;
}

static void keep(clip *c, qua_frame *frame)
{
    const size_t bytes = (size_t)frame->stride[0] * (size_t)frame->height * 3 / 2;

    if (!c->keeping)
        return;
    if (c->kept_count == KEPT_FRAMES_MAX || c->kept_bytes + bytes > KEPT_BYTES_MAX) {
        forget_kept(c);
        return;
    }
    c->kept[c->kept_count++] = qua_frame_ref(frame);
    c->kept_bytes += bytes;
}

/* The file's end: from now on from memory, or from its start. @return QUA_EFORMAT when it held no picture at all */
static int next_run(clip *c, qua_device_error *why)
{
    const qua_bytes bytes = qua_stream_bytes(c->stream);
    qua_y4m again;
    int error;

    if (!c->run)
        return qua_device_fail(why, QUA_EFORMAT, "%s: there is no picture in this file", c->name);
    c->run = 0;
    if (c->keeping) {
        c->complete = true;
        return 0;
    }
    error = qua_stream_rewind(c->stream);
    if (!error)
        error = qua_y4m_read_header(&bytes, &again);
    if (error == QUA_ECLOSED)
        return error;
    if (error || again.width != c->y4m.width || again.height != c->y4m.height)
        return qua_device_fail(why, QUA_EIO, "%s: it could not be read a second time", c->name);
    return 0;
}

/* Take one more picture from the file into `newest`, or reach its end. */
static int advance(clip *c, qua_device_error *why)
{
    const qua_bytes bytes = qua_stream_bytes(c->stream);
    qua_frame *frame;
    int error = qua_y4m_read_frame(&bytes, &c->y4m, &frame);

    if (error == QUA_ENOENT || (error == QUA_EFORMAT && c->run)) /* a file cut short ends early */
        return next_run(c, why);
    if (error == QUA_ECLOSED)
        return error;
    if (error)
        return qua_device_fail(why, error, "%s: %s", c->name, qua_strerror(error));
    frame = qua_picture_fit(frame, c->input.width, c->input.height);
    if (!frame)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    qua_frame_unref(&c->newest);
    c->newest = frame;
    c->position++;
    c->run++;
    keep(c, frame);
    return 0;
}

static qua_frame *kept_at(const clip *c, uint64_t index)
{
    const uint64_t n = c->kept_count, period = QUA_MAX(2 * (n - 1), 1);

    if (!c->ping_pong)
        return c->kept[index % n];
    index %= period;
    return c->kept[index < n ? index : period - index];
}

static int clip_read(qua_input *self, uint64_t number, qua_frame **out, qua_device_error *why)
{
    clip *c = (clip *)self;
    /* by pictures given out, not by `number`: a camera that lost ticks plays on, slower, and does not have to race */
    const uint64_t wanted = (uint64_t)((double)c->reads * c->y4m.fps / self->fps + 1e-6);
    int error = 0;

    (void)number;
    while (!error && !c->complete && (c->position <= wanted || !c->newest))
        error = advance(c, why);
    if (error)
        return error;
    c->reads++;
    return show(c->complete ? kept_at(c, wanted) : c->newest, out, why);
}

static void clip_close(qua_input *self)
{
    clip *c = (clip *)self;

    forget_kept(c);
    qua_frame_unref(&c->newest);
    qua_stream_close(&c->stream);
    free(c);
}

/* YUV4MPEG2 itself, or whatever ffmpeg makes it of. */
static int open_stream(clip *c, const qua_stop *stop, qua_device_error *why)
{
    qua_bytes bytes;
    int error = qua_stream_open(&c->stream, c->name, stop, why);

    if (error)
        return error;
    bytes = qua_stream_bytes(c->stream);
    error = qua_y4m_read_header(&bytes, &c->y4m);
    if (error != QUA_EFORMAT && error != QUA_ENOTSUP)
        return error ? qua_device_fail(why, error, "%s: %s", c->name, qua_strerror(error)) : 0;
    qua_stream_close(&c->stream);
    error = qua_stream_convert(&c->stream, c->name, "yuv4mpegpipe", stop, why);
    if (error)
        return error;
    bytes = qua_stream_bytes(c->stream);
    error = qua_y4m_read_header(&bytes, &c->y4m);
    return error ? qua_device_fail(why, error,
                                   "%s: neither YUV4MPEG2 nor a film that ffmpeg can read (is ffmpeg installed?)",
                                   c->name)
                 : 0;
}

int qua_clip_open(qua_input **out, const qua_camera_config *config, const qua_stop *stop, qua_device_error *why)
{
    clip *c = qua_zalloc(sizeof *c);
    int error;

    if (!c)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    c->name = config->spec;
    c->ping_pong = config->ping_pong;
    c->keeping = true;
    c->kept = qua_zalloc(KEPT_FRAMES_MAX * sizeof *c->kept);
    error = c->kept ? open_stream(c, stop, why) : qua_device_fail(why, QUA_ENOMEM, "out of memory");
    if (!error) {
        c->input = (qua_input){.width = config->width ? config->width : c->y4m.width,
                               .height = config->height ? config->height : c->y4m.height,
                               .fps = config->fps > 0 ? config->fps : c->y4m.fps,
                               .read = clip_read,
                               .close = clip_close};
        error = advance(c, why); /* an unreadable file is to fail now, not later */
    }
    if (error)
        clip_close(&c->input);
    else
        *out = &c->input;
    return error;
}
