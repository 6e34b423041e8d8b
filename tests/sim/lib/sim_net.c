/* Virtual time, hosts, interfaces and routing. */
#include "sim_internal.h"

#include <stdlib.h>

typedef struct event {
    qua_time when;
    uint64_t order;
    void (*fn)(void *context, qua_time now); /* NULL: `context` is a packet that arrives */
    void *context;
    bool owned; /* free(context) afterwards */
} event;

typedef struct owned {
    void *object;
    void (*destroy)(void *object);
    struct owned *next;
} owned;

typedef struct leg {
    const sim_iface *from, *to;
    sim_pipe *pipe;
} leg;

struct sim_iface {
    sim_host *host;
    qua_addr addr;
    sim_nat *nat;
    sim_pipe *up, *down;
    bool is_up;
    sim_iface *next;
};

struct sim_host {
    sim_net *net;
    char *name;
    sim_host_ops ops;
    void *context;
    bool alive;
    qua_time armed; /* when the next timer event fires; QUA_TIME_NEVER: none */
};

struct sim_net {
    qua_time now;
    uint64_t seed, streams;
    event *heap;
    size_t events, heap_capacity;
    uint64_t order;
    sim_packet *free_packets;
    owned *things;
    sim_iface *ifaces;
    leg *legs;
    size_t leg_count;
    sim_net_tap_fn tap;
    void *tap_context;
};

/* ---- events ---------------------------------------------------------------------------------------------- */

static bool sooner(const event *a, const event *b)
{
    return a->when < b->when || (a->when == b->when && a->order < b->order);
}

static void push_event(sim_net *net, event e)
{
    if (net->events == net->heap_capacity) {
        net->heap_capacity = net->heap_capacity ? 2 * net->heap_capacity : 1024;
        net->heap = realloc(net->heap, net->heap_capacity * sizeof *net->heap);
        assert(net->heap);
    }
    size_t i = net->events++;
    for (; i > 0 && sooner(&e, &net->heap[(i - 1) / 2]); i = (i - 1) / 2)
        net->heap[i] = net->heap[(i - 1) / 2];
    net->heap[i] = e;
}

static event pop_event(sim_net *net)
{
    const event first = net->heap[0], last = net->heap[--net->events];
    size_t i = 0;

    for (size_t child; (child = 2 * i + 1) < net->events; i = child) {
        if (child + 1 < net->events && sooner(&net->heap[child + 1], &net->heap[child]))
            child++;
        if (!sooner(&net->heap[child], &last))
            break;
        net->heap[i] = net->heap[child];
    }
    net->heap[i] = last;
    return first;
}

void sim_schedule(sim_net *net, qua_time when, void (*fn)(void *context, qua_time now), void *context)
{
    push_event(net, (event){QUA_MAX(when, net->now), ++net->order, fn, context, false});
}

void sim_schedule_owned(sim_net *net, qua_time when, void (*fn)(void *context, qua_time now), void *context)
{
    push_event(net, (event){QUA_MAX(when, net->now), ++net->order, fn, context, true});
}

void sim_schedule_packet(sim_net *net, qua_time when, sim_packet *packet)
{
    push_event(net, (event){QUA_MAX(when, net->now), ++net->order, NULL, packet, false});
}

void sim_net_at(sim_net *net, qua_time when, void (*fn)(void *context, qua_time now), void *context)
{
    sim_schedule(net, when, fn, context);
}

bool sim_net_step(sim_net *net, qua_time until)
{
    if (net->events == 0 || net->heap[0].when > until) {
        net->now = QUA_MAX(net->now, until);
        return false;
    }
    const event e = pop_event(net);
    net->now = e.when;
    if (e.fn)
        e.fn(e.context, e.when);
    else
        ((sim_packet *)e.context)->arrive(net, e.context);
    if (e.owned)
        free(e.context);
    return true;
}

void sim_net_run_until(sim_net *net, qua_time until)
{
    while (sim_net_step(net, until)) {
    }
}

/* ---- packets and ownership ------------------------------------------------------------------------------- */

sim_packet *sim_packet_get(sim_net *net)
{
    sim_packet *packet = net->free_packets;

    if (packet)
        net->free_packets = packet->next;
    else
        packet = malloc(sizeof *packet);
    assert(packet);
    packet->next = NULL;
    packet->source = packet->target = NULL;
    return packet;
}

void sim_packet_put(sim_net *net, sim_packet *packet)
{
    packet->next = net->free_packets;
    net->free_packets = packet;
}

