/*
 * Beside a flow that fills the queue, whoever yields to delay starves. Here a queue that is not ours is recognised,
 * and answered by what TCP would do: a window that grows by half a packet a round trip and shrinks by 0.3 at a loss
 * (as friendly to NewReno as its own 1 and 0.5: RFC 8312 §4.2's formula).
 */
#include "cc/cc_internal.h"

#define FOREIGN_US   30e3 /* a queue below this does not starve us */
#define OWN_SHARE    0.35 /* of the queue: more, and it may be ours */
#define APART_US     5e3
#define CERTAIN_US   700e3  /* of packets that meet a foreign queue */
#define AGAIN_US     300e3
#define FORGET       2 /* a moment without one counts double: TCP's own backing off is short */
#define GAP_US       100e3
#define SEEN_US      30e6 /* for about so long a capacity once seen counts */
#define REMEMBER     QUA_SECONDS(20)
#define PACKET       1200.0
#define GROWTH       0.53
#define BACKOFF      0.7
#define WINDOW_MIN   (4 * PACKET)
#define FREE_US      15e3 /* a queue below this: the other flow has left */
#define FREE_FOR     QUA_MS(150)
#define YIELD_FOR    QUA_MS(500)
#define YIELD_SHARE  0.25
#define CHECK_OFTEN  QUA_SECONDS(5)
#define CHECK_SELDOM QUA_SECONDS(20)
#define SUSPICIOUS   0.8 /* of the capacity once seen is ours: is the other flow still there? */

/* Packets that were sent apart and came out together waited for a server that stood still: that is nobody's queue. */
static void watch(cc_compete *k, const cc_sent *packet, double queue_us)
{
    const double own_us = packet->in_flight * 8e6 / QUA_MAX(k->capacity_seen, 1);

    const double passed = QUA_CLAMP((double)(packet->sent_at - k->watched_at), 0, GAP_US);
    const double left = (double)packet->sent_at + queue_us;
    const bool outage = passed > APART_US && left - k->left < passed / 4;

    k->watched_at = packet->sent_at;
    k->left = left;
    if (queue_us >= FOREIGN_US && own_us <= OWN_SHARE * queue_us && !outage)
        k->foreign_us += passed;
    else if (queue_us < FREE_US || own_us > OWN_SHARE * queue_us || outage)
        k->foreign_us = QUA_MAX(k->foreign_us - FORGET * passed, 0);
}

static void begin(cc_compete *k, qua_time now, double base_rtt_us)
{
    k->on = true;
    k->checked_at = k->cut_at = now;
    k->yielding = false;
    k->window = QUA_MAX(BACKOFF * k->window, QUA_MAX(WINDOW_MIN, 0.3 * k->capacity_seen * base_rtt_us / 8e6));
    k->free_since = now;
}

static void end(cc_compete *k, qua_time now)
{
    k->on = false;
    k->left_at = now;
    k->foreign_us = 0;
}

void cc_compete_packet(cc_compete *k, qua_time now, const cc_sent *packet, double queue_us, double base_rtt_us)
{
    if (!k->on) {
        const bool lately = k->left_at && now - k->left_at < REMEMBER;
        watch(k, packet, queue_us);
        if (k->foreign_us > (lately ? AGAIN_US : CERTAIN_US))
            begin(k, now, base_rtt_us);
        return;
    }
    if (queue_us >= FREE_US)
        k->free_since = packet->sent_at;
    else if (k->yielding && packet->sent_at - k->free_since > FREE_FOR)
        end(k, now);
    if (!k->yielding)
        k->window += GROWTH * PACKET * packet->size / k->window;
}

void cc_compete_lost(cc_compete *k, qua_time now, qua_time rtt)
{
    if (!k->on || now - k->cut_at < rtt)
        return;
    k->cut_at = now;
    k->window = QUA_MAX(BACKOFF * k->window, WINDOW_MIN);
}

void cc_compete_check(cc_compete *k, qua_time now, double delivered_bps)
{
    if (!k->on) {
        const double elapsed = QUA_MIN((double)(now - k->checked_at), GAP_US);
        k->capacity_seen = QUA_MAX(delivered_bps, k->capacity_seen * (1 - elapsed / SEEN_US));
        k->checked_at = now;
        return;
    }
    const bool suspicious = delivered_bps > SUSPICIOUS * k->capacity_seen;
    if (k->yielding && now - k->checked_at > YIELD_FOR)
        k->yielding = false;
    else if (now - k->checked_at > (suspicious ? CHECK_OFTEN : CHECK_SELDOM)) {
        k->yielding = true;
        k->checked_at = now;
    }
}

double cc_compete_bps(const cc_compete *k, qua_time rtt)
{
    const double bps = k->window * 8e6 / (double)QUA_MAX(rtt, 1000);

    return k->yielding ? YIELD_SHARE * bps : bps;
}
