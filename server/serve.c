/* libwebsockets on a libev loop. One thread; every callback ends by serving the sessions that became ready. */
#include <errno.h>
#include <ev.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"
#include "server/admin.h"
#include "server/guest_page.h"
#include "server/serve.h"

enum {
    ACCEPT_BATCH = 64, /* connections taken before the others get their turn */
    WRITE_BATCH = 16,  /* texts for one connection before the others get their turn */
    RX_CHUNK = 2048    /* bytes of a message handed to us at once; longer ones are put together here */
};

/* For TLS and the HTTP upgrade, or a whole HTTP exchange. The library has a timeout too, but not a punctual one. */
#define OPENING_TIME QUA_SECONDS(10)

/* How long a goodbye may take to reach everyone, seconds. */
#define GOODBYE_TIME 1.0

typedef struct server {
    const serve_config *config;
    struct ev_loop *loop;
    struct lws_context *context;
    struct lws_vhost *vhost, *admin_vhost;
    hub *hub;
    ev_io accepting, admin_accepting;
    ev_timer deadline, goodbye;
    qua_time deadline_at; /* what `deadline` is set to, 0: nothing yet */
    ev_signal interrupted, terminated;
    bool leaving;
    unsigned char out[LWS_PRE + SESSION_WIRE_MAX];
} server;

/* Kept by libwebsockets for each connection. */
typedef struct connection {
    session *session;
    char *partial; /* a message of which the end has not come yet; heap */
    size_t size, capacity;
} connection;

/* ---- serving what became ready ------------------------------------------------------------------------------ */

static void set_deadline(server *sv, qua_time now)
{
    const qua_time at = hub_deadline(sv->hub);

    if (at == sv->deadline_at)
        return;
    sv->deadline_at = at;
    if (at == QUA_TIME_NEVER) {
        ev_timer_stop(sv->loop, &sv->deadline);
        return;
    }
    sv->deadline.repeat = QUA_MAX((double)(at - now) / QUA_SECONDS(1), 0.001);
    ev_timer_again(sv->loop, &sv->deadline);
}

/*
 * Send what a session has to say, until its socket is full: then the library keeps the rest of one text and tells us
 * when it is gone. This spares the detour over the poll for writability that a send from another callback would take.
 * @return false: the connection is to be ended
 */
static bool write_some(server *sv, struct lws *wsi, session *s)
{
    unsigned char *text = sv->out + LWS_PRE;
    size_t size;

    for (int i = 0; i < WRITE_BATCH && !lws_partial_buffered(wsi); i++) {
        size = session_poll_transmit(s, (char *)text);
        if (size == 0)
            return !session_is_over(s);
        if (lws_write(wsi, text, size, LWS_WRITE_TEXT) < (int)size)
            return false;
    }
    lws_callback_on_writable(wsi);
    return true;
}

static void serve_ready(server *sv, qua_time now)
{
    for (session *s; (s = hub_next_ready(sv->hub));)
        if (!write_some(sv, session_user(s), s))
            lws_callback_on_writable(session_user(s)); /* its own callback may end it */
    set_deadline(sv, now);
}

static void on_deadline(struct ev_loop *loop, ev_timer *watcher, int events)
{
    server *sv = watcher->data;
    const qua_time now = os_now();

    (void)loop, (void)events;
    sv->deadline_at = 0; /* the watcher fired, perhaps a little early: set it whatever comes next */
    hub_on_timeout(sv->hub, now);
    serve_ready(sv, now);
}

/* ---- connections that are not yet WebSockets ---------------------------------------------------------------- */

typedef struct opening {
    timer timer;
    struct lws *wsi;
} opening;

static void open_for_too_long(timer *t, void *context, qua_time now)
{
    (void)context, (void)now;
    lws_set_timeout(((opening *)((char *)t - offsetof(opening, timer)))->wsi, PENDING_TIMEOUT_USER_OK,
                    LWS_TO_KILL_SYNC);
}

