/* The agent's insides, shared by its files. */
#ifndef ICE_AGENT_H
#define ICE_AGENT_H

#include "ice/ice.h"
#include "ice/turn.h"

#define PAIRS_MAX 128
/* Relays of the agent, over all bases and servers. */
#define ICE_RELAY_MAX 8
#define OUT_MAX       32
#define EVENTS_MAX    64

/* Ta, RFC 8445 §14.2: the pace of new transactions, checks and questions to STUN servers together. */
#define PACE QUA_MS(20)
/* RFC 8445 §14.3 asks for 500 ms unless the network is known; a lost first check must not cost half a second. */
#define RTO_FIRST   QUA_MS(200)
#define RTO_MAX     QUA_MS(1600)
#define CHECK_TRIES 8
#define QUERY_TRIES 5
/* A pair under way is not triggered again sooner: two agents must not answer each other's checks with checks. */
#define TRIGGER_GAP QUA_MS(50)
/* How long better pairs are waited for before the best so far is nominated. */
#define NOMINATE_AFTER QUA_MS(150)
/* A relay that answered first is no reason to stay on it: media flows meanwhile. */
#define NOMINATE_RELAY_AFTER QUA_SECONDS(1)
/* RFC 7675 §5.1: consent is asked for 4 to 6 s after the last answer and lasts 30 s. */
#define CONSENT_MIN       QUA_MS(4000)
#define CONSENT_SPREAD_MS 2000
#define CONSENT_EXPIRES   QUA_SECONDS(30)
/* A question without an answer is followed by plain checks, so that one lost datagram is not taken for silence. */
#define PROBE_EVERY   QUA_MS(500)
#define SUSPECT_AFTER QUA_SECONDS(2)
#define SILENT_AFTER  QUA_SECONDS(3)
/* Media came regularly and stopped: sooner. */
#define MEDIA_SILENT_AFTER  QUA_MS(300)
#define MEDIA_FORGOTTEN     QUA_SECONDS(3)
#define MEDIA_SUSPECT_AFTER QUA_MS(600)
#define MEDIA_PROBE_EVERY   QUA_MS(200)
/* The best pair of every other base is asked this often, and is good for an instant change while this fresh. */
#define BACKUP_EVERY QUA_SECONDS(10)
#define BACKUP_FRESH QUA_SECONDS(22)
/* RFC 5245's aggressive nominators nominate all they check: of those the best counts, later the last. */
#define NOMINATIONS_SETTLE QUA_SECONDS(3)
#define NOMINATION_GUARD   QUA_MS(500)
/* NATs keep a mapping for 30 s at least (RFC 4787 would have two minutes): RFC 8445 §11. */
#define KEEPALIVE_EVERY QUA_SECONDS(15)
#define ASKED_MAX       64 /* more than are open in CONSENT_EXPIRES, but for the oldest */
/* RFC 8863: the far side's checks may come long after our own were given up. */
#define PATIENCE QUA_SECONDS(30)

enum {
    ICE_ATTR_USERNAME = 0x0006,
    ICE_ATTR_ERROR_CODE = 0x0009,
    ICE_ATTR_UNKNOWN = 0x000a,
    ICE_ATTR_PRIORITY = 0x0024,
    ICE_ATTR_USE_CANDIDATE = 0x0025,
    ICE_ATTR_CONTROLLED = 0x8029,
    ICE_ATTR_CONTROLLING = 0x802a
};

#define TRANSACTION_SIZE 12

typedef struct local_base {
    int base;
    qua_addr addr;
    uint32_t priority, prflx_priority;
    bool relayed;
} local_base;

typedef enum pair_state { PAIR_WAITING, PAIR_RUNNING, PAIR_SUCCEEDED, PAIR_FAILED } pair_state;

/*
 * A local base and a remote address. RFC 8445's frozen state is left out: with one component no two pairs share a
 * foundation, so each would be unfrozen at once.
 */
