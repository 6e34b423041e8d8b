/*
 * QUA_CC_QUEUE: knows the bottleneck's rate, predicts its queue, spends what is left. See cc.h for the states.
 */
#include "cc/cc_internal.h"

#define MEMORY_US         200e3 /* service time that the capacity estimate remembers */
#define USE               0.95  /* of the capacity goes to the target: the rest drains what estimates got wrong */
#define PACING_GAIN       2.0   /* a frame leaves in half its interval: early, and it measures the server */
#define START_PACING_GAIN 5.0
#define START_FRAME_US    100e3 /* the first frame may take this long: it is the probe */
#define RAMP              2.5   /* the capacity is believed up to so many times what was delivered */
#define DELIVERY_WINDOW   QUA_MS(150)
#define STALL_AFTER       QUA_MS(300)
#define STALL_ASK         QUA_MS(500)
#define WAIT_FREE_US      3e3
#define RESIDUE_US        2e3 /* mean queue that a frame's first packet should find: none, and the link may idle */
#define RESIDUE_MAX_US    50e3
#define TRIM_GAIN         0.02
#define TRIM_MIN          0.8
#define TRIM_MAX          4.0
#define LEAST_FRAME       500  /* bytes that an empty path may always get: how else would it show what it can do? */
#define CE_RESIDUE_US     10e3 /* all packets marked count as a queue of this length (RFC 9331 section 4.3) */
#define CE_PACING_GAIN    1.1  /* from CE_FULL marks on: then a frame makes no queue of its own */
#define CE_FULL           0.2
#define TRIM_HURRY        5 /* frames without any queue after which the trim rises at full speed */
#define DOUBLING_US       200e3
#define START_DOUBLING_US 20e3

typedef struct controller {
    qua_cc_state state;
    qua_time entered;
    cc_baseline baseline;
    cc_capacity capacity;
    cc_queue queue;
    cc_compete compete;
    double bps; /* what the model takes the server's rate for */
    double start_bps;
    double trim;      /* what dispersion got wrong, by the queue that frames find */
    int empty_frames; /* in a row found no queue */
    bool limited;     /* the last frame was as large as its budget allowed */
    qua_time last_video;
    qua_time chosen_at;
    double smooth_bps;  /* for the encoder's long-run target */
    double newest_left; /* when the newest acknowledged packet left the server */
    double queue_delay_us;
    double lag_us, lag_dev_us; /* from leaving the server to our hearing of it */
    double interval_us;        /* between feedback messages */
    qua_time last_feedback;
    qua_time delivery_since;
    double delivery_bytes, delivered_bps, delivered_best;
} controller;

static void set_state(controller *c, const qua_cc *cc, qua_time now, qua_cc_state next)
{
    if (c->state == next)
        return;
    qua_logf(cc->config.log, QUA_LOG_INFO, "cc: %s -> %s", qua_cc_state_name(c->state), qua_cc_state_name(next));
    c->state = next;
    c->entered = now;
}

static void init(void *self, qua_cc *cc, qua_time now, uint64_t start_bps)
{
    controller *c = self;

    (void)cc;
    c->state = QUA_CC_START;
    c->entered = now;
    cc_baseline_init(&c->baseline);
    cc_capacity_init(&c->capacity, MEMORY_US);
    c->queue.free_at = (double)now;
    c->queue.first_unacked = -1;
    c->bps = c->start_bps = c->smooth_bps = (double)start_bps;
    c->interval_us = 33e3;
    c->trim = 1;
    c->lag_us = 100e3;
}

/* ---- prediction ------------------------------------------------------------------------------------------ */

static double margin_us(const controller *c)
{
    return c->interval_us + 2 * c->lag_dev_us + 5e3;
}

static double overdue_us(const controller *c, qua_time now)
{
    if (c->queue.first_unacked < 0)
        return 0;
    return QUA_MAX((double)now - (c->queue.first_unacked + c->lag_us + margin_us(c)), 0);
}

/* What a packet sent now waits for. Feedback that is overdue means that the server stood still meanwhile. */
static double wait_us(const controller *c, qua_time now)
{
    const double free_at = c->queue.free_at + overdue_us(c, now);

    return QUA_MAX(free_at - (double)now, 0);
}

