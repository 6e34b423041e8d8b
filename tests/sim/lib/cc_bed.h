/*
 * A test bed for congestion control in virtual time: a camera and an encoder that obeys frame budgets, a pacer, a
 * controller, a path, and a receiver that sends feedback. Judged like the call lab judges: by when each captured
 * frame, or a newer one, was complete at the far side.
 */
#ifndef CC_BED_H
#define CC_BED_H

#include "cc/cc.h"
#include "sim_net.h"

#define CC_BED_CHANGES 8

typedef struct cc_bed_config {
    const char *name;
    const char *forward, *backward; /* link texts */
    struct {
        double at_s;
        const char *forward;
    } change[CC_BED_CHANGES];
    const char *trace_file; /* Mahimahi; NULL: none */
    const uint32_t *trace;  /* the same from memory */
    size_t trace_count;
    double trace_offset_s;
    qua_cc_config cc;
    double picture_bps;     /* what the picture can use at most; 0: 20 Mb/s */
    double fps;             /* 0: 30 */
    double warm_s, seconds; /* judged from warm_s on, for `seconds`; 0: 5 and 30 */
    bool no_audio;
    bool ect; /* packets say ECT(1) */
    bool no_retransmit;
    double feedback_ms; /* 0: at the end of each frame and 20 ms after a packet; else a fixed interval */
    double clock_ppm;   /* the receiver's clock runs faster by so much */
    int tcp_flows;
    double tcp_from_s, tcp_to_s;
    uint64_t seed;
} cc_bed_config;

typedef struct cc_bed_result {
    double use;                             /* bytes through the bottleneck / bytes it could serve */
    double kbps;                            /* entering the link */
    double video_kbps;                      /* of frames that were complete */
    double queue_p50, queue_p95, queue_p99; /* ms, packets at the bottleneck */
    double live_p50, live_p95, live_p99;    /* ms until a captured frame or a newer one was complete */
    double worst_ms;                        /* latest complete frame */
    double worst_at_s;                      /* when it was captured */
    int freezes;                            /* gaps over 200 ms between new frames */
    double freeze_ms;
    double skipped; /* share of frames not encoded for want of budget */
    double drops;   /* share of packets dropped by the queue */
    double lost;    /* share of packets lost in all */
    double tcp_kbps;
    double target_kbps; /* at the end */
    qua_cc_stats end;
} cc_bed_result;

/** Called each 100 ms: for plots and for questions about moments. */
typedef void (*cc_bed_watch)(void *context, double now_s, const qua_cc_stats *stats, double sent_kbps);

void cc_bed_run(const cc_bed_config *config, cc_bed_result *out, cc_bed_watch watch, void *context);

#endif
