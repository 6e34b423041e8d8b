/*
 * WebSocket client over libwebsockets: one context and one thread for each connection, so that nothing here waits for
 * anything else in the process. os_ws_send and os_ws_close come from other threads and only touch what the mutex
 * guards, then wake the thread.
 */
#include <libwebsockets.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/os.h"

enum {
    MESSAGE_MAX = 64 * 1024, /* received, bytes */
    QUEUE_MAX = 256 * 1024,  /* waiting to be sent, bytes */
    RX_CHUNK = 4096,
    CONNECT_TIMEOUT = 10 /* seconds for DNS, TCP, TLS and the upgrade, each */
};

#define CLOSE_TIME LWS_US_PER_SEC

typedef struct outgoing {
    struct outgoing *next;
    size_t size;
    unsigned char data[]; /* LWS_PRE bytes for the frame's header, then the text */
} outgoing;

struct os_ws {
    os_ws_handlers handlers;
    void *context;
    char *url, *protocol; /* `host` and `path` point into url */
    const char *host, *path;
    int port;
    bool secure;

    os_thread *thread;
    struct lws_context *lws;
    struct lws_protocols protocols[2];

    /* the thread's own */
    struct lws *wsi;
    lws_sorted_usec_list_t close_timer;
    char *partial; /* a message of which the end has not come yet */
    size_t partial_size;
    bool over, told;

    os_mutex *mutex; /* guards what follows */
    outgoing *first, **last;
    size_t queued;
    bool stop, closed;
};

static void tell_closed(os_ws *ws, const char *reason)
{
    bool stop;

    os_mutex_lock(ws->mutex);
    ws->closed = true;
    stop = ws->stop;
    os_mutex_unlock(ws->mutex);
    ws->over = true;
    if (!stop && !ws->told)
        ws->handlers.closed(ws->context, reason);
    ws->told = true;
}

/* ---- receiving ---------------------------------------------------------------------------------------------- */

static int receive(os_ws *ws, const char *data, size_t size)
{
    const bool last = lws_is_final_fragment(ws->wsi) && lws_remaining_packet_payload(ws->wsi) == 0;

    if (last && ws->partial_size == 0) {
        ws->handlers.message(ws->context, data, size);
        return 0;
    }
    if (ws->partial_size + size > MESSAGE_MAX || (!ws->partial && !(ws->partial = malloc(MESSAGE_MAX)))) {
        tell_closed(ws, "the server sent too long a message");
        return -1;
    }
    if (size)
        memcpy(ws->partial + ws->partial_size, data, size);
    ws->partial_size += size;
    if (last) {
        size = ws->partial_size;
        ws->partial_size = 0;
        ws->handlers.message(ws->context, ws->partial, size);
    }
    return 0;
}

/* ---- sending ------------------------------------------------------------------------------------------------ */

static outgoing *take_first(os_ws *ws, bool *stop)
{
    outgoing *text;

    os_mutex_lock(ws->mutex);
    *stop = ws->stop;
    text = ws->first;
    if (text) {
        ws->first = text->next;
        ws->queued -= text->size;
        if (!ws->first)
            ws->last = &ws->first;
    }
    os_mutex_unlock(ws->mutex);
    return text;
}

/* @return -1: close the connection */
static int write_next(os_ws *ws)
{
    bool stop;
    outgoing *text = take_first(ws, &stop);
    int written;

    if (!text) {
        if (stop)
            lws_close_reason(ws->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return stop ? -1 : 0;
    }
    written = lws_write(ws->wsi, text->data + LWS_PRE, text->size, LWS_WRITE_TEXT);
    free(text);
    if (written < 0)
        return -1;
    lws_callback_on_writable(ws->wsi);
    return 0;
}

static void on_close_time(lws_sorted_usec_list_t *timer)
{
    os_ws *ws = lws_container_of(timer, os_ws, close_timer);

    ws->over = true;
}

/* Another thread has something to send, or wants the end. */
static void on_woken(os_ws *ws)
{
    bool stop;

    os_mutex_lock(ws->mutex);
    stop = ws->stop;
    os_mutex_unlock(ws->mutex);
    if (stop && !ws->wsi)
        ws->over = true;
    if (stop)
        lws_sul_schedule(ws->lws, 0, &ws->close_timer, on_close_time, CLOSE_TIME);
    if (ws->wsi)
        lws_callback_on_writable(ws->wsi);
}

/* ---- the thread --------------------------------------------------------------------------------------------- */

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t size)
{
    os_ws *ws = lws_context_user(lws_get_context(wsi));

    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        ws->wsi = wsi;
        ws->handlers.open(ws->context);
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return receive(ws, data, size);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_next(ws);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        ws->wsi = NULL;
        tell_closed(ws, data && strncmp(data, "HS:", 3) == 0 ? "what answers there is not a signaling server"
                                                             : "cannot reach the server");
        break;
    case LWS_CALLBACK_CLIENT_CLOSED:
        ws->wsi = NULL;
        tell_closed(ws, "the server closed the connection");
        break;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        on_woken(ws);
        break;
    default:
        return lws_callback_http_dummy(wsi, reason, user, data, size);
    }
    return 0;
}

