/*
 * Floor 2: ICE (RFC 8445) for one component (rtcp-mux), with trickle (RFC 8838) and consent (RFC 7675), sans-I/O.
 *
 * The owner binds one socket for each local address (a "base") and passes datagrams in and out. After any call drain
 * qua_ice_poll_transmit() and qua_ice_poll_event(), then ask qua_ice_deadline().
 *
 *     NEW ──remote description──▶ CHECKING ──a check succeeded──▶ CONNECTED ──nominated──▶ COMPLETED
 *     CONNECTED, COMPLETED ──seven questions in 3 s unanswered──▶ DISCONNECTED ──an answer──▶ CONNECTED, COMPLETED
 *     CHECKING ──30 s (RFC 8863: also with nothing left to try)──▶ FAILED;  DISCONNECTED ──30 s without answer──▶
 * FAILED FAILED, DISCONNECTED ──restart, no path usable──▶ CHECKING;  any ──qua_ice_close──▶ CLOSED
 *
 * A restart while media flows changes no state: the old path is kept, with its consent, until a new pair has answered.
 * Media may flow as soon as a pair has answered (CONNECTED): nomination is not waited for.
 */
#ifndef QUA_ICE_H
#define QUA_ICE_H

#include "base/base.h"

/* ---- STUN messages (RFC 8489) ------------------------------------------------------------------------------ */

/*
 *  0                   1                   2                   3
 * |0 0|     STUN Message Type     |         Message Length        |
 * |                     Magic Cookie 0x2112A442                   |
 * |                     Transaction ID (96 bits)                  |
 */
enum {
    QUA_STUN_REQUEST = 0x000,
    QUA_STUN_INDICATION = 0x010,
    QUA_STUN_SUCCESS = 0x100,
    QUA_STUN_ERROR = 0x110,
    QUA_STUN_BINDING = 0x001,
    QUA_STUN_XOR_MAPPED_ADDRESS = 0x0020
};

/** What a message says; attributes that are absent are zero. Pointers are into the parsed bytes. */
typedef struct qua_stun {
    uint16_t type; /* method | class */
    uint8_t transaction[12];
    const uint8_t *username;
    size_t username_size;
    bool has_priority, use_candidate, has_controlling, has_controlled;
    uint32_t priority;
    uint64_t tie_breaker;
    qua_addr mapped; /* XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS; family NONE when absent */
    bool xor_mapped;
    uint16_t error_code;    /* ERROR-CODE, 0 absent */
    uint16_t unknown;       /* first comprehension-required attribute that we do not know, 0: none */
    qua_addr peer, relayed; /* XOR-PEER-ADDRESS, XOR-RELAYED-ADDRESS (RFC 8656 §18) */
    const uint8_t *realm, *nonce, *data;
    size_t realm_size, nonce_size, data_size;
    bool has_lifetime;
    uint32_t lifetime;   /* seconds */
    size_t integrity_at; /* offset of MESSAGE-INTEGRITY, 0: absent */
    bool has_fingerprint;
} qua_stun;

/** Is it STUN by RFC 7983 and the cookie? */
bool qua_stun_looks_like(const uint8_t *data, size_t size);
/** @return 0; QUA_EFORMAT: malformed, or its FINGERPRINT is wrong */
int qua_stun_parse(qua_stun *out, const uint8_t *data, size_t size);
/** Check MESSAGE-INTEGRITY of a parsed message: a short-term password, or the long-term key. @return 0, QUA_EAUTH */
int qua_stun_check(const qua_stun *message, const uint8_t *data, size_t size, const void *key, size_t key_size);

/** Builders: begin, attributes, end. */
void qua_stun_begin(qua_writer *w, uint16_t type, const uint8_t transaction[12]);
void qua_stun_put(qua_writer *w, uint16_t attribute, const void *value, size_t size);
void qua_stun_put_xor_address(qua_writer *w, uint16_t attribute, const qua_addr *addr, const uint8_t transaction[12]);
/** @param key NULL: no integrity. Adds FINGERPRINT. */
void qua_stun_end(qua_writer *w, const void *key, size_t key_size);