typedef struct pair {
    size_t local, remote; /* indexes */
    uint64_t priority;
    pair_state state;
    bool triggered; /* to be checked before the others */
    bool nominate;  /* controlling: its check carries USE-CANDIDATE */
    bool wanted;    /* controlled: the far side nominated it before our own check succeeded */
    bool nominated;
    bool pending;          /* a request waits for its answer */
    bool sent_controlling; /* the role that request claimed */
    uint8_t transaction[TRANSACTION_SIZE];
    int tries;
    qua_time sent_at, retry_at; /* of the last transmission, of the next */
    qua_time rtt;               /* -1 unknown */
    qua_time answered_at;       /* the last success */
    bool mapped_elsewhere;      /* the far side sees us at another address: our side is peer- or server-reflexive */
} pair;

/* Where media goes. It outlives a restart, with the credentials of before, until a new pair works. */
typedef struct media_path {
    bool usable;    /* consent is there */
    bool old;       /* found before a restart */
    bool suspected; /* it does not answer: other pairs are checked again */
    pair *pair;     /* NULL: old */
    int base;
    qua_addr remote;
    uint32_t priority; /* for PRIORITY in checks of consent */
    qua_ice_kind local_kind, remote_kind;
    qua_time rtt;
    qua_time answered_at, heard_at, silent_at; /* silent_at: NEVER while nothing is unanswered */
    qua_time ask_at;
    qua_time since, media_at; /* chosen, last media that came this way */
    bool media_expected;      /* some came this way, or by the path before until a moment ago */
    struct {
        bool open;
        uint8_t transaction[TRANSACTION_SIZE];
        qua_time at;
    } asked[ASKED_MAX]; /* an answer to any of them counts, RFC 7675 §5.1 */
    size_t asked_next;
} media_path;

/* A candidate of ours, as the far side was told it. */
typedef struct local_candidate {
    size_t local;
    qua_addr addr;
    char text[256];
} local_candidate;

typedef struct stun_query {
    size_t server, local;
    uint8_t transaction[TRANSACTION_SIZE];
    int tries;
    qua_time retry_at;
    bool done;
} stun_query;

typedef struct ice_secret {
    char ufrag[QUA_ICE_UFRAG_MAX + 1], password[QUA_ICE_UFRAG_MAX + 1];
} ice_secret;

struct qua_ice {
    bool controlling, allow_loopback, relay_only;
    const qua_random *random;
    const qua_log *log;
    uint64_t tie_breaker;
    ice_secret local, remote;
    ice_secret old_local, old_remote; /* of the path that was found before a restart */
    bool has_remote, remote_lite, remote_complete, local_complete, gathered;

    qua_ice_state state;
    qua_time checking_since, nominate_at, first_nomination;
    qua_time followed_at;  /* when the controlling side last followed media to another pair */
    qua_time keepalive_at; /* of what the servers see */
    qua_time paced_until;  /* no new transaction before */

    local_base locals[QUA_ICE_LOCAL_MAX + ICE_RELAY_MAX];
    size_t local_count, host_count;
    local_candidate candidates[QUA_ICE_LOCAL_MAX * 3];
    size_t candidate_count;
    qua_addr servers[QUA_ICE_STUN_MAX];
    size_t server_count;
    stun_query queries[QUA_ICE_LOCAL_MAX * QUA_ICE_STUN_MAX];
    size_t query_count;
    turn_server turn_servers[QUA_ICE_TURN_MAX];
    size_t turn_server_count;
    turn_allocation allocations[ICE_RELAY_MAX];
    size_t allocation_count;

    qua_ice_candidate remotes[QUA_ICE_REMOTE_MAX];
    size_t remote_count;
    pair pairs[PAIRS_MAX];
    size_t pair_count;
    media_path path;

    qua_ice_transmit out[OUT_MAX];
    size_t out_first, out_count;
    qua_ice_event events[EVENTS_MAX];
    size_t event_first, event_count;
    qua_ice_stats stats;
};

/* agent.c */
void ice_set_state(qua_ice *ice, qua_time now, qua_ice_state next);
void ice_emit(qua_ice *ice, qua_ice_event_type type, const char *candidate);
qua_writer ice_begin_transmit(qua_ice *ice, int base, const qua_addr *to);
void ice_end_transmit(qua_ice *ice, const qua_writer *w);

/* request.c: what the far side asks */
int ice_on_request(qua_ice *ice, qua_time now, int base, const qua_addr *from, const qua_stun *m, const uint8_t *data,
                   size_t size);
void ice_switch_role(qua_ice *ice);

