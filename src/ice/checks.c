/* Pairs, connectivity checks, nomination and consent: RFC 8445 §6, §7, §8; RFC 7675. */
#include <stdio.h>

#include "ice/agent.h"

enum {
    ATTR_USERNAME = 0x0006,
    ATTR_PRIORITY = 0x0024,
    ATTR_USE_CANDIDATE = 0x0025,
    ATTR_CONTROLLED = 0x8029,
    ATTR_CONTROLLING = 0x802a
};

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
    const uint64_t ours = ice->locals[local].host_priority, theirs = ice->remotes[remote].priority;
    const uint64_t g = ice->controlling ? ours : theirs, d = ice->controlling ? theirs : ours;

    return (QUA_MIN(g, d) << 32) + 2 * QUA_MAX(g, d) + (g > d);
}

static bool can_pair(const qua_addr *local, const qua_addr *remote)
{
    return local->family == remote->family && qua_addr_is_loopback(local) == qua_addr_is_loopback(remote) &&
           (local->family == QUA_IPV4 || qua_addr_is_link_local(local) == qua_addr_is_link_local(remote));
}

/* Form the pairs that are still missing. */
void ice_pair_all(qua_ice *ice, qua_time now)
{
    for (size_t r = 0; r < ice->remote_count; r++) {
        for (size_t l = 0; l < ice->local_count && ice->pair_count < PAIRS_MAX; l++) {
            pair *p = &ice->pairs[ice->pair_count];
            if (!can_pair(&ice->locals[l].addr, &ice->remotes[r].addr) ||
                ice_find_pair(ice, ice->locals[l].base, &ice->remotes[r].addr))
                continue;
            memset(p, 0, sizeof *p);
            p->local = l;
            p->remote = r;
            p->priority = pair_priority(ice, l, r);
            p->rtt = -1;
            ice->pair_count++;
        }
    }
    if (ice->has_remote && ice->pair_count &&
        (ice->state == QUA_ICE_STATE_NEW || ice->state == QUA_ICE_STATE_FAILED))
        ice_set_state(ice, now, QUA_ICE_STATE_CHECKING);
    if (ice->next_check_at == QUA_TIME_NEVER)
        ice->next_check_at = now;
}

void ice_send_check(qua_ice *ice, qua_time now, pair *p)
{
    qua_writer w = ice_begin_transmit(ice, ice->locals[p->local].base, &ice->remotes[p->remote].addr);
    char username[QUA_ICE_UFRAG_MAX + 16];
    uint8_t value[8];
    const int n = snprintf(username, sizeof username, "%s:%s", ice->remote_ufrag, ice->ufrag);

    if (!p->pending) {
        qua_random_fill(ice->random, p->transaction, sizeof p->transaction);
        p->pending = true;
        p->tries = 0;
        p->sent_at = now;
    }
    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, p->transaction);
    qua_stun_put(&w, ATTR_USERNAME, username, (size_t)n);
    qua_put_be32(value, ice->locals[p->local].prflx_priority);
    qua_stun_put(&w, ATTR_PRIORITY, value, 4);
    qua_put_be32(value, (uint32_t)(ice->tie_breaker >> 32));
    qua_put_be32(value + 4, (uint32_t)ice->tie_breaker);
    qua_stun_put(&w, ice->controlling ? ATTR_CONTROLLING : ATTR_CONTROLLED, value, 8);
    if (ice->controlling && p->nominating)
        qua_stun_put(&w, ATTR_USE_CANDIDATE, NULL, 0);
    qua_stun_end(&w, ice->remote_password);
    ice_end_transmit(ice, &w);
    ice->stats.checks_sent++;
    p->retry_at = now + QUA_MIN(RTO_FIRST << QUA_MIN(p->tries, 4), RTO_MAX);
    p->tries++;
    if (p->state == PAIR_WAITING || p->state == PAIR_FAILED)
        p->state = PAIR_RUNNING;
}

