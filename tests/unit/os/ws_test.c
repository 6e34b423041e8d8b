/* Stories about the WebSocket client, against an echo server in this process over loopback. */
#include <libwebsockets.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "os/os.h"

enum { LONGEST = 60000 };

/* ---- the server: says everything back; "end" makes it close ------------------------------------------------- */

typedef struct echo {
    unsigned char text[LWS_PRE + 2 * LONGEST];
    size_t size;
} echo;

static struct {
    struct lws_context *context;
    os_thread *thread;
    int port;
    _Atomic bool stop;
    _Atomic int heard; /* whole messages */
} server;

static int on_server(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t size)
{
    echo *e = user;

    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        e->size = 0;
        break;
    case LWS_CALLBACK_RECEIVE:
        assert_true(e->size + size <= sizeof e->text - LWS_PRE);
        memcpy(e->text + LWS_PRE + e->size, data, size);
        e->size += size;
        if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
            break;
        server.heard++;
        if (e->size == 3 && memcmp(e->text + LWS_PRE, "end", 3) == 0)
            return -1;
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (e->size)
            lws_write(wsi, e->text + LWS_PRE, e->size, LWS_WRITE_TEXT);
        e->size = 0;
        break;
    default:
        break;
    }
    return 0;
}

static void serve(void *context)
{
    (void)context;
    while (!server.stop)
        lws_service(server.context, 0);
}

