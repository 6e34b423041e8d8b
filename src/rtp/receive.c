/* Receiver statistics of one stream. */
#include "rtp/rtp.h"

#define FIRST_CYCLE 65536 /* numbers start one cycle up, so that packets before the first stay positive */

void qua_rtp_receiver_init(qua_rtp_receiver *r, uint32_t ssrc, uint32_t clock_hz)
{
    memset(r, 0, sizeof *r);
    r->ssrc = ssrc;
    r->clock_hz = clock_hz;
}

/* Interarrival jitter, RFC 3550 A.8. */
static void update_jitter(qua_rtp_receiver *r, qua_time now, uint32_t timestamp)
{
    const uint32_t transit = qua_rtp_from_time(now, r->clock_hz) - timestamp; /* both wrap */
    const int64_t d = qua_diff32(transit, r->transit);

    if (r->received > 1)
        r->jitter += ((double)(d < 0 ? -d : d) - r->jitter) / 16;
    r->transit = transit;
}

int64_t qua_rtp_receiver_on_packet(qua_rtp_receiver *r, qua_time now, uint16_t seq, uint32_t timestamp)
{
    const int64_t unwrapped = r->started ? qua_unwrap16(r->highest_seq, seq) : FIRST_CYCLE + (int64_t)seq;

    if (!r->started) {
        r->started = true;
        r->first_seq = r->highest_seq = unwrapped;
    }
    r->received++;
    if (unwrapped >= r->highest_seq) {
        r->highest_seq = unwrapped;
        update_jitter(r, now, timestamp);
    }
    return unwrapped;
}

void qua_rtp_receiver_on_sr(qua_rtp_receiver *r, qua_time now, uint64_t ntp, uint32_t rtp)
{
    r->last_sr = (uint32_t)(ntp >> 16);
    r->last_sr_at = now;
    r->sr_ntp = ntp;
    r->sr_rtp = rtp;
    r->has_sr = true;
}

static uint64_t expected(const qua_rtp_receiver *r)
{
    return r->started ? (uint64_t)(r->highest_seq - r->first_seq + 1) : 0;
}

uint64_t qua_rtp_receiver_lost(const qua_rtp_receiver *r)
{
    return expected(r) > r->received ? expected(r) - r->received : 0;
}

void qua_rtp_receiver_report(qua_rtp_receiver *r, qua_time now, qua_rtp_report *out)
{
    const uint64_t all = expected(r);
    const int64_t interval = (int64_t)(all - r->expected_prior);
    const int64_t lost = interval - (int64_t)(r->received - r->received_prior);

    memset(out, 0, sizeof *out);
    out->ssrc = r->ssrc;
    out->fraction_lost = interval <= 0 || lost <= 0 ? 0 : (uint8_t)QUA_MIN(lost * 256 / interval, 255);
    out->cumulative_lost = (int32_t)QUA_CLAMP((int64_t)(all - r->received), -0x800000, 0x7fffff);
    out->highest_seq = r->started ? (uint32_t)(r->highest_seq - FIRST_CYCLE) : 0;
    out->jitter = (uint32_t)r->jitter;
    out->last_sr = r->last_sr;
    if (r->has_sr)
        out->delay_since_sr = (uint32_t)((now - r->last_sr_at) * 65536 / 1000000);
    r->expected_prior = all;
    r->received_prior = r->received;
}

uint64_t qua_rtp_receiver_ntp(const qua_rtp_receiver *r, uint32_t timestamp)
{
    const int64_t ticks = qua_diff32(timestamp, r->sr_rtp);

    if (!r->has_sr)
        return 0;
    return r->sr_ntp + (uint64_t)(int64_t)((double)ticks * 4294967296.0 / r->clock_hz);
}
