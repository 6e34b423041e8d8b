/* Clocks, CPU time, random bytes of the system. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

static qua_time read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (qua_time)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

qua_time os_now(void) { return read_clock(CLOCK_MONOTONIC); }
int64_t os_wall_us(void) { return read_clock(CLOCK_REALTIME); }
qua_time os_cpu_process(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
qua_time os_cpu_thread(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

int os_cpu_count(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (int)n : 1;
}

void os_sleep_until(qua_time deadline)
{
    for (;;) {
        const qua_time left = deadline - os_now();
        struct timespec t = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};

        if (left <= 0)
            return;
        nanosleep(&t, NULL);
    }
}

/* Without random bytes no call is safe, so there is nothing to do but stop. */
static void random_fill(void *context, void *out, size_t size)
{
    uint8_t *p = out;
    const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    (void)context;
    if (fd < 0)
        abort();
    while (size) {
        const ssize_t n = read(fd, p, size);
        if (n <= 0 && errno != EINTR)
            abort();
        if (n > 0)
            p += n, size -= (size_t)n;
    }
    close(fd);
}

qua_random os_random(void) { return (qua_random){random_fill, NULL}; }
