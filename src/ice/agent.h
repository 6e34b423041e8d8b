/* The agent's insides, shared by its files. */
#ifndef ICE_AGENT_H
#define ICE_AGENT_H

#include "ice/ice.h"

#define PAIRS_MAX 96
#define OUT_MAX 32
#define EVENTS_MAX 64

/* Ta, RFC 8445 §14.2: the pace of new checks. */
#define PACE QUA_MS(20)
/* First retransmission of a check; doubled up to RTO_MAX (RFC 8489 §6.2.1 allows an RTO fit for the network). */
#define RTO_FIRST QUA_MS(200)
#define RTO_MAX QUA_MS(1600)
#define CHECK_TRIES 8
/* How long better pairs are waited for before one is nominated. */
#define NOMINATE_AFTER QUA_MS(150)
/* RFC 7675 §5.1: checks of consent every 4 to 6 s, consent lasts 30 s. */
#define CONSENT_EXPIRES QUA_SECONDS(30)
#define SILENT_AFTER QUA_SECONDS(7)
#define CONNECT_TIMEOUT QUA_SECONDS(30)

typedef struct local_base {
    int base;
    qua_addr addr;
    uint32_t host_priority, prflx_priority;
} local_base;

typedef enum pair_state { PAIR_WAITING, PAIR_RUNNING, PAIR_SUCCEEDED, PAIR_FAILED } pair_state;

typedef struct pair {
    size_t local, remote; /* indexes */
    uint64_t priority;
    pair_state state;
    bool triggered;   /* to be checked before the others */
    bool nominating;  /* the check under way carries USE-CANDIDATE */
    bool nominated;
    bool wanted;      /* controlled: the far side nominated it before our own check succeeded */
    uint8_t transaction[12];
    bool pending;     /* a request waits for its answer */
    int tries;
    qua_time sent_at, retry_at;
    qua_time rtt;     /* -1 unknown */
} pair;

typedef struct stun_query {
    size_t server, local;
    uint8_t transaction[12];
    int tries;
    qua_time retry_at;
    bool done;
} stun_query;

struct qua_ice {
    bool controlling, allow_loopback;
    const qua_random *random;
    const qua_log *log;
    uint64_t tie_breaker;
    char ufrag[9], password[25];
    char old_ufrag[9], old_password[25]; /* before a restart: the old pair's checks still come with them */
    char remote_ufrag[QUA_ICE_UFRAG_MAX + 1], remote_password[QUA_ICE_UFRAG_MAX + 1];
    bool has_remote, remote_lite, remote_complete, local_complete, gathered;

    qua_ice_state state;
    qua_time checking_since, next_check_at, nominate_at;

    local_base locals[QUA_ICE_LOCAL_MAX];
    size_t local_count;
    char candidates[QUA_ICE_LOCAL_MAX * 3][256];
    size_t candidate_count;
    qua_addr reflexive[QUA_ICE_LOCAL_MAX * 2];
    size_t reflexive_count;
    qua_addr servers[QUA_ICE_STUN_MAX];
    size_t server_count;
    stun_query queries[QUA_ICE_LOCAL_MAX * QUA_ICE_STUN_MAX];
    size_t query_count;

    qua_ice_candidate remotes[QUA_ICE_REMOTE_MAX];
    size_t remote_count;
    pair pairs[PAIRS_MAX];
    size_t pair_count;

    /* where media goes; survives a restart until a new pair works */
    bool has_selected;
    int selected_base;
    qua_addr selected_remote;
    pair *selected; /* in pairs, NULL after a restart */
    qua_time consent_at, answered_at, heard_at;

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

/* gather.c */
void ice_gather_start(qua_ice *ice, qua_time now, size_t local);
bool ice_gather_input(qua_ice *ice, qua_time now, const qua_stun *message, const qua_addr *from);
void ice_gather_timeout(qua_ice *ice, qua_time now);
qua_time ice_gather_deadline(const qua_ice *ice);

/* checks.c */
void ice_pair_all(qua_ice *ice, qua_time now);
pair *ice_find_pair(qua_ice *ice, int base, const qua_addr *remote);
ptrdiff_t ice_find_remote(const qua_ice *ice, const qua_addr *addr);
void ice_trigger(qua_ice *ice, qua_time now, pair *p);
void ice_send_check(qua_ice *ice, qua_time now, pair *p);
void ice_on_response(qua_ice *ice, qua_time now, const qua_stun *message, const uint8_t *data, size_t size, int base,
                     const qua_addr *from);
void ice_checks_timeout(qua_ice *ice, qua_time now);
qua_time ice_checks_deadline(const qua_ice *ice);
void ice_select_best(qua_ice *ice, qua_time now);

#endif
