/* Counted pictures, and pools of them. */
#include <stdlib.h>

#include "media/media.h"

typedef struct counted {
    qua_frame frame; /* first: a qua_frame * is a counted * */
    _Atomic int refs;
    void (*release)(void *context);
    void *context;
    bool inside; /* this record lies in what release() gives back */
} counted;

struct qua_frame_pool {
    qua_pool *buffers; /* record and pixels of one frame each; NULL before the first */
    size_t capacity;   /* of each */
};

static size_t align64(size_t n)
{
    return (n + 63) & ~(size_t)63;
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

typedef struct layout {
    size_t luma, chroma, rows, half;
} layout;

static layout layout_of(int width, int height)
{
    assert(width > 0 && height > 0 && width <= 8192 && height <= 8192);
    return (layout){align64((size_t)width), align64(((size_t)width + 1) / 2), (size_t)height, ((size_t)height + 1) / 2};
}

/* Record and pixels, and what aligning them may take. */
static size_t bytes_of(const layout *l)
{
    return align64(sizeof(counted)) + l->luma * l->rows + 2 * l->chroma * l->half + 63;
}

static void give_back(void *context)
{
    qua_buffer *buffer = context;

    qua_buffer_unref(&buffer);
}

/* Takes the buffer. */
static qua_frame *frame_in(qua_buffer *buffer, int width, int height, const layout *l)
{
    uint8_t *const start = buffer->data + (64 - (uintptr_t)buffer->data % 64) % 64;
    uint8_t *const pixels = start + align64(sizeof(counted));
    counted *c = (counted *)start;

    *c = (counted){
        .frame = {.width = width,
                  .height = height,
                  .plane = {pixels, pixels + l->luma * l->rows, pixels + l->luma * l->rows + l->chroma * l->half},
                  .stride = {(ptrdiff_t)l->luma, (ptrdiff_t)l->chroma, (ptrdiff_t)l->chroma}},
        .release = give_back,
        .context = buffer,
        .inside = true,
    };
    atomic_init(&c->refs, 1);
    return &c->frame;
}

qua_frame *qua_frame_create(int width, int height)
{
    const layout l = layout_of(width, height);
    qua_buffer *buffer = qua_buffer_create(bytes_of(&l));

    return buffer ? frame_in(buffer, width, height, &l) : NULL;
}

qua_frame_pool *qua_frame_pool_create(void)
{
    return qua_zalloc(sizeof(qua_frame_pool));
}

void qua_frame_pool_destroy(qua_frame_pool **pool)
{
    if (*pool)
        qua_pool_destroy(&(*pool)->buffers);
    free(*pool);
    *pool = NULL;
}

qua_frame *qua_frame_pool_get(qua_frame_pool *pool, int width, int height)
{
    const layout l = layout_of(width, height);
    qua_buffer *buffer;

    if (!pool)
        return qua_frame_create(width, height);
    if (pool->capacity != bytes_of(&l)) {
        qua_pool_destroy(&pool->buffers);
        pool->capacity = bytes_of(&l);
    }
    if (!pool->buffers)
        pool->buffers = qua_pool_create(pool->capacity, 0);
    buffer = pool->buffers ? qua_pool_get(pool->buffers) : NULL;
    return buffer ? frame_in(buffer, width, height, &l) : NULL;
}

qua_frame *qua_frame_ref(qua_frame *frame)
{
    atomic_fetch_add_explicit(&((counted *)frame)->refs, 1, memory_order_relaxed);
    return frame;
}

void qua_frame_unref(qua_frame **frame)
{
    counted *c = (counted *)*frame;
    bool inside;

    *frame = NULL;
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    inside = c->inside;
    if (c->release)
        c->release(c->context);
    if (!inside)
        free(c);
}
