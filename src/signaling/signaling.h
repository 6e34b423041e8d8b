/*
 * Floor 2: signaling, the protocol quartet.v1 of spec/signaling.md, sans-I/O: the messages as plain structs, and the
 * client's session with a server. The server's rooms use the same messages (server/).
 *
 * The session never touches a socket. Its owner opens and closes one when the events say so, passes whole text
 * messages in and out, and keeps the call's media going whatever happens here. After any call drain
 * qua_signal_poll_transmit() and qua_signal_poll_event(), then ask qua_signal_deadline().
 *
 *     IDLE ──start──▶ CONNECTING ──opened──▶ GREETING ──welcome──▶ JOINING ──joined──▶ JOINED
 *     CONNECTING, GREETING, JOINING, JOINED ──closed, silent for 25 s──▶ WAITING ──backoff over──▶ CONNECTING
 *     JOINING ──knock──▶ JOINING, for as long as the hosts take
 *     any ──leave, or an error that trying again cannot mend──▶ ENDED
 */
#ifndef QUA_SIGNALING_H
#define QUA_SIGNALING_H

#include "base/base.h"
#include "quartet/quartet.h"

/** The WebSocket subprotocol. */
#define QUA_SIGNAL_PROTOCOL "quartet.v1"

/** Limits of spec/signaling.md §6, bytes unless said otherwise. */
enum {
    QUA_SIGNAL_FRAME_MAX = 65536,    /* a whole message */
    QUA_SIGNAL_SDP_MAX = 32768,      /* one description */
    QUA_SIGNAL_CANDIDATE_MAX = 1024, /* one candidate line */
    QUA_SIGNAL_CANDIDATES_MAX = 100, /* candidates for one participant after one description; count */
    QUA_SIGNAL_CHAT_MAX = 4096,
    QUA_SIGNAL_NAME_MAX = 64,
    QUA_SIGNAL_ROOM_MAX = 64,
    QUA_SIGNAL_TICKET_MAX = 512,
    QUA_SIGNAL_TOKEN_MAX = 2048,
    QUA_SIGNAL_REACTION_MAX = 32,
    QUA_SIGNAL_URL_MAX = 255,         /* of a STUN or TURN server */
    QUA_SIGNAL_URLS_MAX = 8,          /* count */
    QUA_SIGNAL_REASON_MAX = 128,      /* a sentence for people */
    QUA_SIGNAL_DEPTH_MAX = 16,        /* nesting of JSON; levels */
    QUA_SIGNAL_QUEUE_MAX = 256 * 1024 /* waiting for one connection */
};

/** Times of spec/signaling.md §6. */
#define QUA_SIGNAL_HELLO_TIMEOUT QUA_SECONDS(5)
#define QUA_SIGNAL_PING_INTERVAL QUA_SECONDS(10)
#define QUA_SIGNAL_DEAD_AFTER    QUA_SECONDS(25)
#define QUA_SIGNAL_RESUME_WITHIN QUA_SECONDS(120)

/* ---- participants ------------------------------------------------------------------------------------------ */

/** What someone shows of themselves to the others. All false: microphone and camera are on. */
typedef struct qua_signal_state {
    bool audio_muted, video_muted;
    bool screen; /* the picture is a screen */
} qua_signal_state;

/** What someone may do. Hosts lock the room, let people in, remove them, end the call. */
typedef enum qua_signal_role { QUA_ROLE_MEMBER, QUA_ROLE_HOST, QUA_ROLE_GUEST, QUA_ROLE_COUNT } qua_signal_role;

/** Someone in the room, as the server tells it. */
typedef struct qua_signal_participant {
    char id[QUA_ID_SIZE]; /* [0-9a-z]+; of two participants the one whose id is lower by strcmp() offers first */
    char name[QUA_SIGNAL_NAME_MAX + 1]; /* UTF-8 without control characters, may be empty */
    qua_signal_state state;
    qua_signal_role role;
    bool hand; /* raised */
    bool away; /* its connection to the server is lost and may come back; media may well go on */
} qua_signal_participant;

/** Who may come in. */
typedef struct qua_signal_door {
    bool locked; /* nobody */
    bool lobby;  /* whom a host admits; hosts need not ask */
} qua_signal_door;

/* ---- errors that travel ------------------------------------------------------------------------------------ */

