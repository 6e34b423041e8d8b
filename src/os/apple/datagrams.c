/* One system call a datagram: Darwin has no public call for more. */
#include <errno.h>

#include "os/datagrams.h"

void os_datagrams_send(int fd, os_datagram *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const os_datagram *d = list[i];

        if (sendto(fd, d->data, d->size, 0, (const struct sockaddr *)&d->addr, d->addr_size) >= 0)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
            return;
        /* an ICMP error of an earlier datagram is reported once; the second try sends this one */
        (void)sendto(fd, d->data, d->size, 0, (const struct sockaddr *)&d->addr, d->addr_size);
    }
}

static bool receive_one(int fd, os_datagram *d)
{
    union {
        struct cmsghdr align;
        char bytes[64];
    } control;
    struct iovec part = {d->data, sizeof d->data};
    struct msghdr message = {.msg_name = &d->addr,
                             .msg_namelen = sizeof d->addr,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n;

    n = recvmsg(fd, &message, 0);
    if (n < 0 && errno != EAGAIN &&
        errno != EWOULDBLOCK) /* an ICMP error of an earlier send: there may be more behind it */
        n = recvmsg(fd, &message, 0);
    if (n < 0)
        return false;
    d->addr_size = message.msg_namelen;
    d->size = (size_t)n;
    d->ecn = os_received_ecn(&message);
    return true;
}

size_t os_datagrams_receive(int fd, os_datagram *list, size_t capacity)
{
    size_t n = 0;

    while (n < capacity && receive_one(fd, &list[n]))
        n++;
    return n;
}
