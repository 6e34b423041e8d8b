/* The receiving side: statistics, what came when, what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rtp/rtp.h"

#define T0  QUA_SECONDS(100)
#define RTT QUA_MS(50)

/* ---- reports --------------------------------------------------------------------------------------------- */

static void loss_is_counted_by_interval_and_in_all(void **state)
{
    qua_rtp_receiver r;
    qua_rtp_report report;

    (void)state;
    qua_rtp_receiver_init(&r, 0x1234, 90000);
    for (int i = 0; i < 100; i++)
        if (i % 4 != 3)
            qua_rtp_receiver_on_packet(&r, T0 + i * QUA_MS(10), (uint16_t)(65500 + i), (uint32_t)i * 900);
    qua_rtp_receiver_report(&r, T0, &report);
    assert_int_equal(report.ssrc, 0x1234);
    assert_int_equal(report.cumulative_lost, 24); /* the last of 25 is not yet missed */
    assert_int_equal(report.fraction_lost, 24 * 256 / 99);
    assert_int_equal(report.highest_seq, 65536 + 62); /* one cycle up (RFC 3550 A.1) */
    assert_int_equal(report.jitter, 0);
    for (int i = 99; i < 110; i++)
        qua_rtp_receiver_on_packet(&r, T0 + i * QUA_MS(10), (uint16_t)(65500 + i), (uint32_t)i * 900);
    qua_rtp_receiver_report(&r, T0, &report);
    assert_int_equal(report.fraction_lost, 0);
    assert_int_equal(qua_rtp_receiver_lost(&r), 24);
}

static void duplicates_make_no_negative_loss(void **state)
{
    qua_rtp_receiver r;
    qua_rtp_report report;

    (void)state;
    qua_rtp_receiver_init(&r, 1, 90000);
    for (int i = 0; i < 10; i++)
        qua_rtp_receiver_on_packet(&r, T0, 7, 0);
    qua_rtp_receiver_report(&r, T0, &report);
    assert_int_equal(report.fraction_lost, 0);
    assert_int_equal(report.cumulative_lost, -9);
    assert_int_equal(qua_rtp_receiver_lost(&r), 0);
}

static void a_stream_that_never_came_reports_nothing(void **state)
{
    qua_rtp_receiver r;
    qua_rtp_report report;

    (void)state;
    qua_rtp_receiver_init(&r, 1, 48000);
    qua_rtp_receiver_report(&r, T0, &report);
    assert_int_equal(report.highest_seq, 0);
    assert_int_equal(report.cumulative_lost, 0);
    assert_int_equal(qua_rtp_receiver_ntp(&r, 5), 0);
}

static void jitter_is_in_ticks_and_survives_the_wraps(void **state)
{
    qua_rtp_receiver r;
    qua_rtp_report report;
    uint32_t timestamp = 0xffffff00u;

    (void)state;
    qua_rtp_receiver_init(&r, 1, 48000);
    for (int i = 0; i < 400; i++, timestamp += 960) /* every other packet 4 ms late */
        qua_rtp_receiver_on_packet(&r, T0 + i * QUA_MS(20) + (i & 1 ? QUA_MS(4) : 0), (uint16_t)i, timestamp);
    qua_rtp_receiver_report(&r, T0, &report);
    assert_in_range(report.jitter, 185, 193); /* 4 ms */
    /* a transit that crosses the sign of 32 bits is a small step, not a huge one */
    qua_rtp_receiver_init(&r, 1, 48000);
    const uint32_t half = qua_rtp_from_time(T0, 48000) + 0x80000000u;
    for (int i = 0; i < 10; i++)
        qua_rtp_receiver_on_packet(&r, T0, (uint16_t)i, half + (i & 1 ? 1 : 0xffffffff));
    qua_rtp_receiver_report(&r, T0, &report);
    assert_in_range(report.jitter, 0, 2);
}

static void a_sender_report_ties_its_clock_to_ours(void **state)
{
    qua_rtp_receiver r;
    qua_rtp_report report;
    const uint64_t ntp = 0x00000010abcd0000u;

    (void)state;
    qua_rtp_receiver_init(&r, 1, 90000);
    qua_rtp_receiver_on_sr(&r, T0, ntp, 45000);
    qua_rtp_receiver_report(&r, T0 + QUA_MS(500), &report);
    assert_int_equal(report.last_sr, 0x0010abcd);
    assert_int_equal(report.delay_since_sr, 32768);
    assert_true(qua_rtp_receiver_ntp(&r, 45000 + 90000) == ntp + (1ull << 32));
    assert_true(qua_rtp_receiver_ntp(&r, 45000 - 90000) == ntp - (1ull << 32)); /* captured before the report */
}

