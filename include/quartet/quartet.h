/*
 * Quartet: video calls for up to four people. The public API of the engine.
 *
 * Two levels share one engine. The call level joins a room of a signaling server and is all that most apps need. The
 * peer-connection level follows the W3C WebRTC API, for apps that bring their own signaling. Names are those of the
 * W3C and the IETF.
 *
 * Threads: every function may be called from any thread. Callbacks run one after another on the executor given to
 * qua_engine_create (video frames apart: they come straight from the decoder's thread, for the least delay).
 * Objects are destroyed with their _destroy function, which nulls the pointer; after it returns no callback of that
 * object runs any more, unless it is called from inside a callback of that object, where the present one is the last.
 */
#ifndef QUARTET_QUARTET_H
#define QUARTET_QUARTET_H

#include "quartet/media.h"
#include "quartet/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QUA_API __attribute__((visibility("default")))
#else
#define QUA_API
#endif

typedef struct qua_engine qua_engine;
typedef struct qua_video_source qua_video_source;
typedef struct qua_audio_source qua_audio_source;
typedef struct qua_pc qua_pc;
typedef struct qua_call qua_call;

/* ---- engine ---------------------------------------------------------------------------------------------- */

/**
 * Runs fn(argument) in order, one at a time: an app's queue or main loop. Called from the loop thread. One that
 * runs it at once is bearable: callbacks are then the loop's, and must not wait for anything.
 */
typedef struct qua_executor {
    void (*run)(void *context, void (*fn)(void *argument), void *argument);
    void *context;
} qua_executor;

#define QUA_MAX_ICE_SERVERS 8

/** One STUN or TURN server, as in RTCIceServer. */
typedef struct qua_ice_server {
    char url[256]; /* stun:host[:port], turn:host[:port][?transport=udp|tcp] or turns: (RFC 7064, 7065) */
    char username[512];
    char credential[256];
} qua_ice_server;

typedef struct qua_engine_config {
    qua_executor executor; /* run NULL: a thread of the engine's own */
    qua_log_fn log;        /* NULL: silent */
    void *log_context;
    qua_log_level log_level;
    /**
     * Video codecs by preference, tried in this order; none: the built-in ones (see qua_video_codecs_builtin). Copied;
     * what they point to must live as long as the engine and its sources.
     */
    const qua_video_codec *codecs;
    size_t codec_count;
    /** Local addresses to use, literal IPs; none: every interface that is up, loopback too when alone. */
    const char *const *bind_ips;
    size_t bind_ip_count;
} qua_engine_config;

/** @param config lent until return; NULL: defaults. @return 0, QUA_EINVAL: not an IP, too many, QUA_ENOMEM, QUA_EIO */
QUA_API int qua_engine_create(qua_engine **out, const qua_engine_config *config);
/**
 * Ends every call and connection made from it. Handles that the app still holds stay valid, do nothing more, and are
 * to be destroyed; no other thread of the app may be inside the engine meanwhile, callbacks apart, which may call it
 * until they return. On the engine's own executor none runs after this returns; an app's gets none more, and those that
 * wait in it run still, unless their object is destroyed before. Never from a callback.
 */
QUA_API void qua_engine_destroy(qua_engine **engine);

/**
 * The system told the app that interfaces or addresses changed: look at them again, as the engine does by itself where
 * it may hear of it. Nothing happens to an engine with addresses of its own choosing (bind_ips).
 */
QUA_API void qua_engine_network_changed(qua_engine *engine);

/**
 * Mixed sound of every remote participant: called by the audio device's thread, one at a time; never locks, never
 * allocates.
 * @param out 480 samples: 10 ms, mono, 48 kHz
 * @return how many remote voices are in it
 */
QUA_API int qua_engine_pull_audio(qua_engine *engine, int16_t out[480]);

/* ---- local media ----------------------------------------------------------------------------------------- */

/** A camera, file or screen: the app pushes frames; one encoder for each codec in use serves every receiver. */
QUA_API int qua_video_source_create(qua_video_source **out, qua_engine *engine);
QUA_API void qua_video_source_destroy(qua_video_source **source);
/** Shares the frame (takes a reference of its own). The newest wins: a frame not yet encoded is dropped. */
QUA_API int qua_video_source_push(qua_video_source *source, qua_frame *frame);

/** What the encoder of a source is told to stay within. */
typedef struct qua_video_limits {
    int max_bitrate_bps; /* 0: the default, 1.7 Mb/s at 640x360 and in proportion to pixels */
    int min_bitrate_bps; /* 0: 30 kb/s */
    int max_fps;         /* 0: the camera's */
} qua_video_limits;

