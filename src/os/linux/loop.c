/* The event loop on Linux: epoll for descriptors, timerfd for deadlines finer than a millisecond, eventfd for posts. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "os/loop.h"

#define MAX_WATCHES 64

typedef struct watch {
    int fd; /* -1: free */
    void (*fn)(void *context);
    void *context;
} watch;

struct os_loop {
    int epoll, timer, wake;
    os_mailbox mailbox;
    watch watches[MAX_WATCHES];
    qua_time armed; /* deadline the timer is set to */
};

static int epoll_add(os_loop *loop, int fd, uint64_t id)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = id};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : QUA_EIO;
}

enum { ID_TIMER = MAX_WATCHES, ID_WAKE };

int os_loop_create(os_loop **out)
{
    os_loop *loop = qua_zalloc(sizeof *loop);

    if (!loop)
        return QUA_ENOMEM;
    for (size_t i = 0; i < MAX_WATCHES; i++)
        loop->watches[i].fd = -1;
    loop->armed = QUA_TIME_NEVER;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (os_mailbox_init(&loop->mailbox) != 0 || epoll_add(loop, loop->timer, ID_TIMER) != 0 ||
        epoll_add(loop, loop->wake, ID_WAKE) != 0) {
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
    close(l->wake);
    close(l->timer);
    close(l->epoll);
    free(l);
}

void os_loop_wake(os_loop *loop)
{
    const uint64_t one = 1;

    /* a full counter means that a wake-up is pending anyway */
    if (write(loop->wake, &one, sizeof one) < 0)
        return;
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
        if (loop->watches[i].fd >= 0)
            continue;
        if (epoll_add(loop, fd, i) != 0)
            return QUA_EIO;
        loop->watches[i] = (watch){fd, fn, context};
        return 0;
    }
    return QUA_EFULL;
}

void os_loop_unwatch(os_loop *loop, int fd)
{
    for (size_t i = 0; i < MAX_WATCHES; i++) {
        if (loop->watches[i].fd == fd) {
            epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
            loop->watches[i].fd = -1;
        }
    }
}

static void drain(int fd)
{
    uint64_t count;

    while (read(fd, &count, sizeof count) > 0)
        ;
}

/* Deadlines move with every packet; the timer is set anew only when the wish is another one. */
static void arm(os_loop *loop, qua_time deadline)
{
    struct itimerspec t = {{0, 0}, {0, 0}};

    if (deadline == loop->armed)
        return;
    loop->armed = deadline;
    if (deadline != QUA_TIME_NEVER) {
        t.it_value.tv_sec = QUA_MAX(deadline, 1) / 1000000;
        t.it_value.tv_nsec = QUA_MAX(deadline, 1) % 1000000 * 1000;
    }
    timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static void dispatch(os_loop *loop, uint64_t id)
{
    if (id == ID_WAKE) {
        drain(loop->wake);
        os_mailbox_run(&loop->mailbox);
    } else if (id == ID_TIMER) {
        drain(loop->timer);
        loop->armed = QUA_TIME_NEVER;
    } else if (loop->watches[id].fd >= 0) {
        loop->watches[id].fn(loop->watches[id].context);
    }
}

void os_loop_run_once(os_loop *loop, qua_time deadline)
{
    struct epoll_event events[16];
    const int timeout = deadline <= os_now() ? 0 : -1;
    int n;

    if (timeout < 0)
        arm(loop, deadline);
    n = epoll_wait(loop->epoll, events, (int)QUA_ARRAY_SIZE(events), timeout);
    for (int i = 0; i < n; i++)
        dispatch(loop, events[i].data.u64);
}