/* ---- candidates (RFC 8839 §5.1) ----------------------------------------------------------------------------- */

typedef enum qua_ice_kind { QUA_ICE_HOST, QUA_ICE_SRFLX, QUA_ICE_PRFLX, QUA_ICE_RELAY } qua_ice_kind;

typedef struct qua_ice_candidate {
    qua_ice_kind kind;
    qua_addr addr;
    uint32_t priority;
    char foundation[33];
} qua_ice_candidate;

/** @param line with or without "a=" and "candidate:". @return 0; QUA_EFORMAT; QUA_ENOTSUP: TCP, a host name, component
 * 2 */
int qua_ice_candidate_parse(qua_ice_candidate *out, const char *line);
/** "candidate:..." as in SDP and signaling. @return length */
size_t qua_ice_candidate_write(char *out, size_t capacity, const qua_ice_candidate *candidate, const qua_addr *related);

/* ---- the agent --------------------------------------------------------------------------------------------- */

#define QUA_ICE_UFRAG_MAX     256
#define QUA_ICE_LOCAL_MAX     16
#define QUA_ICE_REMOTE_MAX    32
#define QUA_ICE_STUN_MAX      4
#define QUA_ICE_TURN_MAX      4
#define QUA_ICE_TURN_NAME_MAX 255

typedef enum qua_ice_state {
    QUA_ICE_STATE_NEW,
    QUA_ICE_STATE_CHECKING,
    QUA_ICE_STATE_CONNECTED,
    QUA_ICE_STATE_COMPLETED,
    QUA_ICE_STATE_DISCONNECTED,
    QUA_ICE_STATE_FAILED,
    QUA_ICE_STATE_CLOSED
} qua_ice_state;

typedef struct qua_ice_config {
    bool controlling;
    bool relay_only;          /* iceTransportPolicy "relay": no other candidate is told or tried */
    bool allow_loopback;      /* remote loopback candidates are tried: calls on one machine */
    const qua_random *random; /* lent */
    const qua_log *log;       /* lent, may be NULL */
} qua_ice_config;

typedef struct qua_ice qua_ice;

int qua_ice_create(qua_ice **out, const qua_ice_config *config);
void qua_ice_destroy(qua_ice **ice);

const char *qua_ice_local_ufrag(const qua_ice *ice);
const char *qua_ice_local_password(const qua_ice *ice);
/** The offerer controls (RFC 8445 §6.1.1); settle it before the remote description is set. */
void qua_ice_set_controlling(qua_ice *ice, bool controlling);

/** A socket is bound, at the start or later (another interface came up): gather a host candidate (an event) and ask the
 * STUN servers. QUA_EFULL */
int qua_ice_add_local(qua_ice *ice, qua_time now, int base, const qua_addr *addr);
int qua_ice_add_stun_server(qua_ice *ice, const qua_addr *addr);
/**
 * Ask this TURN server (RFC 8656, over UDP) for a relay from each base.
 * @param username, password long-term credential, lent until return, at most QUA_ICE_TURN_NAME_MAX bytes, never logged
 * @return 0, QUA_EFULL, QUA_EINVAL: too long
 */
int qua_ice_add_turn_server(qua_ice *ice, const qua_addr *addr, const char *username, const char *password);
/**
 * A socket is gone with its interface, and its candidates with it. Media moves at once to a pair that was kept ready on
 * another base; without one the state is DISCONNECTED while everything is checked again.
 * @return how many candidates went with it: those of qua_ice_local_candidate move up
 */
size_t qua_ice_remove_local(qua_ice *ice, qua_time now, int base);
/** No further local addresses: GATHERED follows once the STUN and TURN servers answered or timed out. */
void qua_ice_local_done(qua_ice *ice, qua_time now);

/**
 * What the remote description says. Other credentials than before are a restart of the remote side: ours change with
 * them, so ask for qua_ice_local_ufrag() afterwards. @return 0, QUA_EFORMAT, QUA_ESTATE (closed)
 */
