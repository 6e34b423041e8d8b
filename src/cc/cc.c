/* The shared record of a path, and the door to the controller that reads it. */
#include "cc/cc_internal.h"

#include <stdlib.h>

#define SANE_DELAY   QUA_SECONDS(3600) /* a received_at further from the others than this is a lie */
#define AUDIO_WINDOW QUA_MS(200)

static void set_defaults(qua_cc_config *c)
{
    if (c->start_bps == 0)
        c->start_bps = 500000;
    if (c->min_bps == 0)
        c->min_bps = 40000;
    if (c->max_bps == 0)
        c->max_bps = 20000000;
    if (c->frame_interval == 0)
        c->frame_interval = 33333;
    if (c->queue_target == 0)
        c->queue_target = QUA_MS(25);
}

int qua_cc_create(qua_cc **out, const qua_cc_config *config, qua_time now)
{
    qua_cc_config full = *config;

    set_defaults(&full);
    if (full.min_bps > full.max_bps || full.frame_interval < 0 || full.queue_target < 0)
        return QUA_EINVAL;
    qua_cc *cc = qua_zalloc(sizeof *cc);
    if (!cc)
        return QUA_ENOMEM;
    cc->config = full;
    cc->ops = full.algorithm == QUA_CC_FIXED ? &cc_fixed_ops : &cc_queue_ops;
    cc->self = qua_zalloc(cc->ops->size);
    if (!cc->self) {
        free(cc);
        return QUA_ENOMEM;
    }
    cc_history_init(&cc->history);
    cc->ops->init(cc->self, cc, now, QUA_CLAMP(full.start_bps, full.min_bps, full.max_bps));
    *out = cc;
    return 0;
}

void qua_cc_destroy(qua_cc **cc)
{
    if (!*cc)
        return;
    free((*cc)->self);
    free(*cc);
    *cc = NULL;
}

static void meter_audio(qua_cc *cc, qua_time now, size_t size)
{
    cc->audio_bytes += (double)size;
    if (now - cc->audio_since < AUDIO_WINDOW)
        return;
    const double rate = cc->audio_bytes * 8e6 / (double)(now - cc->audio_since);
    cc->audio_bps = cc->audio_bps > 0 ? (cc->audio_bps + rate) / 2 : rate;
    cc->audio_bytes = 0;
    cc->audio_since = now;
}

void qua_cc_on_sent(qua_cc *cc, qua_time now, int64_t seq, size_t size, qua_cc_kind kind)
{
    assert(size > 0 && size <= 65535);
    cc_sent *packet = cc_history_add(&cc->history, now, seq, (uint32_t)size, kind);
    if (!packet)
        return;
    cc->packets_sent++;
    if (kind == QUA_CC_AUDIO || now - cc->audio_since > 2 * AUDIO_WINDOW)
        meter_audio(cc, now, kind == QUA_CC_AUDIO ? size : 0);
    cc->ops->on_sent(cc->self, cc, now, packet);
}

/* ---- feedback -------------------------------------------------------------------------------------------- */

static void measure_rtt(qua_cc *cc, qua_time rtt)
{
    if (rtt < 0)
        return;
    cc->min_rtt = cc->min_rtt ? QUA_MIN(cc->min_rtt, rtt) : QUA_MAX(rtt, 1);
    cc->rtt = cc->rtt ? cc->rtt + (rtt - cc->rtt) / 8 : QUA_MAX(rtt, 1);
}

static void take_received(qua_cc *cc, cc_sent *packet, const qua_cc_packet *told, cc_report *report)
{
    if (packet->fate == CC_IN_FLIGHT)
        cc->history.in_flight -= packet->size;
    else
        cc->packets_lost--;
    packet->fate = CC_RECEIVED;
    packet->received_at = told->received_at;
    packet->ecn = told->ecn;
    packet->fresh = true;
    cc->packets_acked++;
    cc->packets_ce += told->ecn == QUA_CC_ECN_CE;
    cc_loss_add(&cc->loss, false, told->ecn == QUA_CC_ECN_CE, packet->backlog);
    report->acked_bytes += packet->size;
    report->received++;
}

static void take_lost(qua_cc *cc, cc_sent *packet, cc_report *report)
{
    cc->history.in_flight -= packet->size;
    packet->fate = CC_LOST;
    cc->packets_lost++;
    cc_loss_add(&cc->loss, true, false, packet->backlog);
    report->lost++;
}

/* @return false: a lie or an error, to be counted */
static bool take_one(qua_cc *cc, qua_time now, const qua_cc_packet *told, cc_report *report)
{
    cc_sent *packet = cc_history_find(&cc->history, told->seq);

    (void)now;
    if (!packet)
        return told->seq <= cc->history.last && told->seq >= 0;
    if (packet->fate == CC_RECEIVED)
        return true;
    if (told->received_at == QUA_TIME_NEVER) {
        if (packet->fate == CC_IN_FLIGHT)
            take_lost(cc, packet, report);
        return true;
    }
    if (told->received_at < -SANE_DELAY * 10000 || told->received_at > SANE_DELAY * 10000)
        return false;
    take_received(cc, packet, told, report);
    report->first = report->last < report->first ? told->seq : QUA_MIN(report->first, told->seq);
    report->last = QUA_MAX(report->last, told->seq);
    return true;
}

/* Packets overtaken by an acknowledged one and never mentioned are out of the way, whatever became of them. */
static void give_up_old(qua_cc *cc, int64_t newest)
{
    cc_history *h = &cc->history;

    for (int64_t seq = QUA_MAX(h->newest_acked + 1, h->first); seq < newest; seq++) {
        cc_sent *packet = cc_history_find(h, seq);
        if (packet && packet->fate == CC_IN_FLIGHT) {
            h->in_flight -= packet->size;
            packet->fate = CC_LOST; /* not counted as a loss: nobody said so */
            cc->packets_lost++;
        }
    }
    h->newest_acked = QUA_MAX(h->newest_acked, newest);
}

