/* What we receive: whose stream a packet is of, repair, pictures and sound. */
#include "peer/peer_internal.h"

/* Feedback leaves at the end of each picture, or this long after a packet. */
#define FEEDBACK_DELAY QUA_MS(20)
/* How soon an incomplete picture is looked at again when nothing else comes. */
#define STUCK_CHECK QUA_MS(50)

void peer_receiver_reset(peer_receiver *r)
{
    r->ssrc = r->rtx_ssrc = 0;
    r->payload_type = PAYLOAD_TYPE_NONE;
    r->codec = NULL;
    r->has_capture = false;
    r->lost_before = 0;
    memset(&r->nack, 0, sizeof r->nack);
    if (r->jitter)
        qua_video_jitter_reset(r->jitter);
}

/* ---- whose packet (RFC 9143 §9.2) ------------------------------------------------------------------------ */

static const peer_codec *codec_of(const peer_transceiver *t, uint8_t payload_type, bool *rtx)
{
    for (size_t i = 0; i < t->codec_count; i++) {
        *rtx = t->codecs[i].receive_rtx == payload_type;
        if (*rtx || t->codecs[i].receive == payload_type)
            return &t->codecs[i];
    }
    return NULL;
}

static bool listens(const peer_transceiver *t)
{
    return !t->stopped && t->current & QUA_DIRECTION_RECVONLY;
}

static peer_transceiver *find_by_ssrc(const qua_peer *p, uint32_t ssrc)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        const peer_receiver *r = &p->transceivers[i]->receiver;
        if (listens(p->transceivers[i]) && (r->ssrc == ssrc || r->rtx_ssrc == ssrc))
            return p->transceivers[i];
    }
    return NULL;
}

static peer_transceiver *find_by_description(const qua_peer *p, uint32_t ssrc)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        const peer_receiver *r = &p->transceivers[i]->receiver;
        if (listens(p->transceivers[i]) && (r->described_ssrc == ssrc || r->described_rtx == ssrc))
            return p->transceivers[i];
    }
    return NULL;
}

static peer_transceiver *find_by_payload_type(const qua_peer *p, uint8_t payload_type)
{
    peer_transceiver *found = NULL;
    bool rtx;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];
        if (!listens(t) || !codec_of(t, payload_type, &rtx))
            continue;
        if (found)
            return NULL; /* it could be either's */
        found = t;
    }
    return found;
}

static peer_transceiver *route(const qua_peer *p, const qua_rtp_packet *packet)
{
    const uint32_t ssrc = packet->header.ssrc;
    peer_transceiver *t = find_by_ssrc(p, ssrc);

    if (t || !ssrc)
        return t;
    if (packet->ext.present & 1u << QUA_RTP_EXT_MID) {
        t = peer_by_mid(p, packet->ext.mid);
        return t && listens(t) ? t : NULL;
    }
    t = find_by_description(p, ssrc);
    return t ? t : find_by_payload_type(p, packet->header.payload_type);
}

/* ---- streams --------------------------------------------------------------------------------------------- */

static void begin_stream(peer_transceiver *t, uint32_t ssrc)
{
    peer_receiver *r = &t->receiver;
    const uint32_t rtx = r->rtx_ssrc;

    if (r->ssrc)
        peer_receiver_reset(r);
    r->ssrc = ssrc;
    r->rtx_ssrc = rtx;
    r->payload_type = PAYLOAD_TYPE_NONE;
    qua_rtp_receiver_init(&r->stream, ssrc, t->kind == QUA_VIDEO ? VIDEO_HZ : QUA_AUDIO_HZ);
}

static void note_capture(peer_receiver *r, const qua_rtp_packet *packet)
{
    if (!(packet->ext.present & 1u << QUA_RTP_EXT_ABS_CAPTURE_TIME))
        return;
    r->has_capture = true;
    r->capture_ntp = packet->ext.abs_capture_time;
    r->capture_rtp = packet->header.timestamp;
}

/* When what this RTP time stamps was captured, by the sender's clock; 0 unknown. */
static qua_time captured_at(const peer_receiver *r, uint32_t timestamp)
{
    uint64_t ntp;

    if (r->has_capture)
        return qua_time_from_ntp(r->capture_ntp) +
               (qua_time)qua_diff32(timestamp, r->capture_rtp) * 1000000 / r->stream.clock_hz;
    ntp = qua_rtp_receiver_ntp(&r->stream, timestamp);
    return ntp ? qua_time_from_ntp(ntp) : 0;
}

