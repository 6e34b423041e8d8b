/* The UDP sockets of one connection, one for each local address. */
#include "engine/engine.h"

static void on_datagram(void *context, os_udp *udp, qua_time now, const qua_addr *from, uint8_t *data, size_t size,
                        unsigned ecn)
{
    const struct socket_slot *slot = context;

    (void)udp;
    slot->of->input(slot->of->owner, slot->of->leg, slot->base, now, from, data, size, ecn);
}

size_t sockets_open(sockets *s, qua_engine *engine, sockets_fn input, void *owner, int leg)
{
    qua_addr locals[ENGINE_LOCALS];
    bool loopback_only;
    const size_t n = engine_local_addresses(engine, locals, ENGINE_LOCALS, &loopback_only);

    *s = (sockets){.input = input, .owner = owner, .leg = leg};
    for (size_t i = 0; i < n; i++) {
        struct socket_slot *slot = &s->slots[s->count];

        *slot = (struct socket_slot){.of = s, .base = (int)s->count};
        if (os_udp_open(&slot->udp, engine->loop, &locals[i], on_datagram, slot) == 0)
            s->count++;
        else
            qua_logf(&engine->log, QUA_LOG_WARNING, "a local address could not be bound");
    }
    return s->count;
}

static bool has_ip(const qua_addr *list, size_t count, const qua_addr *ip)
{
    for (size_t i = 0; i < count; i++) {
        if (qua_addr_same_ip(&list[i], ip))
            return true;
    }
    return false;
}

static struct socket_slot *slot_of(sockets *s, const qua_addr *ip)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->slots[i].udp && qua_addr_same_ip(os_udp_local(s->slots[i].udp), ip))
            return &s->slots[i];
    }
    return NULL;
}

static struct socket_slot *free_slot(sockets *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!s->slots[i].udp)
            return &s->slots[i];
    }
    return s->count < ENGINE_LOCALS ? &s->slots[s->count] : NULL;
}

static void bind_new(sockets *s, qua_engine *engine, const qua_addr *addr, sockets_changed_fn changed)
{
    struct socket_slot *slot = free_slot(s);

    /* without any interface the machine has its loopback still: of no use to a call that began with others */
    if (!slot || qua_addr_is_loopback(addr) || slot_of(s, addr))
        return;
    *slot = (struct socket_slot){.of = s, .base = (int)(slot - s->slots)};
    if (os_udp_open(&slot->udp, engine->loop, addr, on_datagram, slot) != 0)
        return; /* an IPv6 address that is still being probed: the next change tells when it is there */
    s->count = QUA_MAX(s->count, (size_t)slot->base + 1);
    changed(s->owner, s->leg, slot->base, os_udp_local(slot->udp));
}

void sockets_refresh(sockets *s, qua_engine *engine, sockets_changed_fn changed)
{
    qua_addr locals[ENGINE_LOCALS];
    bool loopback_only;
    const size_t n = engine_local_addresses(engine, locals, ENGINE_LOCALS, &loopback_only);

    for (size_t i = 0; i < n; i++)
        bind_new(s, engine, &locals[i], changed);
    for (size_t i = 0; i < s->count; i++) {
        struct socket_slot *slot = &s->slots[i];
        if (!slot->udp || qua_addr_is_loopback(os_udp_local(slot->udp)) || has_ip(locals, n, os_udp_local(slot->udp)))
            continue;
        os_udp_close(&slot->udp);
        changed(s->owner, s->leg, slot->base, NULL);
    }
}

void sockets_close(sockets *s)
{
    for (size_t i = 0; i < s->count; i++)
        os_udp_close(&s->slots[i].udp);
    s->count = 0;
}

void sockets_send(sockets *s, const qua_peer_transmit *out)
{
    if (out->base >= 0 && (size_t)out->base < s->count && s->slots[out->base].udp)
        os_udp_send(s->slots[out->base].udp, &out->to, out->data, out->size, out->ecn);
}
