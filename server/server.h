/*
 * The signaling server without its sockets (quartet.v1, spec/signaling.md), sans-I/O: a hub of rooms, a session for
 * each connection, a seat for each participant. A seat outlives its session for a while, so that the participant can
 * come back to it over another connection.
 *
 *     session: GREETING ──hello──▶ LOBBY ──join, resume──▶ SEATED;  any ──error, silence, leave──▶ CLOSING
 *              LOBBY ──join where a host admits──▶ KNOCKING ──admit──▶ SEATED
 *     seat:    present ⇄ away (its connection was lost) ──120 s, or a newcomer needs the place──▶ gone
 *
 * The owner of the connections calls session_open, session_input and session_closed, then serves every session that
 * hub_next_ready() names: session_poll_transmit() when its connection can take more, and its end when
 * session_is_over(). hub_deadline() says when hub_on_timeout() is due.
 */
#ifndef QUARTETD_SERVER_H
#define QUARTETD_SERVER_H

#include "server/timers.h"
#include "signaling/signaling.h"

#define QUARTETD_VERSION "0.1.0"
#define TICKET_KEY_SIZE  32

/** Times and limits of spec/signaling.md §6 that are the server's alone. */
#define SESSION_JOIN_TIMEOUT  QUA_SECONDS(30)
#define TICKET_LIFE_S         (24 * 3600)
#define SESSION_KNOCK_TIMEOUT QUA_SECONDS(300)
#define TURN_LIFE             QUA_SECONDS(12 * 3600)

enum {
    SESSION_RATE = 50,    /* messages a second */
    SESSION_BURST = 200,  /* messages at once */
    SESSION_CONTROL = 16, /* texts outside the numbered stream that wait for one connection */
    SESSION_WIRE_MAX = QUA_SIGNAL_FRAME_MAX + 64
};

typedef struct hub hub;
typedef struct room room;
typedef struct seat seat;
typedef struct session session;

/** TURN servers that share a secret with us (the REST convention of coturn: use-auth-secret). */
typedef struct turn_config {
    size_t count; /* 0: none */
    char urls[QUA_SIGNAL_URLS_MAX][QUA_SIGNAL_URL_MAX + 1];
    char secret[128];
} turn_config;

enum { TOKEN_KEY_MAX = 2048 };

typedef struct hub_config {
    qua_random random;                   /* ids */
    const qua_log *log;                  /* lent, may be NULL; gets no names, rooms or addresses */
    size_t max_sessions;                 /* more are turned away with "busy" */
    uint8_t ticket_key[TICKET_KEY_SIZE]; /* secret; the same one after a restart lets participants come back */
    int64_t wall_offset_us;              /* wall clock less monotonic clock: tickets expire by the former */
    turn_config turn;
    char token_key[TOKEN_KEY_MAX]; /* PEM of a P-256 public key; "": rooms are open to whoever knows their name */
} hub_config;

/** Counters grow from the start; gauges are what is there now. */
typedef struct hub_stats {
    uint64_t messages_in, messages_routed, messages_bad;
    uint64_t sessions_opened, joins, resumes;
    uint64_t errors[QUA_CODE_COUNT]; /* sent, by code */
    size_t sessions, rooms, seats, seats_away;
} hub_stats;

/* ---- hub -------------------------------------------------------------------------------------------------- */

/** @return 0, QUA_ENOMEM */
int hub_create(hub **out, qua_time now, const hub_config *config);
/** Every session must have been closed. */
void hub_destroy(hub **h);
void hub_on_timeout(hub *h, qua_time now);
qua_time hub_deadline(const hub *h);
/** A session with something to send or to end, each once for each time that it became so. NULL: none */
session *hub_next_ready(hub *h);
/** Say goodbye on every session: the server goes down. */
void hub_say_bye(hub *h, qua_time now, const char *reason);
void hub_get_stats(const hub *h, hub_stats *out);

/* ---- session ---------------------------------------------------------------------------------------------- */

/**
 * A connection is open.
 * @param path of its URL without the first slash: the room to join
 * @param user kept for the owner, see session_user
 * @return NULL when memory is out
 */
session *session_open(hub *h, qua_time now, const char *path, void *user);
void *session_user(const session *s);
/** One whole text message, lent until return. */
void session_input(session *s, qua_time now, const char *text, size_t size);
/** The connection broke a limit that its owner watches over; it ends with this code. */
void session_fail(session *s, qua_time now, qua_signal_code code);
/** The next text for the connection. @param out at least SESSION_WIRE_MAX bytes. @return bytes, 0: nothing */
size_t session_poll_transmit(session *s, char *out);
/** Is the connection to be closed, once there is nothing more to transmit? */
bool session_is_over(const session *s);
/** The connection is gone: frees the session and leaves the seat away, unless the session was over. */
void session_closed(session *s, qua_time now);

