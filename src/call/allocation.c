#include "call/allocation.h"

/* A path that carries less than one part in FAR of the best one is not slow, it is broken; in NEAR it is whole again.
 */
#define FAR  4
#define NEAR 3
/* How long everybody waits for one busy path, and how long a bad one is tolerated in all. */
#define WAIT_FOR_ONE QUA_MS(50)
#define PATIENCE     QUA_MS(250)
/* How long a path has to be good before its receiver is served as before. */
#define RECOVERY QUA_MS(150)
/* A receiver that is cut off sees a still picture this often: each one is a keyframe for everybody. */
#define STILL_INTERVAL QUA_SECONDS(4)
/* Room to grow that even the poorest path is given: without it the sound's share would swallow the growth. */
#define HEADROOM_BPS 200000

static qua_time since(bool is, qua_time began, qua_time now)
{
    return !is ? QUA_SHARE_NOT : began == QUA_SHARE_NOT ? now : began;
}

static bool for_long(qua_time began, qua_time now, qua_time length)
{
    return began != QUA_SHARE_NOT && now - began >= length;
}

/* Note how each path does beside the best, and cut off or take back. */
static void judge(qua_share *share, qua_time now, uint64_t best_bps, bool others_flow)
{
    const bool low = share->bps < best_bps / (share->cut ? NEAR : FAR);
    const bool busy = share->budget == 0 && others_flow;

    share->low_since = since(low, share->low_since, now);
    share->busy_since = since(busy, share->busy_since, now);
    share->good_since = since(!low && !busy, share->good_since, now);
    if (!share->cut && (for_long(share->low_since, now, PATIENCE) || for_long(share->busy_since, now, PATIENCE))) {
        share->cut = true;
        share->still_at = now;
    } else if (share->cut && for_long(share->good_since, now, RECOVERY)) {
        share->cut = false;
    }
}

/* The least of what those who are not cut off can take; a path that has been busy for a while is not waited for. */
static void follow_slowest(qua_share *const *shares, size_t count, qua_time now, qua_allocation *out)
{
    size_t budget = SIZE_MAX;
    bool wait = false;

    out->bps = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const qua_share *share = shares[i];

        if (share->cut)
            continue;
        out->bps = QUA_MIN(out->bps, share->bps);
        if (share->budget > 0)
            budget = QUA_MIN(budget, share->budget);
        else
            wait |= !for_long(share->busy_since, now, WAIT_FOR_ONE);
    }
    out->budget = wait || budget == SIZE_MAX ? 0 : budget;
}

void qua_allocate(qua_share *const *shares, size_t count, qua_time now, qua_allocation *out)
{
    uint64_t best_bps = 0;
    size_t flowing = 0, whole = 0;

    for (size_t i = 0; i < count; i++) {
        best_bps = QUA_MAX(best_bps, shares[i]->bps);
        flowing += shares[i]->budget > 0;
    }
    for (size_t i = 0; i < count; i++) {
        judge(shares[i], now, best_bps, flowing > 0);
        whole += !shares[i]->cut;
    }
    for (size_t i = 0; i < count && whole == 0; i++) /* nobody is left: begin again with those who can take anything */
        shares[i]->cut = shares[i]->budget == 0;
    follow_slowest(shares, count, now, out);
    for (size_t i = 0; i < count; i++) {
        qua_share *share = shares[i];
        const bool still = share->cut && share->budget > 0 && now - share->still_at >= STILL_INTERVAL;

        share->served = out->budget > 0 && (!share->cut || still);
        if (share->served)
            share->still_at = now;
    }
}

uint64_t qua_share_demand(const qua_share *share, const qua_allocation *allocation, uint64_t limit_bps)
{
    if (share->cut || allocation->bps >= limit_bps)
        return limit_bps;
    return QUA_MIN(limit_bps, 2 * allocation->bps + HEADROOM_BPS);
}