static void run(void *context)
{
    os_ws *ws = context;
    const struct lws_client_connect_info info = {
        .context = ws->lws,
        .address = ws->host,
        .host = ws->host,
        .origin = ws->host,
        .port = ws->port,
        .path = ws->path,
        .protocol = ws->protocol,
        .local_protocol_name = ws->protocol,
        .ssl_connection = ws->secure ? LCCSCF_USE_SSL : 0,
    };

    if (!lws_client_connect_via_info(&info))
        tell_closed(ws, "cannot reach the server"); /* unless a callback said so already */
    while (!ws->over && lws_service(ws->lws, 0) >= 0)
        ;
    tell_closed(ws, "the connection ended"); /* first, so that nobody wakes a library that is gone */
    lws_context_destroy(ws->lws);
}

/* ---- from outside ------------------------------------------------------------------------------------------- */

static void silence_library(void)
{
    lws_set_log_level(0, NULL); /* its lines hold addresses */
}

/* ws[s]://host[:port]/path, taken apart inside ws->url. */
static int parse_url(os_ws *ws)
{
    const char *scheme, *path;
    char *joined;

    ws->port = 0;
    if ((strncmp(ws->url, "ws://", 5) != 0 && strncmp(ws->url, "wss://", 6) != 0) ||
        lws_parse_uri(ws->url, &scheme, &ws->host, &ws->port, &path) != 0 || !ws->host[0])
        return QUA_EINVAL;
    ws->secure = strcmp(scheme, "wss") == 0;
    if (ws->port < 1 || ws->port > 65535)
        return QUA_EINVAL;
    joined = malloc(strlen(path) + 2);
    if (!joined)
        return QUA_ENOMEM;
    joined[0] = '/'; /* the library cuts it off */
    memcpy(joined + 1, path, strlen(path) + 1);
    ws->path = joined;
    return 0;
}

static int open_library(os_ws *ws)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = ws->secure ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
        .protocols = ws->protocols,
        .timeout_secs = CONNECT_TIMEOUT,
        .connect_timeout_secs = CONNECT_TIMEOUT,
        .gid = -1,
        .uid = -1,
        .fd_limit_per_thread = 16,
        .user = ws,
    };

    pthread_once(&once, silence_library);
    ws->protocols[0] = (struct lws_protocols){.name = ws->protocol, .callback = on_event, .rx_buffer_size = RX_CHUNK};
    ws->lws = lws_create_context(&info);
    return ws->lws ? 0 : QUA_ENOMEM;
}

static void destroy(os_ws *ws)
{
    for (outgoing *text = ws->first, *next; text; text = next) {
        next = text->next;
        free(text);
    }
    os_mutex_destroy(&ws->mutex);
    free(ws->partial);
    free((char *)ws->path);
    free(ws->protocol);
    free(ws->url);
    free(ws);
}

int os_ws_connect(os_ws **out, const char *url, const char *protocol, const os_ws_handlers *handlers, void *context)
{
    os_ws *ws = qua_zalloc(sizeof *ws);
    int error = QUA_ENOMEM;

    if (!ws)
        return QUA_ENOMEM;
    ws->handlers = *handlers;
    ws->context = context;
    ws->last = &ws->first;
    ws->url = qua_strndup(url, strlen(url));
    ws->protocol = qua_strndup(protocol, strlen(protocol));
    if (!ws->url || !ws->protocol || (error = os_mutex_create(&ws->mutex)) != 0 || (error = parse_url(ws)) != 0 ||
        (error = open_library(ws)) != 0)
        goto fail;
    error = os_thread_start(&ws->thread, "qua-ws", run, ws);
    if (error) {
        lws_context_destroy(ws->lws);
        goto fail;
    }
    *out = ws;
    return 0;
fail:
    destroy(ws);
    return error;
}

int os_ws_send(os_ws *ws, const char *text, size_t size)
{
    outgoing *entry = malloc(sizeof *entry + LWS_PRE + size);
    int error = 0;

    if (!entry)
        return QUA_ENOMEM;
    entry->next = NULL;
    entry->size = size;
    memcpy(entry->data + LWS_PRE, text, size);
    os_mutex_lock(ws->mutex);
    if (ws->closed || ws->stop) {
        error = QUA_ECLOSED;
    } else if (ws->queued + size > QUEUE_MAX) {
        error = QUA_EFULL;
    } else {
        *ws->last = entry;
        ws->last = &entry->next;
        ws->queued += size;
        lws_cancel_service(ws->lws); /* inside the lock: `closed` is set before the library goes */
    }
    os_mutex_unlock(ws->mutex);
    if (error)
        free(entry);
    return error;
}

void os_ws_close(os_ws **ws)
{
    os_ws *w = *ws;

    if (!w)
        return;
    os_mutex_lock(w->mutex);
    w->stop = true;
    if (!w->closed)
        lws_cancel_service(w->lws);
    os_mutex_unlock(w->mutex);
    os_thread_join(&w->thread);
    destroy(w);
    *ws = NULL;
}
