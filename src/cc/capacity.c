/* The rate of the bottleneck's server, from how long packets were in service. */
#include "cc/cc_internal.h"

#define SMALL_PACKET 300   /* bytes: its service time hardly matters beside the wait for an idle server */
#define WAIT_GAIN 0.05
#define RATE_MAX 1e9

void cc_capacity_init(cc_capacity *c, double memory_us)
{
    memset(c, 0, sizeof *c);
    c->memory_us = memory_us;
}

/* A small packet that found the server idle shows how long an idle server takes to start. */
static void learn_idle_wait(cc_capacity *c, double busy_us, double bytes)
{
    const double rate = cc_capacity_bps(c);
    double wait = busy_us - (rate > 0 ? bytes * 8e6 / rate : 0);

    wait = QUA_MAX(wait, 0);
    const double error = wait - c->idle_wait_us;
    c->idle_wait_us += WAIT_GAIN * error;
    c->idle_dev_us += WAIT_GAIN * ((error < 0 ? -error : error) - c->idle_dev_us);
}

static void remember(cc_capacity *c, double bytes, double busy_us)
{
    const double keep = c->memory_us / (c->memory_us + busy_us);

    c->bytes = c->bytes * keep + bytes;
    c->busy_us = c->busy_us * keep + busy_us;
    c->samples += 1;
}

void cc_capacity_add(cc_capacity *c, double sent, double left, uint32_t size, uint32_t base_size,
                     uint32_t lost_bytes)
{
    const bool idle = !c->any || sent >= c->last_received;
    const double start = idle ? sent : c->last_received;
    double busy = QUA_MAX(left - start, 0);
    double bytes = (double)size + lost_bytes;

    if (idle)
        bytes = QUA_MAX((double)size - base_size, 0);
    if (idle && size <= SMALL_PACKET)
        learn_idle_wait(c, busy, bytes);
    if (idle)
        busy = QUA_MAX(busy - c->idle_wait_us, 0);
    c->last_received = c->any ? QUA_MAX(c->last_received, left) : left;
    c->any = true;
    if (size > SMALL_PACKET || !idle)
        remember(c, bytes, busy);
}

double cc_capacity_bps(const cc_capacity *c)
{
    if (c->samples < 1 || c->bytes <= 0)
        return 0;
    const double rate = c->bytes * 8e6 / QUA_MAX(c->busy_us, 1);
    return QUA_MIN(rate, RATE_MAX);
}
