/*
 * getStats: what a connection tells of itself under the names of webrtc-stats (W3C), as JSON. A report is an object of
 * objects by their id; what has not begun yet is not in it. `timestamp` is of the monotonic clock, in milliseconds.
 */
#include "peer/peer_internal.h"

#include <stdio.h>

typedef struct report {
    qua_text text;
    qua_time now;
    bool any; /* an object is in it already */
} report;

/* ---- JSON ------------------------------------------------------------------------------------------------ */

/* How many bytes the UTF-8 sequence at `s` has (RFC 3629); 0: none is there. */
static size_t sequence(const uint8_t *s)
{
    const size_t size = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    uint32_t c = size == 1 ? s[0] : s[0] & (0x7fu >> size);
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (s[0] >= 0xf8 || (s[0] & 0xc0) == 0x80)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    return c < least[size] || c > 0x10ffff || (c & 0xfffff800) == 0xd800 ? 0 : size;
}

/* Labels and mids are the far side's bytes. */
static void add_text(report *r, const char *name, const char *value)
{
    qua_text_add(&r->text, ",\"%s\":\"", name);
    for (const uint8_t *s = (const uint8_t *)value; *s;) {
        const size_t size = sequence(s);

        if (*s < 0x20 || *s == '"' || *s == '\\')
            qua_text_add(&r->text, "\\u%04x", *s);
        else if (!size)
            qua_text_add(&r->text, "\xef\xbf\xbd"); /* U+FFFD */
        else
            qua_text_add(&r->text, "%.*s", (int)size, (const char *)s);
        s += QUA_MAX(size, 1);
    }
    qua_text_add(&r->text, "\"");
}

static void add_count(report *r, const char *name, uint64_t value)
{
    qua_text_add(&r->text, ",\"%s\":%llu", name, (unsigned long long)value);
}

static void add_real(report *r, const char *name, double value)
{
    char text[64];

    snprintf(text, sizeof text, "%.6f", value);
    for (char *c = text; *c; c++)
        if (*c == ',')
            *c = '.'; /* whatever the app's locale writes */
    qua_text_add(&r->text, ",\"%s\":%s", name, text);
}

static void add_seconds(report *r, const char *name, qua_time value)
{
    if (value >= 0)
        add_real(r, name, (double)value / 1e6);
}

static void add_index(report *r, const char *name, const char *kind, size_t index)
{
    qua_text_add(&r->text, ",\"%s\":\"%s%zu\"", name, kind, index);
}

/* An object of the report: its id is `kind` and its index. */
static void begin(report *r, const char *type, const char *kind, size_t index)
{
    qua_text_add(&r->text, "%s\"%s%zu\":{\"id\":\"%s%zu\",\"type\":\"%s\"", r->any ? "," : "", kind, index, kind, index,
                 type);
    add_real(r, "timestamp", (double)r->now / 1e3);
    r->any = true;
}

static void end(report *r)
{
    qua_text_add(&r->text, "}");
}

/* ---- transport ------------------------------------------------------------------------------------------- */

static void add_candidate(report *r, const char *type, const char *kind, qua_ice_kind candidate)
{
    static const char *const names[] = {
        [QUA_ICE_HOST] = "host", [QUA_ICE_SRFLX] = "srflx", [QUA_ICE_PRFLX] = "prflx", [QUA_ICE_RELAY] = "relay"};

    begin(r, type, kind, 0);
    add_index(r, "transportId", "T", 0);
    add_text(r, "candidateType", names[candidate]);
    add_text(r, "protocol", "udp");
    end(r);
}

static void add_pair(report *r, const qua_peer *p, const qua_ice_stats *ice)
{
    begin(r, "candidate-pair", "CP", 0);
    add_index(r, "transportId", "T", 0);
    add_index(r, "localCandidateId", "L", 0);
    add_index(r, "remoteCandidateId", "R", 0);
    add_text(r, "state", "succeeded");
    qua_text_add(&r->text, ",\"nominated\":true");
    add_count(r, "requestsSent", ice->checks_sent);
    add_count(r, "requestsReceived", ice->checks_received);
    add_count(r, "responsesReceived", ice->responses_received);
    add_seconds(r, "currentRoundTripTime", ice->rtt_us);
    if (p->srtp)
        add_count(r, "availableOutgoingBitrate", qua_cc_target_bps(p->cc, r->now));
    end(r);
    add_candidate(r, "local-candidate", "L", ice->local_kind);
    add_candidate(r, "remote-candidate", "R", ice->remote_kind);
}

