/* Files, FIFOs and children as one stream of bytes that can be told to stop. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/device.h"

#define PATH_MAX_BYTES 4096
#define BUFFER_BYTES   65536 /* what a pipe holds */

struct qua_stream {
    const qua_stop *stop;
    int fd; /* -1: the child's */
    os_child *child;
    char path[PATH_MAX_BYTES];
    const char *format; /* of the child's output, NULL without a child */
    size_t begin, end;  /* of what waits in the buffer */
    uint8_t buffer[BUFFER_BYTES];
};

static int open_error(const char *path, qua_device_error *why)
{
    switch (errno) {
    case ENOENT:
        return qua_device_fail(why, QUA_ENOENT, "%s: there is no such file; check the path", path);
    case EACCES:
        return qua_device_fail(why, QUA_EIO, "%s: you have no right to read it; check its permissions", path);
    default:
        return qua_device_fail(why, QUA_EIO, "%s: %s", path, strerror(errno));
    }
}

static int create(qua_stream **out, const char *path, const qua_stop *stop, qua_device_error *why)
{
    qua_stream *stream;

    if (strlen(path) >= PATH_MAX_BYTES - sizeof "file:")
        return qua_device_fail(why, QUA_EINVAL, "this path is too long");
    stream = qua_zalloc(sizeof *stream);
    if (!stream)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    stream->stop = stop;
    stream->fd = -1;
    *out = stream;
    return 0;
}

int qua_stream_open(qua_stream **out, const char *path, const qua_stop *stop, qua_device_error *why)
{
    struct stat info;
    qua_stream *stream;
    int error = create(&stream, path, stop, why);

    if (error)
        return error;
    stream->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO without writer must not hold us up */
    if (stream->fd < 0) {
        error = open_error(path, why);
    } else if (fstat(stream->fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        error = qua_device_fail(why, QUA_EFORMAT, "%s: this is a folder; name a file", path);
    }
    if (error)
        qua_stream_close(&stream);
    else
        *out = stream;
    return error;
}

static int start_child(qua_stream *stream)
{
    const bool pictures = strcmp(stream->format, "yuv4mpegpipe") == 0;
    const char *const video[] = {"ffmpeg",  "-v", "quiet",        "-nostdin", "-threads",
                                 "1",       "-i", stream->path,   "-an",      "-pix_fmt",
                                 "yuv420p", "-f", stream->format, "pipe:1",   NULL};
    const char *const sound[] = {"ffmpeg", "-v",    "quiet", "-nostdin",  "-i", stream->path,   "-vn",    "-ac", "1",
                                 "-ar",    "48000", "-c:a",  "pcm_s16le", "-f", stream->format, "pipe:1", NULL};

    return os_child_start(&stream->child, pictures ? video : sound);
}

int qua_stream_convert(qua_stream **out, const char *path, const char *format, const qua_stop *stop,
                       qua_device_error *why)
{
    qua_stream *stream;
    int error;

    if (access(path, R_OK) != 0)
        return open_error(path, why);
    error = create(&stream, path, stop, why);
    if (error)
        return error;
    /* "file:" keeps ffmpeg from taking a name for a protocol or an option */
    snprintf(stream->path, sizeof stream->path, "file:%s", path);
    stream->format = format;
    error = start_child(stream);
    if (error) {
        qua_stream_close(&stream);
        return qua_device_fail(why, error, "%s: the ffmpeg program could not be started", path);
    }
    *out = stream;
    return 0;
}

void qua_stream_close(qua_stream **stream)
{
    qua_stream *s = *stream;

    *stream = NULL;
    if (!s)
        return;
    os_child_stop(&s->child);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

static ptrdiff_t read_now(qua_stream *stream, void *out, size_t size)
{
    const int fd = stream->child ? os_child_fd(stream->child) : stream->fd;

    for (;;) {
        ptrdiff_t n;

        if (qua_stop_wait(stream->stop, fd, QUA_TIME_NEVER) == QUA_WAKE_STOP)
            return QUA_ECLOSED;
        n = read(fd, out, size);
        if (n >= 0)
            return n;
        if (errno != EAGAIN && errno != EINTR)
            return QUA_EIO;
    }
}

/* Lines and rows come from the buffer; whole planes go straight to their place. */
static ptrdiff_t read_some(void *context, void *out, size_t size)
{
    qua_stream *stream = context;
    size_t n;

    if (stream->begin == stream->end) {
        ptrdiff_t got;

        if (size >= BUFFER_BYTES)
            return read_now(stream, out, size);
        got = read_now(stream, stream->buffer, BUFFER_BYTES);
        if (got <= 0)
            return got;
        stream->begin = 0;
        stream->end = (size_t)got;
    }
    n = QUA_MIN(size, stream->end - stream->begin);
    memcpy(out, stream->buffer + stream->begin, n);
    stream->begin += n;
    return (ptrdiff_t)n;
}

qua_bytes qua_stream_bytes(qua_stream *stream)
{
    return (qua_bytes){read_some, stream};
}

int qua_stream_rewind(qua_stream *stream)
{
    stream->begin = stream->end = 0;
    if (!stream->format)
        return lseek(stream->fd, 0, SEEK_SET) == 0 ? 0 : QUA_EIO;
    os_child_stop(&stream->child);
    return start_child(stream);
}
