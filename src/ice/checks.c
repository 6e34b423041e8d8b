/* Pairs and connectivity checks: RFC 8445 §6.1.2, §7.2. */
#include <stdio.h>

#include "ice/agent.h"

ptrdiff_t ice_find_remote(const qua_ice *ice, const qua_addr *addr)
{
    for (size_t i = 0; i < ice->remote_count; i++) {
        if (qua_addr_equal(&ice->remotes[i].addr, addr))
            return (ptrdiff_t)i;
    }
    return -1;
}

pair *ice_find_pair(qua_ice *ice, int base, const qua_addr *remote)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (ice->locals[p->local].base == base && qua_addr_equal(&ice->remotes[p->remote].addr, remote))
            return p;
    }
    return NULL;
}

/* RFC 8445 §6.1.2.3: G is the controlling side's priority. */
static uint64_t pair_priority(const qua_ice *ice, size_t local, size_t remote)
{
    const uint64_t ours = ice->locals[local].priority, theirs = ice->remotes[remote].priority;
    const uint64_t g = ice->controlling ? ours : theirs, d = ice->controlling ? theirs : ours;

    return (QUA_MIN(g, d) << 32) + 2 * QUA_MAX(g, d) + (g > d);
}

/* After a change of role or of a remote priority. */
void ice_prioritize(qua_ice *ice)
{
    for (size_t i = 0; i < ice->pair_count; i++)
        ice->pairs[i].priority = pair_priority(ice, ice->pairs[i].local, ice->pairs[i].remote);
}

static bool can_pair(const qua_addr *local, const qua_addr *remote)
{
    return local->family == remote->family && qua_addr_is_loopback(local) == qua_addr_is_loopback(remote) &&
           (local->family == QUA_IPV4 || qua_addr_is_link_local(local) == qua_addr_is_link_local(remote));
}

/* Form the pairs that are still missing. */
void ice_pair_all(qua_ice *ice)
{
    for (size_t r = 0; r < ice->remote_count; r++) {
        for (size_t l = 0; l < ice->local_count && ice->pair_count < PAIRS_MAX; l++) {
            pair *p = &ice->pairs[ice->pair_count];
            const local_base *local = &ice->locals[l];
            if (local->base < 0 || !can_pair(&local->addr, &ice->remotes[r].addr) ||
                (ice->relay_only && !local->relayed) || ice_find_pair(ice, local->base, &ice->remotes[r].addr))
                continue;
            ice_turn_want(ice, local->base, &ice->remotes[r].addr);
            memset(p, 0, sizeof *p);
            p->local = l;
            p->remote = r;
            p->priority = pair_priority(ice, l, r);
            p->rtt = -1;
            p->triggered = ice_concluded(ice); /* a new address in a running call: it may be needed soon */
            ice->pair_count++;
        }
    }
}

void ice_drop_pairs(qua_ice *ice, size_t local)
{
    const pair *selected = ice->path.pair;
    size_t kept = 0;

    ice->path.pair = NULL;
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i].local == local)
            continue;
        if (&ice->pairs[i] == selected)
            ice->path.pair = &ice->pairs[kept];
        ice->pairs[kept++] = ice->pairs[i];
    }
    ice->pair_count = kept;
}

/* RFC 8445 §14.3: many checks under way must not crowd the network with retransmissions. */
static qua_time first_rto(const qua_ice *ice)
{
    qua_time busy = 0;

    for (size_t i = 0; i < ice->pair_count; i++)
        busy += ice->pairs[i].state == PAIR_WAITING || ice->pairs[i].state == PAIR_RUNNING;
    return QUA_MAX(RTO_FIRST, busy * PACE);
}

