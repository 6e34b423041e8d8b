/*
 * Two agents of this process that meet through a real TURN server alone and send media both ways over it.
 * usage: coturn_probe IP PORT SECRET SECONDS    (time-limited credentials made from SECRET, as coturn takes them)
 * Exits 0 when every datagram sent after the first second went through; says what it saw.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "ice/ice.h"
#include "os/os.h"

#define MEDIA_EVERY QUA_MS(20)

typedef struct agent {
    struct agent *other;
    qua_ice *ice;
    os_udp *udp;
    size_t sent, received, relayed_candidates;
    qua_time connected_at;
} agent;

static void drain(agent *a)
{
    qua_ice_transmit out;
    qua_ice_event event;

    while (qua_ice_poll_transmit(a->ice, &out))
        os_udp_send(a->udp, &out.to, out.data, out.size, 0);
    while (qua_ice_poll_event(a->ice, &event)) {
        qua_ice_candidate c;
        if (event.type == QUA_ICE_EVENT_STATE && event.state == QUA_ICE_STATE_COMPLETED)
            a->connected_at = os_now();
        if (event.type != QUA_ICE_EVENT_CANDIDATE || qua_ice_candidate_parse(&c, event.candidate) != 0)
            continue;
        a->relayed_candidates += c.kind == QUA_ICE_RELAY;
        qua_ice_add_remote_candidate(a->other->ice, os_now(), &c);
    }
}

static void on_datagram(void *context, os_udp *udp, qua_time now, const qua_addr *sender, uint8_t *data, size_t size,
                        unsigned ecn)
{
    agent *a = context;
    uint8_t *inner = data;
    qua_addr from = *sender;
    int base = 0;

    (void)udp, (void)ecn;
    if (qua_ice_unwrap(a->ice, &base, &from, &inner, &size) != 0)
        return;
    if (qua_ice_input(a->ice, now, base, &from, inner, size) == QUA_EIGNORED)
        a->received++;
    drain(a);
}

static void send_media(agent *a)
{
    uint8_t data[QUA_ICE_WRAP_SIZE + 1000] = {0};
    const size_t header = qua_ice_wrap(a->ice, 1000, data);
    qua_addr to;
    int base;

    if (!qua_ice_selected(a->ice, &base, &to))
        return;
    data[header] = 0x80;
    os_udp_send(a->udp, &to, data, header + 1000, 0);
    a->sent++;
}

static void join(agent *a, agent *other, os_loop *loop, bool controlling, const qua_random *random)
{
    const qua_ice_config config = {
        .controlling = controlling, .relay_only = true, .allow_loopback = true, .random = random};
    qua_addr local;

    a->other = other;
    if (qua_addr_parse(&local, "127.0.0.1", 0) != 0 || os_udp_open(&a->udp, loop, &local, on_datagram, a) != 0 ||
        qua_ice_create(&a->ice, &config) != 0)
        abort();
}

/* The user name says until when, the password proves it (draft-uberti-behave-turn-rest). */
static void credentials(const char *secret, char *name, size_t name_capacity, char *password, size_t capacity)
{
    uint8_t mac[QUA_SHA1_SIZE];

    snprintf(name, name_capacity, "%lld:probe", (long long)(os_wall_us() / 1000000 + 600));
    qua_hmac_sha1(secret, strlen(secret), name, strlen(name), mac);
    qua_base64_encode(password, capacity, mac, sizeof mac);
}

static void run(os_loop *loop, agent agents[2], qua_time duration)
{
    const qua_time end = os_now() + duration;
    qua_time media_at = os_now();

    while (os_now() < end) {
        qua_time deadline = QUA_MIN(end, media_at);
        for (size_t i = 0; i < 2; i++)
            deadline = QUA_MIN(deadline, qua_ice_deadline(agents[i].ice));
        os_loop_run_once(loop, deadline);
        for (size_t i = 0; i < 2; i++) {
            if (qua_ice_deadline(agents[i].ice) <= os_now())
                qua_ice_on_timeout(agents[i].ice, os_now());
            drain(&agents[i]);
            if (os_now() >= media_at)
                send_media(&agents[i]);
        }
        if (os_now() >= media_at)
            media_at += MEDIA_EVERY;
    }
}

static bool passed(const agent *a, const char *name)
{
    qua_ice_stats stats;

    qua_ice_get_stats(a->ice, &stats);
    printf("%s: %zu relayed candidates, %s, rtt %.1f ms, sent %zu, received %zu\n", name, a->relayed_candidates,
           qua_ice_get_state(a->ice) == QUA_ICE_STATE_COMPLETED ? "connected" : "not connected",
           (double)stats.rtt_us / 1e3, a->sent, a->received);
    return qua_ice_get_state(a->ice) == QUA_ICE_STATE_COMPLETED && stats.local_kind == QUA_ICE_RELAY && a->sent > 50 &&
           a->received + 25 >= a->other->sent;
}

int main(int argc, char **argv)
{
    static agent agents[2];
    const qua_random random = qua_crypto_random();
    char name[64], password[64];
    os_loop *loop;
    qua_addr server;

    if (argc != 5 || qua_addr_parse(&server, argv[1], (uint16_t)atoi(argv[2])) != 0 || os_loop_create(&loop) != 0) {
        fprintf(stderr, "usage: coturn_probe IP PORT SECRET SECONDS\n");
        return 2;
    }
    credentials(argv[3], name, sizeof name, password, sizeof password);
    for (size_t i = 0; i < 2; i++)
        join(&agents[i], &agents[1 - i], loop, i == 0, &random);
    for (size_t i = 0; i < 2; i++) {
        agent *a = &agents[i], *b = a->other;
        qua_ice_add_turn_server(a->ice, &server, name, password);
        qua_ice_add_local(a->ice, os_now(), 0, os_udp_local(a->udp));
        qua_ice_local_done(a->ice, os_now());
        qua_ice_set_remote(a->ice, os_now(), qua_ice_local_ufrag(b->ice), qua_ice_local_password(b->ice), false);
    }
    run(loop, agents, QUA_SECONDS(atoi(argv[4])));
    const bool ana = passed(&agents[0], "ana"), ben = passed(&agents[1], "ben");
    for (size_t i = 0; i < 2; i++) {
        qua_ice_close(agents[i].ice);
        drain(&agents[i]);
        qua_ice_destroy(&agents[i].ice);
    }
    os_loop_destroy(&loop);
    return ana && ben ? 0 : 1;
}