/* Nothing is heard of what was sent. A small frame now and then asks whether the path lives. */
static bool stalled(const controller *c, qua_time now)
{
    return overdue_us(c, now) > STALL_AFTER;
}

static qua_time ask_again_at(const controller *c)
{
    return c->last_video + STALL_ASK;
}

static double noise_us(const controller *c)
{
    return c->capacity.idle_wait_us + c->capacity.idle_dev_us;
}

static void on_sent(void *self, qua_cc *cc, qua_time now, cc_sent *packet)
{
    controller *c = self;

    (void)cc;
    if (packet->kind == QUA_CC_VIDEO) {
        packet->starts = now - c->last_video > cc->config.frame_interval / 2;
        c->last_video = now;
    }
    packet->in_flight = (uint32_t)QUA_MIN(cc->history.in_flight, UINT32_MAX);
    packet->backlog = (uint32_t)QUA_MIN(wait_us(c, now) * c->bps / 8e6, 4e9);
    cc_queue_add(&c->queue, now, packet->size, c->bps);
}

/* ---- feedback -------------------------------------------------------------------------------------------- */

static void meter_delivery(controller *c, qua_time now, uint64_t bytes)
{
    c->delivery_bytes += (double)bytes;
    const qua_time elapsed = now - c->delivery_since;
    if (elapsed < DELIVERY_WINDOW)
        return;
    c->delivered_bps = elapsed < 4 * DELIVERY_WINDOW ? c->delivery_bytes * 8e6 / (double)elapsed : 0;
    c->delivered_best = QUA_MAX(c->delivered_bps, c->delivered_best * 0.97);
    c->delivery_bytes = 0;
    c->delivery_since = now;
}

/*
 * The queue that a frame's first packet finds should be just above none. It is what remains of estimates that were
 * wrong, whatever the reason: a slow integrator takes it out.
 */
static void learn_trim(controller *c, const qua_cc *cc, double wait)
{
    const double residue = QUA_MAX(QUA_MAX(wait - noise_us(c), 0), CE_RESIDUE_US * cc_loss_ce(&cc->loss));
    const double step = (RESIDUE_US - QUA_MIN(residue, RESIDUE_MAX_US)) / (double)cc->config.frame_interval;

    c->empty_frames = step > 0 && c->limited ? QUA_MIN(c->empty_frames + 1, TRIM_HURRY) : 0;
    if (step < 0 || c->limited)
        c->trim *= 1 + TRIM_GAIN * step * (1 + c->empty_frames);
    c->trim = QUA_CLAMP(c->trim, TRIM_MIN, TRIM_MAX);
}

static void take_packet(controller *c, const qua_cc *cc, qua_time now, const cc_sent *packet, uint32_t lost_bytes)
{
    const qua_time delay = packet->received_at - packet->sent_at;

    c->baseline.frozen = c->compete.on;
    cc_baseline_add(&c->baseline, packet->sent_at, delay, packet->size);
    const double left = (double)(packet->received_at - c->baseline.best.delay);
    cc_capacity_add(&c->capacity, (double)packet->sent_at, left, packet->size, c->baseline.best.size, lost_bytes);
    c->queue_delay_us = QUA_MAX(left - (double)packet->sent_at, 0);
    c->newest_left = left;
    cc_compete_packet(&c->compete, now, packet, c->queue_delay_us - noise_us(c), (double)cc->min_rtt);
    if (packet->starts && c->bps > 0)
        learn_trim(c, cc, c->queue_delay_us - QUA_MAX((double)packet->size - c->baseline.best.size, 0) * 8e6 / c->bps);
}

/* Losses behind a long queue never reached the server; others were served and lost on the way. */
static bool overflows(const controller *c, const qua_cc *cc)
{
    return c->queue_delay_us > (double)(cc->config.frame_interval + cc->config.queue_target) + noise_us(c);
}

static void take_packets(controller *c, qua_cc *cc, qua_time now, const cc_report *report)
{
    uint32_t lost_bytes = 0;

    for (int64_t seq = report->first; seq <= report->last; seq++) {
        cc_sent *packet = cc_history_find(&cc->history, seq);
        if (!packet)
            continue;
        if (packet->fate == CC_LOST && !overflows(c, cc))
            lost_bytes += packet->size;
        if (packet->fresh) {
            take_packet(c, cc, now, packet, lost_bytes);
            lost_bytes = 0;
        }
        packet->fresh = false;
    }
}

