/* Offers and answers come and go: the signaling state (RFC 9429 §3.2, §4.1). */
#include "peer/peer_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static void set_signaling(qua_peer *p, qua_signaling_state next)
{
    static const unsigned legal[] = {
        [QUA_SIGNALING_STABLE] = 1u << QUA_SIGNALING_HAVE_LOCAL_OFFER | 1u << QUA_SIGNALING_HAVE_REMOTE_OFFER,
        [QUA_SIGNALING_HAVE_LOCAL_OFFER] = 1u << QUA_SIGNALING_STABLE | 1u << QUA_SIGNALING_HAVE_REMOTE_PRANSWER,
        [QUA_SIGNALING_HAVE_REMOTE_OFFER] = 1u << QUA_SIGNALING_STABLE | 1u << QUA_SIGNALING_HAVE_LOCAL_PRANSWER,
        [QUA_SIGNALING_HAVE_LOCAL_PRANSWER] = 1u << QUA_SIGNALING_STABLE,
        [QUA_SIGNALING_HAVE_REMOTE_PRANSWER] = 1u << QUA_SIGNALING_STABLE,
    };
    qua_peer_event *event;

    if (p->signaling == next)
        return; /* a description that replaces one of its kind */
    assert(legal[p->signaling] & 1u << next);
    (void)legal;
    p->signaling = next;
    event = peer_emit(p, QUA_PEER_SIGNALING, -1);
    if (event)
        event->signaling = next;
    if (next == QUA_SIGNALING_STABLE) {
        p->negotiation_told = false;
        peer_check_negotiation(p);
    }
}

qua_signaling_state qua_peer_signaling(const qua_peer *p)
{
    return p->signaling;
}

static bool needs_negotiation(const qua_peer *p)
{
    if (p->restart_wanted || (p->sctp && !p->sctp_mid[0]))
        return true;
    for (size_t i = 0; i < p->transceiver_count; i++) {
        const peer_transceiver *t = p->transceivers[i];
        if (!t->stopped && (!t->mid[0] || (t->wanted & t->offered) != t->described))
            return true;
    }
    return false;
}

void peer_check_negotiation(qua_peer *p)
{
    if (p->signaling != QUA_SIGNALING_STABLE || p->negotiation_told || !needs_negotiation(p))
        return;
    p->negotiation_told = true;
    peer_emit(p, QUA_PEER_NEGOTIATION_NEEDED, -1);
}

void qua_peer_restart_ice(qua_peer *p)
{
    p->restart_wanted = true;
    peer_check_negotiation(p);
}

/* In which states an answer, provisional or final, may be set. */
static bool answers_local(qua_signaling_state state)
{
    return state == QUA_SIGNALING_HAVE_REMOTE_OFFER || state == QUA_SIGNALING_HAVE_LOCAL_PRANSWER;
}

static bool answers_remote(qua_signaling_state state)
{
    return state == QUA_SIGNALING_HAVE_LOCAL_OFFER || state == QUA_SIGNALING_HAVE_REMOTE_PRANSWER;
}

/* ---- creating -------------------------------------------------------------------------------------------- */

static int write_out(qua_peer *p, void (*describe)(qua_peer *, qua_sdp *), char *out, size_t capacity)
{
    qua_sdp *sdp = qua_sdp_create();
    ptrdiff_t length;

    if (!sdp)
        return QUA_ENOMEM;
    describe(p, sdp);
    length = qua_sdp_write(out, capacity, sdp);
    free(sdp);
    return length < 0 ? QUA_EFULL : 0;
}

int qua_peer_create_offer(qua_peer *p, char *out, size_t capacity)
{
    if (p->signaling != QUA_SIGNALING_STABLE && p->signaling != QUA_SIGNALING_HAVE_LOCAL_OFFER)
        return QUA_ESTATE;
    if (p->restart_wanted && p->negotiated)
        qua_ice_restart(p->ice, p->now); /* the old credentials stay good for the pair in use */
    p->restart_wanted = false;
    return write_out(p, peer_describe_offer, out, capacity);
}

