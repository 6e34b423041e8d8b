/* Threads, locks and conditions over pthread. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "os/os.h"
#include "os/platform.h"

struct os_thread {
    pthread_t id;
    void (*fn)(void *);
    void *context;
    char name[16];
};

struct os_mutex {
    pthread_mutex_t m;
};

struct os_cond {
    pthread_cond_t c;
};

static void *run(void *context)
{
    os_thread *thread = context;

    os_platform_name_thread(thread->name);
    thread->fn(thread->context);
    return NULL;
}

int os_thread_start(os_thread **out, const char *name, void (*fn)(void *context), void *context)
{
    os_thread *thread = qua_zalloc(sizeof *thread);

    if (!thread)
        return QUA_ENOMEM;
    thread->fn = fn;
    thread->context = context;
    for (size_t i = 0; i + 1 < sizeof thread->name && name[i]; i++)
        thread->name[i] = name[i];
    if (pthread_create(&thread->id, NULL, run, thread) != 0) {
        free(thread);
        return QUA_ENOMEM;
    }
    *out = thread;
    return 0;
}

void os_thread_join(os_thread **thread)
{
    if (!*thread)
        return;
    pthread_join((*thread)->id, NULL);
    free(*thread);
    *thread = NULL;
}

int os_thread_realtime(void)
{
    const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR) + 1};

    return pthread_setschedparam(pthread_self(), SCHED_RR, &param) == 0 ? 0 : QUA_ENOTSUP;
}

int os_mutex_create(os_mutex **out)
{
    os_mutex *mutex = qua_zalloc(sizeof *mutex);

    if (!mutex)
        return QUA_ENOMEM;
    pthread_mutex_init(&mutex->m, NULL);
    *out = mutex;
    return 0;
}

void os_mutex_destroy(os_mutex **mutex)
{
    if (!*mutex)
        return;
    pthread_mutex_destroy(&(*mutex)->m);
    free(*mutex);
    *mutex = NULL;
}

void os_mutex_lock(os_mutex *mutex) { pthread_mutex_lock(&mutex->m); }
void os_mutex_unlock(os_mutex *mutex) { pthread_mutex_unlock(&mutex->m); }

int os_cond_create(os_cond **out)
{
    os_cond *cond = qua_zalloc(sizeof *cond);

    if (!cond)
        return QUA_ENOMEM;
    if (os_platform_cond_init(&cond->c) != 0) {
        free(cond);
        return QUA_ENOMEM;
    }
    *out = cond;
    return 0;
}

void os_cond_destroy(os_cond **cond)
{
    if (!*cond)
        return;
    pthread_cond_destroy(&(*cond)->c);
    free(*cond);
    *cond = NULL;
}

void os_cond_signal(os_cond *cond) { pthread_cond_signal(&cond->c); }
void os_cond_broadcast(os_cond *cond) { pthread_cond_broadcast(&cond->c); }
void os_cond_wait(os_cond *cond, os_mutex *mutex) { pthread_cond_wait(&cond->c, &mutex->m); }

bool os_cond_wait_until(os_cond *cond, os_mutex *mutex, qua_time deadline)
{
    return os_platform_cond_wait_until(&cond->c, &mutex->m, deadline) != ETIMEDOUT;
}
