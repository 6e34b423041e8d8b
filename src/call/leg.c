#include <stdio.h>
#include <stdlib.h>

#include "call/leg.h"

/* The first offer waits so long for addresses, which then travel with it. */
#define OFFER_LATEST QUA_MS(100)
/* A leg that is not connected so long after it was begun or mended is mended (again) ... */
#define CONNECT_PATIENCE QUA_SECONDS(12)
/* ... one that is interrupted after this: checks may still find the old path alive ... */
#define INTERRUPTED_PATIENCE QUA_SECONDS(2)
/* ... and the polite side leaves the other one time to begin. */
#define POLITE_PATIENCE QUA_SECONDS(4)
/* Restarts of ICE before the whole leg is made anew. */
#define RESTARTS 2

/* How long an attempt may take: each one longer than the one before, the polite side's last. */
static qua_time patience(const qua_leg *leg)
{
    return (CONNECT_PATIENCE << QUA_MIN(leg->mends, 3)) + (leg->polite ? POLITE_PATIENCE : 0);
}

int qua_leg_open(qua_leg *leg, qua_time now, qua_leg_context *context, const char *id, bool offers, int mends)
{
    qua_peer *peer;
    const int error = qua_peer_create(&peer, now, &context->peer);

    assert(leg->state == QUA_LEG_FREE);
    if (error)
        return error;
    *leg = (qua_leg){
        .context = context,
        .state = QUA_LEG_OPEN,
        .peer = peer,
        .polite = strcmp(qua_signal_self(context->signal), id) > 0,
        .offers = offers,
        .audio = -1,
        .video = -1,
        .offer_at = offers ? now + OFFER_LATEST : QUA_TIME_NEVER,
        .mends = mends,
    };
    leg->mend_at = now + patience(leg);
    snprintf(leg->id, sizeof leg->id, "%s", id);
    return 0;
}

void qua_leg_close(qua_leg *leg, qua_time now)
{
    assert(leg->state == QUA_LEG_OPEN);
    qua_leg_send_video(leg, false);
    qua_peer_close(leg->peer, now);
    leg->state = QUA_LEG_CLOSING;
}

void qua_leg_destroy(qua_leg *leg)
{
    if (leg->state == QUA_LEG_FREE)
        return;
    qua_leg_send_video(leg, false);
    qua_peer_destroy(&leg->peer);
    leg->state = QUA_LEG_FREE;
}

void qua_leg_send_video(qua_leg *leg, bool on)
{
    qua_hub *hub = leg->context->video;

    if (!hub || leg->video < 0 || on == leg->in_hub)
        return;
    if (on)
        leg->in_hub = qua_hub_add(hub, leg->peer, leg->video) == 0;
    else
        qua_hub_remove(hub, leg->peer, leg->video);
    leg->in_hub &= on;
}

/* ---- negotiation (RFC 9429; perfect negotiation of W3C WebRTC §10.7) ----------------------------------------- */

static qua_direction direction(bool send)
{
    return send ? QUA_DIRECTION_SENDRECV : QUA_DIRECTION_RECVONLY;
}

static bool sends(const qua_leg *leg, qua_kind kind)
{
    return kind == QUA_AUDIO ? leg->context->audio : leg->context->video != NULL;
}

static void track_id(const qua_leg *leg, qua_kind kind, char out[QUA_ID_SIZE])
{
    snprintf(out, QUA_ID_SIZE, "%.56s-%s", qua_signal_self(leg->context->signal),
             kind == QUA_AUDIO ? "audio" : "video");
}

static void add_transceiver(qua_leg *leg, qua_kind kind, int *index)
{
    char track[QUA_ID_SIZE];

    track_id(leg, kind, track);
    *index = qua_peer_add_transceiver(leg->peer, kind, direction(sends(leg, kind)),
                                      qua_signal_self(leg->context->signal), track);
}

