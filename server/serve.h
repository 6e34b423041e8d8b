/* The server's sockets: a listening socket, and libwebsockets over libev for what it accepts. */
#ifndef QUARTETD_SERVE_H
#define QUARTETD_SERVE_H

#include "server/server.h"

/** A TCP socket that listens, as text for the line "listening ws://...". */
typedef struct listener {
    int fd;
    char host[64]; /* as in a URL: IPv6 in brackets */
    uint16_t port;
} listener;

/**
 * @param bind    "localhost" or a literal IP
 * @param port    0: any
 * @param search  take the next free one of 100 ports
 * @return 0; QUA_EINVAL: no address of this machine; QUA_EBUSY: the port is in use; QUA_EIO
 */
int listener_open(listener *out, const char *bind, uint16_t port, bool search);

typedef struct serve_config {
    listener listener; /* taken */
    listener admin;    /* taken; fd -1: none. See admin.h */
    hub_config hub;    /* its wall_offset_us is set here */
} serve_config;

/** Serve until SIGINT or SIGTERM, then say goodbye and return. @return 0, QUA_ENOMEM, QUA_EIO */
int serve(const serve_config *config);

#endif
