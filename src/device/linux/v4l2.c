/* Cameras of Linux: V4L2 with memory-mapped buffers. */
#include <errno.h>
#include <fcntl.h>
#include <libyuv.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/device.h"

#define BUFFERS        4
#define WIDTH_DEFAULT  640
#define HEIGHT_DEFAULT 360
#define FPS_DEFAULT    30
#define SILENCE_MAX    QUA_SECONDS(5) /* a camera that gives nothing for so long is gone */

typedef struct v4l2 {
    qua_input input; /* first: a qua_input * is a v4l2 * */
    const qua_stop *stop;
    const char *name; /* the camera's own copy of the spec */
    int fd;
    struct v4l2_pix_format format; /* what the camera gives; the input's size is what was asked for */
    struct {
        void *data;
        size_t size;
    } buffers[BUFFERS];
    unsigned count;
} v4l2;

static int xioctl(int fd, unsigned long request, void *argument)
{
    int result;

    do {
        result = ioctl(fd, request, argument);
    } while (result < 0 && errno == EINTR);
    return result;
}

static int open_node(v4l2 *c, qua_device_error *why)
{
    struct v4l2_capability can;

    c->fd = open(c->name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (c->fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
        return qua_device_fail(why, QUA_ENOENT, "%s: there is no such camera; ls /dev/video* shows them", c->name);
    if (c->fd < 0 && errno == EBUSY)
        return qua_device_fail(why, QUA_EBUSY, "%s: another program uses this camera; close that first", c->name);
    if (c->fd < 0 && errno == EACCES)
        return qua_device_fail(why, QUA_EIO, "%s: you have no right to use this camera; join the group video", c->name);
    if (c->fd < 0)
        return qua_device_fail(why, QUA_EIO, "%s: %s", c->name, strerror(errno));
    if (xioctl(c->fd, VIDIOC_QUERYCAP, &can) != 0 || !(can.device_caps & V4L2_CAP_VIDEO_CAPTURE) ||
        !(can.device_caps & V4L2_CAP_STREAMING))
        return qua_device_fail(why, QUA_ENOTSUP, "%s: this is not a camera that streams pictures", c->name);
    return 0;
}

static int set_format(v4l2 *c, int width, int height, qua_device_error *why)
{
    /* plain pixels before MJPEG: they cost no decoding and no quality */
    static const uint32_t wanted[] = {V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG};

    for (size_t i = 0; i < QUA_ARRAY_SIZE(wanted); i++) {
        struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};

        f.fmt.pix.width = (uint32_t)width;
        f.fmt.pix.height = (uint32_t)height;
        f.fmt.pix.pixelformat = wanted[i];
        f.fmt.pix.field = V4L2_FIELD_NONE;
        if (xioctl(c->fd, VIDIOC_S_FMT, &f) != 0 && errno == EBUSY)
            return qua_device_fail(why, QUA_EBUSY, "%s: another program uses this camera; close that first", c->name);
        if (f.fmt.pix.pixelformat != wanted[i] || f.fmt.pix.width < 2 || f.fmt.pix.height < 2 ||
            f.fmt.pix.width > 8192 || f.fmt.pix.height > 8192)
            continue;
        c->format = f.fmt.pix;
        return 0;
    }
    return qua_device_fail(why, QUA_ENOTSUP, "%s: it gives none of YUYV, NV12, I420 or MJPEG; use another camera",
                           c->name);
}

/* The camera's own rate when it does not let itself be told. */
static void set_rate(v4l2 *c, double fps)
{
    struct v4l2_streamparm parm = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};

    parm.parm.capture.timeperframe.numerator = 1000;
    parm.parm.capture.timeperframe.denominator = (uint32_t)(fps * 1000);
    xioctl(c->fd, VIDIOC_S_PARM, &parm);
}

static int map_buffers(v4l2 *c)
{
    struct v4l2_requestbuffers request = {
        .count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};

    if (xioctl(c->fd, VIDIOC_REQBUFS, &request) != 0)
        return errno == EBUSY ? QUA_EBUSY : QUA_EIO;
    for (unsigned i = 0; i < QUA_MIN(request.count, BUFFERS); i++) {
        struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
        void *data;

        if (xioctl(c->fd, VIDIOC_QUERYBUF, &b) != 0)
            return QUA_EIO;
        data = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, (off_t)b.m.offset);
        if (data == MAP_FAILED)
            return QUA_EIO;
        c->buffers[i].data = data;
        c->buffers[i].size = b.length;
        c->count = i + 1;
        if (xioctl(c->fd, VIDIOC_QBUF, &b) != 0)
            return QUA_EIO;
    }
    return c->count >= 2 ? 0 : QUA_EIO;
}

static int start_streaming(v4l2 *c, qua_device_error *why)
{
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    int error = map_buffers(c);

    if (!error && xioctl(c->fd, VIDIOC_STREAMON, &type) != 0)
        error = errno == EBUSY ? QUA_EBUSY : QUA_EIO;
    if (error == QUA_EBUSY)
        return qua_device_fail(why, error, "%s: another program uses this camera; close that first", c->name);
    return error ? qua_device_fail(why, error, "%s: the camera does not start: %s", c->name, strerror(errno)) : 0;
}