void ice_trigger(qua_ice *ice, qua_time now, pair *p)
{
    if (p->state == PAIR_FAILED)
        p->state = PAIR_WAITING;
    p->triggered = true;
    if (!ice->has_remote)
        return; /* once its password is known */
    if (p->state == PAIR_WAITING)
        ice_send_check(ice, now, p); /* at once: the far side's packet has just opened the way */
    p->triggered = false;
}

static void use(qua_ice *ice, qua_time now, pair *p)
{
    if (ice->selected == p)
        return;
    ice->selected = p;
    ice->has_selected = true;
    ice->selected_base = ice->locals[p->local].base;
    ice->selected_remote = ice->remotes[p->remote].addr;
    ice->answered_at = ice->heard_at = now;
    ice->consent_at = now + QUA_MS(4000) + (qua_time)(qua_random_u32(ice->random) % 2000) * 1000;
    ice_emit(ice, QUA_ICE_EVENT_SELECTED, "");
}

/* Media goes over the nominated pair; before there is one, over the best that answered. */
void ice_select_best(qua_ice *ice, qua_time now)
{
    pair *best = NULL;

    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p->state != PAIR_SUCCEEDED)
            continue;
        if (!best || (p->nominated && !best->nominated) ||
            (p->nominated == best->nominated && p->priority > best->priority))
            best = p;
    }
    if (!best)
        return;
    /* not from one working pair to another without a nomination: it would reorder media for nothing */
    if (best->nominated || !ice->selected || ice->selected->state != PAIR_SUCCEEDED)
        use(ice, now, best);
    if (best->nominated)
        ice_set_state(ice, now, QUA_ICE_STATE_COMPLETED);
    else if (ice->state != QUA_ICE_STATE_COMPLETED)
        ice_set_state(ice, now, QUA_ICE_STATE_CONNECTED);
    if (ice->controlling && !best->nominated && ice->nominate_at == QUA_TIME_NEVER)
        ice->nominate_at = now + NOMINATE_AFTER;
}

static void on_success(qua_ice *ice, qua_time now, pair *p)
{
    if (p->tries == 1)
        p->rtt = now - p->sent_at; /* Karn: only when it is clear which request was answered */
    p->pending = false;
    p->state = PAIR_SUCCEEDED;
    p->retry_at = QUA_TIME_NEVER;
    if (p->nominating || (p->wanted && !ice->controlling))
        p->nominated = true;
    if (p == ice->selected) {
        ice->answered_at = ice->heard_at = now;
        if (ice->state == QUA_ICE_STATE_DISCONNECTED || ice->state == QUA_ICE_STATE_FAILED)
            ice_set_state(ice, now, p->nominated ? QUA_ICE_STATE_COMPLETED : QUA_ICE_STATE_CONNECTED);
    }
    ice_select_best(ice, now);
}

void ice_on_response(qua_ice *ice, qua_time now, const qua_stun *m, const uint8_t *data, size_t size, int base,
                     const qua_addr *from)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (!p->pending || memcmp(p->transaction, m->transaction, sizeof p->transaction) != 0)
            continue;
        if (qua_stun_check(m, data, size, ice->remote_password) != 0) {
            ice->stats.unauthenticated++;
            return;
        }
        ice->stats.responses_received++;
        if (ice->locals[p->local].base != base || !qua_addr_equal(&ice->remotes[p->remote].addr, from)) {
            p->state = PAIR_FAILED; /* not symmetric: RFC 8445 §7.2.5.2.1 */
            p->pending = false;
        } else if (m->type == (QUA_STUN_BINDING | QUA_STUN_SUCCESS)) {
            on_success(ice, now, p);
        } else if (m->error_code == 487) { /* role conflict: switch and try again */
            p->pending = false;
            ice->controlling = !ice->controlling;
            p->state = PAIR_WAITING;
            ice_trigger(ice, now, p);
        } else {
            p->state = PAIR_FAILED;
            p->pending = false;
        }
        return;
    }
}

/* The next pair to begin with: triggered ones first, then by priority. */
static pair *next_waiting(qua_ice *ice)
{
    pair *best = NULL;

    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p->state != PAIR_WAITING)
            continue;
        if (!best || (p->triggered && !best->triggered) ||
            (p->triggered == best->triggered && p->priority > best->priority))
            best = p;
    }
    return best;
}

