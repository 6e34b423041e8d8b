/* Local candidates: host ones at once, server-reflexive ones by asking. */
#include <stdio.h>

#include "ice/agent.h"

/* RFC 8445 §5.1.2.1: type preference, local preference, component 1. */
static uint32_t priority_of(qua_ice_kind kind, const qua_addr *addr, size_t index)
{
    static const uint32_t type_preference[] = {126, 100, 110, 0};
    /* IPv6 and IPv4 interleaved with IPv6 first (RFC 8421); loopback last */
    uint32_t local = 65535 - (uint32_t)index * 2 - (addr->family == QUA_IPV4 ? 1 : 0);

    if (qua_addr_is_loopback(addr))
        local -= 32768;
    return type_preference[kind] << 24 | local << 8 | 255;
}

static void add_candidate(qua_ice *ice, qua_ice_kind kind, size_t local, const qua_addr *addr, const qua_addr *related)
{
    qua_ice_candidate c;
    local_candidate *told;

    if (ice->candidate_count == QUA_ARRAY_SIZE(ice->candidates) || (ice->relay_only && kind != QUA_ICE_RELAY))
        return;
    memset(&c, 0, sizeof c);
    c.kind = kind;
    c.addr = *addr;
    c.priority = priority_of(kind, &ice->locals[local].addr, local);
    snprintf(c.foundation, sizeof c.foundation, "%d%u", (int)kind, (unsigned)local);
    told = &ice->candidates[ice->candidate_count++];
    told->local = local;
    told->addr = *addr;
    qua_ice_candidate_write(told->text, sizeof told->text, &c, related);
    ice_emit(ice, QUA_ICE_EVENT_CANDIDATE, told->text);
}

static void send_query(qua_ice *ice, qua_time now, stun_query *q)
{
    qua_writer w = ice_begin_transmit(ice, ice->locals[q->local].base, &ice->servers[q->server]);

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, q->transaction);
    qua_stun_end(&w, NULL, 0);
    ice_end_transmit(ice, &w);
    q->retry_at = now + QUA_MIN(RTO_FIRST << q->tries, RTO_MAX);
    q->tries++;
}

/* Asked when pacing allows: tries 0 means not yet. */
static void plan_query(qua_ice *ice, size_t local, size_t server)
{
    const qua_addr *ours = &ice->locals[local].addr, *theirs = &ice->servers[server];
    stun_query *q = &ice->queries[ice->query_count];

    if (ice->locals[local].relayed || ice->locals[local].base < 0 || ice->relay_only ||
        ours->family != theirs->family || qua_addr_is_loopback(ours) != qua_addr_is_loopback(theirs))
        return;
    assert(ice->query_count < QUA_ARRAY_SIZE(ice->queries));
    memset(q, 0, sizeof *q);
    q->server = server;
    q->local = local;
    qua_random_fill(ice->random, q->transaction, sizeof q->transaction);
    ice->query_count++;
}

/* A slot for a base: that of one that is gone, else a fresh one. */
static size_t free_local(const qua_ice *ice)
{
    for (size_t i = 0; i < ice->local_count; i++) {
        if (ice->locals[i].base < 0)
            return i;
    }
    return ice->local_count;
}

static size_t put_local(qua_ice *ice, const local_base *local)
{
    const size_t i = free_local(ice);

    assert(i < QUA_ARRAY_SIZE(ice->locals));
    ice->locals[i] = *local;
    ice->local_count = QUA_MAX(ice->local_count, i + 1);
    return i;
}

int qua_ice_add_local(qua_ice *ice, qua_time now, int base, const qua_addr *addr)
{
    const size_t i = free_local(ice);
    const local_base l = {.base = base,
                          .addr = *addr,
                          .priority = priority_of(QUA_ICE_HOST, addr, i),
                          .prflx_priority = priority_of(QUA_ICE_PRFLX, addr, i)};

    assert(base >= 0 && base < TURN_BASE);
    if (ice->host_count == QUA_ICE_LOCAL_MAX)
        return QUA_EFULL;
    ice->host_count++;
    put_local(ice, &l);
    add_candidate(ice, QUA_ICE_HOST, i, addr, addr);
    for (size_t server = 0; server < ice->server_count; server++)
        plan_query(ice, i, server);
    for (size_t server = 0; server < ice->turn_server_count; server++)
        ice_turn_plan(ice, i, server);
    ice_pair_all(ice);
    ice_gather_timeout(ice, now); /* ask now if the pace allows */
    ice_turn_timeout(ice, now);
    return 0;
}

void ice_drop_local(qua_ice *ice, size_t local)
{
    size_t kept = 0;

    for (size_t i = 0; i < ice->query_count; i++) {
        if (ice->queries[i].local != local)
            ice->queries[kept++] = ice->queries[i];
    }
    ice->query_count = kept;
    kept = 0;
    for (size_t i = 0; i < ice->candidate_count; i++) {
        if (ice->candidates[i].local != local)
            ice->candidates[kept++] = ice->candidates[i];
    }
    ice->candidate_count = kept;
    ice_drop_pairs(ice, local);
    ice->locals[local].base = -1;
}

size_t qua_ice_remove_local(qua_ice *ice, qua_time now, int base)
{
    const size_t before = ice->candidate_count;

    for (size_t i = 0; i < ice->local_count; i++) {
        if (ice->locals[i].base != base || ice->locals[i].relayed)
            continue;
        ice_turn_drop(ice, i);
        ice_drop_local(ice, i);
        ice->host_count--;
        ice_path_cut(ice, now);
        ice_gather_finish(ice);
        break;
    }
    return before - ice->candidate_count;
}

