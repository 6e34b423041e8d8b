/*
 * Floor 2: RTP and RTCP (RFC 3550), header extensions (RFC 8285), feedback (RFC 4585, 5104, transport-wide-cc-01),
 * retransmission (RFC 4588) and payload formats. Plain values in and out; nothing allocates.
 */
#ifndef QUA_RTP_H
#define QUA_RTP_H

#include "base/base.h"

/* ---- packets --------------------------------------------------------------------------------------------- */

/*
 *  0                   1                   2                   3
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |                             SSRC                              |
 */
typedef struct qua_rtp_header {
    bool marker;
    uint8_t payload_type; /* 0..127 */
    uint16_t seq;
    uint32_t timestamp, ssrc;
} qua_rtp_header;

/** Extensions that we know; the negotiated id of each is in a qua_rtp_extmap. */
typedef enum qua_rtp_extension {
    QUA_RTP_EXT_MID,           /* RFC 9143 */
    QUA_RTP_EXT_TRANSPORT_SEQ, /* transport-wide-cc-01 */
    QUA_RTP_EXT_ABS_SEND_TIME,
    QUA_RTP_EXT_AUDIO_LEVEL, /* RFC 6464 */
    QUA_RTP_EXT_ORIENTATION, /* 3GPP TS 26.114 */
    QUA_RTP_EXT_ABS_CAPTURE_TIME,
    QUA_RTP_EXT_COUNT
} qua_rtp_extension;

/** The URI of each in SDP. */
const char *qua_rtp_extension_uri(qua_rtp_extension extension);

/** id 1..14 of each extension, 0: not negotiated. */
typedef struct qua_rtp_extmap {
    uint8_t id[QUA_RTP_EXT_COUNT];
} qua_rtp_extmap;

typedef struct qua_rtp_extensions {
    unsigned present; /* bit 1 << qua_rtp_extension */
    char mid[16];
    uint16_t transport_seq;
    uint32_t abs_send_time; /* 24 bits, 6.18 fixed-point seconds */
    uint8_t audio_level;    /* 0 (loud) .. 127 (silence), -dBov */
    bool voice;
    uint8_t orientation;       /* the raw byte: camera, flip, rotation */
    uint64_t abs_capture_time; /* NTP, 32.32 */
} qua_rtp_extensions;

typedef struct qua_rtp_packet {
    qua_rtp_header header;
    qua_rtp_extensions ext;
    const uint8_t *payload; /* inside the parsed bytes */
    size_t payload_size;    /* padding taken off */
} qua_rtp_packet;

/** @return 0, QUA_EFORMAT. Unknown or broken extensions are skipped. */
int qua_rtp_parse(qua_rtp_packet *out, const qua_rtp_extmap *map, const uint8_t *data, size_t size);
/**
 * Write header, extensions and payload. Extensions that are present but not negotiated are left out.
 * @param padding bytes of padding to add, 0..255, the count byte included (RFC 3550 §5.1)
 * @return bytes written, 0 when `capacity` is too small
 */
size_t qua_rtp_write(uint8_t *out, size_t capacity, const qua_rtp_header *header, const qua_rtp_extmap *map,
                     const qua_rtp_extensions *ext, const uint8_t *payload, size_t payload_size, size_t padding);
/** Most bytes that qua_rtp_write puts before the payload. */
#define QUA_RTP_HEADER_MAX 64
/** Payloads of this size fit one QUA_MTU datagram with header, extensions, RTX and SRTP. */
#define QUA_RTP_PAYLOAD_MAX 1120

/** RFC 5761: RTCP packet types in the second byte. */
static inline bool qua_rtp_is_rtcp(const uint8_t *data, size_t size)
{
    return size >= 2 && data[1] >= 192 && data[1] <= 223;
}

/* ---- receiving a stream ---------------------------------------------------------------------------------- */

typedef struct qua_rtp_report {
    uint32_t ssrc;
    uint8_t fraction_lost; /* of 256 */
    int32_t cumulative_lost;
    uint32_t highest_seq, jitter, last_sr, delay_since_sr;
} qua_rtp_report;

