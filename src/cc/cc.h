/*
 * Floor 2: congestion control and pacing of one path (one peer connection).
 *
 * Two objects. `qua_cc` says how much the path carries now, `qua_pacer` says which packet leaves when. Both are
 * sans-I/O: the caller brings `now`, tells what was sent and what the far side reported, and asks.
 *
 *     for each frame:   budget = qua_cc_frame_budget(cc, now)       0: skip this frame, the path is still busy
 *                       encode into at most `budget` wire bytes, qua_pacer_enqueue() its packets
 *     while (qua_pacer_poll(pacer, now, &out)) send; qua_cc_on_sent(...)
 *     on RTCP feedback: qua_cc_on_feedback(...); while (qua_cc_poll_probe(cc, now, &probe)) qua_pacer_probe(...)
 *     at the earlier of qua_cc_deadline() and qua_pacer_deadline(): _on_timeout(), poll again
 *
 * Sizes are bytes on the wire: RTP packet with SRTP tag plus QUA_CC_UDP4_OVERHEAD or QUA_CC_UDP6_OVERHEAD; budgets
 * and rates are in the same unit, so that what fits the budget fits the link.
 *
 * Controllers sit behind one record of functions (qua_cc_ops in cc_internal.h). QUA_CC_QUEUE is the one for calls:
 * it models the bottleneck as a queue with a server, learns the server's rate from how long each packet was in
 * service (capacity.c), predicts the queue that a packet sent now would meet (queue.c), and spends what is left.
 *
 * States of QUA_CC_QUEUE, changed only by its set_state:
 *
 *     START ----capacity known, no more gain from probing----> STEADY
 *     START, STEADY ----queue delay above its limit----------> BRAKE ----queue drained----> STEADY
 *     START, STEADY, BRAKE, COMPETE ----no feedback when due-> STALLED ----feedback-------> BRAKE
 *     STEADY, BRAKE ----a queue that is not ours stays-------> COMPETE ----it went away---> STEADY
 *     any ----qua_cc_on_route_change-------------------------> START
 */
#ifndef QUA_CC_H
#define QUA_CC_H

#include "base/base.h"

#define QUA_CC_UDP4_OVERHEAD 28
#define QUA_CC_UDP6_OVERHEAD 48

/** Most packets remembered between sending and feedback; older ones count as never reported. */
#define QUA_CC_HISTORY 4096

typedef enum qua_cc_algorithm {
    QUA_CC_QUEUE, /* delay and loss based, for calls */
    QUA_CC_FIXED  /* holds start_bps whatever happens: for tests, and as a bench's baseline */
} qua_cc_algorithm;

typedef struct qua_cc_config {
    qua_cc_algorithm algorithm;
    uint64_t start_bps;      /* 0: 500,000. From the last call on this path when known (qua_cc_stats.capacity_bps) */
    uint64_t min_bps;        /* 0: 40,000; never targets less: audio needs it */
    uint64_t max_bps;        /* 0: 20,000,000 */
    qua_time frame_interval; /* 0: 33,333 µs; time between frames that qua_cc_frame_budget plans for */
    qua_time queue_target;   /* 0: 25 ms; queueing delay of our own making that is worth its throughput */
    bool probe;              /* may ask for padding to find unused capacity */
    const qua_log *log;      /* NULL: silent; must outlive the controller */
} qua_cc_config;

typedef struct qua_cc qua_cc;

/** What a packet is; qua_cc_can_send never holds back audio. */
typedef enum qua_cc_kind {
    QUA_CC_AUDIO,
    QUA_CC_VIDEO,
    QUA_CC_RETRANSMIT,
    QUA_CC_FEC,
    QUA_CC_PADDING,
    QUA_CC_PROBE /* padding of a probe cluster */
} qua_cc_kind;

/** The two ECN bits of the IP header as received (RFC 3168); QUA_CC_ECN_CE is congestion. */
enum { QUA_CC_ECN_NOT = 0, QUA_CC_ECN_ECT1 = 1, QUA_CC_ECN_ECT0 = 2, QUA_CC_ECN_CE = 3 };

/** One packet's fate out of transport-wide feedback (transport-cc-01, RFC 8888), in plain values. */
typedef struct qua_cc_packet {
    int64_t seq;          /* as given to qua_cc_on_sent, unwrapped by the caller */
    uint32_t size;        /* informative: the controller trusts its own record; 0 is fine */
    qua_time sent_at;     /* informative, likewise */
    qua_time received_at; /* on the receiver's clock (any offset, may drift); QUA_TIME_NEVER: not received */
    uint8_t ecn;          /* QUA_CC_ECN_* */
} qua_cc_packet;

