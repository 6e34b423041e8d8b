/* What we send: from payloads to packets in the pacer, and out under SRTP. */
#include "peer/peer_internal.h"

/* A picture that did not leave in this time is of no use: a newer one is on its way. Keyframes must arrive. */
#define PICTURE_LASTS  QUA_MS(400)
#define KEYFRAME_LASTS QUA_MS(1500)
#define RESEND_LASTS   QUA_MS(400)
/* RTP header, extensions and SRTP tag: for the pacer, which plans before they are written. */
#define PLANNED_OVERHEAD (24 + 16)
#define PADDING_MAX      255

void peer_sender_init(qua_peer *p, peer_sender *s)
{
    const qua_random *random = p->config.random;

    s->ssrc = qua_random_u32(random) | 1; /* never 0: that means none in descriptions */
    s->rtx_ssrc = qua_random_u32(random) & ~1u;
    if (!s->rtx_ssrc)
        s->rtx_ssrc = 2;
    s->next_seq = (uint16_t)(qua_random_u32(random) & 0x7fff); /* RFC 3711 §3.3.1: no wrap before the first report */
    s->next_rtx_seq = (uint16_t)(qua_random_u32(random) & 0x7fff);
    s->timestamp_offset = qua_random_u32(random);
}

/* ---- what may be sent ------------------------------------------------------------------------------------ */

const qua_video_codec *qua_peer_send_codec(const qua_peer *p, int transceiver)
{
    const peer_transceiver *t = peer_at(p, transceiver);

    return t && t->codec_count && t->current & QUA_DIRECTION_SENDONLY ? t->codecs[0].video : NULL;
}

bool qua_peer_can_send(const qua_peer *p, int transceiver)
{
    const peer_transceiver *t = peer_at(p, transceiver);
    int base;
    qua_addr remote;

    return t && !t->stopped && p->srtp && t->codec_count && t->current & t->wanted & QUA_DIRECTION_SENDONLY &&
           p->connection != QUA_CONNECTION_CLOSED && qua_ice_selected(p->ice, &base, &remote);
}

size_t qua_peer_frame_budget(const qua_peer *p, qua_time now)
{
    return p->srtp ? qua_cc_frame_budget(p->cc, now) : 0;
}

uint64_t qua_peer_video_bps(const qua_peer *p, qua_time now)
{
    const uint64_t target = qua_cc_target_bps(p->cc, now);
    uint64_t sound = 0;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        const peer_transceiver *t = p->transceivers[i];
        if (t->kind == QUA_AUDIO && t->sender.started) /* 50 packets a second with their headers */
            sound += (uint64_t)t->sender.meter.bitrate_bps + (PLANNED_OVERHEAD + QUA_CC_UDP4_OVERHEAD) * 8 * 50;
    }
    /* a full packet's share of headers */
    return (target > sound ? target - sound : 0) / 100 *
           (100 * QUA_RTP_PAYLOAD_MAX / (QUA_RTP_PAYLOAD_MAX + PLANNED_OVERHEAD + QUA_CC_UDP4_OVERHEAD));
}

void qua_peer_set_demand(qua_peer *p, qua_time now, uint64_t bps)
{
    qua_cc_set_demand(p->cc, now, bps);
}

/* ---- into the pacer -------------------------------------------------------------------------------------- */

static size_t udp_overhead(const qua_peer *p)
{
    int base;
    qua_addr remote;

    return qua_ice_selected(p->ice, &base, &remote) && remote.family == QUA_IPV6 ? QUA_CC_UDP6_OVERHEAD
                                                                                 : QUA_CC_UDP4_OVERHEAD;
}

static peer_out *take_out(qua_peer *p, int transceiver)
{
    peer_out *out = p->free_out;

    if (!out)
        return NULL;
    p->free_out = out->next;
    memset(out, 0, sizeof *out);
    out->transceiver = transceiver;
    return out;
}

