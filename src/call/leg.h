/* One leg of the mesh: the connection to one participant, its negotiation and its repair; private to this folder. */
#ifndef CALL_LEG_H
#define CALL_LEG_H

#include "call/call.h"
#include "signaling/signaling.h"

/*
 *     FREE ──open──▶ OPEN ──close──▶ CLOSING ──goodbye has left──▶ FREE
 *     OPEN ──destroy──▶ FREE (without a goodbye: to be made anew)
 */
typedef enum qua_leg_state { QUA_LEG_FREE, QUA_LEG_OPEN, QUA_LEG_CLOSING } qua_leg_state;

/** What the legs of a mesh have in common; outlives them. */
typedef struct qua_leg_context {
    qua_peer_config peer;
    qua_signal *signal;
    qua_hub *video; /* NULL: no picture is sent */
    bool audio;
    const qua_log *log;
    char sdp[QUA_SDP_TEXT_MAX]; /* scratch */
} qua_leg_context;

typedef struct qua_leg {
    qua_leg_context *context;
    qua_leg_state state;
    qua_peer *peer;
    char id[QUA_ID_SIZE];    /* of the participant at the other end */
    bool polite;             /* gives way when offers cross */
    bool offers;             /* makes the first offer */
    bool described;          /* our first description was sent: candidates may follow it */
    bool ignoring;           /* the far side's offer lost: so do its candidates */
    uint64_t remote_session; /* of the o= line; another one means that the far side began anew. 0: none yet */
    int audio, video;        /* transceivers, -1 */
    bool in_hub;             /* the picture goes to this leg */
    qua_connection_state connection;
    qua_time offer_at; /* when the first offer goes out even without addresses */
    qua_time mend_at;  /* when a leg that does not work is mended next */
    int mends;         /* attempts since it worked last */
} qua_leg;

/** @param offers makes the first offer; @param mends attempts so far, 0 for a new one. @return 0, QUA_ENOMEM */
int qua_leg_open(qua_leg *leg, qua_time now, qua_leg_context *context, const char *id, bool offers, int mends);
/** Say goodbye; then drain qua_peer_poll_transmit and destroy. */
void qua_leg_close(qua_leg *leg, qua_time now);
void qua_leg_destroy(qua_leg *leg);

/** Make the first offer unless it was made or is the other side's to make. */
void qua_leg_offer_first(qua_leg *leg, qua_time now);
/** Is this description of another connection than the one that the leg knows: has the far side begun anew? */
bool qua_leg_is_foreign(const qua_leg *leg, const qua_description *description);
/** @return 0; QUA_EFORMAT and the like: refused and logged */
int qua_leg_on_description(qua_leg *leg, qua_time now, const qua_description *description);
void qua_leg_on_candidates(qua_leg *leg, qua_time now, const qua_candidate *list, size_t count);
/** Send the picture on this leg, or stop. */
void qua_leg_send_video(qua_leg *leg, bool on);

/** Handles what concerns the leg alone. @return true and a CONNECTION, PICTURE or AUDIO event for the mesh */
bool qua_leg_poll_event(qua_leg *leg, qua_time now, qua_peer_event *out);
/** @return true: the leg cannot be mended any more, make it anew */
bool qua_leg_on_timeout(qua_leg *leg, qua_time now);
qua_time qua_leg_deadline(const qua_leg *leg, qua_time now);

#endif