/* @return false: memory is out, the connection is to be ended */
static bool watch_opening(server *sv, struct lws *wsi)
{
    opening *o = qua_zalloc(sizeof *o);

    lws_set_opaque_user_data(wsi, o);
    if (!o)
        return false;
    o->wsi = wsi;
    o->timer.fn = open_for_too_long;
    return timers_set(&sv->hub->timers, &o->timer, os_now() + OPENING_TIME) == 0;
}

/* It is a WebSocket now, or gone. */
static void forget_opening(server *sv, struct lws *wsi)
{
    opening *o = lws_get_opaque_user_data(wsi);

    if (o)
        timers_cancel(&sv->hub->timers, &o->timer);
    free(o);
    lws_set_opaque_user_data(wsi, NULL);
}

/* ---- connections -------------------------------------------------------------------------------------------- */

static int open_session(server *sv, struct lws *wsi, connection *c, qua_time now)
{
    char path[QUA_SIGNAL_ROOM_MAX + 3];
    const int length = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);

    /* a path that does not fit is no room's name; the session says so */
    c->session = session_open(sv->hub, now, length > 0 && path[0] == '/' ? path + 1 : "", wsi);
    return c->session ? 0 : -1;
}

static void close_session(connection *c, qua_time now)
{
    if (c->session)
        session_closed(c->session, now);
    free(c->partial);
    memset(c, 0, sizeof *c);
}

/* Append a chunk. @return false: too long, or memory is out */
static bool put_together(connection *c, const void *data, size_t size)
{
    if (c->size + size > QUA_SIGNAL_FRAME_MAX)
        return false;
    if (c->size + size > c->capacity) {
        const size_t capacity =
            QUA_MIN(QUA_MAX(2 * (c->size + size), (size_t)2 * RX_CHUNK), (size_t)QUA_SIGNAL_FRAME_MAX);
        char *partial = realloc(c->partial, capacity);
        if (!partial)
            return false;
        c->partial = partial;
        c->capacity = capacity;
    }
    if (size)
        memcpy(c->partial + c->size, data, size);
    c->size += size;
    return true;
}

static int receive(struct lws *wsi, connection *c, qua_time now, const void *data, size_t size)
{
    const bool last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

    if (!c->session)
        return -1;
    if (lws_frame_is_binary(wsi)) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, NULL, 0);
        return -1;
    }
    if (last && c->size == 0) {
        session_input(c->session, now, data, size);
        return 0;
    }
    if (!put_together(c, data, size)) {
        session_fail(c->session, now, QUA_CODE_TOO_LARGE);
        c->size = 0;
        return 0;
    }
    if (last) {
        session_input(c->session, now, c->partial, c->size);
        free(c->partial);
        c->partial = NULL;
        c->size = c->capacity = 0;
    }
    return 0;
}

/* Everyone heard the goodbye: no need to wait for its time to pass. */
static void break_when_empty(server *sv)
{
    hub_stats stats;

    hub_get_stats(sv->hub, &stats);
    if (sv->leaving && stats.sessions == 0)
        ev_break(sv->loop, EVBREAK_ALL);
}

static int on_websocket(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t size)
{
    server *sv = lws_context_user(lws_get_context(wsi));
    connection *c = user;
    const qua_time now = os_now();
    int result = 0;

    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        memset(c, 0, sizeof *c);
        forget_opening(sv, wsi);
        result = open_session(sv, wsi, c, now);
        break;
    case LWS_CALLBACK_RECEIVE:
        result = receive(wsi, c, now, data, size);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return c->session && write_some(sv, wsi, c->session) ? 0 : -1;
    case LWS_CALLBACK_CLOSED:
        close_session(c, now);
        break_when_empty(sv);
        break;
    default:
        return 0;
    }
    serve_ready(sv, now);
    return result;
}

/* ---- HTTP ---------------------------------------------------------------------------------------------------- */

typedef const char *const header[2];