static void release_out(qua_peer *p, peer_out *out)
{
    qua_buffer_unref(&out->sent.payload);
    out->next = p->free_out;
    p->free_out = out;
}

static int enqueue(qua_peer *p, qua_time now, peer_out *out, qua_cc_kind kind, uint64_t group, qua_time deadline)
{
    const size_t size = out->sent.payload->size + PLANNED_OVERHEAD + udp_overhead(p);
    const int error = qua_pacer_enqueue(p->pacer, now, kind, size, group, out, deadline);

    if (error)
        release_out(p, out);
    return error;
}

void peer_sender_lost_keyframe(qua_peer *p, int transceiver)
{
    peer_sender *s = &p->transceivers[transceiver]->sender;

    s->dead_until = s->picture;
    if (s->needs_keyframe)
        return; /* was told, and none has come yet */
    s->needs_keyframe = true;
    peer_emit(p, QUA_PEER_KEYFRAME_WANTED, transceiver);
}

static int send_payload(qua_peer *p, qua_time now, int transceiver, const qua_payloads *payloads, size_t i)
{
    peer_sender *s = &p->transceivers[transceiver]->sender;
    const qua_time lasts = payloads->keyframe ? KEYFRAME_LASTS : PICTURE_LASTS;
    peer_out *out = take_out(p, transceiver);

    if (!out)
        return QUA_EFULL;
    out->picture = s->picture;
    out->discardable = payloads->discardable;
    out->sent.payload = qua_buffer_ref(payloads->payload[i]);
    out->sent.header.payload_type = p->transceivers[transceiver]->codecs[0].send;
    out->sent.header.ssrc = s->ssrc;
    out->sent.header.timestamp = qua_rtp_from_time(payloads->captured, VIDEO_HZ) + s->timestamp_offset;
    out->sent.header.marker = payloads->last && i + 1 == payloads->count;
    if (payloads->first && i == 0) {
        out->sent.ext.present |= 1u << QUA_RTP_EXT_ABS_CAPTURE_TIME;
        out->sent.ext.abs_capture_time = qua_ntp_from_time(payloads->captured);
    }
    s->last_timestamp = out->sent.header.timestamp;
    s->last_captured = payloads->captured;
    return enqueue(p, now, out, QUA_CC_VIDEO, (uint64_t)(transceiver + 1) << 32 | s->picture, now + lasts);
}

int qua_peer_send_payloads(qua_peer *p, qua_time now, int transceiver, const qua_payloads *payloads)
{
    peer_transceiver *t = peer_at(p, transceiver);
    peer_sender *s;
    int error = 0;

    p->now = now;
    if (!qua_peer_can_send(p, transceiver) || payloads->codec != qua_peer_send_codec(p, transceiver))
        return QUA_ESTATE;
    s = &t->sender;
    if (s->needs_keyframe && !payloads->keyframe)
        return QUA_EIGNORED;
    if (payloads->first) {
        s->picture++;
        s->stats.frames++;
        s->meter.frames++;
        s->stats.keyframes += payloads->keyframe;
        s->needs_keyframe = false;
    } else if (s->dead_until == s->picture) {
        return QUA_EIGNORED; /* its beginning is lost */
    }
    for (size_t i = 0; i < payloads->count && !error; i++)
        error = send_payload(p, now, transceiver, payloads, i);
    if (error)
        peer_sender_lost_keyframe(p, transceiver);
    return error;
}

