/* RTCP: compounds come back as they were written, feedback of browsers is understood, lies end the reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rtp/rtp.h"

/* What a parse told. */
typedef struct heard {
    qua_rtcp_sr sr;
    qua_rtp_report report[4];
    size_t srs, reports, byes, plis, nacks, feedbacks, rembs;
    uint32_t report_from, bye, pli[4], nack_ssrc;
    uint16_t nack[QUA_NACK_MAX], base;
    size_t nack_count, count;
    qua_time at[QUA_RTCP_FEEDBACK_READ];
    uint64_t remb;
} heard;

static void on_sr(void *context, const qua_rtcp_sr *sr)
{
    heard *h = context;

    h->sr = *sr;
    h->srs++;
}

static void on_report(void *context, uint32_t from, const qua_rtp_report *report)
{
    heard *h = context;

    h->report_from = from;
    h->report[h->reports++ % 4] = *report;
}

static void on_bye(void *context, uint32_t ssrc)
{
    heard *h = context;

    h->bye = ssrc;
    h->byes++;
}

static void on_nack(void *context, uint32_t media, const uint16_t *seqs, size_t count)
{
    heard *h = context;

    h->nack_ssrc = media;
    memcpy(h->nack, seqs, count * sizeof *seqs);
    h->nack_count = count;
    h->nacks++;
}

static void on_pli(void *context, uint32_t media)
{
    heard *h = context;

    h->pli[h->plis++ % 4] = media;
}

static void on_feedback(void *context, uint16_t base, const qua_time *at, size_t count)
{
    heard *h = context;

    h->base = base;
    memcpy(h->at, at, count * sizeof *at);
    h->count = count;
    h->feedbacks++;
}

static void on_remb(void *context, uint64_t bps)
{
    heard *h = context;

    h->remb = bps;
    h->rembs++;
}

static const qua_rtcp_handlers handlers = {on_sr, on_report, on_bye, on_nack, on_pli, on_feedback, on_remb};
static heard h;

static int parse(const void *data, size_t size)
{
    memset(&h, 0, sizeof h);
    return qua_rtcp_parse(data, size, &handlers, &h);
}

static void assert_same_report(const qua_rtp_report *a, const qua_rtp_report *b)
{
    assert_int_equal(a->ssrc, b->ssrc);
    assert_int_equal(a->fraction_lost, b->fraction_lost);
    assert_int_equal(a->cumulative_lost, b->cumulative_lost);
    assert_int_equal(a->highest_seq, b->highest_seq);
    assert_int_equal(a->jitter, b->jitter);
    assert_int_equal(a->last_sr, b->last_sr);
    assert_int_equal(a->delay_since_sr, b->delay_since_sr);
}

static void a_compound_comes_back_as_it_was_written(void **state)
{
    const qua_rtcp_sr sr = {0x11, 0x0123456789abcdef, 90000, 17, 18};
    const qua_rtp_report reports[] = {{0x22, 255, -5, 0x10002, 33, 44, 55}, {0x23, 0, 0x7fffff, 9, 8, 7, 6}};
    const uint16_t lost[] = {65530, 65531, 3, 10, 11, 500};
    uint8_t data[512];
    qua_writer w = qua_writer_of(data, sizeof data);

    (void)state;
    qua_rtcp_write_sr(&w, &sr, reports, 2);
    qua_rtcp_write_sdes(&w, 0x11, "cname");
    qua_rtcp_write_nack(&w, 0x11, 0x22, lost, QUA_ARRAY_SIZE(lost));
    qua_rtcp_write_pli(&w, 0x11, 0x22);
    qua_rtcp_write_bye(&w, 0x11);
    assert_false(w.failed);
    assert_int_equal(w.size % 4, 0);
    assert_int_equal(parse(data, w.size), 0);
    assert_int_equal(h.sr.ssrc, sr.ssrc);
    assert_true(h.sr.ntp == sr.ntp);
    assert_int_equal(h.sr.rtp, sr.rtp);
    assert_int_equal(h.sr.packets, sr.packets);
    assert_int_equal(h.sr.bytes, sr.bytes);
    assert_int_equal(h.reports, 2);
    assert_int_equal(h.report_from, 0x11);
    assert_same_report(&h.report[0], &reports[0]);
    assert_same_report(&h.report[1], &reports[1]);
    assert_int_equal(h.nack_ssrc, 0x22);
    assert_int_equal(h.nack_count, QUA_ARRAY_SIZE(lost));
    assert_memory_equal(h.nack, lost, sizeof lost);
    assert_int_equal(h.plis, 1);
    assert_int_equal(h.pli[0], 0x22);
    assert_int_equal(h.bye, 0x11);
}

