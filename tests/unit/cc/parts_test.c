/* The parts that the controller is made of, each on its own: history, baseline, capacity, queue, loss, company. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cc/cc_internal.h"

static cc_history history;

static void a_packet_is_found_by_its_number_until_it_is_forgotten(void **state)
{
    (void)state;
    cc_history_init(&history);
    assert_null(cc_history_find(&history, 0));
    for (int64_t seq = 70000; seq < 70000 + 2 * QUA_CC_HISTORY; seq++)
        assert_non_null(cc_history_add(&history, seq, seq, 100, QUA_CC_VIDEO));
    assert_null(cc_history_find(&history, 70000));
    assert_null(cc_history_find(&history, 70000 + 2 * QUA_CC_HISTORY));
    assert_int_equal(cc_history_find(&history, 70000 + QUA_CC_HISTORY)->sent_at, 70000 + QUA_CC_HISTORY);
    assert_int_equal(history.in_flight, 100 * QUA_CC_HISTORY);
}

static void numbers_may_skip_but_not_repeat(void **state)
{
    (void)state;
    cc_history_init(&history);
    assert_non_null(cc_history_add(&history, 1, 5, 100, QUA_CC_VIDEO));
    assert_null(cc_history_add(&history, 1, 5, 100, QUA_CC_VIDEO));
    assert_null(cc_history_add(&history, 1, 4, 100, QUA_CC_VIDEO));
    assert_non_null(cc_history_add(&history, 2, 5 + 3 * QUA_CC_HISTORY, 100, QUA_CC_VIDEO));
    assert_null(cc_history_find(&history, 5));
    assert_null(cc_history_find(&history, 6));
    assert_int_equal(history.in_flight, 100);
}

static void the_base_delay_is_a_minimum_that_forgets(void **state)
{
    cc_baseline b;

    (void)state;
    cc_baseline_init(&b);
    cc_baseline_add(&b, QUA_SECONDS(1), 5000, 1200);
    cc_baseline_add(&b, QUA_SECONDS(1), 4000, 100);
    cc_baseline_add(&b, QUA_SECONDS(2), 9000, 1200);
    assert_int_equal(b.best.delay, 4000);
    assert_int_equal(b.best.size, 100);
    for (qua_time t = QUA_SECONDS(3); t < QUA_SECONDS(20); t += QUA_MS(100))
        cc_baseline_add(&b, t, 6000, 100);
    assert_int_equal(b.best.delay, 6000);
    cc_baseline_add(&b, QUA_SECONDS(1000), 7000, 100); /* a long silence: what is new counts */
    assert_int_equal(b.best.delay, 7000);
}

static void a_frozen_base_delay_stays(void **state)
{
    cc_baseline b;

    (void)state;
    cc_baseline_init(&b);
    cc_baseline_add(&b, QUA_SECONDS(1), 4000, 100);
    b.frozen = true;
    for (qua_time t = QUA_SECONDS(2); t < QUA_SECONDS(60); t += QUA_MS(100))
        cc_baseline_add(&b, t, 90000, 100);
    assert_int_equal(b.best.delay, 4000);
}

/* Frames of four packets each 33 ms, at once, into a server of `bps`; audio between if asked for. */
static double learn(double bps, double gap_us, bool audio, double jitter_us)
{
    cc_capacity c;
    qua_prng prng;
    double free_at = 0, last = 0;
    const uint32_t base = audio ? 100 : 1000;

    qua_prng_seed(&prng, 1);
    cc_capacity_init(&c, 200e3);
    for (int i = 0; i < 900; i++) {
        const uint32_t size = audio && i % 6 == 0 ? 100 : 1000;
        const double sent = (i / 6) * 33e3 + (i % 6) * gap_us;
        free_at = QUA_MAX(sent, free_at) + size * 8e6 / bps;
        const double jitter = qua_prng_uniform(&prng) * jitter_us;
        last = QUA_MAX(last, free_at + jitter); /* jitter keeps the order */
        cc_capacity_add(&c, sent, last - base * 8e6 / bps, size, base, 0);
    }
    return cc_capacity_bps(&c);
}

static void the_servers_rate_shows_in_service_times(void **state)
{
    (void)state;
    assert_in_range((int)learn(2e6, 1e3, true, 0), 1990000, 2010000);
    assert_in_range((int)learn(2e6, 1e3, false, 0), 1990000, 2010000);
    assert_in_range((int)learn(3e6, 2e3, true, 0), 2900000, 3100000);
    assert_in_range((int)learn(2e6, 6e3, true, 0), 1800000, 2200000); /* paced slower than the server */
}

static void jitter_hides_the_rate_but_not_by_half(void **state)
{
    (void)state;
    assert_in_range((int)learn(2e6, 1e3, true, 15e3), 1000000, 2500000);
}

static void an_outage_is_not_a_rate(void **state)
{
    cc_capacity c;

    (void)state;
    cc_capacity_init(&c, 200e3);
    for (int i = 0; i < 200; i++)
        cc_capacity_add(&c, i * 33e3 - 1, i * 33e3 + (i % 4) * 4e3, 1000, 100, 0);
    const double before = cc_capacity_bps(&c);
    cc_capacity_add(&c, 200 * 33e3, 200 * 33e3 + 2e6, 1000, 100, 0);
    assert_true(cc_capacity_bps(&c) > before / 2);
}

