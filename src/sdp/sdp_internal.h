/* Inside src/sdp only: runs of foreign text, and the state of one parse. */
#ifndef QUA_SDP_INTERNAL_H
#define QUA_SDP_INTERNAL_H

#include "sdp/sdp.h"

/* ---- runs of text (text.c) --------------------------------------------------------------------------------- */

/** Foreign text, not NUL-terminated. */
typedef struct qua_span {
    const char *data;
    size_t size;
} qua_span;

/** Cut what stands before the first `separator` off *rest, and the separator too; all of it when there is none. */
qua_span qua_span_cut(qua_span *rest, char separator);
/** Cut the next word off *rest, past any spaces before it; empty when none is left. */
qua_span qua_span_word(qua_span *rest);
qua_span qua_span_trim(qua_span text);
bool qua_span_is(qua_span text, const char *other);
bool qua_span_is_caseless(qua_span text, const char *other);
/** Decimal digits and nothing else, at most `max`. @return false: not such a number, *out untouched */
bool qua_span_number(qua_span text, uint64_t max, uint64_t *out);
/** Copy into `out`, the rest of which is zeroed, so that equal descriptions are equal bytes. @return false: no room */
bool qua_span_copy(qua_span text, char *out, size_t capacity);

/* ---- one parse ----------------------------------------------------------------------------------------------- */

/** Where an attribute may stand; elsewhere it is skipped. */
enum { QUA_SDP_AT_SESSION = 1, QUA_SDP_AT_MEDIA = 2, QUA_SDP_AT_BOTH = 3 };

typedef struct qua_sdp_parser {
    qua_sdp *sdp;
    qua_sdp_error *error;
    int line;
    bool has_origin;
    qua_sdp_media session;    /* what the session level says of every m-section */
    qua_sdp_media *media;     /* the section being read: `session` until the first m-line */
    bool own_fingerprint;     /* this level has given one, which only a more wanted one replaces */
    unsigned feedback_of_all; /* a=rtcp-fb:* of this section */
} qua_sdp_parser;

/** A row of an attribute table. */
typedef struct qua_sdp_attribute {
    const char *name;
    int where;
    int (*read)(qua_sdp_parser *p, qua_span value); /* 0, or QUA_EFORMAT by qua_sdp_fail; NULL: it is a flag */
    size_t flag;                                    /* of the flag: where its bool is in qua_sdp_media */
} qua_sdp_attribute;

/** Refuse the description because of the present line. @return QUA_EFORMAT */
int qua_sdp_fail(qua_sdp_parser *p, const char *cause);
/** One of "sendrecv", "sendonly", "recvonly", "inactive". @return false: none of them, *out untouched */
bool qua_sdp_direction_of(qua_span text, qua_sdp_direction *out);
/** Its name: static text. */
const char *qua_sdp_direction_name(qua_sdp_direction direction);
/** Read one a= line, without its "a=". @return 0 or QUA_EFORMAT */
int qua_sdp_read_attribute(qua_sdp_parser *p, qua_span line);
extern const qua_sdp_attribute qua_sdp_transport_attributes[], qua_sdp_rtp_attributes[]; /* end with a NULL name */

/** Read an m-line, without its "m=". @return 0 or QUA_EFORMAT */
int qua_sdp_open_media(qua_sdp_parser *p, qua_span line);
/** The section is over: settle what needed all of its lines. */
void qua_sdp_close_media(qua_sdp_parser *p);

#endif
