/* Two associations with a network of our own between them, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "sctp/sctp.h"

#define IN_FLIGHT 1024

typedef struct side {
    qua_sctp *sctp;
    int announced, opened, closing, closed; /* numbers of the newest, -1 none */
    size_t messages, bytes, released, texts;
    bool in_order, whole; /* each message is its number as 4 bytes first, all other bytes its low 8 bits */
    uint32_t next;
    char last[32];
} side;

typedef struct flight {
    qua_time due;
    int to;
    size_t size;
    uint8_t data[QUA_SCTP_PACKET];
} flight;

typedef struct world {
    qua_time now, delay;
    double loss;
    qua_prng prng;
    side side[2];
    flight *flights;
    size_t count;
} world;

/* usrsctp's round-trip times are of this clock: it must be the same as the one that drives its timers */
static qua_time wall;
#define EXPORTED __attribute__((visibility("default")))
struct timeval {
    long tv_sec, tv_usec;
};
EXPORTED int gettimeofday(struct timeval *restrict tv, void *restrict zone);
EXPORTED int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    (void)zone;
    tv->tv_sec = 1000000 + (long)(wall / QUA_SECONDS(1));
    tv->tv_usec = (long)(wall % QUA_SECONDS(1));
    return 0;
}

static void on_message(side *s, const qua_sctp_event *event)
{
    const qua_buffer *data = event->data;

    s->messages++;
    s->bytes += data->size;
    s->texts += !event->binary;
    if (!event->binary) {
        memset(s->last, 0, sizeof s->last);
        memcpy(s->last, data->data, QUA_MIN(data->size, sizeof s->last - 1));
    }
    if (data->size < 4 || !event->binary)
        return;
    s->in_order &= qua_get_be32(data->data) == s->next;
    s->next = qua_get_be32(data->data) + 1;
    for (size_t i = 4; i < data->size; i++)
        s->whole &= data->data[i] == data->data[3];
}

static void on_events(side *s)
{
    qua_sctp_event event;

    while (qua_sctp_poll_event(s->sctp, &event)) {
        if (event.type == QUA_SCTP_ANNOUNCED)
            s->announced = event.channel;
        else if (event.type == QUA_SCTP_OPENED)
            s->opened = event.channel;
        else if (event.type == QUA_SCTP_CLOSING)
            s->closing = event.channel;
        else if (event.type == QUA_SCTP_CLOSED)
            s->closed = event.channel;
        else if (event.type == QUA_SCTP_RELEASED)
            s->released += event.released;
        else
            on_message(s, &event);
        qua_buffer_unref(&event.data);
    }
}

static void drain(world *w, int from)
{
    flight *f;

    on_events(&w->side[from]);
    for (;;) {
        assert_true(w->count < IN_FLIGHT);
        f = &w->flights[w->count];
        f->size = qua_sctp_poll_transmit(w->side[from].sctp, f->data, sizeof f->data);
        if (!f->size)
            return;
        f->due = w->now + w->delay;
        f->to = !from;
        if (qua_prng_uniform(&w->prng) >= w->loss)
            w->count++;
    }
}

static void arrive(world *w, size_t index)
{
    const flight f = w->flights[index];

    memmove(&w->flights[index], &w->flights[index + 1], (w->count - index - 1) * sizeof f);
    w->count--;
    qua_sctp_input(w->side[f.to].sctp, w->now, f.data, f.size);
    drain(w, f.to);
}

static qua_time next_deadline(const world *w, size_t *flying)
{
    qua_time next = QUA_MIN(qua_sctp_deadline(w->side[0].sctp), qua_sctp_deadline(w->side[1].sctp));

    *flying = SIZE_MAX;
    for (size_t i = 0; i < w->count; i++)
        if (w->flights[i].due < next || (w->flights[i].due == next && *flying == SIZE_MAX))
            next = w->flights[i].due, *flying = i;
    return next;
}

