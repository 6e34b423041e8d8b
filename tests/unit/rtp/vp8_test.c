/* VP8 payloads (RFC 7741): ours, those of other senders, and those of nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rtp/rtp.h"

static void our_descriptor_is_read_back(void **state)
{
    uint8_t payload[QUA_RTP_VP8_DESCRIPTOR_MAX + 3];
    qua_rtp_fragment f;

    (void)state;
    for (size_t index = 0; index < 2; index++) {
        const size_t n = qua_rtp_vp8_descriptor(payload, index, 0x7abc, index == 1);
        assert_in_range(n, 1, QUA_RTP_VP8_DESCRIPTOR_MAX);
        payload[n] = 0x10; /* frame tag of a keyframe */
        assert_int_equal(qua_rtp_vp8_parse(&f, payload, n + 3), 0);
        assert_int_equal(f.picture_id, 0x7abc);
        assert_int_equal(f.frame_start, index == 0);
        assert_int_equal(f.keyframe, index == 0);
        assert_int_equal(f.discardable, index == 1);
        assert_ptr_equal(f.data, payload + n);
        assert_int_equal(f.size, 3);
        assert_int_equal(f.temporal_id, 0);
    }
}

static void every_optional_field_is_stepped_over(void **state)
{
    const uint8_t bare[] = {0x10, 0x01};                              /* no extension; an inter frame */
    const uint8_t short_id[] = {0x90, 0x80, 0x55, 0x00};              /* 7 bit id */
    const uint8_t all[] = {0x90, 0xf0, 0x81, 0x02, 0x09, 0xa3, 0x01}; /* id, TL0PICIDX, TID 2 and KEYIDX */
    const uint8_t keyidx[] = {0x90, 0x10, 0xc5, 0x01};                /* K alone: the TID bits mean nothing */
    const uint8_t partition[] = {0x13, 0x00};                         /* starts the fourth partition */
    qua_rtp_fragment f;

    (void)state;
    assert_int_equal(qua_rtp_vp8_parse(&f, bare, sizeof bare), 0);
    assert_int_equal(f.picture_id, -1);
    assert_true(f.frame_start && !f.keyframe);
    assert_int_equal(qua_rtp_vp8_parse(&f, short_id, sizeof short_id), 0);
    assert_int_equal(f.picture_id, 0x55);
    assert_true(f.keyframe);
    assert_int_equal(qua_rtp_vp8_parse(&f, all, sizeof all), 0);
    assert_int_equal(f.picture_id, 0x102);
    assert_int_equal(f.temporal_id, 2);
    assert_int_equal(f.size, 1);
    assert_int_equal(qua_rtp_vp8_parse(&f, keyidx, sizeof keyidx), 0);
    assert_int_equal(f.temporal_id, 0);
    assert_int_equal(qua_rtp_vp8_parse(&f, partition, sizeof partition), 0);
    assert_true(!f.frame_start && !f.keyframe);
}

static void a_descriptor_without_data_is_refused(void **state)
{
    const uint8_t all[] = {0x90, 0xf0, 0x81, 0x02, 0x09, 0xa3};
    qua_rtp_fragment f = {.size = 77};

    (void)state;
    for (size_t size = 0; size <= sizeof all; size++)
        assert_int_equal(qua_rtp_vp8_parse(&f, all, size), QUA_EFORMAT);
    assert_int_equal(f.size, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_descriptor_is_read_back),
        cmocka_unit_test(every_optional_field_is_stepped_over),
        cmocka_unit_test(a_descriptor_without_data_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
