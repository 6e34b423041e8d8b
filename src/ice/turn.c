/* TURN client: allocations, permissions, channels (RFC 8656), with long-term credentials (RFC 8489 §9.2). */
#include <stdio.h>

#include "ice/agent.h"

enum {
    ALLOCATE = 0x003,
    REFRESH = 0x004,
    CHANNEL_BIND = 0x009,

    ATTR_CHANNEL_NUMBER = 0x000c,
    ATTR_LIFETIME = 0x000d,
    ATTR_PEER = 0x0012,
    ATTR_REALM = 0x0014,
    ATTR_NONCE = 0x0015,
    ATTR_REQUESTED_FAMILY = 0x0017,
    ATTR_REQUESTED_TRANSPORT = 0x0019,

    FIRST_CHANNEL = 0x4000, /* §12: 0x4000 to 0x4fff */
    LAST_CHANNEL = 0x4fff
};

turn_allocation *ice_turn_allocation(qua_ice *ice, int base)
{
    const size_t i = (size_t)(base - TURN_BASE);

    return base >= TURN_BASE && i < ice->allocation_count ? &ice->allocations[i] : NULL;
}

turn_channel *ice_turn_channel(turn_allocation *a, const qua_addr *peer)
{
    for (size_t i = 0; i < a->channel_count; i++) {
        if (qua_addr_equal(&a->channels[i].peer, peer))
            return &a->channels[i];
    }
    return NULL;
}

/* ---- requests -------------------------------------------------------------------------------------------- */

static void put_u32(qua_writer *w, uint16_t attribute, uint32_t value)
{
    uint8_t bytes[4];

    qua_put_be32(bytes, value);
    qua_stun_put(w, attribute, bytes, sizeof bytes);
}

static void put_credentials(qua_writer *w, const turn_allocation *a, const turn_server *server)
{
    if (!a->has_key)
        return; /* the first try: the server says its realm */
    qua_stun_put(w, ICE_ATTR_USERNAME, server->username, strlen(server->username));
    qua_stun_put(w, ATTR_REALM, a->realm, a->realm_size);
    qua_stun_put(w, ATTR_NONCE, a->nonce, a->nonce_size);
}

static qua_writer begin_request(qua_ice *ice, qua_time now, turn_allocation *a, turn_request *r, uint16_t method)
{
    qua_writer w = ice_begin_transmit(ice, ice->locals[a->host].base, &ice->turn_servers[a->server].addr);

    if (!r->pending) {
        qua_random_fill(ice->random, r->transaction, sizeof r->transaction);
        r->pending = true;
        r->tries = 0;
    }
    r->retry_at = now + QUA_MIN(RTO_FIRST << r->tries, RTO_MAX);
    r->tries++;
    qua_stun_begin(&w, method | QUA_STUN_REQUEST, r->transaction);
    return w;
}

static void end_request(qua_ice *ice, const turn_allocation *a, qua_writer *w)
{
    put_credentials(w, a, &ice->turn_servers[a->server]);
    qua_stun_end(w, a->has_key ? a->key : NULL, sizeof a->key);
    ice_end_transmit(ice, w);
}

static void send_allocate(qua_ice *ice, qua_time now, turn_allocation *a)
{
    qua_writer w = begin_request(ice, now, a, &a->request, ALLOCATE);

    put_u32(&w, ATTR_REQUESTED_TRANSPORT, 17u << 24); /* UDP */
    if (ice->locals[a->host].addr.family == QUA_IPV6 && !a->any_family)
        put_u32(&w, ATTR_REQUESTED_FAMILY, 2u << 24);
    end_request(ice, a, &w);
}

static void send_refresh(qua_ice *ice, qua_time now, turn_allocation *a, uint32_t lifetime)
{
    qua_writer w = begin_request(ice, now, a, &a->request, REFRESH);

    put_u32(&w, ATTR_LIFETIME, lifetime);
    end_request(ice, a, &w);
}

static void send_bind(qua_ice *ice, qua_time now, turn_allocation *a, turn_channel *c)
{
    qua_writer w = begin_request(ice, now, a, &c->request, CHANNEL_BIND);

    put_u32(&w, ATTR_CHANNEL_NUMBER, (uint32_t)c->number << 16);
    qua_stun_put_xor_address(&w, ATTR_PEER, &c->peer, c->request.transaction);
    end_request(ice, a, &w);
}

/* ---- what becomes of an allocation -------------------------------------------------------------------------- */

/* The pairs of this relay with a peer that it does not let in. */
static void fail_pairs(qua_ice *ice, const turn_allocation *a, const qua_addr *peer)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p->local == a->local && qua_addr_equal(&ice->remotes[p->remote].addr, peer)) {
            p->state = PAIR_FAILED;
            p->pending = p->triggered = false;
        }
    }
}