void ice_write_check(qua_ice *ice, int base, const qua_addr *to, const uint8_t *transaction, uint32_t priority,
                     bool old, bool nominate)
{
    const ice_secret *ours = old ? &ice->old_local : &ice->local, *theirs = old ? &ice->old_remote : &ice->remote;
    qua_writer w = ice_begin_transmit(ice, base, to);
    char username[2 * QUA_ICE_UFRAG_MAX + 2];
    uint8_t value[8];
    const int n = snprintf(username, sizeof username, "%s:%s", theirs->ufrag, ours->ufrag);

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, transaction);
    qua_stun_put(&w, ICE_ATTR_USERNAME, username, (size_t)n);
    qua_put_be32(value, priority);
    qua_stun_put(&w, ICE_ATTR_PRIORITY, value, 4);
    qua_put_be32(value, (uint32_t)(ice->tie_breaker >> 32));
    qua_put_be32(value + 4, (uint32_t)ice->tie_breaker);
    qua_stun_put(&w, ice->controlling ? ICE_ATTR_CONTROLLING : ICE_ATTR_CONTROLLED, value, 8);
    if (ice->controlling && nominate)
        qua_stun_put(&w, ICE_ATTR_USE_CANDIDATE, NULL, 0);
    qua_stun_end(&w, theirs->password, strlen(theirs->password));
    ice_end_transmit(ice, &w);
    ice->stats.checks_sent++;
}

void ice_send_check(qua_ice *ice, qua_time now, pair *p)
{
    const local_base *local = &ice->locals[p->local];

    if (!p->pending) {
        qua_random_fill(ice->random, p->transaction, sizeof p->transaction);
        p->pending = true;
        p->tries = 0;
    }
    if (p->state == PAIR_WAITING || p->state == PAIR_FAILED)
        p->state = PAIR_RUNNING;
    p->triggered = false;
    p->sent_controlling = ice->controlling;
    p->sent_at = now;
    p->retry_at = now + QUA_MIN(first_rto(ice) << QUA_MIN(p->tries, 3), QUA_MAX(RTO_MAX, first_rto(ice)));
    p->tries++;
    ice_write_check(ice, local->base, &ice->remotes[p->remote].addr, p->transaction, local->prflx_priority, false,
                    p->nominate);
}

static bool has_working_pair(const qua_ice *ice, size_t local)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i].local == local && ice->pairs[i].state == PAIR_SUCCEEDED)
            return true;
    }
    return false;
}

/*
 * The next pair to begin with: triggered ones first, then by priority. After the nomination only triggered ones, and
 * others until each other base has a pair that works, to be ready when the selected one fails.
 */
static pair *next_waiting(qua_ice *ice)
{
    const bool concluded = ice_concluded(ice);
    pair *best = NULL;

    if (!ice->has_remote || ice->state == QUA_ICE_STATE_FAILED)
        return NULL;
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if ((!p->triggered && (p->state != PAIR_WAITING || (concluded && has_working_pair(ice, p->local)))) ||
            !ice_turn_ready(ice, ice->locals[p->local].base, &ice->remotes[p->remote].addr))
            continue;
        if (!best || (p->triggered && !best->triggered) ||
            (p->triggered == best->triggered && p->priority > best->priority))
            best = p;
    }
    return best;
}

static void begin_checks(qua_ice *ice, qua_time now)
{
    pair *p = now < ice->paced_until ? NULL : next_waiting(ice);

    if (!p)
        return;
    ice->paced_until = now + PACE;
    ice_send_check(ice, now, p);
}

/* RFC 8445 §7.3.1.4. The far side's packet has just opened the way: at once, as far as pacing allows. */
void ice_trigger(qua_ice *ice, qua_time now, pair *p)
{
    if (p->state == PAIR_FAILED)
        p->state = PAIR_WAITING;
    if (p->state == PAIR_RUNNING) {
        /* the same transaction again, so that an answer under way still counts */
        if (now - p->sent_at < TRIGGER_GAP)
            return;
        p->tries = QUA_MIN(p->tries, 2);
    }
    p->triggered = true;
    begin_checks(ice, now);
}

