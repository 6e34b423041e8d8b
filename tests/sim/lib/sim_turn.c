/* A TURN server by hand: RFC 8656, RFC 8489 §9.2. */
#include "sim_turn.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "sim_internal.h"

#define COOKIE      0x2112a442u
#define HEADER      20
#define RELAY_PORT  50000
#define REALM       "sim.example"
#define ALLOCATIONS 16
#define PERMISSIONS 64
#define CHANNELS    64

enum {
    ALLOCATE = 3,
    REFRESH = 4,
    CREATE_PERMISSION = 8,
    CHANNEL_BIND = 9,
    SEND_INDICATION = 0x16,
    DATA_INDICATION = 0x17,

    INTEGRITY = 0x08,
    ERROR_CODE = 0x09,
    CHANNEL_NUMBER = 0x0c,
    LIFETIME = 0x0d,
    PEER = 0x12,
    DATA = 0x13,
    REALM_ATTR = 0x14,
    NONCE = 0x15,
    RELAYED = 0x16,
    REQUESTED_TRANSPORT = 0x19,
    MAPPED = 0x20
};

typedef struct expiring {
    qua_addr peer;
    uint16_t number; /* channels */
    qua_time until;
} expiring;

typedef struct allocation {
    bool used;
    qua_addr client;
    uint8_t transaction[12]; /* that made it */
    uint16_t relay_port;
    qua_time until;
    expiring permissions[PERMISSIONS], channels[CHANNELS];
    size_t permission_count, channel_count;
} allocation;

struct sim_turn {
    sim_net *net;
    sim_host *host;
    qua_addr addr;
    uint8_t key[QUA_MD5_SIZE];
    unsigned nonce;
    uint32_t lifetime;
    uint16_t next_port;
    allocation allocations[ALLOCATIONS];
    sim_turn_stats stats;
};

/* ---- messages -------------------------------------------------------------------------------------------- */

typedef struct request {
    const uint8_t *data;
    size_t size;
    uint16_t type;
} request;

static const uint8_t *find(const request *q, uint16_t attribute, size_t *size)
{
    for (size_t at = HEADER; at + 4 <= q->size;) {
        const uint16_t type = qua_get_be16(q->data + at), length = qua_get_be16(q->data + at + 2);
        if (at + 4 + length > q->size)
            return NULL;
        if (type == attribute) {
            *size = length;
            return q->data + at + 4;
        }
        at += 4 + (length + 3u) / 4 * 4;
    }
    return NULL;
}

static bool find_address(const request *q, uint16_t attribute, qua_addr *out)
{
    size_t size;
    const uint8_t *value = find(q, attribute, &size);

    if (!value || (size != 8 && size != 20))
        return false;
    memset(out, 0, sizeof *out);
    out->family = size == 20 ? QUA_IPV6 : QUA_IPV4;
    out->port = qua_get_be16(value + 2) ^ (COOKIE >> 16);
    for (size_t i = 0; i < size - 4; i++)
        out->ip[i] = value[4 + i] ^ q->data[4 + i];
    return true;
}

static void put(qua_writer *w, uint16_t attribute, const void *value, size_t size)
{
    qua_write_u16(w, attribute);
    qua_write_u16(w, (uint16_t)size);
    qua_write_bytes(w, value, size);
    while (w->size % 4)
        qua_write_u8(w, 0);
}

static void put_u32(qua_writer *w, uint16_t attribute, uint32_t value)
{
    uint8_t bytes[4];

    qua_put_be32(bytes, value);
    put(w, attribute, bytes, 4);
}

static void put_address(qua_writer *w, uint16_t attribute, const qua_addr *addr)
{
    const size_t length = addr->family == QUA_IPV6 ? 16 : 4;
    uint8_t value[20] = {0, addr->family == QUA_IPV6 ? 2 : 1};

    qua_put_be16(value + 2, addr->port ^ (uint16_t)(COOKIE >> 16));
    for (size_t i = 0; i < length; i++)
        value[4 + i] = addr->ip[i] ^ w->data[4 + i];
    put(w, attribute, value, 4 + length);
}

