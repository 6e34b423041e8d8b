/* What was sent and not forgotten, found by sequence number. */
#include "cc/cc_internal.h"

static cc_sent *slot(cc_history *h, int64_t seq)
{
    return &h->ring[(uint64_t)seq % QUA_CC_HISTORY];
}

void cc_history_init(cc_history *h)
{
    memset(h, 0, sizeof *h);
    h->first = 0;
    h->last = -1;
    h->newest_acked = -1;
}

/* Forget the slots that seqs up to `seq` will take: what is still in flight there will never be reported. */
static void make_room(cc_history *h, int64_t seq)
{
    while (h->first <= h->last && seq - h->first >= QUA_CC_HISTORY) {
        cc_sent *old = slot(h, h->first);
        if (old->seq == h->first && old->fate == CC_IN_FLIGHT)
            h->in_flight -= old->size;
        old->fate = CC_NONE;
        h->first++;
    }
}

cc_sent *cc_history_add(cc_history *h, qua_time now, int64_t seq, uint32_t size, qua_cc_kind kind)
{
    if (h->last < h->first) {
        h->first = seq;
        h->newest_acked = seq - 1;
    } else if (seq <= h->last) {
        return NULL;
    }
    make_room(h, seq);
    h->first = QUA_MAX(h->first, seq - QUA_CC_HISTORY + 1);
    h->last = seq;
    h->in_flight += size;
    cc_sent *packet = slot(h, seq);
    *packet = (cc_sent){.seq = seq,
                        .sent_at = now,
                        .received_at = QUA_TIME_NEVER,
                        .size = size,
                        .kind = (uint8_t)kind,
                        .fate = CC_IN_FLIGHT};
    return packet;
}

cc_sent *cc_history_find(cc_history *h, int64_t seq)
{
    cc_sent *packet = slot(h, seq);

    if (seq < h->first || seq > h->last || packet->seq != seq || packet->fate == CC_NONE)
        return NULL;
    return packet;
}
