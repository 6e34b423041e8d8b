/* Checks of the far side: RFC 8445 §7.3. Who cannot prove the password gets no answer. */
#include <stdio.h>

#include "ice/agent.h"

/* Is the request meant for holder of `secret`? USERNAME is "ours:theirs". */
static bool names(const qua_stun *m, const ice_secret *secret)
{
    const size_t n = strlen(secret->ufrag);

    return n && m->username && m->username_size > n && m->username[n] == ':' &&
           memcmp(m->username, secret->ufrag, n) == 0;
}

static void respond_success(qua_ice *ice, int base, const qua_addr *from, const qua_stun *request, const char *password)
{
    qua_writer w = ice_begin_transmit(ice, base, from);

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_SUCCESS, request->transaction);
    qua_stun_put_xor_address(&w, QUA_STUN_XOR_MAPPED_ADDRESS, from, request->transaction);
    qua_stun_end(&w, password, strlen(password));
    ice_end_transmit(ice, &w);
}

static void respond_error(qua_ice *ice, int base, const qua_addr *from, const qua_stun *request, unsigned code,
                          const char *password)
{
    qua_writer w = ice_begin_transmit(ice, base, from);
    const uint8_t value[4] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
    uint8_t unknown[2];

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_ERROR, request->transaction);
    qua_stun_put(&w, ICE_ATTR_ERROR_CODE, value, sizeof value);
    if (code == 420) {
        qua_put_be16(unknown, request->unknown);
        qua_stun_put(&w, ICE_ATTR_UNKNOWN, unknown, sizeof unknown);
    }
    qua_stun_end(&w, password, strlen(password));
    ice_end_transmit(ice, &w);
}

/* The controlling side's nominations are void once it no longer controls. */
void ice_switch_role(qua_ice *ice)
{
    ice->controlling = !ice->controlling;
    qua_logf(ice->log, QUA_LOG_INFO, "ice: role conflict, now %s", ice->controlling ? "controlling" : "controlled");
    for (size_t i = 0; i < ice->pair_count; i++)
        ice->pairs[i].nominate = ice->pairs[i].wanted = false;
    ice->nominate_at = QUA_TIME_NEVER;
    ice_prioritize(ice);
}

/* RFC 8445 §7.3.1.1. @return true: we keep our role and told the far side to switch */
static bool keeps_role(qua_ice *ice, int base, const qua_addr *from, const qua_stun *m, const char *password)
{
    const bool clash = ice->controlling ? m->has_controlling : m->has_controlled;

    if (!clash)
        return false;
    if ((ice->tie_breaker >= m->tie_breaker) == ice->controlling) {
        respond_error(ice, base, from, m, 487, password);
        return true;
    }
    ice_switch_role(ice);
    return false;
}

static void learn_peer_reflexive(qua_ice *ice, const qua_addr *from, uint32_t priority)
{
    qua_ice_candidate *c;

    if (ice_find_remote(ice, from) >= 0 || ice->remote_count == QUA_ICE_REMOTE_MAX)
        return;
    c = &ice->remotes[ice->remote_count];
    memset(c, 0, sizeof *c);
    c->kind = QUA_ICE_PRFLX;
    c->addr = *from;
    c->priority = priority;
    snprintf(c->foundation, sizeof c->foundation, "prflx%u", (unsigned)ice->remote_count);
    ice->remote_count++;
    ice_pair_all(ice);
}

/*
 * Of nominations that come together the best pair counts (RFC 5245's aggressive ones). Later the far side moves on and
 * the last counts, but for a straggler right after the change.
 */
static void consider_nomination(qua_ice *ice, qua_time now, pair *p)
{
    pair *current = ice->path.pair;

    if (current && current != p && current->nominated && now - ice->first_nomination >= NOMINATIONS_SETTLE) {
        if (now - ice->path.since < NOMINATION_GUARD)
            return;
        current->nominated = current->wanted = false;
    }
    p->wanted = true;
    if (p->state == PAIR_SUCCEEDED)
        p->nominated = true;
}

int ice_on_request(qua_ice *ice, qua_time now, int base, const qua_addr *from, const qua_stun *m, const uint8_t *data,
                   size_t size)
{
    const bool old = !names(m, &ice->local);
    const char *password = old ? ice->old_local.password : ice->local.password;
    pair *p;

    if (ice->relay_only && base < TURN_BASE)
        return QUA_EIGNORED; /* nobody was told this address */
    if ((old && !names(m, &ice->old_local)) || qua_stun_check(m, data, size, password, strlen(password)) != 0) {
        ice->stats.unauthenticated++;
        return QUA_EAUTH; /* silence: no answer to who cannot know the password */
    }
    ice->stats.checks_received++;
    if (m->unknown) {
        respond_error(ice, base, from, m, 420, password);
        return 0;
    }
    if (!old && keeps_role(ice, base, from, m, password))
        return 0;
    respond_success(ice, base, from, m, password);
    if (ice->path.usable && ice->path.base == base && qua_addr_equal(&ice->path.remote, from))
        ice->path.heard_at = now;
    if (old || ice->state == QUA_ICE_STATE_FAILED)
        return 0; /* the answer keeps the old pair alive on the far side; FAILED ends by a restart alone */
    learn_peer_reflexive(ice, from, m->priority);
    p = ice_find_pair(ice, base, from);
    if (!p)
        return 0;
    if (m->use_candidate && !ice->controlling)
        consider_nomination(ice, now, p);
    if (p->state != PAIR_SUCCEEDED)
        ice_trigger(ice, now, p);
    ice_reconsider(ice, now);
    return 0;
}
