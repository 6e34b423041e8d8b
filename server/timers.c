#include "server/timers.h"

#include <stdlib.h>

void timers_init(timers *all, void *context)
{
    *all = (timers){.context = context};
}

void timers_deinit(timers *all)
{
    free(all->heap);
    all->heap = NULL;
}

static void place(timers *all, size_t i, timer *t)
{
    all->heap[i] = t;
    t->index = i;
}

/* Move the timer at i to where it belongs. */
static void settle(timers *all, size_t i)
{
    timer *t = all->heap[i];

    for (; i > 1 && all->heap[i / 2]->at > t->at; i /= 2)
        place(all, i, all->heap[i / 2]);
    for (size_t child; (child = 2 * i) <= all->count; i = child) {
        if (child < all->count && all->heap[child + 1]->at < all->heap[child]->at)
            child++;
        if (all->heap[child]->at >= t->at)
            break;
        place(all, i, all->heap[child]);
    }
    place(all, i, t);
}

int timers_set(timers *all, timer *t, qua_time at)
{
    if (t->index == 0) {
        if (all->count + 1 >= all->capacity) {
            const size_t capacity = all->capacity ? all->capacity * 2 : 64;
            timer **heap = realloc(all->heap, capacity * sizeof(timer *));
            if (!heap)
                return QUA_ENOMEM;
            all->heap = heap;
            all->capacity = capacity;
        }
        place(all, ++all->count, t);
    }
    t->at = at;
    settle(all, t->index);
    return 0;
}

void timers_cancel(timers *all, timer *t)
{
    const size_t i = t->index;
    timer *last;

    if (i == 0)
        return;
    last = all->heap[all->count--];
    t->index = 0;
    if (last != t) {
        place(all, i, last);
        settle(all, i);
    }
}

qua_time timers_next(const timers *all)
{
    return all->count ? all->heap[1]->at : QUA_TIME_NEVER;
}

void timers_run(timers *all, qua_time now)
{
    while (all->count && all->heap[1]->at <= now) {
        timer *t = all->heap[1];
        timers_cancel(all, t);
        t->fn(t, all->context, now);
    }
}