void sim_own(sim_net *net, void *object, void (*destroy)(void *object))
{
    owned *thing = malloc(sizeof *thing);

    assert(thing);
    *thing = (owned){object, destroy, net->things};
    net->things = thing;
}

sim_net *sim_net_create(uint64_t seed)
{
    sim_net *net = qua_zalloc(sizeof *net);

    assert(net);
    net->seed = seed;
    net->now = QUA_SECONDS(1);
    return net;
}

qua_time sim_net_now(const sim_net *net) { return net->now; }

qua_prng *sim_net_prng(sim_net *net)
{
    qua_prng *prng = malloc(sizeof *prng);

    assert(prng);
    qua_prng_seed(prng, net->seed * 0x9e3779b97f4a7c15u + ++net->streams * 0xd1342543de82ef95u);
    sim_own(net, prng, free);
    return prng;
}

static void drop_events(sim_net *net)
{
    while (net->events > 0) {
        const event e = pop_event(net);
        if (!e.fn)
            sim_packet_put(net, e.context);
        else if (e.owned)
            free(e.context);
    }
    free(net->heap);
}

void sim_net_destroy(sim_net **net)
{
    sim_net *n = *net;

    if (!n)
        return;
    *net = NULL;
    drop_events(n);
    for (owned *thing; (thing = n->things);) {
        n->things = thing->next;
        thing->destroy(thing->object);
        free(thing);
    }
    for (sim_packet *packet; (packet = n->free_packets);) {
        n->free_packets = packet->next;
        free(packet);
    }
    free(n->legs);
    free(n);
}

/* ---- hosts ----------------------------------------------------------------------------------------------- */

static void arm(sim_host *host);

static void on_host_timer(void *context, qua_time now)
{
    sim_host *host = context;

    if (!host->alive || now < host->armed)
        return;
    host->armed = QUA_TIME_NEVER;
    if (host->ops.deadline(host->context, now) <= now)
        host->ops.timeout(host->context, now);
    arm(host);
}

/* An event that fires early only asks again. */
static void arm(sim_host *host)
{
    sim_net *net = host->net;

    if (!host->alive || !host->ops.deadline)
        return;
    const qua_time wish = host->ops.deadline(host->context, net->now);
    if (wish == QUA_TIME_NEVER || host->armed <= wish)
        return;
    host->armed = QUA_MAX(wish, net->now);
    sim_schedule(net, host->armed, on_host_timer, host);
}

static void destroy_host(void *object)
{
    sim_host *host = object;

    free(host->name);
    free(host);
}

sim_host *sim_net_host(sim_net *net, const char *name, const sim_host_ops *ops, void *context)
{
    sim_host *host = qua_zalloc(sizeof *host);

    assert(host && ops->receive && !ops->timeout == !ops->deadline);
    host->net = net;
    host->name = qua_strndup(name, strlen(name));
    host->ops = *ops;
    host->context = context;
    host->alive = true;
    host->armed = QUA_TIME_NEVER;
    sim_own(net, host, destroy_host);
    return host;
}

void sim_host_kill(sim_host *host) { host->alive = false; }
void sim_host_wake(sim_host *host) { arm(host); }

sim_iface *sim_host_iface(sim_host *host, const char *ip, sim_nat *nat, sim_pipe *up, sim_pipe *down)
{
    sim_iface *iface = qua_zalloc(sizeof *iface);
    const int error = iface ? qua_addr_parse(&iface->addr, ip, 0) : QUA_ENOMEM;

    assert(error == 0);
    (void)error;
    iface->host = host;
    iface->nat = nat;
    iface->up = up;
    iface->down = down;
    iface->is_up = true;
    iface->next = host->net->ifaces;
    host->net->ifaces = iface;
    sim_own(host->net, iface, free);
    return iface;
}

const qua_addr *sim_iface_addr(const sim_iface *iface) { return &iface->addr; }
void sim_iface_set_up(sim_iface *iface, bool up) { iface->is_up = up; }

void sim_net_leg(sim_net *net, sim_iface *from, sim_iface *to, sim_pipe *pipe)
{
    for (size_t i = 0; i < net->leg_count; i++) {
        if (net->legs[i].from == from && net->legs[i].to == to) {
            net->legs[i].pipe = pipe;
            return;
        }
    }
    net->legs = realloc(net->legs, (net->leg_count + 1) * sizeof *net->legs);
    assert(net->legs);
    net->legs[net->leg_count++] = (leg){from, to, pipe};
}

void sim_net_tap(sim_net *net, sim_net_tap_fn fn, void *context)
{
    net->tap = fn;
    net->tap_context = context;
}