/* ---- tokens ------------------------------------------------------------------------------------------------- */

typedef struct token_claims {
    qua_signal_role role;
    uint64_t subject; /* digest of who it was made for */
    int64_t expires_s;
} token_claims;

/**
 * JWT, ES256: room, sub, role (host, member, guest), exp; nbf optional.
 * @param path the room that it has to be for
 * @return 0, QUA_EAUTH
 */
int token_check(token_claims *out, const char *key, int64_t now_s, const char *path, const char *text);

/* ---- rooms: within the server ------------------------------------------------------------------------------ */

struct seat {
    room *room;
    session *session; /* NULL: away */
    timer timer;      /* of its absence */
    qua_signal_participant who;
    token_claims claims;                       /* subject 0: no token was wanted */
    qua_outbox out;                            /* to this participant */
    uint64_t heard_seq;                        /* from this participant */
    unsigned candidates[QUA_MAX_PARTICIPANTS]; /* sent to each place since the last description to it */
    size_t place;                              /* in room->seats */
};

enum { ROOM_KNOCKERS = 8, ROOM_BANNED = 8 };

struct room {
    room *next; /* with the same hash */
    uint32_t hash;
    uint32_t joins; /* ever: the first part of ids, so that those who came first offer */
    size_t count;
    seat *seats[QUA_MAX_PARTICIPANTS]; /* by place; NULL: free */
    qua_signal_door door;
    session *knockers[ROOM_KNOCKERS]; /* who waits to be let in; NULL: free */
    uint64_t banned[ROOM_BANNED];     /* subjects of tokens that were removed, the newest; 0: none */
    size_t next_banned;
    char name[QUA_SIGNAL_ROOM_MAX + 1];
};

/** Rooms by name. */
typedef struct room_table {
    room **buckets;
    size_t size, count; /* size: a power of two */
    uint32_t seed;      /* so that nobody can choose names that collide */
} room_table;

int room_table_init(room_table *table, uint32_t seed);
void room_table_deinit(room_table *table);
/** @return the room, made when it is not there and `create`; NULL */
room *room_table_find(room_table *table, const char *name, bool create);

/**
 * Take a free place. Atomic: the fifth gets NULL however many try.
 * @param random of the id; ids are given by the room alone
 */
seat *room_add(room *r, const qua_random *random, const char *name, const qua_signal_state *state);
/** The same for someone who had this id before the server was started anew. NULL: full, taken, or not an id of ours */
seat *room_restore(room *r, const char *id, const char *name, const qua_signal_state *state);
/** Remove a room in which nobody sits. */
void room_table_remove(room_table *table, room *r);
/** Take the seat away and free it; the room goes with its last seat. Nobody is told. */
void room_remove(room_table *table, seat *leaver);
seat *room_find(const room *r, const char *id);
/** The seat that has been away for longest, NULL: everyone is present. */
seat *room_longest_away(const room *r);
/** Everyone but `except`, as they are told to others. @return how many */
size_t room_list(const room *r, const seat *except, qua_signal_participant *out);

/* ---- tickets ------------------------------------------------------------------------------------------------ */

/** What a ticket says: who sat where, and in which life of the server. */
typedef struct ticket {
    char room[QUA_SIGNAL_ROOM_MAX + 1];
    char id[QUA_ID_SIZE];
    qua_signal_role role;
    uint64_t subject;  /* of the token, 0: none */
    uint64_t boot;     /* number of the server's life */
    int64_t expires_s; /* since the Unix epoch */
} ticket;

/** @param out at least QUA_SIGNAL_TICKET_MAX + 1 bytes */
void ticket_write(const ticket *t, const uint8_t key[TICKET_KEY_SIZE], char *out);
/** @return 0; QUA_EFORMAT; QUA_EAUTH: not of our hand, or expired */
int ticket_read(ticket *out, const uint8_t key[TICKET_KEY_SIZE], int64_t now_s, const char *text);

/* ---- hub: what its sessions share --------------------------------------------------------------------------- */

struct hub {
    qua_random random;
    const qua_log *log;
    size_t max_sessions;
    uint8_t ticket_key[TICKET_KEY_SIZE];
    int64_t wall_offset_us;
    turn_config turn;
    char token_key[TOKEN_KEY_MAX];
    uint64_t boot;
    qua_time started;
    room_table rooms;
    timers timers;
    session *ready_first, **ready_last;
    session *sessions; /* all, for goodbyes */
    hub_stats stats;
    char scratch[SESSION_WIRE_MAX]; /* texts on their way into buffers */
};

