/*
 * The network in virtual time: pipes, NATs, hosts, a STUN server, an event scheduler. Same seed, same trace.
 *
 * A datagram goes: host -> NAT of its interface (address translated) -> the interface's `up` pipe -> the leg pipe of
 * this pair of interfaces, if one is set -> the receiving interface's `down` pipe -> its NAT -> host. Pipes and NATs
 * may be shared: two interfaces with one `up` pipe share an uplink, two behind one NAT are in one home.
 *
 * A participant is three callbacks. After each receive, timeout and sim_net_wake the network asks `deadline` and
 * calls `timeout` when virtual time gets there.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "base/base.h"

/* ---- pipe: queue, server, loss, delay -------------------------------------------------------------------- */

/**
 * One direction of a link, in the order a packet meets it: drop-tail queue -> server (fixed rate or Mahimahi trace)
 * -> loss -> duplication -> delay, jitter, reordering. All zero: a perfect wire.
 * Text form of the same, for stories (the call lab's words): "rate=1000 delay=25 qbytes=6250 loss=0.02".
 */
typedef struct sim_link {
    double rate_kbps;       /* rate: 0 unlimited; ignored with a trace */
    double delay_ms;        /* delay */
    double jitter_ms;       /* jitter: 0..jitter more, uniform, order kept */
    double qbytes;          /* qbytes: queue limit, 0 unlimited */
    double qpackets;        /* qpkts */
    double qms;             /* qms: queue limit in ms at the present fixed rate */
    double loss;            /* loss: 0..1 */
    double duplicate;       /* dup: 0..1 */
    double reorder;         /* reorder=P,MS: with probability P a packet is held MS more and may be overtaken */
    double reorder_ms;
    double ecn_ms;          /* ecn: CE-mark ECT packets that waited longer, own serialisation apart; 0 off */
    bool ge;                /* ge=p,r,h,k: Gilbert-Elliott, P(good->bad), P(bad->good), P(pass) in bad, in good */
    double ge_p, ge_r, ge_h, ge_k;
    double mtu;             /* mtu: larger datagrams (with 28 bytes of header) vanish; 0 off */
} sim_link;

/** Read the text form over *link, keeping what is not named; a trace is set apart. Asserts on bad words. */
void sim_link_parse(sim_link *link, const char *text);

typedef struct sim_pipe sim_pipe;

typedef struct sim_pipe_stats {
    uint64_t in_packets, in_bytes, out_packets, out_bytes; /* out: past the loss */
    uint64_t dropped_queue, dropped_loss, ce, duplicated;
    uint64_t queue_packets, queue_bytes;                   /* waiting now */
    double capacity_bytes;                                 /* what the server could have served */
    double queue_ms_p50, queue_ms_p95, queue_ms_p99;       /* time in queue and server */
} sim_pipe_stats;

/* ---- the network ----------------------------------------------------------------------------------------- */

typedef struct sim_net sim_net;
typedef struct sim_host sim_host;
typedef struct sim_iface sim_iface;
typedef struct sim_nat sim_nat;

/** Starts at virtual time 1 s (0 would hide bugs). All randomness of the network derives from `seed`. */
sim_net *sim_net_create(uint64_t seed);
void sim_net_destroy(sim_net **net);
qua_time sim_net_now(const sim_net *net);
/** Run every event up to and including `until`; `now` is `until` afterwards. */
void sim_net_run_until(sim_net *net, qua_time until);
/** Run the one next event if there is any at or before `until`. @return false: none, and `now` is `until` */
bool sim_net_step(sim_net *net, qua_time until);
/** Call fn(context, now) at `when`: the story's own events. */
void sim_net_at(sim_net *net, qua_time when, void (*fn)(void *context, qua_time now), void *context);
/** A seeded generator for the participants' randomness, a different stream on every call; owned by the network. */
qua_prng *sim_net_prng(sim_net *net);

/** A pipe of this text form ("" is a perfect wire); owned by the network. */
sim_pipe *sim_net_pipe(sim_net *net, const char *link);
/** Change now what the text names, e.g. "rate=500", "loss=1". */
void sim_pipe_set(sim_pipe *pipe, const char *link);
/** The same at a later time. */
void sim_pipe_set_at(sim_pipe *pipe, qua_time when, const char *link);
/** Serve by a Mahimahi trace: ms at which 1504 bytes may leave, repeated; now is `offset_s` into it. */
void sim_pipe_trace(sim_pipe *pipe, const uint32_t *ms, size_t count, double offset_s);
/** The same from a file in Mahimahi's format. @return false when it cannot be read */
bool sim_pipe_trace_file(sim_pipe *pipe, const char *path, double offset_s);
/** Statistics since the start or the last sim_pipe_reset_stats. */
void sim_pipe_get_stats(const sim_pipe *pipe, sim_pipe_stats *out);
void sim_pipe_reset_stats(sim_pipe *pipe);