static void the_queue_model_replays_what_is_in_flight(void **state)
{
    cc_queue q = {.free_at = 0, .first_unacked = -1};

    (void)state;
    cc_history_init(&history);
    for (int64_t seq = 0; seq < 4; seq++) {
        cc_history_add(&history, 1000 * seq, seq, 1000, QUA_CC_VIDEO);
        cc_queue_add(&q, 1000 * seq, 1000, 1e6);
    }
    assert_int_equal((int)q.free_at, 32000);
    history.newest_acked = 1; /* and it left at 20 ms, later than thought */
    cc_queue_anchor(&q, &history, 20000, 1e6);
    assert_int_equal((int)q.free_at, 36000);
    assert_int_equal((int)q.first_unacked, 28000);
    cc_queue_anchor(&q, &history, 20000, 2e6);
    assert_int_equal((int)q.free_at, 28000);
}

static void losses_and_marks_are_shares_that_forget(void **state)
{
    cc_loss l = {0};

    (void)state;
    cc_loss_add(&l, true, false, 0);
    assert_true(cc_loss_ratio(&l) <= 0.05); /* one packet proves nothing */
    for (int i = 0; i < 2000; i++)
        cc_loss_add(&l, i % 10 == 0, i % 4 == 1, 0);
    assert_true(cc_loss_ratio(&l) > 0.09 && cc_loss_ratio(&l) < 0.11);
    assert_true(cc_loss_ce(&l) > 0.22 && cc_loss_ce(&l) < 0.34);
    for (int i = 0; i < 2000; i++)
        cc_loss_add(&l, false, false, 0);
    assert_true(cc_loss_ratio(&l) < 0.001);
}

static void meet_queue(cc_compete *k, qua_time from, qua_time to, double queue_us, uint32_t in_flight)
{
    for (qua_time t = from; t < to; t += QUA_MS(20)) {
        const cc_sent packet = {.sent_at = t, .size = 120, .in_flight = in_flight};
        cc_compete_packet(k, t, &packet, queue_us, 50e3);
        cc_compete_check(k, t, 100e3);
    }
}

static void only_a_queue_that_is_not_ours_and_stays_makes_us_compete(void **state)
{
    cc_compete k = {.capacity_seen = 1e6};

    (void)state;
    meet_queue(&k, QUA_SECONDS(1), QUA_SECONDS(5), 100e3, 12000); /* 96 ms of it are ours */
    assert_false(k.on);
    meet_queue(&k, QUA_SECONDS(5), QUA_SECONDS(5) + QUA_MS(500), 100e3, 1000);
    assert_false(k.on);
    meet_queue(&k, QUA_SECONDS(5) + QUA_MS(500), QUA_SECONDS(7), 100e3, 1000);
    assert_true(k.on);
    const double before = k.window;
    meet_queue(&k, QUA_SECONDS(7), QUA_SECONDS(8), 100e3, 1000);
    assert_true(k.window > before);
    cc_compete_lost(&k, QUA_SECONDS(8), QUA_MS(50));
    const double after = k.window;
    cc_compete_lost(&k, QUA_SECONDS(8) + 1, QUA_MS(50)); /* one cut a round trip */
    assert_true(k.window == after);
    meet_queue(&k, QUA_SECONDS(8), QUA_SECONDS(40), 5e3, 1000); /* it left: seen at the next look */
    assert_false(k.on);
}

/* The link stands still for 300 ms of every 350: long waits, but all that was sent meanwhile comes out at once. */
static void a_link_that_stands_still_is_nobody_elses_queue(void **state)
{
    cc_compete k = {.capacity_seen = 1e6};

    (void)state;
    for (qua_time t = QUA_SECONDS(1); t < QUA_SECONDS(20); t += QUA_MS(20)) {
        const qua_time into = t % QUA_MS(350);
        const cc_sent packet = {.sent_at = t, .size = 120, .in_flight = 1000};
        cc_compete_packet(&k, t, &packet, into < QUA_MS(300) ? (double)(QUA_MS(300) - into) : 0, 50e3);
        cc_compete_check(&k, t, 100e3);
    }
    assert_false(k.on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_found_by_its_number_until_it_is_forgotten),
        cmocka_unit_test(numbers_may_skip_but_not_repeat),
        cmocka_unit_test(the_base_delay_is_a_minimum_that_forgets),
        cmocka_unit_test(a_frozen_base_delay_stays),
        cmocka_unit_test(the_servers_rate_shows_in_service_times),
        cmocka_unit_test(jitter_hides_the_rate_but_not_by_half),
        cmocka_unit_test(an_outage_is_not_a_rate),
        cmocka_unit_test(the_queue_model_replays_what_is_in_flight),
        cmocka_unit_test(losses_and_marks_are_shares_that_forget),
        cmocka_unit_test(only_a_queue_that_is_not_ours_and_stays_makes_us_compete),
        cmocka_unit_test(a_link_that_stands_still_is_nobody_elses_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
