/* The event loop on Apple systems: kqueue for descriptors and deadlines, EVFILT_USER for posts. */
#include <stdlib.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

#include "os/datagrams.h"
#include "os/loop.h"

#define MAX_WATCHES 64
#define WAKE_IDENT  1

typedef struct watch {
    int fd; /* -1: free */
    void (*fn)(void *context);
    void *context;
} watch;

struct os_loop {
    int kqueue;
    os_mailbox mailbox;
    watch watches[MAX_WATCHES];
    os_batches *batches;
};

int os_loop_create(os_loop **out)
{
    os_loop *loop = qua_zalloc(sizeof *loop);
    struct kevent wake;

    if (!loop)
        return QUA_ENOMEM;
    for (size_t i = 0; i < MAX_WATCHES; i++)
        loop->watches[i].fd = -1;
    loop->kqueue = kqueue();
    EV_SET(&wake, WAKE_IDENT, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, NULL);
    if (os_mailbox_init(&loop->mailbox) != 0 || kevent(loop->kqueue, &wake, 1, NULL, 0, NULL) != 0) {
        os_loop_destroy(&loop);
        return QUA_EIO;
    }
    *out = loop;
    return 0;
}

void os_loop_destroy(os_loop **loop)
{
    os_loop *l = *loop;

    *loop = NULL;
    if (!l)
        return;
    if (l->mailbox.mutex)
        os_mailbox_deinit(&l->mailbox);
    close(l->kqueue);
    free(l->batches);
    free(l);
}

os_batches **os_loop_batches(os_loop *loop)
{
    return &loop->batches;
}

void os_loop_wake(os_loop *loop)
{
    struct kevent wake;

    EV_SET(&wake, WAKE_IDENT, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
    kevent(loop->kqueue, &wake, 1, NULL, 0, NULL);
}

int os_loop_post(os_loop *loop, void (*fn)(void *context), void *context)
{
    const int error = os_mailbox_put(&loop->mailbox, fn, context);

    if (!error)
        os_loop_wake(loop);
    return error;
}

int os_loop_watch(os_loop *loop, int fd, void (*fn)(void *context), void *context)
{
    for (size_t i = 0; i < MAX_WATCHES; i++) {
        struct kevent change;

        if (loop->watches[i].fd >= 0)
            continue;
        EV_SET(&change, (uintptr_t)fd, EVFILT_READ, EV_ADD, 0, 0, (void *)i);
        if (kevent(loop->kqueue, &change, 1, NULL, 0, NULL) != 0)
            return QUA_EIO;
        loop->watches[i] = (watch){fd, fn, context};
        return 0;
    }
    return QUA_EFULL;
}

void os_loop_unwatch(os_loop *loop, int fd)
{
    for (size_t i = 0; i < MAX_WATCHES; i++) {
        struct kevent change;

        if (loop->watches[i].fd != fd)
            continue;
        EV_SET(&change, (uintptr_t)fd, EVFILT_READ, EV_DELETE, 0, 0, NULL);
        kevent(loop->kqueue, &change, 1, NULL, 0, NULL);
        loop->watches[i].fd = -1;
    }
}

void os_loop_run_once(os_loop *loop, qua_time deadline)
{
    struct kevent events[16];
    struct timespec t;
    qua_time left;
    int n;

    os_batches_flush(loop->batches);
    left = deadline == QUA_TIME_NEVER ? 0 : QUA_MAX(deadline - os_now(), 0);
    t = (struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    n = kevent(loop->kqueue, NULL, 0, events, (int)QUA_ARRAY_SIZE(events), deadline == QUA_TIME_NEVER ? NULL : &t);
    for (int i = 0; i < n; i++) {
        const size_t slot = (size_t)events[i].udata;

        if (events[i].filter == EVFILT_USER)
            os_mailbox_run(&loop->mailbox);
        else if (loop->watches[slot].fd >= 0)
            loop->watches[slot].fn(loop->watches[slot].context);
    }
}