static int start_server(void **state)
{
    static const struct lws_protocols protocols[] = {
        {.name = "http", .callback = lws_callback_http_dummy},
        {.name = "echo.v1", .callback = on_server, .per_session_data_size = sizeof(echo), .rx_buffer_size = 2000},
        {0},
    };
    struct lws_context_creation_info info = {.protocols = protocols, .iface = "127.0.0.1", .gid = -1, .uid = -1};
    struct lws_vhost *vhost;

    (void)state;
    lws_set_log_level(0, NULL);
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6;
    server.context = lws_create_context(&info);
    assert_non_null(server.context);
    vhost = lws_create_vhost(server.context, &info); /* port 0: any */
    assert_non_null(vhost);
    server.port = lws_get_vhost_listen_port(vhost);
    return os_thread_start(&server.thread, "echo", serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    server.stop = true;
    lws_cancel_service(server.context);
    os_thread_join(&server.thread);
    lws_context_destroy(server.context);
    return 0;
}

/* ---- what a client got --------------------------------------------------------------------------------------- */

typedef struct client {
    os_ws *ws;
    os_mutex *mutex;
    os_cond *changed;
    int opened, closed, messages;
    char reason[128];
    size_t size; /* of the last message */
    char first, last;
} client;

static void on_open(void *context)
{
    client *c = context;

    os_mutex_lock(c->mutex);
    c->opened++;
    os_cond_signal(c->changed);
    os_mutex_unlock(c->mutex);
}

static void on_message(void *context, const char *text, size_t size)
{
    client *c = context;

    os_mutex_lock(c->mutex);
    c->messages++;
    c->size = size;
    c->first = text[0];
    c->last = text[size - 1];
    os_cond_signal(c->changed);
    os_mutex_unlock(c->mutex);
}

static void on_closed(void *context, const char *reason)
{
    client *c = context;

    os_mutex_lock(c->mutex);
    c->closed++;
    snprintf(c->reason, sizeof c->reason, "%s", reason);
    os_cond_signal(c->changed);
    os_mutex_unlock(c->mutex);
}

static const os_ws_handlers handlers = {on_open, on_message, on_closed};

static void dial(client *c, int port)
{
    char url[64];

    memset(c, 0, sizeof *c);
    assert_int_equal(os_mutex_create(&c->mutex), 0);
    assert_int_equal(os_cond_create(&c->changed), 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/room", port);
    assert_int_equal(os_ws_connect(&c->ws, url, "echo.v1", &handlers, c), 0);
}

static void hang_up(client *c)
{
    os_ws_close(&c->ws);
    assert_null(c->ws);
    os_cond_destroy(&c->changed);
    os_mutex_destroy(&c->mutex);
}

static void wait_for(client *c, const int *counter, int value)
{
    const qua_time give_up = os_now() + QUA_SECONDS(10);
    bool in_time = true;

    os_mutex_lock(c->mutex);
    while (*counter < value && in_time)
        in_time = os_cond_wait_until(c->changed, c->mutex, give_up);
    os_mutex_unlock(c->mutex);
    assert_true(in_time);
}

static void messages_of_any_length_go_there_and_back(void **state)
{
    char *text = malloc(LONGEST);
    client c;

    (void)state;
    dial(&c, server.port);
    assert_int_equal(os_ws_send(c.ws, "early", 5), 0); /* waits for the connection */
    wait_for(&c, &c.messages, 1);
    assert_int_equal(c.opened, 1);
    assert_int_equal(c.size, 5);
    memset(text, 'm', LONGEST);
    text[0] = 'f', text[LONGEST - 1] = 'l';
    assert_int_equal(os_ws_send(c.ws, text, LONGEST), 0);
    wait_for(&c, &c.messages, 2);
    assert_int_equal(c.size, LONGEST);
    assert_int_equal(c.first, 'f');
    assert_int_equal(c.last, 'l');
    hang_up(&c);
    assert_int_equal(c.closed, 0); /* we ended it ourselves */
    free(text);
}

static void what_was_sent_goes_out_before_the_end(void **state)
{
    const int before = server.heard;
    client c;

    (void)state;
    dial(&c, server.port);
    wait_for(&c, &c.opened, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(os_ws_send(c.ws, "x", 1), 0);
    hang_up(&c);
    for (const qua_time give_up = os_now() + QUA_SECONDS(5); server.heard < before + 20 && os_now() < give_up;)
        os_sleep_until(os_now() + QUA_MS(1));
    assert_int_equal(server.heard, before + 20);
}

static void the_servers_end_is_told_once(void **state)
{
    client c;

    (void)state;
    dial(&c, server.port);
    wait_for(&c, &c.opened, 1);
    assert_int_equal(os_ws_send(c.ws, "end", 3), 0);
    wait_for(&c, &c.closed, 1);
    assert_string_equal(c.reason, "the server closed the connection");
    assert_int_equal(os_ws_send(c.ws, "x", 1), QUA_ECLOSED);
    hang_up(&c);
    assert_int_equal(c.closed, 1);
}

static void nobody_there_is_said_in_words(void **state)
{
    client c;

    (void)state;
    dial(&c, 1); /* tcpmux: nobody listens */
    wait_for(&c, &c.closed, 1);
    assert_string_equal(c.reason, "cannot reach the server");
    assert_int_equal(c.opened, 0);
    hang_up(&c);
}

static void it_may_be_ended_before_it_began(void **state)
{
    client c;

    (void)state;
    for (int i = 0; i < 10; i++) {
        dial(&c, server.port);
        hang_up(&c);
        assert_int_equal(c.closed, 0);
    }
}

static void malformed_addresses_are_refused_at_once(void **state)
{
    static const char *const wrong[] = {
        "", "room", "http://127.0.0.1/room", "ws://", "ws://127.0.0.1:0/x", "ws://127.0.0.1:99999/x"};
    os_ws *ws = NULL;

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(wrong); i++)
        assert_int_equal(os_ws_connect(&ws, wrong[i], "echo.v1", &handlers, NULL), QUA_EINVAL);
    assert_null(ws);
}

static void the_queue_has_an_end(void **state)
{
    char *text = calloc(1, LONGEST);
    client c;
    int sent = 0, error = 0;

    (void)state;
    dial(&c, server.port);
    for (; sent < 1000 && !error; sent++) /* faster than the connection can open */
        error = os_ws_send(c.ws, text, LONGEST);
    assert_int_equal(error, QUA_EFULL);
    hang_up(&c);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_any_length_go_there_and_back),
        cmocka_unit_test(what_was_sent_goes_out_before_the_end),
        cmocka_unit_test(the_servers_end_is_told_once),
        cmocka_unit_test(nobody_there_is_said_in_words),
        cmocka_unit_test(it_may_be_ended_before_it_began),
        cmocka_unit_test(malformed_addresses_are_refused_at_once),
        cmocka_unit_test(the_queue_has_an_end),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
