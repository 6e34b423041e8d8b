/* A connection's insides, shared by its files. */
#ifndef PEER_INTERNAL_H
#define PEER_INTERNAL_H

#include "cc/cc.h"
#include "ice/ice.h"
#include "peer/peer.h"
#include "rtp/rtp.h"
#include "sdp/sdp.h"
#include "srtp/srtp.h"

#define EVENTS_MAX        256
#define PAYLOAD_TYPE_NONE 0xff
#define VIDEO_HZ          90000

/* One codec as negotiated for a transceiver. */
typedef struct peer_codec {
    const qua_video_codec *video; /* NULL: Opus */
    uint8_t send, send_rtx;       /* payload types of the remote description */
    uint8_t receive, receive_rtx; /* of the local one */
} peer_codec;

/* A packet that waits in the pacer; number, transport-wide number and SRTP come when it is let go. */
typedef struct peer_out {
    int transceiver;
    qua_rtp_sent sent;
    bool resend;
    uint32_t picture; /* the sender's count of pictures, 0 for sound */
    bool discardable;
    struct peer_out *next;
} peer_out;

typedef struct peer_meter { /* rates over windows of a second */
    qua_time since;
    uint64_t bytes, frames, packets, lost; /* of the present window */
    double bitrate_bps, fps, loss;         /* of the last one */
} peer_meter;

typedef struct peer_sender {
    uint32_t ssrc, rtx_ssrc;
    uint16_t next_seq, next_rtx_seq;
    uint32_t timestamp_offset;
    bool confirmed;          /* the far side reported on it: it knows whose it is */
    bool needs_keyframe;     /* what is not one cannot be decoded there */
    uint32_t picture;        /* counts those queued */
    uint32_t dead_until;     /* pictures up to this one are not sent any more: one before them is lost */
    bool started;            /* a packet has left */
    uint32_t last_timestamp; /* newest, with the offset */
    qua_time last_captured;
    uint64_t packets, bytes; /* of RTP payload; reports carry 32 bits of them */
    qua_rtp_history history;
    peer_meter meter;
    qua_link_stats stats;
} peer_sender;

typedef struct peer_receiver {
    uint32_t ssrc, rtx_ssrc;                /* heard now, 0 none */
    uint32_t described_ssrc, described_rtx; /* by the remote description, 0 none */
    uint8_t payload_type;
    const qua_video_codec *codec;
    qua_rtp_receiver stream;
    qua_rtp_nack nack;
    qua_video_jitter *jitter; /* NULL: audio */
    uint64_t capture_ntp;     /* newest abs-capture-time ... */
    uint32_t capture_rtp;     /* ... is of this RTP time */
    bool has_capture;
    bool keyframe_asked; /* by the owner */
    qua_time pli_at, pli_interval;
    uint64_t lost_before; /* for the meter */
    peer_meter meter;
    qua_link_stats stats;
} peer_receiver;

typedef struct peer_transceiver {
    qua_kind kind;
    qua_direction wanted, current; /* current: as negotiated */
    char mid[QUA_SDP_TOKEN];       /* "" not in a description yet */
    bool stopped;                  /* rejected or rolled back; stays for its index */
    bool fresh_mid;                /* named by the description that is pending */
    bool made_by_remote;           /* by the pending remote offer */
    bool remote_track;             /* the far side says that it sends */
    qua_direction described;       /* in the last local description that took effect ... */
    qua_direction offered;         /* ... and what that could be at most */
    char stream_id[QUA_ID_SIZE], track_id[QUA_ID_SIZE];
    peer_codec codecs[QUA_PEER_CODECS];
    size_t codec_count;                                /* the first is sent */
    const qua_video_codec *preferred[QUA_PEER_CODECS]; /* of the config's, all that may be used; none: all of them */
    size_t preferred_count;
    qua_rtp_extmap extmap;
    bool nack, pli, can_send_told;
    peer_sender sender;
    peer_receiver receiver;
} peer_transceiver;

