/* Data channels as the app sees them: two connections of one engine, over loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "quartet/quartet.h"

#define LARGE (4u << 20)

typedef struct end {
    struct end *other;
    qua_pc *pc;
    qua_data_channel *channel;
    sem_t open, heard, low, closed;
    size_t size;
    bool binary, whole;
} end;

static void on_state(void *context, qua_data_channel_state state)
{
    end *e = context;

    if (state == QUA_DATA_CHANNEL_OPEN)
        sem_post(&e->open);
    if (state == QUA_DATA_CHANNEL_CLOSED)
        sem_post(&e->closed);
}

static void on_message(void *context, bool binary, const uint8_t *data, size_t size)
{
    end *e = context;

    e->binary = binary;
    e->size = size;
    e->whole = true;
    for (size_t i = 0; i < size; i++)
        e->whole &= data[i] == (uint8_t)i;
    sem_post(&e->heard);
}

static void on_low(void *context)
{
    sem_post(&((end *)context)->low);
}

static const qua_data_channel_events events = {on_state, on_message, on_low};

static void on_data_channel(void *context, qua_data_channel *channel)
{
    end *e = context;

    e->channel = channel;
    qua_data_channel_set_events(channel, &events, e);
}

static void on_candidate(void *context, const qua_candidate *candidate)
{
    qua_pc_add_ice_candidate(((end *)context)->other->pc, candidate, NULL, NULL);
}

static void on_answer(void *context, int error, const char *sdp, const char *message)
{
    const qua_description answer = {QUA_SDP_ANSWER, sdp};

    (void)message;
    assert_int_equal(error, 0);
    qua_pc_set_remote_description(((end *)context)->other->pc, &answer, NULL, NULL);
}

static void on_offer_taken(void *context, int error, const char *sdp, const char *message)
{
    (void)sdp, (void)message;
    assert_int_equal(error, 0);
    qua_pc_set_local_description(((end *)context)->pc, NULL, on_answer, context);
}

static void on_offer(void *context, int error, const char *sdp, const char *message)
{
    end *other = ((end *)context)->other;
    const qua_description offer = {QUA_SDP_OFFER, sdp};

    (void)message;
    assert_int_equal(error, 0);
    qua_pc_set_remote_description(other->pc, &offer, on_offer_taken, other);
}

static void open_end(end *e, end *other, qua_engine *engine)
{
    const qua_pc_config config = {.events = {.ice_candidate = on_candidate, .data_channel = on_data_channel},
                                  .context = e};

    memset(e, 0, sizeof *e);
    e->other = other;
    sem_init(&e->open, 0, 0);
    sem_init(&e->heard, 0, 0);
    sem_init(&e->low, 0, 0);
    sem_init(&e->closed, 0, 0);
    assert_int_equal(qua_pc_create(&e->pc, engine, &config), 0);
}

static qua_engine *open_both(end *a, end *b)
{
    const char *const loopback[] = {"127.0.0.1"};
    const qua_engine_config config = {.bind_ips = loopback, .bind_ip_count = 1};
    qua_engine *engine = NULL;

    assert_int_equal(qua_engine_create(&engine, &config), 0);
    open_end(a, b, engine);
    open_end(b, a, engine);
    assert_int_equal(qua_pc_create_data_channel(&a->channel, a->pc, "x", NULL, &events, a), 0);
    qua_pc_set_local_description(a->pc, NULL, on_offer, a);
    sem_wait(&a->open);
    sem_wait(&b->open);
    return engine;
}

static void close_both(end *a, end *b, qua_engine **engine)
{
    qua_data_channel_destroy(&a->channel);
    qua_data_channel_destroy(&b->channel);
    qua_pc_destroy(&a->pc);
    qua_pc_destroy(&b->pc);
    qua_engine_destroy(engine);
}

static void large_messages_pass_and_the_buffered_amount_tells_when_there_is_room(void **state)
{
    uint8_t *data = malloc(LARGE);
    qua_engine *engine;
    end a, b;

    (void)state;
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (uint8_t)i;
    engine = open_both(&a, &b);
    assert_int_equal(qua_data_channel_send_max(a.channel), QUA_DATA_MESSAGE_MAX);
    qua_data_channel_set_buffered_amount_low_threshold(a.channel, 1000);
    assert_int_equal(qua_data_channel_send(a.channel, true, data, LARGE), 0);
    sem_wait(&a.low);
    assert_in_range(qua_data_channel_buffered_amount(a.channel), 0, 1000);
    sem_wait(&b.heard);
    assert_int_equal(b.size, LARGE);
    assert_true(b.binary && b.whole);
    assert_int_equal(qua_data_channel_send(b.channel, false, data, 3), 0);
    sem_wait(&a.heard);
    assert_int_equal(a.size, 3);
    assert_false(a.binary);
    assert_int_equal(qua_data_channel_send(a.channel, true, data, QUA_DATA_MESSAGE_MAX + 1), QUA_EINVAL);
    close_both(&a, &b, &engine);
    free(data);
}

static void closing_one_end_closes_the_other_and_a_closed_one_takes_nothing(void **state)
{
    qua_data_channel_info info;
    qua_engine *engine;
    end a, b;
    char *report;

    (void)state;
    engine = open_both(&a, &b);
    qua_data_channel_get_info(b.channel, &info);
    assert_string_equal(info.label, "x");
    report = qua_pc_get_report(b.pc);
    assert_non_null(strstr(report, "\"type\":\"data-channel\""));
    free(report);
    qua_data_channel_close(b.channel);
    sem_wait(&a.closed);
    sem_wait(&b.closed);
    assert_int_equal(qua_data_channel_get_state(a.channel), QUA_DATA_CHANNEL_CLOSED);
    assert_int_equal(qua_data_channel_send(a.channel, false, (const uint8_t *)"x", 1), QUA_ESTATE);
    close_both(&a, &b, &engine);
}

static void a_channel_outlives_its_connection_and_hears_of_its_end(void **state)
{
    qua_data_channel *late;
    qua_engine *engine;
    end a, b;

    (void)state;
    engine = open_both(&a, &b);
    qua_pc_destroy(&a.pc);
    sem_wait(&a.closed);
    sem_wait(&b.closed);
    assert_int_equal(qua_data_channel_send(a.channel, false, (const uint8_t *)"x", 1), QUA_ESTATE);
    assert_int_equal(qua_pc_create_data_channel(&late, b.pc, "late", NULL, NULL, NULL), QUA_ECLOSED);
    close_both(&a, &b, &engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_messages_pass_and_the_buffered_amount_tells_when_there_is_room),
        cmocka_unit_test(closing_one_end_closes_the_other_and_a_closed_one_takes_nothing),
        cmocka_unit_test(a_channel_outlives_its_connection_and_hears_of_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