static void measure_lag(controller *c, qua_time now)
{
    const double lag = (double)now - c->newest_left, error = lag - c->lag_us;
    const double interval = (double)(now - c->last_feedback);

    if (c->last_feedback == 0) {
        c->lag_us = lag;
        return;
    }
    c->lag_us += error / 8;
    c->lag_dev_us += ((error < 0 ? -error : error) - c->lag_dev_us) / 8;
    if (interval < 500e3)
        c->interval_us += (interval - c->interval_us) / 8;
}

/* Estimates jump; the rate may only climb. What the trim asked for beyond that is taken back from it. */
static double climb(controller *c, const qua_cc *cc, qua_time now, double wanted)
{
    const double elapsed = QUA_MIN((double)(now - c->chosen_at), 100e3);
    const double most = c->bps * (1 + elapsed / (c->state == QUA_CC_START ? START_DOUBLING_US : DOUBLING_US));

    (void)cc;
    c->chosen_at = now;
    if (wanted <= most)
        return wanted;
    if (c->trim > 1)
        c->trim = QUA_MAX(1, c->trim * most / wanted);
    return most;
}

static void choose_rate(controller *c, const qua_cc *cc, qua_time now)
{
    const double measured = c->trim * cc_capacity_bps(&c->capacity);
    const double believed = QUA_MAX(RAMP * c->delivered_best, c->start_bps);

    if (measured > 0) {
        const double rate = climb(c, cc, now, QUA_MIN(measured, believed));
        c->bps = QUA_CLAMP(rate, (double)cc->config.min_bps, (double)cc->config.max_bps * 1.25);
    }
    c->smooth_bps += (c->bps - c->smooth_bps) / 8;
    c->limited = cc->demand_bps == 0 || USE * c->smooth_bps < (double)cc->demand_bps;
}

static void on_feedback(void *self, qua_cc *cc, qua_time now, const cc_report *report)
{
    controller *c = self;

    meter_delivery(c, now, report->acked_bytes);
    if (report->lost > 0)
        cc_compete_lost(&c->compete, now, cc->rtt);
    if (report->received == 0)
        return;
    take_packets(c, cc, now, report);
    measure_lag(c, now);
    c->last_feedback = now;
    choose_rate(c, cc, now);
    cc_queue_anchor(&c->queue, &cc->history, c->newest_left, c->bps);
    cc_compete_check(&c->compete, now, c->delivered_bps);
    if (c->compete.on)
        set_state(c, cc, now, QUA_CC_COMPETE);
    else if (c->state != QUA_CC_START || now - c->entered > QUA_SECONDS(1))
        set_state(c, cc, now, QUA_CC_STEADY);
}

static void on_timeout(void *self, qua_cc *cc, qua_time now)
{
    controller *c = self;

    if (stalled(c, now))
        set_state(c, cc, now, QUA_CC_STALLED);
}

static qua_time deadline(const void *self, const qua_cc *cc)
{
    const controller *c = self;

    (void)cc;
    if (c->queue.first_unacked < 0 || c->state == QUA_CC_STALLED)
        return QUA_TIME_NEVER;
    return (qua_time)(c->queue.first_unacked + c->lag_us + margin_us(c)) + STALL_AFTER + 1;
}

/* ---- answers --------------------------------------------------------------------------------------------- */

static double target_bps(const void *self, const qua_cc *cc, qua_time now)
{
    const controller *c = self;
    const double most = cc->demand_bps ? (double)cc->demand_bps : 1e12;

    (void)now;
    return QUA_MIN(USE * (c->compete.on ? cc_compete_bps(&c->compete, cc->rtt) : c->smooth_bps), most);
}

static double pacing_bps(const void *self, const qua_cc *cc, qua_time now)
{
    const controller *c = self;
    const double marked = QUA_MIN(cc_loss_ce(&cc->loss) / CE_FULL, 1);

    (void)now;
    if (c->compete.on)
        return PACING_GAIN * cc_compete_bps(&c->compete, cc->rtt);
    return c->bps * (c->last_feedback == 0 ? START_PACING_GAIN : PACING_GAIN + marked * (CE_PACING_GAIN - PACING_GAIN));
}