int qua_peer_send_audio(qua_peer *p, qua_time now, int transceiver, const uint8_t *opus, size_t size,
                        uint32_t timestamp, uint8_t level, qua_time captured)
{
    peer_sender *s;
    peer_out *out;

    p->now = now;
    assert(size > 0 && size <= QUA_RTP_PAYLOAD_MAX && level <= 127);
    if (!qua_peer_can_send(p, transceiver) || p->transceivers[transceiver]->kind != QUA_AUDIO)
        return QUA_ESTATE;
    s = &p->transceivers[transceiver]->sender;
    out = take_out(p, transceiver);
    if (!out)
        return QUA_EFULL;
    out->sent.payload = qua_pool_get(p->config.packets);
    if (!out->sent.payload) {
        release_out(p, out);
        return QUA_EFULL;
    }
    memcpy(out->sent.payload->data, opus, size);
    out->sent.payload->size = size;
    out->sent.header.payload_type = p->transceivers[transceiver]->codecs[0].send;
    out->sent.header.ssrc = s->ssrc;
    out->sent.header.timestamp = timestamp + s->timestamp_offset;
    out->sent.header.marker = !s->started; /* a talkspurt begins (RFC 3551 §4.1) */
    out->sent.ext.present = 1u << QUA_RTP_EXT_AUDIO_LEVEL;
    out->sent.ext.audio_level = level;
    s->last_timestamp = out->sent.header.timestamp;
    s->last_captured = captured;
    return enqueue(p, now, out, QUA_CC_AUDIO, 0, QUA_TIME_NEVER);
}

void peer_on_nack(qua_peer *p, qua_time now, uint32_t ssrc, const uint16_t *seqs, size_t count)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];

        if (t->sender.ssrc != ssrc || !t->codec_count || t->codecs[0].send_rtx == PAYLOAD_TYPE_NONE)
            continue;
        for (size_t k = 0; k < count; k++) {
            const qua_rtp_sent *sent = qua_rtp_history_take(&t->sender.history, now, peer_rtt(p), seqs[k]);
            peer_out *out = sent ? take_out(p, (int)i) : NULL;

            t->sender.stats.nacks++;
            if (!out)
                continue;
            out->sent = *sent;
            qua_buffer_ref(out->sent.payload);
            out->resend = true;
            enqueue(p, now, out, QUA_CC_RETRANSMIT, 0, now + RESEND_LASTS);
        }
    }
}

/* ---- out of the pacer ------------------------------------------------------------------------------------ */

static void set_leaving_extensions(qua_peer *p, const peer_transceiver *t, qua_rtp_extensions *ext)
{
    ext->present &= ~(1u << QUA_RTP_EXT_MID | 1u << QUA_RTP_EXT_TRANSPORT_SEQ);
    if (p->transport_cc) {
        ext->present |= 1u << QUA_RTP_EXT_TRANSPORT_SEQ;
        ext->transport_seq = (uint16_t)p->next_transport_seq;
    }
    /* until the far side shows that it knows whose stream this is (RFC 9143 §14.1) */
    if (!t->sender.confirmed && strlen(t->mid) < sizeof ext->mid) {
        ext->present |= 1u << QUA_RTP_EXT_MID;
        memcpy(ext->mid, t->mid, strlen(t->mid) + 1);
    }
}

/* Protect, count, tell the controller. */
static bool leave(qua_peer *p, qua_time now, peer_sender *s, qua_cc_kind kind, qua_peer_transmit *out)
{
    if (!out->size || qua_srtp_protect_rtp(p->srtp, out->data, &out->size, sizeof out->data) != 0)
        return false;
    if (p->transport_cc)
        qua_cc_on_sent(p->cc, now, p->next_transport_seq++, out->size + udp_overhead(p), kind);
    if (!s->started) { /* the far side can map times from the first report on */
        s->started = true;
        p->report_at = now;
    }
    return true;
}

static bool send_fresh(qua_peer *p, qua_time now, peer_transceiver *t, peer_out *item, qua_cc_kind kind,
                       qua_peer_transmit *out)
{
    peer_sender *s = &t->sender;
    qua_rtp_sent *sent = &item->sent;

    sent->header.seq = s->next_seq++;
    set_leaving_extensions(p, t, &sent->ext);
    out->size = qua_rtp_write(out->data, sizeof out->data - QUA_SRTP_OVERHEAD, &sent->header, &t->extmap, &sent->ext,
                              sent->payload->data, sent->payload->size, 0);
    if (t->kind == QUA_VIDEO)
        qua_rtp_history_add(&s->history, now, &sent->header, &sent->ext, sent->payload);
    s->packets++;
    s->bytes += sent->payload->size;
    s->meter.bytes += out->size;
    s->stats.packets++;
    s->stats.bytes += out->size;
    return leave(p, now, s, kind, out);
}