void qua_cc_on_feedback(qua_cc *cc, qua_time now, const qua_cc_packet *packets, size_t count)
{
    cc_report report = {.first = 0, .last = -1};

    for (size_t i = 0; i < count; i++)
        if (!take_one(cc, now, &packets[i], &report))
            cc->feedback_bad++;
    if (report.received > 0) {
        const cc_sent *newest = cc_history_find(&cc->history, report.last);
        measure_rtt(cc, now - newest->sent_at);
        give_up_old(cc, report.last);
    }
    cc->ops->on_feedback(cc->self, cc, now, &report);
}

void qua_cc_on_rtt(qua_cc *cc, qua_time now, qua_time rtt_us)
{
    (void)now;
    if (cc->packets_acked == 0 && rtt_us > 0 && rtt_us < QUA_SECONDS(60))
        cc->rtt = rtt_us;
}

/* ---- the rest is the controller's ------------------------------------------------------------------------- */

void qua_cc_on_route_change(qua_cc *cc, qua_time now, uint64_t start_bps)
{
    const uint64_t start = start_bps ? start_bps : cc->config.start_bps;
    const int64_t last = cc->history.last;

    cc_history_init(&cc->history);
    cc->history.first = last + 1;
    cc->history.last = last;
    memset(&cc->loss, 0, sizeof cc->loss);
    cc->rtt = cc->min_rtt = 0;
    memset(cc->self, 0, cc->ops->size);
    cc->ops->init(cc->self, cc, now, QUA_CLAMP(start, cc->config.min_bps, cc->config.max_bps));
}

void qua_cc_set_demand(qua_cc *cc, qua_time now, uint64_t bps)
{
    (void)now;
    cc->demand_bps = bps;
}

int qua_cc_set_limits(qua_cc *cc, uint64_t min_bps, uint64_t max_bps, qua_time frame_interval)
{
    const uint64_t low = min_bps ? min_bps : cc->config.min_bps, high = max_bps ? max_bps : cc->config.max_bps;

    if (low > high || frame_interval < 0)
        return QUA_EINVAL;
    cc->config.min_bps = low;
    cc->config.max_bps = high;
    if (frame_interval)
        cc->config.frame_interval = frame_interval;
    return 0;
}

void qua_cc_on_timeout(qua_cc *cc, qua_time now)
{
    cc->ops->on_timeout(cc->self, cc, now);
}
qua_time qua_cc_deadline(const qua_cc *cc)
{
    return cc->ops->deadline(cc->self, cc);
}

uint64_t qua_cc_target_bps(const qua_cc *cc, qua_time now)
{
    const double bps = cc->ops->target_bps(cc->self, cc, now);

    return (uint64_t)QUA_CLAMP(bps, (double)cc->config.min_bps, (double)cc->config.max_bps);
}

uint64_t qua_cc_pacing_bps(const qua_cc *cc, qua_time now)
{
    return (uint64_t)QUA_MAX(cc->ops->pacing_bps(cc->self, cc, now), (double)cc->config.min_bps);
}

size_t qua_cc_frame_budget(const qua_cc *cc, qua_time now)
{
    const double most = (double)cc->config.max_bps / 8e6 * (double)cc->config.frame_interval;
    const double budget = cc->ops->frame_budget(cc->self, cc, now);

    return (size_t)QUA_CLAMP(budget, 0, QUA_MAX(most, 0));
}

qua_time qua_cc_can_send_at(const qua_cc *cc, qua_time now, size_t bytes, qua_cc_kind kind)
{
    return kind == QUA_CC_AUDIO ? now : cc->ops->can_send_at(cc->self, cc, now, bytes);
}

bool qua_cc_can_send(const qua_cc *cc, qua_time now, size_t bytes, qua_cc_kind kind)
{
    return qua_cc_can_send_at(cc, now, bytes, kind) <= now;
}

qua_time qua_cc_drain_time(const qua_cc *cc, qua_time now, size_t bytes)
{
    const double us = cc->ops->drain_us(cc->self, cc, now, bytes);

    return us < 1e12 ? (qua_time)us : QUA_TIME_NEVER;
}

bool qua_cc_poll_probe(qua_cc *cc, qua_time now, qua_cc_probe *out)
{
    return cc->config.probe && cc->ops->poll_probe(cc->self, cc, now, out);
}

void qua_cc_get_stats(const qua_cc *cc, qua_time now, qua_cc_stats *out)
{
    memset(out, 0, sizeof *out);
    cc->ops->stats(cc->self, cc, now, out);
    out->target_bps = qua_cc_target_bps(cc, now);
    out->pacing_bps = qua_cc_pacing_bps(cc, now);
    out->rtt_us = cc->rtt;
    out->min_rtt_us = cc->min_rtt;
    out->loss = cc_loss_ratio(&cc->loss);
    out->ce = cc_loss_ce(&cc->loss);
    out->in_flight = cc->history.in_flight;
    out->packets_sent = cc->packets_sent;
    out->packets_acked = cc->packets_acked;
    out->packets_lost = cc->packets_lost;
    out->packets_ce = cc->packets_ce;
    out->feedback_bad = cc->feedback_bad;
}

const char *qua_cc_state_name(qua_cc_state state)
{
    static const char *const names[] = {"start", "steady", "brake", "stalled", "compete"};

    return (size_t)state < QUA_ARRAY_SIZE(names) ? names[state] : "unknown";
}