/*
 * X(NAME, "code on the wire", fatal, error, "sentence"). Fatal: the server closes the connection after it. `error` is
 * what the call ends with when the client does not try again.
 */
#define QUA_SIGNAL_CODES(X)                                                                                            \
    X(BAD_MESSAGE, "bad-message", false, QUA_EFORMAT, "the message is malformed")                                      \
    X(UNSUPPORTED, "unsupported", false, QUA_ENOTSUP, "the type of message is not known")                              \
    X(VERSION, "version", true, QUA_ENOTSUP, "no common version of the protocol")                                      \
    X(OUT_OF_PLACE, "out-of-place", false, QUA_ESTATE, "the message does not belong here")                             \
    X(BAD_ROOM, "bad-room", true, QUA_EINVAL, "the room's name is not valid")                                          \
    X(ROOM_FULL, "room-full", true, QUA_EROOMFULL, "the room already has four participants")                           \
    X(NO_SUCH_PEER, "no-such-peer", false, QUA_ENOENT, "nobody with this id is in the room")                           \
    X(TOO_LARGE, "too-large", true, QUA_EPROTO, "the message is too large")                                            \
    X(TOO_MANY_CANDIDATES, "too-many-candidates", false, QUA_EFULL, "too many candidates for one description")         \
    X(RATE, "rate", true, QUA_EPROTO, "too many messages in a short time")                                             \
    X(TIMEOUT, "timeout", true, QUA_ETIMEDOUT, "nothing was heard in time")                                            \
    X(SLOW, "slow", true, QUA_EFULL, "messages are not being read")                                                    \
    X(EXPIRED, "expired", false, QUA_ETIMEDOUT, "the session cannot be resumed any more")                              \
    X(BUSY, "busy", true, QUA_EBUSY, "the server takes no more now")                                                   \
    X(FORBIDDEN, "forbidden", false, QUA_EREFUSED, "only a host may do this")                                          \
    X(LOCKED, "locked", true, QUA_EREFUSED, "the room is locked")                                                      \
    X(DENIED, "denied", true, QUA_EREFUSED, "nobody let you in")                                                       \
    X(REMOVED, "removed", true, QUA_EREFUSED, "a host removed you from the room")                                      \
    X(ENDED, "ended", true, QUA_ECLOSED, "a host ended the call")                                                      \
    X(TOKEN, "token", true, QUA_EAUTH, "the token does not open this room")

typedef enum qua_signal_code {
    QUA_CODE_NONE,
#define QUA_CODE_ENUM(name, code, fatal, error, text) QUA_CODE_##name,
    QUA_SIGNAL_CODES(QUA_CODE_ENUM)
#undef QUA_CODE_ENUM
        QUA_CODE_COUNT
} qua_signal_code;

/** "room-full"; "" for NONE. */
const char *qua_signal_code_name(qua_signal_code code);
/** A sentence for people. */
const char *qua_signal_code_text(qua_signal_code code);
bool qua_signal_code_fatal(qua_signal_code code);
/** The error of quartet/types.h that it amounts to. */
int qua_signal_code_error(qua_signal_code code);
/** @return QUA_CODE_NONE for a code that we do not know */
qua_signal_code qua_signal_code_of(const char *name);

/* ---- messages ---------------------------------------------------------------------------------------------- */

#define QUA_MESSAGES(X)                                                                                                \
    X(HELLO, "hello")                                                                                                  \
    X(WELCOME, "welcome")                                                                                              \
    X(JOIN, "join")                                                                                                    \
    X(JOINED, "joined")                                                                                                \
    X(RESUME, "resume")                                                                                                \
    X(RESUMED, "resumed")                                                                                              \
    X(PEER, "peer")                                                                                                    \
    X(LEAVE, "leave")                                                                                                  \
    X(BYE, "bye")                                                                                                      \
    X(PING, "ping")                                                                                                    \
    X(PONG, "pong")                                                                                                    \
    X(ERROR, "error")                                                                                                  \
    X(DESC, "desc")                                                                                                    \
    X(CAND, "cand")                                                                                                    \
    X(CAND_END, "cand-end")                                                                                            \
    X(STATE, "state")                                                                                                  \
    X(CHAT, "chat")                                                                                                    \
    X(HAND, "hand")                                                                                                    \
    X(REACT, "react")                                                                                                  \
    X(KNOCK, "knock")                                                                                                  \
    X(ADMIT, "admit")                                                                                                  \
    X(DENY, "deny")                                                                                                    \
    X(LOCK, "lock")                                                                                                    \
    X(ROLE, "role")                                                                                                    \
    X(REMOVE, "remove")                                                                                                \
    X(END, "end")                                                                                                      \
    X(MUTE_REQUEST, "mute-request")                                                                                    \
    X(TURN, "turn")                                                                                                    \
    X(TOKEN, "token")