static void run(world *w, qua_time duration)
{
    const qua_time end = w->now + duration;
    size_t flying;

    for (int i = 0; i < 2; i++)
        drain(w, i);
    for (qua_time next; (next = next_deadline(w, &flying)) <= end;) {
        w->now = wall = QUA_MAX(next, w->now);
        if (flying != SIZE_MAX)
            arrive(w, flying);
        for (int i = 0; i < 2; i++)
            if (qua_sctp_deadline(w->side[i].sctp) <= w->now) {
                qua_sctp_on_timeout(w->side[i].sctp, w->now);
                drain(w, i);
            }
    }
    w->now = wall = end;
}

static void open_world(world *w, double loss)
{
    memset(w, 0, sizeof *w);
    w->now = wall = QUA_SECONDS(10);
    w->delay = QUA_MS(20);
    w->loss = loss;
    qua_prng_seed(&w->prng, 1);
    w->flights = calloc(IN_FLIGHT, sizeof *w->flights);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(qua_sctp_create(&w->side[i].sctp, NULL), 0);
        w->side[i].announced = w->side[i].opened = w->side[i].closing = w->side[i].closed = -1;
        w->side[i].in_order = w->side[i].whole = true;
    }
}

static void start(world *w)
{
    for (int i = 0; i < 2; i++)
        qua_sctp_start(w->side[i].sctp, w->now, i == 0, QUA_SCTP_PORT, QUA_SCTP_MESSAGE_MAX);
}

static void close_world(world *w)
{
    for (int i = 0; i < 2; i++)
        qua_sctp_destroy(&w->side[i].sctp);
    free(w->flights);
}

static int open_channel(world *w, int from, const char *label, const qua_data_channel_config *config)
{
    return qua_sctp_open(w->side[from].sctp, w->now, label, config);
}

static int send_numbered(world *w, int from, int channel, uint32_t number, size_t size)
{
    qua_buffer *data = qua_buffer_create(size);
    int error;

    memset(data->data, (int)(number & 0xff), size);
    qua_put_be32(data->data, number);
    data->size = size;
    error = qua_sctp_send(w->side[from].sctp, w->now, channel, true, data);
    if (error)
        qua_buffer_unref(&data);
    return error;
}

static int send_text(world *w, int from, int channel, const char *text)
{
    qua_buffer *data = qua_buffer_create(strlen(text) + 1);
    int error;

    data->size = strlen(text);
    memcpy(data->data, text, data->size);
    error = qua_sctp_send(w->side[from].sctp, w->now, channel, false, data);
    if (error)
        qua_buffer_unref(&data);
    return error;
}

/* ---- stories ------------------------------------------------------------------------------------------------ */

static void a_channel_opens_within_three_round_trips_and_is_what_was_asked_for(void **state)
{
    qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    qua_data_channel_info info;
    world w;

    (void)state;
    open_world(&w, 0);
    config.ordered = false;
    config.max_retransmits = 3;
    config.protocol = "chess";
    const int ours = open_channel(&w, 0, "gäme", &config);
    assert_true(ours >= 0);
    start(&w);
    run(&w, QUA_MS(120));
    assert_int_equal(w.side[0].opened, ours);
    assert_true(w.side[1].announced >= 0);
    assert_int_equal(w.side[1].opened, w.side[1].announced);
    qua_sctp_info(w.side[1].sctp, w.side[1].announced, &info);
    assert_string_equal(info.label, "gäme");
    assert_string_equal(info.protocol, "chess");
    assert_false(info.ordered);
    assert_false(info.negotiated);
    assert_int_equal(info.max_retransmits, 3);
    assert_int_equal(info.max_packet_lifetime_ms, -1);
    assert_int_equal(info.id, 0);
    close_world(&w);
}

static void ids_are_even_for_the_dtls_client_and_odd_for_the_server(void **state)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    qua_data_channel_info info;
    world w;
    int last[2] = {0};

    (void)state;
    open_world(&w, 0);
    for (int i = 0; i < 4; i++)
        last[i & 1] = open_channel(&w, i & 1, "x", &config);
    start(&w);
    run(&w, QUA_SECONDS(1));
    qua_sctp_info(w.side[0].sctp, last[0], &info);
    assert_int_equal(info.id, 2);
    qua_sctp_info(w.side[1].sctp, last[1], &info);
    assert_int_equal(info.id, 3);
    close_world(&w);
}

