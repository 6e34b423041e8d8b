/*
 * What every controller gets: the record of what was sent and what came back, measured once, and the functions
 * that a controller is. Times of the receiver's clock are only ever used as differences.
 */
#ifndef QUA_CC_INTERNAL_H
#define QUA_CC_INTERNAL_H

#include "cc/cc.h"

/* ---- history: every packet between leaving and being reported --------------------------------------------- */

typedef enum cc_fate { CC_NONE, CC_IN_FLIGHT, CC_LOST, CC_RECEIVED } cc_fate;

typedef struct cc_sent {
    int64_t seq;
    qua_time sent_at;
    qua_time received_at; /* receiver's clock, of a received one */
    uint32_t size;
    uint32_t backlog;   /* bytes that the model saw ahead of it in the bottleneck */
    uint32_t in_flight; /* bytes of ours, itself included, when it left */
    uint8_t kind, fate, ecn;
    bool starts; /* first packet of a frame, as far as the controller sees */
    bool fresh;  /* reported received by the message being processed */
} cc_sent;

typedef struct cc_history {
    cc_sent ring[QUA_CC_HISTORY];
    int64_t first, last; /* seqs that may be there; last < first: nothing sent */
    int64_t newest_acked;
    uint64_t in_flight; /* bytes not reported, newer than newest_acked or not yet given up */
} cc_history;

void cc_history_init(cc_history *h);
/** @return NULL for a seq that is not newer than all before */
cc_sent *cc_history_add(cc_history *h, qua_time now, int64_t seq, uint32_t size, qua_cc_kind kind);
/** @return NULL when the seq was never sent or is forgotten */
cc_sent *cc_history_find(cc_history *h, int64_t seq);

/* ---- baseline: the delay of an empty path ----------------------------------------------------------------- */

#define CC_BASELINE_BUCKETS 10

/**
 * Minimum over a sliding window of one-way delays (clock offset included). Clocks that drift apart by 100 ppm
 * move it by 1 ms in the window of 10 s: that is all the care that skew needs.
 */
typedef struct cc_baseline {
    struct {
        qua_time delay;
        uint32_t size;
    } bucket[CC_BASELINE_BUCKETS], best;
    qua_time bucket_ends;
    int current;
    bool known;
    bool frozen; /* a queue that is not ours stands: minima of the past stay */
} cc_baseline;

void cc_baseline_init(cc_baseline *b);
void cc_baseline_add(cc_baseline *b, qua_time sent_at, qua_time delay, uint32_t size);

/* ---- capacity: how fast the bottleneck serves us ---------------------------------------------------------- */

/**
 * A packet is in service from when it reached an idle server or the one before it left, until it left. Bytes over
 * service time is the server's rate, whether the sender fills the link or not. A server that is idle but not at
 * once ready (a radio's grants, jitter) shows in small packets that find it idle: `idle_wait`, taken off once at
 * the start of each busy period.
 */
typedef struct cc_capacity {
    double bytes, busy_us;        /* decaying sums */
    double whole_bytes, whole_us; /* the same with outages: the rate of a server that stands still often */
    double memory_us;             /* service time that the sums remember */
    double idle_wait_us, idle_dev_us;
    double last_left; /* when the server became free, sender's time */
    double samples;
    double remembered_at;
    bool any;
} cc_capacity;

void cc_capacity_init(cc_capacity *c, double memory_us);
/**
 * One received packet, in sending order.
 * @param sent when it reached the server; left when it left, both in the sender's time, base delay taken off
 * @param base_size size of the packet that gave the base delay: its service is part of that
 * @param lost_bytes served but lost on the way behind the server, between this packet and the one before
 */
void cc_capacity_add(cc_capacity *c, double sent, double left, uint32_t size, uint32_t base_size, uint32_t lost_bytes);
/** Bits per second; 0: not known. */
double cc_capacity_bps(const cc_capacity *c);

/* ---- the bottleneck as a queue with a server -------------------------------------------------------------- */

