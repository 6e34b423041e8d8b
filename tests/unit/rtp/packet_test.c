/* RTP packets: what is written is read, both forms of extensions, and bytes that lie about their lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rtp/rtp.h"

static const qua_rtp_extmap map = {.id = {[QUA_RTP_EXT_MID] = 1,
                                          [QUA_RTP_EXT_TRANSPORT_SEQ] = 2,
                                          [QUA_RTP_EXT_ABS_SEND_TIME] = 3,
                                          [QUA_RTP_EXT_AUDIO_LEVEL] = 4,
                                          [QUA_RTP_EXT_ORIENTATION] = 5,
                                          [QUA_RTP_EXT_ABS_CAPTURE_TIME] = 14}};
static const qua_rtp_header header = {true, 111, 0xfffe, 0x89abcdef, 0x01020304};

static void what_is_written_is_read(void **state)
{
    const qua_rtp_extensions ext = {.present = (1u << QUA_RTP_EXT_COUNT) - 1,
                                    .mid = "123456789abcdef",
                                    .transport_seq = 65535,
                                    .abs_send_time = 0xabcdef,
                                    .audio_level = 127,
                                    .voice = true,
                                    .orientation = 3,
                                    .abs_capture_time = 0x0123456789abcdef};
    uint8_t wire[256];
    qua_rtp_packet p;

    (void)state;
    const size_t size = qua_rtp_write(wire, sizeof wire, &header, &map, &ext, (const uint8_t *)"sound", 5, 0);
    assert_in_range(size, 12 + 5, QUA_RTP_HEADER_MAX + 5);
    assert_int_equal(qua_rtp_parse(&p, &map, wire, size), 0);
    assert_true(p.header.marker);
    assert_int_equal(p.header.payload_type, header.payload_type);
    assert_int_equal(p.header.seq, header.seq);
    assert_int_equal(p.header.timestamp, header.timestamp);
    assert_int_equal(p.header.ssrc, header.ssrc);
    assert_int_equal(p.ext.present, ext.present);
    assert_string_equal(p.ext.mid, ext.mid);
    assert_int_equal(p.ext.transport_seq, 65535);
    assert_int_equal(p.ext.abs_send_time, 0xabcdef);
    assert_int_equal(p.ext.audio_level, 127);
    assert_true(p.ext.voice);
    assert_int_equal(p.ext.orientation, 3);
    assert_true(p.ext.abs_capture_time == ext.abs_capture_time);
    assert_int_equal(p.payload_size, 5);
    assert_memory_equal(p.payload, "sound", 5);
}

static void what_was_not_negotiated_is_left_out(void **state)
{
    const qua_rtp_extmap none = {0};
    const qua_rtp_extensions ext = {.present = 1u << QUA_RTP_EXT_MID | 1u << QUA_RTP_EXT_TRANSPORT_SEQ, .mid = "0"};
    uint8_t wire[64];
    qua_rtp_packet p;

    (void)state;
    assert_int_equal(qua_rtp_write(wire, sizeof wire, &header, &none, &ext, NULL, 0, 0), 12);
    assert_int_equal(wire[0], 0x80);
    const size_t size = qua_rtp_write(wire, sizeof wire, &header, &map, &ext, NULL, 0, 0);
    assert_int_equal(size, 12 + 4 + 8);
    assert_int_equal(qua_rtp_parse(&p, &none, wire, size), 0);
    assert_int_equal(p.ext.present, 0);
    assert_int_equal(p.payload_size, 0);
}

static void too_small_a_buffer_gives_nothing(void **state)
{
    const qua_rtp_extensions ext = {.present = 1u << QUA_RTP_EXT_TRANSPORT_SEQ, .transport_seq = 7};
    uint8_t wire[64];

    (void)state;
    const size_t size = qua_rtp_write(wire, sizeof wire, &header, &map, &ext, (const uint8_t *)"abc", 3, 5);
    assert_int_equal(size, 12 + 8 + 3 + 5);
    for (size_t capacity = 0; capacity < size; capacity++)
        assert_int_equal(qua_rtp_write(wire, capacity, &header, &map, &ext, (const uint8_t *)"abc", 3, 5), 0);
}

static void padding_comes_off(void **state)
{
    const qua_rtp_extensions none = {0};
    uint8_t wire[512];
    qua_rtp_packet p;

    (void)state;
    for (size_t padding = 1; padding <= 255; padding += 127) {
        const size_t size = qua_rtp_write(wire, sizeof wire, &header, &map, &none, (const uint8_t *)"x", 1, padding);
        assert_int_equal(size, 13 + padding);
        assert_int_equal(qua_rtp_parse(&p, &map, wire, size), 0);
        assert_int_equal(p.payload_size, 1);
    }
    /* a probe: padding alone */
    const size_t size = qua_rtp_write(wire, sizeof wire, &header, &map, &none, NULL, 0, 200);
    assert_int_equal(qua_rtp_parse(&p, &map, wire, size), 0);
    assert_int_equal(p.payload_size, 0);
}

static void padding_that_lies_is_refused(void **state)
{
    uint8_t wire[16] = {0xa0, 96, 0, 1};
    qua_rtp_packet p;

    (void)state;
    wire[15] = 5; /* of 4 bytes */
    assert_int_equal(qua_rtp_parse(&p, &map, wire, sizeof wire), QUA_EFORMAT);
    wire[15] = 0;
    assert_int_equal(qua_rtp_parse(&p, &map, wire, sizeof wire), QUA_EFORMAT);
    assert_int_equal(qua_rtp_parse(&p, &map, wire, 12), QUA_EFORMAT);
    wire[15] = 4;
    assert_int_equal(qua_rtp_parse(&p, &map, wire, sizeof wire), 0);
    assert_int_equal(p.payload_size, 0);
}

