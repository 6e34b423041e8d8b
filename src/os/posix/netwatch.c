/* Changes of interfaces and addresses, as the routing socket of the system tells them. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"
#include "os/platform.h"

struct os_netwatch {
    os_loop *loop;
    int fd;
    void (*fn)(void *context);
    void *context;
};

/* What exactly changed is not read: whoever cares lists the interfaces again. */
static void on_change(void *context)
{
    os_netwatch *watch = context;
    char discarded[4096];

    while (recv(watch->fd, discarded, sizeof discarded, MSG_DONTWAIT) > 0) {
    }
    watch->fn(watch->context);
}

int os_netwatch_start(os_netwatch **out, os_loop *loop, void (*fn)(void *context), void *context)
{
    os_netwatch *watch = qua_zalloc(sizeof *watch);
    int error;

    if (!watch)
        return QUA_ENOMEM;
    watch->loop = loop;
    watch->fn = fn;
    watch->context = context;
    watch->fd = os_platform_route_socket();
    error = watch->fd < 0 ? QUA_EIO : os_loop_watch(loop, watch->fd, on_change, watch);
    if (error) {
        if (watch->fd >= 0)
            close(watch->fd);
        free(watch);
        return error;
    }
    *out = watch;
    return 0;
}

void os_netwatch_stop(os_netwatch **watch)
{
    os_netwatch *w = *watch;

    *watch = NULL;
    if (!w)
        return;
    os_loop_unwatch(w->loop, w->fd);
    close(w->fd);
    free(w);
}
