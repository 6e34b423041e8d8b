/*
 * TURN client over UDP (RFC 8656): what the agent keeps for each allocation.
 *
 *     IDLE ──pace allows──▶ ASKING ──success──▶ READY ──refused, expired──▶ GONE
 *                             └──refused, no answer──▶ GONE
 *
 * A pair over a relay is checked once its channel is bound: binding installs the permission too (§12), costs the same
 * round trip as asking for the permission alone, and from then on a datagram costs four bytes instead of 36. Answers
 * to checks of strangers behind a permitted address go by Send indications.
 */
#ifndef ICE_TURN_H
#define ICE_TURN_H

#include "crypto/crypto.h"
#include "ice/ice.h"

#define TURN_CHANNELS  48 /* those of the remote candidates, and some of before a restart */
#define TURN_REALM_MAX 127
#define TURN_NONCE_MAX 255
#define TURN_TRIES     7
#define TURN_REFUSALS  3 /* stale nonces in a row */
/* Permissions last 300 s (§9), channels 600 s (§12): binding again in time keeps both. */
#define TURN_REBIND QUA_SECONDS(240)
/* Numbers of the agent's bases begin here for relays; the owner's sockets are below. */
#define TURN_BASE 10000

typedef struct turn_server {
    qua_addr addr;
    char username[QUA_ICE_TURN_NAME_MAX + 1], password[QUA_ICE_TURN_NAME_MAX + 1];
} turn_server;

typedef struct turn_request {
    bool pending;
    uint8_t transaction[12];
    int tries, refusals;
    qua_time retry_at;
} turn_request;

typedef struct turn_channel {
    qua_addr peer;
    uint16_t number;
    bool bound, failed;
    turn_request request;
    qua_time refresh_at;
} turn_channel;

typedef enum turn_state { TURN_IDLE, TURN_ASKING, TURN_READY, TURN_GONE } turn_state;

typedef struct turn_allocation {
    turn_state state;
    size_t server, host; /* indexes: of the server, of the local base that its datagrams leave from */
    size_t local;        /* READY: index of the relayed base */
    bool any_family;     /* the server cannot relay the family of the base: whatever it has */
    bool has_key;
    uint8_t key[QUA_MD5_SIZE]; /* long-term credential, RFC 8489 §9.2.2 */
    uint8_t realm[TURN_REALM_MAX], nonce[TURN_NONCE_MAX];
    size_t realm_size, nonce_size;
    turn_request request; /* Allocate or Refresh */
    qua_time refresh_at, keepalive_at;
    turn_channel channels[TURN_CHANNELS];
    size_t channel_count;
    uint16_t next_number;
} turn_allocation;

#endif
