/* Within signaling: the client's session, shared by what it hears (client.c) and what it says (client_send.c). */
#ifndef QUA_SIGNALING_CLIENT_H
#define QUA_SIGNALING_CLIENT_H

#include "signaling/signaling.h"

enum {
    FIRST_ATTEMPTS = 3, /* to reach a server that was never reached */
    ACK_EVERY = 16,     /* messages received until an acknowledgement goes out on its own */
    EVENTS_MAX = 16,    /* a resumption tells three gone, three added, and itself */
    WIRE_MAX = QUA_SIGNAL_FRAME_MAX + 64
};

/* What is to be said outside the numbered stream, by its bit. */
enum { DUE_HELLO = 1, DUE_JOIN = 2, DUE_PONG = 4, DUE_LEAVE = 8 };

typedef struct event_slot {
    qua_signal_event event;
    qua_signal_participant who; /* what event.peer points to */
    char reason[QUA_SIGNAL_REASON_MAX + 1];
} event_slot;

/* Candidates for one participant that will travel together; their texts lie in `text`. */
typedef struct batch {
    char to[QUA_ID_SIZE];
    size_t count, text_size;
    qua_candidate list[QUA_SIGNAL_CANDIDATES_MAX];
    char text[16 * 1024];
} batch;

struct qua_signal {
    qua_random random;
    const qua_log *log;
    char name[QUA_SIGNAL_NAME_MAX + 1];
    char token[QUA_SIGNAL_TOKEN_MAX + 1];
    qua_signal_state state;

    qua_signal_phase phase;
    qua_time deadline; /* of the phase; in JOINED it moves with every message heard */
    qua_time dead_after;
    unsigned attempts;         /* failed in a row */
    unsigned due;              /* DUE_* */
    bool knocking;             /* JOINING, and a host is asked to let us in */
    qua_signal_code last_code; /* the server's last fatal error on this connection */

    char self[QUA_ID_SIZE];
    char ticket[QUA_SIGNAL_TICKET_MAX + 1];
    size_t peer_count;
    qua_signal_participant peers[QUA_MAX_PARTICIPANTS - 1];
    uint64_t peer_last_id[QUA_MAX_PARTICIPANTS - 1]; /* ids grow: a message told again is known by it */

    qua_signal_role role;
    qua_signal_door door;
    qua_ice_server servers[QUA_SIGNAL_URLS_MAX]; /* what a TURN event lends */

    qua_outbox outbox;
    uint64_t next_id;
    uint64_t heard_seq, acked_seq; /* highest received, and the one of which the server knows */
    batch batch;

    size_t event_first, event_count;
    event_slot events[EVENTS_MAX];
    qua_message current; /* the message that the newest event lends from */
    qua_signal_stats stats;
    char wire[WIRE_MAX];
};

/** Have we had a seat? Then we have an id, and keep trying to come back. */
static inline bool qua_signal_joined_once(const qua_signal *s)
{
    return s->self[0] != 0;
}

#endif