/* gather.c: local candidates */
bool ice_gather_input(qua_ice *ice, const qua_stun *message, int base, const qua_addr *from);
void ice_gather_timeout(qua_ice *ice, qua_time now);
qua_time ice_gather_deadline(const qua_ice *ice);
/** A Binding indication: nobody answers, but the NAT sees traffic. */
void ice_send_keepalive(qua_ice *ice, int base, const qua_addr *to);
/** Tell the owner once every server has answered or was given up. */
void ice_gather_finish(qua_ice *ice);
/** A server relays for us: a base and a candidate more, and where it sees us a reflexive one. */
/** Forget a base and its candidates. */
void ice_drop_local(qua_ice *ice, size_t local);
void ice_gather_relayed(qua_ice *ice, turn_allocation *a, int base, const qua_addr *relayed, const qua_addr *mapped);

/* turn.c: relays */
/** @return the allocation behind a relayed base, NULL: an ordinary base */
turn_allocation *ice_turn_allocation(qua_ice *ice, int base);
turn_channel *ice_turn_channel(turn_allocation *a, const qua_addr *peer);
void ice_turn_plan(qua_ice *ice, size_t local, size_t server);
/** @return false: it answers nothing that we asked a TURN server */
bool ice_turn_input(qua_ice *ice, qua_time now, const qua_stun *m, const uint8_t *data, size_t size, int base,
                    const qua_addr *from);
/** Let the peer in through this relay, if `base` is one. */
void ice_turn_want(qua_ice *ice, int base, const qua_addr *peer);
/** May checks go this way now? Always, where no relay is in between. */
bool ice_turn_ready(const qua_ice *ice, int base, const qua_addr *peer);
bool ice_turn_settled(const qua_ice *ice);
void ice_turn_timeout(qua_ice *ice, qua_time now);
qua_time ice_turn_deadline(const qua_ice *ice);
void ice_turn_release(qua_ice *ice);
/** The base below is gone. */
void ice_turn_drop(qua_ice *ice, size_t host);

/* relay.c: what goes through them */
/** Put the envelope around a message of ours. @return false: no such relay, or it does not fit */
bool ice_turn_wrap(qua_ice *ice, qua_ice_transmit *t);
/** Turns a relay and a peer into a socket and a server. @return false: that relay is not usable */
bool ice_turn_route(const qua_ice *ice, int *base, qua_addr *to);

/* checks.c: pairs and their checks */
void ice_pair_all(qua_ice *ice);
void ice_prioritize(qua_ice *ice);
void ice_drop_pairs(qua_ice *ice, size_t local);
pair *ice_find_pair(qua_ice *ice, int base, const qua_addr *remote);
ptrdiff_t ice_find_remote(const qua_ice *ice, const qua_addr *addr);
void ice_trigger(qua_ice *ice, qua_time now, pair *p);
void ice_send_check(qua_ice *ice, qua_time now, pair *p);
/** Writes the request that checks and consent share. */
void ice_write_check(qua_ice *ice, int base, const qua_addr *to, const uint8_t *transaction, uint32_t priority,
                     bool old, bool nominate);
/** @return false: it answers nothing that we asked */
bool ice_on_response(qua_ice *ice, qua_time now, const qua_stun *m, const uint8_t *data, size_t size, int base,
                     const qua_addr *from);
void ice_checks_timeout(qua_ice *ice, qua_time now);
qua_time ice_checks_deadline(const qua_ice *ice);

/* path.c: selection, nomination, consent */
/** Has this generation of ICE its nominated pair in use? */
bool ice_concluded(const qua_ice *ice);
void ice_reconsider(qua_ice *ice, qua_time now);
void ice_path_answered(qua_ice *ice, qua_time now);
bool ice_path_response(qua_ice *ice, qua_time now, const qua_stun *m, const uint8_t *data, size_t size, int base,
                       const qua_addr *from);
/** Doubt the selected path: other pairs are checked again, the first to answer takes over. */
void ice_path_suspect(qua_ice *ice);
/** The base of the selected path is gone. */
void ice_path_cut(qua_ice *ice, qua_time now);
void ice_path_timeout(qua_ice *ice, qua_time now);
qua_time ice_path_deadline(const qua_ice *ice);

#endif
