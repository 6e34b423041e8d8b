/* The pacer: who goes first, who is too late, how fast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cc/cc.h"

#define T0 QUA_SECONDS(10)

static char items[2 * QUA_PACER_PACKETS];

typedef struct bench {
    qua_cc *cc;
    qua_pacer *pacer;
} bench;

/* A fixed 1 Mb/s: paced at 2 Mb/s, so 1000 bytes take 4 ms. */
static int set_up(void **state)
{
    static bench b;
    const qua_cc_config config = {.algorithm = QUA_CC_FIXED, .start_bps = 1000000};

    assert_int_equal(qua_cc_create(&b.cc, &config, T0), 0);
    assert_int_equal(qua_pacer_create(&b.pacer, b.cc), 0);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;

    qua_pacer_destroy(&b->pacer);
    qua_cc_destroy(&b->cc);
    return 0;
}

static void put(bench *b, qua_cc_kind kind, uint64_t group, char *item, qua_time deadline)
{
    assert_int_equal(qua_pacer_enqueue(b->pacer, T0, kind, 1000, group, item, deadline), 0);
}

static void *take(bench *b, qua_time now, qua_pacer_verdict verdict)
{
    qua_pacer_out out;

    assert_true(qua_pacer_poll(b->pacer, now, &out));
    assert_int_equal(out.verdict, verdict);
    return out.item;
}

static void assert_quiet(bench *b, qua_time now)
{
    qua_pacer_out out;

    assert_false(qua_pacer_poll(b->pacer, now, &out));
}

static void audio_first_then_repairs_then_pictures(void **state)
{
    bench *b = *state;

    put(b, QUA_CC_VIDEO, 0, &items[3], QUA_TIME_NEVER);
    put(b, QUA_CC_FEC, 0, &items[2], QUA_TIME_NEVER);
    put(b, QUA_CC_RETRANSMIT, 0, &items[1], QUA_TIME_NEVER);
    put(b, QUA_CC_AUDIO, 0, &items[0], QUA_TIME_NEVER);
    for (int i = 0; i < 4; i++)
        assert_ptr_equal(take(b, T0 + QUA_MS(20 * i), QUA_PACER_SEND), &items[i]);
    assert_quiet(b, T0 + QUA_SECONDS(1));
    assert_int_equal(qua_pacer_deadline(b->pacer, T0 + QUA_SECONDS(1)), QUA_TIME_NEVER);
}

static void a_frame_leaves_at_the_pace_and_audio_at_once(void **state)
{
    bench *b = *state;

    for (int i = 0; i < 4; i++)
        put(b, QUA_CC_VIDEO, 1, &items[i], QUA_TIME_NEVER);
    take(b, T0, QUA_PACER_SEND); /* 1 ms of burst is allowed, so the next may leave at 3 ms */
    assert_quiet(b, T0);
    assert_int_equal(qua_pacer_deadline(b->pacer, T0), T0 + QUA_MS(3));
    put(b, QUA_CC_AUDIO, 0, &items[9], QUA_TIME_NEVER);
    assert_int_equal(qua_pacer_deadline(b->pacer, T0), T0);
    assert_ptr_equal(take(b, T0, QUA_PACER_SEND), &items[9]);
    take(b, T0 + QUA_MS(3), QUA_PACER_SEND);
    assert_int_equal(qua_pacer_deadline(b->pacer, T0 + QUA_MS(3)), T0 + QUA_MS(7));
    take(b, T0 + QUA_MS(7), QUA_PACER_SEND);
    take(b, T0 + QUA_MS(11), QUA_PACER_SEND);
}

static void who_is_awake_lets_go_what_is_nearly_due_and_the_pace_holds(void **state)
{
    bench *b = *state;

    for (int i = 0; i < 3; i++)
        put(b, QUA_CC_VIDEO, 1, &items[i], QUA_TIME_NEVER);
    take(b, T0, QUA_PACER_SEND); /* the next is due at 3 ms */
    assert_quiet(b, T0 + QUA_MS(1) - 1);
    take(b, T0 + QUA_MS(1), QUA_PACER_SEND);
    assert_int_equal(qua_pacer_deadline(b->pacer, T0 + QUA_MS(1)), T0 + QUA_MS(7));
}