QUA_API int qua_video_source_set_limits(qua_video_source *source, const qua_video_limits *limits);
/** A disabled source sends nothing, to anyone; only qua_call_set_muted tells the others. */
QUA_API int qua_video_source_set_enabled(qua_video_source *source, bool enabled);

/** A microphone: the app pushes 10 ms blocks; they are encoded on the calling thread. */
QUA_API int qua_audio_source_create(qua_audio_source **out, qua_engine *engine);
QUA_API void qua_audio_source_destroy(qua_audio_source **source);
/** @param pcm 480 samples, mono, 48 kHz, lent; @param captured time of the first sample. One thread at a time. */
QUA_API int qua_audio_source_push(qua_audio_source *source, const int16_t pcm[480], qua_time captured);
QUA_API int qua_audio_source_set_enabled(qua_audio_source *source, bool enabled);

/* ---- statistics ------------------------------------------------------------------------------------------ */

/** One direction of one link, as the receiver or sender of it knows it. Counters grow from the link's start. */
typedef struct qua_link_stats {
    char codec[16]; /* "VP8", "" before media flows */
    int width, height;
    uint64_t frames;          /* decoded (inbound) or sent (outbound) */
    uint64_t frames_dropped;
    uint64_t keyframes;
    uint64_t bytes;           /* RTP payload and header bytes of video */
    uint64_t packets, packets_lost, packets_retransmitted, nacks, plis;
    uint64_t audio_packets, audio_packets_lost, audio_bytes;
    uint64_t audio_samples, audio_concealed_samples;
    double audio_level;       /* 0..1, of the newest sound */
    double fps;               /* over the last second */
    double bitrate_bps;       /* video, over the last second */
    double loss;              /* 0..1, over the last second */
    qua_time delay_us;        /* capture to decoded, of the newest frame, when clocks are comparable; -1 unknown */
    qua_time jitter_us;
} qua_link_stats;

typedef struct qua_pc_stats {
    qua_link_stats in, out;
    qua_time rtt_us; /* -1 unknown */
    double target_bps; /* what congestion control allows now */
    uint64_t malformed; /* packets of the peer that broke a protocol and were dropped */
    size_t queue_packets; /* waiting in the pacer */
} qua_pc_stats;

/* ---- calls ----------------------------------------------------------------------------------------------- */

#define QUA_MAX_PARTICIPANTS 4
#define QUA_ID_SIZE 64

typedef enum qua_call_state {
    QUA_CALL_CONNECTING,   /* reaching the server, joining the room */
    QUA_CALL_JOINED,       /* in the room; legs to the others come and go */
    QUA_CALL_RECONNECTING, /* the server is lost; media goes on */
    QUA_CALL_ENDED
} qua_call_state;

typedef enum qua_connection_state {
    QUA_CONNECTION_NEW,
    QUA_CONNECTION_CONNECTING,
    QUA_CONNECTION_CONNECTED,
    QUA_CONNECTION_DISCONNECTED,
    QUA_CONNECTION_FAILED,
    QUA_CONNECTION_CLOSED
} qua_connection_state;

typedef struct qua_participant {
    char id[QUA_ID_SIZE]; /* given by the server */
    char name[QUA_ID_SIZE + 1];
    qua_connection_state connection;
    bool audio_muted, video_muted;
} qua_participant;

/** All are optional; `context` is the one of the config. Strings and structs are lent until return. */
typedef struct qua_call_events {
    /** @param error for ENDED: 0 after qua_call_leave, else why; @param reason a sentence for people */
    void (*state)(void *context, qua_call_state state, int error, const char *reason);
    void (*participant_joined)(void *context, const qua_participant *participant);
    void (*participant_changed)(void *context, const qua_participant *participant);
    void (*participant_left)(void *context, const qua_participant *participant, const char *reason);
    /** A decoded frame, on a decoder's thread. @param decoded when it was ready, monotonic µs */
    void (*video)(void *context, const qua_participant *participant, qua_frame *frame, qua_time decoded);
    /** 10 ms of one participant's sound before mixing, on the thread that pulls audio: for meters and recordings. */
    void (*audio)(void *context, const char *participant_id, const int16_t pcm[480], bool concealed);
    void (*chat)(void *context, const qua_participant *from, const char *text);
} qua_call_events;

typedef struct qua_call_config {
    const char *url;  /* ws://host:port/ROOM or wss:// */
    const char *name; /* shown to the others, UTF-8, at most 64 bytes */
    qua_video_source *video; /* shared until the call is destroyed; NULL: send none */
    qua_audio_source *audio;
    const qua_ice_server *ice_servers;
    size_t ice_server_count;
    qua_call_events events;
    void *context;
} qua_call_config;

