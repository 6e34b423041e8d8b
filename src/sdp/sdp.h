/*
 * Floor 2: session descriptions (RFC 8866) as WebRTC uses them (RFC 9429), text to struct and back, and the rules by
 * which an answer is made of an offer (RFC 3264). Plain values; nothing allocates but qua_sdp_create.
 */
#ifndef QUA_SDP_H
#define QUA_SDP_H

#include "base/base.h"

/* Bounds of what is kept. More m-lines than this refuse the description; more of the rest is skipped and counted. */
#define QUA_SDP_MEDIA_MAX      16
#define QUA_SDP_CODECS_MAX     40
#define QUA_SDP_EXTENSIONS_MAX 24
#define QUA_SDP_CANDIDATES_MAX 32
#define QUA_SDP_RIDS_MAX       8
#define QUA_SDP_TOKEN          64 /* mid, stream and track ids, rid, with their NUL */

typedef enum qua_sdp_kind { QUA_SDP_AUDIO, QUA_SDP_VIDEO, QUA_SDP_APPLICATION, QUA_SDP_OTHER } qua_sdp_kind;

/** Bit 0 receive, bit 1 send, both from the describer's side; the same values as qua_direction. */
typedef enum qua_sdp_direction {
    QUA_SDP_INACTIVE = 0,
    QUA_SDP_RECVONLY = 1,
    QUA_SDP_SENDONLY = 2,
    QUA_SDP_SENDRECV = 3
} qua_sdp_direction;

/** a=setup (RFC 4145, RFC 8842). */
typedef enum qua_sdp_setup { QUA_SDP_SETUP_NONE, QUA_SDP_ACTPASS, QUA_SDP_ACTIVE, QUA_SDP_PASSIVE } qua_sdp_setup;

/** a=rtcp-fb of one payload type, as bits. */
enum {
    QUA_SDP_FB_NACK = 1,
    QUA_SDP_FB_PLI = 2, /* nack pli */
    QUA_SDP_FB_FIR = 4, /* ccm fir */
    QUA_SDP_FB_TRANSPORT_CC = 8,
    QUA_SDP_FB_REMB = 16,
    QUA_SDP_FB_CCFB = 32 /* ack ccfb (RFC 8888) */
};

/** One payload type: a=rtpmap, a=fmtp, a=rtcp-fb. Static types 0, 8, 9, 13 are filled in when no rtpmap names them. */
typedef struct qua_sdp_codec {
    uint8_t payload_type; /* 0..127 */
    char name[24];        /* encoding name as written; compared without case */
    uint32_t clock_hz;
    uint8_t channels; /* 1 when absent */
    char fmtp[256];   /* parameters as written, "" none */
    unsigned feedback;
} qua_sdp_codec;

/** a=extmap (RFC 8285). */
typedef struct qua_sdp_extension {
    uint8_t id; /* 1..255 */
    qua_sdp_direction direction;
    char uri[96];
} qua_sdp_extension;

/** a=rid (RFC 8851). */
typedef struct qua_sdp_rid {
    char id[QUA_SDP_TOKEN];
    bool send; /* else recv */
} qua_sdp_rid;