typedef enum qua_cc_state { QUA_CC_START, QUA_CC_STEADY, QUA_CC_BRAKE, QUA_CC_STALLED, QUA_CC_COMPETE } qua_cc_state;

typedef struct qua_cc_stats {
    qua_cc_state state;
    uint64_t target_bps;    /* long-run rate for all that goes over this path */
    uint64_t capacity_bps;  /* what the bottleneck serves us, 0: not known yet; keep it as path memory */
    uint64_t delivered_bps; /* received by the far side lately */
    uint64_t pacing_bps;
    qua_time rtt_us;         /* smoothed, feedback hold time included; 0: none yet */
    qua_time min_rtt_us;     /* 0: none yet */
    qua_time queue_delay_us; /* of the newest acknowledged packet, over the path's base delay */
    qua_time queue_ahead_us; /* predicted wait of a packet sent now */
    qua_time jitter_us;      /* delay that comes and goes without a queue */
    double loss;             /* 0..1, smoothed; duplicates and late arrivals count as received */
    double ce;               /* 0..1, share of packets marked CE, smoothed */
    uint64_t in_flight;      /* bytes sent and not reported */
    uint64_t window;         /* bytes in flight beyond which qua_cc_can_send says no */
    uint64_t packets_sent, packets_acked, packets_lost, packets_ce;
    uint64_t feedback_bad; /* reports about packets never sent, impossible times */
} qua_cc_stats;

/** A wish to learn about unused capacity: send `packets` or more at `rate_bps`, together at least `bytes`. */
typedef struct qua_cc_probe {
    uint32_t id;
    uint64_t rate_bps;
    uint32_t bytes;
    uint32_t packets;
} qua_cc_probe;

/** @param config copied; zero fields take the defaults above. @return 0, QUA_EINVAL (min > max), QUA_ENOMEM */
int qua_cc_create(qua_cc **out, const qua_cc_config *config, qua_time now);
/** Nulls the pointer; NULL inside is allowed. */
void qua_cc_destroy(qua_cc **cc);

/**
 * Tell every packet at the moment it leaves, whatever its kind, if it carries a transport-wide sequence number.
 * @param seq  strictly increasing from any start; a repeated or smaller one is ignored
 * @param size wire bytes, 1..65535
 */
void qua_cc_on_sent(qua_cc *cc, qua_time now, int64_t seq, size_t size, qua_cc_kind kind);

/**
 * Tell one feedback message. Packets in any order; those unknown, already received or with impossible times are
 * counted and ignored, so a hostile report can only lower or hold the rate. A packet reported lost and later
 * received counts as received. Reports may repeat (RFC 8888 does so).
 */
void qua_cc_on_feedback(qua_cc *cc, qua_time now, const qua_cc_packet *packets, size_t count);

/** Tell an RTT measured elsewhere (RTCP SR/RR, STUN): used until feedback gives its own. */
void qua_cc_on_rtt(qua_cc *cc, qua_time now, qua_time rtt_us);

/** The path changed (new ICE pair): forget what was learned of the old one. @param start_bps 0: the configured */
void qua_cc_on_route_change(qua_cc *cc, qua_time now, uint64_t start_bps);

/**
 * What the sender could use at most: the encoder's need, or this leg's share of the uplink. Below the path's
 * capacity the controller is application limited: it does not climb and probes only to keep its estimate fresh.
 * @param bps 0: as much as there is (the default)
 */
void qua_cc_set_demand(qua_cc *cc, qua_time now, uint64_t bps);
/** Change limits or the frame interval; zero leaves a value as it is. QUA_EINVAL: min > max */
int qua_cc_set_limits(qua_cc *cc, uint64_t min_bps, uint64_t max_bps, qua_time frame_interval);

/** Serve time: call when `now` reached qua_cc_deadline; earlier or later does no harm. */
void qua_cc_on_timeout(qua_cc *cc, qua_time now);
/** When qua_cc_on_timeout is next wanted. */
qua_time qua_cc_deadline(const qua_cc *cc);

/** Long-run rate for an encoder's rate control, wire bits per second, audio included; min_bps..max_bps. */
uint64_t qua_cc_target_bps(const qua_cc *cc, qua_time now);
/** Rate at which packets of one frame should follow each other; above the target, so that a frame leaves early. */
uint64_t qua_cc_pacing_bps(const qua_cc *cc, qua_time now);

