/*
 * Floor 3: one WebRTC connection, sans-I/O. Wires ICE, DTLS, SRTP, RTP, congestion control, SDP and jitter buffers.
 *
 * The owner opens one UDP socket for each local address (a "base") and passes datagrams in and out. After any call
 * drain qua_peer_poll_transmit() and qua_peer_poll_event() fully, then ask qua_peer_deadline().
 *
 * Signaling states (RFC 9429 §3.2), changed in set_signaling alone:
 *
 *     stable ──local offer──▶ have-local-offer ──remote answer──▶ stable
 *     stable ──remote offer──▶ have-remote-offer ──local answer──▶ stable
 *     have-local-offer ──remote pranswer──▶ have-remote-pranswer ──remote answer──▶ stable
 *     have-remote-offer ──local pranswer──▶ have-local-pranswer ──local answer──▶ stable
 *     have-local-offer, have-remote-offer ──rollback──▶ stable
 *     have-local-offer ──remote offer──▶ (rollback, then) have-remote-offer
 *
 * Connection: new → connecting → connected ⇄ disconnected → failed; any → closed.
 */
#ifndef QUA_PEER_H
#define QUA_PEER_H

#include "base/base.h"
#include "dtls/dtls.h"
#include "media/media.h"
#include "quartet/quartet.h"
#include "sctp/sctp.h"

#define QUA_PEER_TRANSCEIVERS 8
#define QUA_PEER_CODECS       8

typedef struct qua_peer qua_peer;

/** A TURN server (RFC 8656, over UDP) and the long-term credential for it; never logged. */
typedef struct qua_peer_turn_server {
    qua_addr addr;
    const char *username, *password;
} qua_peer_turn_server;

typedef struct qua_peer_config {
    const qua_random *random;             /* lent, outlives the peer */
    const qua_log *log;                   /* lent, may be NULL */
    qua_dtls_identity *identity;          /* shared: the certificate of this call */
    const qua_video_codec *const *codecs; /* offered video codecs by preference; lent, outlives the peer */
    size_t codec_count;                   /* at most QUA_PEER_CODECS */
    const qua_addr *stun_servers;
    size_t stun_server_count;
    const qua_peer_turn_server *turn_servers; /* what these point to is lent as the config is */
    size_t turn_server_count;
    bool relay_only;                      /* iceTransportPolicy "relay" */
    bool allow_loopback;                  /* loopback candidates count: calls on one machine */
    bool data_channels;                   /* a far side's offer of them is taken */
    qua_pool *packets;                    /* shared: buffers of at least QUA_DATAGRAM_MAX bytes */
    uint64_t start_bps, min_bps, max_bps; /* 0: cc's defaults */
} qua_peer_config;

/** @return 0, QUA_ENOMEM */
int qua_peer_create(qua_peer **out, qua_time now, const qua_peer_config *config);
/** Nulls the pointer. Send what qua_peer_close left to transmit first. */
void qua_peer_destroy(qua_peer **peer);
/** Say goodbye (RTCP BYE, DTLS close_notify); drain transmit, then destroy. */
void qua_peer_close(qua_peer *peer, qua_time now);

/** A server whose name was resolved only now; before qua_peer_local_done. @return 0, QUA_EFULL */
int qua_peer_add_stun_server(qua_peer *peer, qua_time now, const qua_addr *addr);
/** The same for a TURN server (RFC 8656, over UDP). @param username, password lent, never logged. @return also
 * QUA_EINVAL */
int qua_peer_add_turn_server(qua_peer *peer, qua_time now, const qua_addr *addr, const char *username,
                             const char *password);

/* ---- network --------------------------------------------------------------------------------------------- */

/** A socket is bound. @param base the owner's number for it, 0.. */
void qua_peer_add_local(qua_peer *peer, qua_time now, int base, const qua_addr *addr);
/** The socket is gone with its interface; media moves to another at once where one is ready. */
void qua_peer_remove_local(qua_peer *peer, qua_time now, int base);
/** No more addresses will come: candidates are complete once the STUN servers answered. */
void qua_peer_local_done(qua_peer *peer, qua_time now);

/** @param data lent until return and overwritten (decrypted in place). @return 0, QUA_EIGNORED, QUA_EPROTO ... */
int qua_peer_input(qua_peer *peer, qua_time now, int base, const qua_addr *from, uint8_t *data, size_t size,
                   unsigned ecn);

typedef struct qua_peer_transmit {
    int base;
    qua_addr to;
    unsigned ecn;
    size_t size;
    uint8_t data[QUA_DATAGRAM_MAX];
} qua_peer_transmit;

bool qua_peer_poll_transmit(qua_peer *peer, qua_time now, qua_peer_transmit *out);
void qua_peer_on_timeout(qua_peer *peer, qua_time now);
qua_time qua_peer_deadline(const qua_peer *peer, qua_time now);

