/* Descriptions: what is kept, what is refused and how it is said, what hostile text can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdp/sdp.h"

#define HEAD   "v=0\r\no=- 7 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define AUDIO  "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\n"
#define BYTES8 "00:11:22:33:44:55:66:77:"
#define SHA256 "sha-256 " BYTES8 BYTES8 BYTES8 "00:11:22:33:44:55:66:77"
#define SHA512 "SHA-512 " BYTES8 BYTES8 BYTES8 BYTES8 BYTES8 BYTES8 BYTES8 "aa:bb:22:33:44:55:66:77"

static qua_sdp *sdp;
static qua_sdp_error error;

static int set_up(void **state)
{
    (void)state;
    sdp = qua_sdp_create();
    memset(&error, 0, sizeof error);
    return sdp ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    free(sdp);
    return 0;
}

static void parse(const char *text)
{
    if (qua_sdp_parse(sdp, text, strlen(text), &error) != 0)
        fail_msg("line %d: %s", error.line, error.cause);
}

static void assert_refused(const char *text, int line, const char *cause)
{
    assert_int_equal(qua_sdp_parse(sdp, text, strlen(text), &error), QUA_EFORMAT);
    assert_string_equal(error.cause, cause);
    assert_int_equal(error.line, line);
}

static void a_small_description_is_read(void **state)
{
    (void)state;
    parse(HEAD AUDIO "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 transport-cc\r\n"
                     "a=msid:stream track\r\na=ssrc:5 cname:c\r\na=rtcp-mux\r\na=sendonly\r\n");
    const qua_sdp_media *media = &sdp->media[0];

    assert_int_equal(sdp->session_id, 7);
    assert_int_equal(sdp->session_version, 2);
    assert_int_equal(sdp->media_count, 1);
    assert_int_equal(media->kind, QUA_SDP_AUDIO);
    assert_int_equal(media->codec_count, 1);
    assert_string_equal(media->codecs[0].name, "opus");
    assert_int_equal(media->codecs[0].clock_hz, 48000);
    assert_int_equal(media->codecs[0].channels, 2);
    assert_int_equal(media->codecs[0].feedback, QUA_SDP_FB_TRANSPORT_CC);
    assert_string_equal(media->codecs[0].fmtp, "minptime=10;useinbandfec=1");
    assert_string_equal(media->stream_id, "stream");
    assert_string_equal(media->track_id, "track");
    assert_string_equal(media->cname, "c");
    assert_int_equal(media->ssrc, 5);
    assert_true(media->rtcp_mux);
    assert_int_equal(media->direction, QUA_SDP_SENDONLY);
    assert_int_equal(sdp->skipped, 0);
}

static void line_ends_may_be_lf_and_the_last_may_be_missing(void **state)
{
    (void)state;
    parse("v=0\no=- 1 1 IN IP4 0.0.0.0\nm=video 9 RTP/SAVPF 96\n\na=rtpmap:96 VP8/90000");
    assert_int_equal(sdp->media[0].codec_count, 1);
}

static void the_session_level_speaks_for_every_section_that_is_silent(void **state)
{
    (void)state;
    parse(HEAD "a=ice-ufrag:sess\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\na=recvonly\r\n"
               "a=fingerprint:" SHA512 "\r\na=extmap:3 urn:a\r\n" AUDIO
               "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\na=ice-ufrag:mine\r\na=inactive\r\n"
               "a=fingerprint:" SHA256 "\r\na=extmap:3 urn:b\r\na=extmap:4/sendonly urn:c\r\na=setup:active\r\n");
    const qua_sdp_media *silent = &sdp->media[0], *own = &sdp->media[1];

    assert_string_equal(silent->ice_ufrag, "sess");
    assert_string_equal(silent->ice_password, "0123456789012345678901");
    assert_int_equal(silent->setup, QUA_SDP_ACTPASS);
    assert_int_equal(silent->direction, QUA_SDP_RECVONLY);
    assert_string_equal(silent->fingerprint_algorithm, "sha-512");
    assert_int_equal(qua_sdp_find_extension(silent, "urn:a"), 3);

    assert_string_equal(own->ice_ufrag, "mine");
    assert_string_equal(own->ice_password, "0123456789012345678901");
    assert_int_equal(own->setup, QUA_SDP_ACTIVE);
    assert_int_equal(own->direction, QUA_SDP_INACTIVE);
    assert_string_equal(own->fingerprint_algorithm, "sha-256");
    assert_int_equal(qua_sdp_find_extension(own, "urn:a"), 0);
    assert_int_equal(qua_sdp_find_extension(own, "urn:b"), 3);
    assert_int_equal(own->extensions[1].direction, QUA_SDP_SENDONLY);
}

static void the_fingerprint_that_all_can_verify_wins_in_either_order(void **state)
{
    (void)state;
    parse(HEAD AUDIO "a=fingerprint:" SHA256 "\r\na=fingerprint:" SHA512 "\r\na=fingerprint:sha-1 AA\r\n");
    assert_string_equal(sdp->media[0].fingerprint_algorithm, "sha-256");
    parse(HEAD AUDIO "a=fingerprint:" SHA512 "\r\na=fingerprint:" SHA256 "\r\n");
    assert_string_equal(sdp->media[0].fingerprint_algorithm, "sha-256");
    parse(HEAD AUDIO "a=fingerprint:" SHA512 "\r\n");
    assert_string_equal(sdp->media[0].fingerprint_algorithm, "sha-512");
    assert_non_null(strstr(sdp->media[0].fingerprint, "AA:BB:")); /* in capitals, however it came */
    parse(HEAD AUDIO "a=fingerprint:sha-1 AA\r\n");
    assert_string_equal(sdp->media[0].fingerprint, "");
}

