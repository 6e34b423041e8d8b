/* The signaling server of a virtual call: server/ itself, with texts that travel in virtual time. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim.h"

typedef struct sim_server sim_server;
typedef struct sim_socket sim_socket;

/** What a client's socket tells; called in virtual time. */
typedef struct sim_socket_ops {
    void (*open)(void *context, qua_time now);
    void (*text)(void *context, qua_time now, const char *text, size_t size);
    void (*closed)(void *context, qua_time now);
} sim_socket_ops;

/** @param delay one way. Owned by the network. */
sim_server *sim_server_create(sim_net *net, qua_time delay);
/** It dies, and every connection with it; it comes back without memory but with its secret. */
void sim_server_stop(sim_server *server);
void sim_server_start(sim_server *server);

/** Ask for a connection: open or closed follows. @param ops lent */
sim_socket *sim_socket_connect(sim_server *server, const char *path, const sim_socket_ops *ops, void *context);
void sim_socket_send(sim_socket *socket, const char *text, size_t size);
/** The client closes it, after what was sent: nothing more is told to it. */
void sim_socket_close(sim_socket *socket);
/** The client is gone, and the server is not told: only silence. */
void sim_socket_abandon(sim_socket *socket);

#endif