int qua_ice_add_stun_server(qua_ice *ice, const qua_addr *addr)
{
    if (ice->server_count == QUA_ICE_STUN_MAX)
        return QUA_EFULL;
    ice->servers[ice->server_count++] = *addr;
    for (size_t local = 0; local < ice->local_count; local++)
        plan_query(ice, local, ice->server_count - 1);
    return 0;
}

void ice_gather_finish(qua_ice *ice)
{
    if (!ice->local_complete || ice->gathered || !ice_turn_settled(ice))
        return;
    for (size_t i = 0; i < ice->query_count; i++) {
        if (!ice->queries[i].done)
            return;
    }
    ice->gathered = true;
    ice_emit(ice, QUA_ICE_EVENT_GATHERED, "");
}

void qua_ice_local_done(qua_ice *ice, qua_time now)
{
    (void)now;
    ice->local_complete = true;
    ice_gather_finish(ice);
}

/* What a server says is foreign: only an address that the far side could use is told to it. */
static bool is_plausible(const qua_addr *mapped, const qua_addr *base)
{
    return mapped->family == base->family && mapped->port != 0 && !qua_addr_is_multicast(mapped) &&
           qua_addr_is_loopback(mapped) == qua_addr_is_loopback(base);
}

static void add_reflexive(qua_ice *ice, size_t local, const qua_addr *mapped)
{
    const qua_addr *base = &ice->locals[local].addr;

    if (!is_plausible(mapped, base) || qua_addr_equal(mapped, base))
        return; /* no NAT: redundant (RFC 8445 §5.1.3) */
    for (size_t i = 0; i < ice->candidate_count; i++) {
        if (qua_addr_equal(mapped, &ice->candidates[i].addr))
            return;
    }
    add_candidate(ice, QUA_ICE_SRFLX, local, mapped, base);
}

void ice_gather_relayed(qua_ice *ice, turn_allocation *a, int base, const qua_addr *relayed, const qua_addr *mapped)
{
    static const qua_addr nobody = {.family = QUA_IPV4};
    const uint32_t priority = priority_of(QUA_ICE_RELAY, relayed, free_local(ice));
    const local_base l = {
        .base = base, .addr = *relayed, .relayed = true, .priority = priority, .prflx_priority = priority};

    a->local = put_local(ice, &l);
    /* who wants relays alone does not want their address told, RFC 8828 §6.2 */
    add_candidate(ice, QUA_ICE_RELAY, a->local, relayed,
                  ice->relay_only || mapped->family == QUA_FAMILY_NONE ? &nobody : mapped);
    add_reflexive(ice, a->host, mapped);
    ice_pair_all(ice);
    ice_gather_finish(ice);
}

bool ice_gather_input(qua_ice *ice, const qua_stun *m, int base, const qua_addr *from)
{
    for (size_t i = 0; i < ice->query_count; i++) {
        stun_query *q = &ice->queries[i];
        if (memcmp(q->transaction, m->transaction, sizeof q->transaction) != 0 || base != ice->locals[q->local].base ||
            !qua_addr_equal(from, &ice->servers[q->server]))
            continue;
        if (!q->done && m->type == (QUA_STUN_BINDING | QUA_STUN_SUCCESS))
            add_reflexive(ice, q->local, &m->mapped);
        q->done = true;
        ice_gather_finish(ice);
        return true;
    }
    return false;
}

static void serve_query(qua_ice *ice, qua_time now, stun_query *q)
{
    if (q->tries == 0 && now >= ice->paced_until) {
        ice->paced_until = now + PACE;
        send_query(ice, now, q);
    } else if (q->tries > 0 && now >= q->retry_at) {
        if (q->tries < QUERY_TRIES)
            send_query(ice, now, q);
        else
            q->done = true;
    }
}

/* RFC 8445 §5.1.1.4: while the far side may still answer, what we told it must stay true. */
static bool keeps_candidates(const qua_ice *ice)
{
    return ice->gathered && ice->query_count &&
           (ice->state == QUA_ICE_STATE_NEW || ice->state == QUA_ICE_STATE_CHECKING);
}

static void keep_candidates(qua_ice *ice, qua_time now)
{
    if (!keeps_candidates(ice) || now < ice->keepalive_at)
        return;
    ice->keepalive_at = now + KEEPALIVE_EVERY;
    for (size_t i = 0; i < ice->query_count; i++) {
        const stun_query *q = &ice->queries[i];
        ice_send_keepalive(ice, ice->locals[q->local].base, &ice->servers[q->server]);
    }
}

void ice_send_keepalive(qua_ice *ice, int base, const qua_addr *to)
{
    qua_writer w = ice_begin_transmit(ice, base, to);
    uint8_t transaction[TRANSACTION_SIZE];

    qua_random_fill(ice->random, transaction, sizeof transaction);
    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_INDICATION, transaction);
    qua_stun_end(&w, NULL, 0);
    ice_end_transmit(ice, &w);
}

void ice_gather_timeout(qua_ice *ice, qua_time now)
{
    for (size_t i = 0; i < ice->query_count; i++) {
        if (!ice->queries[i].done)
            serve_query(ice, now, &ice->queries[i]);
    }
    ice_gather_finish(ice);
    keep_candidates(ice, now);
}

qua_time ice_gather_deadline(const qua_ice *ice)
{
    qua_time deadline = QUA_TIME_NEVER;

    for (size_t i = 0; i < ice->query_count; i++) {
        const stun_query *q = &ice->queries[i];
        if (!q->done)
            deadline = QUA_MIN(deadline, q->tries ? q->retry_at : ice->paced_until);
    }
    return keeps_candidates(ice) ? QUA_MIN(deadline, ice->keepalive_at) : deadline;
}