int qua_peer_create_answer(qua_peer *p, char *out, size_t capacity)
{
    if (!answers_local(p->signaling))
        return QUA_ESTATE;
    return write_out(p, peer_describe_answer, out, capacity);
}

/* ---- texts ----------------------------------------------------------------------------------------------- */

static void replace(char **text, char *with)
{
    free(*text);
    *text = with;
}

static void commit(qua_peer *p)
{
    replace(&p->local_current, p->local_pending);
    replace(&p->remote_current, p->remote_pending);
    p->local_pending = p->remote_pending = NULL;
}

static qua_sdp *parse(const char *text, qua_sdp_error *error)
{
    qua_sdp *sdp = qua_sdp_create();

    if (!sdp || qua_sdp_parse(sdp, text, strlen(text), error) == 0)
        return sdp;
    free(sdp);
    return NULL;
}

const char *qua_peer_remote_sdp(const qua_peer *p)
{
    const char *text = p->remote_pending ? p->remote_pending : p->remote_current;

    return text ? text : "";
}

const char *qua_peer_local_sdp(qua_peer *p)
{
    const char *text = p->local_pending ? p->local_pending : p->local_current;
    qua_sdp_error error;
    qua_sdp *sdp = text ? parse(text, &error) : NULL;

    if (!sdp)
        return text ? text : "";
    if (!p->local_text)
        p->local_text = malloc(QUA_SDP_TEXT_MAX);
    peer_add_candidates(p, sdp);
    if (p->local_text && qua_sdp_write(p->local_text, QUA_SDP_TEXT_MAX, sdp) >= 0)
        text = p->local_text;
    free(sdp);
    return text;
}

/* ---- rollback -------------------------------------------------------------------------------------------- */

static int roll_back(qua_peer *p)
{
    qua_sdp_error error;

    replace(&p->local_pending, NULL);
    replace(&p->remote_pending, NULL);
    free(p->remote);
    p->remote = p->remote_current ? parse(p->remote_current, &error) : NULL;
    peer_roll_back(p);
    peer_update_tracks(p, p->remote);
    set_signaling(p, QUA_SIGNALING_STABLE);
    return 0;
}

/* ---- local ----------------------------------------------------------------------------------------------- */

/* Candidates that a description carries are told with it. */
static void note_told(qua_peer *p, const qua_sdp *sdp)
{
    const qua_sdp_media *m = peer_transport_media(sdp);

    p->told_candidates = m ? m->candidate_count : 0;
}

static void take_local_offer(qua_peer *p, const qua_sdp *sdp)
{
    peer_associate_local(p, sdp);
    if (!p->negotiated)
        qua_ice_set_controlling(p->ice, true); /* RFC 8445 §6.1.1 */
    set_signaling(p, QUA_SIGNALING_HAVE_LOCAL_OFFER);
}

static void take_local_answer(qua_peer *p, qua_time now, const qua_sdp *sdp, qua_sdp_type type)
{
    peer_apply(p, now, sdp, p->remote, false, type == QUA_SDP_PRANSWER);
    if (type == QUA_SDP_ANSWER)
        commit(p);
    set_signaling(p, type == QUA_SDP_ANSWER ? QUA_SIGNALING_STABLE : QUA_SIGNALING_HAVE_LOCAL_PRANSWER);
}