typedef struct cc_queue {
    double free_at;       /* when the server has done all that was sent, sender's time at the server's exit */
    double first_unacked; /* when the oldest unreported packet should have left; < 0: none */
} cc_queue;

/** Replay what is in flight behind the newest acknowledged packet. */
void cc_queue_anchor(cc_queue *q, const cc_history *h, double left, double bps);
void cc_queue_add(cc_queue *q, qua_time now, uint32_t size, double bps);

/* ---- loss ------------------------------------------------------------------------------------------------- */

typedef struct cc_loss {
    double lost, reported; /* decaying counts of packets */
    double ce, ce_reported;
    double backlog_lost, backlog_received; /* mean bytes ahead of packets lost and received */
} cc_loss;

void cc_loss_add(cc_loss *l, bool lost, bool ce, uint32_t backlog);
double cc_loss_ratio(const cc_loss *l);
double cc_loss_ce(const cc_loss *l);

/* ---- company ---------------------------------------------------------------------------------------------- */

typedef struct cc_compete {
    bool on;
    bool yielding;        /* sending little for a moment, to see whether the queue is ours by now */
    double window;        /* bytes */
    double capacity_seen; /* bps: most that was delivered before */
    double foreign_us;    /* for so long packets have met a queue that is not ours */
    qua_time free_since;  /* no packet met a queue since then */
    double left;          /* when the packet before left the bottleneck */
    qua_time watched_at, cut_at, checked_at, left_at;
} cc_compete;

/** @param queue_us that the packet met */
void cc_compete_packet(cc_compete *k, qua_time now, const cc_sent *packet, double queue_us, double base_rtt_us);
void cc_compete_lost(cc_compete *k, qua_time now, qua_time rtt);
/** Once per feedback message. */
void cc_compete_check(cc_compete *k, qua_time now, double delivered_bps);
double cc_compete_bps(const cc_compete *k, qua_time rtt);

/* ---- controllers ------------------------------------------------------------------------------------------ */

/** What one feedback message brought, after the shared record took it in. */
typedef struct cc_report {
    int64_t first, last; /* seqs that changed; last < first: nothing new */
    uint64_t acked_bytes;
    size_t received, lost;
} cc_report;

typedef struct qua_cc_ops {
    size_t size; /* bytes of the controller's own state, handed to the others as `self` */
    void (*init)(void *self, qua_cc *cc, qua_time now, uint64_t start_bps);
    void (*on_sent)(void *self, qua_cc *cc, qua_time now, cc_sent *packet);
    void (*on_feedback)(void *self, qua_cc *cc, qua_time now, const cc_report *report);
    void (*on_timeout)(void *self, qua_cc *cc, qua_time now);
    qua_time (*deadline)(const void *self, const qua_cc *cc);
    double (*target_bps)(const void *self, const qua_cc *cc, qua_time now);
    double (*pacing_bps)(const void *self, const qua_cc *cc, qua_time now);
    double (*frame_budget)(const void *self, const qua_cc *cc, qua_time now);
    qua_time (*can_send_at)(const void *self, const qua_cc *cc, qua_time now, size_t bytes);
    double (*drain_us)(const void *self, const qua_cc *cc, qua_time now, size_t bytes);
    bool (*poll_probe)(void *self, qua_cc *cc, qua_time now, qua_cc_probe *out);
    void (*stats)(const void *self, const qua_cc *cc, qua_time now, qua_cc_stats *out);
} qua_cc_ops;

extern const qua_cc_ops cc_queue_ops, cc_fixed_ops;

struct qua_cc {
    qua_cc_config config;
    const qua_cc_ops *ops;
    void *self;
    cc_history history;
    cc_loss loss;
    uint64_t demand_bps; /* 0: as much as there is */
    qua_time rtt, min_rtt;
    double audio_bps; /* sent lately */
    qua_time audio_since;
    double audio_bytes;
    uint64_t packets_sent, packets_acked, packets_lost, packets_ce, feedback_bad;
};

#endif
