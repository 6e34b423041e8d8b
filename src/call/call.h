/*
 * Floor 4: the call itself, sans-I/O. A `qua_hub` is one video source with its encodings and everybody who receives
 * them; a `qua_mesh` is one room of at most four: signaling, and a leg (a qua_peer) to each other participant.
 *
 * Both belong to the loop thread. The owner (engine, or the simulator) brings time, datagrams, signaling text, frames
 * and encoders, and takes datagrams, text, jobs and events.
 *
 *     after any call on a mesh:  while (qua_mesh_poll_event ...) ; while (qua_mesh_poll_text ...) ;
 *                                while (qua_mesh_poll_transmit ...) ; then qua_mesh_deadline()
 *     Events first: acting on one (binding sockets) makes text and datagrams.
 *     after any call on a hub, and after calls on a mesh or peer that it serves:
 *                                while (qua_hub_poll_job ...) give it to the encoder ; then qua_hub_deadline()
 */
#ifndef QUA_CALL_CORE_H
#define QUA_CALL_CORE_H

#include "peer/peer.h"

/* ---- hub: one source, one encoder a codec, many receivers -------------------------------------------------- */

/*
 * A frame waits until the encoder of its codec is free; the newest wins. What a job may cost is what the receivers of
 * that encode can take now: the least of their budgets. For each codec in use there is one encode, whoever receives
 * it. Only while some receiver's path cannot follow the others there is a second one at half the size for all such
 * receivers (layer 1), so that a slow leg starves nobody; it returns to the others when its path carries more.
 */
typedef struct qua_hub qua_hub;

#define QUA_HUB_RECEIVERS 8
#define QUA_HUB_LAYERS    2

/**
 * @param packets lent, outlives the hub: buffers of at least QUA_DATAGRAM_MAX bytes, for payloads
 * @param limits copied, NULL: defaults. @return 0, QUA_ENOMEM
 */
int qua_hub_create(qua_hub **out, qua_pool *packets, const qua_video_limits *limits, const qua_log *log);
/** Receivers are forgotten, a waiting frame dropped; jobs under way may still be ended with qua_hub_done before. */
void qua_hub_destroy(qua_hub **hub);
void qua_hub_set_limits(qua_hub *hub, const qua_video_limits *limits);
/** Off: frames are dropped at the door. On again: every receiver gets a keyframe. */
void qua_hub_set_enabled(qua_hub *hub, bool enabled);

/** From now on `peer` gets this source on `transceiver`, as soon as qua_peer_can_send says so. QUA_EFULL */
int qua_hub_add(qua_hub *hub, qua_peer *peer, int transceiver);
/** Before the peer is destroyed. */
void qua_hub_remove(qua_hub *hub, qua_peer *peer, int transceiver);
/** The QUA_PEER_KEYFRAME_WANTED event: wishes within one round trip become one keyframe. */
void qua_hub_keyframe_wanted(qua_hub *hub, qua_time now, qua_peer *peer, int transceiver);

/** Shares the frame. @return true when an older waiting frame was dropped for it */
bool qua_hub_push(qua_hub *hub, qua_time now, qua_frame *frame);

typedef struct qua_hub_job {
    uint32_t id;
    const qua_video_codec *codec;
    int layer;         /* 0; 1: the smaller encode. There is an encoder for each codec and layer */
    int width, height; /* to encode at; the owner scales the frame when it differs, and makes a new encoder */
    qua_frame *frame;  /* one reference, the owner's */
    qua_encode_params params;
} qua_hub_job;

bool qua_hub_poll_job(qua_hub *hub, qua_time now, qua_hub_job *out);
/** One slice of the job's picture (or the whole of it): to every receiver of its codec. `encoded` is lent. */
void qua_hub_encoded(qua_hub *hub, qua_time now, uint32_t job, const qua_encoded *encoded);
/** The job ended. @param error of the encoder; @param took_us encoding time, measured or (simulator) modelled */
void qua_hub_done(qua_hub *hub, qua_time now, uint32_t job, int error, qua_time took_us);
/** When a waiting frame may be tried again; QUA_TIME_NEVER. */
qua_time qua_hub_deadline(const qua_hub *hub, qua_time now);

typedef struct qua_hub_stats {
    uint64_t pushed, encoded, dropped_busy, dropped_budget, keyframes;
    qua_time encode_us; /* smoothed */
    int encoders;       /* codecs and layers in use */
} qua_hub_stats;

void qua_hub_get_stats(const qua_hub *hub, qua_hub_stats *out);

/* ---- mesh: one room ---------------------------------------------------------------------------------------- */

/*
 *     CONNECTING ──welcome, joined──▶ JOINED ⇄ RECONNECTING (the server is lost; media goes on)
 *     any ──leave, refused, gave up──▶ ENDED
 *
 * The participant with the lower id offers first; glare is resolved by perfect negotiation (RFC 9429 §4.1.8 and W3C
 * WebRTC §10.7), where the one with the higher id is polite. A leg that fails is restarted by ICE, then made anew.
 */
typedef struct qua_mesh qua_mesh;

#define QUA_MESH_LEGS (QUA_MAX_PARTICIPANTS - 1)