/** Join a room. @param config lent until return. @return 0; QUA_EINVAL: malformed URL; the rest comes as events */
QUA_API int qua_call_join(qua_call **out, qua_engine *engine, const qua_call_config *config);
/** Say goodbye to everyone, then ENDED follows. */
QUA_API int qua_call_leave(qua_call *call);
/** Leaves first when need be. */
QUA_API void qua_call_destroy(qua_call **call);
/** Mute or unmute what we send, and tell the others. @return 0; QUA_ESTATE: not yet begun, or ended */
QUA_API int qua_call_set_muted(qua_call *call, bool audio, bool video);
QUA_API int qua_call_send_chat(qua_call *call, const char *text);

typedef struct qua_call_link {
    qua_participant participant;
    qua_pc_stats stats;
} qua_call_link;

/** A snapshot, waited for. @return how many links were written, at most `capacity` */
QUA_API size_t qua_call_get_stats(qua_call *call, qua_call_link *out, size_t capacity);

/* ---- peer connections (W3C WebRTC) ------------------------------------------------------------------------- */

typedef enum qua_sdp_type { QUA_SDP_OFFER, QUA_SDP_PRANSWER, QUA_SDP_ANSWER, QUA_SDP_ROLLBACK } qua_sdp_type;

typedef enum qua_signaling_state {
    QUA_SIGNALING_STABLE,
    QUA_SIGNALING_HAVE_LOCAL_OFFER,
    QUA_SIGNALING_HAVE_REMOTE_OFFER,
    QUA_SIGNALING_HAVE_LOCAL_PRANSWER,
    QUA_SIGNALING_HAVE_REMOTE_PRANSWER,
    QUA_SIGNALING_CLOSED
} qua_signaling_state;

typedef enum qua_gathering_state { QUA_GATHERING_NEW, QUA_GATHERING_RUNNING, QUA_GATHERING_COMPLETE } qua_gathering_state;

typedef enum qua_ice_connection_state {
    QUA_ICE_NEW,
    QUA_ICE_CHECKING,
    QUA_ICE_CONNECTED,
    QUA_ICE_COMPLETED,
    QUA_ICE_DISCONNECTED,
    QUA_ICE_FAILED,
    QUA_ICE_CLOSED
} qua_ice_connection_state;

typedef enum qua_direction {
    QUA_DIRECTION_INACTIVE = 0,
    QUA_DIRECTION_RECVONLY = 1,
    QUA_DIRECTION_SENDONLY = 2,
    QUA_DIRECTION_SENDRECV = 3
} qua_direction;

typedef enum qua_kind { QUA_AUDIO, QUA_VIDEO } qua_kind;

typedef struct qua_description {
    qua_sdp_type type;
    const char *sdp;
} qua_description;

typedef struct qua_candidate {
    const char *candidate; /* "candidate:..."; "" means end of candidates */
    const char *mid;       /* may be NULL */
    int mline_index;       /* -1 unknown */
    const char *ufrag;     /* may be NULL */
} qua_candidate;

/** A data channel (RFC 8831). The app's from qua_pc_create_data_channel or qua_pc_events.data_channel on. */
typedef struct qua_data_channel qua_data_channel;

/** All are optional. */
typedef struct qua_pc_events {
    void (*negotiation_needed)(void *context);
    void (*signaling_state)(void *context, qua_signaling_state state);
    void (*connection_state)(void *context, qua_connection_state state);
    void (*ice_connection_state)(void *context, qua_ice_connection_state state);
    void (*gathering_state)(void *context, qua_gathering_state state);
    void (*ice_candidate)(void *context, const qua_candidate *candidate);
    /** A remote track begins. @param transceiver its index; @param streams its MediaStream id, "" when none */
    void (*track)(void *context, int transceiver, qua_kind kind, const char *track_id, const char *stream_id);
    void (*track_ended)(void *context, int transceiver);
    /**
     * The far side opened a channel; it is the app's to destroy. Say what it shall tell with
     * qua_data_channel_set_events before returning, and no message is missed. NULL: such channels are closed.
     */
    void (*data_channel)(void *context, qua_data_channel *channel);
    /** On a decoder's thread. */
    void (*video)(void *context, int transceiver, qua_frame *frame, qua_time decoded);
    /** On the thread that pulls audio. */
    void (*audio)(void *context, int transceiver, const int16_t pcm[480], bool concealed);
} qua_pc_events;