static void sign(const sim_turn *turn, qua_writer *w)
{
    uint8_t mac[QUA_SHA1_SIZE];

    qua_put_be16(w->data + 2, (uint16_t)(w->size + 24 - HEADER));
    qua_hmac_sha1(turn->key, sizeof turn->key, w->data, w->size, mac);
    put(w, INTEGRITY, mac, sizeof mac);
}

static bool is_genuine(const sim_turn *turn, const request *q)
{
    uint8_t copy[QUA_DATAGRAM_MAX], mac[QUA_SHA1_SIZE];
    size_t size;
    const uint8_t *value = find(q, INTEGRITY, &size);

    if (!value || size != QUA_SHA1_SIZE)
        return false;
    const size_t at = (size_t)(value - q->data) - 4;
    memcpy(copy, q->data, at);
    qua_put_be16(copy + 2, (uint16_t)(at + 24 - HEADER));
    qua_hmac_sha1(turn->key, sizeof turn->key, copy, at, mac);
    return memcmp(mac, value, sizeof mac) == 0;
}

static qua_writer begin(uint8_t *out, size_t capacity, uint16_t type, const request *q)
{
    qua_writer w = qua_writer_of(out, capacity);

    qua_write_u16(&w, type);
    qua_write_u16(&w, 0);
    if (q)
        qua_write_bytes(&w, q->data + 4, 16);
    else
        qua_write_u32(&w, COOKIE), qua_write_bytes(&w, "indication..", 12);
    return w;
}

static void reply(sim_turn *turn, const qua_addr *to, qua_writer *w)
{
    assert(!w->failed);
    qua_put_be16(w->data + 2, (uint16_t)(w->size - HEADER));
    sim_host_send(turn->host, &turn->addr, to, w->data, w->size, 0);
}

static void refuse(sim_turn *turn, const qua_addr *to, const request *q, unsigned code)
{
    uint8_t out[256], value[4] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
    char nonce[24];
    qua_writer w = begin(out, sizeof out, q->type | 0x110, q);

    put(&w, ERROR_CODE, value, sizeof value);
    if (code == 401 || code == 438) {
        snprintf(nonce, sizeof nonce, "nonce-%u", turn->nonce);
        put(&w, REALM_ATTR, REALM, strlen(REALM));
        put(&w, NONCE, nonce, strlen(nonce));
    }
    reply(turn, to, &w);
}

/* ---- allocations ------------------------------------------------------------------------------------------ */

static allocation *allocation_of(sim_turn *turn, const qua_addr *client)
{
    for (size_t i = 0; i < ALLOCATIONS; i++) {
        allocation *a = &turn->allocations[i];
        if (a->used && sim_net_now(turn->net) >= a->until)
            a->used = false;
        if (a->used && qua_addr_equal(&a->client, client))
            return a;
    }
    return NULL;
}

static expiring *find_in(expiring *list, size_t count, qua_time now, const qua_addr *peer, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        const bool same = number           ? list[i].number == number
                          : list[i].number ? qua_addr_equal(&list[i].peer, peer)
                                           : qua_addr_same_ip(&list[i].peer, peer);
        if (same && now < list[i].until)
            return &list[i];
    }
    return NULL;
}

static void permit(allocation *a, qua_time now, const qua_addr *peer)
{
    expiring *p = find_in(a->permissions, a->permission_count, now, peer, 0);

    if (!p) {
        assert(a->permission_count < PERMISSIONS);
        p = &a->permissions[a->permission_count++];
        p->peer = *peer;
    }
    p->until = now + QUA_SECONDS(300);
}

static void reply_allocated(sim_turn *turn, const allocation *a, const request *q)
{
    uint8_t out[256];
    qua_addr relayed = turn->addr;
    qua_writer w = begin(out, sizeof out, ALLOCATE | 0x100, q);

    relayed.port = a->relay_port;
    put_address(&w, RELAYED, &relayed);
    put_address(&w, MAPPED, &a->client);
    put_u32(&w, LIFETIME, turn->lifetime);
    sign(turn, &w);
    reply(turn, &a->client, &w);
}

