/* Conversions between µs, RTP ticks and NTP, and the unwrapping of counters. */
#include "base/base.h"

uint32_t qua_rtp_from_time(qua_time t, uint32_t clock_hz)
{
    /* seconds and the rest apart, so that the product stays within 64 bits for centuries */
    const int64_t seconds = t / 1000000, rest = t % 1000000;

    return (uint32_t)((uint64_t)seconds * clock_hz + (uint64_t)(rest * clock_hz / 1000000));
}

int64_t qua_unwrap16(int64_t previous, uint16_t value)
{
    if (previous < 0)
        return value;
    return previous + qua_diff16(value, (uint16_t)previous);
}

int64_t qua_unwrap32(int64_t previous, uint32_t value)
{
    if (previous < 0)
        return value;
    return previous + qua_diff32(value, (uint32_t)previous);
}

uint64_t qua_ntp_from_time(qua_time t)
{
    const uint64_t seconds = (uint64_t)t / 1000000, rest = (uint64_t)t % 1000000;

    return seconds << 32 | ((rest << 32) + 500000) / 1000000;
}

qua_time qua_time_from_ntp(uint64_t ntp)
{
    return (qua_time)((ntp >> 32) * 1000000 + (((ntp & 0xffffffffu) * 1000000 + (1u << 31)) >> 32));
}
