#define _GNU_SOURCE
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "os/platform.h"

void os_platform_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int os_platform_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    int error;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    error = pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
    return error;
}

int os_platform_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, qua_time deadline)
{
    const struct timespec t = {.tv_sec = deadline / 1000000, .tv_nsec = deadline % 1000000 * 1000};

    return pthread_cond_timedwait(cond, mutex, &t);
}

void os_platform_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

int os_platform_route_socket(void)
{
    const struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
                                       .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&groups, sizeof groups) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}
