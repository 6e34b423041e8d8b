/* What the parts of the virtual network share: events and packets on their way. */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "sim_net.h"

typedef struct sim_packet sim_packet;

/** What happens to a packet when it leaves a pipe. Takes the packet. */
typedef void (*sim_packet_fn)(sim_net *net, sim_packet *packet);

struct sim_packet {
    sim_packet *next; /* in a pipe's queue or the free list */
    sim_packet_fn arrive;
    sim_iface *source, *target;
    void *owner;    /* TCP: its flow */
    int64_t number; /* TCP: segment or acknowledgement */
    qua_addr from, to;
    double queued_at;
    uint32_t wire; /* bytes with IP and UDP headers */
    uint16_t size;
    uint8_t ecn;
    uint8_t data[QUA_DATAGRAM_MAX];
};

/** Events at one time run in the order in which they were scheduled. */
void sim_schedule(sim_net *net, qua_time when, void (*fn)(void *context, qua_time now), void *context);
/** The same; `context` is freed afterwards. */
void sim_schedule_owned(sim_net *net, qua_time when, void (*fn)(void *context, qua_time now), void *context);
/** Call packet->arrive at `when`. Takes the packet. */
void sim_schedule_packet(sim_net *net, qua_time when, sim_packet *packet);
sim_packet *sim_packet_get(sim_net *net);
void sim_packet_put(sim_net *net, sim_packet *packet);
/** Let the network free it at its end. */
void sim_own(sim_net *net, void *object, void (*destroy)(void *object));

/** Put a packet into a pipe; NULL is a perfect wire. Takes the packet. */
void sim_pipe_push(sim_net *net, sim_pipe *pipe, sim_packet *packet);

/** Translate an outgoing packet's source. @return false: the NAT drops it */
bool sim_nat_outbound(sim_nat *nat, qua_time now, sim_packet *packet);
/** @return the inside address that an incoming packet is for, or NULL when the NAT filters it */
const qua_addr *sim_nat_inbound(sim_nat *nat, qua_time now, const sim_packet *packet);
const qua_addr *sim_nat_public(const sim_nat *nat);
bool sim_nat_hairpins(const sim_nat *nat);

#endif
