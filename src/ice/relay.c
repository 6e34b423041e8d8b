/* Datagrams through a relay: channels and indications (RFC 8656 §11, §12). */
#include "ice/agent.h"

enum { SEND = 0x006, DATA = 0x007, ATTR_PEER = 0x0012, ATTR_DATA = 0x0013 };

bool ice_turn_wrap(qua_ice *ice, qua_ice_transmit *t)
{
    turn_allocation *a = ice_turn_allocation(ice, t->base);
    const turn_channel *c = a ? ice_turn_channel(a, &t->to) : NULL;
    uint8_t transaction[TRANSACTION_SIZE], payload[sizeof t->data];
    qua_writer w = qua_writer_of(t->data, sizeof t->data);

    if (!a || a->state != TURN_READY)
        return false;
    memcpy(payload, t->data, t->size);
    if (c && c->bound) {
        qua_write_u16(&w, c->number);
        qua_write_u16(&w, (uint16_t)t->size);
        qua_write_bytes(&w, payload, t->size);
    } else { /* §11: indications carry neither credentials nor a fingerprint that anyone needs */
        qua_random_fill(ice->random, transaction, sizeof transaction);
        qua_stun_begin(&w, SEND | QUA_STUN_INDICATION, transaction);
        qua_stun_put_xor_address(&w, ATTR_PEER, &t->to, transaction);
        qua_stun_put(&w, ATTR_DATA, payload, t->size);
        qua_stun_end(&w, NULL, 0);
    }
    t->size = w.size;
    t->base = ice->locals[a->host].base;
    t->to = ice->turn_servers[a->server].addr;
    return !w.failed;
}

size_t qua_ice_wrap(const qua_ice *ice, size_t payload, uint8_t header[QUA_ICE_WRAP_SIZE])
{
    turn_allocation *a = ice_turn_allocation((qua_ice *)ice, ice->path.base);
    const turn_channel *c = a ? ice_turn_channel(a, &ice->path.remote) : NULL;

    if (!c || !ice->path.usable)
        return 0;
    qua_put_be16(header, c->number);
    qua_put_be16(header + 2, (uint16_t)payload);
    return QUA_ICE_WRAP_SIZE;
}

bool ice_turn_route(const qua_ice *ice, int *base, qua_addr *to)
{
    turn_allocation *a = ice_turn_allocation((qua_ice *)ice, *base);
    const turn_channel *c = a ? ice_turn_channel(a, to) : NULL;

    if (!a)
        return true;
    if (a->state != TURN_READY || !c || !c->bound)
        return false;
    *base = ice->locals[a->host].base;
    *to = ice->turn_servers[a->server].addr;
    return true;
}

static int unwrap_channel(const turn_allocation *a, qua_addr *from, uint8_t **data, size_t *size)
{
    const uint16_t number = *size >= 4 ? qua_get_be16(*data) : 0, length = *size >= 4 ? qua_get_be16(*data + 2) : 0;

    if (*size < 4 || length > *size - 4)
        return QUA_EFORMAT;
    for (size_t i = 0; i < a->channel_count; i++) {
        if (a->channels[i].number != number || a->channels[i].failed)
            continue;
        *from = a->channels[i].peer;
        *data += 4;
        *size = length;
        return 0;
    }
    return QUA_EIGNORED;
}

static int unwrap_indication(qua_ice *ice, int relayed, int *base, qua_addr *from, uint8_t **data, size_t *size)
{
    qua_stun m;

    if (qua_stun_parse(&m, *data, *size) != 0) {
        ice->stats.malformed++;
        return QUA_EFORMAT;
    }
    if (m.type != (DATA | QUA_STUN_INDICATION))
        return 0; /* an answer to one of our own requests */
    if (!m.data || m.peer.family == QUA_FAMILY_NONE)
        return QUA_EFORMAT;
    *base = relayed;
    *from = m.peer;
    *data += m.data - *data;
    *size = m.data_size;
    return 0;
}

int qua_ice_unwrap(qua_ice *ice, int *base, qua_addr *from, uint8_t **data, size_t *size)
{
    for (size_t i = 0; i < ice->allocation_count; i++) {
        turn_allocation *a = &ice->allocations[i];
        const int relayed = TURN_BASE + (int)i;
        int error;

        if (a->state != TURN_READY || ice->locals[a->host].base != *base ||
            !qua_addr_equal(from, &ice->turn_servers[a->server].addr))
            continue;
        if (qua_stun_looks_like(*data, *size))
            return unwrap_indication(ice, relayed, base, from, data, size);
        error = unwrap_channel(a, from, data, size);
        if (error)
            return error;
        *base = relayed;
        return 0;
    }
    return 0;
}