static void a_receiver_report_comes_back(void **state)
{
    const qua_rtp_report report = {0x22, 1, 2, 3, 4, 5, 6};
    uint8_t data[64];
    qua_writer w = qua_writer_of(data, sizeof data);

    (void)state;
    qua_rtcp_write_rr(&w, 0x33, &report, 1);
    qua_rtcp_write_rr(&w, 0x33, NULL, 0);
    assert_int_equal(parse(data, w.size), 0);
    assert_int_equal(h.reports, 1);
    assert_same_report(&h.report[0], &report);
}

static void handlers_are_optional(void **state)
{
    const qua_rtcp_handlers none = {0};
    uint8_t data[64];
    qua_writer w = qua_writer_of(data, sizeof data);

    (void)state;
    qua_rtcp_write_sr(&w, &(qua_rtcp_sr){0}, &(qua_rtp_report){0}, 1);
    assert_int_equal(qua_rtcp_parse(data, w.size, &none, NULL), 0);
}

static void writers_stop_at_the_end_of_the_buffer(void **state)
{
    const uint16_t lost[] = {1, 100, 200};
    uint8_t data[64];

    (void)state;
    for (size_t capacity = 0; capacity < 24; capacity++) {
        qua_writer w = qua_writer_of(data, capacity);
        qua_rtcp_write_nack(&w, 1, 2, lost, 3);
        assert_true(w.failed);
        assert_true(w.size <= capacity);
    }
}

static void a_full_intra_request_asks_for_each_stream_it_names(void **state)
{
    const uint8_t fir[] = {0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 9, 0, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0};

    (void)state;
    assert_int_equal(parse(fir, sizeof fir), 0);
    assert_int_equal(h.plis, 2);
    assert_int_equal(h.pli[0], 7);
    assert_int_equal(h.pli[1], 8);
}

static void remb_is_a_mantissa_and_an_exponent(void **state)
{
    uint8_t remb[] = {0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0x0b, 0xff, 0xff, 0, 0, 0, 2};

    (void)state;
    assert_int_equal(parse(remb, sizeof remb), 0);
    assert_true(h.remb == (uint64_t)0x3ffff << 2);
    remb[17] = 0xff; /* exponent 63: nobody has such a link */
    assert_int_equal(parse(remb, sizeof remb), 0);
    assert_int_equal(h.rembs, 0);
    remb[12] = 'X'; /* some other application layer feedback */
    assert_int_equal(parse(remb, sizeof remb), 0);
    assert_int_equal(h.rembs, 0);
}

static void padding_belongs_to_the_last_packet(void **state)
{
    uint8_t bye[] = {0xa1, 203, 0, 2, 0, 0, 0, 5, 0, 0, 0, 4};

    (void)state;
    assert_int_equal(parse(bye, sizeof bye), 0);
    assert_int_equal(h.bye, 5);
    bye[11] = 9;
    assert_int_equal(parse(bye, sizeof bye), QUA_EFORMAT);
    bye[11] = 0;
    assert_int_equal(parse(bye, sizeof bye), QUA_EFORMAT);
    assert_int_equal(h.byes, 0);
}

static void what_came_before_the_malformed_part_was_handled(void **state)
{
    uint8_t data[64];
    qua_writer w = qua_writer_of(data, sizeof data);

    (void)state;
    qua_rtcp_write_pli(&w, 1, 2);
    const size_t first = w.size;
    qua_rtcp_write_bye(&w, 1);
    for (size_t cut = first + 1; cut < w.size; cut++) {
        assert_int_equal(parse(data, cut), QUA_EFORMAT);
        assert_int_equal(h.plis, 1);
        assert_int_equal(h.byes, 0);
    }
    data[first + 3] = 9; /* longer than what is left */
    assert_int_equal(parse(data, w.size), QUA_EFORMAT);
    data[0] = 0x01; /* version 0 */
    assert_int_equal(parse(data, w.size), QUA_EFORMAT);
    assert_int_equal(h.plis, 0);
}

