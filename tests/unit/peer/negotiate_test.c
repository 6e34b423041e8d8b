/* Offers and answers of two connections that have no network: what JSEP (RFC 9429) asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "peer/peer.h"

#define T0 QUA_SECONDS(1)

typedef struct pair {
    qua_random random;
    qua_pool *packets;
    qua_dtls_identity *identity;
    qua_peer *ana, *ben;
    char cause[160];
} pair;

static char sdp[QUA_SDP_TEXT_MAX], reply[QUA_SDP_TEXT_MAX];

static int set_up(void **state)
{
    static pair p;
    static const qua_video_codec *const codecs[] = {&qua_codec_vp8, &qua_codec_vp9};

    p.random = qua_crypto_random();
    p.packets = qua_pool_create(QUA_DATAGRAM_MAX, 64);
    assert_int_equal(qua_dtls_identity_create(&p.identity), 0);
    const qua_peer_config config = {
        .random = &p.random, .identity = p.identity, .codecs = codecs, .codec_count = 2, .packets = p.packets};
    assert_int_equal(qua_peer_create(&p.ana, T0, &config), 0);
    assert_int_equal(qua_peer_create(&p.ben, T0, &config), 0);
    *state = &p;
    return 0;
}

static int tear_down(void **state)
{
    pair *p = *state;

    qua_peer_destroy(&p->ana);
    qua_peer_destroy(&p->ben);
    qua_dtls_identity_unref(&p->identity);
    qua_pool_destroy(&p->packets);
    return 0;
}

static void offer(qua_peer *from)
{
    assert_int_equal(qua_peer_create_offer(from, sdp, sizeof sdp), 0);
    assert_int_equal(qua_peer_set_local(from, T0, QUA_SDP_OFFER, sdp), 0);
}

static void answer(qua_peer *from)
{
    assert_int_equal(qua_peer_create_answer(from, reply, sizeof reply), 0);
    assert_int_equal(qua_peer_set_local(from, T0, QUA_SDP_ANSWER, reply), 0);
}

static void add_voice_and_picture(qua_peer *peer)
{
    assert_int_equal(qua_peer_add_transceiver(peer, QUA_AUDIO, QUA_DIRECTION_SENDRECV, "s", "a"), 0);
    assert_int_equal(qua_peer_add_transceiver(peer, QUA_VIDEO, QUA_DIRECTION_SENDRECV, "s", "v"), 1);
}

static int remote(pair *p, qua_peer *peer, qua_sdp_type type, const char *text)
{
    p->cause[0] = 0;
    return qua_peer_set_remote(peer, T0, type, text, p->cause, sizeof p->cause);
}

/* Replace the first `from` in the offer by `to`. */
static void edit(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);

    assert_non_null(at);
    memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    memcpy(at, to, strlen(to));
}

static void signaling_goes_from_stable_to_stable(void **state)
{
    pair *p = *state;

    add_voice_and_picture(p->ana);
    assert_int_equal(qua_peer_create_answer(p->ana, reply, sizeof reply), QUA_ESTATE);
    offer(p->ana);
    assert_int_equal(qua_peer_signaling(p->ana), QUA_SIGNALING_HAVE_LOCAL_OFFER);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    assert_int_equal(qua_peer_signaling(p->ben), QUA_SIGNALING_HAVE_REMOTE_OFFER);
    assert_int_equal(qua_peer_create_offer(p->ben, reply, sizeof reply), QUA_ESTATE);
    answer(p->ben);
    assert_int_equal(qua_peer_signaling(p->ben), QUA_SIGNALING_STABLE);
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), 0);
    assert_int_equal(qua_peer_signaling(p->ana), QUA_SIGNALING_STABLE);
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), QUA_ESTATE);
    assert_non_null(strstr(sdp, "a=setup:actpass"));
    assert_non_null(strstr(reply, "a=setup:active"));
    assert_non_null(strstr(reply, "a=recvonly")); /* who added nothing listens */
    assert_null(strstr(reply, "a=sendrecv"));
}

static void rollback_takes_back_what_was_only_offered(void **state)
{
    pair *p = *state;

    assert_int_equal(qua_peer_set_local(p->ana, T0, QUA_SDP_ROLLBACK, NULL), QUA_ESTATE);
    add_voice_and_picture(p->ana);
    add_voice_and_picture(p->ben);
    offer(p->ben);
    assert_int_equal(qua_peer_set_local(p->ben, T0, QUA_SDP_ROLLBACK, NULL), 0);
    assert_int_equal(qua_peer_signaling(p->ben), QUA_SIGNALING_STABLE);
    assert_string_equal(qua_peer_local_sdp(p->ben), "");
    offer(p->ana);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    assert_int_equal(qua_peer_transceiver_count(p->ben), 2); /* its own are used for what is offered */
    answer(p->ben);
    assert_non_null(strstr(reply, "a=sendrecv"));
}

