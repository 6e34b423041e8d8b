#include <stdlib.h>

#include "engine/worker.h"

struct worker {
    os_thread *thread;
    os_mutex *mutex;
    os_cond *wake;
    worker_fn fn;
    void *context;
    void *jobs[WORKER_QUEUE];
    size_t first, count;
    bool stopping;
};

/* The next job, or NULL when the worker shall end. */
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

static void run(void *context)
{
    worker *w = context;

    for (void *job; (job = next_job(w)) != NULL;)
        w->fn(w->context, job);
}

int worker_start(worker **out, const char *name, worker_fn fn, void *context)
{
    worker *w = qua_zalloc(sizeof *w);

    if (!w)
        return QUA_ENOMEM;
    w->fn = fn;
    w->context = context;
    if (os_mutex_create(&w->mutex) != 0 || os_cond_create(&w->wake) != 0 ||
        os_thread_start(&w->thread, name, run, w) != 0) {
        os_cond_destroy(&w->wake);
        os_mutex_destroy(&w->mutex);
        free(w);
        return QUA_ENOMEM;
    }
    *out = w;
    return 0;
}

void worker_stop(worker **worker_pointer, worker_fn drop)
{
    worker *w = *worker_pointer;

    *worker_pointer = NULL;
    if (!w)
        return;
    os_mutex_lock(w->mutex);
    w->stopping = true;
    os_cond_signal(w->wake);
    os_mutex_unlock(w->mutex);
    os_thread_join(&w->thread);
    for (; w->count; w->count--) {
        if (drop)
            drop(w->context, w->jobs[w->first]);
        w->first = (w->first + 1) % WORKER_QUEUE;
    }
    os_cond_destroy(&w->wake);
    os_mutex_destroy(&w->mutex);
    free(w);
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
