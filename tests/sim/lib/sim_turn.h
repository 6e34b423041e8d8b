/*
 * A TURN server in the virtual network (RFC 8656 over UDP), by hand: independent of the client under test.
 */
#ifndef SIM_TURN_H
#define SIM_TURN_H

#include "sim_net.h"

typedef struct sim_turn sim_turn;

typedef struct sim_turn_stats {
    size_t allocations, channels;           /* alive now */
    size_t challenges, stale, unauthorized; /* 401 to who said no name, 438, 401 to who said a wrong password */
    size_t relayed_in, relayed_out;         /* datagrams toward the client, toward peers */
    size_t wasted;                          /* indications where a channel was bound */
    size_t dropped;                         /* without permission, or to nobody */
} sim_turn_stats;

/** A public host at `ip` that relays from its own address for who knows these credentials. */
sim_turn *sim_net_turn_server(sim_net *net, const char *ip, uint16_t port, const char *username, const char *password);
/** From now on the nonces told so far are stale, RFC 8489 §9.2.4. */
void sim_turn_stale_nonces(sim_turn *turn);
/** The process was restarted: all allocations are forgotten. */
void sim_turn_forget(sim_turn *turn);
/** It dies. */
void sim_turn_kill(sim_turn *turn);
/** Lifetime that is granted, seconds; 600 at first. */
void sim_turn_set_lifetime(sim_turn *turn, uint32_t seconds);
void sim_turn_get_stats(const sim_turn *turn, sim_turn_stats *out);

#endif