/*
 * The model says that there is no room, yet what is sent meets no queue: the rate may have been learned in worse times,
 * and small packets alone would never correct it. One frame asks.
 */
static bool doubtful(const controller *c, qua_time now)
{
    return now >= ask_again_at(c) && c->queue_delay_us < WAIT_FREE_US + noise_us(c);
}

static double budget_beside_others(const controller *c, const qua_cc *cc, double interval)
{
    const double bps = cc_compete_bps(&c->compete, cc->rtt);
    const double share = (USE * bps - cc->audio_bps) * interval / 8e6;
    const double open = c->compete.window + share - (double)cc->history.in_flight;
    const double bytes = QUA_MIN(share, open);

    return bytes < LEAST_FRAME ? (open > LEAST_FRAME ? LEAST_FRAME : 0) : bytes;
}

static double frame_budget(const void *self, const qua_cc *cc, qua_time now)
{
    const controller *c = self;
    const double interval = (double)cc->config.frame_interval;
    const double wait = QUA_MAX(wait_us(c, now) - WAIT_FREE_US - noise_us(c), 0);
    const double most = cc->demand_bps ? (double)cc->demand_bps / 8e6 * interval * 4 : 1e12;
    double room = USE * interval - wait;

    if (stalled(c, now))
        return now >= ask_again_at(c) ? LEAST_FRAME : 0;
    if (c->compete.on)
        return QUA_MIN(budget_beside_others(c, cc, interval), most);
    if (c->last_feedback == 0)
        room = START_FRAME_US - wait;
    const double bytes = room * c->bps / 8e6 - cc->audio_bps * interval / 8e6;
    const double least = wait <= 0 ? LEAST_FRAME : 0.1 * interval * c->bps / 8e6;
    if (bytes < least)
        return wait <= 0 || doubtful(c, now) ? LEAST_FRAME : 0;
    return QUA_MIN(bytes, most);
}

static double limit_us(const controller *c, const qua_cc *cc)
{
    return (double)(cc->config.frame_interval + cc->config.queue_target) + noise_us(c) +
           (c->last_feedback == 0 ? START_FRAME_US : 0);
}

static qua_time can_send_at(const void *self, const qua_cc *cc, qua_time now, size_t bytes)
{
    const controller *c = self;

    if (stalled(c, now))
        return QUA_MAX(ask_again_at(c), now);
    if (c->compete.on)
        return (double)cc->history.in_flight <= 1.5 * c->compete.window ? now : QUA_TIME_NEVER;
    const double most = QUA_MAX(limit_us(c, cc) - (double)bytes * 8e6 / c->bps, 0);
    const double over = wait_us(c, now) - most;

    if (over <= 0 || doubtful(c, now))
        return now;
    return overdue_us(c, now) > 0 ? QUA_TIME_NEVER : now + (qua_time)over + 1;
}

static double drain_us(const void *self, const qua_cc *cc, qua_time now, size_t bytes)
{
    const controller *c = self;

    (void)cc;
    return wait_us(c, now) + (double)bytes * 8e6 / c->bps;
}

static bool poll_probe(void *self, qua_cc *cc, qua_time now, qua_cc_probe *out)
{
    (void)self, (void)cc, (void)now, (void)out;
    return false;
}

static void stats(const void *self, const qua_cc *cc, qua_time now, qua_cc_stats *out)
{
    const controller *c = self;

    out->state = c->state;
    out->capacity_bps = (uint64_t)(c->last_feedback ? c->bps : 0);
    out->delivered_bps = (uint64_t)c->delivered_bps;
    out->queue_delay_us = (qua_time)c->queue_delay_us;
    out->queue_ahead_us = (qua_time)wait_us(c, now);
    out->jitter_us = (qua_time)noise_us(c);
    out->window = (uint64_t)(limit_us(c, cc) * c->bps / 8e6);
}

const qua_cc_ops cc_queue_ops = {
    sizeof(controller), init,         on_sent,     on_feedback, on_timeout, deadline, target_bps,
    pacing_bps,         frame_budget, can_send_at, drain_us,    poll_probe, stats,
};
