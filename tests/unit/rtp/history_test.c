/* What was sent can be asked for again: not too late, not twice at once, and as RFC 4588 wants it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rtp/rtp.h"

#define T0  QUA_SECONDS(10)
#define RTT QUA_MS(50)

typedef struct fixture {
    qua_rtp_history history;
    qua_pool *pool;
} fixture;

static int set_up(void **state)
{
    fixture *f = qua_zalloc(sizeof *f);

    f->pool = qua_pool_create(QUA_DATAGRAM_MAX, 0);
    *state = f;
    return 0;
}

/* Whatever the story was: no reference may be left behind. */
static int tear_down(void **state)
{
    fixture *f = *state;
    size_t in_use, allocated;

    qua_rtp_history_clear(&f->history);
    qua_pool_stats(f->pool, &in_use, &allocated);
    qua_pool_destroy(&f->pool);
    free(f);
    return in_use == 0 ? 0 : -1;
}

static void send_one(fixture *f, qua_time now, uint16_t seq)
{
    const qua_rtp_header header = {.marker = true, .payload_type = 96, .seq = seq, .timestamp = 7000, .ssrc = 0x1111};
    const qua_rtp_extensions ext = {.present = 1u << QUA_RTP_EXT_ORIENTATION, .orientation = 1};
    qua_buffer *payload = qua_pool_get(f->pool);

    payload->data[0] = (uint8_t)(seq >> 8);
    payload->data[1] = (uint8_t)seq;
    payload->size = 2;
    qua_rtp_history_add(&f->history, now, &header, &ext, payload);
    qua_buffer_unref(&payload);
}

static size_t held(const fixture *f)
{
    size_t in_use, allocated;

    qua_pool_stats(f->pool, &in_use, &allocated);
    return in_use;
}

static void a_packet_comes_back_as_it_was(void **state)
{
    fixture *f = *state;

    for (int i = 0; i < 10; i++)
        send_one(f, T0, (uint16_t)(65530 + i)); /* across the wrap */
    const qua_rtp_sent *sent = qua_rtp_history_take(&f->history, T0 + RTT, RTT, 65535);
    assert_non_null(sent);
    assert_int_equal(sent->header.seq, 65535);
    assert_int_equal(sent->payload->data[0], 0xff);
    assert_int_equal(sent->ext.orientation, 1);
    assert_non_null(qua_rtp_history_take(&f->history, T0 + RTT, RTT, 0));
    assert_null(qua_rtp_history_take(&f->history, T0 + RTT, RTT, 4)); /* not sent yet */
    assert_null(qua_rtp_history_take(&f->history, T0 + RTT, RTT, 65529));
}

static void a_request_right_after_another_is_not_answered(void **state)
{
    fixture *f = *state;

    send_one(f, T0, 5);
    assert_non_null(qua_rtp_history_take(&f->history, T0 + RTT, RTT, 5));
    assert_null(qua_rtp_history_take(&f->history, T0 + RTT + RTT / 10, RTT, 5));
    assert_non_null(
        qua_rtp_history_take(&f->history, T0 + RTT + RTT / 6, RTT, 5)); /* the second of a receiver of ours */
    assert_non_null(qua_rtp_history_take(&f->history, T0 + 2 * RTT, RTT, 5));
    assert_null(qua_rtp_history_take(&f->history, T0 + 2 * RTT, 0, 5)); /* nor at once on a short path */
}

static void the_old_is_forgotten_and_its_memory_comes_home(void **state)
{
    fixture *f = *state;

    for (int i = 0; i < 100; i++)
        send_one(f, T0, (uint16_t)i);
    assert_int_equal(held(f), 100);
    assert_null(qua_rtp_history_take(&f->history, T0 + QUA_SECONDS(3), RTT, 99));
    send_one(f, T0 + QUA_SECONDS(3), 100);
    assert_int_equal(held(f), 1);
}

