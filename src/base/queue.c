/* Lamport's ring: one producer, one consumer, two counters that only grow. */
#include <stdlib.h>

#include "base/base.h"

struct qua_spsc {
    size_t mask;
    _Alignas(64) _Atomic size_t head; /* next to pop, written by the consumer */
    _Alignas(64) _Atomic size_t tail; /* next to push, written by the producer */
    _Alignas(64) void *items[];
};

qua_spsc *qua_spsc_create(size_t capacity)
{
    const size_t size = (sizeof(qua_spsc) + capacity * sizeof(void *) + 63) / 64 * 64;
    qua_spsc *queue;

    assert(capacity >= 2 && capacity <= 65536 && (capacity & (capacity - 1)) == 0);
    queue = aligned_alloc(64, size);
    if (!queue)
        return NULL;
    queue->mask = capacity - 1;
    atomic_init(&queue->head, 0);
    atomic_init(&queue->tail, 0);
    return queue;
}

void qua_spsc_destroy(qua_spsc **queue)
{
    free(*queue);
    *queue = NULL;
}

bool qua_spsc_push(qua_spsc *queue, void *item)
{
    const size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

    assert(item);
    if (tail - atomic_load_explicit(&queue->head, memory_order_acquire) > queue->mask)
        return false;
    queue->items[tail & queue->mask] = item;
    atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
    return true;
}

void *qua_spsc_pop(qua_spsc *queue)
{
    const size_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    void *item;

    if (head == atomic_load_explicit(&queue->tail, memory_order_acquire))
        return NULL;
    item = queue->items[head & queue->mask];
    atomic_store_explicit(&queue->head, head + 1, memory_order_release);
    return item;
}

size_t qua_spsc_size(const qua_spsc *queue)
{
    const size_t head = atomic_load_explicit(&queue->head, memory_order_acquire);

    return atomic_load_explicit(&queue->tail, memory_order_acquire) - head;
}