/* ---- arrivals -------------------------------------------------------------------------------------------- */

typedef struct told {
    uint16_t base;
    size_t count;
    qua_time at[QUA_RTCP_FEEDBACK_READ];
} told;

static void on_feedback(void *context, uint16_t base, const qua_time *at, size_t count)
{
    told *t = context;

    t->base = base;
    t->count = count;
    memcpy(t->at, at, count * sizeof *at);
}

static qua_rtp_arrivals arrivals;

/* Write one report and read it back. */
static told report(void)
{
    static told t;
    const qua_rtcp_handlers handlers = {.transport_feedback = on_feedback};
    uint8_t data[QUA_DATAGRAM_MAX];
    qua_writer w = qua_writer_of(data, sizeof data);

    memset(&t, 0, sizeof t);
    assert_true(qua_rtp_arrivals_waiting(&arrivals));
    qua_rtcp_write_transport_feedback(&w, 1, 2, &arrivals);
    assert_false(w.failed);
    assert_int_equal(qua_rtcp_parse(data, w.size, &handlers, &t), 0);
    return t;
}

static int start_anew(void **state)
{
    (void)state;
    memset(&arrivals, 0, sizeof arrivals);
    return 0;
}

static void arrivals_are_told_once_with_their_holes(void **state)
{
    (void)state;
    assert_false(qua_rtp_arrivals_waiting(&arrivals));
    for (int i = 0; i < 10; i++)
        if (i != 4)
            qua_rtp_arrivals_add(&arrivals, T0 + i * QUA_MS(5), (uint16_t)(65531 + i));
    const told t = report();
    assert_int_equal(t.base, 65531);
    assert_int_equal(t.count, 10);
    assert_true(t.at[4] == QUA_TIME_NEVER);
    for (int i = 0; i < 10; i++)
        if (i != 4)
            assert_in_range(t.at[i] - t.at[0] + 250, i * QUA_MS(5), i * QUA_MS(5) + 500);
    assert_false(qua_rtp_arrivals_waiting(&arrivals));
}

static void errors_of_rounding_do_not_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++)
        qua_rtp_arrivals_add(&arrivals, T0 + i * 1124, (uint16_t)i); /* 4.496 ticks of 250 µs */
    const told t = report();
    assert_int_equal(t.count, 400);
    assert_in_range(t.at[399] - t.at[0], 399 * 1124 - 250, 399 * 1124 + 250);
}

static void a_late_packet_is_told_without_unsaying_the_others(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        if (i != 2)
            qua_rtp_arrivals_add(&arrivals, T0 + QUA_MS(i), (uint16_t)i);
    report();
    qua_rtp_arrivals_add(&arrivals, T0 + QUA_MS(9), 2);
    const told t = report();
    assert_int_equal(t.base, 2);
    for (size_t i = 0; i < t.count; i++)
        assert_true(t.at[i] != QUA_TIME_NEVER);
    qua_rtp_arrivals_add(&arrivals, T0 + QUA_MS(9), 3); /* a copy is no news */
    assert_false(qua_rtp_arrivals_waiting(&arrivals));
}

static void a_jump_begins_anew(void **state)
{
    (void)state;
    for (uint16_t seq = 0; seq < 10; seq++)
        qua_rtp_arrivals_add(&arrivals, T0, seq);
    qua_rtp_arrivals_add(&arrivals, T0, 20000);
    told t = report();
    assert_int_equal(t.base, 20000);
    assert_int_equal(t.count, 1);
    qua_rtp_arrivals_add(&arrivals, T0, 19999); /* before the jump's first: known missing is all the rest */
    t = report();
    assert_int_equal(t.base, 19999);
    assert_int_equal(t.count, 2);
    qua_rtp_arrivals_add(&arrivals, T0, 10); /* as old as can be */
    assert_false(qua_rtp_arrivals_waiting(&arrivals));
}