/* Send on what the far side offered: the first transceiver of a kind is the one that we use. */
static void adopt_transceivers(qua_leg *leg)
{
    const size_t count = qua_peer_transceiver_count(leg->peer);
    char track[QUA_ID_SIZE];

    for (size_t i = 0; i < count; i++) {
        const qua_kind kind = qua_peer_kind(leg->peer, (int)i);
        int *index = kind == QUA_AUDIO ? &leg->audio : &leg->video;

        if (*index >= 0)
            continue;
        *index = (int)i;
        track_id(leg, kind, track);
        qua_peer_set_direction(leg->peer, *index, direction(sends(leg, kind)));
        qua_peer_set_track(leg->peer, *index, qua_signal_self(leg->context->signal), track);
    }
}

/* Create, set and send our offer or answer. */
static int describe(qua_leg *leg, qua_time now, qua_sdp_type type)
{
    qua_leg_context *c = leg->context;
    int error = type == QUA_SDP_OFFER ? qua_peer_create_offer(leg->peer, c->sdp, sizeof c->sdp)
                                      : qua_peer_create_answer(leg->peer, c->sdp, sizeof c->sdp);

    if (!error)
        error = qua_peer_set_local(leg->peer, now, type, c->sdp);
    if (!error)
        error = qua_signal_send_description(c->signal, now, leg->id, type, c->sdp);
    if (error)
        qua_logf(c->log, QUA_LOG_WARNING, "our description could not be sent: %s", qua_strerror(error));
    else
        leg->described = true;
    return error;
}

void qua_leg_offer_first(qua_leg *leg, qua_time now)
{
    if (!leg->offers || leg->offer_at == QUA_TIME_NEVER)
        return;
    leg->offer_at = QUA_TIME_NEVER;
    add_transceiver(leg, QUA_AUDIO, &leg->audio);
    add_transceiver(leg, QUA_VIDEO, &leg->video);
    describe(leg, now, QUA_SDP_OFFER);
}

/* The session id of "o=<username> <sess-id> ..." (RFC 8866 §5.2); 0 when there is none. */
static uint64_t session_of(const char *sdp)
{
    const char *origin = strstr(sdp, "o=");
    const char *space = origin ? strchr(origin, ' ') : NULL;

    return space ? strtoull(space + 1, NULL, 10) : 0;
}

bool qua_leg_is_foreign(const qua_leg *leg, const qua_description *description)
{
    return leg->remote_session && session_of(description->sdp) != leg->remote_session;
}

static int set_remote(qua_leg *leg, qua_time now, const qua_description *description)
{
    char cause[160] = "";
    const int error = qua_peer_set_remote(leg->peer, now, description->type, description->sdp, cause, sizeof cause);

    if (error)
        qua_logf(leg->context->log, QUA_LOG_WARNING, "description refused: %s", *cause ? cause : qua_strerror(error));
    else
        leg->remote_session = session_of(description->sdp);
    return error;
}

static int on_offer(qua_leg *leg, qua_time now, const qua_description *offer)
{
    const bool collision = qua_peer_signaling(leg->peer) != QUA_SIGNALING_STABLE;
    int error = 0;

    leg->ignoring = collision && !leg->polite;
    if (leg->ignoring)
        return 0;
    leg->offer_at = QUA_TIME_NEVER; /* theirs came first */
    if (collision)
        error = qua_peer_set_local(leg->peer, now, QUA_SDP_ROLLBACK, NULL);
    if (!error)
        error = set_remote(leg, now, offer);
    if (error)
        return error;
    adopt_transceivers(leg);
    return describe(leg, now, QUA_SDP_ANSWER);
}

int qua_leg_on_description(qua_leg *leg, qua_time now, const qua_description *description)
{
    assert(leg->state == QUA_LEG_OPEN);
    if (description->type == QUA_SDP_OFFER)
        return on_offer(leg, now, description);
    if (qua_peer_signaling(leg->peer) == QUA_SIGNALING_STABLE)
        return QUA_EIGNORED; /* of an offer that we took back */
    leg->ignoring = false;
    return set_remote(leg, now, description);
}

void qua_leg_on_candidates(qua_leg *leg, qua_time now, const qua_candidate *list, size_t count)
{
    for (size_t i = 0; i < count && !leg->ignoring; i++) {
        const int error = qua_peer_add_candidate(leg->peer, now, list[i].candidate);

        if (error && error != QUA_ENOTSUP)
            qua_logf(leg->context->log, QUA_LOG_DEBUG, "candidate dropped: %s", qua_strerror(error));
    }
}

