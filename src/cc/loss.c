/* Loss and CE marks, and whether losses come with a backlog of ours: then the queue overflows. */
#include "cc/cc_internal.h"

#define PACKET_MEMORY 300.0 /* packets */
#define MARK_MEMORY   60.0
#define BACKLOG_GAIN  0.05

void cc_loss_add(cc_loss *l, bool lost, bool ce, uint32_t backlog)
{
    const double keep = 1 - 1 / PACKET_MEMORY;
    double *mean = lost ? &l->backlog_lost : &l->backlog_received;

    l->lost = l->lost * keep + lost;
    l->reported = l->reported * keep + 1;
    if (!lost) {
        l->ce = l->ce * (1 - 1 / MARK_MEMORY) + ce;
        l->ce_reported = l->ce_reported * (1 - 1 / MARK_MEMORY) + 1;
    }
    *mean += BACKLOG_GAIN * (backlog - *mean);
}

double cc_loss_ratio(const cc_loss *l)
{
    return l->reported > 0 ? l->lost / QUA_MAX(l->reported, 20) : 0;
}
double cc_loss_ce(const cc_loss *l)
{
    return l->ce_reported > 0 ? l->ce / QUA_MAX(l->ce_reported, 5) : 0;
}
