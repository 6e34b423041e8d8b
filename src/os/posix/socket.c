/* UDP sockets, interfaces and names. */
#if defined(__linux__)
#define _GNU_SOURCE /* struct in6_pktinfo's companions, IP_RECVTOS */
#else
#define _DARWIN_C_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/loop.h"

/* Datagrams taken from one socket before the others get their turn. */
#define READ_BATCH 32
/* One second of a 4 Mb/s call, so that a busy loop thread does not lose packets. */
#define SOCKET_BUFFER (512 * 1024)

struct os_udp {
    int fd;
    unsigned tos; /* the ECN bits last set on the socket */
    os_loop *loop;
    qua_addr local;
    os_udp_fn fn;
    void *context;
    bool reading, closed; /* a callback closed it under its reader: the reader frees it */
};

static socklen_t to_sockaddr(const qua_addr *addr, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (addr->family == QUA_IPV6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(addr->port);
        six->sin6_scope_id = addr->scope;
        memcpy(&six->sin6_addr, addr->ip, 16);
        return sizeof *six;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    four->sin_family = AF_INET;
    four->sin_port = htons(addr->port);
    memcpy(&four->sin_addr, addr->ip, 4);
    return sizeof *four;
}

static bool from_sockaddr(const struct sockaddr *in, qua_addr *out)
{
    memset(out, 0, sizeof *out);
    if (in->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)in;
        out->family = QUA_IPV6;
        out->port = ntohs(six->sin6_port);
        memcpy(out->ip, &six->sin6_addr, 16);
        if (qua_addr_is_link_local(out))
            out->scope = six->sin6_scope_id;
        return true;
    }
    if (in->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)in;
        out->family = QUA_IPV4;
        out->port = ntohs(four->sin_port);
        memcpy(out->ip, &four->sin_addr, 4);
        return true;
    }
    return false;
}

/* The ECN bits of a received datagram, from its control messages. */
static unsigned received_ecn(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if ((c->cmsg_level == IPPROTO_IP && (c->cmsg_type == IP_TOS || c->cmsg_type == IP_RECVTOS)))
            return *CMSG_DATA(c) & 3u;
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
            int value;
            memcpy(&value, CMSG_DATA(c), sizeof value);
            return (unsigned)value & 3u;
        }
    }
    return 0;
}

static void on_readable(void *context)
{
    os_udp *udp = context;
    uint8_t data[QUA_DATAGRAM_MAX + 1];

    udp->reading = true;
    for (int i = 0; i < READ_BATCH && !udp->closed; i++) {
        struct sockaddr_storage from;
        union {
            struct cmsghdr align;
            char bytes[64];
        } control;
        struct iovec part = {data, sizeof data};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
                                 .msg_control = &control, .msg_controllen = sizeof control};
        const ssize_t n = recvmsg(udp->fd, &message, 0);
        qua_addr addr;

        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            continue; /* an ICMP error of an earlier send: there may be datagrams behind it */
        if (n < 0)
            break;
        if (n > 0 && n <= QUA_DATAGRAM_MAX && from_sockaddr((const struct sockaddr *)&from, &addr))
            udp->fn(udp->context, udp, os_now(), &addr, data, (size_t)n, received_ecn(&message));
    }
    udp->reading = false;
    if (udp->closed)
        free(udp);
}

static int open_bound(const qua_addr *local, struct sockaddr_storage *bound)
{
    struct sockaddr_storage addr;
    socklen_t size = to_sockaddr(local, &addr);
    const int family = local->family == QUA_IPV6 ? AF_INET6 : AF_INET, buffer = SOCKET_BUFFER, on = 1;
    const int fd = socket(family, SOCK_DGRAM, 0);

    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
    } else {
        setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    }
    if (bind(fd, (struct sockaddr *)&addr, size) != 0) {
        const int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    size = sizeof *bound;
    getsockname(fd, (struct sockaddr *)bound, &size);
    return fd;
}

int os_udp_open(os_udp **out, os_loop *loop, const qua_addr *local, os_udp_fn fn, void *context)
{
    struct sockaddr_storage bound;
    const int fd = open_bound(local, &bound);
    os_udp *udp;

    if (fd < 0)
        return errno == EADDRINUSE ? QUA_EBUSY : QUA_EIO;
    udp = qua_zalloc(sizeof *udp);
    if (!udp || os_loop_watch(loop, fd, on_readable, udp) != 0) {
        free(udp);
        close(fd);
        return QUA_ENOMEM;
    }
    udp->fd = fd;
    udp->loop = loop;
    udp->fn = fn;
    udp->context = context;
    from_sockaddr((const struct sockaddr *)&bound, &udp->local);
    *out = udp;
    return 0;
}

void os_udp_close(os_udp **udp)
{
    os_udp *u = *udp;

    *udp = NULL;
    if (!u)
        return;
    os_loop_unwatch(u->loop, u->fd);
    close(u->fd);
    u->closed = true;
    if (!u->reading)
        free(u);
}

const qua_addr *os_udp_local(const os_udp *udp) { return &udp->local; }

static void set_ecn(os_udp *udp, unsigned ecn)
{
    const int value = (int)ecn;

    if (udp->tos == ecn)
        return;
    udp->tos = ecn;
    if (udp->local.family == QUA_IPV6)
        setsockopt(udp->fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
    else
        setsockopt(udp->fd, IPPROTO_IP, IP_TOS, &value, sizeof value);
}

int os_udp_send(os_udp *udp, const qua_addr *to, const uint8_t *data, size_t size, unsigned ecn)
{
    struct sockaddr_storage addr;
    const socklen_t length = to_sockaddr(to, &addr);

    set_ecn(udp, ecn & 3u);
    for (int i = 0; i < 2; i++) {
        if (sendto(udp->fd, data, size, 0, (struct sockaddr *)&addr, length) >= 0)
            return 0;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
            return QUA_EAGAIN;
        /* an ICMP error of an earlier datagram is reported once; the second try sends this one */
    }
    return QUA_EIO;
}

size_t os_interfaces(qua_addr *out, size_t capacity, bool with_loopback)
{
    struct ifaddrs *list, *i;
    size_t n = 0;

    if (getifaddrs(&list) != 0)
        return 0;
    for (i = list; i && n < capacity; i = i->ifa_next) {
        qua_addr addr;

        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || (!with_loopback && (i->ifa_flags & IFF_LOOPBACK)))
            continue;
        if (!from_sockaddr(i->ifa_addr, &addr))
            continue;
        addr.port = 0;
        out[n++] = addr;
    }
    freeifaddrs(list);
    return n;
}

int os_resolve(const char *host, uint16_t port, qua_addr *out, size_t capacity, size_t *count)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *list, *i;
    size_t n = 0;

    if (getaddrinfo(host, NULL, &hints, &list) != 0)
        return QUA_ENOENT;
    for (i = list; i && n < capacity; i = i->ai_next) {
        if (from_sockaddr(i->ai_addr, &out[n]))
            out[n++].port = port;
    }
    freeaddrinfo(list);
    if (!n)
        return QUA_ENOENT;
    *count = n;
    return 0;
}