/** Per-SSRC receiver statistics (RFC 3550 §6.4.1, A.1, A.3, A.8). Zeroed is ready but for the clock. */
typedef struct qua_rtp_receiver {
    uint32_t ssrc, clock_hz;
    bool started;
    int64_t first_seq, highest_seq; /* unwrapped */
    uint64_t received, received_prior, expected_prior;
    double jitter; /* in clock ticks */
    uint32_t transit;
    uint32_t last_sr; /* middle bits of the newest SR's NTP */
    qua_time last_sr_at;
    uint64_t sr_ntp; /* newest SR: this NTP time ... */
    uint32_t sr_rtp; /* ... is this RTP time */
    bool has_sr;
} qua_rtp_receiver;

void qua_rtp_receiver_init(qua_rtp_receiver *r, uint32_t ssrc, uint32_t clock_hz);
/** @return the unwrapped sequence number */
int64_t qua_rtp_receiver_on_packet(qua_rtp_receiver *r, qua_time now, uint16_t seq, uint32_t timestamp);
void qua_rtp_receiver_on_sr(qua_rtp_receiver *r, qua_time now, uint64_t ntp, uint32_t rtp);
/** The next report block; moves the interval of fraction_lost. */
void qua_rtp_receiver_report(qua_rtp_receiver *r, qua_time now, qua_rtp_report *out);
uint64_t qua_rtp_receiver_lost(const qua_rtp_receiver *r);
/** The sender's NTP time of an RTP timestamp, 0 before the first SR. */
uint64_t qua_rtp_receiver_ntp(const qua_rtp_receiver *r, uint32_t timestamp);

/* ---- RTCP ------------------------------------------------------------------------------------------------ */

typedef struct qua_rtcp_sr {
    uint32_t ssrc;
    uint64_t ntp;
    uint32_t rtp, packets, bytes;
} qua_rtcp_sr;

/** Most packets that one transport-cc report tells of: those of ours fit QUA_MTU, and those that we read. */
#define QUA_RTCP_FEEDBACK_MAX  512
#define QUA_RTCP_FEEDBACK_READ 2048

/** What the parser finds; all are optional, called in the order of the compound. Values are lent until return. */
typedef struct qua_rtcp_handlers {
    void (*sender_report)(void *context, const qua_rtcp_sr *sr);
    void (*report)(void *context, uint32_t from, const qua_rtp_report *report);
    void (*bye)(void *context, uint32_t ssrc);
    void (*nack)(void *context, uint32_t media_ssrc, const uint16_t *seqs, size_t count);
    void (*pli)(void *context, uint32_t media_ssrc); /* PLI or FIR */
    /** transport-cc: entry i is of sequence base + i; received_at[i] is QUA_TIME_NEVER when it did not come. */
    void (*transport_feedback)(void *context, uint16_t base, const qua_time *received_at, size_t count);
    void (*remb)(void *context, uint64_t bps);
} qua_rtcp_handlers;

/** @return 0; QUA_EFORMAT: what came before the malformed part was handled */
int qua_rtcp_parse(const uint8_t *data, size_t size, const qua_rtcp_handlers *handlers, void *context);

/* Writers append to `w`; check w->failed at the end. */
void qua_rtcp_write_sr(qua_writer *w, const qua_rtcp_sr *sr, const qua_rtp_report *reports, size_t count);
void qua_rtcp_write_rr(qua_writer *w, uint32_t ssrc, const qua_rtp_report *reports, size_t count);
void qua_rtcp_write_sdes(qua_writer *w, uint32_t ssrc, const char *cname);
void qua_rtcp_write_bye(qua_writer *w, uint32_t ssrc);
void qua_rtcp_write_pli(qua_writer *w, uint32_t ssrc, uint32_t media_ssrc);
/** @param seqs ascending in wrapping order */
void qua_rtcp_write_nack(qua_writer *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs, size_t count);

/* ---- transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) ---------------------------- */

