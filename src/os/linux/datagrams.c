/* One system call a batch. */
#define _GNU_SOURCE /* sendmmsg, recvmmsg */
#include <errno.h>

#include "os/datagrams.h"

void os_datagrams_send(int fd, os_datagram *const *list, size_t count)
{
    struct mmsghdr messages[OS_SEND_BATCH];
    struct iovec parts[OS_SEND_BATCH];
    bool again = false;

    assert(count <= OS_SEND_BATCH);
    for (size_t i = 0; i < count; i++) {
        parts[i] = (struct iovec){list[i]->data, list[i]->size};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &list[i]->addr, .msg_namelen = list[i]->addr_size, .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    for (size_t sent = 0; sent < count;) {
        const int n = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
            return;
        /* an ICMP error of an earlier datagram is reported once; the second try sends this one */
        sent += n > 0 ? (size_t)n : again;
        again = n <= 0 && !again;
    }
}

size_t os_datagrams_receive(int fd, os_datagram *list, size_t capacity)
{
    struct mmsghdr messages[OS_RECEIVE_BATCH];
    struct iovec parts[OS_RECEIVE_BATCH];
    union {
        struct cmsghdr align;
        char bytes[64];
    } controls[OS_RECEIVE_BATCH];
    int n;

    assert(capacity <= OS_RECEIVE_BATCH);
    for (size_t i = 0; i < capacity; i++) {
        parts[i] = (struct iovec){list[i].data, sizeof list[i].data};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &list[i].addr,
                                              .msg_namelen = sizeof list[i].addr,
                                              .msg_iov = &parts[i],
                                              .msg_iovlen = 1,
                                              .msg_control = &controls[i],
                                              .msg_controllen = sizeof controls[i]};
    }
    n = recvmmsg(fd, messages, (unsigned)capacity, 0, NULL);
    if (n < 0 && errno != EAGAIN &&
        errno != EWOULDBLOCK) /* an ICMP error of an earlier send: there may be more behind it */
        n = recvmmsg(fd, messages, (unsigned)capacity, 0, NULL);
    for (int i = 0; i < n; i++) {
        list[i].addr_size = messages[i].msg_hdr.msg_namelen;
        list[i].size = messages[i].msg_len;
        list[i].ecn = os_received_ecn(&messages[i].msg_hdr);
    }
    return n > 0 ? (size_t)n : 0;
}