typedef enum qua_message_type {
    QUA_MESSAGE_UNKNOWN,
#define QUA_MESSAGE_ENUM(name, text) QUA_MESSAGE_##name,
    QUA_MESSAGES(QUA_MESSAGE_ENUM)
#undef QUA_MESSAGE_ENUM
        QUA_MESSAGE_COUNT
} qua_message_type;

typedef enum qua_peer_change { QUA_PEER_CHANGE_ADD, QUA_PEER_CHANGE_UPDATE, QUA_PEER_CHANGE_GONE } qua_peer_change;

/** One message. Strings are lent: by the caller when writing, by the message until qua_message_clear when parsed. */
typedef struct qua_message {
    qua_message_type type;
    uint64_t id;      /* the sender's number of the message, 1..2^53-1; 0: none */
    uint64_t seq;     /* place in the session's direction, from 1; 0: not numbered */
    uint64_t ack;     /* highest seq received without a gap; 0: none */
    const char *to;   /* a participant; NULL: everyone, or the server */
    const char *from; /* set by the server alone; NULL: the server itself, or from a client */
    union {
        struct {
            uint32_t versions; /* bit v: version v is spoken */
            const char *agent; /* program and version, NULL: not told */
        } hello;
        struct {
            int version;
            qua_time ping_interval, dead_after;
        } welcome;
        struct {
            const char *name;
            qua_signal_state state;
            const char *token; /* NULL: none */
        } join;
        struct {
            const char *ticket;
            uint64_t last;    /* highest seq received without a gap */
            const char *name; /* as in join, for a server that was started anew */
            qua_signal_state state;
        } resume;
        struct {
            const char *self;   /* your id */
            const char *ticket; /* for the next resume; NULL: none */
            bool fresh;         /* resumed: the server knows no numbers of before; both directions begin at 1 */
            uint64_t last;      /* resumed: highest seq that the server received without a gap */
            qua_signal_role role;
            qua_signal_door door;
            size_t count;
            qua_signal_participant peers[QUA_MAX_PARTICIPANTS];
        } joined; /* and resumed */
        struct {
            qua_peer_change change;
            const char *reason; /* for GONE, else NULL */
            qua_signal_participant who;
        } peer;
        struct {
            const char *reason; /* may be NULL */
        } bye;
        struct {
            qua_signal_code code;
            const char *code_name; /* as it came, also when we do not know it; ignored when writing */
            const char *reason;
            uint64_t about; /* id of the message that caused it; 0: none */
        } error;
        qua_description desc; /* OFFER, PRANSWER or ANSWER */
        struct {
            size_t count;
            qua_candidate list[QUA_SIGNAL_CANDIDATES_MAX];
        } cand;
        struct {
            const char *ufrag; /* may be NULL */
        } cand_end;
        qua_signal_state state;
        struct {
            const char *text;
        } chat; /* and react, token */
        struct {
            bool raised;
        } hand;
        struct {
            bool is_you; /* the receiver waits to be let in; else `who` does */
            qua_signal_participant who;
        } knock;
        qua_signal_door door; /* lock */
        struct {
            qua_signal_role role;
        } role;
        struct {
            bool audio, video;
        } mute_request;
        struct {
            size_t count; /* 0: a client asks */
            const char *urls[QUA_SIGNAL_URLS_MAX];
            const char *username, *credential; /* NULL: none are needed */
            qua_time life;                     /* of username and credential */
        } turn;
    };
    /* private to the parser */
    void *storage;    /* what the strings live in */
    const char *body; /* the text of "d" inside the parsed text, NULL: none */
    size_t body_size;
} qua_message;