/**
 * Wire bytes that a video frame captured now may have so that it has left the bottleneck when the next one comes:
 * what the server can do in a frame interval, less what it still has to do. Audio's share is already taken off
 * when audio runs. 0: skip this frame; the path is blocked or still busy. Ask right before encoding.
 */
size_t qua_cc_frame_budget(const qua_cc *cc, qua_time now);

/** The immediate brake: may `bytes` more leave now without a queue beyond the limit? Always true for audio. */
bool qua_cc_can_send(const qua_cc *cc, qua_time now, size_t bytes, qua_cc_kind kind);
/** When qua_cc_can_send will say yes if no feedback comes before; QUA_TIME_NEVER: only feedback can open it. */
qua_time qua_cc_can_send_at(const qua_cc *cc, qua_time now, size_t bytes, qua_cc_kind kind);

/** Predicted time from now until `bytes` sent now have left the bottleneck: for choosing between two candidates. */
qua_time qua_cc_drain_time(const qua_cc *cc, qua_time now, size_t bytes);

/** @return true and a probe to be sent by the pacer; drain after feedback and timeouts */
bool qua_cc_poll_probe(qua_cc *cc, qua_time now, qua_cc_probe *out);

void qua_cc_get_stats(const qua_cc *cc, qua_time now, qua_cc_stats *out);
/** @return static text: "start", "steady", "brake", "stalled", "compete" */
const char *qua_cc_state_name(qua_cc_state state);

/* ---- pacer ----------------------------------------------------------------------------------------------- */

/*
 * Holds packets until they may leave. Order: audio, retransmissions, FEC, video; within a class first in, first
 * out. Video past its deadline is handed back as stale instead of sent, with all of its group: nothing old is
 * ever queued. Padding is asked for when a probe runs and no packet waits.
 */
typedef struct qua_pacer qua_pacer;

#define QUA_PACER_PACKETS 1024 /* most packets held at once */

typedef enum qua_pacer_verdict {
    QUA_PACER_SEND,   /* send it now, then qua_cc_on_sent */
    QUA_PACER_STALE,  /* too late: release it, tell recovery */
    QUA_PACER_PADDING /* make and send a padding packet of `size` wire bytes; item is NULL */
} qua_pacer_verdict;

typedef struct qua_pacer_out {
    qua_pacer_verdict verdict;
    qua_cc_kind kind;
    uint32_t size;
    uint64_t group;
    void *item;         /* as enqueued; the caller's again */
    qua_time queued_at; /* when it was enqueued */
} qua_pacer_out;

typedef struct qua_pacer_stats {
    size_t packets, bytes;         /* waiting */
    uint64_t sent, stale, padding; /* packets since the start */
    qua_time oldest_us;            /* waiting time of the oldest packet, 0 when empty */
} qua_pacer_stats;

/**
 * @param cc lent, must outlive the pacer: gives rate and window. NULL: sends at once in order of class
 * @return 0, QUA_ENOMEM
 */
int qua_pacer_create(qua_pacer **out, const qua_cc *cc);
/** The items still inside are forgotten: qua_pacer_flush and poll first. Nulls the pointer. */
void qua_pacer_destroy(qua_pacer **pacer);

/**
 * Take one packet in.
 * @param group    packets that are of use only together: a frame's number; 0: on its own
 * @param item     lent to the pacer until poll gives it back, not NULL
 * @param deadline QUA_TIME_NEVER: none; audio and video alike go stale once `now` is past it
 * @return 0; QUA_EFULL: no room, the caller keeps the item; QUA_EINVAL: size 0, kind PADDING or PROBE
 */
int qua_pacer_enqueue(qua_pacer *pacer, qua_time now, qua_cc_kind kind, size_t size, uint64_t group, void *item,
                      qua_time deadline);
/** @return true: act on *out and poll again; false: nothing more before qua_pacer_deadline */
bool qua_pacer_poll(qua_pacer *pacer, qua_time now, qua_pacer_out *out);
qua_time qua_pacer_deadline(const qua_pacer *pacer, qua_time now);
/** Everything of a kind becomes stale: a newer frame replaces it, a track was muted. */
void qua_pacer_flush(qua_pacer *pacer, qua_cc_kind kind);
/** The same for one group. */
void qua_pacer_flush_group(qua_pacer *pacer, uint64_t group);
/** Run a probe: packets leave at its rate, padded as needed. A second one waits its turn (bounded; may be dropped). */
void qua_pacer_probe(qua_pacer *pacer, qua_time now, const qua_cc_probe *probe);
void qua_pacer_get_stats(const qua_pacer *pacer, qua_time now, qua_pacer_stats *out);

#endif
