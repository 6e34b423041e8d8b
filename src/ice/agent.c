/* The agent: its life, what comes in, what goes out. */
#include <stdio.h>
#include <stdlib.h>

#include "ice/agent.h"

enum { ATTR_ERROR_CODE = 0x0009, ATTR_UNKNOWN = 0x000a };

static const char *const state_names[] = {"new", "checking", "connected", "completed", "disconnected", "failed", "closed"};

void ice_set_state(qua_ice *ice, qua_time now, qua_ice_state next)
{
    if (ice->state == next || ice->state == QUA_ICE_STATE_CLOSED)
        return;
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
    if (w->failed)
        return;
    ice->out[(ice->out_first + ice->out_count) % OUT_MAX].size = w->size;
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

int qua_ice_create(qua_ice **out, const qua_ice_config *config)
{
    qua_ice *ice = qua_zalloc(sizeof *ice);

    if (!ice)
        return QUA_ENOMEM;
    ice->controlling = config->controlling;
    ice->allow_loopback = config->allow_loopback;
    ice->random = config->random;
    ice->log = config->log;
    ice->tie_breaker = qua_random_u64(config->random);
    qua_random_token(config->random, ice->ufrag, sizeof ice->ufrag - 1);
    qua_random_token(config->random, ice->password, sizeof ice->password - 1);
    ice->nominate_at = ice->consent_at = ice->next_check_at = QUA_TIME_NEVER;
    ice->stats.rtt_us = -1;
    *out = ice;
    return 0;
}

void qua_ice_destroy(qua_ice **ice)
{
    free(*ice);
    *ice = NULL;
}

const char *qua_ice_local_ufrag(const qua_ice *ice) { return ice->ufrag; }
const char *qua_ice_local_password(const qua_ice *ice) { return ice->password; }
void qua_ice_set_controlling(qua_ice *ice, bool controlling) { ice->controlling = controlling; }
qua_ice_state qua_ice_get_state(const qua_ice *ice) { return ice->state; }
void qua_ice_close(qua_ice *ice) { ice_set_state(ice, 0, QUA_ICE_STATE_CLOSED); }

int qua_ice_set_remote(qua_ice *ice, qua_time now, const char *ufrag, const char *password, bool lite)
{
    if (strlen(ufrag) < 4 || strlen(ufrag) > QUA_ICE_UFRAG_MAX || strlen(password) < 22 ||
        strlen(password) > QUA_ICE_UFRAG_MAX)
        return QUA_EFORMAT; /* RFC 8839 §5.4 */
    if (ice->has_remote && strcmp(ufrag, ice->remote_ufrag) != 0) { /* the far side restarted */
        ice->pair_count = ice->remote_count = 0;
        ice->selected = NULL;
        ice->remote_complete = false;
        ice_set_state(ice, now, QUA_ICE_STATE_CHECKING);
    }
    snprintf(ice->remote_ufrag, sizeof ice->remote_ufrag, "%s", ufrag);
    snprintf(ice->remote_password, sizeof ice->remote_password, "%s", password);
    ice->remote_lite = lite;
    if (lite)
        ice->controlling = true; /* RFC 8445 §6.1.1 */
    ice->has_remote = true;
    ice->next_check_at = now;
    ice_pair_all(ice, now);
    return 0;
}

int qua_ice_add_remote_candidate(qua_ice *ice, qua_time now, const qua_ice_candidate *candidate)
{
    const qua_addr *addr = &candidate->addr;

    if (addr->port == 0 || qua_addr_is_multicast(addr) || (qua_addr_is_loopback(addr) && !ice->allow_loopback) ||
        (qua_addr_is_link_local(addr) && addr->family == QUA_IPV4 && !ice->allow_loopback))
        return QUA_EREFUSED;
    if (ice_find_remote(ice, addr) >= 0)
        return 0;
    if (ice->remote_count == QUA_ICE_REMOTE_MAX)
        return QUA_EFULL;
    ice->remotes[ice->remote_count++] = *candidate;
    if (ice->next_check_at == QUA_TIME_NEVER)
        ice->next_check_at = now;
    ice_pair_all(ice, now);
    return 0;
}

void qua_ice_remote_done(qua_ice *ice, qua_time now)
{
    (void)now;
    ice->remote_complete = true;
}

void qua_ice_restart(qua_ice *ice, qua_time now)
{
    memcpy(ice->old_ufrag, ice->ufrag, sizeof ice->ufrag);
    memcpy(ice->old_password, ice->password, sizeof ice->password);
    qua_random_token(ice->random, ice->ufrag, sizeof ice->ufrag - 1);
    qua_random_token(ice->random, ice->password, sizeof ice->password - 1);
    ice->pair_count = ice->remote_count = 0;
    ice->selected = NULL;
    ice->has_remote = ice->remote_complete = false;
    ice->remote_ufrag[0] = 0;
    ice->nominate_at = QUA_TIME_NEVER;
    for (size_t i = 0; i < ice->candidate_count; i++)
        ice_emit(ice, QUA_ICE_EVENT_CANDIDATE, ice->candidates[i]);
    if (ice->state != QUA_ICE_STATE_NEW)
        ice_set_state(ice, now, QUA_ICE_STATE_CHECKING);
}

/* ---- requests from the far side ----------------------------------------------------------------------------- */

/* Which of our passwords is this request meant for? NULL: not for us. USERNAME is "ours:theirs". */
static const char *password_for(const qua_ice *ice, const qua_stun *m)
{
    const uint8_t *colon = m->username ? memchr(m->username, ':', m->username_size) : NULL;
    const size_t n = colon ? (size_t)(colon - m->username) : 0;

    if (n && n == strlen(ice->ufrag) && memcmp(m->username, ice->ufrag, n) == 0)
        return ice->password;
    if (n && n == strlen(ice->old_ufrag) && memcmp(m->username, ice->old_ufrag, n) == 0)
        return ice->old_password;
    return NULL;
}

static void respond_success(qua_ice *ice, int base, const qua_addr *from, const qua_stun *request, const char *password)
{
    qua_writer w = ice_begin_transmit(ice, base, from);

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_SUCCESS, request->transaction);
    qua_stun_put_xor_address(&w, from, request->transaction);
    qua_stun_end(&w, password);
    ice_end_transmit(ice, &w);
}

