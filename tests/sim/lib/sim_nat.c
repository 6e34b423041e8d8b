/* The four classic NATs (RFC 3489 §5; RFC 4787's mapping and filtering behaviours). */
#include "sim_internal.h"

#include <stdlib.h>

#define MAPPINGS 1024
#define PERMISSIONS 64

typedef struct mapping {
    qua_addr inside;
    qua_addr remote; /* symmetric: the only remote it is for */
    uint16_t port;
    qua_time last_out;
    qua_addr allowed[PERMISSIONS]; /* remotes that were sent to; a ring */
    size_t allowed_count;
} mapping;

struct sim_nat {
    sim_nat_kind kind;
    qua_addr address;
    qua_time timeout;
    bool hairpin, blocked;
    qua_prng *prng;
    mapping *mappings;
    size_t count;
};

static void destroy_nat(void *object)
{
    sim_nat *nat = object;

    free(nat->mappings);
    free(nat);
}

sim_nat *sim_net_nat(sim_net *net, sim_nat_kind kind, const char *ip)
{
    sim_nat *nat = qua_zalloc(sizeof *nat);
    const int error = nat ? qua_addr_parse(&nat->address, ip, 0) : QUA_ENOMEM;

    assert(error == 0);
    (void)error;
    nat->kind = kind;
    nat->timeout = QUA_SECONDS(120);
    nat->prng = sim_net_prng(net);
    sim_own(net, nat, destroy_nat);
    return nat;
}

void sim_nat_set_timeout(sim_nat *nat, qua_time timeout) { nat->timeout = timeout; }
void sim_nat_set_hairpin(sim_nat *nat, bool on) { nat->hairpin = on; }
void sim_nat_block_udp(sim_nat *nat, bool on) { nat->blocked = on; }
void sim_nat_reset(sim_nat *nat) { nat->count = 0; }
size_t sim_nat_mappings(const sim_nat *nat) { return nat->count; }
const qua_addr *sim_nat_public(const sim_nat *nat) { return &nat->address; }
bool sim_nat_hairpins(const sim_nat *nat) { return nat->hairpin; }

static void expire(sim_nat *nat, qua_time now)
{
    size_t kept = 0;

    for (size_t i = 0; i < nat->count; i++)
        if (now - nat->mappings[i].last_out < nat->timeout)
            nat->mappings[kept++] = nat->mappings[i];
    nat->count = kept;
}

static bool port_taken(const sim_nat *nat, uint16_t port)
{
    for (size_t i = 0; i < nat->count; i++)
        if (nat->mappings[i].port == port)
            return true;
    return false;
}

static mapping *find_or_map(sim_nat *nat, const qua_addr *inside, const qua_addr *remote)
{
    const bool symmetric = nat->kind == SIM_NAT_SYMMETRIC;

    for (size_t i = 0; i < nat->count; i++) {
        mapping *m = &nat->mappings[i];
        if (qua_addr_equal(&m->inside, inside) && (!symmetric || qua_addr_equal(&m->remote, remote)))
            return m;
    }
    if (nat->count == MAPPINGS)
        return NULL;
    if (!nat->mappings)
        nat->mappings = malloc(MAPPINGS * sizeof *nat->mappings);
    assert(nat->mappings);
    uint16_t port;
    do
        port = (uint16_t)(20000 + qua_prng_next(nat->prng) % 40000);
    while (port_taken(nat, port));
    mapping *m = &nat->mappings[nat->count++];
    m->inside = *inside;
    m->remote = *remote;
    m->port = port;
    m->allowed_count = 0;
    return m;
}

static bool permitted(const sim_nat *nat, const mapping *m, const qua_addr *from)
{
    if (nat->kind == SIM_NAT_FULL_CONE)
        return true;
    for (size_t i = 0; i < QUA_MIN(m->allowed_count, PERMISSIONS); i++)
        if (nat->kind == SIM_NAT_RESTRICTED ? qua_addr_same_ip(&m->allowed[i], from)
                                            : qua_addr_equal(&m->allowed[i], from))
            return true;
    return false;
}

bool sim_nat_outbound(sim_nat *nat, qua_time now, sim_packet *packet)
{
    if (nat->blocked)
        return false;
    expire(nat, now);
    mapping *m = find_or_map(nat, &packet->from, &packet->to);
    if (!m)
        return false;
    m->last_out = now;
    if (nat->kind == SIM_NAT_FULL_CONE || !permitted(nat, m, &packet->to))
        m->allowed[m->allowed_count++ % PERMISSIONS] = packet->to;
    packet->from = nat->address;
    packet->from.port = m->port;
    return true;
}

const qua_addr *sim_nat_inbound(sim_nat *nat, qua_time now, const sim_packet *packet)
{
    if (nat->blocked)
        return NULL;
    expire(nat, now);
    for (size_t i = 0; i < nat->count; i++) {
        const mapping *m = &nat->mappings[i];
        if (m->port == packet->to.port)
            return permitted(nat, m, &packet->from) ? &m->inside : NULL;
    }
    return NULL;
}