static void silence_longer_than_a_delta_can_tell_takes_a_second_report(void **state)
{
    (void)state;
    qua_rtp_arrivals_add(&arrivals, T0, 1);
    qua_rtp_arrivals_add(&arrivals, T0 + QUA_SECONDS(60), 2);
    told t = report();
    assert_int_equal(t.count, 1);
    const qua_time first = t.at[0];
    t = report();
    assert_int_equal(t.base, 2);
    assert_in_range(t.at[0] - first, QUA_SECONDS(60) - 500, QUA_SECONDS(60) + 500);
}

static void the_ring_comes_round_without_old_times(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * QUA_ARRIVALS; i++) {
        qua_rtp_arrivals_add(&arrivals, T0 + QUA_MS(i), (uint16_t)i);
        if (i % 16 != 15)
            continue;
        const told t = report();
        assert_int_equal(t.count, 16);
        for (int k = 0; k < 16; k++)
            assert_in_range(t.at[k], (T0 + QUA_MS(i - 15 + k)) - 250, T0 + QUA_MS(i - 15 + k) + 250);
    }
}

static void a_flood_is_bounded(void **state)
{
    size_t reports = 0;

    (void)state;
    for (int i = 0; i < 100000; i++)
        qua_rtp_arrivals_add(&arrivals, T0 + i, (uint16_t)i);
    for (; qua_rtp_arrivals_waiting(&arrivals); reports++)
        assert_in_range(report().count, 1, QUA_RTCP_FEEDBACK_MAX);
    assert_in_range(reports, 1, 4);
}

static void a_report_of_the_worst_pattern_fits_a_datagram(void **state)
{
    uint8_t data[QUA_MTU];
    qua_writer w = qua_writer_of(data, sizeof data);

    (void)state;
    for (int i = 0; i < 1024; i++) /* each delta a large one */
        qua_rtp_arrivals_add(&arrivals, T0 + i * QUA_MS(70), (uint16_t)i);
    qua_rtcp_write_transport_feedback(&w, 1, 2, &arrivals);
    assert_false(w.failed);
}

/* ---- what is missing ------------------------------------------------------------------------------------- */

static void a_hole_is_asked_for_twice_at_once_and_often_after_a_round_trip(void **state)
{
    qua_rtp_nack n = {0};
    uint16_t ask[16];

    (void)state;
    assert_false(qua_rtp_nack_on_packet(&n, T0, 65534));
    assert_true(qua_rtp_nack_deadline(&n, RTT) == QUA_TIME_NEVER);
    assert_false(qua_rtp_nack_on_packet(&n, T0, 65537));
    assert_int_equal(qua_rtp_nack_poll(&n, T0, RTT, ask, 16), 2);
    assert_int_equal(ask[0], 65535);
    assert_int_equal(ask[1], 0);
    const qua_time second = qua_rtp_nack_deadline(&n, RTT);
    assert_in_range(second, T0 + QUA_MS(5), T0 + RTT / 2);
    assert_int_equal(qua_rtp_nack_poll(&n, second - 1, RTT, ask, 16), 0);
    assert_int_equal(qua_rtp_nack_poll(&n, second, RTT, ask, 16), 2);
    const qua_time again = qua_rtp_nack_deadline(&n, RTT);
    assert_in_range(again, second + RTT, second + 2 * RTT);
    assert_int_equal(qua_rtp_nack_poll(&n, again, RTT, ask, 16), 2);
    assert_false(qua_rtp_nack_on_packet(&n, again, 65536));
    assert_int_equal(n.recovered, 1);
    assert_in_range(qua_rtp_nack_deadline(&n, RTT), again + QUA_MS(10), again + RTT / 2);
    assert_int_equal(qua_rtp_nack_poll(&n, again + RTT / 2, RTT, ask, 16), 1);
    assert_int_equal(ask[0], 65535);
}

static void on_a_short_path_the_answer_forestalls_the_second_request(void **state)
{
    qua_rtp_nack n = {0};
    uint16_t ask[16];

    (void)state;
    qua_rtp_nack_on_packet(&n, T0, 1);
    qua_rtp_nack_on_packet(&n, T0, 3);
    assert_int_equal(qua_rtp_nack_poll(&n, T0, QUA_MS(4), ask, 16), 1);
    assert_true(qua_rtp_nack_deadline(&n, QUA_MS(4)) > T0 + QUA_MS(8));
    qua_rtp_nack_on_packet(&n, T0 + QUA_MS(4), 2);
    assert_int_equal(qua_rtp_nack_poll(&n, T0 + QUA_SECONDS(1), QUA_MS(4), ask, 16), 0);
}