static void an_offer_that_meets_ours_takes_its_place(void **state)
{
    static char meeting[QUA_SDP_TEXT_MAX];
    pair *p = *state;

    add_voice_and_picture(p->ana);
    add_voice_and_picture(p->ben);
    offer(p->ben);
    memcpy(meeting, sdp, sizeof meeting);
    offer(p->ana);
    assert_int_equal(remote(p, p->ana, QUA_SDP_OFFER, "v=nonsense"), QUA_EFORMAT);
    assert_int_equal(qua_peer_signaling(p->ana),
                     QUA_SIGNALING_HAVE_LOCAL_OFFER); /* what does not parse changes nothing */
    assert_int_equal(remote(p, p->ana, QUA_SDP_OFFER, meeting), 0);
    assert_int_equal(qua_peer_signaling(p->ana), QUA_SIGNALING_HAVE_REMOTE_OFFER);
    assert_int_equal(qua_peer_transceiver_count(p->ana), 2);
    answer(p->ana);
    assert_int_equal(remote(p, p->ben, QUA_SDP_ANSWER, reply), 0);
    assert_non_null(strstr(reply, "a=sendrecv"));
}

static void a_provisional_answer_is_replaced_by_the_final_one(void **state)
{
    qua_transceiver_info info;
    pair *p = *state;

    add_voice_and_picture(p->ana);
    add_voice_and_picture(p->ben);
    offer(p->ana);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    qua_peer_set_direction(p->ben, 1, QUA_DIRECTION_INACTIVE);
    assert_int_equal(qua_peer_create_answer(p->ben, reply, sizeof reply), 0);
    assert_int_equal(qua_peer_set_local(p->ben, T0, QUA_SDP_PRANSWER, reply), 0);
    assert_int_equal(qua_peer_signaling(p->ben), QUA_SIGNALING_HAVE_LOCAL_PRANSWER);
    assert_int_equal(remote(p, p->ana, QUA_SDP_PRANSWER, reply), 0);
    assert_int_equal(qua_peer_signaling(p->ana), QUA_SIGNALING_HAVE_REMOTE_PRANSWER);
    qua_peer_transceiver_info(p->ana, 1, &info);
    assert_int_equal(info.current, QUA_DIRECTION_INACTIVE);
    assert_int_equal(qua_peer_set_local(p->ana, T0, QUA_SDP_ROLLBACK, NULL), QUA_ESTATE);
    assert_int_equal(remote(p, p->ben, QUA_SDP_ROLLBACK, ""), QUA_ESTATE);
    qua_peer_set_direction(p->ben, 1, QUA_DIRECTION_SENDRECV);
    answer(p->ben);
    assert_int_equal(qua_peer_signaling(p->ben), QUA_SIGNALING_STABLE);
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), 0);
    assert_int_equal(qua_peer_signaling(p->ana), QUA_SIGNALING_STABLE);
    qua_peer_transceiver_info(p->ana, 1, &info);
    assert_int_equal(info.current, QUA_DIRECTION_SENDRECV);
}

static void what_a_provisional_answer_refuses_may_be_accepted_in_the_end(void **state)
{
    static char refusing[QUA_SDP_TEXT_MAX];
    qua_transceiver_info info;
    pair *p = *state;

    add_voice_and_picture(p->ana);
    offer(p->ana);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    assert_int_equal(qua_peer_create_answer(p->ben, refusing, sizeof refusing), 0);
    edit(refusing, "m=video 9", "m=video 0");
    edit(refusing, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0");
    assert_int_equal(remote(p, p->ana, QUA_SDP_PRANSWER, refusing), 0);
    qua_peer_transceiver_info(p->ana, 1, &info);
    assert_false(info.stopped);
    answer(p->ben);
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), 0);
    qua_peer_transceiver_info(p->ana, 1, &info);
    assert_int_equal(info.current, QUA_DIRECTION_SENDONLY);
}

/* Where a codec is in a description; past its end: nowhere. */
static size_t place(const char *text, const char *codec)
{
    const char *at = strstr(text, codec);

    return at ? (size_t)(at - text) : SIZE_MAX;
}

