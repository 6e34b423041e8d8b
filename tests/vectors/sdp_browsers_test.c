/* What the other implementations write is understood, and says the same after it was written again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdp/sdp.h"

#define TWCC "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define MID  "urn:ietf:params:rtp-hdrext:sdes:mid"

static qua_sdp *load(const char *name)
{
    char path[512], text[65536], again[65536];
    qua_sdp *sdp = qua_sdp_create(), *copy = qua_sdp_create();
    qua_sdp_error error = {0};
    FILE *file;
    size_t size;
    ptrdiff_t written;

    snprintf(path, sizeof path, "%s/vectors/sdp/%s.sdp", TEST_DATA, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    size = fread(text, 1, sizeof text, file);
    fclose(file);
    if (qua_sdp_parse(sdp, text, size, &error) != 0)
        fail_msg("%s, line %d: %s", name, error.line, error.cause);
    assert_int_equal(sdp->skipped, 0);
    written = qua_sdp_write(again, sizeof again, sdp);
    assert_true(written > 0);
    assert_int_equal(qua_sdp_parse(copy, again, (size_t)written, &error), 0);
    assert_memory_equal(sdp, copy, sizeof *sdp);
    free(copy);
    return sdp;
}

static const qua_sdp_codec *find(const qua_sdp_media *media, const char *name, const char *fmtp)
{
    const qua_sdp_codec wanted = {.clock_hz = media->kind == QUA_SDP_AUDIO ? 48000 : 90000,
                                  .channels = media->kind == QUA_SDP_AUDIO ? 2 : 1};
    qua_sdp_codec codec = wanted;

    snprintf(codec.name, sizeof codec.name, "%s", name);
    snprintf(codec.fmtp, sizeof codec.fmtp, "%s", fmtp);
    for (size_t i = 0; i < media->codec_count; i++) {
        if (qua_sdp_codec_same(&media->codecs[i], &codec))
            return &media->codecs[i];
    }
    return NULL;
}

/* What all of them have in common: enough to make a call. */
static void assert_callable(const qua_sdp *sdp, qua_sdp_setup setup)
{
    assert_int_equal(sdp->media_count, 3);
    assert_int_equal(sdp->bundle_count, 3);
    assert_true(sdp->trickle);
    assert_true(sdp->extmap_mixed);
    for (size_t i = 0; i < 3; i++) {
        const qua_sdp_media *media = &sdp->media[i];
        assert_int_equal(media->kind, i);
        assert_string_equal(media->mid, sdp->bundle[i]);
        assert_ptr_equal(qua_sdp_find_mid(sdp, sdp->bundle[i]), media);
        assert_false(qua_sdp_rejected(media));
        assert_int_equal(media->setup, setup);
        assert_string_equal(media->fingerprint_algorithm, "sha-256");
        assert_int_equal(strlen(media->fingerprint), 95);
        assert_true(strlen(media->ice_ufrag) >= 4);
        assert_true(strlen(media->ice_password) >= 22);
    }
    assert_true(sdp->media[0].rtcp_mux && sdp->media[1].rtcp_mux && sdp->media[1].rtcp_rsize);
    assert_int_equal(sdp->media[2].sctp_port, 5000);
    assert_true(sdp->media[2].max_message_size >= 262144);
    assert_string_equal(sdp->media[2].formats, "webrtc-datachannel");
}

static void assert_media_usable(const qua_sdp *sdp)
{
    const qua_sdp_media *audio = &sdp->media[0], *video = &sdp->media[1];
    const qua_sdp_codec *opus = find(audio, "opus", ""), *vp8 = find(video, "VP8", "");

    assert_non_null(opus);
    assert_non_null(vp8);
    assert_true(vp8->feedback & QUA_SDP_FB_TRANSPORT_CC);
    assert_true(vp8->feedback & QUA_SDP_FB_NACK);
    assert_true(vp8->feedback & QUA_SDP_FB_PLI);
    assert_true(vp8->feedback & QUA_SDP_FB_FIR);
    assert_non_null(qua_sdp_find_rtx(video, vp8->payload_type));
    assert_true(qua_sdp_find_extension(audio, TWCC) != 0);
    assert_true(qua_sdp_find_extension(video, TWCC) != 0);
    assert_int_equal(qua_sdp_find_extension(audio, MID), qua_sdp_find_extension(video, MID));
}

static void assert_sends(const qua_sdp *sdp)
{
    for (size_t i = 0; i < 2; i++) {
        const qua_sdp_media *media = &sdp->media[i];
        assert_int_equal(media->direction, QUA_SDP_SENDRECV);
        assert_true(media->stream_id[0] && media->track_id[0] && media->cname[0]);
        assert_true(media->ssrc != 0);
    }
    assert_string_equal(sdp->media[0].stream_id, sdp->media[1].stream_id);
    assert_true(sdp->media[1].rtx_ssrc != 0 && sdp->media[1].rtx_ssrc != sdp->media[1].ssrc);
}

static void check_offer(const char *name)
{
    qua_sdp *sdp = load(name);

    assert_callable(sdp, QUA_SDP_ACTPASS);
    assert_media_usable(sdp);
    assert_sends(sdp);
    free(sdp);
}

static void check_answer(const char *name)
{
    qua_sdp *sdp = load(name);

    assert_callable(sdp, QUA_SDP_ACTIVE);
    assert_media_usable(sdp);
    assert_int_equal(sdp->media[0].direction, QUA_SDP_RECVONLY);
    assert_int_equal(sdp->media[1].direction, QUA_SDP_RECVONLY);
    free(sdp);
}

static void chromium_offers(void **state)
{
    (void)state;
    check_offer("chromium_offer");
}

static void chromium_answers(void **state)
{
    (void)state;
    check_answer("chromium_answer");
}

static void firefox_offers_with_session_level_attributes(void **state)
{
    (void)state;
    check_offer("firefox_offer");
}

static void firefox_answers(void **state)
{
    (void)state;
    check_answer("firefox_answer");
}

static void libwebrtc_offers(void **state)
{
    (void)state;
    check_offer("libwebrtc_offer");
}

static void libwebrtc_answers(void **state)
{
    (void)state;
    check_answer("libwebrtc_answer");
}

static void safari_offers_h264_first(void **state)
{
    qua_sdp *sdp = load("safari_offer");
    const qua_sdp_media *video = &sdp->media[1];
    const qua_sdp_codec *h264;

    (void)state;
    assert_callable(sdp, QUA_SDP_ACTPASS);
    assert_media_usable(sdp);
    assert_sends(sdp);
    assert_string_equal(video->codecs[0].name, "H264");
    h264 = find(video, "H264", "packetization-mode=1;profile-level-id=42e01f");
    assert_non_null(h264);
    assert_int_equal(h264->payload_type, 98);
    assert_null(find(video, "H264", "packetization-mode=0;profile-level-id=42e01f"));
    free(sdp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chromium_offers),
        cmocka_unit_test(chromium_answers),
        cmocka_unit_test(firefox_offers_with_session_level_attributes),
        cmocka_unit_test(firefox_answers),
        cmocka_unit_test(libwebrtc_offers),
        cmocka_unit_test(libwebrtc_answers),
        cmocka_unit_test(safari_offers_h264_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