/* Numbers of a codec of ours in our offers; those of the far side once it named them. */
typedef struct peer_numbers {
    uint8_t payload_type, rtx;
} peer_numbers;

struct qua_peer {
    qua_peer_config config;
    qua_time now; /* of the newest call */
    qua_signaling_state signaling;
    qua_connection_state connection;
    qua_ice_connection_state ice_state;
    qua_gathering_state gathering;

    /* transport */
    qua_ice *ice;
    qua_dtls *dtls;
    qua_srtp *srtp;
    size_t told_candidates; /* local candidates that the far side was told of */
    bool dtls_role_known, dtls_client;
    char fingerprint[QUA_FINGERPRINT_SIZE]; /* of the far side, "" unknown */
    uint64_t malformed;

    /* data channels: NULL before the first one or the far side's first offer of them */
    qua_sctp *sctp;
    char sctp_mid[QUA_SDP_TOKEN]; /* their m-section, "" none yet */
    bool fresh_sctp_mid;          /* named by the pending description */
    bool sctp_agreed;
    uint16_t sctp_port;      /* of the far side ... */
    size_t sctp_message_max; /* ... and what it takes */

    /* negotiation */
    peer_transceiver *transceivers[QUA_PEER_TRANSCEIVERS];
    size_t transceiver_count;
    qua_sdp *remote; /* the newest remote description, NULL before the first */
    char *local_current, *local_pending, *remote_current, *remote_pending; /* texts, NULL none */
    char *local_text;                                                      /* what qua_peer_local_sdp gave */
    uint64_t session_id, session_version;
    bool negotiated, negotiation_told, restart_wanted; /* negotiated: once at least */
    peer_numbers opus, video[QUA_PEER_CODECS];
    uint8_t extension_ids[QUA_RTP_EXT_COUNT];
    qua_rtp_extmap extmap; /* of all transceivers, for parsing */
    char cname[17];

    /* media */
    qua_cc *cc;
    qua_pacer *pacer;
    bool transport_cc, reduced_size;
    peer_out *outs, *free_out;
    int64_t next_transport_seq;
    qua_rtp_arrivals arrivals;
    qua_time feedback_at, report_at;
    qua_cc_packet reported[QUA_RTCP_FEEDBACK_READ]; /* by the report that is being read */
    int64_t feedback_base;                          /* unwraps the reference time of the far side's reports */
    qua_time feedback_newest;
    qua_time rtt_us;     /* by reports, -1 unknown */
    uint32_t local_ssrc; /* that reports come from when nothing is sent */

    qua_peer_transmit farewell[4];
    size_t farewell_first, farewell_count;
    qua_peer_event events[EVENTS_MAX];
    size_t event_first, event_count;
};

/* peer.c */
qua_peer_event *peer_emit(qua_peer *p, qua_peer_event_type type, int transceiver);
peer_transceiver *peer_at(const qua_peer *p, int transceiver);
peer_transceiver *peer_transceiver_create(qua_peer *p, qua_kind kind, qua_direction direction);
void peer_set_connection(qua_peer *p, qua_connection_state next);
void peer_check_negotiation(qua_peer *p);

void peer_control_without_feedback(qua_peer *p, qua_time now);

/* transport.c */
int peer_transport_create(qua_peer *p);
void peer_transport_drive(qua_peer *p, qua_time now);
bool peer_transport_poll(qua_peer *p, qua_peer_transmit *out);
bool peer_transport_poll_ice(qua_peer *p, qua_peer_transmit *out);
void peer_transport_wrap(const qua_peer *p, qua_peer_transmit *out);
/* Where media goes now. */
bool peer_transport_path(const qua_peer *p, qua_peer_transmit *out);
void peer_tell_candidates(qua_peer *p);