int qua_ice_set_remote(qua_ice *ice, qua_time now, const char *ufrag, const char *password, bool lite);
/** May come before qua_ice_set_remote. @return 0, QUA_EFULL, QUA_EREFUSED: an address that may not be tried */
int qua_ice_add_remote_candidate(qua_ice *ice, qua_time now, const qua_ice_candidate *candidate);
void qua_ice_remote_done(qua_ice *ice, qua_time now);
/** New local credentials; checks start over while the selected pair stays in use. */
void qua_ice_restart(qua_ice *ice, qua_time now);
/** Gives relays back: drain qua_ice_poll_transmit() once more. */
void qua_ice_close(qua_ice *ice);

/**
 * First of all for every datagram, before telling STUN, DTLS and RTP apart: what came through a relay loses its
 * envelope. Then `base` and `from` say the relay and the peer behind it (as qua_ice_input wants them), `data` and
 * `size` what that peer sent. @return 0: continue with the values; QUA_EIGNORED, QUA_EFORMAT: drop
 */
int qua_ice_unwrap(qua_ice *ice, int *base, qua_addr *from, uint8_t **data, size_t *size);
/** @return 0; QUA_EIGNORED: not STUN; QUA_EAUTH, QUA_EFORMAT: dropped and counted */
int qua_ice_input(qua_ice *ice, qua_time now, int base, const qua_addr *from, const uint8_t *data, size_t size);
/**
 * Media that was authentic came this way (`base` and `from` as after qua_ice_unwrap). Its silence makes the agent look
 * sooner whether the path is alive; its coming by another pair makes the controlling side follow.
 */
void qua_ice_note_media(qua_ice *ice, qua_time now, int base, const qua_addr *from);
void qua_ice_on_timeout(qua_ice *ice, qua_time now);
qua_time qua_ice_deadline(const qua_ice *ice);

typedef struct qua_ice_transmit {
    int base;
    qua_addr to;
    size_t size;
    uint8_t data[1024];
} qua_ice_transmit;

bool qua_ice_poll_transmit(qua_ice *ice, qua_ice_transmit *out);

typedef enum qua_ice_event_type {
    QUA_ICE_EVENT_CANDIDATE, /* a local candidate to tell the far side */
    QUA_ICE_EVENT_GATHERED,
    QUA_ICE_EVENT_STATE,
    QUA_ICE_EVENT_SELECTED /* media goes over another pair from now on */
} qua_ice_event_type;

typedef struct qua_ice_event {
    qua_ice_event_type type;
    qua_ice_state state;
    char candidate[256];
} qua_ice_event;

bool qua_ice_poll_event(qua_ice *ice, qua_ice_event *out);

/**
 * Where media goes now: from socket `base` to `remote`, which is the TURN server when the path is relayed.
 * @return false: no path is usable
 */
bool qua_ice_selected(const qua_ice *ice, int *base, qua_addr *remote);
#define QUA_ICE_WRAP_SIZE 4
/**
 * The bytes that go before each datagram of media on the selected path (RFC 8656 §12.4).
 * @param payload bytes of the datagram. @return bytes written to `header`: 0 on a direct path, else QUA_ICE_WRAP_SIZE
 */
size_t qua_ice_wrap(const qua_ice *ice, size_t payload, uint8_t header[QUA_ICE_WRAP_SIZE]);
qua_ice_state qua_ice_get_state(const qua_ice *ice);

typedef struct qua_ice_stats {
    qua_time rtt_us; /* of the newest answer on the selected path, -1 unknown */
    uint64_t checks_sent, checks_received, responses_received;
    uint64_t malformed, unauthenticated; /* dropped */
    size_t pairs;
    qua_ice_kind local_kind, remote_kind; /* of the selected pair */
} qua_ice_stats;

void qua_ice_get_stats(const qua_ice *ice, qua_ice_stats *out);
/** Text of local candidate `i` as in its event; NULL: no such. For descriptions made after gathering. */
const char *qua_ice_local_candidate(const qua_ice *ice, size_t i);
bool qua_ice_gathered(const qua_ice *ice);

#endif