/** Why a text is not a message. */
typedef struct qua_message_error {
    qua_signal_code code;
    uint64_t about;                         /* the message's id when it could still be read */
    char reason[QUA_SIGNAL_REASON_MAX + 1]; /* names the field */
} qua_message_error;

/**
 * Parse one text message of a foreign hand: bounds on everything, no duplicate keys, unknown fields ignored. A type
 * that we do not know gives type UNKNOWN and no error.
 * @param text  need not end in NUL; must outlive `out` when it is to be forwarded
 * @param error may be NULL
 * @return 0, and `out` wants qua_message_clear; QUA_EFORMAT: *error says what is wrong; QUA_ENOMEM
 */
int qua_message_parse(qua_message *out, const char *text, size_t size, qua_message_error *error);
/** Frees what a parsed message holds; harmless for others. */
void qua_message_clear(qua_message *message);
/** Most bytes that an envelope takes around its "d". */
#define QUA_MESSAGE_ENVELOPE_MAX 320

/**
 * @param capacity QUA_SIGNAL_FRAME_MAX is always enough
 * @return bytes written, no NUL after them; QUA_EFULL; QUA_EINVAL: a string is not UTF-8; QUA_ENOMEM
 */
ptrdiff_t qua_message_write(const qua_message *message, char *out, size_t capacity);
/**
 * Write a parsed message with the envelope's fields as they are now and its "d" as it came, unknown fields too.
 * @param capacity body_size + QUA_MESSAGE_ENVELOPE_MAX is always enough
 */
ptrdiff_t qua_message_forward(const qua_message *message, char *out, size_t capacity);
/**
 * Add seq and ack to a text that was written without them: one text for several receivers, or for another attempt.
 * @param capacity size + 64 is always enough. @return bytes written
 */
size_t qua_message_number(char *out, size_t capacity, const char *text, size_t size, uint64_t seq, uint64_t ack);

/** May a participant be called so: UTF-8, at most QUA_SIGNAL_NAME_MAX bytes, no control characters? */
bool qua_signal_name_valid(const char *name);
/** Room names: 1..QUA_SIGNAL_ROOM_MAX of [A-Za-z0-9._~-]. */
bool qua_signal_room_valid(const char *room);

/* ---- one direction of a session ----------------------------------------------------------------------------- */

/** Most texts that wait for one receiver, unsent or unacknowledged. */
#define QUA_OUTBOX_MAX 1024

/**
 * What one side has said, numbered from 1, kept until the other acknowledges it, so that a session goes on over another
 * connection without loss or doubles. Texts are kept without their numbers (qua_message_number). When the limits of
 * QUA_OUTBOX_MAX and QUA_SIGNAL_QUEUE_MAX are reached the oldest sent ones are forgotten; unsent ones never.
 */
typedef struct qua_outbox {
    qua_buffer **ring;
    size_t capacity, head, count, sent; /* of `count` texts from `head` on the first `sent` went out */
    uint64_t first_seq;                 /* of the text at `head` */
    size_t bytes;
} qua_outbox;

void qua_outbox_init(qua_outbox *outbox);
void qua_outbox_deinit(qua_outbox *outbox);
/** Shares the text. @return 0; QUA_EFULL: too much is unsent; QUA_ENOMEM */
int qua_outbox_push(qua_outbox *outbox, qua_buffer *text);
/** The next unsent text, sent from now on. Lent until the next call. @return NULL: all are sent */
const qua_buffer *qua_outbox_next(qua_outbox *outbox, uint64_t *seq);
/** Is there an unsent one? */
bool qua_outbox_pending(const qua_outbox *outbox);
/** The other side has everything up to `ack`. @return 0; QUA_EPROTO: that was never sent */
int qua_outbox_acknowledge(qua_outbox *outbox, uint64_t ack);
/** Another connection: everything after `last` is unsent again. @return 0; QUA_EPROTO; QUA_ENOENT: forgotten already */
int qua_outbox_resume(qua_outbox *outbox, uint64_t last);
/** Another connection to someone who knows no numbers: what is left is unsent and numbered from 1. */
void qua_outbox_restart(qua_outbox *outbox);

/* ---- the client's session ---------------------------------------------------------------------------------- */

typedef struct qua_signal qua_signal;

