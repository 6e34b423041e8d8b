/* The controller that controls nothing: a constant rate, for tests and as a bench's baseline. */
#include "cc/cc_internal.h"

typedef struct fixed {
    double bps;
} fixed;

static void init(void *self, qua_cc *cc, qua_time now, uint64_t start_bps)
{
    (void)cc, (void)now;
    ((fixed *)self)->bps = (double)start_bps;
}

static void on_sent(void *self, qua_cc *cc, qua_time now, cc_sent *packet)
{
    (void)self, (void)cc, (void)now, (void)packet;
}

static void on_feedback(void *self, qua_cc *cc, qua_time now, const cc_report *report)
{
    (void)self, (void)cc, (void)now, (void)report;
}

static void on_timeout(void *self, qua_cc *cc, qua_time now)
{
    (void)self, (void)cc, (void)now;
}

static qua_time deadline(const void *self, const qua_cc *cc)
{
    (void)self, (void)cc;
    return QUA_TIME_NEVER;
}

static double target_bps(const void *self, const qua_cc *cc, qua_time now)
{
    (void)cc, (void)now;
    return ((const fixed *)self)->bps;
}

static double pacing_bps(const void *self, const qua_cc *cc, qua_time now)
{
    return 2 * target_bps(self, cc, now);
}

static double frame_budget(const void *self, const qua_cc *cc, qua_time now)
{
    return QUA_MAX(target_bps(self, cc, now) - cc->audio_bps, 0) / 8e6 * (double)cc->config.frame_interval;
}

static qua_time can_send_at(const void *self, const qua_cc *cc, qua_time now, size_t bytes)
{
    (void)self, (void)cc, (void)bytes;
    return now;
}

static double drain_us(const void *self, const qua_cc *cc, qua_time now, size_t bytes)
{
    return (double)bytes * 8e6 / target_bps(self, cc, now);
}

static bool poll_probe(void *self, qua_cc *cc, qua_time now, qua_cc_probe *out)
{
    (void)self, (void)cc, (void)now, (void)out;
    return false;
}

static void stats(const void *self, const qua_cc *cc, qua_time now, qua_cc_stats *out)
{
    (void)cc, (void)now;
    out->state = QUA_CC_STEADY;
    out->capacity_bps = (uint64_t)((const fixed *)self)->bps;
    out->window = UINT64_MAX;
}

const qua_cc_ops cc_fixed_ops = {
    sizeof(fixed), init,         on_sent,     on_feedback, on_timeout, deadline, target_bps,
    pacing_bps,    frame_budget, can_send_at, drain_us,    poll_probe, stats,
};