#define QUA_ARRIVALS 2048

/** The receiver's side: what came when, since the last feedback. Zeroed is ready. */
typedef struct qua_rtp_arrivals {
    int64_t first, last; /* unwrapped, waiting to be reported; first > last: none */
    int64_t newest;      /* unwrapped, -1 none yet */
    uint8_t count;       /* feedback packets sent */
    bool started;
    qua_time at[QUA_ARRIVALS]; /* by seq modulo, 0: not received */
} qua_rtp_arrivals;

void qua_rtp_arrivals_add(qua_rtp_arrivals *a, qua_time now, uint16_t seq);
bool qua_rtp_arrivals_waiting(const qua_rtp_arrivals *a);
/** Append one feedback packet of what is waiting (at most QUA_RTCP_FEEDBACK_MAX entries; call again while waiting). */
void qua_rtcp_write_transport_feedback(qua_writer *w, uint32_t ssrc, uint32_t media_ssrc, qua_rtp_arrivals *a);

/* ---- loss repair ----------------------------------------------------------------------------------------- */

#define QUA_NACK_MAX 256

/** The receiver's list of missing packets. Zeroed is ready. */
typedef struct qua_rtp_nack {
    int64_t highest; /* unwrapped */
    bool started;
    size_t count;
    struct {
        int64_t seq;
        qua_time missing_since, asked_at; /* asked_at 0: not yet */
        int tries;
    } missing[QUA_NACK_MAX];
    uint64_t asked, recovered, given_up;
} qua_rtp_nack;

/** A packet came, first-hand or by retransmission. @return true when the list overflowed: ask for a keyframe */
bool qua_rtp_nack_on_packet(qua_rtp_nack *n, qua_time now, int64_t seq);
/** Forget what is older than `seq`: no longer of use. */
void qua_rtp_nack_forget_before(qua_rtp_nack *n, int64_t seq);
/** The numbers to ask for now. @return how many, ascending */
size_t qua_rtp_nack_poll(qua_rtp_nack *n, qua_time now, qua_time rtt, uint16_t *out, size_t capacity);
qua_time qua_rtp_nack_deadline(const qua_rtp_nack *n, qua_time rtt);

/* ---- retransmission (RFC 4588) ----------------------------------------------------------------------------- */

#define QUA_RTP_HISTORY     1024           /* packets of one stream that can be asked for again; divides 65,536 */
#define QUA_RTP_HISTORY_AGE QUA_SECONDS(2) /* older ones are of no use to anyone */

/** A packet as it was sent. */
typedef struct qua_rtp_sent {
    qua_rtp_header header;
    qua_rtp_extensions ext;
    qua_buffer *payload;         /* shared with whoever else sends it; NULL: empty slot */
    qua_time sent_at, resent_at; /* resent_at 0: not yet */
} qua_rtp_sent;

/** What one stream sent lately. Zeroed is ready; qua_rtp_history_clear before it goes. */
typedef struct qua_rtp_history {
    qua_rtp_sent slots[QUA_RTP_HISTORY]; /* by seq modulo */
    uint16_t oldest, newest;
    bool started;
} qua_rtp_history;

/**
 * Remember a packet that leaves now, and forget those that became too old.
 * @param header  seq newer than all before; numbers may be skipped (padding)
 * @param payload shared: the RTP payload alone, immutable from now on
 */
void qua_rtp_history_add(qua_rtp_history *h, qua_time now, const qua_rtp_header *header, const qua_rtp_extensions *ext,
                         qua_buffer *payload);
/**
 * A NACK asks for `seq`. Our receiver asks twice for the same loss (nack.c) and each is answered; a NACK right after
 * another is not.
 * @return the packet, lent until the next _add or _clear, and noted as resent; NULL: unknown, too old, just resent
 */
const qua_rtp_sent *qua_rtp_history_take(qua_rtp_history *h, qua_time now, qua_time rtt, uint16_t seq);
/** Drop all references. */
void qua_rtp_history_clear(qua_rtp_history *h);