static void on_success(qua_ice *ice, qua_time now, pair *p, const qua_stun *m)
{
    if (p->tries == 1)
        p->rtt = now - p->sent_at; /* Karn: only when it is clear which request was answered */
    p->pending = p->triggered = false;
    p->state = PAIR_SUCCEEDED;
    p->answered_at = now;
    p->mapped_elsewhere = !qua_addr_equal(&m->mapped, &ice->locals[p->local].addr);
    if (ice->controlling ? p->nominate : p->wanted)
        p->nominated = true;
    if (p == ice->path.pair && ice->path.usable) {
        if (p->tries == 1)
            ice->path.rtt = p->rtt;
        ice_path_answered(ice, now);
    }
    ice_reconsider(ice, now);
}

static void on_error(qua_ice *ice, qua_time now, pair *p, unsigned code)
{
    p->pending = false;
    p->state = PAIR_FAILED;
    if (code != 487)
        return;
    if (ice->controlling == p->sent_controlling) /* another answer may have switched us already */
        ice_switch_role(ice);
    ice_trigger(ice, now, p);
}

bool ice_on_response(qua_ice *ice, qua_time now, const qua_stun *m, const uint8_t *data, size_t size, int base,
                     const qua_addr *from)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (!p->pending || memcmp(p->transaction, m->transaction, sizeof p->transaction) != 0)
            continue;
        if (qua_stun_check(m, data, size, ice->remote.password, strlen(ice->remote.password)) != 0) {
            ice->stats.unauthenticated++;
            return true;
        }
        ice->stats.responses_received++;
        if (ice->locals[p->local].base != base || !qua_addr_equal(&ice->remotes[p->remote].addr, from))
            on_error(ice, now, p, 0); /* not symmetric: RFC 8445 §7.2.5.2.1 */
        else if (m->type == (QUA_STUN_BINDING | QUA_STUN_SUCCESS))
            on_success(ice, now, p, m);
        else
            on_error(ice, now, p, m->error_code);
        return true;
    }
    return false;
}

static void retransmit(qua_ice *ice, qua_time now)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (!p->pending || now < p->retry_at)
            continue;
        if (p->tries < CHECK_TRIES) {
            ice_send_check(ice, now, p);
            continue;
        }
        p->pending = false;
        if (p != ice->path.pair)
            p->state = PAIR_FAILED; /* the selected one is left to consent */
    }
}

static qua_time backup_due(const qua_ice *ice, const pair *p)
{
    return ice_concluded(ice) && p != ice->path.pair && p->state == PAIR_SUCCEEDED && !p->pending
               ? p->answered_at + BACKUP_EVERY
               : QUA_TIME_NEVER;
}

static void ask_backups(qua_ice *ice, qua_time now)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (now < backup_due(ice, p) || now < ice->paced_until)
            continue;
        ice->paced_until = now + PACE;
        ice_send_check(ice, now, p);
    }
}

static bool is_searching(const qua_ice *ice)
{
    return ice->state == QUA_ICE_STATE_CHECKING || (ice->state == QUA_ICE_STATE_DISCONNECTED && !ice->path.usable);
}

void ice_checks_timeout(qua_ice *ice, qua_time now)
{
    retransmit(ice, now);
    begin_checks(ice, now);
    ask_backups(ice, now);
    /* even with nothing left to try: RFC 8863 */
    if (is_searching(ice) && now - ice->checking_since >= PATIENCE)
        ice_set_state(ice, now, QUA_ICE_STATE_FAILED);
}

qua_time ice_checks_deadline(const qua_ice *ice)
{
    qua_time deadline = QUA_TIME_NEVER;

    for (size_t i = 0; i < ice->pair_count; i++) {
        const qua_time due = backup_due(ice, &ice->pairs[i]);
        if (ice->pairs[i].pending)
            deadline = QUA_MIN(deadline, ice->pairs[i].retry_at);
        if (due != QUA_TIME_NEVER)
            deadline = QUA_MIN(deadline, QUA_MAX(due, ice->paced_until));
    }
    if (next_waiting((qua_ice *)ice))
        deadline = QUA_MIN(deadline, ice->paced_until);
    if (is_searching(ice))
        deadline = QUA_MIN(deadline, ice->checking_since + PATIENCE);
    return deadline;
}