static void counts_that_promise_more_than_there_is_are_refused_or_cut(void **state)
{
    const uint8_t bye[] = {0x9f, 203, 0, 1, 0, 0, 0, 5}; /* 31 sources in one word */
    const uint8_t rr[] = {0x9f, 201, 0, 1, 0, 0, 0, 5};  /* 31 reports in none */
    const uint8_t sr[] = {0x80, 200, 0, 1, 0, 0, 0, 5};  /* no sender's information */
    const uint8_t pli[] = {0x81, 206, 0, 1, 0, 0, 0, 5}; /* no media source */
    const uint8_t app[] = {0x80, 204, 0, 1, 0, 0, 0, 5}; /* not for us */

    (void)state;
    assert_int_equal(parse(bye, sizeof bye), QUA_EFORMAT);
    assert_int_equal(h.byes, 1);
    assert_int_equal(parse(rr, sizeof rr), 0);
    assert_int_equal(h.reports, 0);
    assert_int_equal(parse(sr, sizeof sr), QUA_EFORMAT);
    assert_int_equal(parse(pli, sizeof pli), QUA_EFORMAT);
    assert_int_equal(parse(app, sizeof app), 0);
}

static void a_nack_of_thousands_is_cut_to_what_we_remember(void **state)
{
    uint8_t data[1400] = {0x81, 205};

    (void)state;
    qua_put_be16(data + 2, sizeof data / 4 - 1);
    memset(data + 12, 0xff, sizeof data - 12);
    assert_int_equal(parse(data, sizeof data), 0);
    assert_int_equal(h.nacks, 1);
    assert_in_range(h.nack_count, 17, QUA_NACK_MAX);
}

static void feedback_as_browsers_write_it_is_read(void **state)
{
    /* base 10, 21 packets, reference 2: a run of 2 small, 14 one-bit symbols, 7 two-bit ones of which 5 count */
    const uint8_t fb[] = {0x8f, 205,  0,    9,    0,    0,    0, 1, 0,  0, 0,  2,    0,    10, 0, 21, 0, 0, 2, 0,
                          0x20, 0x02, 0xa0, 0x01, 0xd8, 0x00, 4, 8, 16, 2, 20, 0xff, 0xfc, 0,  0, 0,  0, 0, 0, 0};

    (void)state;
    assert_int_equal(parse(fb, sizeof fb), 0);
    assert_int_equal(h.base, 10);
    assert_int_equal(h.count, 21);
    assert_int_equal(h.at[0], 128000 + 1000);
    assert_int_equal(h.at[1], 128000 + 3000);
    assert_int_equal(h.at[2], 128000 + 7000);
    assert_true(h.at[3] == QUA_TIME_NEVER);
    assert_int_equal(h.at[15], 128000 + 7500);
    assert_int_equal(h.at[16], 128000 + 12500); /* a small delta of 20 */
    assert_int_equal(h.at[17], 128000 + 11500); /* a large one of -4: reordered */
    assert_true(h.at[20] == QUA_TIME_NEVER);
}

static void feedback_that_lies_is_refused(void **state)
{
    /* 3 packets received, but no deltas; then 65,535 packets */
    uint8_t fb[] = {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0, 9, 0, 0, 2, 0, 0x20, 9, 1, 1};

    (void)state;
    assert_int_equal(parse(fb, sizeof fb), QUA_EFORMAT);
    fb[14] = fb[15] = 0xff;
    assert_int_equal(parse(fb, sizeof fb), QUA_EFORMAT);
    fb[14] = fb[15] = 0;
    assert_int_equal(parse(fb, sizeof fb), QUA_EFORMAT);
    assert_int_equal(h.feedbacks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compound_comes_back_as_it_was_written),
        cmocka_unit_test(a_receiver_report_comes_back),
        cmocka_unit_test(handlers_are_optional),
        cmocka_unit_test(writers_stop_at_the_end_of_the_buffer),
        cmocka_unit_test(a_full_intra_request_asks_for_each_stream_it_names),
        cmocka_unit_test(remb_is_a_mantissa_and_an_exponent),
        cmocka_unit_test(padding_belongs_to_the_last_packet),
        cmocka_unit_test(what_came_before_the_malformed_part_was_handled),
        cmocka_unit_test(counts_that_promise_more_than_there_is_are_refused_or_cut),
        cmocka_unit_test(a_nack_of_thousands_is_cut_to_what_we_remember),
        cmocka_unit_test(feedback_as_browsers_write_it_is_read),
        cmocka_unit_test(feedback_that_lies_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
