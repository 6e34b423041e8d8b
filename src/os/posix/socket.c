/* UDP sockets, interfaces and names. */
#if defined(__linux__)
#define _GNU_SOURCE /* struct in6_pktinfo's companions, IP_RECVTOS */
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

#include "os/datagrams.h"

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

unsigned os_received_ecn(struct msghdr *message)
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

/* One batch; the others get their turn before what may be left. */
static void on_readable(void *context)
{
    os_udp *udp = context;
    os_datagram *const in = (*os_loop_batches(udp->loop))->in;
    const size_t count = os_datagrams_receive(udp->fd, in, OS_RECEIVE_BATCH);
    const qua_time now = os_now();

    udp->reading = true;
    for (size_t i = 0; i < count && !udp->closed; i++) {
        qua_addr from;

        if (in[i].size > 0 && in[i].size <= QUA_DATAGRAM_MAX &&
            from_sockaddr((const struct sockaddr *)&in[i].addr, &from))
            udp->fn(udp->context, udp, now, &from, in[i].data, in[i].size, in[i].ecn);
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

static bool have_batches(os_loop *loop)
{
    os_batches **batches = os_loop_batches(loop);

    if (!*batches)
        *batches = qua_zalloc(sizeof **batches);
    return *batches != NULL;
}

int os_udp_open(os_udp **out, os_loop *loop, const qua_addr *local, os_udp_fn fn, void *context)
{
    struct sockaddr_storage bound;
    const int fd = open_bound(local, &bound);
    os_udp *udp;

    if (fd < 0)
        return errno == EADDRINUSE ? QUA_EBUSY : QUA_EIO;
    udp = qua_zalloc(sizeof *udp);
    if (!udp || !have_batches(loop) || os_loop_watch(loop, fd, on_readable, udp) != 0) {
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
    os_batches_flush(*os_loop_batches(u->loop)); /* a goodbye leaves with the call that was made before */
    os_loop_unwatch(u->loop, u->fd);
    close(u->fd);
    u->closed = true;
    if (!u->reading)
        free(u);
}

const qua_addr *os_udp_local(const os_udp *udp)
{
    return &udp->local;
}

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

/* What waits of one socket from `first` on, as far as it bears the same mark. */
static void flush_socket(os_batches *batches, size_t first)
{
    os_udp *const udp = batches->out_of[first];
    const unsigned ecn = batches->out[first].ecn;
    os_datagram *list[OS_SEND_BATCH];
    size_t count = 0;

    for (size_t i = first; i < batches->out_count; i++) {
        if (batches->out_of[i] != udp)
            continue;
        if (batches->out[i].ecn != ecn)
            break;
        list[count++] = &batches->out[i];
        batches->out_of[i] = NULL;
    }
    set_ecn(udp, ecn);
    os_datagrams_send(udp->fd, list, count);
}

void os_batches_flush(os_batches *batches)
{
    for (size_t i = 0; batches && i < batches->out_count; i++) {
        if (batches->out_of[i])
            flush_socket(batches, i);
    }
    if (batches)
        batches->out_count = 0;
}

void os_udp_send(os_udp *udp, const qua_addr *to, const uint8_t *data, size_t size, unsigned ecn)
{
    os_batches *const batches = *os_loop_batches(udp->loop);
    os_datagram *d;

    assert(size <= QUA_DATAGRAM_MAX);
    if (batches->out_count == OS_SEND_BATCH)
        os_batches_flush(batches);
    batches->out_of[batches->out_count] = udp;
    d = &batches->out[batches->out_count++];
    d->addr_size = to_sockaddr(to, &d->addr);
    d->ecn = ecn & 3u;
    d->size = size;
    memcpy(d->data, data, size);
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
