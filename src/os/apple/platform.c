#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "os/os.h"
#include "os/platform.h"

void os_platform_name_thread(const char *name) { pthread_setname_np(name); }
int os_platform_cond_init(pthread_cond_t *cond) { return pthread_cond_init(cond, NULL); }

/* Darwin has no pthread_condattr_setclock; its relative wait does not follow the wall clock. */
int os_platform_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, qua_time deadline)
{
    const qua_time left = QUA_MAX(deadline - os_now(), 0);
    const struct timespec t = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};

    return pthread_cond_timedwait_relative_np(cond, mutex, &t);
}

void os_platform_die_with_parent(void) {}

int os_platform_route_socket(void)
{
    const int fd = socket(PF_ROUTE, SOCK_RAW, AF_UNSPEC);

    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}
