/* VP9 payloads (RFC 9628): ours, those of other senders, and those of nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rtp/rtp.h"

static void our_descriptor_is_read_back(void **state)
{
    uint8_t payload[QUA_RTP_VP9_DESCRIPTOR_MAX + 3] = {0};
    qua_rtp_fragment f;

    (void)state;
    for (int keyframe = 0; keyframe < 2; keyframe++) {
        for (size_t index = 0; index < 2; index++) {
            const size_t n = qua_rtp_vp9_descriptor(payload, index, index == 1, 0x7abc, keyframe);
            assert_in_range(n, 1, QUA_RTP_VP9_DESCRIPTOR_MAX);
            assert_int_equal(qua_rtp_vp9_parse(&f, payload, n + 3), 0);
            assert_int_equal(f.picture_id, 0x7abc);
            assert_int_equal(f.frame_start, index == 0);
            assert_int_equal(f.keyframe, index == 0 && keyframe);
            assert_ptr_equal(f.data, payload + n);
            assert_int_equal(f.size, 3);
        }
    }
}

static void every_optional_field_is_stepped_over(void **state)
{
    /* non-flexible: id of 7 bits, TID 2 of SID 0, TL0PICIDX */
    const uint8_t layered[] = {0xa8, 0x55, 0x41, 0x09, 0x01};
    /* a keyframe with a structure: 2 layers with sizes, a group of 2 pictures, one of which has 2 references */
    const uint8_t structured[] = {0x8a, 0x81, 0x02, 0x38, 0, 1, 0, 1, 0, 2, 0, 2, 2, 0x08, 1, 2, 0x00, 0x01};
    /* flexible: three references */
    const uint8_t referring[] = {0xd8, 0x05, 0x03, 0x05, 0x06, 0x01};
    /* an upper spatial layer begins: the picture has begun before */
    const uint8_t upper[] = {0xa8, 0x55, 0x02, 0x09, 0x01};
    qua_rtp_fragment f;

    (void)state;
    assert_int_equal(qua_rtp_vp9_parse(&f, layered, sizeof layered), 0);
    assert_int_equal(f.temporal_id, 2);
    assert_int_equal(f.picture_id, 0x55);
    assert_true(f.frame_start && f.keyframe);
    assert_int_equal(qua_rtp_vp9_parse(&f, structured, sizeof structured), 0);
    assert_int_equal(f.size, 1);
    assert_true(f.keyframe);
    assert_int_equal(qua_rtp_vp9_parse(&f, referring, sizeof referring), 0);
    assert_int_equal(f.size, 1);
    assert_true(f.frame_start && !f.keyframe);
    assert_int_equal(qua_rtp_vp9_parse(&f, upper, sizeof upper), 0);
    assert_false(f.frame_start);
}

static void what_ends_too_soon_is_refused_at_every_length(void **state)
{
    const uint8_t structured[] = {0x8a, 0x81, 0x02, 0x38, 0, 1, 0, 1, 0, 2, 0, 2, 2, 0x08, 1, 2, 0x00, 0x01};
    const uint8_t endless[] = {0xd8, 0x05, 0x03, 0x05, 0x07, 0x07, 0x07, 0x01};
    qua_rtp_fragment f;

    (void)state;
    for (size_t size = 0; size < sizeof structured; size++)
        assert_int_equal(qua_rtp_vp9_parse(&f, structured, size), QUA_EFORMAT);
    assert_int_equal(qua_rtp_vp9_parse(&f, endless, sizeof endless), QUA_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_descriptor_is_read_back),
        cmocka_unit_test(every_optional_field_is_stepped_over),
        cmocka_unit_test(what_ends_too_soon_is_refused_at_every_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