static bool add_headers(struct lws *wsi, header *headers, size_t count, unsigned char **p, unsigned char *end)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned char *name = (const unsigned char *)headers[i][0], *value = (const unsigned char *)headers[i][1];
        if (lws_add_http_header_by_name(wsi, name, value, (int)strlen(headers[i][1]), p, end) != 0)
            return false;
    }
    return true;
}

/* @param data copied. @param headers further ones, may be NULL. @return -1: close the connection */
static int answer(struct lws *wsi, unsigned status, const char *type, const void *data, size_t size, header *headers,
                  size_t header_count)
{
    unsigned char head[LWS_PRE + 1536], *start = head + LWS_PRE, *p = start, *end = head + sizeof head;
    unsigned char *body = malloc(LWS_PRE + size);
    bool written;

    if (!body)
        return -1;
    memcpy(body + LWS_PRE, data, size);
    written = lws_add_http_common_headers(wsi, status, type, size, &p, end) == 0 &&
              add_headers(wsi, headers, header_count, &p, end) &&
              lws_finalize_write_http_header(wsi, start, &p, end) == 0 &&
              lws_write(wsi, body + LWS_PRE, size, LWS_WRITE_HTTP_FINAL) >= (int)size;
    free(body);
    return !written || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int answer_text(struct lws *wsi, unsigned status, const char *type, const char *text)
{
    return answer(wsi, status, type, text, strlen(text), NULL, 0);
}

static int answer_page(struct lws *wsi, const char *path)
{
    const guest_file *file = guest_page_find(path);

    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0)
        return answer_text(wsi, 405, "text/plain", "Only GET is answered here.\n");
    if (!file)
        return answer_text(wsi, 404, "text/plain", "There is nothing here.\n");
    return answer(wsi, 200, file->type, file->data, file->size, guest_page_headers, guest_page_header_count);
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t size)
{
    server *sv = lws_context_user(lws_get_context(wsi));

    (void)size;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        if (strcmp(data, "/healthz") == 0)
            return answer_text(wsi, 200, "text/plain", "ok\n");
        if (strcmp(data, "/readyz") == 0)
            return answer_text(wsi, sv->leaving ? 503 : 200, "text/plain", sv->leaving ? "going down\n" : "ok\n");
        return answer_page(wsi, data);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a WebSocket that does not ask for quartet.v1 */
    case LWS_CALLBACK_WSI_DESTROY:
        forget_opening(sv, wsi);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, data, size);
    }
}

/* A web page that made a browser resolve its name to this machine (DNS rebinding) says so in its Host header. */
static bool is_asked_for_loopback(struct lws *wsi)
{
    char host[64];
    const int length = lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST);

    return length > 0 && (strncmp(host, "127.0.0.1:", 10) == 0 || strncmp(host, "localhost:", 10) == 0);
}

static int on_admin(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t size)
{
    server *sv = lws_context_user(lws_get_context(wsi));
    admin_answer said;
    qua_time now;
    int result;

    if (reason == LWS_CALLBACK_WSI_DESTROY)
        forget_opening(sv, wsi);
    if (reason != LWS_CALLBACK_HTTP)
        return reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION
                   ? -1
                   : lws_callback_http_dummy(wsi, reason, user, data, size);
    if (!is_asked_for_loopback(wsi))
        return answer_text(wsi, 403, "text/plain", "ask for 127.0.0.1 or localhost\n");
    now = os_now();
    said = admin_ask(sv->hub, now, lws_hdr_total_length(wsi, WSI_TOKEN_DELETE_URI) > 0, data);
    serve_ready(sv, now);
    result = said.body ? answer_text(wsi, said.status, said.type, said.body) : -1;
    free(said.body);
    return result;
}

static const struct lws_protocols admin_protocols[] = {
    {.name = "admin", .callback = on_admin},
    {0},
};

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = on_http},
    {.name = QUA_SIGNAL_PROTOCOL,
     .callback = on_websocket,
     .per_session_data_size = sizeof(connection),
     .rx_buffer_size = RX_CHUNK},
    {0},
};