static int on_sound(qua_peer *p, qua_time now, int transceiver, const qua_rtp_packet *packet)
{
    peer_receiver *r = &p->transceivers[transceiver]->receiver;
    qua_peer_event *event;
    qua_buffer *data;

    r->stats.audio_packets++;
    r->stats.audio_bytes += packet->payload_size;
    if (!packet->payload_size)
        return 0; /* padding */
    data = packet->payload_size <= QUA_DATAGRAM_MAX ? qua_pool_get(p->config.packets) : NULL;
    event = data ? peer_emit(p, QUA_PEER_AUDIO, transceiver) : NULL;
    if (!event) {
        qua_buffer_unref(&data);
        return QUA_EFULL;
    }
    memcpy(data->data, packet->payload, packet->payload_size);
    data->size = packet->payload_size;
    event->audio.data = data;
    event->audio.seq = packet->header.seq;
    event->audio.timestamp = packet->header.timestamp;
    event->audio.level = packet->ext.present & 1u << QUA_RTP_EXT_AUDIO_LEVEL ? packet->ext.audio_level : 127;
    event->audio.captured = captured_at(r, packet->header.timestamp);
    event->audio.received = now;
    return 0;
}

static int on_video(peer_receiver *r, qua_time now, const qua_rtp_packet *packet, int64_t seq)
{
    qua_video_fragment fragment = {.seq = seq, .timestamp = packet->header.timestamp, .picture_id = -1};
    qua_rtp_fragment found = {0};
    uint8_t room[QUA_RTP_H264_ROOM];
    int error;

    if (qua_rtp_nack_on_packet(&r->nack, now, seq))
        qua_video_jitter_reset(r->jitter); /* too much is gone */
    note_capture(r, packet);
    if (packet->payload_size) {
        error = peer_parse_payload(&found, r->codec->format, packet->payload, packet->payload_size, room);
        if (error)
            return error;
        fragment.unmarked = r->codec->format == QUA_PAYLOAD_H264;
        fragment.frame_start = found.frame_start;
        fragment.keyframe = found.keyframe;
        fragment.picture_id = found.picture_id;
        fragment.marker = packet->header.marker;
        fragment.data = found.data;
        fragment.size = found.size;
    }
    error = qua_video_jitter_insert(r->jitter, now, &fragment);
    return error == QUA_EIGNORED ? 0 : error; /* a copy, or repaired too late */
}

static int on_stream(qua_peer *p, qua_time now, int transceiver, const qua_rtp_packet *packet, const peer_codec *codec)
{
    peer_transceiver *t = p->transceivers[transceiver];
    peer_receiver *r = &t->receiver;
    int64_t seq;

    if (r->ssrc != packet->header.ssrc)
        begin_stream(t, packet->header.ssrc);
    if (r->payload_type != packet->header.payload_type) {
        if (r->jitter && r->payload_type != PAYLOAD_TYPE_NONE)
            qua_video_jitter_reset(r->jitter); /* another codec begins with a keyframe */
        r->payload_type = packet->header.payload_type;
        r->codec = codec->video;
    }
    seq = qua_rtp_receiver_on_packet(&r->stream, now, packet->header.seq, packet->header.timestamp);
    r->meter.packets++;
    r->meter.bytes += packet->payload_size;
    if (!r->jitter)
        return on_sound(p, now, transceiver, packet);
    r->stats.packets++;
    r->stats.bytes += packet->payload_size;
    return on_video(r, now, packet, seq);
}

static int on_repeat(peer_transceiver *t, qua_time now, qua_rtp_packet *packet, const peer_codec *codec)
{
    peer_receiver *r = &t->receiver;
    int error;

    r->rtx_ssrc = packet->header.ssrc;
    if (!r->jitter || !r->ssrc || !r->stream.started || r->payload_type != codec->receive)
        return QUA_EIGNORED; /* repeats of a stream that we have not seen yet */
    error = qua_rtp_unwrap_rtx(packet, r->ssrc, codec->receive);
    if (error)
        return error == QUA_EIGNORED ? 0 : error;
    r->stats.packets_retransmitted++;
    r->stats.bytes += packet->payload_size;
    r->meter.bytes += packet->payload_size;
    return on_video(r, now, packet, qua_unwrap16(r->stream.highest_seq, packet->header.seq));
}

