/* Two ICE agents in the virtual network. */
#include "ice_bed.h"

#include <stdio.h>

#define PORT 5000

/* ---- signaling ------------------------------------------------------------------------------------------- */

static void on_message(void *context, qua_time now);

static ice_bed_message *new_message(ice_person *to)
{
    ice_bed *bed = to->bed;
    ice_bed_message *m = &bed->messages[bed->message_count++];

    assert(bed->message_count <= ICE_BED_MESSAGES);
    memset(m, 0, sizeof *m);
    m->to = to;
    sim_net_at(bed->net, sim_net_now(bed->net) + bed->signaling_delay, on_message, m);
    return m;
}

static void describe(ice_person *from, bool is_offer)
{
    ice_bed_message *m = new_message(from->other);

    m->is_description = true;
    m->is_offer = is_offer;
    snprintf(m->ufrag, sizeof m->ufrag, "%s", qua_ice_local_ufrag(from->ice));
    snprintf(m->password, sizeof m->password, "%s", qua_ice_local_password(from->ice));
}

static void add_candidate(ice_person *p, qua_time now, const char *text)
{
    qua_ice_candidate c;
    int error = qua_ice_candidate_parse(&c, text);

    assert(error == 0);
    error = qua_ice_add_remote_candidate(p->ice, now, &c);
    assert(error == 0);
    (void)error;
}

/* ---- one agent ------------------------------------------------------------------------------------------- */

static void on_state(ice_person *p, qua_ice_state state)
{
    if (!p->connected_at && (state == QUA_ICE_STATE_CONNECTED || state == QUA_ICE_STATE_COMPLETED))
        p->connected_at = sim_net_now(p->bed->net);
    p->silences += state == QUA_ICE_STATE_DISCONNECTED;
}

static void on_event(ice_person *p, const qua_ice_event *event)
{
    switch (event->type) {
    case QUA_ICE_EVENT_CANDIDATE: {
        ice_bed_message *m = new_message(p->other);
        snprintf(m->candidate, sizeof m->candidate, "%s", event->candidate);
        break;
    }
    case QUA_ICE_EVENT_GATHERED:
        new_message(p->other)->is_end = true;
        break;
    case QUA_ICE_EVENT_STATE:
        on_state(p, event->state);
        break;
    case QUA_ICE_EVENT_SELECTED:
        p->selections++;
        break;
    }
}

static void drain(ice_person *p)
{
    qua_ice_transmit out;
    qua_ice_event event;

    while (qua_ice_poll_transmit(p->ice, &out)) {
        const int error = sim_host_send(p->host, &p->addrs[out.base], &out.to, out.data, out.size, 0);
        assert(error == 0);
        (void)error;
        p->sent++;
    }
    while (qua_ice_poll_event(p->ice, &event))
        on_event(p, &event);
    sim_host_wake(p->host);
}

static void on_message(void *context, qua_time now)
{
    const ice_bed_message *m = context;
    ice_person *p = m->to;

    if (m->is_description) {
        const int error = qua_ice_set_remote(p->ice, now, m->ufrag, m->password, false);
        assert(error == 0);
        (void)error;
        p->has_remote = true;
        for (size_t i = 0; i < p->held_count; i++)
            add_candidate(p, now, p->held[i]);
        p->held_count = 0;
        if (m->is_offer)
            describe(p, false);
        else
            p->bed->answered_at = now;
    } else if (m->is_end) {
        qua_ice_remote_done(p->ice, now);
    } else if (p->has_remote) {
        add_candidate(p, now, m->candidate);
    } else {
        assert(p->held_count < QUA_ARRAY_SIZE(p->held));
        snprintf(p->held[p->held_count++], sizeof p->held[0], "%s", m->candidate);
    }
    drain(p);
}

static void on_media(ice_person *p, qua_time now, int base, const qua_addr *from)
{
    p->media_received++;
    qua_ice_note_media(p->ice, now, base, from);
    p->worst_gap = QUA_MAX(p->worst_gap, p->media_at ? now - p->media_at : 0);
    p->media_at = now;
}

static void take(ice_person *p, qua_time now, int base, qua_addr from, const uint8_t *data, size_t size)
{
    uint8_t copy[QUA_DATAGRAM_MAX], *inner = copy;

    memcpy(copy, data, size);
    if (qua_ice_unwrap(p->ice, &base, &from, &inner, &size) != 0)
        return;
    if (qua_ice_input(p->ice, now, base, &from, inner, size) == QUA_EIGNORED && size == 5)
        on_media(p, now, base, &from);
}

static void on_receive(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    ice_person *p = context;

    (void)ecn;
    for (size_t i = 0; i < p->iface_count; i++) {
        if (qua_addr_equal(&p->addrs[i], local))
            take(p, now, (int)i, *from, data, size);
    }
    drain(p);
}

static void on_timeout(void *context, qua_time now)
{
    ice_person *p = context;

    qua_ice_on_timeout(p->ice, now);
    drain(p);
}

static qua_time deadline(void *context, qua_time now)
{
    (void)now;
    return qua_ice_deadline(((ice_person *)context)->ice);
}

