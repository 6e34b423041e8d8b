/* The controller by its door: what it answers before it knows anything, and to feedback that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cc/cc.h"

#define T0 QUA_SECONDS(100)

static int set_up(void **state)
{
    const qua_cc_config config = {.start_bps = 500000, .min_bps = 50000, .max_bps = 5000000, .probe = true};

    return qua_cc_create((qua_cc **)state, &config, T0);
}

static int tear_down(void **state)
{
    qua_cc_destroy((qua_cc **)state);
    return 0;
}

/* Send frames of `count` packets each 33 ms and answer each after 25 + 25 ms, as a 1 Mb/s path would. */
static qua_time exchange(qua_cc *cc, qua_time now, int64_t *seq, int frames, int count)
{
    for (int f = 0; f < frames; f++, now += 33333) {
        qua_cc_packet told[16];
        qua_time free_at = now;
        for (int i = 0; i < count; i++) {
            qua_cc_on_sent(cc, now, *seq, 500, QUA_CC_VIDEO);
            free_at += 4000;
            told[i] = (qua_cc_packet){.seq = (*seq)++, .size = 500, .received_at = free_at + QUA_MS(25) + 777777777};
        }
        qua_cc_on_feedback(cc, free_at + QUA_MS(50), told, (size_t)count);
        now = QUA_MAX(now, free_at + QUA_MS(50) - 33333);
    }
    return now;
}

static void bad_limits_are_refused(void **state)
{
    const qua_cc_config bad = {.min_bps = 2000000, .max_bps = 1000000};
    qua_cc *cc = NULL;

    (void)state;
    assert_int_equal(qua_cc_create(&cc, &bad, T0), QUA_EINVAL);
    assert_null(cc);
}

static void before_any_feedback_it_starts_as_told(void **state)
{
    qua_cc *cc = *state;
    qua_cc_stats stats;

    assert_in_range(qua_cc_target_bps(cc, T0), 450000, 500000);
    assert_true(qua_cc_frame_budget(cc, T0) > 2000); /* the first frame is larger: it is the probe */
    assert_true(qua_cc_can_send(cc, T0, 1200, QUA_CC_VIDEO));
    qua_cc_get_stats(cc, T0, &stats);
    assert_int_equal(stats.state, QUA_CC_START);
    assert_int_equal(stats.capacity_bps, 0);
    assert_string_equal(qua_cc_state_name(stats.state), "start");
}

static void without_answers_it_stops_sending_pictures_but_never_audio(void **state)
{
    qua_cc *cc = *state;
    qua_time now = T0;
    size_t early = 0, late = 0, asked = 0;
    int64_t seq = 0;

    for (int f = 0; f < 90; f++, now += 33333) {
        const size_t budget = qua_cc_frame_budget(cc, now);
        if (budget > 0)
            qua_cc_on_sent(cc, now, seq++, budget, QUA_CC_VIDEO);
        qua_cc_on_timeout(cc, now);
        early += now - T0 < QUA_MS(500) ? budget : 0;
        late += now - T0 < QUA_MS(500) ? 0 : budget;
        asked += now - T0 >= QUA_MS(500) && budget > 0;
        assert_true(qua_cc_can_send(cc, now, 120, QUA_CC_AUDIO));
    }
    assert_true(early < 500000 / 8 * 7 / 20); /* 350 ms at its rate, the long first frame included */
    assert_in_range(asked, 3, 5);             /* then small ones, twice a second: is the path back? */
    assert_true(late <= asked * 500);
    assert_int_equal(qua_cc_frame_budget(cc, now), 0);
    assert_false(qua_cc_can_send(cc, now, 1200, QUA_CC_VIDEO));
    const qua_time asks = qua_cc_can_send_at(cc, now, 1200, QUA_CC_VIDEO);
    assert_in_range(asks, now, now + QUA_SECONDS(1));
    assert_in_range(qua_cc_frame_budget(cc, asks), 300, 1000);
}

static void answers_tell_the_capacity_and_the_delay(void **state)
{
    qua_cc *cc = *state;
    qua_cc_stats stats;
    int64_t seq = 1000;

    const qua_time now = exchange(cc, T0, &seq, 60, 6);
    qua_cc_get_stats(cc, now, &stats);
    assert_in_range(stats.capacity_bps, 700000, 1100000);
    assert_in_range(stats.rtt_us, QUA_MS(49), QUA_MS(80));
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.packets_lost, 0);
    assert_int_equal(stats.state, QUA_CC_STEADY);
}

