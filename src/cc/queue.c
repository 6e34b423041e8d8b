/* The model of the bottleneck: what a packet sent now will wait for. */
#include "cc/cc_internal.h"

void cc_queue_add(cc_queue *q, qua_time now, uint32_t size, double bps)
{
    q->free_at = QUA_MAX(q->free_at, (double)now) + size * 8e6 / bps;
    if (q->first_unacked < 0)
        q->first_unacked = q->free_at;
}

void cc_queue_anchor(cc_queue *q, const cc_history *h, double left, double bps)
{
    q->free_at = left;
    q->first_unacked = -1;
    for (int64_t seq = QUA_MAX(h->newest_acked + 1, h->first); seq <= h->last; seq++) {
        const cc_sent *packet = &h->ring[(uint64_t)seq % QUA_CC_HISTORY];
        if (packet->seq == seq && packet->fate == CC_IN_FLIGHT)
            cc_queue_add(q, packet->sent_at, packet->size, bps);
    }
}
