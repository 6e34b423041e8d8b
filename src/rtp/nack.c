/* The receiver's list of what is missing. */
#include "rtp/rtp.h"

/*
 * A hole is asked for at once when the next packet shows it, and once more a little later: where one packet in twenty
 * is lost, one request in ten fails, its answer lost or itself, and pictures would wait another round trip. On a short
 * path the answer forestalls the second. After a round trip of silence it is asked for often, since libwebrtc answers
 * but once in what it takes for a round trip, and given up after a second.
 */
#define NACK_MAX_AGE      QUA_MS(1000)
#define NACK_MAX_TRIES    30
#define NACK_MIN_INTERVAL QUA_MS(10)

static void remove_at(qua_rtp_nack *n, size_t i)
{
    memmove(&n->missing[i], &n->missing[i + 1], (n->count - i - 1) * sizeof n->missing[0]);
    n->count--;
}

bool qua_rtp_nack_on_packet(qua_rtp_nack *n, qua_time now, int64_t seq)
{
    if (!n->started) {
        n->started = true;
        n->highest = seq;
        return false;
    }
    if (seq <= n->highest) {
        for (size_t i = 0; i < n->count; i++) {
            if (n->missing[i].seq == seq) {
                n->recovered += n->missing[i].tries > 0;
                remove_at(n, i);
                break;
            }
        }
        return false;
    }
    if (seq - n->highest - 1 > (int64_t)(QUA_NACK_MAX - n->count)) {
        n->given_up += n->count;
        n->count = 0; /* too much is gone: only a keyframe helps */
        n->highest = seq;
        return true;
    }
    for (int64_t s = n->highest + 1; s < seq; s++) {
        n->missing[n->count].seq = s;
        n->missing[n->count].missing_since = now;
        n->missing[n->count].asked_at = 0;
        n->missing[n->count].tries = 0;
        n->count++;
    }
    n->highest = seq;
    return false;
}

void qua_rtp_nack_forget_before(qua_rtp_nack *n, int64_t seq)
{
    size_t keep = 0;

    while (keep < n->count && n->missing[keep].seq < seq)
        keep++;
    if (keep) {
        memmove(&n->missing[0], &n->missing[keep], (n->count - keep) * sizeof n->missing[0]);
        n->count -= keep;
    }
}

static qua_time ask_at(const qua_rtp_nack *n, size_t i, qua_time rtt)
{
    const int tries = n->missing[i].tries;
    const qua_time pause = tries == 1 ? rtt / 6 : tries == 2 ? rtt : rtt / 3;

    return tries ? n->missing[i].asked_at + QUA_MAX(pause, NACK_MIN_INTERVAL) : 0;
}

size_t qua_rtp_nack_poll(qua_rtp_nack *n, qua_time now, qua_time rtt, uint16_t *out, size_t capacity)
{
    size_t asked = 0;

    for (size_t i = 0; i < n->count && asked < capacity;) {
        if (now - n->missing[i].missing_since > NACK_MAX_AGE || n->missing[i].tries >= NACK_MAX_TRIES) {
            n->given_up++;
            remove_at(n, i);
            continue;
        }
        if (now >= ask_at(n, i, rtt)) {
            out[asked++] = (uint16_t)n->missing[i].seq;
            n->missing[i].asked_at = now;
            n->missing[i].tries++;
        }
        i++;
    }
    n->asked += asked;
    return asked;
}

qua_time qua_rtp_nack_deadline(const qua_rtp_nack *n, qua_time rtt)
{
    qua_time deadline = QUA_TIME_NEVER;

    for (size_t i = 0; i < n->count; i++)
        deadline = QUA_MIN(deadline, ask_at(n, i, rtt));
    return deadline;
}