typedef struct qua_mesh_config {
    const char *room;     /* the URL's path without its slash: checked here, told to the server by the owner's URL */
    const char *name;     /* copied */
    qua_hub *video;       /* lent, outlives the mesh; NULL: send none */
    bool audio;           /* send audio */
    qua_peer_config peer; /* what each leg's connection is made with; what it points to outlives the mesh */
} qua_mesh_config;

/** Asks for the socket at once (QUA_MESH_SOCKET_OPEN). @return 0, QUA_EINVAL, QUA_ENOMEM */
int qua_mesh_create(qua_mesh **out, qua_time now, const qua_mesh_config *config);
/** Say goodbye to the room and to every leg; drain as ever: LEG_CLOSED and ENDED follow once the goodbyes have left. */
void qua_mesh_leave(qua_mesh *mesh, qua_time now);
void qua_mesh_destroy(qua_mesh **mesh);

void qua_mesh_set_muted(qua_mesh *mesh, qua_time now, bool audio, bool video);
/** @return 0, QUA_EINVAL (not UTF-8, too long), QUA_ESTATE */
int qua_mesh_send_chat(qua_mesh *mesh, qua_time now, const char *text);

/* signaling socket */
void qua_mesh_on_socket_open(qua_mesh *mesh, qua_time now);
void qua_mesh_on_socket_text(qua_mesh *mesh, qua_time now, const char *text, size_t size);
void qua_mesh_on_socket_closed(qua_mesh *mesh, qua_time now, const char *reason);
/** @return bytes of the next message for the socket, lent until the next call; NULL: none */
const char *qua_mesh_poll_text(qua_mesh *mesh, size_t *size);

/* datagrams; `leg` is 0..QUA_MESH_LEGS - 1 */
/** After QUA_MESH_LEG_OPENED: a socket of this leg is bound. */
void qua_mesh_add_local(qua_mesh *mesh, qua_time now, int leg, int base, const qua_addr *addr);
/** The STUN and TURN servers that came with QUA_MESH_SERVERS; lent until the next come. */
const qua_ice_server *qua_mesh_servers(const qua_mesh *mesh, size_t *count);
/** Let a leg use them, resolved: at any time after QUA_MESH_LEG_OPENED. */
void qua_mesh_add_servers(qua_mesh *mesh, qua_time now, int leg, const qua_addr *stun, size_t stun_count,
                          const qua_peer_turn_server *turn, size_t turn_count);
void qua_mesh_remove_local(qua_mesh *mesh, qua_time now, int leg, int base);
void qua_mesh_local_done(qua_mesh *mesh, qua_time now, int leg);
/** As qua_peer_input. */
int qua_mesh_input(qua_mesh *mesh, qua_time now, int leg, int base, const qua_addr *from, uint8_t *data, size_t size,
                   unsigned ecn);
/** @param leg gets the leg whose socket `out->base` is meant */
bool qua_mesh_poll_transmit(qua_mesh *mesh, qua_time now, int *leg, qua_peer_transmit *out);

void qua_mesh_on_timeout(qua_mesh *mesh, qua_time now);
qua_time qua_mesh_deadline(const qua_mesh *mesh, qua_time now);

/** One Opus packet of 20 ms to everyone. Arguments as qua_peer_send_audio. */
void qua_mesh_send_audio(qua_mesh *mesh, qua_time now, const uint8_t *opus, size_t size, uint32_t timestamp,
                         uint8_t level, qua_time captured);
/** The owner decoded (frame) or failed to decode (frame NULL) a picture of this leg. */
void qua_mesh_on_decoded(qua_mesh *mesh, qua_time now, int leg, const qua_frame *frame);

typedef enum qua_mesh_event_type {
    QUA_MESH_SOCKET_OPEN,  /* connect to the signaling server now (again, after a loss) */
    QUA_MESH_SOCKET_CLOSE, /* close it once what is queued has left */
    QUA_MESH_LEG_OPENED,   /* leg: bind sockets, tell them, then local_done, on which the first offer is made */
    QUA_MESH_SERVERS,      /* qua_mesh_servers() says which the signaling server lends us */
    QUA_MESH_LEG_CLOSED,   /* leg: close its sockets, decoder and voice; it may open again, to the same participant */
    QUA_MESH_STATE,        /* state, error, reason */
    QUA_MESH_PARTICIPANT_JOINED,
    QUA_MESH_PARTICIPANT_CHANGED,
    QUA_MESH_PARTICIPANT_LEFT, /* reason */
    QUA_MESH_CHAT,             /* text, participant */
    QUA_MESH_PICTURE,          /* leg, picture: one reference, the owner's */
    QUA_MESH_AUDIO             /* leg, audio: one reference, the owner's */
} qua_mesh_event_type;

typedef struct qua_mesh_event {
    qua_mesh_event_type type;
    int leg;                     /* -1: none */
    qua_participant participant; /* of PARTICIPANT_*, CHAT; for LEG_* the one that it leads to */
    qua_call_state state;
    int error;
    const char *text;     /* reason or chat, lent until the next poll */
    qua_peer_event media; /* PICTURE and AUDIO as the leg's peer gave it */
} qua_mesh_event;

bool qua_mesh_poll_event(qua_mesh *mesh, qua_mesh_event *out);

/** @return how many links were written */
size_t qua_mesh_get_stats(const qua_mesh *mesh, qua_time now, qua_call_link *out, size_t capacity);

#endif
