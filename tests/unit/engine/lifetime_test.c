/* Who goes first: objects that are destroyed inside their own callback, and after their engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

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

/* Two connections of two engines on the loopback interface, one sends a picture. */
typedef struct pair {
    qua_engine *engine[2];
    qua_pc *pc[2];
    qua_video_source *source;
    sem_t described, gathered[2], seen;
    char sdp[65536];
    bool destroy_when_seen;
} pair;

static void on_described(void *context, int error, const char *sdp, const char *message)
{
    (void)sdp;
    (void)message;
    assert_int_equal(error, 0);
    sem_post(&((pair *)context)->described);
}

static void gathered(pair *p, int side, qua_gathering_state state)
{
    if (state == QUA_GATHERING_COMPLETE)
        sem_post(&p->gathered[side]);
}

static void caller_gathered(void *context, qua_gathering_state state)
{
    gathered(context, 0, state);
}

static void callee_gathered(void *context, qua_gathering_state state)
{
    gathered(context, 1, state);
}

static void on_video(void *context, int transceiver, qua_frame *frame, qua_time decoded)
{
    pair *p = context;
    qua_pc_stats stats;

    (void)transceiver;
    (void)frame;
    (void)decoded;
    assert_int_equal(qua_pc_get_stats(p->pc[1], &stats), 0); /* the loop answers to a decoder's thread */
    if (p->destroy_when_seen)
        qua_pc_destroy(&p->pc[1]);
    sem_post(&p->seen);
}

static void set(pair *p, int side, bool local, const qua_description *description)
{
    if (local)
        assert_int_equal(qua_pc_set_local_description(p->pc[side], description, on_described, p), 0);
    else
        assert_int_equal(qua_pc_set_remote_description(p->pc[side], description, on_described, p), 0);
    sem_wait(&p->described);
}

static void describe(pair *p, int side, qua_sdp_type type)
{
    const qua_description description = {type, p->sdp};

    set(p, side, true, NULL);
    sem_wait(&p->gathered[side]);
    assert_true(qua_pc_get_description(p->pc[side], true, p->sdp, sizeof p->sdp) > 0);
    set(p, !side, false, &description);
}

static void begin(pair *p)
{
    const qua_engine_config engine_config = {.bind_ips = loopback, .bind_ip_count = 1};
    const qua_pc_config caller = {.events = {.gathering_state = caller_gathered}, .context = p};
    const qua_pc_config callee = {.events = {.gathering_state = callee_gathered, .video = on_video}, .context = p};

    sem_init(&p->described, 0, 0);
    sem_init(&p->seen, 0, 0);
    for (int i = 0; i < 2; i++) {
        sem_init(&p->gathered[i], 0, 0);
        assert_int_equal(qua_engine_create(&p->engine[i], &engine_config), 0);
        assert_int_equal(qua_pc_create(&p->pc[i], p->engine[i], i ? &callee : &caller), 0);
    }
    assert_int_equal(qua_video_source_create(&p->source, p->engine[0]), 0);
    assert_int_equal(qua_pc_add_track(p->pc[0], QUA_VIDEO, p->source, NULL, "s", "t"), 0);
    describe(p, 0, QUA_SDP_OFFER);
    describe(p, 1, QUA_SDP_ANSWER);
}

/* A grey picture after the other, at the pace the receiver shows them or thirty a second. */
static void push_until_seen(pair *p)
{
    struct timespec wait;

    do {
        qua_frame *frame = qua_frame_create(160, 96);

        assert_non_null(frame);
        for (int i = 0; i < 3; i++)
            memset(frame->plane[i], 128, (size_t)frame->stride[i] * (size_t)(i ? 48 : 96));
        clock_gettime(CLOCK_MONOTONIC, &wait);
        frame->captured = (qua_time)wait.tv_sec * 1000000 + wait.tv_nsec / 1000;
        assert_int_equal(qua_video_source_push(p->source, frame), 0);
        qua_frame_unref(&frame);
        clock_gettime(CLOCK_REALTIME, &wait);
        wait.tv_nsec += 33000000;
        wait.tv_sec += wait.tv_nsec / 1000000000;
        wait.tv_nsec %= 1000000000;
    } while (sem_timedwait(&p->seen, &wait) != 0);
}

static void end(pair *p)
{
    for (int i = 0; i < 2; i++)
        qua_pc_destroy(&p->pc[i]);
    qua_video_source_destroy(&p->source);
    for (int i = 0; i < 2; i++) {
        sem_destroy(&p->gathered[i]);
        qua_engine_destroy(&p->engine[i]);
    }
    sem_destroy(&p->described);
    sem_destroy(&p->seen);
}

static void a_connection_is_destroyed_by_the_callback_that_shows_its_picture(void **state)
{
    static pair p;

    (void)state;
    p = (pair){.destroy_when_seen = true};
    begin(&p);
    push_until_seen(&p);
    assert_null(p.pc[1]);
    end(&p);
}

static void an_engine_ends_while_its_source_and_connection_are_still_held(void **state)
{
    static pair p;

    (void)state;
    p = (pair){0};
    begin(&p);
    push_until_seen(&p);
    qua_engine_destroy(&p.engine[0]);
    qua_engine_destroy(&p.engine[1]);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_executor_that_runs_at_once_may_destroy_the_connection_that_calls),
        cmocka_unit_test(a_malformed_description_is_refused_with_its_line),
        cmocka_unit_test(a_connection_is_destroyed_by_the_callback_that_shows_its_picture),
        cmocka_unit_test(an_engine_ends_while_its_source_and_connection_are_still_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