/** What a participant is. Any callback may send, set timers and change the network. */
typedef struct sim_host_ops {
    /** @param local the interface address it came to; data lent until return; ecn: the two ECN bits */
    void (*receive)(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                    size_t size, unsigned ecn);
    void (*timeout)(void *context, qua_time now);  /* may be NULL, with deadline */
    qua_time (*deadline)(void *context, qua_time now);
} sim_host_ops;

/** @param ops copied; `context` must outlive the network or be removed with sim_host_kill */
sim_host *sim_net_host(sim_net *net, const char *name, const sim_host_ops *ops, void *context);
/** The process dies: nothing is received or called any more. */
void sim_host_kill(sim_host *host);
/** The participant's deadline may have changed outside of a callback: ask again. */
void sim_host_wake(sim_host *host);

/**
 * Give the host an address. Behind a NAT it is a private one that only hosts of the same NAT reach directly.
 * @param ip literal, IPv4 or IPv6, unique among the interfaces of its NAT or of the public net
 * @param nat NULL: a public address; up, down: NULL: perfect wires
 */
sim_iface *sim_host_iface(sim_host *host, const char *ip, sim_nat *nat, sim_pipe *up, sim_pipe *down);
/** Port 0 of it, the address that a participant binds to. */
const qua_addr *sim_iface_addr(const sim_iface *iface);
/** Unplug or plug in: while down nothing leaves or arrives. */
void sim_iface_set_up(sim_iface *iface, bool up);
/** A pipe of its own for what `from` sends to `to`, after `up` and before `down`; NULL takes it away. */
void sim_net_leg(sim_net *net, sim_iface *from, sim_iface *to, sim_pipe *pipe);

/**
 * Send one datagram from `local` (an interface's address with the port that the participant bound).
 * @param ecn 0..3. @return 0; QUA_EINVAL: no such interface, family differs or larger than QUA_DATAGRAM_MAX
 */
int sim_host_send(sim_host *host, const qua_addr *local, const qua_addr *to, const void *data, size_t size,
                  unsigned ecn);

/** Called for every datagram handed to `send` (delivered false) and to a host (true): dumps and assertions. */
typedef void (*sim_net_tap_fn)(void *context, qua_time now, const qua_addr *from, const qua_addr *to,
                               const uint8_t *data, size_t size, bool delivered);
void sim_net_tap(sim_net *net, sim_net_tap_fn fn, void *context);

/* ---- NATs ------------------------------------------------------------------------------------------------ */

/** The four classic kinds (RFC 3489 §5) in RFC 4787's words. */
typedef enum sim_nat_kind {
    SIM_NAT_FULL_CONE,       /* endpoint-independent mapping and filtering */
    SIM_NAT_RESTRICTED,      /* endpoint-independent mapping, address-dependent filtering */
    SIM_NAT_PORT_RESTRICTED, /* endpoint-independent mapping, address- and port-dependent filtering */
    SIM_NAT_SYMMETRIC        /* address- and port-dependent mapping and filtering */
} sim_nat_kind;

/** @param ip its public address. Mappings last 120 s after the last outbound packet; no hairpin. */
sim_nat *sim_net_nat(sim_net *net, sim_nat_kind kind, const char *ip);
void sim_nat_set_timeout(sim_nat *nat, qua_time timeout);
void sim_nat_set_hairpin(sim_nat *nat, bool on);
/** Drop all UDP at this NAT: an enterprise firewall. */
void sim_nat_block_udp(sim_nat *nat, bool on);
/** The NAT reboots: all mappings are gone, new ones get other ports. */
void sim_nat_reset(sim_nat *nat);
size_t sim_nat_mappings(const sim_nat *nat);

/* ---- servers --------------------------------------------------------------------------------------------- */

/** A public host that answers STUN Binding requests (RFC 8489) on this port with XOR-MAPPED-ADDRESS. */
sim_host *sim_net_stun_server(sim_net *net, const char *ip, uint16_t port);

/* ---- TCP, for company ------------------------------------------------------------------------------------ */

/**
 * A greedy TCP flow (NewReno, RFC 6582, 1448-byte segments) through `forward` with ACKs through `backward`, from
 * `start` until `stop`: what a call meets at home. Owned by the network.
 */
typedef struct sim_tcp sim_tcp;
sim_tcp *sim_net_tcp(sim_net *net, sim_pipe *forward, sim_pipe *backward, qua_time start, qua_time stop);
/** Bytes acknowledged so far. */
uint64_t sim_tcp_delivered(const sim_tcp *tcp);

#endif
