/* Bounded big-endian cursors and small text builders. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

void *qua_zalloc(size_t size) { return calloc(1, size); }

char *qua_strndup(const char *text, size_t size)
{
    const char *end = memchr(text, 0, size);
    const size_t length = end ? (size_t)(end - text) : size;
    char *copy = malloc(length + 1);

    if (copy) {
        memcpy(copy, text, length);
        copy[length] = 0;
    }
    return copy;
}

qua_reader qua_reader_of(const void *data, size_t size) { return (qua_reader){.data = data, .size = size}; }

size_t qua_reader_left(const qua_reader *r) { return r->failed ? 0 : r->size - r->pos; }

const uint8_t *qua_read_bytes(qua_reader *r, size_t size)
{
    if (r->failed || size > r->size - r->pos) {
        r->failed = true;
        return NULL;
    }
    r->pos += size;
    return r->data + r->pos - size;
}

static uint64_t read_be(qua_reader *r, size_t bytes)
{
    const uint8_t *p = qua_read_bytes(r, bytes);
    uint64_t v = 0;

    for (size_t i = 0; p && i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t qua_read_u8(qua_reader *r) { return (uint8_t)read_be(r, 1); }
uint16_t qua_read_u16(qua_reader *r) { return (uint16_t)read_be(r, 2); }
uint32_t qua_read_u24(qua_reader *r) { return (uint32_t)read_be(r, 3); }
uint32_t qua_read_u32(qua_reader *r) { return (uint32_t)read_be(r, 4); }
uint64_t qua_read_u64(qua_reader *r) { return read_be(r, 8); }

qua_writer qua_writer_of(void *data, size_t capacity) { return (qua_writer){.data = data, .capacity = capacity}; }

/* Room for `size` more bytes, or NULL. */
static uint8_t *claim(qua_writer *w, size_t size)
{
    if (w->failed || size > w->capacity - w->size) {
        w->failed = true;
        return NULL;
    }
    w->size += size;
    return w->data + w->size - size;
}

void qua_write_bytes(qua_writer *w, const void *data, size_t size)
{
    uint8_t *p = claim(w, size);

    if (p && size)
        memcpy(p, data, size);
}

static void write_be(qua_writer *w, uint64_t v, size_t bytes)
{
    uint8_t *p = claim(w, bytes);

    for (size_t i = bytes; p && i-- > 0; v >>= 8)
        p[i] = (uint8_t)v;
}

void qua_write_u8(qua_writer *w, uint8_t v) { write_be(w, v, 1); }
void qua_write_u16(qua_writer *w, uint16_t v) { write_be(w, v, 2); }
void qua_write_u24(qua_writer *w, uint32_t v) { write_be(w, v, 3); }
void qua_write_u32(qua_writer *w, uint32_t v) { write_be(w, v, 4); }
void qua_write_u64(qua_writer *w, uint64_t v) { write_be(w, v, 8); }

qua_text qua_text_of(char *data, size_t capacity)
{
    assert(capacity > 0);
    data[0] = 0;
    return (qua_text){.data = data, .capacity = capacity};
}

void qua_text_add(qua_text *t, const char *format, ...)
{
    va_list args;
    int n;

    if (t->failed)
        return;
    va_start(args, format);
    n = vsnprintf(t->data + t->size, t->capacity - t->size, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= t->capacity - t->size) {
        t->data[t->size] = 0;
        t->failed = true;
        return;
    }
    t->size += (size_t)n;
}

size_t qua_hex(char *out, size_t capacity, const uint8_t *data, size_t size, char separator)
{
    const char *digits = separator ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t n = 0;

    assert(capacity > (separator && size ? size * 3 - 1 : size * 2));
    (void)capacity;
    for (size_t i = 0; i < size; i++) {
        if (separator && i)
            out[n++] = separator;
        out[n++] = digits[data[i] >> 4];
        out[n++] = digits[data[i] & 15];
    }
    out[n] = 0;
    return n;
}
