/* YUV4MPEG2: a line of text, then for each picture a line and its planes. */
#include <stdlib.h>

#include "device/device.h"

#define LINE_MAX_BYTES 512

/* Reads up to the newline, which becomes a NUL. The line is at least `least` bytes: one read gets these. */
static int read_line(const qua_bytes *bytes, char line[LINE_MAX_BYTES], size_t least)
{
    int error = qua_bytes_full(bytes, line, least);
    size_t size = least;

    while (!error && line[size - 1] != '\n') {
        if (size == LINE_MAX_BYTES)
            return QUA_EFORMAT;
        error = qua_bytes_full(bytes, line + size++, 1);
    }
    if (error)
        return error;
    line[size - 1] = '\0';
    return strlen(line) == size - 1 ? 0 : QUA_EFORMAT;
}

static int parse_size(const char *text, int *out)
{
    char *end;
    const long value = strtol(text, &end, 10);

    if (end == text || *end || value < 1 || value > 8192)
        return QUA_EFORMAT;
    *out = (int)value;
    return 0;
}

static int parse_rate(const char *text, double *out)
{
    char *end;
    const long above = strtol(text, &end, 10);
    const long below = *end == ':' ? strtol(end + 1, &end, 10) : 0;

    if (*end || above < 0 || below < 0)
        return QUA_EFORMAT;
    if (above == 0 || below == 0) /* 0:0 means unknown */
        return 0;
    *out = (double)above / (double)below;
    return *out >= 0.01 && *out <= 1000 ? 0 : QUA_EFORMAT;
}

/* 4:2:0 with 8 bits; where the chroma samples sit does not matter here */
static bool is_plain_420(const char *name)
{
    static const char *const names[] = {"420", "420jpeg", "420mpeg2", "420paldv"};

    for (size_t i = 0; i < QUA_ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static int parse_field(const char *field, qua_y4m *y4m)
{
    switch (field[0]) {
    case 'W':
        return parse_size(field + 1, &y4m->width);
    case 'H':
        return parse_size(field + 1, &y4m->height);
    case 'F':
        return parse_rate(field + 1, &y4m->fps);
    case 'C':
        return is_plain_420(field + 1) ? 0 : QUA_ENOTSUP;
    default: /* interlacing, aspect, comments */
        return 0;
    }
}

int qua_y4m_read_header(const qua_bytes *bytes, qua_y4m *out)
{
    static const char magic[] = "YUV4MPEG2";
    qua_y4m y4m = {.fps = 25};
    char line[LINE_MAX_BYTES], *rest = line + sizeof magic - 1;
    int error = read_line(bytes, line, sizeof magic);

    if (error == QUA_ENOENT)
        return QUA_EFORMAT;
    if (error)
        return error;
    if (strncmp(line, magic, sizeof magic - 1) != 0 || (*rest != ' ' && *rest != '\0'))
        return QUA_EFORMAT;
    while (!error && *rest) {
        char *field = rest + strspn(rest, " ");

        rest = field + strcspn(field, " ");
        if (*rest)
            *rest++ = '\0';
        error = parse_field(field, &y4m);
    }
    if (!error && (!y4m.width || !y4m.height))
        error = QUA_EFORMAT;
    if (!error)
        *out = y4m;
    return error;
}

int qua_i420_read(const qua_bytes *bytes, qua_frame *into)
{
    for (int p = 0; p < 3; p++) {
        const int width = p ? (into->width + 1) / 2 : into->width, height = p ? (into->height + 1) / 2 : into->height;
        const bool whole = into->stride[p] == width; /* no gaps between rows: one read for all */
        const size_t run = (size_t)width * (size_t)(whole ? height : 1);

        for (int y = 0; y < (whole ? 1 : height); y++) {
            const int error = qua_bytes_full(bytes, into->plane[p] + y * into->stride[p], run);

            if (error)
                return error == QUA_ENOENT && (p || y) ? QUA_EFORMAT : error;
        }
    }
    return 0;
}

int qua_y4m_read_frame(const qua_bytes *bytes, const qua_y4m *y4m, qua_frame **out)
{
    static const char magic[] = "FRAME";
    char line[LINE_MAX_BYTES];
    qua_frame *frame;
    int error = read_line(bytes, line, sizeof magic);

    if (error)
        return error;
    if (strncmp(line, magic, sizeof magic - 1) != 0 || (line[sizeof magic - 1] && line[sizeof magic - 1] != ' '))
        return QUA_EFORMAT;
    frame = qua_frame_create(y4m->width, y4m->height);
    if (!frame)
        return QUA_ENOMEM;
    error = qua_i420_read(bytes, frame);
    if (error) {
        qua_frame_unref(&frame);
        return error == QUA_ENOENT ? QUA_EFORMAT : error;
    }
    *out = frame;
    return 0;
}