int qua_peer_set_local(qua_peer *p, qua_time now, qua_sdp_type type, const char *text)
{
    const qua_signaling_state state = p->signaling;
    const bool offers = state == QUA_SIGNALING_STABLE || state == QUA_SIGNALING_HAVE_LOCAL_OFFER;
    qua_sdp_error error;
    qua_sdp *sdp;
    char *copy;

    p->now = now;
    if (type == QUA_SDP_ROLLBACK)
        return state == QUA_SIGNALING_HAVE_LOCAL_OFFER ? roll_back(p) : QUA_ESTATE;
    if (type == QUA_SDP_OFFER ? !offers : !answers_local(state))
        return QUA_ESTATE;
    sdp = parse(text, &error);
    if (!sdp || (type != QUA_SDP_OFFER && sdp->media_count != p->remote->media_count)) {
        free(sdp);
        return QUA_EFORMAT;
    }
    copy = qua_strndup(text, strlen(text));
    if (!copy) {
        free(sdp);
        return QUA_ENOMEM;
    }
    replace(&p->local_pending, copy);
    note_told(p, sdp);
    if (type == QUA_SDP_OFFER)
        take_local_offer(p, sdp);
    else
        take_local_answer(p, now, sdp, type);
    free(sdp);
    peer_transport_drive(p, now);
    return 0;
}

/* ---- remote ---------------------------------------------------------------------------------------------- */

static int refuse(char *out, size_t capacity, int code, const char *cause)
{
    snprintf(out, capacity, "%s", cause);
    return code;
}

/* Everything that can be wrong with a transport, before anything is changed. */
static int check_transport(const qua_peer *p, const qua_sdp *sdp, qua_sdp_type type, char *error, size_t capacity)
{
    const qua_sdp_media *m = peer_transport_media(sdp);

    if (!m)
        return 0; /* everything is refused */
    if (strlen(m->ice_ufrag) < 4 || strlen(m->ice_password) < 22)
        return refuse(error, capacity, QUA_EFORMAT, "a=ice-ufrag or a=ice-pwd is missing or too short");
    if (strcasecmp(m->fingerprint_algorithm, "sha-256") != 0 || strlen(m->fingerprint) != QUA_FINGERPRINT_SIZE - 1)
        return refuse(error, capacity, QUA_ENOTSUP, "a=fingerprint is not of sha-256");
    if (p->fingerprint[0] && qua_dtls_get_state(p->dtls) == QUA_DTLS_CONNECTED &&
        strcasecmp(p->fingerprint, m->fingerprint) != 0)
        return refuse(error, capacity, QUA_ENOTSUP, "another certificate needs a new connection");
    if (type != QUA_SDP_OFFER && (m->setup == QUA_SDP_ACTPASS || m->setup == QUA_SDP_SETUP_NONE))
        return refuse(error, capacity, QUA_EFORMAT, "an answer must choose a=setup active or passive");
    if (type != QUA_SDP_OFFER && p->dtls_role_known && p->dtls_client != (m->setup == QUA_SDP_PASSIVE))
        return refuse(error, capacity, QUA_EFORMAT, "a=setup is not the role that is in use");
    return 0;
}

static int check_lines(const qua_sdp *old, const qua_sdp *sdp, qua_sdp_type type, char *error, size_t capacity)
{
    if (type == QUA_SDP_ANSWER && old->media_count != sdp->media_count)
        return refuse(error, capacity, QUA_EFORMAT, "the answer has not as many m-lines as the offer");
    for (size_t i = 0; old && i < old->media_count; i++) {
        if (i >= sdp->media_count)
            return refuse(error, capacity, QUA_EFORMAT, "an m-line of before is gone");
        if (type == QUA_SDP_ANSWER && !qua_sdp_rejected(&sdp->media[i]) &&
            strcmp(old->media[i].mid, sdp->media[i].mid) != 0)
            return refuse(error, capacity, QUA_EFORMAT, "the answer's a=mid are not those of the offer");
    }
    return 0;
}

static void take_transport(qua_peer *p, qua_time now, const qua_sdp *sdp, qua_sdp_type type)
{
    const qua_sdp_media *m = peer_transport_media(sdp);

    if (!m)
        return;
    if (type == QUA_SDP_OFFER && !p->negotiated)
        qua_ice_set_controlling(p->ice, false);
    memcpy(p->fingerprint, m->fingerprint, QUA_FINGERPRINT_SIZE); /* its length was checked */
    qua_ice_set_remote(p->ice, now, m->ice_ufrag, m->ice_password, sdp->ice_lite);
    qua_dtls_set_remote_fingerprint(p->dtls, now, m->fingerprint_algorithm, m->fingerprint);
    for (size_t i = 0; i < m->candidate_count; i++)
        qua_peer_add_candidate(p, now, m->candidates[i]);
    if (m->end_of_candidates || !sdp->trickle)
        qua_ice_remote_done(p->ice, now);
}