static void on_allocate(sim_turn *turn, const qua_addr *from, const request *q)
{
    allocation *a = allocation_of(turn, from);
    size_t size;

    if (a && memcmp(a->transaction, q->data + 8, 12) == 0) {
        reply_allocated(turn, a, q); /* our answer was lost */
        return;
    }
    if (a || !find(q, REQUESTED_TRANSPORT, &size)) {
        refuse(turn, from, q, a ? 437 : 400);
        return;
    }
    for (size_t i = 0; i < ALLOCATIONS && !a; i++)
        a = turn->allocations[i].used ? NULL : &turn->allocations[i];
    if (!a) {
        refuse(turn, from, q, 486);
        return;
    }
    memset(a, 0, sizeof *a);
    a->used = true;
    a->client = *from;
    memcpy(a->transaction, q->data + 8, 12);
    a->relay_port = turn->next_port++;
    a->until = sim_net_now(turn->net) + QUA_SECONDS(turn->lifetime);
    reply_allocated(turn, a, q);
}

static void on_refresh(sim_turn *turn, allocation *a, const qua_addr *from, const request *q)
{
    uint8_t out[128];
    size_t size;
    const uint8_t *value = find(q, LIFETIME, &size);
    const uint32_t lifetime = value && size == 4 ? QUA_MIN(qua_get_be32(value), turn->lifetime) : turn->lifetime;
    qua_writer w = begin(out, sizeof out, REFRESH | 0x100, q);

    a->until = sim_net_now(turn->net) + QUA_SECONDS(lifetime);
    put_u32(&w, LIFETIME, lifetime);
    sign(turn, &w);
    reply(turn, from, &w);
}

static void on_permission(sim_turn *turn, allocation *a, const qua_addr *from, const request *q)
{
    const qua_time now = sim_net_now(turn->net);
    uint8_t out[128];
    size_t size;
    const uint8_t *number = find(q, CHANNEL_NUMBER, &size);
    qua_addr peer;

    if (!find_address(q, PEER, &peer)) {
        refuse(turn, from, q, 400);
        return;
    }
    permit(a, now, &peer);
    if ((q->type & 0xf) == CHANNEL_BIND) {
        expiring *c = find_in(a->channels, a->channel_count, now, NULL, qua_get_be16(number));
        if ((c && !qua_addr_equal(&c->peer, &peer)) || (!c && a->channel_count == CHANNELS)) {
            refuse(turn, from, q, 400);
            return;
        }
        if (!c)
            c = &a->channels[a->channel_count++];
        *c = (expiring){peer, qua_get_be16(number), now + QUA_SECONDS(600)};
    }
    qua_writer w = begin(out, sizeof out, q->type | 0x100, q);
    sign(turn, &w);
    reply(turn, from, &w);
}

static void on_request(sim_turn *turn, const qua_addr *from, const request *q)
{
    size_t size;
    char nonce[24];
    const uint8_t *value = find(q, NONCE, &size);

    snprintf(nonce, sizeof nonce, "nonce-%u", turn->nonce);
    if (!value) {
        turn->stats.challenges++;
        refuse(turn, from, q, 401);
    } else if (!is_genuine(turn, q)) {
        turn->stats.unauthorized++;
        refuse(turn, from, q, 401);
    } else if (size != strlen(nonce) || memcmp(value, nonce, size) != 0) {
        turn->stats.stale++;
        refuse(turn, from, q, 438);
    } else if (q->type == ALLOCATE) {
        on_allocate(turn, from, q);
    } else {
        allocation *a = allocation_of(turn, from);
        if (!a)
            refuse(turn, from, q, 437);
        else if (q->type == REFRESH)
            on_refresh(turn, a, from, q);
        else
            on_permission(turn, a, from, q);
    }
}

/* ---- relaying -------------------------------------------------------------------------------------------- */

static void relay_out(sim_turn *turn, const allocation *a, const qua_addr *peer, const uint8_t *data, size_t size)
{
    qua_addr from = turn->addr;

    if (!find_in((expiring *)a->permissions, a->permission_count, sim_net_now(turn->net), peer, 0)) {
        turn->stats.dropped++;
        return;
    }
    from.port = a->relay_port;
    turn->stats.relayed_out++;
    sim_host_send(turn->host, &from, peer, data, size, 0);
}

