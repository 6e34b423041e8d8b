/* A pipe whose readability means: end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "device/device.h"

int qua_stop_init(qua_stop *stop)
{
    if (pipe(stop->ends) != 0)
        return QUA_EIO;
    for (int i = 0; i < 2; i++)
        fcntl(stop->ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
}

void qua_stop_deinit(qua_stop *stop)
{
    close(stop->ends[0]);
    close(stop->ends[1]);
}

void qua_stop_set(qua_stop *stop)
{
    /* nobody reads it: one byte makes it readable for good */
    while (write(stop->ends[1], "", 1) < 0 && errno == EINTR)
        ;
}

qua_wake qua_stop_wait(const qua_stop *stop, int fd, qua_time deadline)
{
    struct pollfd watched[2] = {{.fd = stop->ends[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};

    for (;;) {
        const qua_time left = deadline == QUA_TIME_NEVER ? QUA_TIME_NEVER : deadline - os_now();
        const int timeout_ms = left == QUA_TIME_NEVER ? -1 : (int)QUA_CLAMP(left / 1000, 0, 60000);

        poll(watched, fd < 0 ? 1 : 2, timeout_ms);
        if (watched[0].revents)
            return QUA_WAKE_STOP;
        if (fd >= 0 && watched[1].revents)
            return QUA_WAKE_READY;
        if (left < 1000) { /* poll counts in milliseconds; a camera wants better */
            os_sleep_until(deadline);
            return QUA_WAKE_TIME;
        }
    }
}
