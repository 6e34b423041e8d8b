/* H.264 payloads (RFC 6184): what is cut is put together again; those of other senders, and those of nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rtp/rtp.h"

/* SPS, PPS and an IDR slice of 3000 bytes, with start codes of both lengths. */
static size_t picture(uint8_t *out)
{
    static const uint8_t head[] = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65};

    memcpy(out, head, sizeof head);
    for (size_t i = 0; i < 3000; i++)
        out[sizeof head + i] = (uint8_t)(1 + i % 255);
    return sizeof head + 3000;
}

static void a_picture_is_cut_and_put_together_again(void **state)
{
    uint8_t in[4000], together[4000], payload[1100], room[QUA_RTP_H264_ROOM];
    const size_t size = picture(in);
    qua_rtp_h264_cutter cutter = qua_rtp_h264_cutter_of(in, size);
    size_t total = 0, payloads = 0, n;
    qua_rtp_fragment f;

    (void)state;
    while ((n = qua_rtp_h264_cut(&cutter, payload, sizeof payload)) != 0) {
        assert_int_equal(qua_rtp_h264_parse(&f, payload, n, room), 0);
        assert_int_equal(f.frame_start, payloads == 0);
        assert_int_equal(f.keyframe, payloads == 0);
        memcpy(together + total, f.data, f.size);
        total += f.size;
        payloads++;
    }
    assert_int_equal(payloads, 2 + 3);
    assert_int_equal(total, size + 1); /* the short start code is a long one now */
    assert_memory_equal(together, in, 14);
    assert_memory_equal(together + 15, in + 14, size - 14);
}

static void an_aggregate_is_taken_apart(void **state)
{
    const uint8_t stap[] = {0x78, 0, 3, 0x67, 0x42, 0x1f, 0, 2, 0x68, 0xce};
    const uint8_t wanted[] = {0, 0, 0, 1, 0x67, 0x42, 0x1f, 0, 0, 0, 1, 0x68, 0xce};
    uint8_t room[QUA_RTP_H264_ROOM];
    qua_rtp_fragment f;

    (void)state;
    assert_int_equal(qua_rtp_h264_parse(&f, stap, sizeof stap, room), 0);
    assert_int_equal(f.size, sizeof wanted);
    assert_memory_equal(f.data, wanted, sizeof wanted);
    assert_true(f.frame_start && f.keyframe);
    for (size_t size = 0; size < sizeof stap; size++) {
        if (size != 6) /* there the first unit ends, and with it a whole aggregate */
            assert_int_equal(qua_rtp_h264_parse(&f, stap, size, room), QUA_EFORMAT);
    }
}

static void nonsense_is_refused(void **state)
{
    const uint8_t empty_part[] = {0x7c, 0x85}, nested[] = {0x78, 0, 2, 0x78, 0},
                  interleaved[] = {0x79, 0, 0, 0, 1, 0x61};
    const uint8_t nothing[] = {0x00, 1, 2}, part_of_aggregate[] = {0x7c, 0x98, 1};
    uint8_t room[QUA_RTP_H264_ROOM], full[QUA_DATAGRAM_MAX] = {0x61};
    qua_rtp_fragment f;

    (void)state;
    assert_int_equal(qua_rtp_h264_parse(&f, empty_part, sizeof empty_part, room), QUA_EFORMAT);
    assert_int_equal(qua_rtp_h264_parse(&f, nested, sizeof nested, room), QUA_EFORMAT);
    assert_int_equal(qua_rtp_h264_parse(&f, interleaved, sizeof interleaved, room), QUA_ENOTSUP);
    assert_int_equal(qua_rtp_h264_parse(&f, nothing, sizeof nothing, room), QUA_EFORMAT);
    assert_int_equal(qua_rtp_h264_parse(&f, part_of_aggregate, sizeof part_of_aggregate, room), QUA_EFORMAT);
    assert_int_equal(qua_rtp_h264_parse(&f, full, sizeof full, room), QUA_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_cut_and_put_together_again),
        cmocka_unit_test(an_aggregate_is_taken_apart),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
