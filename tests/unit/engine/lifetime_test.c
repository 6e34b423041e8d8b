/* Who goes first: objects that are destroyed inside their own callback, and after their engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <semaphore.h>
#include <string.h>

#include "quartet/quartet.h"

typedef struct story {
    qua_pc *pc;
    int calls, error;
    char message[200];
    sem_t done;
} story;

static const char *const loopback[] = {"127.0.0.1"};

static void run_at_once(void *context, void (*fn)(void *argument), void *argument)
{
    (void)context;
    fn(argument);
}

static void destroy_on_signaling(void *context, qua_signaling_state state)
{
    story *s = context;

    (void)state;
    s->calls++;
    qua_pc_destroy(&s->pc);
    sem_post(&s->done);
}

static void an_executor_that_runs_at_once_may_destroy_the_connection_that_calls(void **state)
{
    story s = {0};
    const qua_engine_config engine_config = {.executor = {run_at_once, NULL}, .bind_ips = loopback, .bind_ip_count = 1};
    const qua_pc_config config = {.events = {.signaling_state = destroy_on_signaling}, .context = &s};
    qua_engine *engine = NULL;

    (void)state;
    sem_init(&s.done, 0, 0);
    assert_int_equal(qua_engine_create(&engine, &engine_config), 0);
    assert_int_equal(qua_pc_create(&s.pc, engine, &config), 0);
    assert_int_equal(qua_pc_add_transceiver(s.pc, QUA_AUDIO, QUA_DIRECTION_RECVONLY, NULL, NULL, "", ""), 0);
    assert_int_equal(qua_pc_set_local_description(s.pc, NULL, NULL, NULL), 0);
    sem_wait(&s.done);
    qua_engine_destroy(&engine);
    assert_null(s.pc);
    assert_int_equal(s.calls, 1);
    sem_destroy(&s.done);
}

static void keep_message(void *context, int error, const char *sdp, const char *message)
{
    story *s = context;

    assert_null(sdp);
    s->error = error;
    strncpy(s->message, message, sizeof s->message - 1);
    sem_post(&s->done);
}

static void a_malformed_description_is_refused_with_its_line(void **state)
{
    story s = {0};
    const qua_pc_config config = {.context = &s};
    const qua_description bad = {QUA_SDP_OFFER, "v=0\r\nnonsense\r\n"};
    const qua_engine_config engine_config = {.bind_ips = loopback, .bind_ip_count = 1};
    qua_engine *engine = NULL;

    (void)state;
    sem_init(&s.done, 0, 0);
    assert_int_equal(qua_engine_create(&engine, &engine_config), 0);
    assert_int_equal(qua_pc_create(&s.pc, engine, &config), 0);
    assert_int_equal(qua_pc_set_remote_description(s.pc, &bad, keep_message, &s), 0);
    sem_wait(&s.done);
    assert_true(s.error < 0);
    assert_non_null(strstr(s.message, "line 2"));
    qua_engine_destroy(&engine);
    assert_int_equal(qua_pc_create_offer(s.pc, false, keep_message, &s), QUA_ECLOSED);
    qua_pc_destroy(&s.pc);
    sem_destroy(&s.done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_executor_that_runs_at_once_may_destroy_the_connection_that_calls),
        cmocka_unit_test(a_malformed_description_is_refused_with_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
