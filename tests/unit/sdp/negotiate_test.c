/* The questions that an answerer asks of an offer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "sdp/sdp.h"

static qua_sdp_codec codec(const char *name, const char *fmtp)
{
    qua_sdp_codec c = {.clock_hz = 90000, .channels = 1};

    snprintf(c.name, sizeof c.name, "%s", name);
    snprintf(c.fmtp, sizeof c.fmtp, "%s", fmtp);
    return c;
}

static bool same(const char *name, const char *fmtp_a, const char *fmtp_b)
{
    const qua_sdp_codec a = codec(name, fmtp_a), b = codec(name, fmtp_b);

    assert_int_equal(qua_sdp_codec_same(&a, &b), qua_sdp_codec_same(&b, &a));
    return qua_sdp_codec_same(&a, &b);
}

static void fmtp_parameters_are_found_by_name(void **state)
{
    const char *fmtp = "level-asymmetry-allowed=1; Profile-Level-Id=42e01f ;apt=96;flag";
    char out[8];

    (void)state;
    assert_string_equal(qua_sdp_fmtp_get(fmtp, "profile-level-id", out, sizeof out), "42e01f");
    assert_string_equal(qua_sdp_fmtp_get(fmtp, "apt", out, sizeof out), "96");
    assert_string_equal(qua_sdp_fmtp_get(fmtp, "flag", out, sizeof out), "");
    assert_null(qua_sdp_fmtp_get(fmtp, "ap", out, sizeof out));
    assert_null(qua_sdp_fmtp_get("", "apt", out, sizeof out));
    assert_null(qua_sdp_fmtp_get("apt=12345678", "apt", out, sizeof out)); /* does not fit: not there */
}

static void codecs_are_the_same_by_name_clock_and_channels(void **state)
{
    const qua_sdp_codec upper = codec("VP8", ""), lower = codec("vp8", "max-fs=1200");
    qua_sdp_codec other = lower;

    (void)state;
    assert_true(qua_sdp_codec_same(&upper, &lower));
    other.clock_hz = 8000;
    assert_false(qua_sdp_codec_same(&upper, &other));
    other = lower;
    other.channels = 2;
    assert_false(qua_sdp_codec_same(&upper, &other));
}

static void h264_profiles_are_told_apart_and_levels_are_not(void **state)
{
    (void)state;
    /* constrained baseline has several spellings (RFC 6184 table 5); the level is negotiated apart */
    assert_true(same("H264", "profile-level-id=42e01f", "profile-level-id=42c00b"));
    assert_true(same("H264", "profile-level-id=42e01f", "profile-level-id=4d801f"));
    assert_true(same("H264", "profile-level-id=42e01f", "profile-level-id=58c01f"));
    assert_true(same("H264", "", "profile-level-id=420010;packetization-mode=0"));
    assert_true(same("H264", "profile-level-id=42001f", "profile-level-id=58801f"));
    assert_false(same("H264", "profile-level-id=42e01f", "profile-level-id=42001f"));
    assert_false(same("H264", "profile-level-id=640c1f", "profile-level-id=64001f"));
    assert_false(same("H264", "profile-level-id=4d001f", "profile-level-id=64001f"));
    assert_false(same("H264", "packetization-mode=1", "packetization-mode=0"));
}

static void profiles_of_vp9_and_av1_have_defaults(void **state)
{
    (void)state;
    assert_true(same("VP9", "", "profile-id=0"));
    assert_false(same("VP9", "profile-id=2", "profile-id=0"));
    assert_true(same("AV1", "level-idx=5;profile=0;tier=0", ""));
    assert_false(same("AV1", "profile=1", ""));
}

static void rtx_is_found_by_what_it_repairs(void **state)
{
    static qua_sdp_media media;

    (void)state;
    media.codecs[0] = codec("VP8", "apt=97"); /* not RTX, whatever it says */
    media.codecs[1] = codec("rtx", "apt=96;rtx-time=3000");
    media.codecs[2] = codec("rtx", "apt=bad");
    media.codecs[1].payload_type = 98;
    media.codec_count = 3;
    assert_int_equal(qua_sdp_find_rtx(&media, 96)->payload_type, 98);
    assert_null(qua_sdp_find_rtx(&media, 97));
}

static void directions_turn_round(void **state)
{
    (void)state;
    assert_int_equal(qua_sdp_reversed(QUA_SDP_SENDONLY), QUA_SDP_RECVONLY);
    assert_int_equal(qua_sdp_reversed(QUA_SDP_RECVONLY), QUA_SDP_SENDONLY);
    assert_int_equal(qua_sdp_reversed(QUA_SDP_SENDRECV), QUA_SDP_SENDRECV);
    assert_int_equal(qua_sdp_reversed(QUA_SDP_INACTIVE), QUA_SDP_INACTIVE);
}

static void rejected_is_port_0_unless_bundled(void **state)
{
    const qua_sdp_media open = {.port = 9}, rejected = {.port = 0}, bundled = {.port = 0, .bundle_only = true};

    (void)state;
    assert_false(qua_sdp_rejected(&open));
    assert_true(qua_sdp_rejected(&rejected));
    assert_false(qua_sdp_rejected(&bundled));
}

static void an_absent_mid_is_never_found(void **state)
{
    static qua_sdp sdp = {.media_count = 2};

    (void)state;
    memcpy(sdp.media[1].mid, "v", 1);
    assert_ptr_equal(qua_sdp_find_mid(&sdp, "v"), &sdp.media[1]);
    assert_null(qua_sdp_find_mid(&sdp, ""));
    assert_null(qua_sdp_find_mid(&sdp, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fmtp_parameters_are_found_by_name),
        cmocka_unit_test(codecs_are_the_same_by_name_clock_and_channels),
        cmocka_unit_test(h264_profiles_are_told_apart_and_levels_are_not),
        cmocka_unit_test(profiles_of_vp9_and_av1_have_defaults),
        cmocka_unit_test(rtx_is_found_by_what_it_repairs),
        cmocka_unit_test(directions_turn_round),
        cmocka_unit_test(rejected_is_port_0_unless_bundled),
        cmocka_unit_test(an_absent_mid_is_never_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