/**
 * Write `sent` as a packet of the retransmission stream (§4): the original number, then the original payload.
 * @param header of the RTX stream: its payload type, SSRC and next number; marker and timestamp come from `sent`
 * @param ext    usually sent->ext with a transport-wide number of its own
 * @return bytes written, 0 when `capacity` is too small
 */
size_t qua_rtp_write_rtx(uint8_t *out, size_t capacity, const qua_rtp_sent *sent, const qua_rtp_header *header,
                         const qua_rtp_extmap *map, const qua_rtp_extensions *ext);
/** What qua_rtp_write_rtx adds to the original payload. */
#define QUA_RTX_OVERHEAD 2
/**
 * Turn a packet of a retransmission stream into the one that it repeats.
 * @return 0; QUA_EIGNORED: padding alone; QUA_EFORMAT: no room for the original number
 */
int qua_rtp_unwrap_rtx(qua_rtp_packet *packet, uint32_t media_ssrc, uint8_t media_payload_type);

/* ---- VP8 (RFC 7741) -------------------------------------------------------------------------------------- */

/** What a depacketiser finds in one payload, whatever the codec. */
typedef struct qua_rtp_fragment {
    const uint8_t *data; /* the codec's bytes inside the payload */
    size_t size;
    bool frame_start, keyframe; /* keyframe is known at frame_start only */
    int32_t picture_id;         /* 15 bits, -1 absent */
    uint8_t temporal_id;
    bool discardable;
} qua_rtp_fragment;

/** @param index of this payload within the frame, 0 first. @return bytes of the descriptor */
size_t qua_rtp_vp8_descriptor(uint8_t *out, size_t index, uint16_t picture_id, bool discardable);
#define QUA_RTP_VP8_DESCRIPTOR_MAX 6
/** @return 0, QUA_EFORMAT */
int qua_rtp_vp8_parse(qua_rtp_fragment *out, const uint8_t *payload, size_t size);

/* ---- VP9 (RFC 9628) -------------------------------------------------------------------------------------- */

/**
 * Flexible mode, one layer; a picture that is no keyframe refers to the one before it.
 * @param index, last of this payload within the picture. @return bytes, at most QUA_RTP_VP9_DESCRIPTOR_MAX
 */
size_t qua_rtp_vp9_descriptor(uint8_t *out, size_t index, bool last, uint16_t picture_id, bool keyframe);
#define QUA_RTP_VP9_DESCRIPTOR_MAX 4
/** @return 0, QUA_EFORMAT */
int qua_rtp_vp9_parse(qua_rtp_fragment *out, const uint8_t *payload, size_t size);

/* ---- H.264 (RFC 6184), packetization-mode 1 --------------------------------------------------------------- */

/** Cuts NAL units with start codes before them into payloads: single NAL units and FU-A. */
typedef struct qua_rtp_h264_cutter {
    const uint8_t *data; /* lent: what is left */
    size_t size;
    const uint8_t *nal; /* of the one that is being cut: what is left, behind its header */
    size_t nal_size;
    uint8_t header; /* of that one; 0: none */
} qua_rtp_h264_cutter;

qua_rtp_h264_cutter qua_rtp_h264_cutter_of(const uint8_t *data, size_t size);
/** @return bytes of the next payload, at most `capacity` (at least 3); 0: none is left */
size_t qua_rtp_h264_cut(qua_rtp_h264_cutter *cutter, uint8_t *out, size_t capacity);

#define QUA_RTP_H264_ROOM QUA_DATAGRAM_MAX
/**
 * Single NAL units, STAP-A and FU-A become NAL units with start codes, in `room`, which `out` then points into.
 * frame_start is set where a parameter set says that a picture starts; elsewhere pictures start after the marker.
 * @return 0; QUA_EFORMAT; QUA_ENOTSUP: of another packetization-mode
 */
int qua_rtp_h264_parse(qua_rtp_fragment *out, const uint8_t *payload, size_t size, uint8_t room[QUA_RTP_H264_ROOM]);

#endif