static void respond_error(qua_ice *ice, int base, const qua_addr *from, const qua_stun *request, unsigned code,
                          const char *password)
{
    qua_writer w = ice_begin_transmit(ice, base, from);
    const uint8_t value[4] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
    uint8_t unknown[2];

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_ERROR, request->transaction);
    qua_stun_put(&w, ATTR_ERROR_CODE, value, sizeof value);
    if (code == 420) {
        qua_put_be16(unknown, request->unknown);
        qua_stun_put(&w, ATTR_UNKNOWN, unknown, sizeof unknown);
    }
    qua_stun_end(&w, password);
    ice_end_transmit(ice, &w);
}

/* RFC 8445 §7.3.1.1. @return true: we keep our role and told the far side to switch */
static bool role_conflict(qua_ice *ice, int base, const qua_addr *from, const qua_stun *m, const char *password)
{
    const bool clash = ice->controlling ? m->has_controlling : m->has_controlled;

    if (!clash)
        return false;
    if ((ice->tie_breaker >= m->tie_breaker) == ice->controlling) {
        respond_error(ice, base, from, m, 487, password);
        return true;
    }
    qua_logf(ice->log, QUA_LOG_INFO, "ice: role conflict, now %s", ice->controlling ? "controlled" : "controlling");
    ice->controlling = !ice->controlling;
    return false;
}

static void learn_peer_reflexive(qua_ice *ice, qua_time now, const qua_addr *from, uint32_t priority)
{
    qua_ice_candidate c;

    if (ice_find_remote(ice, from) >= 0)
        return;
    memset(&c, 0, sizeof c);
    c.kind = QUA_ICE_PRFLX;
    c.addr = *from;
    c.priority = priority;
    snprintf(c.foundation, sizeof c.foundation, "prflx%u", (unsigned)ice->remote_count);
    if (ice->remote_count < QUA_ICE_REMOTE_MAX) {
        ice->remotes[ice->remote_count++] = c;
        ice_pair_all(ice, now);
    }
}

static int on_request(qua_ice *ice, qua_time now, int base, const qua_addr *from, const qua_stun *m,
                      const uint8_t *data, size_t size)
{
    const char *password = password_for(ice, m);
    pair *p;

    if (m->type != (QUA_STUN_BINDING | QUA_STUN_REQUEST))
        return QUA_EIGNORED;
    if (!password || qua_stun_check(m, data, size, password) != 0) {
        ice->stats.unauthenticated++;
        return QUA_EAUTH; /* silence: no answer to who cannot know the password */
    }
    ice->stats.checks_received++;
    if (m->unknown) {
        respond_error(ice, base, from, m, 420, password);
        return 0;
    }
    if (role_conflict(ice, base, from, m, password))
        return 0;
    respond_success(ice, base, from, m, password);
    if (password == ice->old_password)
        return 0; /* keeps the old pair alive while a restart is under way */
    if (ice->selected && ice->selected_base == base && qua_addr_equal(&ice->selected_remote, from))
        ice->heard_at = now;
    learn_peer_reflexive(ice, now, from, m->priority);
    p = ice_find_pair(ice, base, from);
    if (!p)
        return 0;
    if (m->use_candidate && !ice->controlling) {
        p->wanted = true;
        if (p->state == PAIR_SUCCEEDED)
            p->nominated = true;
    }
    if (p->state != PAIR_SUCCEEDED)
        ice_trigger(ice, now, p);
    ice_select_best(ice, now);
    return 0;
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
        return on_request(ice, now, base, from, &m, data, size);
    case QUA_STUN_INDICATION:
        return 0; /* a keep-alive */
    default:
        if (!ice_gather_input(ice, now, &m, from))
            ice_on_response(ice, now, &m, data, size, base, from);
        return 0;
    }
}

void qua_ice_on_timeout(qua_ice *ice, qua_time now)
{
    if (ice->state == QUA_ICE_STATE_CLOSED)
        return;
    ice_gather_timeout(ice, now);
    ice_checks_timeout(ice, now);
}

qua_time qua_ice_deadline(const qua_ice *ice)
{
    if (ice->state == QUA_ICE_STATE_CLOSED)
        return QUA_TIME_NEVER;
    return QUA_MIN(ice_gather_deadline(ice), ice_checks_deadline(ice));
}

bool qua_ice_selected(const qua_ice *ice, int *base, qua_addr *remote)
{
    if (!ice->has_selected || ice->state == QUA_ICE_STATE_FAILED || ice->state == QUA_ICE_STATE_CLOSED)
        return false;
    *base = ice->selected_base;
    *remote = ice->selected_remote;
    return true;
}

void qua_ice_get_stats(const qua_ice *ice, qua_ice_stats *out)
{
    *out = ice->stats;
    out->pairs = ice->pair_count;
    if (ice->selected)
        out->rtt_us = ice->selected->rtt;
}

const char *qua_ice_local_candidate(const qua_ice *ice, size_t i)
{
    return i < ice->candidate_count ? ice->candidates[i] : NULL;
}

bool qua_ice_gathered(const qua_ice *ice) { return ice->gathered; }