static void add_transport(report *r, const qua_peer *p)
{
    static const char *const dtls[] = {"new", "connecting", "connected", "closed", "failed"};
    static const char *const ice[] = {"new", "checking", "connected", "completed", "disconnected", "failed", "closed"};
    qua_ice_stats stats;
    qua_addr remote;
    int base;
    const bool selected = qua_ice_selected(p->ice, &base, &remote);

    qua_ice_get_stats(p->ice, &stats);
    begin(r, "transport", "T", 0);
    add_text(r, "dtlsState", dtls[qua_dtls_get_state(p->dtls)]);
    add_text(r, "iceState", ice[p->ice_state]);
    add_text(r, "dtlsRole", !p->dtls_role_known ? "unknown" : p->dtls_client ? "client" : "server");
    add_text(r, "iceLocalUsernameFragment", qua_ice_local_ufrag(p->ice));
    if (selected)
        add_index(r, "selectedCandidatePairId", "CP", 0);
    end(r);
    if (selected)
        add_pair(r, p, &stats);
}

/* ---- streams --------------------------------------------------------------------------------------------- */

static void add_codec(report *r, const char *id, size_t index, const char *kind, const peer_codec *codec, uint8_t type)
{
    char mime[40];

    snprintf(mime, sizeof mime, "%s/%s", kind, codec->video ? codec->video->name : "opus");
    begin(r, "codec", id, index);
    add_index(r, "transportId", "T", 0);
    add_count(r, "payloadType", type);
    add_text(r, "mimeType", mime);
    add_count(r, "clockRate", codec->video ? VIDEO_HZ : QUA_AUDIO_HZ);
    if (!codec->video)
        add_count(r, "channels", 2);
    else if (codec->video->fmtp[0])
        add_text(r, "sdpFmtpLine", codec->video->fmtp);
    end(r);
}

static void begin_stream(report *r, const char *type, const char *id, size_t index, const peer_transceiver *t,
                         uint32_t ssrc)
{
    const char *const kind = t->kind == QUA_VIDEO ? "video" : "audio";

    begin(r, type, id, index);
    add_count(r, "ssrc", ssrc);
    add_text(r, "kind", kind);
    add_index(r, "transportId", "T", 0);
}

static void add_outbound(report *r, const qua_peer *p, size_t i)
{
    const peer_transceiver *t = p->transceivers[i];
    const peer_sender *s = &t->sender;

    begin_stream(r, "outbound-rtp", "O", i, t, s->ssrc);
    add_text(r, "mid", t->mid);
    add_index(r, "codecId", "CO", i);
    add_count(r, "packetsSent", s->packets);
    add_count(r, "bytesSent", s->bytes);
    add_count(r, "headerBytesSent", s->stats.bytes - s->bytes);
    add_count(r, "retransmittedPacketsSent", s->stats.packets_retransmitted);
    add_count(r, "nackCount", s->stats.nacks);
    if (s->confirmed)
        add_index(r, "remoteId", "RI", i);
    if (t->kind == QUA_VIDEO) {
        add_count(r, "rtxSsrc", s->rtx_ssrc);
        add_count(r, "framesSent", s->stats.frames);
        add_count(r, "keyFramesEncoded", s->stats.keyframes);
        add_real(r, "framesPerSecond", s->meter.fps);
        add_count(r, "pliCount", s->stats.plis);
        add_count(r, "targetBitrate", qua_peer_video_bps(p, r->now));
    }
    end(r);
    if (t->codec_count)
        add_codec(r, "CO", i, t->kind == QUA_VIDEO ? "video" : "audio", &t->codecs[0], t->codecs[0].send);
}

/* What the far side reports of it. */
static void add_remote_inbound(report *r, const qua_peer *p, size_t i)
{
    const peer_transceiver *t = p->transceivers[i];

    begin_stream(r, "remote-inbound-rtp", "RI", i, t, t->sender.ssrc);
    add_index(r, "localId", "O", i);
    add_count(r, "packetsLost", t->sender.stats.packets_lost);
    add_real(r, "fractionLost", t->sender.stats.loss);
    add_seconds(r, "jitter", t->sender.stats.jitter_us);
    add_seconds(r, "roundTripTime", p->rtt_us);
    end(r);
}