static void lose(qua_ice *ice, qua_time now, turn_allocation *a)
{
    const bool was_ready = a->state == TURN_READY;

    qua_logf(ice->log, QUA_LOG_WARNING, was_ready ? "ice: a relay was lost" : "ice: a relay was refused or mute");
    a->state = TURN_GONE;
    a->request.pending = false;
    if (!was_ready) {
        ice_gather_finish(ice);
        return;
    }
    ice_drop_local(ice, a->local);
    ice_path_cut(ice, now);
}

static void fail_channel(qua_ice *ice, turn_allocation *a, turn_channel *c)
{
    c->failed = true;
    c->bound = c->request.pending = false;
    fail_pairs(ice, a, &c->peer);
}

/* Refreshed a minute before its end, or half-way when that is sooner. */
static qua_time refresh_time(qua_time now, uint32_t lifetime_s)
{
    const qua_time lifetime = QUA_SECONDS(QUA_CLAMP(lifetime_s, 2, 3600));

    return now + QUA_MAX(lifetime / 2, lifetime - QUA_SECONDS(60));
}

static void on_allocated(qua_ice *ice, qua_time now, turn_allocation *a, const qua_stun *m)
{
    const qua_addr *relayed = &m->relayed;

    if (relayed->family == QUA_FAMILY_NONE || relayed->port == 0 || qua_addr_is_multicast(relayed)) {
        lose(ice, now, a);
        return;
    }
    a->state = TURN_READY;
    a->refresh_at = refresh_time(now, m->has_lifetime ? m->lifetime : 600);
    a->keepalive_at = now + KEEPALIVE_EVERY;
    ice_gather_relayed(ice, a, TURN_BASE + (int)(a - ice->allocations), relayed, &m->mapped);
}

/* ---- answers --------------------------------------------------------------------------------------------- */

/* 401 and 438: take realm and nonce, and say whether another try makes sense. */
static bool accept_challenge(qua_ice *ice, turn_allocation *a, turn_request *r, const qua_stun *m)
{
    const turn_server *server = &ice->turn_servers[a->server];
    char text[2 * QUA_ICE_TURN_NAME_MAX + TURN_REALM_MAX + 3];
    int n;

    if (!m->realm || !m->nonce || m->realm_size > TURN_REALM_MAX || m->nonce_size > TURN_NONCE_MAX)
        return false;
    if ((m->error_code == 401 && a->has_key) || ++r->refusals > TURN_REFUSALS)
        return false; /* it knows the password and does not take it */
    memcpy(a->realm, m->realm, m->realm_size);
    memcpy(a->nonce, m->nonce, m->nonce_size);
    a->realm_size = m->realm_size;
    a->nonce_size = m->nonce_size;
    n = snprintf(text, sizeof text, "%s:%.*s:%s", server->username, (int)m->realm_size, (const char *)m->realm,
                 server->password);
    qua_md5(text, (size_t)n, a->key);
    a->has_key = true;
    return true;
}

static void on_own_answer(qua_ice *ice, qua_time now, turn_allocation *a, const qua_stun *m)
{
    const bool challenged = m->error_code == 401 || m->error_code == 438;

    a->request.pending = false;
    if (m->type == (ALLOCATE | QUA_STUN_SUCCESS) && a->state == TURN_ASKING) {
        on_allocated(ice, now, a, m);
    } else if (m->type == (REFRESH | QUA_STUN_SUCCESS) && a->state == TURN_READY) {
        a->refresh_at = refresh_time(now, m->has_lifetime ? m->lifetime : 600);
    } else if (challenged && accept_challenge(ice, a, &a->request, m)) {
        if (a->state == TURN_ASKING)
            send_allocate(ice, now, a);
        else
            send_refresh(ice, now, a, 600);
        return;
    } else if (m->error_code == 440 && a->state == TURN_ASKING && !a->any_family) {
        a->any_family = true;
        send_allocate(ice, now, a);
        return;
    } else {
        lose(ice, now, a);
    }
    a->request.refusals = 0;
}

static void on_bind_answer(qua_ice *ice, qua_time now, turn_allocation *a, turn_channel *c, const qua_stun *m)
{
    c->request.pending = false;
    if (m->type == (CHANNEL_BIND | QUA_STUN_SUCCESS)) {
        c->bound = true;
        c->request.refusals = 0;
        c->refresh_at = now + TURN_REBIND;
    } else if (m->error_code == 438 && accept_challenge(ice, a, &c->request, m)) {
        send_bind(ice, now, a, c);
    } else if (m->error_code == 437) {
        lose(ice, now, a); /* the server knows no such allocation: it was restarted */
    } else {
        fail_channel(ice, a, c);
    }
}

static bool is_answer_to(const turn_request *r, const qua_stun *m)
{
    return r->pending && memcmp(r->transaction, m->transaction, sizeof r->transaction) == 0;
}

