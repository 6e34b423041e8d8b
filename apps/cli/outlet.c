/* Streams of pictures and sound that labs read. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outlet.h"

#define HEADER_BYTES 32

void outlet_init(outlet *out, const char *pattern, const char *peer)
{
    const char *mark = pattern ? strchr(pattern, '%') : NULL;
    const size_t before = mark ? (size_t)(mark - pattern) : pattern ? strlen(pattern) : 0;
    const char *after = mark ? mark + 1 : "";

    *out = (outlet){.fd = -1};
    if (!pattern || before + strlen(peer) + strlen(after) >= sizeof out->path || strchr(peer, '/'))
        return;
    memcpy(out->path, pattern, before);
    strcpy(out->path + before, mark ? peer : "");
    strcat(out->path, after);
}

static void put_le32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static bool reserve(outlet *out, size_t size)
{
    if (size > out->capacity) {
        free(out->buffer);
        out->buffer = malloc(size);
        out->capacity = out->buffer ? size : 0;
    }
    return out->buffer != NULL;
}

/* A FIFO without reader is tried again with the next picture: waiting here would hold up the end of the program. */
static bool open_path(outlet *out)
{
    if (out->path[0] && out->fd < 0) {
        out->fd = open(out->path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
        if (out->fd >= 0)
            fcntl(out->fd, F_SETFL, 0); /* from now on the reader sets the pace */
    }
    return out->fd >= 0;
}

static void write_buffer(outlet *out, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t n = write(out->fd, out->buffer + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            outlet_close(out);
            return;
        }
        done += (size_t)n;
    }
}

void outlet_picture(outlet *out, const qua_frame *frame)
{
    const size_t luma = (size_t)frame->width * (size_t)frame->height;
    const size_t chroma = (size_t)((frame->width + 1) / 2) * (size_t)((frame->height + 1) / 2);
    const size_t size = HEADER_BYTES + luma + 2 * chroma;
    uint8_t *to;

    if (!open_path(out) || !reserve(out, size))
        return;
    memset(out->buffer, 0, HEADER_BYTES);
    memcpy(out->buffer, "VFR1", 4);
    put_le32(out->buffer + 4, (uint32_t)frame->width);
    put_le32(out->buffer + 8, (uint32_t)frame->height);
    put_le32(out->buffer + 12, 1);           /* the pixels follow */
    put_le32(out->buffer + 24, 0xffffffffu); /* the number is the reader's to find */
    to = out->buffer + HEADER_BYTES;
    for (int p = 0; p < 3; p++) {
        const int width = p ? (frame->width + 1) / 2 : frame->width,
                  height = p ? (frame->height + 1) / 2 : frame->height;

        for (int y = 0; y < height; y++, to += width)
            memcpy(to, frame->plane[p] + y * frame->stride[p], (size_t)width);
    }
    write_buffer(out, size);
}

void outlet_sound(outlet *out, const int16_t pcm[480])
{
    if (!open_path(out) || !reserve(out, 960))
        return;
    for (size_t i = 0; i < 480; i++) {
        out->buffer[2 * i] = (uint8_t)pcm[i];
        out->buffer[2 * i + 1] = (uint8_t)((uint16_t)pcm[i] >> 8);
    }
    write_buffer(out, 960);
}

void outlet_close(outlet *out)
{
    if (out->fd >= 0)
        close(out->fd);
    free(out->buffer);
    *out = (outlet){.fd = -1}; /* no path: writing is over */
}
