/*
 * Two ICE agents in the virtual network, and a signaling path between them: what ICE's stories are told with.
 */
#ifndef ICE_BED_H
#define ICE_BED_H

#include "ice/ice.h"
#include "sim_net.h"
#include "sim_turn.h"

#define ICE_BED_IFACES   8
#define ICE_BED_MESSAGES 1024

typedef struct ice_bed ice_bed;

typedef struct ice_person {
    ice_bed *bed;
    struct ice_person *other;
    qua_ice *ice;
    qua_random random;
    sim_host *host;
    sim_iface *ifaces[ICE_BED_IFACES];
    qua_addr addrs[ICE_BED_IFACES]; /* with the port that the base is bound to */
    size_t iface_count;
    bool has_remote;
    char held[64][256]; /* candidates that came before the description */
    size_t held_count;
    qua_time connected_at; /* of the first time, 0 never */
    size_t sent, silences, selections, media_received;
    qua_time media_at, worst_gap; /* of the stream toward this person */
} ice_person;

/** One message on the signaling path. */
typedef struct ice_bed_message {
    ice_person *to;
    bool is_description, is_offer, is_end;
    char ufrag[16], password[32], candidate[256];
} ice_bed_message;

struct ice_bed {
    sim_net *net;
    bool relay_only;
    ice_person ana, ben;
    qua_time signaling_delay;
    bool called;
    qua_time answered_at; /* when the answer of the last ice_bed_call came */
    ice_bed_message messages[ICE_BED_MESSAGES];
    size_t message_count;
};

void ice_bed_open(ice_bed *bed, uint64_t seed, bool relay_only);
void ice_bed_close(ice_bed *bed);
/** Both agents ask this server. Before ice_bed_call. */
void ice_bed_stun_server(ice_bed *bed, const char *ip, uint16_t port);
/** A TURN server that both have credentials for. Before ice_bed_call. */
sim_turn *ice_bed_turn_server(ice_bed *bed, const char *ip, uint16_t port);
/** Give a person an interface, `link` (see sim_link) each way; before ice_bed_call it is gathered with the others,
 * later at once. */
void ice_bed_attach(ice_bed *bed, ice_person *p, const char *ip, sim_nat *nat, const char *link);
/** One offers, the other answers, each candidate is trickled; messages take `delay` one way. Again: a new offer. */
void ice_bed_call(ice_bed *bed, ice_person *offerer, qua_time delay);
/** Both send media every 20 ms from now on; worst_gap is measured anew. */
void ice_bed_stream(ice_bed *bed);
/** An interface is gone, and its owner knows. */
void ice_bed_detach(ice_person *p, size_t iface);
void ice_bed_run(ice_bed *bed, qua_time duration);
bool ice_bed_can_send(const ice_person *p);
/** Send some datagrams of media over the selected path and see whether any arrives within a second. */
bool ice_bed_media_flows(ice_bed *bed, ice_person *from, ice_person *to);

#endif