static void messages_of_all_sizes_and_kinds_arrive_as_they_were_sent(void **state)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    open_world(&w, 0);
    const int ours = open_channel(&w, 0, "x", &config);
    start(&w);
    run(&w, QUA_MS(200));
    assert_int_equal(send_text(&w, 0, ours, ""), 0);
    assert_int_equal(send_text(&w, 0, ours, "hello"), 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(send_numbered(&w, 0, ours, i, (size_t)4 << 9 * i), 0);
    assert_int_equal(send_text(&w, 1, w.side[1].announced, "and back"), 0);
    run(&w, QUA_SECONDS(20));
    assert_int_equal(w.side[1].messages, 5);
    assert_int_equal(w.side[1].texts, 2);
    assert_string_equal(w.side[1].last, "hello");
    assert_string_equal(w.side[0].last, "and back");
    assert_true(w.side[1].in_order && w.side[1].whole);
    assert_int_equal(w.side[0].released, w.side[1].bytes);
    close_world(&w);
}

static void sixteen_mebibytes_go_in_one_message_and_not_a_byte_more(void **state)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    open_world(&w, 0);
    w.delay = QUA_MS(2);
    const int ours = open_channel(&w, 0, "x", &config);
    start(&w);
    run(&w, QUA_MS(200));
    assert_int_equal(send_numbered(&w, 0, ours, 0, QUA_SCTP_MESSAGE_MAX + 1), QUA_EINVAL);
    assert_int_equal(send_numbered(&w, 0, ours, 0, QUA_SCTP_MESSAGE_MAX), 0);
    run(&w, QUA_SECONDS(60));
    assert_int_equal(w.side[1].bytes, QUA_SCTP_MESSAGE_MAX);
    assert_true(w.side[1].whole);
    close_world(&w);
}

static void loss_delays_a_reliable_channel_and_never_reorders_it(void **state)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    open_world(&w, 0.1);
    const int ours = open_channel(&w, 0, "x", &config);
    start(&w);
    run(&w, QUA_SECONDS(5));
    assert_int_equal(w.side[0].opened, ours);
    for (uint32_t i = 0; i < 200; i++) {
        assert_int_equal(send_numbered(&w, 0, ours, i, 400), 0);
        run(&w, QUA_MS(10));
    }
    run(&w, QUA_SECONDS(30));
    assert_int_equal(w.side[1].messages, 200);
    assert_true(w.side[1].in_order && w.side[1].whole);
    close_world(&w);
}

static void a_channel_without_retransmissions_loses_what_the_network_loses(void **state)
{
    qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    config.max_retransmits = 0;
    config.ordered = false;
    open_world(&w, 0);
    const int ours = open_channel(&w, 0, "x", &config);
    start(&w);
    run(&w, QUA_SECONDS(1));
    w.loss = 0.2;
    for (uint32_t i = 0; i < 200; i++) {
        assert_int_equal(send_numbered(&w, 0, ours, i, 400), 0);
        run(&w, QUA_MS(50));
    }
    run(&w, QUA_SECONDS(30));
    assert_in_range(w.side[1].messages, 120, 195);
    close_world(&w);
}

static void closing_sends_what_waits_and_closes_both_ends(void **state)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    open_world(&w, 0.05);
    const int ours = open_channel(&w, 0, "x", &config);
    start(&w);
    run(&w, QUA_SECONDS(3));
    for (uint32_t i = 0; i < 50; i++)
        send_numbered(&w, 0, ours, i, 20000);
    qua_sctp_close(w.side[0].sctp, w.now, ours);
    assert_int_equal(send_numbered(&w, 0, ours, 50, 100), QUA_ESTATE);
    run(&w, QUA_SECONDS(60));
    assert_int_equal(w.side[1].messages, 50);
    assert_int_equal(w.side[1].closing, w.side[1].announced);
    assert_int_equal(w.side[1].closed, w.side[1].announced);
    assert_int_equal(w.side[0].closed, ours);
    /* its id is free again, and the new channel is another one */
    const int next = open_channel(&w, 0, "y", &config);
    run(&w, QUA_SECONDS(3));
    assert_int_equal(send_text(&w, 0, next, "again"), 0);
    run(&w, QUA_SECONDS(10));
    assert_string_equal(w.side[1].last, "again");
    close_world(&w);
}

