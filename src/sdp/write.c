/* A description as text, attributes in the order of RFC 9429 §5.2.1. */
#include "sdp/sdp_internal.h"

static void write_flag(qua_text *t, bool set, const char *name)
{
    if (set)
        qua_text_add(t, "a=%s\r\n", name);
}

static void write_value(qua_text *t, const char *name, const char *value)
{
    if (value[0])
        qua_text_add(t, "a=%s:%s\r\n", name, value);
}

static void write_number(qua_text *t, const char *name, uint32_t value)
{
    if (value)
        qua_text_add(t, "a=%s:%lu\r\n", name, (unsigned long)value);
}

static void write_session(qua_text *t, const qua_sdp *sdp)
{
    qua_text_add(t, "v=0\r\no=- %llu %llu IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", (unsigned long long)sdp->session_id,
                 (unsigned long long)sdp->session_version);
    if (sdp->bundle_count) {
        qua_text_add(t, "a=group:BUNDLE");
        for (size_t i = 0; i < sdp->bundle_count; i++)
            qua_text_add(t, " %s", sdp->bundle[i]);
        qua_text_add(t, "\r\n");
    }
    write_flag(t, sdp->extmap_mixed, "extmap-allow-mixed");
    write_flag(t, sdp->ice_lite, "ice-lite");
    write_flag(t, sdp->trickle, "ice-options:trickle");
}

static void write_media_line(qua_text *t, const qua_sdp_media *media)
{
    qua_text_add(t, "m=%s %u %s", media->type, (unsigned)media->port, media->protocol);
    for (size_t i = 0; i < media->codec_count; i++)
        qua_text_add(t, " %u", (unsigned)media->codecs[i].payload_type);
    if (media->codec_count == 0)
        qua_text_add(t, " %s", media->formats[0] ? media->formats : "0");
    qua_text_add(t, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static void write_transport(qua_text *t, const qua_sdp_media *media)
{
    static const char *const setups[] = {[QUA_SDP_SETUP_NONE] = "",
                                         [QUA_SDP_ACTPASS] = "actpass",
                                         [QUA_SDP_ACTIVE] = "active",
                                         [QUA_SDP_PASSIVE] = "passive"};

    for (size_t i = 0; i < media->candidate_count; i++)
        qua_text_add(t, "a=%s\r\n", media->candidates[i]);
    write_flag(t, media->end_of_candidates, "end-of-candidates");
    write_value(t, "ice-ufrag", media->ice_ufrag);
    write_value(t, "ice-pwd", media->ice_password);
    if (media->fingerprint[0])
        qua_text_add(t, "a=fingerprint:%s %s\r\n", media->fingerprint_algorithm, media->fingerprint);
    write_value(t, "setup", setups[media->setup]);
    write_value(t, "mid", media->mid);
    write_flag(t, media->bundle_only, "bundle-only");
}

static void write_codec(qua_text *t, const qua_sdp_codec *codec)
{
    static const char *const feedback[] = {"nack", "nack pli", "ccm fir", "transport-cc", "goog-remb", "ack ccfb"};
    const unsigned type = codec->payload_type;

    qua_text_add(t, "a=rtpmap:%u %s/%lu", type, codec->name, (unsigned long)codec->clock_hz);
    if (codec->channels > 1)
        qua_text_add(t, "/%u", (unsigned)codec->channels);
    qua_text_add(t, "\r\n");
    for (size_t i = 0; i < QUA_ARRAY_SIZE(feedback); i++) {
        if (codec->feedback & 1u << i)
            qua_text_add(t, "a=rtcp-fb:%u %s\r\n", type, feedback[i]);
    }
    if (codec->fmtp[0])
        qua_text_add(t, "a=fmtp:%u %s\r\n", type, codec->fmtp);
}

static void write_extensions(qua_text *t, const qua_sdp_media *media)
{
    for (size_t i = 0; i < media->extension_count; i++) {
        const qua_sdp_extension *e = &media->extensions[i];
        if (e->direction == QUA_SDP_SENDRECV)
            qua_text_add(t, "a=extmap:%u %s\r\n", (unsigned)e->id, e->uri);
        else
            qua_text_add(t, "a=extmap:%u/%s %s\r\n", (unsigned)e->id, qua_sdp_direction_name(e->direction), e->uri);
    }
}

static void write_streams(qua_text *t, const qua_sdp_media *media)
{
    const unsigned long ssrc = media->ssrc, rtx = media->rtx_ssrc;

    if (media->stream_id[0])
        qua_text_add(t, "a=msid:%s%s%s\r\n", media->stream_id, media->track_id[0] ? " " : "", media->track_id);
    for (size_t i = 0; i < media->rid_count; i++)
        qua_text_add(t, "a=rid:%s %s\r\n", media->rids[i].id, media->rids[i].send ? "send" : "recv");
    write_value(t, "simulcast", media->simulcast);
    if (rtx)
        qua_text_add(t, "a=ssrc-group:FID %lu %lu\r\n", ssrc, rtx);
    if (ssrc && media->cname[0]) {
        qua_text_add(t, "a=ssrc:%lu cname:%s\r\n", ssrc, media->cname);
        if (rtx)
            qua_text_add(t, "a=ssrc:%lu cname:%s\r\n", rtx, media->cname);
    } else if (ssrc) {
        qua_text_add(t, "a=ssrc:%lu\r\n", ssrc);
    }
}

static void write_media(qua_text *t, const qua_sdp_media *media)
{
    write_media_line(t, media);
    write_transport(t, media);
    write_flag(t, true, qua_sdp_direction_name(media->direction));
    write_flag(t, media->rtcp_mux, "rtcp-mux");
    write_flag(t, media->rtcp_mux_only, "rtcp-mux-only");
    write_flag(t, media->rtcp_rsize, "rtcp-rsize");
    write_extensions(t, media);
    for (size_t i = 0; i < media->codec_count; i++)
        write_codec(t, &media->codecs[i]);
    write_streams(t, media);
    if (media->sctp_port && strcmp(media->protocol, "DTLS/SCTP") == 0)
        qua_text_add(t, "a=sctpmap:%lu webrtc-datachannel 1024\r\n", (unsigned long)media->sctp_port);
    else
        write_number(t, "sctp-port", media->sctp_port);
    write_number(t, "max-message-size", media->max_message_size);
}

ptrdiff_t qua_sdp_write(char *out, size_t capacity, const qua_sdp *sdp)
{
    qua_text t = qua_text_of(out, capacity);

    write_session(&t, sdp);
    for (size_t i = 0; i < sdp->media_count; i++)
        write_media(&t, &sdp->media[i]);
    return t.failed ? QUA_EFULL : (ptrdiff_t)t.size;
}
