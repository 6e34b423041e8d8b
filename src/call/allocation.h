/* How one encode is shared by several paths; private to this folder. */
#ifndef CALL_ALLOCATION_H
#define CALL_ALLOCATION_H

#include "base/base.h"

/*
 * One receiver's part in an encode. All zero: a receiver just begun.
 *
 * The encode follows the slowest receiver, because everybody gets the same bytes and because three legs that grew
 * each on its own would only push one another out of the uplink they share (RFC 8699 §1: coupled flows act as one).
 * A receiver far below the others has a broken path: after some patience it is cut off, so that it starves nobody,
 * and sees a still picture now and then until its path keeps up again.
 */
typedef struct qua_share {
    /* told before each frame */
    size_t budget; /* wire bytes that its path takes for this frame, 0: busy */
    uint64_t bps;  /* what its path carries in the long run */
    /* kept from frame to frame */
    bool cut;
    qua_time busy_since, low_since, good_since; /* QUA_SHARE_NOT: it is not */
    qua_time still_at;                          /* cut: when it was served last */
    /* the decision */
    bool served;
} qua_share;

#define QUA_SHARE_NOT ((qua_time)0)

/** What one frame may cost. */
typedef struct qua_allocation {
    size_t budget; /* wire bytes for each served receiver; 0: skip this frame */
    uint64_t bps;  /* long-run rate of the encode */
} qua_allocation;

/** Decide who is served with the next frame and at what cost. @param shares told; their decision is written */
void qua_allocate(qua_share *const *shares, size_t count, qua_time now, qua_allocation *out);
/** What this receiver's path should be ready for: room to grow together, not alone. @return bits per second */
uint64_t qua_share_demand(const qua_share *share, const qua_allocation *allocation, uint64_t limit_bps);

#endif
