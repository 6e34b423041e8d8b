/* How one encode is shared by several paths; private to this folder. */
#ifndef CALL_ALLOCATION_H
#define CALL_ALLOCATION_H

#include "base/base.h"

/*
 * One receiver's part in an encode. All zero: a receiver just begun.
 *
 * The encode follows the slowest receiver, because everybody gets the same bytes and because three legs that grew
 * each on its own would only push one another out of the uplink they share (RFC 8699 §1: coupled flows act as one).
 * A receiver that cannot follow starves nobody: where there is a smaller encode it goes there; where there is none it
 * is cut off, and sees a still picture now and then until its path keeps up again.
 */
typedef struct qua_share {
    /* told before each frame */
    size_t budget;          /* wire bytes that its path takes for this frame, 0: busy */
    size_t fair;            /* wire bytes of a frame at its long-run rate */
    uint64_t bps;           /* what its path carries in the long run */
    qua_time excused_until; /* busy with a keyframe that we sent */
    /* kept from frame to frame */
    bool cut;
    qua_time begun;                              /* 0: not yet */
    qua_time busy_since, slow_since, good_since; /* QUA_SHARE_NOT: it is not */
    qua_time still_at;                           /* cut: when it was served last */
    /* the decision */
    bool served;
    bool too_slow; /* goes to the smaller encode */
} qua_share;

#define QUA_SHARE_NOT ((qua_time)0)

/** What one frame may cost. */
typedef struct qua_allocation {
    size_t budget; /* wire bytes for each served receiver; 0: skip this frame */
    uint64_t bps;  /* long-run rate of the encode */
} qua_allocation;

/** What becomes of a receiver that is much slower than the best. One that is blocked altogether never holds the rest.
 */
typedef enum qua_slow_policy {
    QUA_SLOW_MOVES,    /* to the smaller encode */
    QUA_SLOW_FOLLOWED, /* everybody goes at its pace: they share a bottleneck, so that leaving it gains nothing */
    QUA_SLOW_CUT       /* there is no smaller encode: it gets stills */
} qua_slow_policy;

/**
 * Decide who is served with the next frame and at what cost.
 * @param shares told; their decision is written
 */
void qua_allocate(qua_share *const *shares, size_t count, qua_time now, qua_slow_policy policy, qua_allocation *out);

#endif