static void what_is_too_late_comes_back_with_its_whole_frame(void **state)
{
    bench *b = *state;
    qua_pacer_stats stats;

    put(b, QUA_CC_VIDEO, 1, &items[0], T0 + QUA_MS(30));
    put(b, QUA_CC_VIDEO, 1, &items[1], T0 + QUA_MS(90)); /* a later slice of the same frame */
    put(b, QUA_CC_VIDEO, 2, &items[2], T0 + QUA_MS(60));
    assert_int_equal(qua_pacer_deadline(b->pacer, T0), T0);
    const qua_time late = T0 + QUA_MS(30) + 1;
    assert_ptr_equal(take(b, late, QUA_PACER_STALE), &items[0]);
    assert_ptr_equal(take(b, late, QUA_PACER_STALE), &items[1]);
    assert_ptr_equal(take(b, late, QUA_PACER_SEND), &items[2]);
    qua_pacer_get_stats(b->pacer, late, &stats);
    assert_int_equal(stats.stale, 2);
    assert_int_equal(stats.sent, 1);
    assert_int_equal(stats.packets + stats.bytes, 0);
}

static void a_newer_frame_can_replace_an_older_one(void **state)
{
    bench *b = *state;

    put(b, QUA_CC_VIDEO, 1, &items[0], QUA_TIME_NEVER);
    put(b, QUA_CC_VIDEO, 2, &items[1], QUA_TIME_NEVER);
    put(b, QUA_CC_AUDIO, 0, &items[2], QUA_TIME_NEVER);
    qua_pacer_flush_group(b->pacer, 1);
    assert_ptr_equal(take(b, T0, QUA_PACER_STALE), &items[0]);
    qua_pacer_flush(b->pacer, QUA_CC_VIDEO);
    assert_ptr_equal(take(b, T0, QUA_PACER_STALE), &items[1]);
    assert_ptr_equal(take(b, T0, QUA_PACER_SEND), &items[2]);
}

static void the_pacer_is_bounded_and_says_so(void **state)
{
    bench *b = *state;

    for (int i = 0; i < QUA_PACER_PACKETS; i++)
        put(b, QUA_CC_VIDEO, 1, &items[i], QUA_TIME_NEVER);
    assert_int_equal(qua_pacer_enqueue(b->pacer, T0, QUA_CC_AUDIO, 100, 0, items, QUA_TIME_NEVER), QUA_EFULL);
    assert_int_equal(qua_pacer_enqueue(b->pacer, T0, QUA_CC_AUDIO, 0, 0, items, QUA_TIME_NEVER), QUA_EINVAL);
    assert_int_equal(qua_pacer_enqueue(b->pacer, T0, QUA_CC_PROBE, 100, 0, items, QUA_TIME_NEVER), QUA_EINVAL);
    qua_pacer_flush(b->pacer, QUA_CC_VIDEO);
    for (int i = 0; i < QUA_PACER_PACKETS; i++)
        assert_ptr_equal(take(b, T0, QUA_PACER_STALE), &items[i]);
    assert_quiet(b, T0);
}

static void a_probe_takes_waiting_packets_first_and_pads_the_rest(void **state)
{
    bench *b = *state;
    const qua_cc_probe probe = {.id = 1, .rate_bps = 8000000, .bytes = 4000, .packets = 4};
    qua_time now = T0;

    put(b, QUA_CC_VIDEO, 1, &items[0], QUA_TIME_NEVER);
    qua_pacer_probe(b->pacer, now, &probe);
    assert_ptr_equal(take(b, now, QUA_PACER_SEND), &items[0]);
    for (int i = 0; i < 3; i++) {
        now = QUA_MAX(qua_pacer_deadline(b->pacer, now), now);
        assert_null(take(b, now, QUA_PACER_PADDING));
    }
    assert_true(now - T0 < QUA_MS(5)); /* 4 packets at 8 Mb/s, not at 2 */
    assert_quiet(b, now + QUA_SECONDS(1));
    assert_int_equal(qua_pacer_deadline(b->pacer, now), QUA_TIME_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(audio_first_then_repairs_then_pictures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frame_leaves_at_the_pace_and_audio_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_awake_lets_go_what_is_nearly_due_and_the_pace_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_late_comes_back_with_its_whole_frame, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_frame_can_replace_an_older_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_pacer_is_bounded_and_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_probe_takes_waiting_packets_first_and_pads_the_rest, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