static void what_never_comes_is_given_up(void **state)
{
    qua_rtp_nack n = {0};
    uint16_t ask[16];
    size_t asked = 0;

    (void)state;
    qua_rtp_nack_on_packet(&n, T0, 1);
    qua_rtp_nack_on_packet(&n, T0, 3);
    for (qua_time t = T0; t < T0 + QUA_SECONDS(3); t += QUA_MS(5))
        asked += qua_rtp_nack_poll(&n, t, QUA_MS(1), ask, 16);
    assert_int_equal(asked, 30);
    assert_int_equal(n.given_up, 1);
    assert_int_equal(n.count, 0);
    assert_true(qua_rtp_nack_deadline(&n, RTT) == QUA_TIME_NEVER);
}

static void too_many_holes_need_a_keyframe_instead(void **state)
{
    qua_rtp_nack n = {0};
    uint16_t ask[QUA_NACK_MAX];

    (void)state;
    qua_rtp_nack_on_packet(&n, T0, 1);
    assert_false(qua_rtp_nack_on_packet(&n, T0, QUA_NACK_MAX + 2));
    assert_int_equal(qua_rtp_nack_poll(&n, T0, RTT, ask, QUA_ARRAY_SIZE(ask)), QUA_NACK_MAX);
    assert_true(qua_rtp_nack_on_packet(&n, T0, QUA_NACK_MAX + 4));
    assert_int_equal(n.count, 0);
    assert_int_equal(n.given_up, QUA_NACK_MAX);
    assert_true(qua_rtp_nack_on_packet(&n, T0, INT64_MAX / 2));
    assert_int_equal(n.count, 0);
}

static void what_is_of_no_use_any_more_is_not_asked_for(void **state)
{
    qua_rtp_nack n = {0};
    uint16_t ask[16];

    (void)state;
    qua_rtp_nack_on_packet(&n, T0, 1);
    qua_rtp_nack_on_packet(&n, T0, 6);
    qua_rtp_nack_forget_before(&n, 4);
    assert_int_equal(qua_rtp_nack_poll(&n, T0, RTT, ask, 16), 2);
    assert_int_equal(ask[0], 4);
    assert_int_equal(qua_rtp_nack_poll(&n, T0 + RTT * 2, RTT, ask, 1), 1); /* as many as there is room for */
    qua_rtp_nack_forget_before(&n, 100);
    assert_int_equal(n.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_is_counted_by_interval_and_in_all),
        cmocka_unit_test(duplicates_make_no_negative_loss),
        cmocka_unit_test(a_stream_that_never_came_reports_nothing),
        cmocka_unit_test(jitter_is_in_ticks_and_survives_the_wraps),
        cmocka_unit_test(a_sender_report_ties_its_clock_to_ours),
        cmocka_unit_test_setup(arrivals_are_told_once_with_their_holes, start_anew),
        cmocka_unit_test_setup(errors_of_rounding_do_not_add_up, start_anew),
        cmocka_unit_test_setup(a_late_packet_is_told_without_unsaying_the_others, start_anew),
        cmocka_unit_test_setup(a_jump_begins_anew, start_anew),
        cmocka_unit_test_setup(silence_longer_than_a_delta_can_tell_takes_a_second_report, start_anew),
        cmocka_unit_test_setup(the_ring_comes_round_without_old_times, start_anew),
        cmocka_unit_test_setup(a_flood_is_bounded, start_anew),
        cmocka_unit_test_setup(a_report_of_the_worst_pattern_fits_a_datagram, start_anew),
        cmocka_unit_test(a_hole_is_asked_for_twice_at_once_and_often_after_a_round_trip),
        cmocka_unit_test(on_a_short_path_the_answer_forestalls_the_second_request),
        cmocka_unit_test(what_never_comes_is_given_up),
        cmocka_unit_test(too_many_holes_need_a_keyframe_instead),
        cmocka_unit_test(what_is_of_no_use_any_more_is_not_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
