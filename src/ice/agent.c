/* The agent: its life, what comes in, what goes out. */
#include <stdio.h>
#include <stdlib.h>

#include "ice/agent.h"

static const char *const state_names[] = {"new",          "checking", "connected", "completed",
                                          "disconnected", "failed",   "closed"};

void ice_set_state(qua_ice *ice, qua_time now, qua_ice_state next)
{
    enum {
        CHECKING = 1 << QUA_ICE_STATE_CHECKING,
        CONNECTED = 1 << QUA_ICE_STATE_CONNECTED | 1 << QUA_ICE_STATE_COMPLETED,
        DISCONNECTED = 1 << QUA_ICE_STATE_DISCONNECTED,
        FAILED = 1 << QUA_ICE_STATE_FAILED,
        CLOSED = 1 << QUA_ICE_STATE_CLOSED
    };
    static const unsigned legal[] = {
        [QUA_ICE_STATE_NEW] = CHECKING | CLOSED,
        [QUA_ICE_STATE_CHECKING] = CONNECTED | FAILED | CLOSED,
        [QUA_ICE_STATE_CONNECTED] = CONNECTED | DISCONNECTED | CLOSED,
        [QUA_ICE_STATE_COMPLETED] = CONNECTED | DISCONNECTED | CLOSED,
        [QUA_ICE_STATE_DISCONNECTED] = CHECKING | CONNECTED | FAILED | CLOSED,
        [QUA_ICE_STATE_FAILED] = CHECKING | CLOSED,
        [QUA_ICE_STATE_CLOSED] = 0,
    };

    if (ice->state == next)
        return;
    assert(legal[ice->state] & 1u << next);
    (void)legal;
    qua_logf(ice->log, QUA_LOG_INFO, "ice %s -> %s", state_names[ice->state], state_names[next]);
    ice->state = next;
    if (next == QUA_ICE_STATE_CHECKING)
        ice->checking_since = now;
    ice_emit(ice, QUA_ICE_EVENT_STATE, "");
}

void ice_emit(qua_ice *ice, qua_ice_event_type type, const char *candidate)
{
    qua_ice_event *event = &ice->events[(ice->event_first + ice->event_count) % EVENTS_MAX];

    if (ice->event_count == EVENTS_MAX)
        return; /* the owner does not drain */
    ice->event_count++;
    event->type = type;
    event->state = ice->state;
    snprintf(event->candidate, sizeof event->candidate, "%s", candidate);
}

bool qua_ice_poll_event(qua_ice *ice, qua_ice_event *out)
{
    if (!ice->event_count)
        return false;
    *out = ice->events[ice->event_first];
    ice->event_first = (ice->event_first + 1) % EVENTS_MAX;
    ice->event_count--;
    return true;
}

qua_writer ice_begin_transmit(qua_ice *ice, int base, const qua_addr *to)
{
    qua_ice_transmit *t;

    if (ice->out_count == OUT_MAX) { /* the oldest goes, as a full network queue would drop it */
        ice->out_first = (ice->out_first + 1) % OUT_MAX;
        ice->out_count--;
    }
    t = &ice->out[(ice->out_first + ice->out_count) % OUT_MAX];
    t->base = base;
    t->to = *to;
    return qua_writer_of(t->data, sizeof t->data);
}

void ice_end_transmit(qua_ice *ice, const qua_writer *w)
{
    qua_ice_transmit *t = &ice->out[(ice->out_first + ice->out_count) % OUT_MAX];

    if (w->failed)
        return;
    t->size = w->size;
    if (t->base < TURN_BASE || ice_turn_wrap(ice, t))
        ice->out_count++;
}

bool qua_ice_poll_transmit(qua_ice *ice, qua_ice_transmit *out)
{
    if (!ice->out_count)
        return false;
    *out = ice->out[ice->out_first];
    ice->out_first = (ice->out_first + 1) % OUT_MAX;
    ice->out_count--;
    return true;
}

static void new_credentials(qua_ice *ice)
{
    qua_random_token(ice->random, ice->local.ufrag, 8);
    qua_random_token(ice->random, ice->local.password, 24);
}