typedef struct qua_signal_config {
    const char *name;         /* shown to the others, see qua_signal_name_valid; copied */
    const char *token;        /* for rooms that want one, or NULL; copied */
    qua_signal_state state;   /* shown to the others from the start */
    const qua_random *random; /* lent, outlives the session: spread of the backoff */
    const qua_log *log;       /* lent, may be NULL */
} qua_signal_config;

typedef enum qua_signal_phase {
    QUA_SIGNAL_IDLE,
    QUA_SIGNAL_CONNECTING,
    QUA_SIGNAL_GREETING,
    QUA_SIGNAL_JOINING,
    QUA_SIGNAL_JOINED,
    QUA_SIGNAL_WAITING,
    QUA_SIGNAL_ENDED
} qua_signal_phase;

/*
 * Before the session has joined once it tries three times to reach a server, then ends with QUA_EIO. Afterwards it
 * tries until qua_signal_leave, waiting 0.25 s, 0.5 s, ... 4 s between attempts, each shortened by up to a half.
 */

/** @return 0; QUA_EINVAL: the name is not valid; QUA_ENOMEM */
int qua_signal_create(qua_signal **out, const qua_signal_config *config);
void qua_signal_destroy(qua_signal **signal);
/** Begin: an OPEN event follows. QUA_ESTATE when begun already. */
int qua_signal_start(qua_signal *signal, qua_time now);
qua_signal_phase qua_signal_get_phase(const qua_signal *signal);
/** Our id in the room; "" before the first JOINED. Lent until the next call. */
const char *qua_signal_self(const qua_signal *signal);
/** Everyone else in the room. Lent until the next call. @return NULL for an unknown id */
const qua_signal_participant *qua_signal_find(const qua_signal *signal, const char *id);
/** @return how many others are in the room; *out is lent until the next call */
size_t qua_signal_participants(const qua_signal *signal, const qua_signal_participant **out);

/** The socket that OPEN asked for is open, its subprotocol agreed. */
void qua_signal_opened(qua_signal *signal, qua_time now);
/** It could not be opened, or it closed. @param reason for people, may be NULL. Tries again unless ended. */
void qua_signal_closed(qua_signal *signal, qua_time now, const char *reason);
/** One whole text message. @return 0; QUA_EFORMAT, QUA_EPROTO: dropped and counted; QUA_ENOMEM */
int qua_signal_input(qua_signal *signal, qua_time now, const char *text, size_t size);
void qua_signal_on_timeout(qua_signal *signal, qua_time now);
qua_time qua_signal_deadline(const qua_signal *signal);
/** The next text for the socket. @param text lent until the next call */
bool qua_signal_poll_transmit(qua_signal *signal, const char **text, size_t *size);

/*
 * To the others. They may be called whenever the session has joined once; while the server is away what they say
 * waits and is sent when the session resumes. @return 0; QUA_ESTATE: not joined yet, or ended; QUA_ENOENT: nobody has
 * this id; QUA_EINVAL: too long or not UTF-8; QUA_EFULL: too much waits; QUA_ENOMEM.
 */

/** @param type OFFER, PRANSWER or ANSWER; @param sdp at most QUA_SIGNAL_SDP_MAX bytes, copied */
int qua_signal_send_description(qua_signal *signal, qua_time now, const char *to, qua_sdp_type type, const char *sdp);
/** Candidates given before the next poll_transmit travel together. `candidate` "" tells the end of candidates. */
int qua_signal_send_candidate(qua_signal *signal, qua_time now, const char *to, const qua_candidate *candidate);
/** To everyone, also remembered for whoever joins later. Allowed before joining too. */
int qua_signal_set_state(qua_signal *signal, qua_time now, const qua_signal_state *state);
/** @param text 1..QUA_SIGNAL_CHAT_MAX bytes; to everyone else */
int qua_signal_send_chat(qua_signal *signal, qua_time now, const char *text);
int qua_signal_set_hand(qua_signal *signal, qua_time now, bool raised);
/** @param text an emoji or so, 1..QUA_SIGNAL_REACTION_MAX bytes; to everyone else */
int qua_signal_send_reaction(qua_signal *signal, qua_time now, const char *text);
/** Another token before the present one runs out. Allowed before joining too. */
int qua_signal_set_token(qua_signal *signal, qua_time now, const char *token);
/** Ask for TURN credentials: a TURN event follows. They come unasked when the room is joined or resumed. */
int qua_signal_ask_turn(qua_signal *signal, qua_time now);