static turn_channel *channel_asked(turn_allocation *a, const qua_stun *m)
{
    for (size_t i = 0; i < a->channel_count; i++) {
        if (is_answer_to(&a->channels[i].request, m))
            return &a->channels[i];
    }
    return NULL;
}

bool ice_turn_input(qua_ice *ice, qua_time now, const qua_stun *m, const uint8_t *data, size_t size, int base,
                    const qua_addr *from)
{
    for (size_t i = 0; i < ice->allocation_count; i++) {
        turn_allocation *a = &ice->allocations[i];
        turn_channel *c = channel_asked(a, m);

        if ((!c && !is_answer_to(&a->request, m)) || ice->locals[a->host].base != base ||
            !qua_addr_equal(from, &ice->turn_servers[a->server].addr))
            continue;
        /* an error may come unsigned: the server does not know us yet, or its nonce is stale */
        if ((m->type & QUA_STUN_ERROR) == QUA_STUN_SUCCESS && qua_stun_check(m, data, size, a->key, sizeof a->key) != 0)
            ice->stats.unauthenticated++;
        else if (c)
            on_bind_answer(ice, now, a, c, m);
        else
            on_own_answer(ice, now, a, m);
        return true;
    }
    return false;
}

/* ---- the agent's side ------------------------------------------------------------------------------------- */

int qua_ice_add_turn_server(qua_ice *ice, const qua_addr *addr, const char *username, const char *password)
{
    turn_server *server = &ice->turn_servers[ice->turn_server_count];

    if (strlen(username) > QUA_ICE_TURN_NAME_MAX || strlen(password) > QUA_ICE_TURN_NAME_MAX)
        return QUA_EINVAL;
    if (ice->turn_server_count == QUA_ICE_TURN_MAX)
        return QUA_EFULL;
    server->addr = *addr;
    snprintf(server->username, sizeof server->username, "%s", username);
    snprintf(server->password, sizeof server->password, "%s", password);
    ice->turn_server_count++;
    for (size_t local = 0; local < ice->local_count; local++)
        ice_turn_plan(ice, local, ice->turn_server_count - 1);
    return 0;
}

/* Of one whose base is gone, else a fresh one; NULL: none. */
static turn_allocation *free_allocation(qua_ice *ice)
{
    for (size_t i = 0; i < ice->allocation_count; i++) {
        if (ice->allocations[i].state == TURN_GONE && ice->path.base != TURN_BASE + (int)i)
            return &ice->allocations[i];
    }
    return ice->allocation_count < ICE_RELAY_MAX ? &ice->allocations[ice->allocation_count] : NULL;
}

void ice_turn_plan(qua_ice *ice, size_t local, size_t server)
{
    const qua_addr *ours = &ice->locals[local].addr, *theirs = &ice->turn_servers[server].addr;
    turn_allocation *a = free_allocation(ice);

    if (!a || ice->locals[local].relayed || ice->locals[local].base < 0 || ours->family != theirs->family ||
        qua_addr_is_loopback(ours) != qua_addr_is_loopback(theirs))
        return;
    memset(a, 0, sizeof *a);
    a->server = server;
    a->host = local;
    a->next_number = FIRST_CHANNEL;
    ice->allocation_count = QUA_MAX(ice->allocation_count, (size_t)(a - ice->allocations) + 1);
}

void ice_turn_drop(qua_ice *ice, size_t host)
{
    for (size_t i = 0; i < ice->allocation_count; i++) {
        turn_allocation *a = &ice->allocations[i];
        if (a->host != host || a->state == TURN_GONE)
            continue;
        if (a->state == TURN_READY)
            ice_drop_local(ice, a->local);
        a->state = TURN_GONE;
        a->request.pending = false;
    }
}

/* A slot for another peer: a fresh one, or that of a peer that nobody knows any more. */
static turn_channel *free_channel(qua_ice *ice, turn_allocation *a)
{
    if (a->next_number > LAST_CHANNEL)
        return NULL; /* a number may not name another peer for minutes, §12: none is used twice */
    if (a->channel_count < TURN_CHANNELS)
        return &a->channels[a->channel_count++];
    for (size_t i = 0; i < TURN_CHANNELS; i++) {
        turn_channel *c = &a->channels[i];
        if (ice_find_remote(ice, &c->peer) < 0 && !qua_addr_equal(&c->peer, &ice->path.remote))
            return c;
    }
    return NULL;
}

void ice_turn_want(qua_ice *ice, int base, const qua_addr *peer)
{
    turn_allocation *a = ice_turn_allocation(ice, base);
    turn_channel *c = a ? ice_turn_channel(a, peer) : NULL;

    if (!a)
        return;
    if (c && c->failed)
        c->failed = false; /* a restart: another try */
    if (c)
        return;
    c = free_channel(ice, a);
    if (!c)
        return;
    memset(c, 0, sizeof *c);
    c->peer = *peer;
    c->number = a->next_number++;
}