static void static_payload_types_have_names_and_nameless_ones_go(void **state)
{
    (void)state;
    parse(HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0 96 8 9 13 97\r\na=rtpmap:97 opus/48000/2\r\na=rtcp-fb:* nack\r\n");
    const qua_sdp_media *media = &sdp->media[0];
    static const char *const names[] = {"PCMU", "PCMA", "G722", "CN", "opus"};

    assert_int_equal(media->codec_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(media->codecs[i].name, names[i]);
        assert_int_equal(media->codecs[i].feedback, QUA_SDP_FB_NACK);
    }
    assert_int_equal(media->codecs[0].clock_hz, 8000);
    assert_int_equal(sdp->skipped, 1);
}

static void sections_that_are_not_understood_keep_their_formats(void **state)
{
    (void)state;
    parse(HEAD "m=image 9 udptl  t38 x\r\nm=video 0 UDP/TLS/RTP/SAVPF 96 97\r\nm=application 9 UDP/DTLS/SCTP "
               "webrtc-datachannel\r\na=sctp-port:5000\r\na=max-message-size:0\r\n");
    assert_int_equal(sdp->media[0].kind, QUA_SDP_OTHER);
    assert_string_equal(sdp->media[0].formats, "t38 x");
    assert_int_equal(sdp->media[1].codec_count, 0);
    assert_string_equal(sdp->media[1].formats, "96 97");
    assert_true(qua_sdp_rejected(&sdp->media[1]));
    assert_int_equal(sdp->media[2].max_message_size, UINT32_MAX); /* 0 on the wire: any size */
}

static void the_stream_is_found_where_old_endpoints_name_it(void **state)
{
    (void)state;
    parse(HEAD AUDIO "a=ssrc-group:SIM 5 6\r\na=ssrc-group:FID 5 50\r\na=ssrc-group:FID 6 60\r\na=ssrc:6 cname:no\r\n"
                     "a=ssrc:5 cname:yes\r\na=ssrc:5 msid:s t\r\n");
    assert_int_equal(sdp->media[0].ssrc, 5);
    assert_int_equal(sdp->media[0].rtx_ssrc, 50);
    assert_string_equal(sdp->media[0].cname, "yes");
    assert_string_equal(sdp->media[0].stream_id, "s");
    assert_string_equal(sdp->media[0].track_id, "t");
}

static void errors_name_line_and_cause(void **state)
{
    (void)state;
    assert_refused("", 1, "the description ends before its origin (o=)");
    assert_refused("o=- 1 1 IN IP4 0.0.0.0\r\n", 1, "a description begins with v=0");
    assert_refused("v=0\r\no=- x 1 IN IP4 0.0.0.0\r\n", 2,
                   "the origin's session id and version must be numbers of 64 bits");
    assert_refused("v=0\r\no=- 18446744073709551616 1 IN IP4 0.0.0.0\r\n", 2,
                   "the origin's session id and version must be numbers of 64 bits");
    assert_refused("v=0\r\nm=audio 9 RTP/AVP 0\r\n", 2, "the origin (o=) must stand before the first m-line");
    assert_refused(HEAD "hello\r\n", 5, "a line must be a small letter, an equals sign and a value");
    assert_refused(HEAD "a=x\ry\r\n", 5, "a carriage return stands alone");
    assert_refused(HEAD "m=audio 9 RTP/AVP\r\n", 5, "an m-line needs type, port, protocol and a format");
    assert_refused(HEAD "m=audio 65536 RTP/AVP 0\r\n", 5, "the port of the m-line is not a number of 0 to 65535");
    assert_refused(HEAD "m=audio 9 RTP/AVP 128\r\n", 5, "a payload type of the m-line is not a number of 0 to 127");
    assert_refused(HEAD AUDIO "a=rtpmap:111 opus\r\n", 8, "an rtpmap needs a name and a clock rate");
    assert_refused(HEAD AUDIO "a=rtpmap:111 opus/0\r\n", 8, "an rtpmap needs a name and a clock rate");
    assert_refused(HEAD AUDIO "a=rtpmap:111 opus/48000/0\r\n", 8,
                   "the channels of an rtpmap are not a number of 1 to 255");
    assert_refused(HEAD AUDIO "a=fmtp:x a=b\r\n", 8, "a payload type is not a number of 0 to 127");
    assert_refused(HEAD AUDIO "a=extmap:0 urn:x\r\n", 8, "an extmap needs an id of 1 or more and a URI");
    assert_refused(HEAD AUDIO "a=extmap:1/up urn:x\r\n", 8, "the direction of an extmap is none of the four");
    assert_refused(HEAD AUDIO "a=ice-ufrag:abc\r\n", 8, "an ICE user fragment has 4 to 256 characters (RFC 8839)");
    assert_refused(HEAD AUDIO "a=ice-pwd:012345678901234567890\r\n", 8,
                   "an ICE password has 22 to 256 characters (RFC 8839)");
    assert_refused(HEAD AUDIO "a=fingerprint:sha-256 00:11\r\n", 8,
                   "a fingerprint must be hexadecimal pairs of its hash's length (RFC 8122)");
    assert_refused(HEAD AUDIO "a=setup:both\r\n", 8, "setup must be actpass, active or passive");
    assert_refused(HEAD AUDIO "a=rid:1 up\r\n", 8, "a rid needs an id and send or recv");
    assert_refused(HEAD AUDIO "a=ssrc:4294967296 cname:x\r\n", 8, "an SSRC is not a number of 1 to 4294967295");
    assert_refused(HEAD AUDIO "a=msid:\r\n", 8, "an msid needs a stream");
    assert_refused(HEAD AUDIO "a=mid:two words\r\n", 8, "a mid is one word of 1 to 63 characters");
    assert_refused(HEAD AUDIO AUDIO, 10, "two m-sections have the same mid");
}

static void a_byte_of_value_0_and_too_much_text_are_refused(void **state)
{
    static char text[65537];
    const int head = snprintf(text, sizeof text, "%s", HEAD "a=");

    (void)state;
    assert_int_equal(qua_sdp_parse(sdp, text, (size_t)head + 1, &error), QUA_EFORMAT);
    assert_string_equal(error.cause, "the description has a byte of value 0");
    memset(text + head, 'x', sizeof text - (size_t)head);
    assert_int_equal(qua_sdp_parse(sdp, text, 65537, &error), QUA_EFORMAT);
    assert_string_equal(error.cause, "the description is longer than 65,536 bytes");
    assert_int_equal(qua_sdp_parse(sdp, text, 65536, &error), 0);
}

static void unknown_lines_and_attributes_are_skipped(void **state)
{
    (void)state;
    parse(HEAD "b=AS:1\r\nz=0 0\r\na=\r\na=newthing:x\r\na=mid:at-session-level\r\na=candidate:nowhere\r\n" AUDIO
               "a=group:BUNDLE in-a-section\r\na=ice-lite\r\na=rtpmapx:1\r\na=rtpmap:96 VP8/90000\r\n");
    assert_int_equal(sdp->bundle_count, 0);
    assert_false(sdp->ice_lite);
    assert_string_equal(sdp->media[0].mid, "a");
    assert_int_equal(sdp->media[0].candidate_count, 0);
}

/* HEAD, `first`, then `count` lines made by `format` from 1 up. */
static char *many(const char *first, const char *format, int count)
{
    static char text[65536];
    int n = snprintf(text, sizeof text, "%s%s", HEAD, first);

    for (int i = 1; i <= count; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, format, i);
    assert_true((size_t)n < sizeof text);
    return text;
}

static void more_than_the_bounds_is_skipped_and_counted(void **state)
{
    (void)state;
    parse(many(AUDIO, "a=candidate:%d\r\n", QUA_SDP_CANDIDATES_MAX + 3));
    assert_int_equal(sdp->media[0].candidate_count, QUA_SDP_CANDIDATES_MAX);
    assert_int_equal(sdp->skipped, 3);
    parse(many(AUDIO, "a=extmap:%d urn:x\r\n", QUA_SDP_EXTENSIONS_MAX + 4));
    assert_int_equal(sdp->media[0].extension_count, QUA_SDP_EXTENSIONS_MAX);
    assert_int_equal(sdp->skipped, 4);
    parse(many(AUDIO, "a=rid:%d send\r\n", QUA_SDP_RIDS_MAX + 5));
    assert_int_equal(sdp->media[0].rid_count, QUA_SDP_RIDS_MAX);
    assert_int_equal(sdp->skipped, 5);
    parse(many("", "m=text %d RTP/AVP 98\r\n", QUA_SDP_MEDIA_MAX));
    assert_int_equal(sdp->media_count, QUA_SDP_MEDIA_MAX);
    assert_refused(many("", "m=text %d RTP/AVP 98\r\n", QUA_SDP_MEDIA_MAX + 1), 21, "more m-lines than are taken");
}

static void values_longer_than_their_field_are_skipped_whole(void **state)
{
    char text[2048], longer[600];

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    snprintf(text, sizeof text, "%s%sa=candidate:%s\r\na=fmtp:111 %s\r\n", HEAD, AUDIO, longer, longer);
    parse(text);
    assert_int_equal(sdp->media[0].candidate_count, 0);
    assert_string_equal(sdp->media[0].codecs[0].fmtp, "");
    snprintf(text, sizeof text, "%s%sa=msid:%s track\r\na=extmap:1 %s\r\n", HEAD, AUDIO, longer, longer);
    parse(text);
    assert_string_equal(sdp->media[0].stream_id, "");
    assert_string_equal(sdp->media[0].track_id, "");
    assert_int_equal(sdp->media[0].extension_count, 0);
    assert_int_equal(sdp->skipped, 2);
}

static void every_cut_of_a_description_is_read_or_refused(void **state)
{
    static const char text[] =
        HEAD AUDIO "a=fingerprint:" SHA256 "\r\na=ice-ufrag:abcd\r\na=extmap:1/sendonly urn:x\r\n"
                   "a=ssrc-group:FID 1 2\r\na=rid:1 send\r\n";

    (void)state;
    for (size_t size = 0; size < sizeof text; size++) {
        char *copy = malloc(size ? size : 1); /* exactly as long, so that a sanitizer sees a read past it */
        memcpy(copy, text, size);
        memset(&error, 0, sizeof error);
        if (qua_sdp_parse(sdp, copy, size, &error) != 0)
            assert_true(error.line >= 1 && error.cause[0]);
        free(copy);
    }
}

static void what_was_read_is_written_and_read_the_same(void **state)
{
    char text[8192];
    qua_sdp *again = qua_sdp_create();
    ptrdiff_t size;

    (void)state;
    parse(HEAD "a=group:BUNDLE a v\r\na=ice-lite\r\na=ice-options:trickle ice2\r\na=setup:passive\r\n" AUDIO
               "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\na=msid:- t\r\na=ssrc:9\r\n"
               "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v\r\na=bundle-only\r\na=rtpmap:96 VP8/90000\r\n"
               "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:* ack ccfb\r\n"
               "a=rtcp-mux-only\r\na=rid:h send\r\na=simulcast:send h\r\na=ssrc-group:FID 1 2\r\na=ssrc:1 cname:c\r\n");
    size = qua_sdp_write(text, sizeof text, sdp);
    assert_int_equal(size, strlen(text));
    assert_int_equal(qua_sdp_parse(again, text, (size_t)size, &error), 0);
    assert_memory_equal(sdp, again, sizeof *sdp);
    assert_false(qua_sdp_rejected(&again->media[1]));
    for (ptrdiff_t capacity = 1; capacity <= size; capacity++)
        assert_int_equal(qua_sdp_write(text, (size_t)capacity, sdp), QUA_EFULL);
    free(again);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_small_description_is_read),
        STORY(line_ends_may_be_lf_and_the_last_may_be_missing),
        STORY(the_session_level_speaks_for_every_section_that_is_silent),
        STORY(the_fingerprint_that_all_can_verify_wins_in_either_order),
        STORY(static_payload_types_have_names_and_nameless_ones_go),
        STORY(sections_that_are_not_understood_keep_their_formats),
        STORY(the_stream_is_found_where_old_endpoints_name_it),
        STORY(errors_name_line_and_cause),
        STORY(a_byte_of_value_0_and_too_much_text_are_refused),
        STORY(unknown_lines_and_attributes_are_skipped),
        STORY(more_than_the_bounds_is_skipped_and_counted),
        STORY(values_longer_than_their_field_are_skipped_whole),
        STORY(every_cut_of_a_description_is_read_or_refused),
        STORY(what_was_read_is_written_and_read_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