static void join(ice_bed *bed, ice_person *p, ice_person *other, const char *name, bool controlling)
{
    static const sim_host_ops ops = {on_receive, on_timeout, deadline};

    p->bed = bed;
    p->other = other;
    p->random = qua_prng_random(sim_net_prng(bed->net));
    const qua_ice_config config = {.controlling = controlling, .relay_only = bed->relay_only, .random = &p->random};
    const int error = qua_ice_create(&p->ice, &config);
    assert(error == 0);
    (void)error;
    p->host = sim_net_host(bed->net, name, &ops, p);
}

/* ---- the bed --------------------------------------------------------------------------------------------- */

void ice_bed_open(ice_bed *bed, uint64_t seed, bool relay_only)
{
    memset(bed, 0, sizeof *bed);
    bed->net = sim_net_create(seed);
    bed->relay_only = relay_only;
    join(bed, &bed->ana, &bed->ben, "ana", true);
    join(bed, &bed->ben, &bed->ana, "ben", false);
}

void ice_bed_close(ice_bed *bed)
{
    sim_net_destroy(&bed->net);
    qua_ice_destroy(&bed->ana.ice);
    qua_ice_destroy(&bed->ben.ice);
}

void ice_bed_stun_server(ice_bed *bed, const char *ip, uint16_t port)
{
    qua_addr addr;
    int error = qua_addr_parse(&addr, ip, port);

    assert(error == 0);
    sim_net_stun_server(bed->net, ip, port);
    error = qua_ice_add_stun_server(bed->ana.ice, &addr);
    assert(error == 0);
    error = qua_ice_add_stun_server(bed->ben.ice, &addr);
    assert(error == 0);
    (void)error;
}

sim_turn *ice_bed_turn_server(ice_bed *bed, const char *ip, uint16_t port)
{
    sim_turn *turn = sim_net_turn_server(bed->net, ip, port, "ana-and-ben", "secret");
    qua_addr addr;
    int error = qua_addr_parse(&addr, ip, port);

    assert(error == 0);
    error = qua_ice_add_turn_server(bed->ana.ice, &addr, "ana-and-ben", "secret");
    assert(error == 0);
    error = qua_ice_add_turn_server(bed->ben.ice, &addr, "ana-and-ben", "secret");
    assert(error == 0);
    (void)error;
    return turn;
}

static void gather(ice_person *p, size_t i)
{
    const int error = qua_ice_add_local(p->ice, sim_net_now(p->bed->net), (int)i, &p->addrs[i]);

    assert(error == 0);
    (void)error;
}

void ice_bed_attach(ice_bed *bed, ice_person *p, const char *ip, sim_nat *nat, const char *link)
{
    const size_t i = p->iface_count++;
    sim_pipe *up = sim_net_pipe(bed->net, link), *down = sim_net_pipe(bed->net, link);

    assert(i < ICE_BED_IFACES);
    p->ifaces[i] = sim_host_iface(p->host, ip, nat, up, down);
    p->addrs[i] = *sim_iface_addr(p->ifaces[i]);
    p->addrs[i].port = (uint16_t)(PORT + i);
    if (bed->called) {
        gather(p, i);
        drain(p);
    }
}

void ice_bed_detach(ice_person *p, size_t iface)
{
    sim_iface_set_up(p->ifaces[iface], false);
    qua_ice_remove_local(p->ice, sim_net_now(p->bed->net), (int)iface);
    drain(p);
}

static void gather_all(ice_person *p)
{
    for (size_t i = 0; i < p->iface_count; i++)
        gather(p, i);
    qua_ice_local_done(p->ice, sim_net_now(p->bed->net));
}

void ice_bed_call(ice_bed *bed, ice_person *offerer, qua_time delay)
{
    bed->signaling_delay = delay;
    describe(offerer, true);
    if (!bed->called) {
        gather_all(&bed->ana);
        gather_all(&bed->ben);
    }
    bed->called = true;
    drain(&bed->ana);
    drain(&bed->ben);
}

void ice_bed_run(ice_bed *bed, qua_time duration)
{
    sim_net_run_until(bed->net, sim_net_now(bed->net) + duration);
}

bool ice_bed_can_send(const ice_person *p)
{
    qua_addr remote;
    int base;

    return qua_ice_selected(p->ice, &base, &remote);
}

static bool send_media(ice_person *p)
{
    uint8_t data[QUA_ICE_WRAP_SIZE + 5];
    const size_t header = qua_ice_wrap(p->ice, 5, data);
    qua_addr remote;
    int base;

    if (!qua_ice_selected(p->ice, &base, &remote))
        return false;
    memcpy(data + header, "media", 5);
    return sim_host_send(p->host, &p->addrs[base], &remote, data, header + 5, 0) == 0;
}

static void on_tick(void *context, qua_time now)
{
    ice_bed *bed = context;

    send_media(&bed->ana);
    send_media(&bed->ben);
    sim_net_at(bed->net, now + QUA_MS(20), on_tick, bed);
}

void ice_bed_stream(ice_bed *bed)
{
    bed->ana.worst_gap = bed->ben.worst_gap = bed->ana.media_at = bed->ben.media_at = 0;
    on_tick(bed, sim_net_now(bed->net));
}

bool ice_bed_media_flows(ice_bed *bed, ice_person *from, ice_person *to)
{
    const size_t before = to->media_received;

    for (size_t i = 0; i < 10; i++) /* some may be lost */
        if (!send_media(from))
            return false;
    ice_bed_run(bed, QUA_SECONDS(1));
    return to->media_received > before;
}