bool ice_turn_ready(const qua_ice *ice, int base, const qua_addr *peer)
{
    turn_allocation *a = ice_turn_allocation((qua_ice *)ice, base);
    const turn_channel *c = a ? ice_turn_channel(a, peer) : NULL;

    return !a || (a->state == TURN_READY && c && c->bound);
}

bool ice_turn_settled(const qua_ice *ice)
{
    for (size_t i = 0; i < ice->allocation_count; i++) {
        if (ice->allocations[i].state < TURN_READY)
            return false;
    }
    return true;
}

/* ---- time ------------------------------------------------------------------------------------------------ */

/* Has a request to go out again? Gives it up after TURN_TRIES. */
static bool is_due(const turn_request *r, qua_time now, bool *exhausted)
{
    *exhausted = r->pending && now >= r->retry_at && r->tries >= TURN_TRIES;
    return r->pending && now >= r->retry_at && !*exhausted;
}

static bool take_slot(qua_ice *ice, qua_time now)
{
    if (now < ice->paced_until)
        return false;
    ice->paced_until = now + PACE;
    return true;
}

static void serve_channel(qua_ice *ice, qua_time now, turn_allocation *a, turn_channel *c)
{
    bool exhausted;

    if (c->failed)
        return;
    if (is_due(&c->request, now, &exhausted))
        send_bind(ice, now, a, c);
    else if (exhausted)
        fail_channel(ice, a, c);
    else if (!c->request.pending && (!c->bound || now >= c->refresh_at) && take_slot(ice, now))
        send_bind(ice, now, a, c);
}

static void serve(qua_ice *ice, qua_time now, turn_allocation *a)
{
    bool exhausted;

    if (is_due(&a->request, now, &exhausted)) {
        if (a->state == TURN_ASKING)
            send_allocate(ice, now, a);
        else
            send_refresh(ice, now, a, 600);
    } else if (exhausted) {
        lose(ice, now, a);
    } else if (a->state == TURN_IDLE && take_slot(ice, now)) {
        a->state = TURN_ASKING;
        send_allocate(ice, now, a);
    } else if (a->state == TURN_READY && !a->request.pending && now >= a->refresh_at) {
        send_refresh(ice, now, a, 600);
    }
    if (a->state == TURN_READY && now >= a->keepalive_at) { /* another mapping would be another client to the server */
        a->keepalive_at = now + KEEPALIVE_EVERY;
        ice_send_keepalive(ice, ice->locals[a->host].base, &ice->turn_servers[a->server].addr);
    }
    for (size_t i = 0; a->state == TURN_READY && i < a->channel_count; i++)
        serve_channel(ice, now, a, &a->channels[i]);
}

void ice_turn_timeout(qua_ice *ice, qua_time now)
{
    for (size_t i = 0; i < ice->allocation_count; i++)
        serve(ice, now, &ice->allocations[i]);
}

static qua_time channel_deadline(const qua_ice *ice, const turn_channel *c)
{
    if (c->failed)
        return QUA_TIME_NEVER;
    if (c->request.pending)
        return c->request.retry_at;
    return c->bound ? QUA_MAX(c->refresh_at, ice->paced_until) : ice->paced_until;
}

static qua_time allocation_deadline(const qua_ice *ice, const turn_allocation *a)
{
    qua_time deadline = a->request.pending ? a->request.retry_at : QUA_TIME_NEVER;

    if (a->state == TURN_IDLE)
        return ice->paced_until;
    if (a->state != TURN_READY)
        return deadline;
    deadline = QUA_MIN(a->request.pending ? deadline : a->refresh_at, a->keepalive_at);
    for (size_t i = 0; i < a->channel_count; i++)
        deadline = QUA_MIN(deadline, channel_deadline(ice, &a->channels[i]));
    return deadline;
}

qua_time ice_turn_deadline(const qua_ice *ice)
{
    qua_time deadline = QUA_TIME_NEVER;

    for (size_t i = 0; i < ice->allocation_count; i++)
        deadline = QUA_MIN(deadline, allocation_deadline(ice, &ice->allocations[i]));
    return deadline;
}

/* §7: a lifetime of 0 gives the relay back; nobody waits for the answer. */
void ice_turn_release(qua_ice *ice)
{
    for (size_t i = 0; i < ice->allocation_count; i++) {
        turn_allocation *a = &ice->allocations[i];
        if (a->state == TURN_READY) {
            a->request.pending = false;
            send_refresh(ice, 0, a, 0);
        }
        a->request.pending = false;
        a->state = TURN_GONE;
    }
}