static void preferences_order_and_limit_the_codecs_of_both_descriptions(void **state)
{
    static const char *const vp9_first[] = {"vp9", "VP8"}, *const vp8[] = {"VP8"}, *const wrong[] = {"VP8", "H265"};
    pair *p = *state;

    add_voice_and_picture(p->ana);
    add_voice_and_picture(p->ben);
    assert_int_equal(qua_peer_prefer_codecs(p->ana, 0, vp8, 1), QUA_EINVAL); /* a voice */
    assert_int_equal(qua_peer_prefer_codecs(p->ana, 1, wrong, 2), QUA_EINVAL);
    assert_int_equal(qua_peer_prefer_codecs(p->ana, 7, vp8, 1), QUA_ENOENT);
    assert_int_equal(qua_peer_prefer_codecs(p->ana, 1, vp8, 1), 0);
    offer(p->ana);
    assert_true(place(sdp, "VP8/90000") < place(sdp, "VP9/90000") && place(sdp, "VP9/90000") == SIZE_MAX);
    assert_int_equal(qua_peer_prefer_codecs(p->ana, 1, NULL, 0), 0);
    offer(p->ana);
    assert_true(place(sdp, "VP8/90000") < place(sdp, "VP9/90000") && place(sdp, "VP9/90000") != SIZE_MAX);
    assert_int_equal(qua_peer_prefer_codecs(p->ben, 1, vp9_first, 2), 0);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    answer(p->ben);
    assert_true(place(reply, "VP9/90000") < place(reply, "VP8/90000"));
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), 0);
}

static void a_track_that_was_rolled_back_has_ended(void **state)
{
    pair *p = *state;
    qua_peer_event event;
    int begun = 0, ended = 0;

    add_voice_and_picture(p->ana);
    offer(p->ana);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    assert_int_equal(remote(p, p->ben, QUA_SDP_ROLLBACK, ""), 0);
    while (qua_peer_poll_event(p->ben, &event)) {
        begun += event.type == QUA_PEER_TRACK;
        ended += event.type == QUA_PEER_TRACK_ENDED;
    }
    assert_int_equal(begun, 2);
    assert_int_equal(ended, 2);
    assert_string_equal(qua_peer_remote_sdp(p->ben), "");
}

static void what_we_do_not_know_is_refused_in_kind(void **state)
{
    static const char unknown[] = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
                                  "a=mid:data\r\na=sctp-port:5000\r\n";
    pair *p = *state;

    add_voice_and_picture(p->ana);
    offer(p->ana);
    assert_true(strlen(sdp) + sizeof unknown < sizeof sdp);
    memcpy(sdp + strlen(sdp), unknown, sizeof unknown);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    answer(p->ben);
    assert_non_null(strstr(reply, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"));
    assert_non_null(strstr(reply, "m=audio 9 "));
}

static void an_m_line_without_a_codec_in_common_is_refused(void **state)
{
    static const char *const vp8[] = {"VP8"};
    pair *p = *state;

    add_voice_and_picture(p->ana);
    assert_int_equal(qua_peer_prefer_codecs(p->ana, 1, vp8, 1), 0);
    offer(p->ana);
    edit(sdp, "VP8/90000", "XV9/90000");
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    answer(p->ben);
    assert_non_null(strstr(reply, "m=video 0 "));
    assert_non_null(strstr(reply, "m=audio 9 "));
}

static void an_answer_uses_the_numbers_of_the_offer_and_so_does_the_next_offer(void **state)
{
    pair *p = *state;

    add_voice_and_picture(p->ana);
    offer(p->ana);
    edit(sdp, "UDP/TLS/RTP/SAVPF 111", "UDP/TLS/RTP/SAVPF 96"); /* what we would use for video */
    while (strstr(sdp, ":111 "))
        edit(sdp, ":111 ", ":96 ");
    edit(sdp, "UDP/TLS/RTP/SAVPF 96 97", "UDP/TLS/RTP/SAVPF 120 97");
    for (char *video = strstr(sdp, "m=video"); strstr(video, ":96 ");)
        edit(video, ":96 ", ":120 ");
    edit(sdp, "apt=96", "apt=120");
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    answer(p->ben);
    assert_non_null(strstr(reply, "a=rtpmap:96 opus/48000/2"));
    assert_non_null(strstr(reply, "a=rtpmap:120 VP8/90000"));
    offer(p->ben);
    assert_non_null(strstr(sdp, "a=rtpmap:96 opus/48000/2"));
    assert_non_null(strstr(sdp, "a=rtpmap:120 VP8/90000"));
}

static void a_description_that_does_not_parse_names_its_line(void **state)
{
    pair *p = *state;

    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, "v=0\r\nm=audio x y z\r\n"), QUA_EFORMAT);
    assert_memory_equal(p->cause, "line 2: ", 8);
    assert_int_equal(qua_peer_signaling(p->ben), QUA_SIGNALING_STABLE);
}

