/*
 * A whole agent and a hostile far side that knows the passwords, hostile STUN and TURN servers (the latter knows its
 * password as well), a hostile signaling path.
 * The input is a list of steps: a byte that says what, a byte of length, that many bytes.
 */
#include <stdio.h>

#include "crypto/crypto.h"
#include "ice/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REMOTE_PASSWORD "0123456789012345678901"

typedef struct world {
    qua_ice *ice;
    qua_time now;
    qua_addr from, server, turn;
    uint8_t last_transaction[12], turn_key[QUA_MD5_SIZE];
    size_t sent;
} world;

static void drain(world *w)
{
    qua_ice_transmit out;
    qua_ice_event event;
    qua_addr remote;
    int base;

    while (qua_ice_poll_transmit(w->ice, &out)) {
        assert(out.base >= 0 && out.base <= 1 && out.size >= 20 && out.size <= sizeof out.data);
        assert(qua_stun_looks_like(out.data, out.size) || out.data[0] >> 6 == 1); /* or in a channel */
        memcpy(w->last_transaction, out.data + 8, 12);
        w->sent++;
    }
    while (qua_ice_poll_event(w->ice, &event)) {
    }
    if (qua_ice_selected(w->ice, &base, &remote))
        assert(qua_ice_get_state(w->ice) != QUA_ICE_STATE_NEW && qua_ice_get_state(w->ice) != QUA_ICE_STATE_FAILED);
}

/* A message of this type with the attributes of the step, signed as who knows the password would. */
static void signed_message(world *w, uint16_t type, const uint8_t *attributes, size_t size)
{
    const bool request = (type & QUA_STUN_ERROR) == QUA_STUN_REQUEST;
    const char *password = request ? qua_ice_local_password(w->ice) : REMOTE_PASSWORD;
    uint8_t data[600], fresh[12] = {0};
    qua_writer out = qua_writer_of(data, sizeof data);
    char name[300];

    qua_stun_begin(&out, type, request ? fresh : w->last_transaction);
    if (request) {
        const int n = snprintf(name, sizeof name, "%s:x", qua_ice_local_ufrag(w->ice));
        qua_stun_put(&out, 0x0006, name, (size_t)n);
    }
    qua_write_bytes(&out, attributes, size / 4 * 4);
    qua_stun_end(&out, password, strlen(password));
    if (!out.failed)
        qua_ice_input(w->ice, w->now, 0, &w->from, data, out.size);
}

/* An answer of the TURN server to what was asked last, signed. */
static void turn_answer(world *w, const uint8_t *data, size_t size)
{
    uint8_t out[600];
    qua_writer to = qua_writer_of(out, sizeof out);

    if (size < 2)
        return;
    qua_stun_begin(&to, qua_get_be16(data) & 0x3fff, w->last_transaction);
    qua_write_bytes(&to, data + 2, (size - 2) / 4 * 4);
    qua_stun_end(&to, w->turn_key, sizeof w->turn_key);
    if (!to.failed)
        qua_ice_input(w->ice, w->now, 0, &w->turn, out, to.size);
}

/* Anything that comes from the TURN server, as the owner would pass it on. */
static void through_relay(world *w, const uint8_t *data, size_t size)
{
    uint8_t copy[256], *inner = copy;
    qua_addr from = w->turn;
    int base = 0;

    memcpy(copy, data, size);
    if (qua_ice_unwrap(w->ice, &base, &from, &inner, &size) != 0)
        return;
    assert(inner >= copy && inner + size <= copy + sizeof copy);
    qua_ice_input(w->ice, w->now, base, &from, inner, size);
}

static void pass_time(world *w, qua_time duration)
{
    const qua_time end = w->now + duration;

    for (size_t i = 0; i < 200 && qua_ice_deadline(w->ice) <= end; i++) {
        w->now = QUA_MAX(w->now, qua_ice_deadline(w->ice));
        qua_ice_on_timeout(w->ice, w->now);
        assert(qua_ice_deadline(w->ice) > w->now); /* no busy loop */
        drain(w);
    }
    w->now = end;
}

static void signal_candidate(world *w, const uint8_t *data, size_t size)
{
    qua_ice_candidate c;
    char line[256];

    memcpy(line, data, size);
    line[size] = 0;
    if (qua_ice_candidate_parse(&c, line) == 0)
        qua_ice_add_remote_candidate(w->ice, w->now, &c);
}

static void step(world *w, uint8_t what, const uint8_t *data, size_t size)
{
    switch (what % 16) {
    case 0:
        qua_ice_input(w->ice, w->now, what >> 7, &w->from, data, size);
        break;
    case 1:
        signed_message(w, QUA_STUN_BINDING | QUA_STUN_REQUEST, data, size);
        break;
    case 2:
        signed_message(w, QUA_STUN_BINDING | QUA_STUN_SUCCESS, data, size);
        break;
    case 3:
        signed_message(w, QUA_STUN_BINDING | QUA_STUN_ERROR, data, size);
        break;
    case 4:
        pass_time(w, QUA_MS(size * size));
        break;
    case 5:
        w->from.port = (uint16_t)(5000 + (size ? data[0] : 0));
        break;
    case 6:
        signal_candidate(w, data, size);
        break;
    case 7:
        qua_ice_restart(w->ice, w->now);
        break;
    case 8:
        qua_ice_set_remote(w->ice, w->now, size % 2 ? "abcd" : "efgh", REMOTE_PASSWORD, size % 5 == 4);
        break;
    case 9:
        qua_ice_add_local(w->ice, w->now, size % 2,
                          &(qua_addr){.family = QUA_IPV4, .port = 4000, .ip = {192, 0, 2, what}});
        break;
    case 10:
        w->from = size ? w->server : (qua_addr){.family = QUA_IPV4, .port = 5000, .ip = {192, 0, 2, 2}};
        break;
    case 11:
        qua_ice_local_done(w->ice, w->now);
        qua_ice_remote_done(w->ice, w->now);
        break;
    case 12:
        turn_answer(w, data, size);
        break;
    case 13:
        through_relay(w, data, size);
        break;
    case 14:
        qua_ice_remove_local(w->ice, w->now, size % 2);
        break;
    case 15:
        qua_ice_note_media(w->ice, w->now, size % 2, &w->from);
        break;
    }
    drain(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_prng prng;
    qua_prng_seed(&prng, 1);
    const qua_random random = qua_prng_random(&prng);
    const qua_ice_config config = {.controlling = size % 2, .random = &random};
    world w = {.now = QUA_SECONDS(1)};

    if (qua_ice_create(&w.ice, &config) != 0)
        return 0;
    w.from = (qua_addr){.family = QUA_IPV4, .port = 5000, .ip = {192, 0, 2, 2}};
    w.server = (qua_addr){.family = QUA_IPV4, .port = 3478, .ip = {203, 0, 113, 1}};
    w.turn = (qua_addr){.family = QUA_IPV4, .port = 3478, .ip = {203, 0, 113, 2}};
    qua_md5("u:r:p", 5, w.turn_key);
    qua_ice_add_stun_server(w.ice, &w.server);
    qua_ice_add_turn_server(w.ice, &w.turn, "u", "p");
    qua_ice_add_local(w.ice, w.now, 0, &(qua_addr){.family = QUA_IPV4, .port = 4000, .ip = {192, 0, 2, 1}});
    while (size >= 2) {
        const size_t n = QUA_MIN(data[1], size - 2);
        step(&w, data[0], data + 2, n);
        data += 2 + n;
        size -= 2 + n;
    }
    qua_ice_destroy(&w.ice);
    return 0;
}