int qua_ice_create(qua_ice **out, const qua_ice_config *config)
{
    qua_ice *ice = qua_zalloc(sizeof *ice);

    if (!ice)
        return QUA_ENOMEM;
    ice->controlling = config->controlling;
    ice->allow_loopback = config->allow_loopback;
    ice->relay_only = config->relay_only;
    ice->random = config->random;
    ice->log = config->log;
    ice->tie_breaker = qua_random_u64(config->random);
    new_credentials(ice);
    ice->nominate_at = ice->first_nomination = QUA_TIME_NEVER;
    ice->stats.rtt_us = -1;
    *out = ice;
    return 0;
}

void qua_ice_destroy(qua_ice **ice)
{
    free(*ice);
    *ice = NULL;
}

const char *qua_ice_local_ufrag(const qua_ice *ice)
{
    return ice->local.ufrag;
}
const char *qua_ice_local_password(const qua_ice *ice)
{
    return ice->local.password;
}
qua_ice_state qua_ice_get_state(const qua_ice *ice)
{
    return ice->state;
}

void qua_ice_close(qua_ice *ice)
{
    ice_turn_release(ice);
    ice_set_state(ice, 0, QUA_ICE_STATE_CLOSED);
}

void qua_ice_set_controlling(qua_ice *ice, bool controlling)
{
    ice->controlling = controlling;
    ice_prioritize(ice);
}

/* RFC 8445 §9: new credentials, new checklist; media stays where it is until a new pair works. */
static void begin_generation(qua_ice *ice, qua_time now)
{
    if (ice->path.usable && !ice->path.old) {
        ice->old_local = ice->local;
        ice->old_remote = ice->remote;
    }
    ice->path.old = ice->path.usable;
    ice->path.pair = NULL;
    new_credentials(ice);
    memset(&ice->remote, 0, sizeof ice->remote);
    ice->has_remote = ice->remote_complete = false;
    ice->pair_count = ice->remote_count = 0;
    ice->nominate_at = ice->first_nomination = QUA_TIME_NEVER;
    for (size_t i = 0; i < ice->candidate_count; i++)
        ice_emit(ice, QUA_ICE_EVENT_CANDIDATE, ice->candidates[i].text);
    if (ice->gathered)
        ice_emit(ice, QUA_ICE_EVENT_GATHERED, "");
    if (!ice->path.usable && ice->state != QUA_ICE_STATE_NEW) {
        ice->checking_since = now;
        ice_set_state(ice, now, QUA_ICE_STATE_CHECKING);
    }
}

void qua_ice_restart(qua_ice *ice, qua_time now)
{
    if (ice->state != QUA_ICE_STATE_CLOSED)
        begin_generation(ice, now);
}

/* RFC 8839 §5.4. */
static bool is_credential(const char *text, size_t min)
{
    const size_t size = strlen(text);

    return size >= min && size <= QUA_ICE_UFRAG_MAX && !strchr(text, ':');
}

int qua_ice_set_remote(qua_ice *ice, qua_time now, const char *ufrag, const char *password, bool lite)
{
    if (!is_credential(ufrag, 4) || !is_credential(password, 22))
        return QUA_EFORMAT;
    if (ice->state == QUA_ICE_STATE_CLOSED)
        return QUA_ESTATE;
    if (ice->has_remote && strcmp(ufrag, ice->remote.ufrag) != 0)
        begin_generation(ice, now); /* the far side restarted: so do we, RFC 8839 §4.4.3.1.1 */
    snprintf(ice->remote.ufrag, sizeof ice->remote.ufrag, "%s", ufrag);
    snprintf(ice->remote.password, sizeof ice->remote.password, "%s", password);
    ice->has_remote = true;
    if (lite && !ice->controlling)
        qua_ice_set_controlling(ice, true); /* RFC 8445 §6.1.1 */
    if (ice->state == QUA_ICE_STATE_NEW)
        ice_set_state(ice, now, QUA_ICE_STATE_CHECKING);
    return 0;
}

