/* RTCP: reports, feedback, requests. */
#include "peer/peer_internal.h"

#define REPORT_INTERVAL  QUA_MS(1000) /* mean; each is spread over half to one and a half (RFC 3550 §6.3.1) */
#define DEFAULT_RTT      QUA_MS(100)
#define PLI_INTERVAL_MIN QUA_MS(150)
#define PLI_INTERVAL_MAX QUA_SECONDS(2)
#define NACKS_AT_ONCE    64
#define CONTROL_MAX      (QUA_MTU - QUA_SRTP_OVERHEAD)
/* transport-cc's reference time: 24 bits of 64 ms */
#define REFERENCE_WRAP ((int64_t)64000 << 24)

qua_time peer_rtt(const qua_peer *p)
{
    qua_ice_stats ice;

    if (p->rtt_us >= 0)
        return p->rtt_us;
    qua_ice_get_stats(p->ice, &ice);
    return ice.rtt_us >= 0 ? ice.rtt_us : DEFAULT_RTT;
}

/* ---- what the far side says ------------------------------------------------------------------------------ */

static peer_transceiver *sender_of(const qua_peer *p, uint32_t ssrc, int *index)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        if (p->transceivers[i]->sender.ssrc == ssrc) {
            *index = (int)i;
            return p->transceivers[i];
        }
    }
    return NULL;
}

static void on_sender_report(void *context, const qua_rtcp_sr *sr)
{
    qua_peer *p = context;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_receiver *r = &p->transceivers[i]->receiver;
        if (r->ssrc && r->ssrc == sr->ssrc)
            qua_rtp_receiver_on_sr(&r->stream, p->now, sr->ntp, sr->rtp);
    }
}

static void on_report(void *context, uint32_t from, const qua_rtp_report *report)
{
    qua_peer *p = context;
    int index;
    peer_transceiver *t = sender_of(p, report->ssrc, &index);
    const uint32_t now = (uint32_t)(qua_ntp_from_time(p->now) >> 16);
    const uint32_t rtt = now - report->last_sr - report->delay_since_sr;

    (void)from;
    if (!t || !t->sender.started)
        return;
    t->sender.confirmed = true;
    t->sender.stats.packets_lost = (uint64_t)QUA_MAX(report->cumulative_lost, 0);
    t->sender.stats.loss = report->fraction_lost / 256.0;
    t->sender.stats.jitter_us = (qua_time)report->jitter * 1000000 / (t->kind == QUA_VIDEO ? VIDEO_HZ : QUA_AUDIO_HZ);
    if (!report->last_sr || rtt > 60u << 16)
        return; /* no report of ours has arrived there yet, or it lies */
    p->rtt_us = (qua_time)rtt * 1000000 / 65536;
    qua_cc_on_rtt(p->cc, p->now, p->rtt_us);
}

static void on_bye(void *context, uint32_t ssrc)
{
    qua_peer *p = context;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_receiver *r = &p->transceivers[i]->receiver;
        if (ssrc && r->ssrc == ssrc)
            peer_receiver_reset(r);
    }
}

static void on_nack(void *context, uint32_t media_ssrc, const uint16_t *seqs, size_t count)
{
    qua_peer *p = context;

    peer_on_nack(p, p->now, media_ssrc, seqs, count);
}

static void on_pli(void *context, uint32_t media_ssrc)
{
    qua_peer *p = context;
    int index;
    peer_transceiver *t = sender_of(p, media_ssrc, &index);

    if (!t || t->kind != QUA_VIDEO || !t->sender.started)
        return;
    t->sender.stats.plis++;
    peer_emit(p, QUA_PEER_KEYFRAME_WANTED, index);
}

/* The reference time wraps after twelve days: continue where the last report was. */
static qua_time unwrap_reference(qua_peer *p, qua_time at)
{
    qua_time t = at + p->feedback_base;

    if (t - p->feedback_newest > REFERENCE_WRAP / 2)
        p->feedback_base -= REFERENCE_WRAP;
    else if (p->feedback_newest - t > REFERENCE_WRAP / 2)
        p->feedback_base += REFERENCE_WRAP;
    t = at + p->feedback_base;
    p->feedback_newest = QUA_MAX(p->feedback_newest, t);
    return t;
}

static void on_transport_feedback(void *context, uint16_t base, const qua_time *received_at, size_t count)
{
    qua_peer *p = context;
    const int64_t first = qua_unwrap16(p->next_transport_seq - 1, base);

    if (!p->transport_cc)
        return;
    for (size_t i = 0; i < count; i++) {
        const bool came = received_at[i] != QUA_TIME_NEVER;
        p->reported[i] = (qua_cc_packet){
            .seq = first + (int64_t)i,
            .received_at = came ? unwrap_reference(p, received_at[i]) : QUA_TIME_NEVER,
        };
    }
    qua_cc_on_feedback(p->cc, p->now, p->reported, count);
}

int peer_on_rtcp(qua_peer *p, qua_time now, const uint8_t *data, size_t size)
{
    static const qua_rtcp_handlers handlers = {
        .sender_report = on_sender_report,
        .report = on_report,
        .bye = on_bye,
        .nack = on_nack,
        .pli = on_pli,
        .transport_feedback = on_transport_feedback,
    };

    p->now = now;
    return qua_rtcp_parse(data, size, &handlers, p);
}

/* ---- what we say ----------------------------------------------------------------------------------------- */