typedef struct qua_sdp_media {
    qua_sdp_kind kind;
    char type[24];     /* as written: "audio", "video", "application", "text" ... */
    char protocol[32]; /* "UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP" ... */
    uint16_t port;     /* 0 without bundle_only: rejected (RFC 3264 §6) */
    bool bundle_only;  /* RFC 9143 §6 */
    char formats[128]; /* the format list of an m-line that we do not understand, to answer it in kind */

    char mid[QUA_SDP_TOKEN]; /* "" absent */
    qua_sdp_direction direction;
    bool rtcp_mux, rtcp_mux_only, rtcp_rsize;

    /* transport; session-level values are copied into each m-section by the parser */
    char ice_ufrag[257], ice_password[257]; /* "" absent */
    /* sha-256 where it is given (RFC 8122 §5), else sha-512 or sha-384, digest in capitals; "" absent, weaker too */
    char fingerprint_algorithm[16], fingerprint[200];
    qua_sdp_setup setup;
    char candidates[QUA_SDP_CANDIDATES_MAX][256]; /* "candidate:..." */
    size_t candidate_count;
    bool end_of_candidates;

    qua_sdp_codec codecs[QUA_SDP_CODECS_MAX]; /* in order of the m-line */
    size_t codec_count;
    qua_sdp_extension extensions[QUA_SDP_EXTENSIONS_MAX];
    size_t extension_count;
    qua_sdp_rid rids[QUA_SDP_RIDS_MAX];
    size_t rid_count;
    char simulcast[128]; /* a=simulcast as written, "" none */

    char stream_id[QUA_SDP_TOKEN], track_id[QUA_SDP_TOKEN]; /* a=msid (RFC 8830); "" absent, "-" no stream */
    uint32_t ssrc, rtx_ssrc;                                /* first a=ssrc and its FID partner (RFC 5576); 0 absent */
    char cname[QUA_SDP_TOKEN];

    uint32_t sctp_port, max_message_size; /* RFC 8841; 0 absent; any size is UINT32_MAX */
} qua_sdp_media;

typedef struct qua_sdp {
    uint64_t session_id, session_version;
    bool ice_lite, trickle;                        /* a=ice-lite, a=ice-options:trickle */
    bool extmap_mixed;                             /* RFC 8285 §6; Firefox says so in each m-section */
    char bundle[QUA_SDP_MEDIA_MAX][QUA_SDP_TOKEN]; /* mids of the (first) BUNDLE group, the transport's owner first */
    size_t bundle_count;
    qua_sdp_media media[QUA_SDP_MEDIA_MAX];
    size_t media_count;
    size_t skipped; /* lines or entries past the bounds above */
} qua_sdp;

/** Large (some 300 KiB): on the heap. @return NULL without memory; freed by free() */
qua_sdp *qua_sdp_create(void);

/** Where and why a description does not parse. */
typedef struct qua_sdp_error {
    int line;        /* 1.. */
    char cause[120]; /* a sentence without the foreign bytes themselves */
} qua_sdp_error;

/**
 * Read a description. Unknown attributes and lines are skipped (RFC 8866 §5); what we understand must be well formed.
 * Line ends may be CRLF or LF. Bytes 0 and lone CR refuse it.
 * @param size at most 65,536. @return 0; QUA_EFORMAT and *error. `out` is garbage on error
 */
int qua_sdp_parse(qua_sdp *out, const char *text, size_t size, qua_sdp_error *error);

/** Write with CRLF and a NUL. @return length, or QUA_EFULL */
ptrdiff_t qua_sdp_write(char *out, size_t capacity, const qua_sdp *sdp);

/* ---- negotiation helpers (RFC 3264 §6, RFC 9429 §5) -------------------------------------------------------- */

/** @return the m-section of this mid, or NULL */
const qua_sdp_media *qua_sdp_find_mid(const qua_sdp *sdp, const char *mid);
/** Is this m-section refused: port 0 and not bundle-only? */
bool qua_sdp_rejected(const qua_sdp_media *media);
/** Value of one fmtp parameter ("apt", "profile-level-id"); NULL absent. @param out gets it, NUL-terminated */
const char *qua_sdp_fmtp_get(const char *fmtp, const char *name, char *out, size_t capacity);
/**
 * Are two entries the same codec (RFC 3264 §6.1)? Name without case, clock, channels; for H264 profile and
 * packetization-mode (RFC 6184 §8.2.2), for VP9 profile-id, for AV1 profile too.
 */
bool qua_sdp_codec_same(const qua_sdp_codec *a, const qua_sdp_codec *b);
/** The RTX entry (RFC 4588) that repairs `payload_type`; NULL none. */
const qua_sdp_codec *qua_sdp_find_rtx(const qua_sdp_media *media, uint8_t payload_type);
/** id of a URI in this m-section; 0 none. */
uint8_t qua_sdp_find_extension(const qua_sdp_media *media, const char *uri);
/** The direction as the other side sees it: sendonly <-> recvonly. */
qua_sdp_direction qua_sdp_reversed(qua_sdp_direction direction);

#endif
