#include <stdlib.h>

#include "engine/worker.h"

struct worker {
    os_loop *loop;
    int *alive;
    os_thread *thread;
    os_mutex *mutex;
    os_cond *wake;
    worker_fn fn, drop;
    void (*ended)(void *context);
    void *context;
    void *jobs[WORKER_QUEUE];
    size_t first, count;
    bool stopping;
};

/* The oldest job, or NULL when the worker shall end. */
static void *next_job(worker *w)
{
    void *job = NULL;

    os_mutex_lock(w->mutex);
    while (!w->count && !w->stopping)
        os_cond_wait(w->wake, w->mutex);
    if (!w->stopping) {
        job = w->jobs[w->first];
        w->first = (w->first + 1) % WORKER_QUEUE;
        w->count--;
    }
    os_mutex_unlock(w->mutex);
    return job;
}

static void release(worker *w)
{
    os_cond_destroy(&w->wake);
    os_mutex_destroy(&w->mutex);
    free(w);
}

/* On the loop: the thread did its last act and only returns. */
static void reap(void *context)
{
    worker *w = context;
    void (*ended)(void *) = w->ended;
    void *const for_ended = w->context;

    os_thread_join(&w->thread);
    *w->alive -= 1;
    release(w);
    if (ended)
        ended(for_ended);
}

static void run(void *context)
{
    worker *w = context;

    for (void *job; (job = next_job(w)) != NULL;)
        w->fn(w->context, job);
    for (; w->count; w->count--) {
        if (w->drop)
            w->drop(w->context, w->jobs[w->first]);
        w->first = (w->first + 1) % WORKER_QUEUE;
    }
    os_loop_post(w->loop, reap, w);
}

int worker_start(worker **out, os_loop *loop, int *alive, const char *name, worker_fn fn, void *context)
{
    worker *w = qua_zalloc(sizeof *w);

    if (!w)
        return QUA_ENOMEM;
    w->loop = loop;
    w->alive = alive;
    w->fn = fn;
    w->context = context;
    if (os_mutex_create(&w->mutex) != 0 || os_cond_create(&w->wake) != 0 ||
        os_thread_start(&w->thread, name, run, w) != 0) {
        release(w);
        return QUA_ENOMEM;
    }
    *alive += 1;
    *out = w;
    return 0;
}

void worker_end(worker **worker_pointer, worker_fn drop, void (*ended)(void *context))
{
    worker *w = *worker_pointer;

    *worker_pointer = NULL;
    if (!w)
        return;
    os_mutex_lock(w->mutex);
    w->drop = drop;
    w->ended = ended;
    w->stopping = true;
    os_cond_signal(w->wake);
    os_mutex_unlock(w->mutex);
}

int worker_post(worker *w, void *job)
{
    int error = QUA_EFULL;

    os_mutex_lock(w->mutex);
    if (w->count < WORKER_QUEUE) {
        w->jobs[(w->first + w->count++) % WORKER_QUEUE] = job;
        os_cond_signal(w->wake);
        error = 0;
    }
    os_mutex_unlock(w->mutex);
    return error;
}
