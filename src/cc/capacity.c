/* The rate of the bottleneck's server, from how long packets were in service. */
#include "cc/cc_internal.h"

#define SAME_SIZE       100  /* bytes more than the base packet's: too few to tell the rate */
#define ENOUGH          300  /* bytes more: enough to */
#define BASE_SHARE      0.75 /* of the base packet's service time counts: below 1, or a low estimate would hold itself */
#define WAIT_GAIN       0.05
#define OUTAGE_US       30e3
#define OUTAGE_FACTOR   3
#define WHOLE_MEMORY_US 250e3
#define WHOLE_OUTAGE_US 150e3 /* counts of one outage at most */
#define WHOLE_FACTOR    1.3   /* so many times what the server does with its outages is believed at most */
#define RATE_MAX        1e9
#define SELDOM_US       300e3 /* between samples: a sender of little, whose knowledge ages by the clock too */
#define AGE_US          1e6

void cc_capacity_init(cc_capacity *c, double memory_us)
{
    memset(c, 0, sizeof *c);
    c->memory_us = memory_us;
}

/* A packet like the one that gave the base delay, alone at the server, shows how long an idle server takes to start. */
static void learn_idle_wait(cc_capacity *c, double wait)
{
    const double error = wait - c->idle_wait_us;

    c->idle_wait_us += WAIT_GAIN * error;
    c->idle_dev_us += WAIT_GAIN * ((error < 0 ? -error : error) - c->idle_dev_us);
}

static double rate_of(double bytes, double busy_us)
{
    return bytes * 8e6 / QUA_MAX(busy_us, 1);
}

/*
 * A server that stood still is an outage, not a rate: the queue model deals with those. One that does so again and
 * again is slow all the same, and who takes its bursts for its rate stands in a queue of seconds.
 */
static void remember(cc_capacity *c, double now, double bytes, double busy_us)
{
    const double rate = cc_capacity_bps(c);
    const double most = QUA_MAX(OUTAGE_US, rate > 0 ? OUTAGE_FACTOR * bytes * 8e6 / rate : 1e9);

    const double whole_us = QUA_MIN(busy_us, WHOLE_OUTAGE_US);
    const double keep_whole = WHOLE_MEMORY_US / (WHOLE_MEMORY_US + whole_us);
    c->whole_bytes = c->whole_bytes * keep_whole + bytes;
    c->whole_us = c->whole_us * keep_whole + whole_us;
    busy_us = QUA_MIN(busy_us, most);
    const double idle_us = c->samples > 0 ? QUA_MAX(now - c->remembered_at - SELDOM_US, 0) : 0;
    const double keep = c->memory_us / (c->memory_us + busy_us) * AGE_US / (AGE_US + idle_us);

    c->bytes = c->bytes * keep + bytes;
    c->busy_us = c->busy_us * keep + busy_us;
    c->samples += 1;
    c->remembered_at = now;
}

/* It came to an idle server: what it took beyond the base delay is its bytes beyond the base packet's. */
static void add_idle(cc_capacity *c, double now, double busy, uint32_t size, uint32_t base_size)
{
    const double more = (double)size - base_size;

    if (more < SAME_SIZE)
        learn_idle_wait(c, busy);
    else if (more > ENOUGH)
        remember(c, now, more, QUA_MAX(busy - c->idle_wait_us, 0));
}

void cc_capacity_add(cc_capacity *c, double sent, double left, uint32_t size, uint32_t base_size, uint32_t lost_bytes)
{
    const double rate = cc_capacity_bps(c);
    const double base_service = rate > 0 ? BASE_SHARE * base_size * 8e6 / rate : 0;
    const bool idle = !c->any || sent - base_service >= c->last_left;

    if (idle)
        add_idle(c, sent, QUA_MAX(left - sent, 0), size, base_size);
    else
        remember(c, sent, (double)size + lost_bytes, QUA_MAX(left - c->last_left, 0));
    c->last_left = c->any ? QUA_MAX(c->last_left, left) : left;
    c->any = true;
}

double cc_capacity_bps(const cc_capacity *c)
{
    if (c->samples < 1 || c->bytes <= 0)
        return 0;
    const double rate = rate_of(c->bytes, c->busy_us), whole = rate_of(c->whole_bytes, c->whole_us);
    return QUA_MIN(QUA_MIN(rate, WHOLE_FACTOR * whole), RATE_MAX);
}