/* For hosts; others get an ERROR event. */

/** @param id of a KNOCK event; one that is unknown by now does no harm */
int qua_signal_admit(qua_signal *signal, qua_time now, const char *id, bool admit);
int qua_signal_set_door(qua_signal *signal, qua_time now, const qua_signal_door *door);
int qua_signal_set_role(qua_signal *signal, qua_time now, const char *to, qua_signal_role role);
int qua_signal_remove(qua_signal *signal, qua_time now, const char *to);
/** Ask someone to mute; whether they do is theirs to say. */
int qua_signal_request_mute(qua_signal *signal, qua_time now, const char *to, bool audio, bool video);
/** End the call for everyone. */
int qua_signal_end(qua_signal *signal, qua_time now);

/** Say goodbye; ENDED with error 0 follows at once, and a last text for the socket, then CLOSE. */
void qua_signal_leave(qua_signal *signal, qua_time now);

typedef enum qua_signal_event_type {
    QUA_SIGNAL_EVENT_OPEN,         /* open a socket to the server, then call opened or closed */
    QUA_SIGNAL_EVENT_CLOSE,        /* close the socket after what is queued was sent; closed() need not be called */
    QUA_SIGNAL_EVENT_JOINED,       /* joined: we are in the room, for the first time or again */
    QUA_SIGNAL_EVENT_LOST,         /* reason: the server is lost, we try again; the room is as it was */
    QUA_SIGNAL_EVENT_PEER_ADDED,   /* peer */
    QUA_SIGNAL_EVENT_PEER_UPDATED, /* peer: name, state or away changed */
    QUA_SIGNAL_EVENT_PEER_GONE,    /* peer, reason */
    QUA_SIGNAL_EVENT_DESCRIPTION,  /* peer, description */
    QUA_SIGNAL_EVENT_CANDIDATES,   /* peer, candidates; one with candidate "" is the end of candidates */
    QUA_SIGNAL_EVENT_CHAT,         /* peer, text */
    QUA_SIGNAL_EVENT_REACTION,     /* peer, text */
    QUA_SIGNAL_EVENT_KNOCKING,     /* we wait to be let in by a host */
    QUA_SIGNAL_EVENT_KNOCK,        /* peer: waits to be let in, see qua_signal_admit; its id is not one of the room */
    QUA_SIGNAL_EVENT_ROOM,         /* room: the door or our role changed */
    QUA_SIGNAL_EVENT_MUTE_REQUEST, /* peer, mute: a host asks us to mute */
    QUA_SIGNAL_EVENT_TURN,         /* turn: servers for legs made from now on */
    QUA_SIGNAL_EVENT_ERROR,        /* error, reason: the server refused something; the session goes on */
    QUA_SIGNAL_EVENT_ENDED         /* error (0 after leave), reason: the last event but CLOSE */
} qua_signal_event_type;

/** Everything it points to is lent until the next call on the session. */
typedef struct qua_signal_event {
    qua_signal_event_type type;
    const qua_signal_participant *peer; /* whom it is about or from; NULL where not said above */
    const char *reason;                 /* a sentence for people or "" */
    int error;                          /* qua_error */
    union {
        struct {
            const char *self; /* our id */
            bool resumed;     /* same id as before, legs go on; else every leg to an earlier room is void */
            const qua_signal_participant *peers;
            size_t count;
            qua_signal_role role;
            qua_signal_door door;
        } joined; /* the others in the room now; on resumption who came and went is told by further events first */
        qua_description description;
        struct {
            const qua_candidate *list;
            size_t count;
        } candidates;
        const char *text;
        struct {
            qua_signal_role role;
            qua_signal_door door;
        } room;
        struct {
            bool audio, video;
        } mute;
        struct {
            const qua_ice_server *servers;
            size_t count;
            qua_time life; /* ask again before it is over */
        } turn;
    };
} qua_signal_event;

bool qua_signal_poll_event(qua_signal *signal, qua_signal_event *out);

typedef struct qua_signal_stats {
    uint64_t sent, received; /* messages */
    uint64_t malformed;      /* dropped: not messages, or out of place */
    uint64_t reconnects;
} qua_signal_stats;

void qua_signal_get_stats(const qua_signal *signal, qua_signal_stats *out);

#endif