static bool connected(const qua_ice *ice)
{
    return ice->state == QUA_ICE_STATE_CONNECTED || ice->state == QUA_ICE_STATE_COMPLETED ||
           ice->state == QUA_ICE_STATE_DISCONNECTED;
}

static void retransmit(qua_ice *ice, qua_time now)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (!p->pending || now < p->retry_at)
            continue;
        if (p->tries >= CHECK_TRIES && p != ice->selected) {
            p->pending = false;
            p->state = PAIR_FAILED;
        } else {
            ice_send_check(ice, now, p);
        }
    }
}

static void nominate(qua_ice *ice, qua_time now)
{
    if (now < ice->nominate_at)
        return;
    ice->nominate_at = QUA_TIME_NEVER;
    if (!ice->controlling || !ice->selected || ice->selected->nominated)
        return;
    for (size_t i = 0; i < ice->pair_count; i++) { /* the best that answered by now */
        pair *p = &ice->pairs[i];
        if (p->state == PAIR_SUCCEEDED && p->priority > ice->selected->priority)
            use(ice, now, p);
    }
    ice->selected->nominating = true;
    ice->selected->pending = false;
    ice_send_check(ice, now, ice->selected);
}

/* RFC 7675 §5.1. */
static void consent(qua_ice *ice, qua_time now)
{
    if (!ice->selected || !connected(ice))
        return;
    if (now - ice->answered_at >= CONSENT_EXPIRES) {
        ice->has_selected = false;
        ice->selected->pending = false;
        ice_set_state(ice, now, QUA_ICE_STATE_FAILED);
        return;
    }
    if (now - ice->answered_at >= SILENT_AFTER)
        ice_set_state(ice, now, QUA_ICE_STATE_DISCONNECTED);
    if (now >= ice->consent_at) {
        ice->consent_at = now + QUA_MS(4000) + (qua_time)(qua_random_u32(ice->random) % 2000) * 1000;
        ice->selected->pending = false; /* each check of consent is a transaction of its own */
        ice_send_check(ice, now, ice->selected);
    }
}

static void give_up_if_hopeless(qua_ice *ice, qua_time now)
{
    if (ice->state != QUA_ICE_STATE_CHECKING)
        return;
    if (now - ice->checking_since >= CONNECT_TIMEOUT) {
        ice_set_state(ice, now, QUA_ICE_STATE_FAILED);
        return;
    }
    if (!ice->remote_complete || !ice->gathered)
        return;
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i].state != PAIR_FAILED)
            return;
    }
    ice_set_state(ice, now, QUA_ICE_STATE_FAILED);
}

void ice_checks_timeout(qua_ice *ice, qua_time now)
{
    if (!ice->has_remote)
        return;
    retransmit(ice, now);
    if (now >= ice->next_check_at) {
        pair *p = ice->state == QUA_ICE_STATE_COMPLETED ? NULL : next_waiting(ice);
        ice->next_check_at = p ? now + PACE : QUA_TIME_NEVER;
        if (p) {
            p->triggered = false;
            ice_send_check(ice, now, p);
        }
    }
    nominate(ice, now);
    consent(ice, now);
    give_up_if_hopeless(ice, now);
}

qua_time ice_checks_deadline(const qua_ice *ice)
{
    qua_time deadline = QUA_MIN(ice->next_check_at, ice->nominate_at);

    if (!ice->has_remote)
        return QUA_TIME_NEVER;
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i].pending)
            deadline = QUA_MIN(deadline, ice->pairs[i].retry_at);
    }
    if (ice->selected && connected(ice)) {
        deadline = QUA_MIN(deadline, ice->consent_at);
        deadline = QUA_MIN(deadline, ice->answered_at + CONSENT_EXPIRES);
        if (ice->state != QUA_ICE_STATE_DISCONNECTED)
            deadline = QUA_MIN(deadline, ice->answered_at + SILENT_AFTER);
    }
    if (ice->state == QUA_ICE_STATE_CHECKING)
        deadline = QUA_MIN(deadline, ice->checking_since + CONNECT_TIMEOUT);
    return deadline;
}