/* channels.c */
int peer_channels_create(qua_peer *p);
/* Is it in the form of before RFC 8841, "DTLS/SCTP 5000" with a=sctpmap? aiortc offers that. */
bool peer_channels_old_form(const qua_sdp_media *media);
/* May this m-section carry our data channels? */
bool peer_channels_usable(const qua_peer *p, const qua_sdp *sdp, const qua_sdp_media *media);
void peer_channels_apply(qua_peer *p, const qua_sdp_media *local, const qua_sdp_media *remote, bool provisional);
void peer_channels_drive(qua_peer *p, qua_time now);
/* The next packet is a DTLS record now. @return false: none */
bool peer_channels_transmit(qua_peer *p);
bool peer_channels_poll_event(qua_peer *p, qua_peer_event *out);

/* describe.c */
void peer_describe_offer(qua_peer *p, qua_sdp *out);
void peer_describe_answer(qua_peer *p, qua_sdp *out);
void peer_add_candidates(const qua_peer *p, qua_sdp *out);
/* Is this m-section of the far side on the one transport? */
bool peer_shares_transport(const qua_sdp *sdp, const qua_sdp_media *media);
/* May this m-section of the far side be used at all? */
bool peer_media_usable(const qua_peer *p, const qua_sdp *sdp, const qua_sdp_media *media);
/* The codec of ours that this entry is: *video NULL for Opus. */
bool peer_find_codec(const qua_peer *p, const qua_sdp_media *media, const qua_sdp_codec *entry,
                     const qua_video_codec **video);
/* Payload types that are in use for a codec (NULL: Opus): our next offer names the same. */
void peer_claim_numbers(qua_peer *p, const qua_video_codec *codec, uint8_t payload_type, uint8_t rtx);

/* apply.c */
peer_transceiver *peer_by_mid(const qua_peer *p, const char *mid);
/* The m-section whose transport all use; NULL: all are refused. */
const qua_sdp_media *peer_transport_media(const qua_sdp *sdp);
void peer_associate_local(qua_peer *p, const qua_sdp *offer);
void peer_associate_remote(qua_peer *p, const qua_sdp *offer);
/* Tracks of the far side begin and end as its description says; NULL: it has none. */
void peer_update_tracks(qua_peer *p, const qua_sdp *remote);
void peer_roll_back(qua_peer *p);
/* @param provisional what it refuses may still be accepted */
void peer_apply(qua_peer *p, qua_time now, const qua_sdp *local, const qua_sdp *remote, bool we_offered,
                bool provisional);

/* send.c */
void peer_sender_init(qua_peer *p, peer_sender *s);
bool peer_send_poll(qua_peer *p, qua_time now, qua_peer_transmit *out);
void peer_sender_lost_keyframe(qua_peer *p, int transceiver);
void peer_on_nack(qua_peer *p, qua_time now, uint32_t ssrc, const uint16_t *seqs, size_t count);

/* receive.c */
int peer_on_rtp(qua_peer *p, qua_time now, const uint8_t *data, size_t size);
bool peer_receive_picture(qua_peer *p, qua_peer_event *out);
qua_time peer_receive_deadline(const qua_peer *p, qua_time now);
void peer_receiver_reset(peer_receiver *r);
bool peer_wants_keyframe(const peer_receiver *r, qua_time now);

/* control.c */
int peer_on_rtcp(qua_peer *p, qua_time now, const uint8_t *data, size_t size);
bool peer_control_poll(qua_peer *p, qua_time now, qua_peer_transmit *out);
qua_time peer_control_deadline(const qua_peer *p, qua_time now);
void peer_write_farewell(qua_peer *p, qua_time now, qua_writer *w);
qua_time peer_rtt(const qua_peer *p);

/* payload.c */
/* `out` points into `data`, or into `room` where the format has to be rewritten. */
int peer_parse_payload(qua_rtp_fragment *out, qua_payload_format format, const uint8_t *data, size_t size,
                       uint8_t room[QUA_RTP_H264_ROOM]);

/* stats.c */
void peer_stats_roll(qua_peer *p, qua_time now);

#endif
