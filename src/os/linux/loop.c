/* The event loop on Linux: epoll for descriptors and deadlines, eventfd for posts. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "os/datagrams.h"
#include "os/loop.h"

#define MAX_WATCHES 64

typedef struct watch {
    int fd; /* -1: free */
    void (*fn)(void *context);
    void *context;
} watch;

struct os_loop {
    int epoll, wake;
    atomic_bool woken; /* `wake` was written and not read yet */
    bool coarse;       /* this system has no epoll_pwait2 */
    os_mailbox mailbox;
    watch watches[MAX_WATCHES];
    os_batches *batches;
};

static int epoll_add(os_loop *loop, int fd, uint64_t id)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = id};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : QUA_EIO;
}

#define ID_WAKE MAX_WATCHES

int os_loop_create(os_loop **out)
{
    os_loop *loop = qua_zalloc(sizeof *loop);

    if (!loop)
        return QUA_ENOMEM;
    for (size_t i = 0; i < MAX_WATCHES; i++)
        loop->watches[i].fd = -1;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (os_mailbox_init(&loop->mailbox) != 0 || epoll_add(loop, loop->wake, ID_WAKE) != 0) {
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
    close(l->epoll);
    free(l->batches);
    free(l);
}

os_batches **os_loop_batches(os_loop *loop)
{
    return &loop->batches;
}

void os_loop_wake(os_loop *loop)
{
    const uint64_t one = 1;

    if (atomic_exchange(&loop->woken, true))
        return;
    while (write(loop->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
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

/* The flag falls before the posts are taken: one that comes later wakes anew. */
static void on_woken(os_loop *loop)
{
    uint64_t count;

    while (read(loop->wake, &count, sizeof count) < 0 && errno == EINTR)
        ;
    atomic_store(&loop->woken, false);
    os_mailbox_run(&loop->mailbox);
}

static void dispatch(os_loop *loop, uint64_t id)
{
    if (id == ID_WAKE)
        on_woken(loop);
    else if (loop->watches[id].fd >= 0)
        loop->watches[id].fn(loop->watches[id].context);
}

/* Linux before 5.11, and sandboxes that do not know the call: whole milliseconds, rounded up. */
static int wait_coarse(os_loop *loop, struct epoll_event *events, int capacity, qua_time left)
{
    return epoll_wait(loop->epoll, events, capacity, (int)QUA_MIN((left + 999) / 1000, 60000));
}

static int wait(os_loop *loop, struct epoll_event *events, int capacity, qua_time deadline)
{
    const qua_time left = deadline == QUA_TIME_NEVER ? QUA_SECONDS(3600) : QUA_MAX(deadline - os_now(), 0);
    const struct timespec t = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    int n;

    if (loop->coarse)
        return wait_coarse(loop, events, capacity, left);
    n = epoll_pwait2(loop->epoll, events, capacity, &t, NULL);
    loop->coarse = n < 0 && (errno == ENOSYS || errno == EPERM);
    return n;
}

void os_loop_run_once(os_loop *loop, qua_time deadline)
{
    struct epoll_event events[16];
    int n;

    os_batches_flush(loop->batches);
    n = wait(loop, events, (int)QUA_ARRAY_SIZE(events), deadline);
    for (int i = 0; i < n; i++)
        dispatch(loop, events[i].data.u64);
}