static void lies_are_counted_and_change_nothing(void **state)
{
    qua_cc *cc = *state;
    qua_cc_stats before, after;
    int64_t seq = 0;

    const qua_time now = exchange(cc, T0, &seq, 60, 6);
    qua_cc_get_stats(cc, now, &before);
    const qua_cc_packet lies[] = {
        {.seq = seq + 100, .received_at = now}, /* never sent */
        {.seq = INT64_MAX, .received_at = now},
        {.seq = INT64_MIN, .received_at = now},
        {.seq = 3, .received_at = now + QUA_SECONDS(5)}, /* already received */
    };
    qua_cc_on_feedback(cc, now, lies, QUA_ARRAY_SIZE(lies));
    qua_cc_get_stats(cc, now, &after);
    assert_int_equal(after.capacity_bps, before.capacity_bps);
    assert_int_equal(after.packets_acked, before.packets_acked);
    assert_true(after.feedback_bad >= 3);
}

static void impossible_times_do_no_harm(void **state)
{
    static const qua_time times[] = {0, -1, INT64_MIN, INT64_MAX - 1, QUA_SECONDS(1000000), -QUA_SECONDS(1000000)};
    qua_cc *cc = *state;
    qua_time now = T0;
    int64_t seq = 0;

    for (int round = 0; round < 200; round++, now += 33333) {
        const qua_cc_packet told = {.seq = seq, .received_at = times[round % QUA_ARRAY_SIZE(times)], .ecn = 255};
        qua_cc_on_sent(cc, now, seq++, 1000, QUA_CC_VIDEO);
        qua_cc_on_feedback(cc, now + QUA_MS(10), &told, 1);
        assert_in_range(qua_cc_target_bps(cc, now), 50000, 5000000);
        assert_true(qua_cc_frame_budget(cc, now) < 100000);
        (void)qua_cc_can_send_at(cc, now, 1200, QUA_CC_VIDEO);
    }
}

static void a_packet_called_lost_that_comes_late_was_received(void **state)
{
    qua_cc *cc = *state;
    qua_cc_stats stats;

    qua_cc_on_sent(cc, T0, 1, 1000, QUA_CC_VIDEO);
    qua_cc_on_sent(cc, T0, 2, 1000, QUA_CC_VIDEO);
    const qua_cc_packet first[] = {{.seq = 1, .received_at = QUA_TIME_NEVER}, {.seq = 2, .received_at = 5000}};
    qua_cc_on_feedback(cc, T0 + QUA_MS(50), first, 2);
    qua_cc_get_stats(cc, T0 + QUA_MS(50), &stats);
    assert_int_equal(stats.packets_lost, 1);
    assert_int_equal(stats.in_flight, 0);
    const qua_cc_packet then[] = {{.seq = 1, .received_at = 9000}, {.seq = 2, .received_at = 5000}};
    qua_cc_on_feedback(cc, T0 + QUA_MS(60), then, 2);
    qua_cc_get_stats(cc, T0 + QUA_MS(60), &stats);
    assert_int_equal(stats.packets_lost, 0);
    assert_int_equal(stats.packets_acked, 2);
}

static void a_new_path_starts_anew(void **state)
{
    qua_cc *cc = *state;
    qua_cc_stats stats;
    int64_t seq = 0;

    const qua_time now = exchange(cc, T0, &seq, 60, 6);
    qua_cc_on_route_change(cc, now, 300000);
    qua_cc_get_stats(cc, now, &stats);
    assert_int_equal(stats.state, QUA_CC_START);
    assert_int_equal(stats.capacity_bps, 0);
    assert_in_range(stats.target_bps, 250000, 300000);
    const qua_cc_packet old = {.seq = seq - 1, .received_at = now};
    qua_cc_on_feedback(cc, now, &old, 1); /* of the old path: nobody's business */
    exchange(cc, now, &seq, 30, 6);
    qua_cc_get_stats(cc, now, &stats);
    assert_true(stats.capacity_bps > 500000);
}

static void demand_and_limits_hold(void **state)
{
    qua_cc *cc = *state;
    int64_t seq = 0;
    const qua_time now = exchange(cc, T0, &seq, 60, 6);

    qua_cc_set_demand(cc, now, 200000);
    assert_int_equal(qua_cc_target_bps(cc, now), 200000);
    qua_cc_set_demand(cc, now, 0);
    assert_int_equal(qua_cc_set_limits(cc, 100000, 300000, 0), 0);
    assert_int_equal(qua_cc_target_bps(cc, now), 300000);
    assert_int_equal(qua_cc_set_limits(cc, 400000, 0, 0), QUA_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_limits_are_refused),
        cmocka_unit_test_setup_teardown(before_any_feedback_it_starts_as_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_answers_it_stops_sending_pictures_but_never_audio, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_tell_the_capacity_and_the_delay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lies_are_counted_and_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(impossible_times_do_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_packet_called_lost_that_comes_late_was_received, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_path_starts_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(demand_and_limits_hold, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
