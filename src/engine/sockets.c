/* The UDP sockets of one connection, one for each local address. */
#include "engine/engine.h"

static void on_datagram(void *context, os_udp *udp, qua_time now, const qua_addr *from, const uint8_t *data,
                        size_t size, unsigned ecn)
{
    const struct socket_slot *slot = context;
    uint8_t own[QUA_DATAGRAM_MAX]; /* decryption works in place */

    (void)udp;
    memcpy(own, data, size);
    slot->of->input(slot->of->owner, slot->of->leg, slot->base, now, from, own, size, ecn);
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

void sockets_close(sockets *s)
{
    for (size_t i = 0; i < s->count; i++)
        os_udp_close(&s->slots[i].udp);
    s->count = 0;
}

void sockets_send(sockets *s, const qua_peer_transmit *out)
{
    if (out->base >= 0 && (size_t)out->base < s->count)
        os_udp_send(s->slots[out->base].udp, &out->to, out->data, out->size, out->ecn);
}
