/* The sender's memory of what may be asked for again. */
#include "rtp/rtp.h"

/* Two NACKs closer than this, or than an eighth of a round trip, are one that was repeated by the network. */
#define RESEND_INTERVAL QUA_MS(5)

static qua_rtp_sent *slot_of(qua_rtp_history *h, uint16_t seq)
{
    qua_rtp_sent *slot = &h->slots[seq % QUA_RTP_HISTORY];

    return slot->payload && slot->header.seq == seq ? slot : NULL;
}

/* Forget from the old end on: what gives way to newer ones, and what nobody can use any more. */
static void forget_old(qua_rtp_history *h, qua_time now, uint16_t newest)
{
    for (; h->oldest != newest; h->oldest++) {
        qua_rtp_sent *slot = slot_of(h, h->oldest);
        const bool crowded_out = (uint16_t)(newest - h->oldest) >= QUA_RTP_HISTORY;

        if (slot && !crowded_out && now - slot->sent_at <= QUA_RTP_HISTORY_AGE)
            return;
        if (slot)
            qua_buffer_unref(&slot->payload);
    }
}

void qua_rtp_history_add(qua_rtp_history *h, qua_time now, const qua_rtp_header *header, const qua_rtp_extensions *ext,
                         qua_buffer *payload)
{
    assert(!h->started || qua_diff16(header->seq, h->newest) > 0);
    if (!h->started)
        h->oldest = header->seq;
    h->started = true;
    forget_old(h, now, header->seq);
    h->newest = header->seq;
    h->slots[header->seq % QUA_RTP_HISTORY] = (qua_rtp_sent){
        .header = *header,
        .ext = *ext,
        .payload = qua_buffer_ref(payload),
        .sent_at = now,
    };
}

const qua_rtp_sent *qua_rtp_history_take(qua_rtp_history *h, qua_time now, qua_time rtt, uint16_t seq)
{
    qua_rtp_sent *slot = slot_of(h, seq);

    if (!slot || now - slot->sent_at > QUA_RTP_HISTORY_AGE)
        return NULL;
    if (slot->resent_at && now - slot->resent_at < QUA_MAX(rtt / 8, RESEND_INTERVAL))
        return NULL;
    slot->resent_at = now;
    return slot;
}

void qua_rtp_history_clear(qua_rtp_history *h)
{
    for (size_t i = 0; i < QUA_RTP_HISTORY; i++)
        qua_buffer_unref(&h->slots[i].payload);
    h->started = false;
}
