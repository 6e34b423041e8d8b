/* Ticks of a device's clock. */
#include "device/device.h"

void qua_pace_start(qua_pace *pace, qua_time now, double hz, uint64_t behind_max)
{
    assert(hz > 0);
    *pace = (qua_pace){.start = now, .period_us = 1e6 / hz, .behind_max = behind_max};
}

static qua_time due_at(const qua_pace *pace, uint64_t tick)
{
    return pace->start + (qua_time)((double)tick * pace->period_us);
}

qua_time qua_pace_due(const qua_pace *pace)
{
    return due_at(pace, pace->next);
}

uint64_t qua_pace_take(qua_pace *pace, qua_time now, qua_time *due)
{
    const qua_time behind = now - due_at(pace, pace->next);
    const uint64_t overdue = behind > 0 ? (uint64_t)((double)behind / pace->period_us) : 0;

    if (overdue > pace->behind_max) {
        pace->lost += overdue - pace->behind_max;
        pace->next += overdue - pace->behind_max;
    }
    *due = due_at(pace, pace->next);
    return pace->next++;
}