/* ---- negotiation (RFC 9429) -------------------------------------------------------------------------------- */

/** @return index, QUA_EFULL */
int qua_peer_add_transceiver(qua_peer *peer, qua_kind kind, qua_direction direction, const char *stream_id,
                             const char *track_id);
int qua_peer_set_direction(qua_peer *peer, int transceiver, qua_direction direction);
/** Direction wanted by us now; QUA_DIRECTION_INACTIVE for an unknown index. */
qua_direction qua_peer_direction(const qua_peer *peer, int transceiver);
size_t qua_peer_transceiver_count(const qua_peer *peer);
qua_kind qua_peer_kind(const qua_peer *peer, int transceiver);
void qua_peer_transceiver_info(const qua_peer *peer, int transceiver, qua_transceiver_info *out);
/**
 * setCodecPreferences: which video codecs the next descriptions name, the most wanted first.
 * @param names of a=rtpmap, any case; lent. None: the config's, in its order
 * @return 0; QUA_ENOENT: no such transceiver; QUA_EINVAL: not of video, unknown, or twice the same
 */
int qua_peer_prefer_codecs(qua_peer *peer, int transceiver, const char *const *names, size_t count);
/** Name the stream and track that a transceiver sends (addTrack on one that came from the remote side). */
int qua_peer_set_track(qua_peer *peer, int transceiver, const char *stream_id, const char *track_id);

/** Longest description that is written or read, bytes. */
#define QUA_SDP_TEXT_MAX 65536

/** @param out at least QUA_SDP_TEXT_MAX bytes. @return 0, QUA_ESTATE, QUA_EFULL */
int qua_peer_create_offer(qua_peer *peer, char *out, size_t capacity);
int qua_peer_create_answer(qua_peer *peer, char *out, size_t capacity);
/** @param sdp as created, ignored for rollback. @return 0, QUA_ESTATE, QUA_EFORMAT, QUA_ENOMEM */
int qua_peer_set_local(qua_peer *peer, qua_time now, qua_sdp_type type, const char *sdp);
/**
 * An offer in have-local-offer rolls ours back first: who is not to give way does not set it.
 * @param error at least 160 bytes, gets line and cause of a refusal. @return 0, QUA_ESTATE, QUA_EFORMAT ...
 */
int qua_peer_set_remote(qua_peer *peer, qua_time now, qua_sdp_type type, const char *sdp, char *error,
                        size_t error_capacity);
/** A remote candidate line ("candidate:..."), "" for the end. Held back until a remote description is set. */
int qua_peer_add_candidate(qua_peer *peer, qua_time now, const char *candidate);
qua_signaling_state qua_peer_signaling(const qua_peer *peer);
/** The present local description with its candidates; "" before the first. Lent until the next call. */
const char *qua_peer_local_sdp(qua_peer *peer);
const char *qua_peer_remote_sdp(const qua_peer *peer);
/** The next offer has new ICE credentials. */
void qua_peer_restart_ice(qua_peer *peer);

/* ---- media ----------------------------------------------------------------------------------------------- */

/** The video codec to send on a transceiver, as negotiated; NULL: none, or not yet connected. */
const qua_video_codec *qua_peer_send_codec(const qua_peer *peer, int transceiver);
/** May media be sent on this transceiver now (keys there, direction allows)? */
bool qua_peer_can_send(const qua_peer *peer, int transceiver);

/** Most payloads of one run of encoded bytes: 560 KiB. */
#define QUA_PAYLOADS_MAX 512

/**
 * Encoded bytes cut into RTP payloads: once, whoever receives them. One object for each encoder, as it counts pictures.
 * Zeroed is ready; qua_payloads_clear before it goes.
 */
typedef struct qua_payloads {
    const qua_video_codec *codec;
    qua_time captured;
    bool keyframe, discardable;
    bool first, last; /* begins, ends its picture */
    uint32_t number;  /* the codec's */
    uint16_t picture_id;
    size_t index; /* of the next payload within the picture */
    size_t count;
    qua_buffer *payload[QUA_PAYLOADS_MAX];
} qua_payloads;

/**
 * Cut what an encoder put out: a whole picture or one slice of it; what was in `payloads` is released.
 * @param pool of buffers of at least QUA_DATAGRAM_MAX bytes. @return 0; QUA_EFULL: no buffer left, or too large
 */
int qua_payloads_cut(qua_payloads *payloads, qua_pool *pool, const qua_video_codec *codec, const qua_encoded *encoded,
                     qua_time captured);
void qua_payloads_clear(qua_payloads *payloads);

/**
 * Queue one picture or slice; shares the payloads. Packets leave by poll_transmit as the pacer allows.
 * @return 0; QUA_ESTATE: qua_peer_can_send is false, or payloads of another codec than qua_peer_send_codec;
 *         QUA_EIGNORED: the far side waits for a keyframe and this is none; QUA_EFULL: the pacer is full
 */
