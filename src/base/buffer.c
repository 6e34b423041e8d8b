/* Reference-counted buffers and the pools they come home to. */
#include <stdlib.h>

#include "base/base.h"

/*
 * The pool's free list is guarded by a spin flag: it is held for a handful of instructions, and base knows no
 * mutex. The pool itself is counted: its owner holds one reference, each buffer in use another.
 */
struct qua_pool {
    atomic_flag busy;
    _Atomic int refs;
    size_t capacity, limit;
    _Atomic size_t in_use, allocated;
    qua_buffer *free;
};

static void pool_lock(qua_pool *pool)
{
    while (atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire))
        ;
}

static void pool_unlock(qua_pool *pool) { atomic_flag_clear_explicit(&pool->busy, memory_order_release); }

static void pool_unref(qua_pool *pool)
{
    if (atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) != 1)
        return;
    while (pool->free) {
        qua_buffer *next = pool->free->next_free;
        free(pool->free);
        pool->free = next;
    }
    free(pool);
}

qua_pool *qua_pool_create(size_t capacity, size_t limit)
{
    qua_pool *pool = qua_zalloc(sizeof *pool);

    if (!pool)
        return NULL;
    atomic_flag_clear(&pool->busy);
    atomic_init(&pool->refs, 1);
    pool->capacity = capacity;
    pool->limit = limit;
    return pool;
}

void qua_pool_destroy(qua_pool **pool)
{
    if (*pool)
        pool_unref(*pool);
    *pool = NULL;
}

static qua_buffer *buffer_alloc(size_t capacity)
{
    qua_buffer *buffer = malloc(sizeof *buffer + capacity);

    if (!buffer)
        return NULL;
    buffer->pool = NULL;
    buffer->capacity = capacity;
    return buffer;
}

/* A buffer ready for use: one reference, nothing in it. */
static qua_buffer *buffer_fresh(qua_buffer *buffer)
{
    atomic_init(&buffer->refs, 1);
    buffer->size = 0;
    buffer->next_free = NULL;
    return buffer;
}

qua_buffer *qua_pool_get(qua_pool *pool)
{
    qua_buffer *buffer;

    pool_lock(pool);
    if (pool->limit && atomic_load(&pool->in_use) >= pool->limit) {
        pool_unlock(pool);
        return NULL;
    }
    buffer = pool->free;
    if (buffer)
        pool->free = buffer->next_free;
    atomic_fetch_add(&pool->in_use, 1);
    pool_unlock(pool);
    if (!buffer) {
        buffer = buffer_alloc(pool->capacity);
        if (!buffer) {
            atomic_fetch_sub(&pool->in_use, 1);
            return NULL;
        }
        atomic_fetch_add(&pool->allocated, 1);
        buffer->pool = pool;
    }
    atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
    return buffer_fresh(buffer);
}

void qua_pool_stats(const qua_pool *pool, size_t *in_use, size_t *allocated)
{
    *in_use = atomic_load(&pool->in_use);
    *allocated = atomic_load(&pool->allocated);
}

qua_buffer *qua_buffer_create(size_t capacity)
{
    qua_buffer *buffer = buffer_alloc(capacity);

    return buffer ? buffer_fresh(buffer) : NULL;
}

qua_buffer *qua_buffer_ref(qua_buffer *buffer)
{
    atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
    return buffer;
}

static void pool_take_back(qua_pool *pool, qua_buffer *buffer)
{
    pool_lock(pool);
    buffer->next_free = pool->free;
    pool->free = buffer;
    atomic_fetch_sub(&pool->in_use, 1);
    pool_unlock(pool);
    pool_unref(pool);
}

void qua_buffer_unref(qua_buffer **buffer)
{
    qua_buffer *b = *buffer;

    *buffer = NULL;
    if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (b->pool)
        pool_take_back(b->pool, b);
    else
        free(b);
}