/* ---- the loop ------------------------------------------------------------------------------------------------ */

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
    server *sv = io->data;

    (void)loop, (void)events;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        const int fd = accept(io->fd, NULL, NULL);
        if (fd < 0)
            break;
        struct lws_vhost *vhost = io == &sv->accepting ? sv->vhost : sv->admin_vhost;
        struct lws *wsi = lws_adopt_socket_vhost(vhost, fd); /* closes it when it cannot take it */
        if (wsi && !watch_opening(sv, wsi))
            lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    set_deadline(sv, os_now());
}

static void on_goodbye_over(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)watcher, (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void on_signal(struct ev_loop *loop, ev_signal *signal, int events)
{
    server *sv = signal->data;
    const qua_time now = os_now();

    (void)events;
    ev_io_stop(loop, &sv->accepting);
    hub_say_bye(sv->hub, now, "the server is going down");
    serve_ready(sv, now);
    ev_timer_start(loop, &sv->goodbye);
    sv->leaving = true;
    break_when_empty(sv);
}

static void start_watchers(server *sv)
{
    ev_io_init(&sv->accepting, on_accept, sv->config->listener.fd, EV_READ);
    ev_io_init(&sv->admin_accepting, on_accept, sv->config->admin.fd, EV_READ);
    ev_timer_init(&sv->deadline, on_deadline, 0, 0);
    ev_timer_init(&sv->goodbye, on_goodbye_over, GOODBYE_TIME, 0);
    ev_signal_init(&sv->interrupted, on_signal, SIGINT);
    ev_signal_init(&sv->terminated, on_signal, SIGTERM);
    sv->accepting.data = sv->admin_accepting.data = sv->deadline.data = sv->goodbye.data = sv->interrupted.data =
        sv->terminated.data = sv;
    ev_io_start(sv->loop, &sv->accepting);
    if (sv->config->admin.fd >= 0)
        ev_io_start(sv->loop, &sv->admin_accepting);
    ev_signal_start(sv->loop, &sv->interrupted);
    ev_signal_start(sv->loop, &sv->terminated);
}

/* As many connections as the system lets us have. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int open_websockets(server *sv)
{
    void *loops[1] = {sv->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .gid = -1,
        .uid = -1,
        .user = sv,
    };

    lws_set_log_level(0, NULL); /* its lines hold addresses */
    sv->context = lws_create_context(&info);
    sv->vhost = sv->context ? lws_create_vhost(sv->context, &info) : NULL;
    info.vhost_name = "admin";
    info.port = CONTEXT_PORT_NO_LISTEN; /* another than the public one's: the library finds vhosts by their ports */
    info.protocols = admin_protocols;
    sv->admin_vhost = sv->vhost ? lws_create_vhost(sv->context, &info) : NULL;
    return sv->admin_vhost ? 0 : QUA_EIO;
}

static int open_hub(server *sv)
{
    hub_config config = sv->config->hub;

    config.wall_offset_us = os_wall_us() - os_now();
    return hub_create(&sv->hub, os_now(), &config);
}

int serve(const serve_config *config)
{
    server *sv = qua_zalloc(sizeof *sv);
    int error = QUA_ENOMEM;

    if (!sv)
        goto done;
    sv->config = config;
    raise_file_limit();
    sv->loop = ev_loop_new(EVFLAG_SIGNALFD); /* signals are read as any input: no handler that may miss the wait */
    if (!sv->loop || (error = open_hub(sv)) != 0 || (error = open_websockets(sv)) != 0)
        goto done;
    start_watchers(sv);
    printf("listening ws://%s:%d\n", config->listener.host, config->listener.port);
    fflush(stdout);
    ev_run(sv->loop, 0);
    error = 0;
done:
    close(config->listener.fd);
    if (config->admin.fd >= 0)
        close(config->admin.fd);
    if (sv) {
        if (sv->context)
            lws_context_destroy(sv->context); /* closes every connection, and with them the sessions */
        hub_destroy(&sv->hub);
        if (sv->loop)
            ev_loop_destroy(sv->loop);
    }
    free(sv);
    return error;
}