/* ---- a packet's way -------------------------------------------------------------------------------------- */

static sim_pipe *leg_pipe(const sim_net *net, const sim_packet *packet)
{
    for (size_t i = 0; i < net->leg_count; i++)
        if (net->legs[i].from == packet->source && net->legs[i].to == packet->target)
            return net->legs[i].pipe;
    return NULL;
}

static void deliver(sim_net *net, sim_packet *packet)
{
    sim_iface *iface = packet->target;
    sim_host *host = iface->host;

    if (iface->is_up && host->alive) {
        if (net->tap)
            net->tap(net->tap_context, net->now, &packet->from, &packet->to, packet->data, packet->size, true);
        host->ops.receive(host->context, net->now, &packet->to, &packet->from, packet->data, packet->size,
                          packet->ecn);
        arm(host);
    }
    sim_packet_put(net, packet);
}

static void after_leg(sim_net *net, sim_packet *packet)
{
    packet->arrive = deliver;
    sim_pipe_push(net, packet->target->down, packet);
}

static sim_iface *find_iface(const sim_net *net, const qua_addr *addr, const sim_nat *nat)
{
    for (sim_iface *iface = net->ifaces; iface; iface = iface->next)
        if (iface->nat == nat && qua_addr_same_ip(&iface->addr, addr))
            return iface;
    return NULL;
}

/* The NAT whose public address a packet is for; NATs are known by the interfaces behind them. */
static sim_nat *find_nat(const sim_net *net, const qua_addr *addr)
{
    for (sim_iface *iface = net->ifaces; iface; iface = iface->next)
        if (iface->nat && qua_addr_same_ip(sim_nat_public(iface->nat), addr))
            return iface->nat;
    return NULL;
}

/* In the core: find who the packet is for, through the far NAT if there is one. */
static void after_up(sim_net *net, sim_packet *packet)
{
    packet->target = find_iface(net, &packet->to, NULL);
    if (!packet->target) {
        sim_nat *nat = find_nat(net, &packet->to);
        const qua_addr *inside = nat ? sim_nat_inbound(nat, net->now, packet) : NULL;
        if (inside) {
            packet->to = *inside;
            packet->target = find_iface(net, inside, nat);
        }
    }
    if (!packet->target) {
        sim_packet_put(net, packet);
        return;
    }
    packet->arrive = after_leg;
    sim_pipe_push(net, leg_pipe(net, packet), packet);
}

static void send_in_home(sim_net *net, sim_packet *packet, sim_iface *neighbour)
{
    packet->target = neighbour;
    packet->arrive = deliver;
    sim_pipe_push(net, leg_pipe(net, packet), packet);
}

static void send_out(sim_net *net, sim_packet *packet)
{
    sim_nat *nat = packet->source->nat;

    if (nat) {
        sim_iface *neighbour = find_iface(net, &packet->to, nat);
        if (neighbour) {
            send_in_home(net, packet, neighbour);
            return;
        }
        const bool hairpin = qua_addr_same_ip(sim_nat_public(nat), &packet->to);
        if ((hairpin && !sim_nat_hairpins(nat)) || !sim_nat_outbound(nat, net->now, packet)) {
            sim_packet_put(net, packet);
            return;
        }
    }
    packet->arrive = after_up;
    sim_pipe_push(net, packet->source->up, packet);
}

static sim_iface *own_iface(const sim_host *host, const qua_addr *local)
{
    for (sim_iface *iface = host->net->ifaces; iface; iface = iface->next)
        if (iface->host == host && qua_addr_same_ip(&iface->addr, local))
            return iface;
    return NULL;
}

int sim_host_send(sim_host *host, const qua_addr *local, const qua_addr *to, const void *data, size_t size,
                  unsigned ecn)
{
    sim_net *net = host->net;
    sim_iface *iface = own_iface(host, local);

    if (!iface || local->family != to->family || size > QUA_DATAGRAM_MAX)
        return QUA_EINVAL;
    if (net->tap)
        net->tap(net->tap_context, net->now, local, to, data, size, false);
    if (!iface->is_up || !host->alive)
        return 0;
    sim_packet *packet = sim_packet_get(net);
    packet->source = iface;
    packet->from = *local;
    packet->to = *to;
    packet->ecn = (uint8_t)(ecn & 3);
    packet->size = (uint16_t)size;
    packet->wire = (uint32_t)size + (to->family == QUA_IPV6 ? 48 : 28);
    if (size)
        memcpy(packet->data, data, size);
    send_out(net, packet);
    return 0;
}