static void renegotiate(qua_leg *leg, qua_time now)
{
    if (leg->described && qua_peer_signaling(leg->peer) == QUA_SIGNALING_STABLE)
        describe(leg, now, QUA_SDP_OFFER);
}

static void send_candidate(qua_leg *leg, qua_time now, const char *text)
{
    const qua_candidate candidate = {.candidate = text, .mline_index = 0};
    const int error = qua_signal_send_candidate(leg->context->signal, now, leg->id, &candidate);

    if (error)
        qua_logf(leg->context->log, QUA_LOG_DEBUG, "candidate not sent: %s", qua_strerror(error));
}

/* ---- repair ------------------------------------------------------------------------------------------------ */

static void on_connection(qua_leg *leg, qua_time now, qua_connection_state connection)
{
    const qua_time courtesy = leg->polite ? POLITE_PATIENCE : 0;

    leg->connection = connection;
    if (connection == QUA_CONNECTION_CONNECTED) {
        leg->mend_at = QUA_TIME_NEVER;
        leg->mends = 0;
    } else if (connection == QUA_CONNECTION_DISCONNECTED) {
        leg->mend_at = QUA_MIN(leg->mend_at, now + INTERRUPTED_PATIENCE + courtesy);
    } else if (connection == QUA_CONNECTION_FAILED) {
        leg->mend_at = QUA_MIN(leg->mend_at, now + courtesy);
    }
}

/* New ICE credentials in a new offer; an offer that nobody answered is taken back first. */
static void restart_ice(qua_leg *leg, qua_time now)
{
    qua_logf(leg->context->log, QUA_LOG_INFO, "restarting ICE");
    if (qua_peer_signaling(leg->peer) != QUA_SIGNALING_STABLE)
        qua_peer_set_local(leg->peer, now, QUA_SDP_ROLLBACK, NULL);
    qua_peer_restart_ice(leg->peer);
    describe(leg, now, QUA_SDP_OFFER);
}

/* Would an offer reach the far side now? */
static bool reachable(const qua_leg *leg)
{
    const qua_signal *signal = leg->context->signal;
    const qua_signal_participant *far_side = qua_signal_find(signal, leg->id);

    return qua_signal_get_phase(signal) == QUA_SIGNAL_JOINED && far_side && !far_side->away;
}

bool qua_leg_on_timeout(qua_leg *leg, qua_time now)
{
    qua_peer_on_timeout(leg->peer, now);
    if (now >= leg->offer_at)
        qua_leg_offer_first(leg, now);
    if (now < leg->mend_at)
        return false;
    if (!reachable(leg)) {
        leg->mend_at = now + INTERRUPTED_PATIENCE; /* nobody to tell yet */
        return false;
    }
    leg->mends++;
    leg->mend_at = now + patience(leg);
    if (leg->mends > RESTARTS || !leg->remote_session)
        return true;
    restart_ice(leg, now);
    return false;
}

/* ---- events ------------------------------------------------------------------------------------------------ */

bool qua_leg_poll_event(qua_leg *leg, qua_time now, qua_peer_event *out)
{
    while (leg->described && qua_peer_poll_event(leg->peer, out)) {
        switch (out->type) {
        case QUA_PEER_PICTURE:
        case QUA_PEER_AUDIO:
            return true;
        case QUA_PEER_CONNECTION:
            on_connection(leg, now, out->connection);
            return true;
        case QUA_PEER_CANDIDATE:
            send_candidate(leg, now, out->candidate);
            break;
        case QUA_PEER_NEGOTIATION_NEEDED:
            renegotiate(leg, now);
            break;
        case QUA_PEER_KEYFRAME_WANTED:
            if (leg->in_hub)
                qua_hub_keyframe_wanted(leg->context->video, now, leg->peer, out->transceiver);
            break;
        default:
            break;
        }
    }
    return false;
}

qua_time qua_leg_deadline(const qua_leg *leg, qua_time now)
{
    return QUA_MIN(QUA_MIN(leg->offer_at, leg->mend_at), qua_peer_deadline(leg->peer, now));
}