typedef struct qua_pc_config {
    const qua_ice_server *ice_servers;
    size_t ice_server_count;
    bool relay_only; /* iceTransportPolicy "relay" */
    qua_pc_events events;
    void *context;
} qua_pc_config;

QUA_API int qua_pc_create(qua_pc **out, qua_engine *engine, const qua_pc_config *config);
QUA_API void qua_pc_close(qua_pc *pc);
/** Closes first when need be. */
QUA_API void qua_pc_destroy(qua_pc **pc);

/**
 * addTransceiver. Exactly one of `video`, `audio` matches the kind, or both NULL to receive only.
 * @return the transceiver's index (0...), or QUA_EFULL, QUA_ECLOSED
 */
QUA_API int qua_pc_add_transceiver(qua_pc *pc, qua_kind kind, qua_direction direction, qua_video_source *video,
                                   qua_audio_source *audio, const char *stream_id, const char *track_id);
/** addTrack: reuses a transceiver that receives only, else adds one (JSEP, RFC 9429 §4.1). Returns its index. */
QUA_API int qua_pc_add_track(qua_pc *pc, qua_kind kind, qua_video_source *video, qua_audio_source *audio,
                             const char *stream_id, const char *track_id);
/** removeTrack: stop sending; the transceiver stays. */
QUA_API int qua_pc_remove_track(qua_pc *pc, int transceiver);
/** replaceTrack: another source without negotiation; NULLs send nothing. */
QUA_API int qua_pc_replace_track(qua_pc *pc, int transceiver, qua_video_source *video, qua_audio_source *audio);
QUA_API int qua_pc_set_direction(qua_pc *pc, int transceiver, qua_direction direction);
/**
 * setCodecPreferences of a video transceiver: what the next descriptions name, the most wanted first.
 * @param names as in a=rtpmap ("VP9"), any case; lent. None: the engine's codecs in its order
 * @return 0; QUA_EINVAL: no such transceiver, not of video, a codec unknown or twice; QUA_ECLOSED
 */
QUA_API int qua_pc_set_codec_preferences(qua_pc *pc, int transceiver, const char *const *names, size_t count);

/** What a transceiver is now. */
typedef struct qua_transceiver_info {
    qua_kind kind;
    qua_direction direction; /* wanted by us */
    qua_direction current;   /* as negotiated last */
    bool stopped;            /* rejected or rolled back; keeps its index */
    char mid[QUA_ID_SIZE];   /* "" before it is in a description */
} qua_transceiver_info;

/** A snapshot, waited for. @return how many were written, at most `capacity` */
QUA_API size_t qua_pc_get_transceivers(qua_pc *pc, qua_transceiver_info *out, size_t capacity);
/**
 * The present local or remote description, the local one with the candidates gathered so far. A snapshot, waited for.
 * @return its length, 0: none yet, QUA_EFULL: `capacity` is too small (65,536 always suffices), QUA_ECLOSED
 */
QUA_API ptrdiff_t qua_pc_get_description(qua_pc *pc, bool local, char *out, size_t capacity);

/**
 * The result of an asynchronous operation; not called once the connection is destroyed, nor when what began
 * it returned an error: QUA_ENOMEM, QUA_EINVAL, or QUA_ECLOSED once the engine ends.
 * @param sdp the description that was made or set, lent; else NULL
 */
typedef void (*qua_pc_done)(void *context, int error, const char *sdp, const char *message);

QUA_API int qua_pc_create_offer(qua_pc *pc, bool ice_restart, qua_pc_done done, void *context);
QUA_API int qua_pc_create_answer(qua_pc *pc, qua_pc_done done, void *context);
/** @param description NULL: create what the state calls for (perfect negotiation); the sdp comes to `done` */
QUA_API int qua_pc_set_local_description(qua_pc *pc, const qua_description *description, qua_pc_done done,
                                         void *context);
/** `message` names the line and cause of a description that does not parse. */
QUA_API int qua_pc_set_remote_description(qua_pc *pc, const qua_description *description, qua_pc_done done,
                                          void *context);
QUA_API int qua_pc_add_ice_candidate(qua_pc *pc, const qua_candidate *candidate, qua_pc_done done, void *context);
QUA_API int qua_pc_restart_ice(qua_pc *pc);
/* ---- data channels (RFC 8831, W3C WebRTC §6) ---------------------------------------------------------------- */

typedef enum qua_data_channel_state {
    QUA_DATA_CHANNEL_CONNECTING,
    QUA_DATA_CHANNEL_OPEN,
    QUA_DATA_CHANNEL_CLOSING,
    QUA_DATA_CHANNEL_CLOSED
} qua_data_channel_state;