static void two_byte_extensions_are_read(void **state)
{
    /* RFC 8285 §4.3: id, length; a value of length 0; padding between */
    const uint8_t wire[] = {0x90, 111,  0,    1, 0, 0, 0, 2, 0, 0,   0,   3,   0x10, 0x05, 0, 4,   2,
                            2,    0x12, 0x34, 0, 0, 9, 0, 1, 3, 'a', 'b', 'c', 0,    4,    1, 'p', 'q'};
    qua_rtp_packet p;

    (void)state;
    assert_int_equal(qua_rtp_parse(&p, &map, wire, sizeof wire), 0);
    assert_int_equal(p.ext.transport_seq, 0x1234);
    assert_string_equal(p.ext.mid, "abc");
    assert_int_equal(p.ext.present, 1u << QUA_RTP_EXT_MID | 1u << QUA_RTP_EXT_TRANSPORT_SEQ); /* level: cut off */
    assert_int_equal(p.payload_size, 2);
}

static void one_byte_padding_and_the_reserved_id_are_obeyed(void **state)
{
    /* padding, level (id 4), an unknown id 9, id 15: nothing after it counts */
    const uint8_t wire[] = {0x90, 111,  0,    1,    0,    0,    0, 2,    0,    0, 0, 3, 0xbe, 0xde, 0,
                            3,    0x00, 0x40, 0x8a, 0x91, 0xff, 0, 0xf0, 0x21, 0, 1, 0, 0,    'p'};
    qua_rtp_packet p;

    (void)state;
    assert_int_equal(qua_rtp_parse(&p, &map, wire, sizeof wire), 0);
    assert_int_equal(p.ext.present, 1u << QUA_RTP_EXT_AUDIO_LEVEL);
    assert_int_equal(p.ext.audio_level, 10);
    assert_true(p.ext.voice);
    assert_int_equal(p.payload_size, 1);
}

static void extensions_of_the_wrong_size_are_skipped(void **state)
{
    /* two-byte form: transport-wide number of one byte, MID with a zero inside, MID of 16 bytes */
    uint8_t wire[12 + 4 + 28] = {0x90, 111, 0, 1, 0, 0,    0, 2, 0,   0, 0,   3, 0x10,
                                 0x00, 0,   7, 2, 1, 0x55, 1, 3, 'a', 0, 'b', 1, 16};
    qua_rtp_packet p;

    (void)state;
    assert_int_equal(qua_rtp_parse(&p, &map, wire, sizeof wire), 0);
    assert_int_equal(p.ext.present, 0);
}

static void unknown_profiles_and_contributing_sources_are_stepped_over(void **state)
{
    const uint8_t wire[] = {0x92, 111, 0, 1, 0, 0,    0,    2, 0, 0,    0,    3, 9, 9,  9,
                            9,    8,   8, 8, 8, 0x77, 0x77, 0, 1, 0x21, 0x43, 0, 0, 'p'};
    qua_rtp_packet p;

    (void)state;
    assert_int_equal(qua_rtp_parse(&p, &map, wire, sizeof wire), 0);
    assert_int_equal(p.ext.present, 0);
    assert_int_equal(p.payload_size, 1);
    assert_int_equal(p.payload[0], 'p');
}

static void every_cut_of_a_packet_is_harmless(void **state)
{
    const qua_rtp_extensions ext = {.present = 1u << QUA_RTP_EXT_TRANSPORT_SEQ, .transport_seq = 7};
    uint8_t wire[64];
    qua_rtp_packet p = {.payload_size = 77};

    (void)state;
    const size_t size = qua_rtp_write(wire, sizeof wire, &header, &map, &ext, NULL, 0, 0);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(qua_rtp_parse(&p, &map, wire, cut), QUA_EFORMAT);
    wire[0] = 0x50; /* version 1 */
    assert_int_equal(qua_rtp_parse(&p, &map, wire, size), QUA_EFORMAT);
    assert_int_equal(p.payload_size, 77); /* outputs untouched */
}

static void rtcp_is_told_apart(void **state)
{
    const uint8_t rtp[] = {0x80, 0x80 | 63}, low[] = {0x80, 192}, high[] = {0x80, 223}, above[] = {0x80, 224};

    (void)state;
    assert_false(qua_rtp_is_rtcp(rtp, 2));
    assert_true(qua_rtp_is_rtcp(low, 2));
    assert_true(qua_rtp_is_rtcp(high, 2));
    assert_false(qua_rtp_is_rtcp(above, 2));
    assert_false(qua_rtp_is_rtcp(low, 1));
}

static void every_extension_has_a_uri(void **state)
{
    (void)state;
    for (int kind = 0; kind < QUA_RTP_EXT_COUNT; kind++)
        assert_non_null(strchr(qua_rtp_extension_uri((qua_rtp_extension)kind), ':'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_was_not_negotiated_is_left_out),
        cmocka_unit_test(too_small_a_buffer_gives_nothing),
        cmocka_unit_test(padding_comes_off),
        cmocka_unit_test(padding_that_lies_is_refused),
        cmocka_unit_test(two_byte_extensions_are_read),
        cmocka_unit_test(one_byte_padding_and_the_reserved_id_are_obeyed),
        cmocka_unit_test(extensions_of_the_wrong_size_are_skipped),
        cmocka_unit_test(unknown_profiles_and_contributing_sources_are_stepped_over),
        cmocka_unit_test(every_cut_of_a_packet_is_harmless),
        cmocka_unit_test(rtcp_is_told_apart),
        cmocka_unit_test(every_extension_has_a_uri),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
