/* What a connection tells of itself. */
#include "peer/peer_internal.h"

#include <stdio.h>

#define WINDOW QUA_SECONDS(1)
/* A capture time further from our clock than this is of another clock. */
#define COMPARABLE QUA_SECONDS(60)

static void roll(peer_meter *m, qua_time now)
{
    const qua_time elapsed = now - m->since;

    if (elapsed < WINDOW)
        return;
    /* after a silence the window is long, and the rates fall to what they are */
    m->bitrate_bps = (double)m->bytes * 8e6 / (double)elapsed;
    m->fps = (double)m->frames * 1e6 / (double)elapsed;
    m->loss = m->packets + m->lost ? (double)m->lost / (double)(m->packets + m->lost) : 0;
    m->bytes = m->frames = m->packets = m->lost = 0;
    m->since = now;
}

void qua_peer_on_decoded(qua_peer *p, qua_time now, int transceiver, const qua_frame *frame)
{
    peer_transceiver *t = peer_at(p, transceiver);
    const qua_time delay = now - frame->captured;

    if (!t || t->kind != QUA_VIDEO)
        return;
    t->receiver.stats.frames++;
    t->receiver.meter.frames++;
    t->receiver.stats.width = frame->width;
    t->receiver.stats.height = frame->height;
    t->receiver.stats.delay_us = frame->captured && delay >= 0 && delay < COMPARABLE ? delay : -1;
}

static void count_losses(peer_receiver *r)
{
    const uint64_t lost = qua_rtp_receiver_lost(&r->stream);

    if (lost > r->lost_before)
        r->meter.lost += lost - r->lost_before;
    r->lost_before = lost;
}

void peer_stats_roll(qua_peer *p, qua_time now)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];

        if (now - t->receiver.meter.since >= WINDOW)
            count_losses(&t->receiver);
        roll(&t->receiver.meter, now);
        roll(&t->sender.meter, now);
    }
}

/* Video's figures come from the first video transceiver that has any, sound's from all. */
static void add_video(qua_link_stats *out, const qua_link_stats *from, const peer_meter *meter)
{
    const qua_link_stats sum = *out;

    *out = *from;
    out->fps = meter->fps;
    out->bitrate_bps = meter->bitrate_bps;
    out->audio_packets = sum.audio_packets;
    out->audio_packets_lost = sum.audio_packets_lost;
    out->audio_bytes = sum.audio_bytes;
}

static void get_inbound(const peer_transceiver *t, qua_link_stats *out)
{
    const peer_receiver *r = &t->receiver;
    qua_video_jitter_stats jitter;

    if (t->kind == QUA_AUDIO) {
        out->audio_packets += r->stats.audio_packets;
        out->audio_packets_lost += qua_rtp_receiver_lost(&r->stream);
        out->audio_bytes += r->stats.audio_bytes;
        return;
    }
    if (!r->stream.started || out->packets)
        return;
    add_video(out, &r->stats, &r->meter);
    qua_video_jitter_get_stats(r->jitter, &jitter);
    snprintf(out->codec, sizeof out->codec, "%s", r->codec ? r->codec->name : "");
    out->frames_dropped = jitter.dropped;
    out->packets_lost = qua_rtp_receiver_lost(&r->stream);
    out->loss = r->meter.loss;
    out->jitter_us = (qua_time)(r->stream.jitter * 1e6 / VIDEO_HZ);
}

static void get_outbound(const peer_transceiver *t, qua_link_stats *out)
{
    const peer_sender *s = &t->sender;

    if (t->kind == QUA_AUDIO) {
        out->audio_packets += s->stats.packets;
        out->audio_packets_lost += s->stats.packets_lost;
        out->audio_bytes += s->stats.bytes;
        return;
    }
    if (!s->started || out->packets)
        return;
    add_video(out, &s->stats, &s->meter);
    snprintf(out->codec, sizeof out->codec, "%s", t->codec_count ? t->codecs[0].video->name : "");
    out->delay_us = -1;
}

void qua_peer_get_stats(const qua_peer *p, qua_time now, qua_pc_stats *out)
{
    qua_pacer_stats pacer;
    qua_ice_stats ice;
    qua_srtp_stats srtp = {0};
    qua_sctp_stats sctp = {0};

    memset(out, 0, sizeof *out);
    out->in.delay_us = out->out.delay_us = -1;
    for (size_t i = 0; i < p->transceiver_count; i++) {
        get_inbound(p->transceivers[i], &out->in);
        get_outbound(p->transceivers[i], &out->out);
    }
    qua_ice_get_stats(p->ice, &ice);
    qua_pacer_get_stats(p->pacer, now, &pacer);
    if (p->srtp)
        qua_srtp_get_stats(p->srtp, &srtp);
    out->rtt_us = p->rtt_us >= 0 ? p->rtt_us : ice.rtt_us;
    out->target_bps = (double)qua_cc_target_bps(p->cc, now);
    if (p->sctp)
        qua_sctp_get_stats(p->sctp, &sctp);
    out->malformed =
        sctp.malformed + p->malformed + ice.malformed + ice.unauthenticated + srtp.failed_auth + srtp.malformed;
    out->queue_packets = pacer.packets;
}
