/* Counted pictures. */
#include <stdlib.h>

#include "media/media.h"

typedef struct counted {
    qua_frame frame; /* first: a qua_frame * is a counted * */
    _Atomic int refs;
    void (*release)(void *context);
    void *context;
} counted;

static size_t align64(size_t n)
{
    return (n + 63) & ~(size_t)63;
}

static void free_pixels(void *context)
{
    free(context);
}

qua_frame *qua_frame_wrap(int width, int height, uint8_t *const plane[3], const ptrdiff_t stride[3],
                          void (*release)(void *context), void *context)
{
    counted *c = qua_zalloc(sizeof *c);

    if (!c)
        return NULL;
    c->frame.width = width;
    c->frame.height = height;
    for (int i = 0; i < 3; i++) {
        c->frame.plane[i] = plane[i];
        c->frame.stride[i] = stride[i];
    }
    atomic_init(&c->refs, 1);
    c->release = release;
    c->context = context;
    return &c->frame;
}

qua_frame *qua_frame_create(int width, int height)
{
    const size_t luma = align64((size_t)width), chroma = align64(((size_t)width + 1) / 2);
    const size_t rows = (size_t)height, half = (rows + 1) / 2;
    const ptrdiff_t stride[3] = {(ptrdiff_t)luma, (ptrdiff_t)chroma, (ptrdiff_t)chroma};
    uint8_t *plane[3];
    qua_frame *frame;

    assert(width > 0 && height > 0 && width <= 8192 && height <= 8192);
    plane[0] = aligned_alloc(64, luma * rows + 2 * chroma * half);
    if (!plane[0])
        return NULL;
    plane[1] = plane[0] + luma * rows;
    plane[2] = plane[1] + chroma * half;
    frame = qua_frame_wrap(width, height, plane, stride, free_pixels, plane[0]);
    if (!frame)
        free(plane[0]);
    return frame;
}

qua_frame *qua_frame_ref(qua_frame *frame)
{
    atomic_fetch_add_explicit(&((counted *)frame)->refs, 1, memory_order_relaxed);
    return frame;
}

void qua_frame_unref(qua_frame **frame)
{
    counted *c = (counted *)*frame;

    *frame = NULL;
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (c->release)
        c->release(c->context);
    free(c);
}