/** Largest message that is received, and that may be sent to a far side that says it takes so much: 16 MiB. */
#define QUA_DATA_MESSAGE_MAX (16u << 20)

/** RTCDataChannelInit. Begin with QUA_DATA_CHANNEL_DEFAULTS. */
typedef struct qua_data_channel_config {
    bool ordered;
    int max_packet_lifetime_ms; /* 0..65,535; -1: no limit. At most one of the two limits. */
    int max_retransmits;        /* 0..65,535; -1: no limit */
    const char *protocol;       /* UTF-8, at most 65,535 bytes; NULL: "" */
    bool negotiated;            /* the far side makes its end with the same id by itself */
    int id;                     /* 0..1023 when negotiated, else -1: chosen once connected */
} qua_data_channel_config;

#define QUA_DATA_CHANNEL_DEFAULTS \
    ((qua_data_channel_config){   \
        .ordered = true, .max_packet_lifetime_ms = -1, .max_retransmits = -1, .protocol = NULL, .negotiated = false, .id = -1})

/** All are optional. */
typedef struct qua_data_channel_events {
    void (*state)(void *context, qua_data_channel_state state);
    /** @param data lent; a text is UTF-8 as the far side sent it, unchecked and without a NUL */
    void (*message)(void *context, bool binary, const uint8_t *data, size_t size);
    /** The buffered amount fell to the threshold or below it. */
    void (*buffered_amount_low)(void *context);
} qua_data_channel_events;

/**
 * createDataChannel. The first one makes negotiation needed.
 * @param label UTF-8, at most 65,535 bytes. @param config NULL: reliable, in order; lent, as `events` is, which may be
 *        NULL too
 * @return 0; QUA_EINVAL: both limits, out of range; QUA_EBUSY: the id is in use; QUA_EFULL: 256 channels; QUA_ECLOSED
 */
QUA_API int qua_pc_create_data_channel(qua_data_channel **out, qua_pc *pc, const char *label,
                                       const qua_data_channel_config *config, const qua_data_channel_events *events,
                                       void *context);
/** Closes first when need be; may be called after the connection is destroyed. Waited for. */
QUA_API void qua_data_channel_destroy(qua_data_channel **channel);
/** Replaces them, from the next event on; called on the executor, nothing runs between. */
QUA_API void qua_data_channel_set_events(qua_data_channel *channel, const qua_data_channel_events *events,
                                         void *context);
/**
 * Queue one message; the bytes are copied.
 * @param data UTF-8 when not `binary`
 * @return 0; QUA_ESTATE: not open; QUA_EINVAL: larger than the far side takes (qua_data_channel_send_max); QUA_EFULL:
 *         32 MiB wait already; QUA_ENOMEM
 */
QUA_API int qua_data_channel_send(qua_data_channel *channel, bool binary, const uint8_t *data, size_t size);
/** What was sent before still goes, then the state becomes CLOSED. */
QUA_API void qua_data_channel_close(qua_data_channel *channel);
QUA_API qua_data_channel_state qua_data_channel_get_state(const qua_data_channel *channel);
/** bufferedAmount: bytes of messages sent here that are not yet with the transport (which holds 256 KiB of its own). */
QUA_API size_t qua_data_channel_buffered_amount(const qua_data_channel *channel);
QUA_API void qua_data_channel_set_buffered_amount_low_threshold(qua_data_channel *channel, size_t bytes);
/** maxMessageSize of the transport; SIZE_MAX: not known yet, or without a bound. */
QUA_API size_t qua_data_channel_send_max(const qua_data_channel *channel);

typedef struct qua_data_channel_info {
    const char *label, *protocol; /* lent as long as the channel */
    bool ordered, negotiated;
    int max_packet_lifetime_ms, max_retransmits; /* -1: no limit */
    int id;                                      /* -1: not known yet */
} qua_data_channel_info;

QUA_API void qua_data_channel_get_info(const qua_data_channel *channel, qua_data_channel_info *out);

/** A snapshot, waited for. */
QUA_API int qua_pc_get_stats(qua_pc *pc, qua_pc_stats *out);
/**
 * getStats under the names of webrtc-stats (W3C), as JSON: {"O0":{"id":"O0","type":"outbound-rtp","ssrc":...},...}.
 * `timestamp` is monotonic, in milliseconds. A snapshot, waited for.
 * @return the text, the caller's to free(); NULL: closed, or out of memory
 */
QUA_API char *qua_pc_get_report(qua_pc *pc);

#ifdef __cplusplus
}
#endif
#endif