static void note_arrival(qua_peer *p, qua_time now, const qua_rtp_packet *packet, bool picture_ends)
{
    if (!p->transport_cc || !(packet->ext.present & 1u << QUA_RTP_EXT_TRANSPORT_SEQ))
        return;
    qua_rtp_arrivals_add(&p->arrivals, now, packet->ext.transport_seq);
    p->feedback_at = picture_ends ? now : QUA_MIN(p->feedback_at, now + FEEDBACK_DELAY);
}

int peer_on_rtp(qua_peer *p, qua_time now, const uint8_t *data, size_t size)
{
    qua_rtp_packet packet;
    const peer_codec *codec;
    peer_transceiver *t;
    bool rtx = false;

    if (qua_rtp_parse(&packet, &p->extmap, data, size) != 0)
        return QUA_EFORMAT;
    t = route(p, &packet);
    codec = t ? codec_of(t, packet.header.payload_type, &rtx) : NULL;
    note_arrival(p, now, &packet, t && t->kind == QUA_VIDEO && packet.header.marker);
    if (!codec)
        return QUA_EIGNORED;
    if (rtx)
        return on_repeat(t, now, &packet, codec);
    for (size_t i = 0; i < p->transceiver_count; i++) {
        if (p->transceivers[i] == t)
            return on_stream(p, now, (int)i, &packet, codec);
    }
    return QUA_EIGNORED;
}

/* ---- pictures -------------------------------------------------------------------------------------------- */

static void fill_picture(const peer_receiver *r, const qua_video_picture *picture, int transceiver, qua_peer_event *out)
{
    memset(out, 0, sizeof *out);
    out->type = QUA_PEER_PICTURE;
    out->transceiver = transceiver;
    out->picture.data = picture->data;
    out->picture.codec = r->codec;
    out->picture.keyframe = picture->keyframe;
    out->picture.timestamp = picture->timestamp;
    out->picture.captured = captured_at(r, picture->timestamp);
    out->picture.received = picture->received;
}

bool peer_receive_picture(qua_peer *p, qua_peer_event *out)
{
    qua_video_picture picture;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_receiver *r = &p->transceivers[i]->receiver;

        if (!r->jitter || !r->codec || !qua_video_jitter_poll(r->jitter, p->now, &picture))
            continue;
        if (picture.keyframe) {
            r->keyframe_asked = false;
            r->pli_at = r->pli_interval = 0;
            r->stats.keyframes++;
        }
        qua_rtp_nack_forget_before(&r->nack, qua_video_jitter_horizon(r->jitter));
        fill_picture(r, &picture, (int)i, out);
        return true;
    }
    return false;
}

void qua_peer_request_keyframe(qua_peer *p, qua_time now, int transceiver)
{
    peer_transceiver *t = peer_at(p, transceiver);

    p->now = now;
    if (t && t->kind == QUA_VIDEO)
        t->receiver.keyframe_asked = true;
}

bool peer_wants_keyframe(const peer_receiver *r, qua_time now)
{
    return r->jitter && r->ssrc && (r->keyframe_asked || qua_video_jitter_needs_keyframe(r->jitter, now));
}

qua_time peer_receive_deadline(const qua_peer *p, qua_time now)
{
    qua_time deadline = QUA_TIME_NEVER;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        const peer_receiver *r = &p->transceivers[i]->receiver;

        if (!r->jitter || !r->ssrc)
            continue;
        deadline = QUA_MIN(deadline, QUA_MAX(qua_rtp_nack_deadline(&r->nack, peer_rtt(p)), now));
        if (peer_wants_keyframe(r, now))
            deadline = QUA_MIN(deadline, QUA_MAX(r->pli_at, now));
        else if (r->stream.highest_seq >= qua_video_jitter_horizon(r->jitter))
            deadline = QUA_MIN(deadline, now + STUCK_CHECK);
    }
    return deadline;
}