static void a_flood_is_bounded_by_count(void **state)
{
    fixture *f = *state;

    for (int i = 0; i < 70000; i++)
        send_one(f, T0, (uint16_t)(i + 40000));
    assert_int_equal(held(f), QUA_RTP_HISTORY);
    const uint16_t newest = (uint16_t)(70000 - 1 + 40000);
    assert_non_null(qua_rtp_history_take(&f->history, T0, RTT, newest));
    assert_non_null(qua_rtp_history_take(&f->history, T0, RTT, (uint16_t)(newest - QUA_RTP_HISTORY + 1)));
    assert_null(qua_rtp_history_take(&f->history, T0, RTT, (uint16_t)(newest - QUA_RTP_HISTORY)));
}

static void numbers_of_padding_are_skipped(void **state)
{
    fixture *f = *state;

    send_one(f, T0, 10);
    send_one(f, T0, 15);
    send_one(f, T0, 15 + 3 * QUA_RTP_HISTORY);
    assert_null(qua_rtp_history_take(&f->history, T0, RTT, 10));
    assert_null(qua_rtp_history_take(&f->history, T0, RTT, 12));
    assert_null(qua_rtp_history_take(&f->history, T0, RTT, 15));
    assert_non_null(qua_rtp_history_take(&f->history, T0, RTT, 15 + 3 * QUA_RTP_HISTORY));
    assert_int_equal(held(f), 1);
}

static void a_retransmission_becomes_the_original_again(void **state)
{
    fixture *f = *state;
    const qua_rtp_extmap map = {.id = {[QUA_RTP_EXT_TRANSPORT_SEQ] = 3, [QUA_RTP_EXT_ORIENTATION] = 4}};
    const qua_rtp_header rtx = {.payload_type = 97, .seq = 1, .ssrc = 0x2222};
    uint8_t wire[QUA_DATAGRAM_MAX];
    qua_rtp_packet packet;

    send_one(f, T0, 0xabcd);
    const qua_rtp_sent *sent = qua_rtp_history_take(&f->history, T0, RTT, 0xabcd);
    qua_rtp_extensions ext = sent->ext;
    ext.present |= 1u << QUA_RTP_EXT_TRANSPORT_SEQ;
    ext.transport_seq = 999;
    const size_t size = qua_rtp_write_rtx(wire, sizeof wire, sent, &rtx, &map, &ext);
    assert_int_equal(qua_rtp_write_rtx(wire, size - 1, sent, &rtx, &map, &ext), 0);
    assert_int_equal(qua_rtp_parse(&packet, &map, wire, size), 0);
    assert_int_equal(packet.header.ssrc, 0x2222);
    assert_int_equal(packet.header.payload_type, 97);
    assert_int_equal(packet.header.seq, 1);
    assert_int_equal(packet.ext.transport_seq, 999);
    assert_int_equal(packet.ext.orientation, 1);
    assert_int_equal(packet.payload_size, 4);
    assert_int_equal(qua_rtp_unwrap_rtx(&packet, 0x1111, 96), 0);
    assert_int_equal(packet.header.ssrc, 0x1111);
    assert_int_equal(packet.header.payload_type, 96);
    assert_int_equal(packet.header.seq, 0xabcd);
    assert_int_equal(packet.header.timestamp, 7000);
    assert_true(packet.header.marker);
    assert_int_equal(packet.payload_size, 2);
    assert_int_equal(packet.payload[0], 0xab);
}

static void a_retransmission_too_short_is_refused(void **state)
{
    const uint8_t bytes[] = {1, 2};
    qua_rtp_packet packet = {.payload = bytes, .payload_size = 0, .header = {.ssrc = 1}};

    (void)state;
    assert_int_equal(qua_rtp_unwrap_rtx(&packet, 2, 96), QUA_EIGNORED);
    packet.payload_size = 1;
    assert_int_equal(qua_rtp_unwrap_rtx(&packet, 2, 96), QUA_EFORMAT);
    assert_int_equal(packet.header.ssrc, 1);
    packet.payload_size = 2;
    assert_int_equal(qua_rtp_unwrap_rtx(&packet, 2, 96), 0);
    assert_int_equal(packet.payload_size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_packet_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_right_after_another_is_not_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_old_is_forgotten_and_its_memory_comes_home, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_is_bounded_by_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_of_padding_are_skipped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_retransmission_becomes_the_original_again, set_up, tear_down),
        cmocka_unit_test(a_retransmission_too_short_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