static bool send_repeat(qua_peer *p, qua_time now, peer_transceiver *t, const qua_rtp_sent *sent, qua_cc_kind kind,
                        qua_peer_transmit *out)
{
    peer_sender *s = &t->sender;
    const qua_rtp_header header = {
        .payload_type = t->codecs[0].send_rtx, .seq = s->next_rtx_seq++, .ssrc = s->rtx_ssrc};
    qua_rtp_extensions ext = sent->ext;

    set_leaving_extensions(p, t, &ext);
    out->size = qua_rtp_write_rtx(out->data, sizeof out->data - QUA_SRTP_OVERHEAD, sent, &header, &t->extmap, &ext);
    return leave(p, now, s, kind, out);
}

/* A probe wants bytes: the newest packets again, which may even repair something, on the retransmission stream. */
static bool send_padding(qua_peer *p, qua_time now, qua_cc_kind kind, qua_peer_transmit *out)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];
        peer_sender *s = &t->sender;

        if (t->kind != QUA_VIDEO || !qua_peer_can_send(p, (int)i) || t->codecs[0].send_rtx == PAYLOAD_TYPE_NONE)
            continue;
        for (uint16_t back = 1; back <= 32; back++) {
            const qua_rtp_sent *sent =
                qua_rtp_history_take(&s->history, now, peer_rtt(p), (uint16_t)(s->next_seq - back));
            if (sent)
                return send_repeat(p, now, t, sent, kind, out);
        }
        const qua_rtp_header header = {.payload_type = t->codecs[0].send_rtx,
                                       .seq = s->next_rtx_seq++,
                                       .timestamp = s->last_timestamp,
                                       .ssrc = s->rtx_ssrc};
        qua_rtp_extensions ext = {0};
        set_leaving_extensions(p, t, &ext);
        out->size = qua_rtp_write(out->data, sizeof out->data - QUA_SRTP_OVERHEAD, &header, &t->extmap, &ext, NULL, 0,
                                  PADDING_MAX);
        return leave(p, now, s, kind, out);
    }
    return false;
}

/* @return false: nothing came of it, go on with the next */
static bool let_go(qua_peer *p, qua_time now, const qua_pacer_out *paced, qua_peer_transmit *out)
{
    peer_out *item = paced->item;
    peer_transceiver *t = p->transceivers[item->transceiver];
    const bool dead = paced->kind == QUA_CC_VIDEO && item->picture <= t->sender.dead_until;

    if (dead || !qua_peer_can_send(p, item->transceiver))
        return false;
    if (paced->verdict == QUA_PACER_STALE) {
        if (paced->kind == QUA_CC_VIDEO) {
            t->sender.stats.frames_dropped++;
            if (!item->discardable)
                peer_sender_lost_keyframe(p, item->transceiver);
        }
        return false;
    }
    if (!item->resend)
        return send_fresh(p, now, t, item, paced->kind, out);
    t->sender.stats.packets_retransmitted++;
    return send_repeat(p, now, t, &item->sent, paced->kind, out);
}

bool peer_send_poll(qua_peer *p, qua_time now, qua_peer_transmit *out)
{
    qua_cc_probe probe;
    qua_pacer_out paced;
    bool sent;

    while (qua_cc_poll_probe(p->cc, now, &probe))
        qua_pacer_probe(p->pacer, now, &probe);
    while (qua_pacer_poll(p->pacer, now, &paced)) {
        if (paced.verdict == QUA_PACER_PADDING) {
            sent = send_padding(p, now, paced.kind, out);
        } else {
            sent = let_go(p, now, &paced, out);
            release_out(p, paced.item);
        }
        if (sent)
            return true;
    }
    return false;
}