static void a_transport_that_cannot_be_trusted_is_refused(void **state)
{
    pair *p = *state;

    add_voice_and_picture(p->ana);
    offer(p->ana);
    edit(sdp, "a=fingerprint:sha-256", "a=fingerprint:sha-1");
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), QUA_ENOTSUP);
    assert_true(p->cause[0] != 0);
    assert_int_equal(qua_peer_signaling(p->ben), QUA_SIGNALING_STABLE);
    assert_int_equal(qua_peer_transceiver_count(p->ben), 0);
}

static void an_answer_must_fit_its_offer(void **state)
{
    pair *p = *state;

    add_voice_and_picture(p->ana);
    offer(p->ana);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    answer(p->ben);
    edit(reply, "a=setup:active", "a=setup:actpass");
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), QUA_EFORMAT);
    edit(reply, "a=setup:actpass", "a=setup:active");
    *strstr(reply, "m=video") = 0;
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), QUA_EFORMAT);
    assert_int_equal(qua_peer_signaling(p->ana), QUA_SIGNALING_HAVE_LOCAL_OFFER);
}

static void negotiation_is_needed_once_for_each_reason(void **state)
{
    pair *p = *state;
    qua_peer_event event;
    int needed = 0;

    add_voice_and_picture(p->ana);
    offer(p->ana);
    assert_int_equal(remote(p, p->ben, QUA_SDP_OFFER, sdp), 0);
    answer(p->ben);
    assert_int_equal(remote(p, p->ana, QUA_SDP_ANSWER, reply), 0);
    qua_peer_set_direction(p->ana, 0, QUA_DIRECTION_INACTIVE);
    qua_peer_set_direction(p->ana, 1, QUA_DIRECTION_INACTIVE);
    while (qua_peer_poll_event(p->ana, &event))
        needed += event.type == QUA_PEER_NEGOTIATION_NEEDED;
    assert_int_equal(needed, 2); /* for the first offer, and for the two changes together */
}

static void candidates_are_told_after_the_description_and_never_twice(void **state)
{
    pair *p = *state;
    qua_peer_event event;
    qua_addr early, late;
    int told = 0, ends = 0;

    assert_int_equal(qua_addr_parse(&early, "192.0.2.1", 5000), 0);
    assert_int_equal(qua_addr_parse(&late, "192.0.2.2", 5001), 0);
    add_voice_and_picture(p->ana);
    qua_peer_add_local(p->ana, T0, 0, &early);
    offer(p->ana);
    assert_non_null(strstr(sdp, "192.0.2.1 5000"));
    qua_peer_add_local(p->ana, T0, 1, &late);
    qua_peer_local_done(p->ana, T0);
    while (qua_peer_poll_event(p->ana, &event)) {
        if (event.type != QUA_PEER_CANDIDATE)
            continue;
        told += event.candidate[0] != 0;
        ends += event.candidate[0] == 0;
    }
    assert_int_equal(told, 1);
    assert_int_equal(ends, 1);
    assert_non_null(strstr(qua_peer_local_sdp(p->ana), "192.0.2.2 5001"));
    assert_int_equal(qua_peer_add_candidate(p->ana, T0, "candidate:nonsense"), QUA_EFORMAT);
}

#define story(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(signaling_goes_from_stable_to_stable),
        story(rollback_takes_back_what_was_only_offered),
        story(preferences_order_and_limit_the_codecs_of_both_descriptions),
        story(an_offer_that_meets_ours_takes_its_place),
        story(a_provisional_answer_is_replaced_by_the_final_one),
        story(what_a_provisional_answer_refuses_may_be_accepted_in_the_end),
        story(a_track_that_was_rolled_back_has_ended),
        story(what_we_do_not_know_is_refused_in_kind),
        story(an_m_line_without_a_codec_in_common_is_refused),
        story(an_answer_uses_the_numbers_of_the_offer_and_so_does_the_next_offer),
        story(a_description_that_does_not_parse_names_its_line),
        story(a_transport_that_cannot_be_trusted_is_refused),
        story(an_answer_must_fit_its_offer),
        story(negotiation_is_needed_once_for_each_reason),
        story(candidates_are_told_after_the_description_and_never_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
