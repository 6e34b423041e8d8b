#include "call/allocation.h"

/* With a smaller encode at hand a path that carries less than half of the best one goes there, after a while. */
#define SLOW          2
#define SLOW_PATIENCE QUA_SECONDS(2)
/* Estimates of paths that have just begun say little, the less so when they begin together behind one uplink. */
#define SETTLING QUA_SECONDS(5)
/* Without: less than one part in FAR is not slow, it is broken; in NEAR it is whole again. */
#define FAR  4
#define NEAR 3
/* How long everybody waits for one busy path, and how long a busy or broken one is tolerated in all. */
#define WAIT_FOR_ONE QUA_MS(50)
#define PATIENCE     QUA_MS(250)
/* How long a path has to be good before its receiver is served as before. */
#define RECOVERY QUA_MS(150)
/* A receiver that is cut off sees a still picture this often: each one is a keyframe for everybody. */
#define STILL_INTERVAL QUA_SECONDS(4)

static qua_time since(bool is, qua_time began, qua_time now)
{
    return !is ? QUA_SHARE_NOT : began == QUA_SHARE_NOT ? now : began;
}

static bool for_long(qua_time began, qua_time now, qua_time length)
{
    return began != QUA_SHARE_NOT && now - began >= length;
}

static void cut_or_take_back(qua_share *share, qua_time now, bool too_long)
{
    if (!share->cut && too_long) {
        share->cut = true;
        share->still_at = now;
    } else if (share->cut && for_long(share->good_since, now, RECOVERY)) {
        share->cut = false;
    }
}

static bool is_slow(const qua_share *share, uint64_t best_bps, qua_slow_policy policy)
{
    switch (policy) {
    case QUA_SLOW_MOVES:
        return share->bps < best_bps / SLOW;
    case QUA_SLOW_FOLLOWED:
        return false;
    default:
        return share->bps < best_bps / (share->cut ? NEAR : FAR);
    }
}

/* Note how a path does beside the best. */
static void judge(qua_share *share, qua_time now, uint64_t best_bps, bool others_flow, qua_slow_policy policy)
{
    const bool settled = share->begun && now - share->begun >= SETTLING;
    const bool slow = is_slow(share, best_bps, policy);
    const bool busy = share->budget == 0 && others_flow && now >= share->excused_until;
    bool too_long;

    share->begun = share->begun ? share->begun : now;
    share->slow_since = since(slow, share->slow_since, now);
    share->busy_since = since(busy, share->busy_since, now);
    share->good_since = since(!slow && !busy, share->good_since, now);
    too_long = for_long(share->slow_since, now, policy == QUA_SLOW_MOVES ? SLOW_PATIENCE : PATIENCE) ||
               for_long(share->busy_since, now, PATIENCE);
    share->too_slow = policy == QUA_SLOW_MOVES && settled && too_long;
    if (policy != QUA_SLOW_MOVES)
        cut_or_take_back(share, now, too_long);
}

static bool follows(const qua_share *share)
{
    return !share->cut && !share->too_slow;
}

/* The least of what those who follow can take. A path that has been busy for a while is not waited for. */
static void follow_slowest(qua_share *const *shares, size_t count, qua_time now, qua_allocation *out)
{
    size_t budget = SIZE_MAX;
    bool wait = false, any = false;

    out->bps = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const qua_share *share = shares[i];

        if (!follows(share))
            continue;
        out->bps = QUA_MIN(out->bps, share->bps);
        any |= share->budget > 0;
        budget = QUA_MIN(budget, share->budget > 0 ? share->budget : QUA_MAX(share->fair, 1));
        wait |= share->busy_since != QUA_SHARE_NOT && !for_long(share->busy_since, now, WAIT_FOR_ONE);
    }
    out->budget = wait || !any ? 0 : budget;
}

void qua_allocate(qua_share *const *shares, size_t count, qua_time now, qua_slow_policy policy, qua_allocation *out)
{
    uint64_t best_bps = 0;
    size_t flowing = 0, following = 0;

    for (size_t i = 0; i < count; i++) {
        best_bps = QUA_MAX(best_bps, shares[i]->bps);
        flowing += shares[i]->budget > 0;
    }
    for (size_t i = 0; i < count; i++) {
        judge(shares[i], now, best_bps, flowing > 0, policy);
        following += follows(shares[i]);
    }
    for (size_t i = 0; i < count && following == 0; i++) { /* nobody is left: begin again with who can take anything */
        shares[i]->cut = shares[i]->budget == 0;
        shares[i]->too_slow = false;
    }
    follow_slowest(shares, count, now, out);
    for (size_t i = 0; i < count; i++) {
        qua_share *share = shares[i];
        const bool still = share->cut && share->budget > 0 && now - share->still_at >= STILL_INTERVAL;

        share->served = out->budget > 0 && (follows(share) || still);
        if (share->served)
            share->still_at = now;
    }
}
