#include "sim_server.h"

#include <stdlib.h>

#include "server/server.h"
#include "sim_internal.h"

struct sim_socket {
    sim_server *server;
    const sim_socket_ops *ops;
    void *context;
    char room[QUA_SIGNAL_ROOM_MAX + 1];
    session *session; /* NULL: not (any more) known to the server */
    bool told;        /* the client still wants to know */
    bool silent;      /* abandoned: what the server says is lost */
};

struct sim_server {
    sim_net *net;
    sim_host *host;
    qua_time delay;
    hub *hub; /* NULL: down */
    qua_prng *prng;
    uint8_t key[TICKET_KEY_SIZE];
    sim_socket **sockets; /* every one there ever was: freed with the network */
    size_t count;
};

/* A text on its way, in either direction. */
typedef struct letter {
    sim_socket *socket;
    size_t size;
    char text[];
} letter;

static void send_letter(sim_socket *socket, void (*arrive)(void *context, qua_time now), const char *text, size_t size)
{
    letter *l = malloc(sizeof *l + size + 1);

    assert(l);
    l->socket = socket;
    l->size = size;
    memcpy(l->text, text, size);
    l->text[size] = 0;
    sim_schedule_owned(socket->server->net, sim_net_now(socket->server->net) + socket->server->delay, arrive, l);
}

/* ---- to the client ----------------------------------------------------------------------------------------- */

static void open_arrives(void *context, qua_time now)
{
    const letter *l = context;

    if (l->socket->told)
        l->socket->ops->open(l->socket->context, now);
}

static void text_arrives(void *context, qua_time now)
{
    const letter *l = context;

    if (l->socket->told)
        l->socket->ops->text(l->socket->context, now, l->text, l->size);
}

static void close_arrives(void *context, qua_time now)
{
    const letter *l = context;

    if (!l->socket->told)
        return;
    l->socket->told = false;
    l->socket->ops->closed(l->socket->context, now);
}

/* Whatever the server has to say, and the connections that it ends. */
static void serve(sim_server *server, qua_time now)
{
    static char text[SESSION_WIRE_MAX];
    session *s;

    while (server->hub && (s = hub_next_ready(server->hub)) != NULL) {
        sim_socket *socket = session_user(s);
        size_t size;

        while ((size = session_poll_transmit(s, text)) > 0)
            if (!socket->silent)
                send_letter(socket, text_arrives, text, size);
        if (session_is_over(s)) {
            socket->session = NULL;
            session_closed(s, now);
            send_letter(socket, close_arrives, "", 0);
        }
    }
    sim_host_wake(server->host);
}

/* ---- to the server ----------------------------------------------------------------------------------------- */

static void connection_arrives(void *context, qua_time now)
{
    const letter *l = context;
    sim_socket *socket = l->socket;
    sim_server *server = socket->server;

    socket->session = server->hub ? session_open(server->hub, now, socket->room, socket) : NULL;
    send_letter(socket, socket->session ? open_arrives : close_arrives, "", 0);
    serve(server, now);
}

static void letter_arrives(void *context, qua_time now)
{
    const letter *l = context;

    if (l->socket->session)
        session_input(l->socket->session, now, l->text, l->size);
    serve(l->socket->server, now);
}

static void end_arrives(void *context, qua_time now)
{
    const letter *l = context;
    sim_socket *socket = l->socket;

    if (socket->session)
        session_closed(socket->session, now);
    socket->session = NULL;
    serve(socket->server, now);
}

sim_socket *sim_socket_connect(sim_server *server, const char *path, const sim_socket_ops *ops, void *context)
{
    sim_socket *socket = qua_zalloc(sizeof *socket);
    sim_socket **sockets = realloc(server->sockets, (server->count + 1) * sizeof *sockets);

    assert(socket && sockets && strlen(path) < sizeof socket->room);
    server->sockets = sockets;
    server->sockets[server->count++] = socket;
    *socket = (sim_socket){.server = server, .ops = ops, .context = context, .told = true};
    strcpy(socket->room, path);
    send_letter(socket, connection_arrives, "", 0);
    return socket;
}

void sim_socket_send(sim_socket *socket, const char *text, size_t size)
{
    send_letter(socket, letter_arrives, text, size);
}

void sim_socket_close(sim_socket *socket)
{
    socket->told = false;
    send_letter(socket, end_arrives, "", 0);
}

void sim_socket_abandon(sim_socket *socket)
{
    socket->told = false;
    socket->silent = true;
}

/* ---- the server's life ------------------------------------------------------------------------------------- */

static void on_receive(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    (void)context, (void)now, (void)local, (void)from, (void)data, (void)size, (void)ecn;
}

static void on_timeout(void *context, qua_time now)
{
    sim_server *server = context;

    if (server->hub)
        hub_on_timeout(server->hub, now);
    serve(server, now);
}

static qua_time deadline(void *context, qua_time now)
{
    const sim_server *server = context;

    (void)now;
    return server->hub ? hub_deadline(server->hub) : QUA_TIME_NEVER;
}

static void end_sessions(sim_server *server, bool tell)
{
    const qua_time now = sim_net_now(server->net);

    for (size_t i = 0; i < server->count; i++) {
        sim_socket *socket = server->sockets[i];

        if (!socket->session)
            continue;
        session_closed(socket->session, now);
        socket->session = NULL;
        if (tell && !socket->silent)
            send_letter(socket, close_arrives, "", 0);
    }
}

static void destroy(void *object)
{
    sim_server *server = object;

    if (server->hub) {
        end_sessions(server, false);
        hub_destroy(&server->hub);
    }
    for (size_t i = 0; i < server->count; i++)
        free(server->sockets[i]);
    free(server->sockets);
    free(server);
}

sim_server *sim_server_create(sim_net *net, qua_time delay)
{
    static const sim_host_ops ops = {on_receive, on_timeout, deadline};
    sim_server *server = qua_zalloc(sizeof *server);

    assert(server);
    server->net = net;
    server->delay = delay;
    server->prng = sim_net_prng(net);
    for (size_t i = 0; i < sizeof server->key; i++)
        server->key[i] = (uint8_t)qua_prng_next(server->prng);
    server->host = sim_net_host(net, "server", &ops, server);
    sim_own(net, server, destroy);
    sim_server_start(server);
    return server;
}

void sim_server_start(sim_server *server)
{
    hub_config config = {.random = qua_prng_random(server->prng), .max_sessions = 100};
    int error;

    if (server->hub)
        return;
    memcpy(config.ticket_key, server->key, sizeof config.ticket_key);
    error = hub_create(&server->hub, sim_net_now(server->net), &config);
    assert(error == 0);
    (void)error;
}

void sim_server_stop(sim_server *server)
{
    if (!server->hub)
        return;
    end_sessions(server, true);
    hub_destroy(&server->hub);
    sim_host_wake(server->host);
}