/** Write a message that several may share. @return NULL: memory is out */
qua_buffer *hub_write(hub *h, const qua_message *m);
/** Queue a text for a seat; one that does not read it loses its session, or when away its seat. */
void hub_tell(hub *h, qua_time now, seat *to, qua_buffer *text);
/** Tell everyone in the room but `except`. */
void hub_tell_room(hub *h, qua_time now, const room *r, const seat *except, qua_buffer *text);
/** Wall clock in seconds since the Unix epoch. */
int64_t hub_wall_s(const hub *h, qua_time now);
/** Tell the others what became of a seat. */
void hub_announce(hub *h, qua_time now, const seat *who, qua_peer_change change, const char *reason);
/** The seat is given up: tell the others, free it. Its session, if any, has to have been taken off before. */
void hub_unseat(hub *h, qua_time now, seat *leaver, const char *reason);
/** Count a new seat; its timer has its place in the heap from now on, so that setting it cannot fail. QUA_ENOMEM */
int hub_seat_taken(hub *h, seat *taken);
/** A session lost its connection or was replaced: its seat waits for QUA_SIGNAL_RESUME_WITHIN. */
void hub_seat_away(hub *h, qua_time now, seat *absent);
/** A session sits there again; the others are told when nobody did. */
void hub_seat_present(hub *h, qua_time now, seat *back);
void hub_mark_ready(hub *h, session *s);

struct session {
    hub *hub;
    void *user;
    session *previous, *next; /* in hub->sessions */
    session *ready_next;
    bool ready, choked; /* choked: it asks and does not read the answers */
    enum { SESSION_GREETING, SESSION_LOBBY, SESSION_KNOCKING, SESSION_SEATED, SESSION_CLOSING } phase;
    seat *seat;                 /* while SEATED */
    struct room *door;          /* while KNOCKING */
    qua_signal_participant who; /* who asks to join; its id is that of the knock */
    token_claims claims;        /* of the token with which it asks */
    timer timer;
    qua_time heard, next_ping, join_by;
    qua_time tokens_at; /* the rate's bucket was last filled */
    double tokens;
    size_t control_first, control_count;
    qua_buffer *control[SESSION_CONTROL];
    char room[QUA_SIGNAL_ROOM_MAX + 1]; /* "" when its name is not valid */
};

/** Say it outside the numbered stream, then end. @param text shared; NULL: memory is out */
void session_end(session *s, qua_time now, qua_buffer *text);
/** Take the seat away from it: it has been given up, or is someone else's now. */
void session_lose_seat(session *s);
/** A message outside the numbered stream. */
void session_say(session *s, const qua_message *m);
/** An error; the session ends when the code is fatal. @param about id of the message that caused it, 0: none */
void session_refuse(session *s, qua_time now, qua_signal_code code, uint64_t about);
/** Sit down in the room that was asked for, as session->who says, or be refused. */
void session_take_seat(session *s, qua_time now, uint64_t about);
/** Pass a message of a seated one on, to one or to everyone else when `to` is NULL. */
void session_pass_on(session *s, qua_time now, const qua_message *m, seat *to);

/* ---- hosts and the lobby ------------------------------------------------------------------------------------- */

/** Handlers of what only hosts may say: lock, role, remove, end, mute-request, admit, deny. */
void host_on_message(session *s, qua_time now, const qua_message *m);
/** Everyone gets "ended", and the room is gone. */
void host_end_room(hub *h, qua_time now, room *r);
/** The room has no host any more: the one who has been there longest becomes it, guests apart. */
void host_hand_over(hub *h, qua_time now, room *r);

/** Wait at the door of session->who's room until a host decides. */
void lobby_knock(session *s, qua_time now, room *r, uint64_t about);
/** The session does not wait any more, for whatever reason. */
void lobby_forget(session *s, qua_time now);
/** A host of the room decides on a knock; one that is unknown by now does no harm. */
void lobby_decide(session *host, qua_time now, const char *id, bool admit);
/** Let everyone in who waits. */
void lobby_open(room *r, qua_time now);
/** Nobody is left to let anyone in. */
void lobby_close(room *r, qua_time now);
/** Tell a new host who waits. */
void lobby_tell(hub *h, qua_time now, const room *r, seat *host);

/** TURN servers with fresh credentials for this participant; nothing when none are configured. */
void turn_say(session *s, qua_time now);

#endif
