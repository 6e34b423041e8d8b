/* The container: a header and slices with their sizes. */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

enum { HEADER_BYTES = 24 };
static const char magic[8] = "VIOLA1\r\n";

static void put_le(uint8_t *at, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get_le(const uint8_t *at, int bytes)
{
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++)
        v |= (uint32_t)at[i] << 8 * i;
    return v;
}

int vla_write_header(FILE *out, int width, int height, uint32_t fps_num, uint32_t fps_den)
{
    uint8_t h[HEADER_BYTES] = {0};
    memcpy(h, magic, sizeof magic);
    put_le(h + 8, (uint32_t)width, 2);
    put_le(h + 10, (uint32_t)height, 2);
    put_le(h + 12, fps_num, 4);
    put_le(h + 16, fps_den, 4);
    return fwrite(h, 1, sizeof h, out) == sizeof h ? 0 : -1;
}

int vla_write(FILE *out, const uint8_t *data, size_t size)
{
    uint8_t h[4];
    put_le(h, (uint32_t)size, 4);
    return fwrite(h, 1, 4, out) == 4 && fwrite(data, 1, size, out) == size ? 0 : -1;
}

int vla_open(vla *v, const char *path, const char **why)
{
    uint8_t h[HEADER_BYTES];
    *v = (vla){.file = fopen(path, "rb")};
    *why = "cannot be opened";
    if (!v->file)
        return -1;
    *why = "not a .vla file";
    if (fread(h, 1, sizeof h, v->file) != sizeof h || memcmp(h, magic, sizeof magic) != 0) {
        vla_close(v);
        return -1;
    }
    v->width = (int)get_le(h + 8, 2);
    v->height = (int)get_le(h + 10, 2);
    v->fps_num = get_le(h + 12, 4);
    v->fps_den = get_le(h + 16, 4);
    return 0;
}

int vla_read(vla *v)
{
    uint8_t h[4];
    const size_t got = fread(h, 1, 4, v->file);
    if (got < 4)
        return got == 0 ? 0 : -1;
    v->size = get_le(h, 4);
    if (v->size > (size_t)1 << 28)
        return -1;
    if (v->size > v->capacity) {
        uint8_t *data = realloc(v->data, v->size);
        if (!data)
            return -1;
        v->data = data;
        v->capacity = v->size;
    }
    return fread(v->data, 1, v->size, v->file) == v->size ? 1 : -1;
}

void vla_close(vla *v)
{
    if (v->file)
        fclose(v->file);
    free(v->data);
    *v = (vla){0};
}