static void add_inbound_video(report *r, const peer_receiver *in)
{
    qua_video_jitter_stats jitter;

    qua_video_jitter_get_stats(in->jitter, &jitter);
    add_count(r, "framesReceived", jitter.pictures);
    add_count(r, "framesDecoded", in->stats.frames);
    add_count(r, "framesDropped", jitter.dropped);
    add_count(r, "keyFramesDecoded", in->stats.keyframes);
    add_count(r, "frameWidth", (uint64_t)in->stats.width);
    add_count(r, "frameHeight", (uint64_t)in->stats.height);
    add_real(r, "framesPerSecond", in->meter.fps);
    add_count(r, "pliCount", in->stats.plis);
}

static const peer_codec *codec_of(const peer_transceiver *t)
{
    for (size_t i = 0; i < t->codec_count; i++)
        if (t->codecs[i].video == t->receiver.codec)
            return &t->codecs[i];
    return NULL;
}

static void add_inbound(report *r, const qua_peer *p, size_t i)
{
    const peer_transceiver *t = p->transceivers[i];
    const peer_receiver *in = &t->receiver;
    const peer_codec *codec = codec_of(t);
    const bool video = t->kind == QUA_VIDEO;

    begin_stream(r, "inbound-rtp", "I", i, t, in->ssrc);
    add_text(r, "mid", t->mid);
    if (codec)
        add_index(r, "codecId", "CI", i);
    add_count(r, "packetsReceived", video ? in->stats.packets : in->stats.audio_packets);
    add_count(r, "bytesReceived", video ? in->stats.bytes : in->stats.audio_bytes);
    add_count(r, "packetsLost", qua_rtp_receiver_lost(&in->stream));
    add_real(r, "jitter", in->stream.jitter / (video ? VIDEO_HZ : QUA_AUDIO_HZ));
    add_count(r, "nackCount", in->stats.nacks);
    add_count(r, "retransmittedPacketsReceived", in->stats.packets_retransmitted);
    if (video)
        add_inbound_video(r, in);
    end(r);
    if (codec)
        add_codec(r, "CI", i, video ? "video" : "audio", codec, codec->receive);
}

/* ---- data channels --------------------------------------------------------------------------------------- */

static void add_channels(report *r, const qua_peer *p)
{
    static const char *const states[] = {"connecting", "open", "closing", "closed"};
    qua_sctp_channel_stats stats;
    qua_data_channel_info info;

    for (int i = 0; p->sctp && i < QUA_SCTP_CHANNELS; i++) {
        if (!qua_sctp_get_channel_stats(p->sctp, i, &stats))
            continue;
        qua_sctp_info(p->sctp, i, &info);
        begin(r, "data-channel", "D", (size_t)i);
        add_text(r, "label", info.label);
        add_text(r, "protocol", info.protocol);
        if (info.id >= 0)
            add_count(r, "dataChannelIdentifier", (uint64_t)info.id);
        add_text(r, "state", states[stats.state]);
        add_count(r, "messagesSent", stats.messages_sent);
        add_count(r, "bytesSent", stats.bytes_sent);
        add_count(r, "messagesReceived", stats.messages_received);
        add_count(r, "bytesReceived", stats.bytes_received);
        end(r);
    }
}

static void add_connection(report *r, const qua_peer *p)
{
    qua_sctp_stats stats = {0};

    if (p->sctp)
        qua_sctp_get_stats(p->sctp, &stats);
    begin(r, "peer-connection", "P", 0);
    add_count(r, "dataChannelsOpened", stats.opened);
    add_count(r, "dataChannelsClosed", stats.closed);
    end(r);
}

int qua_peer_report(const qua_peer *p, qua_time now, char *out, size_t capacity)
{
    report r = {.text = qua_text_of(out, capacity), .now = now};

    qua_text_add(&r.text, "{");
    add_connection(&r, p);
    add_transport(&r, p);
    for (size_t i = 0; i < p->transceiver_count; i++) {
        const peer_transceiver *t = p->transceivers[i];

        if (t->sender.started)
            add_outbound(&r, p, i);
        if (t->sender.started && t->sender.confirmed)
            add_remote_inbound(&r, p, i);
        if (t->receiver.ssrc && t->receiver.stream.started)
            add_inbound(&r, p, i);
    }
    add_channels(&r, p);
    qua_text_add(&r.text, "}");
    return r.text.failed ? QUA_EFULL : 0;
}