/* How many bytes a picture of this format takes at least: the driver's word is not taken for it. */
static size_t bytes_needed(const struct v4l2_pix_format *f)
{
    const size_t luma = (size_t)f->bytesperline * f->height;

    switch (f->pixelformat) {
    case V4L2_PIX_FMT_YUYV:
        return luma;
    case V4L2_PIX_FMT_MJPEG:
        return 4;
    default:
        return luma + (size_t)f->bytesperline * ((f->height + 1) / 2);
    }
}

/* @return false: a picture that is broken; the next one may be whole */
static bool convert(const v4l2 *c, const uint8_t *data, size_t size, qua_frame *into)
{
    const struct v4l2_pix_format *f = &c->format;
    const int width = (int)f->width, height = (int)f->height, line = (int)f->bytesperline;
    const uint8_t *chroma = data + (size_t)line * f->height;
    uint8_t *const *p = into->plane;
    const int s[3] = {(int)into->stride[0], (int)into->stride[1], (int)into->stride[2]};

    if (size < bytes_needed(f))
        return false;
    switch (f->pixelformat) {
    case V4L2_PIX_FMT_YUYV:
        return YUY2ToI420(data, line, p[0], s[0], p[1], s[1], p[2], s[2], width, height) == 0;
    case V4L2_PIX_FMT_NV12:
        return NV12ToI420(data, line, chroma, line, p[0], s[0], p[1], s[1], p[2], s[2], width, height) == 0;
    case V4L2_PIX_FMT_YUV420:
        return I420Copy(data, line, chroma, line / 2, chroma + (size_t)(line / 2) * ((f->height + 1) / 2), line / 2,
                        p[0], s[0], p[1], s[1], p[2], s[2], width, height) == 0;
    default:
        return MJPGToI420(data, size, p[0], s[0], p[1], s[1], p[2], s[2], width, height, width, height) == 0;
    }
}

static qua_time capture_time(const struct v4l2_buffer *b)
{
    if ((b->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
        return (qua_time)b->timestamp.tv_sec * 1000000 + b->timestamp.tv_usec;
    return os_now();
}

/* Turn one filled buffer into a frame and give it back to the driver. @return 0, QUA_EAGAIN, QUA_EIO, QUA_ENOMEM */
static int take(v4l2 *c, qua_frame **out)
{
    struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    qua_frame *frame;
    int error = 0;

    if (xioctl(c->fd, VIDIOC_DQBUF, &b) != 0)
        return errno == EAGAIN ? QUA_EAGAIN : QUA_EIO;
    frame = qua_frame_pool_get(c->input.frames, (int)c->format.width, (int)c->format.height);
    if (!frame) {
        error = QUA_ENOMEM;
    } else if (b.index >= c->count || (b.flags & V4L2_BUF_FLAG_ERROR) ||
               !convert(c, c->buffers[b.index].data, QUA_MIN(b.bytesused, c->buffers[b.index].size), frame)) {
        error = QUA_EAGAIN;
    } else {
        frame->captured = capture_time(&b);
    }
    if (xioctl(c->fd, VIDIOC_QBUF, &b) != 0 && !error)
        error = QUA_EIO;
    if (error)
        qua_frame_unref(&frame);
    else
        *out = frame;
    return error;
}

static int v4l2_read(qua_input *self, uint64_t number, qua_frame **out, qua_device_error *why)
{
    v4l2 *c = (v4l2 *)self;
    const qua_time give_up = os_now() + SILENCE_MAX;
    qua_frame *frame;
    int error = QUA_EAGAIN;

    (void)number;
    while (error == QUA_EAGAIN) {
        switch (qua_stop_wait(c->stop, c->fd, give_up)) {
        case QUA_WAKE_STOP:
            return QUA_ECLOSED;
        case QUA_WAKE_READY:
            error = take(c, &frame);
            break;
        case QUA_WAKE_TIME:
            error = QUA_ETIMEDOUT;
            break;
        }
    }
    if (error)
        return qua_device_fail(why, error, "%s: the camera stopped giving pictures; is it still plugged in?", c->name);
    frame = qua_picture_fit(frame, self->width, self->height);
    if (!frame)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    *out = frame;
    return 0;
}

static void v4l2_close(qua_input *self)
{
    v4l2 *c = (v4l2 *)self;

    for (unsigned i = 0; i < c->count; i++)
        munmap(c->buffers[i].data, c->buffers[i].size);
    if (c->fd >= 0)
        close(c->fd);
    free(c);
}

int qua_capture_open(qua_input **out, const qua_camera_config *config, const qua_stop *stop, qua_device_error *why)
{
    v4l2 *c = qua_zalloc(sizeof *c);
    int error;

    if (!c)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    c->stop = stop;
    c->name = config->spec;
    c->fd = -1;
    error = open_node(c, why);
    if (!error)
        error = set_format(c, config->width ? config->width : WIDTH_DEFAULT,
                           config->height ? config->height : HEIGHT_DEFAULT, why);
    if (!error) {
        set_rate(c, config->fps > 0 ? config->fps : FPS_DEFAULT);
        error = start_streaming(c, why);
    }
    c->input = (qua_input){.width = config->width ? config->width : (int)c->format.width,
                           .height = config->height ? config->height : (int)c->format.height,
                           .read = v4l2_read,
                           .close = v4l2_close};
    if (error)
        v4l2_close(&c->input);
    else
        *out = &c->input;
    return error;
}