static void a_negotiated_channel_is_announced_to_nobody(void **state)
{
    qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    config.negotiated = true;
    config.id = 700;
    open_world(&w, 0);
    const int ours = open_channel(&w, 0, "x", &config), theirs = open_channel(&w, 1, "other", &config);
    assert_int_equal(open_channel(&w, 0, "twice", &config), QUA_EBUSY);
    start(&w);
    run(&w, QUA_MS(200));
    assert_int_equal(w.side[0].announced, -1);
    assert_int_equal(w.side[1].announced, -1);
    assert_int_equal(w.side[1].opened, theirs);
    assert_int_equal(send_text(&w, 0, ours, "by agreement"), 0);
    run(&w, QUA_SECONDS(1));
    assert_string_equal(w.side[1].last, "by agreement");
    close_world(&w);
}

static void impossible_channels_are_refused(void **state)
{
    qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    open_world(&w, 0);
    config.max_retransmits = config.max_packet_lifetime_ms = 1;
    assert_int_equal(open_channel(&w, 0, "x", &config), QUA_EINVAL);
    config = QUA_DATA_CHANNEL_DEFAULTS;
    config.negotiated = true;
    assert_int_equal(open_channel(&w, 0, "x", &config), QUA_EINVAL);
    config.id = QUA_SCTP_STREAMS;
    assert_int_equal(open_channel(&w, 0, "x", &config), QUA_EINVAL);
    config = QUA_DATA_CHANNEL_DEFAULTS;
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++)
        assert_int_equal(open_channel(&w, 0, "x", &config), i);
    assert_int_equal(open_channel(&w, 0, "x", &config), QUA_EFULL);
    close_world(&w);
}

static void an_idle_association_needs_no_waking(void **state)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    open_world(&w, 0);
    const int ours = open_channel(&w, 0, "x", &config);
    start(&w);
    run(&w, QUA_SECONDS(10));
    for (int i = 0; i < 2; i++)
        assert_int_equal(qua_sctp_deadline(w.side[i].sctp), QUA_TIME_NEVER);
    w.now = wall = w.now + QUA_SECONDS(3600);
    w.loss = 1;
    send_text(&w, 0, ours, "still there");
    run(&w, QUA_SECONDS(30));
    w.loss = 0; /* the network was gone for half a minute */
    run(&w, QUA_SECONDS(10));
    assert_string_equal(w.side[1].last, "still there");
    close_world(&w);
}

static void the_end_of_the_transport_closes_all(void **state)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;
    world w;

    (void)state;
    open_world(&w, 0);
    const int ours = open_channel(&w, 0, "x", &config);
    start(&w);
    run(&w, QUA_SECONDS(1));
    qua_sctp_stop(w.side[0].sctp);
    on_events(&w.side[0]);
    assert_int_equal(w.side[0].closed, ours);
    assert_int_equal(open_channel(&w, 0, "late", &config), QUA_ECLOSED);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_opens_within_three_round_trips_and_is_what_was_asked_for),
        cmocka_unit_test(ids_are_even_for_the_dtls_client_and_odd_for_the_server),
        cmocka_unit_test(messages_of_all_sizes_and_kinds_arrive_as_they_were_sent),
        cmocka_unit_test(sixteen_mebibytes_go_in_one_message_and_not_a_byte_more),
        cmocka_unit_test(loss_delays_a_reliable_channel_and_never_reorders_it),
        cmocka_unit_test(a_channel_without_retransmissions_loses_what_the_network_loses),
        cmocka_unit_test(closing_sends_what_waits_and_closes_both_ends),
        cmocka_unit_test(a_negotiated_channel_is_announced_to_nobody),
        cmocka_unit_test(impossible_channels_are_refused),
        cmocka_unit_test(an_idle_association_needs_no_waking),
        cmocka_unit_test(the_end_of_the_transport_closes_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