int qua_peer_send_payloads(qua_peer *peer, qua_time now, int transceiver, const qua_payloads *payloads);
/**
 * Queue one Opus packet.
 * @param timestamp of 48 kHz ticks; @param level RFC 6464, 0..127. @return 0, QUA_ESTATE, QUA_EFULL
 */
int qua_peer_send_audio(qua_peer *peer, qua_time now, int transceiver, const uint8_t *opus, size_t size,
                        uint32_t timestamp, uint8_t level, qua_time captured);
/** Ask the far side for a picture that needs no other; repeated until one comes. */
void qua_peer_request_keyframe(qua_peer *peer, qua_time now, int transceiver);

/** Wire bytes that a video frame sent now may have; 0: skip it. See qua_cc_frame_budget. */
size_t qua_peer_frame_budget(const qua_peer *peer, qua_time now);
/** Long-run rate of the path less audio and headers, bits per second of video payload. */
uint64_t qua_peer_video_bps(const qua_peer *peer, qua_time now);
/** What the encoder would use at most; 0: as much as there is. */
void qua_peer_set_demand(qua_peer *peer, qua_time now, uint64_t bps);

/** The owner decoded a picture of this transceiver: for statistics. */
void qua_peer_on_decoded(qua_peer *peer, qua_time now, int transceiver, const qua_frame *frame);
void qua_peer_get_stats(const qua_peer *peer, qua_time now, qua_pc_stats *out);

/**
 * getStats as JSON under the names of webrtc-stats (W3C): an object of objects by id, timestamps in monotonic
 * milliseconds. @return 0, QUA_EFULL
 */
int qua_peer_report(const qua_peer *peer, qua_time now, char *out, size_t capacity);

/* ---- data channels (RFC 8831): numbers are those of sctp/sctp.h ----------------------------------------------- */

/** As qua_sctp_open; the first one makes negotiation needed. @return also QUA_ECLOSED */
int qua_peer_open_channel(qua_peer *peer, qua_time now, const char *label, const qua_data_channel_config *config);
/** As qua_sctp_send. */
int qua_peer_channel_send(qua_peer *peer, qua_time now, int channel, bool binary, qua_buffer *data);
void qua_peer_channel_close(qua_peer *peer, qua_time now, int channel);
/** The association of the channels, to ask it; NULL: there was none yet. */
const qua_sctp *qua_peer_channels(const qua_peer *peer);

/* ---- events ---------------------------------------------------------------------------------------------- */

typedef enum qua_peer_event_type {
    QUA_PEER_NEGOTIATION_NEEDED,
    QUA_PEER_SIGNALING,       /* signaling */
    QUA_PEER_CONNECTION,      /* connection */
    QUA_PEER_ICE,             /* ice */
    QUA_PEER_GATHERING,       /* gathering */
    QUA_PEER_CANDIDATE,       /* candidate: text, "" at the end */
    QUA_PEER_TRACK,           /* transceiver: a remote track begins */
    QUA_PEER_TRACK_ENDED,     /* transceiver */
    QUA_PEER_PICTURE,         /* transceiver, picture: give it to the decoder; the event's reference is yours */
    QUA_PEER_AUDIO,           /* transceiver, audio: give it to the voice's jitter buffer */
    QUA_PEER_KEYFRAME_WANTED, /* transceiver: the far side needs a keyframe of what we send */
    QUA_PEER_CHANNEL          /* channel: what a data channel tells; the reference to its data is yours */
} qua_peer_event_type;

typedef struct qua_peer_event {
    qua_peer_event_type type;
    int transceiver;
    union {
        qua_signaling_state signaling;
        qua_connection_state connection;
        qua_ice_connection_state ice;
        qua_gathering_state gathering;
        char candidate[512];
        struct {
            qua_kind kind;
            char stream_id[QUA_ID_SIZE], track_id[QUA_ID_SIZE];
        } track;
        struct {
            qua_buffer *data; /* the whole encoded picture; one reference, the receiver's */
            const qua_video_codec *codec;
            bool keyframe;
            uint32_t timestamp; /* RTP */
            qua_time captured;  /* on the sender's clock by its reports, 0 unknown */
            qua_time received;  /* when its last packet came */
        } picture;
        struct {
            qua_buffer *data; /* an Opus packet; one reference, the receiver's */
            uint16_t seq;
            uint32_t timestamp;
            uint8_t level;
            qua_time captured; /* as of pictures */
            qua_time received;
        } audio;
        qua_sctp_event channel;
    };
} qua_peer_event;

/** @return false: none left */
bool qua_peer_poll_event(qua_peer *peer, qua_peer_event *out);

#endif