static int take_remote_answer(qua_peer *p, qua_time now, qua_sdp_type type, qua_sdp *sdp, char *error, size_t capacity)
{
    qua_sdp_error unused;
    qua_sdp *local = parse(p->local_pending, &unused);
    int code = local ? check_lines(local, sdp, QUA_SDP_ANSWER, error, capacity) : QUA_ENOMEM;

    if (!code) {
        take_transport(p, now, sdp, QUA_SDP_ANSWER);
        peer_apply(p, now, local, sdp, true, type == QUA_SDP_PRANSWER);
    }
    free(local);
    return code;
}

static int take_remote_offer(qua_peer *p, qua_time now, qua_sdp *sdp, char *error, size_t capacity)
{
    const int code = check_lines(p->remote, sdp, QUA_SDP_OFFER, error, capacity);

    if (code)
        return code;
    take_transport(p, now, sdp, QUA_SDP_OFFER);
    peer_associate_remote(p, sdp);
    return 0;
}

static int take_remote(qua_peer *p, qua_time now, qua_sdp_type type, qua_sdp *sdp, char *copy, char *error,
                       size_t capacity)
{
    static const qua_signaling_state after[] = {[QUA_SDP_OFFER] = QUA_SIGNALING_HAVE_REMOTE_OFFER,
                                                [QUA_SDP_PRANSWER] = QUA_SIGNALING_HAVE_REMOTE_PRANSWER,
                                                [QUA_SDP_ANSWER] = QUA_SIGNALING_STABLE};
    int code = copy ? check_transport(p, sdp, type, error, capacity) : QUA_ENOMEM;

    if (!code)
        code = type == QUA_SDP_OFFER ? take_remote_offer(p, now, sdp, error, capacity)
                                     : take_remote_answer(p, now, type, sdp, error, capacity);
    if (code)
        return code;
    free(p->remote);
    p->remote = sdp;
    replace(&p->remote_pending, copy);
    peer_update_tracks(p, sdp);
    if (type == QUA_SDP_ANSWER)
        commit(p);
    set_signaling(p, after[type]);
    peer_transport_drive(p, now);
    return 0;
}

int qua_peer_set_remote(qua_peer *p, qua_time now, qua_sdp_type type, const char *text, char *error, size_t capacity)
{
    const qua_signaling_state state = p->signaling;
    /* an offer that meets ours takes its place: who may not give way does not set it (RFC 9429 §4.1.10.2) */
    const bool meets = type == QUA_SDP_OFFER && state == QUA_SIGNALING_HAVE_LOCAL_OFFER;
    const bool takes_offer = meets || state == QUA_SIGNALING_STABLE || state == QUA_SIGNALING_HAVE_REMOTE_OFFER;
    qua_sdp_error where = {0};
    qua_sdp *sdp;
    char *copy;
    int code;

    p->now = now;
    if (type == QUA_SDP_ROLLBACK)
        return state == QUA_SIGNALING_HAVE_REMOTE_OFFER ? roll_back(p) : QUA_ESTATE;
    if (type == QUA_SDP_OFFER ? !takes_offer : !answers_remote(state))
        return refuse(error, capacity, QUA_ESTATE, "not in this signaling state");
    sdp = parse(text, &where);
    if (!sdp) {
        snprintf(error, capacity, "line %d: %s", where.line, where.cause);
        p->malformed++;
        return QUA_EFORMAT;
    }
    if (meets)
        roll_back(p);
    copy = qua_strndup(text, strlen(text));
    code = take_remote(p, now, type, sdp, copy, error, capacity);
    if (code) {
        free(copy);
        free(sdp);
    }
    return code;
}