static void from_client(sim_turn *turn, const qua_addr *from, const uint8_t *data, size_t size)
{
    const qua_time now = sim_net_now(turn->net);
    allocation *a = allocation_of(turn, from);
    const request q = {data, size, qua_get_be16(data)};
    qua_addr peer;
    size_t length;

    if (data[0] >> 6 == 1) { /* ChannelData */
        const expiring *c = a ? find_in(a->channels, a->channel_count, now, NULL, q.type) : NULL;
        if (c && qua_get_be16(data + 2) <= size - 4)
            relay_out(turn, a, &c->peer, data + 4, qua_get_be16(data + 2));
        else
            turn->stats.dropped++;
    } else if (q.type == SEND_INDICATION) {
        const uint8_t *payload = find(&q, DATA, &length);
        if (a && payload && find_address(&q, PEER, &peer)) {
            turn->stats.wasted += find_in(a->channels, a->channel_count, now, &peer, 0) != NULL;
            relay_out(turn, a, &peer, payload, length);
        } else {
            turn->stats.dropped++;
        }
    } else if (q.type == ALLOCATE || q.type == REFRESH || q.type == CREATE_PERMISSION || q.type == CHANNEL_BIND) {
        on_request(turn, from, &q);
    }
}

static void from_peer(sim_turn *turn, allocation *a, const qua_addr *from, const uint8_t *data, size_t size)
{
    const qua_time now = sim_net_now(turn->net);
    const expiring *c = find_in(a->channels, a->channel_count, now, from, 0);
    uint8_t out[QUA_DATAGRAM_MAX + 64];
    qua_writer w;

    if (!find_in(a->permissions, a->permission_count, now, from, 0)) {
        turn->stats.dropped++;
        return;
    }
    turn->stats.relayed_in++;
    if (!c) {
        w = begin(out, sizeof out, DATA_INDICATION, NULL);
        put_address(&w, PEER, from);
        put(&w, DATA, data, size);
        reply(turn, &a->client, &w);
        return;
    }
    w = qua_writer_of(out, sizeof out);
    qua_write_u16(&w, c->number);
    qua_write_u16(&w, (uint16_t)size);
    qua_write_bytes(&w, data, size);
    sim_host_send(turn->host, &turn->addr, &a->client, out, w.size, 0);
}

static void on_receive(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    sim_turn *turn = context;

    (void)now, (void)ecn;
    if (local->port == turn->addr.port) {
        if (size >= 4)
            from_client(turn, from, data, size);
        return;
    }
    for (size_t i = 0; i < ALLOCATIONS; i++) {
        allocation *a = &turn->allocations[i];
        if (a->used && a->relay_port == local->port && allocation_of(turn, &a->client) == a)
            from_peer(turn, a, from, data, size);
    }
}

sim_turn *sim_net_turn_server(sim_net *net, const char *ip, uint16_t port, const char *username, const char *password)
{
    static const sim_host_ops ops = {.receive = on_receive};
    sim_turn *turn = qua_zalloc(sizeof *turn);
    char text[256];

    assert(turn);
    turn->net = net;
    turn->lifetime = 600;
    turn->next_port = RELAY_PORT;
    const int error = qua_addr_parse(&turn->addr, ip, port);
    assert(error == 0);
    (void)error;
    const int n = snprintf(text, sizeof text, "%s:%s:%s", username, REALM, password);
    qua_md5(text, (size_t)n, turn->key);
    turn->host = sim_net_host(net, "turn", &ops, turn);
    sim_host_iface(turn->host, ip, NULL, NULL, NULL);
    sim_own(net, turn, free);
    return turn;
}

void sim_turn_stale_nonces(sim_turn *turn)
{
    turn->nonce++;
}
void sim_turn_forget(sim_turn *turn)
{
    memset(turn->allocations, 0, sizeof turn->allocations);
}
void sim_turn_kill(sim_turn *turn)
{
    sim_host_kill(turn->host);
}
void sim_turn_set_lifetime(sim_turn *turn, uint32_t seconds)
{
    turn->lifetime = seconds;
}

void sim_turn_get_stats(const sim_turn *turn, sim_turn_stats *out)
{
    const qua_time now = sim_net_now(turn->net);

    *out = turn->stats;
    for (size_t i = 0; i < ALLOCATIONS; i++) {
        const allocation *a = &turn->allocations[i];
        if (!a->used || now >= a->until)
            continue;
        out->allocations++;
        for (size_t c = 0; c < a->channel_count; c++)
            out->channels += now < a->channels[c].until;
    }
}
