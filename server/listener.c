/* Our own listening socket: it knows busy ports, port search, and machines without IPv6. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/serve.h"

enum { BACKLOG = 4096, SEARCHED_PORTS = 100 };

static int set_flags(int fd)
{
    const int on = 1;

    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return -1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

static int try_port(int *out, const struct addrinfo *address)
{
    const int fd = socket(address->ai_family, SOCK_STREAM, 0);
    int error;

    if (fd < 0)
        return QUA_EIO;
    if (set_flags(fd) == 0 && bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        *out = fd;
        return 0;
    }
    error = errno == EADDRINUSE || errno == EACCES ? QUA_EBUSY : QUA_EIO;
    close(fd);
    return error;
}

static int describe(listener *l)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[48], port[8];

    if (getsockname(l->fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return QUA_EIO;
    snprintf(l->host, sizeof l->host, strchr(host, ':') ? "[%s]" : "%s", host);
    sscanf(port, "%hu", &l->port);
    return 0;
}

/* The first address of `bind` that takes the port: "localhost" has two on most machines. */
static int open_at(listener *out, const char *bind, unsigned port)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    char service[8];
    int error = QUA_EINVAL;

    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(bind, service, &hints, &list) != 0)
        return QUA_EINVAL;
    for (const struct addrinfo *a = list; a && error != 0; a = a->ai_next)
        error = try_port(&out->fd, a);
    freeaddrinfo(list);
    return error ? error : describe(out);
}

int listener_open(listener *out, const char *bind, uint16_t port, bool search)
{
    const unsigned last = search && port ? QUA_MIN(port + SEARCHED_PORTS - 1u, 65535u) : port;
    listener l;
    int error = QUA_EBUSY;

    for (unsigned p = port; p <= last && error == QUA_EBUSY; p++)
        error = open_at(&l, bind, p);
    if (error == 0)
        *out = l;
    return error;
}