static size_t make_reports(qua_peer *p, qua_time now, qua_rtp_report *out, size_t capacity)
{
    size_t count = 0;

    for (size_t i = 0; i < p->transceiver_count && count < capacity; i++) {
        peer_receiver *r = &p->transceivers[i]->receiver;
        if (r->ssrc && r->stream.started)
            qua_rtp_receiver_report(&r->stream, now, &out[count++]);
    }
    return count;
}

/* Our SSRC in what is not about a stream of ours. */
static uint32_t own_ssrc(const qua_peer *p)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        if (p->transceivers[i]->sender.started)
            return p->transceivers[i]->sender.ssrc;
    }
    return p->local_ssrc;
}

static void write_sr(qua_writer *w, qua_time now, const peer_transceiver *t, const qua_rtp_report *reports,
                     size_t count)
{
    const peer_sender *s = &t->sender;
    const int64_t hz = t->kind == QUA_VIDEO ? VIDEO_HZ : QUA_AUDIO_HZ;
    const qua_rtcp_sr sr = {
        .ssrc = s->ssrc,
        .ntp = qua_ntp_from_time(now),
        .rtp = s->last_timestamp + (uint32_t)((now - s->last_captured) * hz / 1000000),
        .packets = (uint32_t)s->packets,
        .bytes = (uint32_t)s->bytes,
    };

    qua_rtcp_write_sr(w, &sr, reports, count);
}

/* A full compound (RFC 3550 §6.1): what we sent and received, and our name. */
static void write_report(qua_peer *p, qua_time now, qua_writer *w)
{
    qua_rtp_report reports[QUA_PEER_TRANSCEIVERS];
    size_t count = make_reports(p, now, reports, QUA_ARRAY_SIZE(reports));
    bool sends = false;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        const peer_transceiver *t = p->transceivers[i];
        if (!t->sender.started || !qua_peer_can_send(p, (int)i))
            continue;
        write_sr(w, now, t, reports, count);
        count = 0; /* once is enough */
        sends = true;
    }
    if (!sends)
        qua_rtcp_write_rr(w, own_ssrc(p), reports, count);
    qua_rtcp_write_sdes(w, own_ssrc(p), p->cname);
}

static bool write_feedback(qua_peer *p, qua_time now, qua_writer *w)
{
    uint32_t media = 0;

    if (now < p->feedback_at)
        return false;
    p->feedback_at = QUA_TIME_NEVER;
    if (!qua_rtp_arrivals_waiting(&p->arrivals))
        return false;
    for (size_t i = 0; i < p->transceiver_count && !media; i++)
        media = p->transceivers[i]->receiver.ssrc;
    qua_rtcp_write_transport_feedback(w, own_ssrc(p), media, &p->arrivals);
    if (qua_rtp_arrivals_waiting(&p->arrivals))
        p->feedback_at = now;
    return true;
}

static void write_pli(qua_peer *p, qua_time now, peer_receiver *r, qua_writer *w)
{
    qua_rtcp_write_pli(w, own_ssrc(p), r->ssrc);
    r->stats.plis++;
    r->pli_interval = r->pli_interval ? QUA_MIN(2 * r->pli_interval, PLI_INTERVAL_MAX)
                                      : QUA_MAX(peer_rtt(p) * 3 / 2, PLI_INTERVAL_MIN);
    r->pli_at = now + r->pli_interval;
}

static bool write_requests(qua_peer *p, qua_time now, qua_writer *w)
{
    uint16_t seqs[NACKS_AT_ONCE];
    bool any = false;

    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];
        peer_receiver *r = &t->receiver;
        size_t count;

        if (!r->jitter || !r->ssrc)
            continue;
        count = t->nack ? qua_rtp_nack_poll(&r->nack, now, peer_rtt(p), seqs, NACKS_AT_ONCE) : 0;
        if (count) {
            qua_rtcp_write_nack(w, own_ssrc(p), r->ssrc, seqs, count);
            r->stats.nacks += count;
            any = true;
        }
        if (peer_wants_keyframe(r, now) && now >= r->pli_at) {
            write_pli(p, now, r, w);
            any = true;
        }
    }
    return any;
}

/* Without reduced-size RTCP (RFC 5506) each compound begins with a report. */
static void write_prefix(qua_peer *p, qua_writer *w)
{
    if (p->reduced_size)
        return;
    qua_rtcp_write_rr(w, own_ssrc(p), NULL, 0);
    qua_rtcp_write_sdes(w, own_ssrc(p), p->cname);
}

static bool write_next(qua_peer *p, qua_time now, qua_writer *w)
{
    if (now >= p->report_at) {
        p->report_at =
            now + REPORT_INTERVAL / 2 + (qua_time)(qua_random_u32(p->config.random) % (uint32_t)REPORT_INTERVAL);
        write_report(p, now, w);
        return true;
    }
    write_prefix(p, w);
    return write_requests(p, now, w) || write_feedback(p, now, w);
}

bool peer_control_poll(qua_peer *p, qua_time now, qua_peer_transmit *out)
{
    qua_writer w = qua_writer_of(out->data, CONTROL_MAX);

    if (!write_next(p, now, &w) || w.failed)
        return false;
    out->size = w.size;
    return qua_srtp_protect_rtcp(p->srtp, out->data, &out->size, sizeof out->data) == 0;
}

qua_time peer_control_deadline(const qua_peer *p, qua_time now)
{
    return QUA_MAX(QUA_MIN(p->report_at, p->feedback_at), now);
}

void peer_write_farewell(qua_peer *p, qua_time now, qua_writer *w)
{
    write_report(p, now, w);
    for (size_t i = 0; i < p->transceiver_count; i++) {
        if (p->transceivers[i]->sender.started)
            qua_rtcp_write_bye(w, p->transceivers[i]->sender.ssrc);
    }
}