/* What may be tried: never an address that could be a service of this machine or many machines at once. */
static bool may_try(const qua_ice *ice, const qua_addr *addr)
{
    static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff}, zeros[16];
    const bool near = qua_addr_is_loopback(addr) || qua_addr_is_link_local(addr);

    if (addr->port == 0 || qua_addr_is_multicast(addr) || (near && !ice->allow_loopback))
        return false;
    return addr->family == QUA_IPV4
               ? addr->ip[0] != 0
               : memcmp(addr->ip, mapped_prefix, 12) != 0 && memcmp(addr->ip, zeros, sizeof zeros) != 0;
}

int qua_ice_add_remote_candidate(qua_ice *ice, qua_time now, const qua_ice_candidate *candidate)
{
    const ptrdiff_t known = ice_find_remote(ice, &candidate->addr);

    (void)now;
    if (!may_try(ice, &candidate->addr))
        return QUA_EREFUSED;
    if (known < 0 && ice->remote_count == QUA_ICE_REMOTE_MAX)
        return QUA_EFULL;
    /* a known one was peer-reflexive until now: RFC 8838 §11.4, its signaled priority counts */
    ice->remotes[known < 0 ? (ptrdiff_t)ice->remote_count++ : known] = *candidate;
    ice_pair_all(ice);
    ice_prioritize(ice);
    return 0;
}

void qua_ice_remote_done(qua_ice *ice, qua_time now)
{
    (void)now;
    ice->remote_complete = true;
}

int qua_ice_input(qua_ice *ice, qua_time now, int base, const qua_addr *from, const uint8_t *data, size_t size)
{
    qua_stun m;

    if (!qua_stun_looks_like(data, size))
        return QUA_EIGNORED;
    if (ice->state == QUA_ICE_STATE_CLOSED)
        return QUA_EIGNORED;
    if (size > QUA_DATAGRAM_MAX || qua_stun_parse(&m, data, size) != 0) {
        ice->stats.malformed++;
        return QUA_EFORMAT;
    }
    switch (m.type & 0x110) {
    case QUA_STUN_REQUEST:
        return m.type == (QUA_STUN_BINDING | QUA_STUN_REQUEST) ? ice_on_request(ice, now, base, from, &m, data, size)
                                                               : QUA_EIGNORED;
    case QUA_STUN_INDICATION:
        return 0; /* a keep-alive */
    default:
        return ice_gather_input(ice, &m, base, from) || ice_turn_input(ice, now, &m, data, size, base, from) ||
                       ice_path_response(ice, now, &m, data, size, base, from) ||
                       ice_on_response(ice, now, &m, data, size, base, from)
                   ? 0
                   : QUA_EIGNORED;
    }
}

void qua_ice_on_timeout(qua_ice *ice, qua_time now)
{
    if (ice->state == QUA_ICE_STATE_CLOSED)
        return;
    ice_path_timeout(ice, now);
    ice_checks_timeout(ice, now);
    ice_turn_timeout(ice, now);
    ice_gather_timeout(ice, now);
}

qua_time qua_ice_deadline(const qua_ice *ice)
{
    if (ice->state == QUA_ICE_STATE_CLOSED)
        return QUA_TIME_NEVER;
    return QUA_MIN(QUA_MIN(ice_path_deadline(ice), ice_checks_deadline(ice)),
                   QUA_MIN(ice_gather_deadline(ice), ice_turn_deadline(ice)));
}

bool qua_ice_selected(const qua_ice *ice, int *base, qua_addr *remote)
{
    int socket = ice->path.base;
    qua_addr to = ice->path.remote;

    if (!ice->path.usable || ice->state == QUA_ICE_STATE_CLOSED || !ice_turn_route(ice, &socket, &to))
        return false;
    *base = socket;
    *remote = to;
    return true;
}

void qua_ice_get_stats(const qua_ice *ice, qua_ice_stats *out)
{
    *out = ice->stats;
    out->pairs = ice->pair_count;
    out->rtt_us = ice->path.usable ? ice->path.rtt : -1;
    out->local_kind = ice->path.local_kind;
    out->remote_kind = ice->path.remote_kind;
}

const char *qua_ice_local_candidate(const qua_ice *ice, size_t i)
{
    return i < ice->candidate_count ? ice->candidates[i].text : NULL;
}

bool qua_ice_gathered(const qua_ice *ice)
{
    return ice->gathered;
}
