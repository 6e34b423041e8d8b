/* ICE, then DTLS, then SRTP: how a path comes to be, and what it says about itself. */
#include "peer/peer_internal.h"

#include <stdio.h>

int peer_transport_create(qua_peer *p)
{
    const qua_ice_config ice = {
        .controlling = true,
        .relay_only = p->config.relay_only,
        .allow_loopback = p->config.allow_loopback,
        .random = p->config.random,
        .log = p->config.log,
    };
    int error = qua_ice_create(&p->ice, &ice);

    for (size_t i = 0; !error && i < p->config.stun_server_count && i < QUA_ICE_STUN_MAX; i++)
        error = qua_ice_add_stun_server(p->ice, &p->config.stun_servers[i]);
    for (size_t i = 0; !error && i < p->config.turn_server_count && i < QUA_ICE_TURN_MAX; i++) {
        const qua_peer_turn_server *turn = &p->config.turn_servers[i];
        error = qua_ice_add_turn_server(p->ice, &turn->addr, turn->username, turn->password);
    }
    return error ? error : qua_dtls_create(&p->dtls, p->config.identity, p->config.log);
}

int qua_peer_add_stun_server(qua_peer *p, qua_time now, const qua_addr *addr)
{
    p->now = now;
    return qua_ice_add_stun_server(p->ice, addr);
}

int qua_peer_add_turn_server(qua_peer *p, qua_time now, const qua_addr *addr, const char *username,
                             const char *password)
{
    p->now = now;
    return qua_ice_add_turn_server(p->ice, addr, username, password);
}

/* ---- candidates ------------------------------------------------------------------------------------------ */

void peer_tell_candidates(qua_peer *p)
{
    const char *candidate;
    qua_peer_event *event;

    if (!p->local_current && !p->local_pending)
        return; /* candidates belong to a description */
    while ((candidate = qua_ice_local_candidate(p->ice, p->told_candidates)) != NULL) {
        event = peer_emit(p, QUA_PEER_CANDIDATE, -1);
        if (!event)
            return;
        snprintf(event->candidate, sizeof event->candidate, "%s", candidate);
        p->told_candidates++;
    }
    if (p->gathering == QUA_GATHERING_NEW) {
        p->gathering = QUA_GATHERING_RUNNING;
        event = peer_emit(p, QUA_PEER_GATHERING, -1);
        if (event)
            event->gathering = p->gathering;
    }
    if (p->gathering == QUA_GATHERING_RUNNING && qua_ice_gathered(p->ice)) {
        peer_emit(p, QUA_PEER_CANDIDATE, -1);
        p->gathering = QUA_GATHERING_COMPLETE;
        event = peer_emit(p, QUA_PEER_GATHERING, -1);
        if (event)
            event->gathering = p->gathering;
    }
}

void qua_peer_add_local(qua_peer *p, qua_time now, int base, const qua_addr *addr)
{
    p->now = now;
    if (qua_ice_add_local(p->ice, now, base, addr) != 0)
        qua_logf(p->config.log, QUA_LOG_WARNING, "ice: more local addresses than are used");
    peer_transport_drive(p, now);
}

void qua_peer_remove_local(qua_peer *p, qua_time now, int base)
{
    size_t gone;

    p->now = now;
    gone = qua_ice_remove_local(p->ice, now, base);
    p->told_candidates -= QUA_MIN(p->told_candidates, gone); /* either all were told or none */
    peer_transport_drive(p, now);
}

void qua_peer_local_done(qua_peer *p, qua_time now)
{
    p->now = now;
    qua_ice_local_done(p->ice, now);
    peer_transport_drive(p, now);
}

int qua_peer_add_candidate(qua_peer *p, qua_time now, const char *candidate)
{
    qua_ice_candidate parsed;
    int error;

    p->now = now;
    if (p->connection == QUA_CONNECTION_CLOSED)
        return QUA_ESTATE;
    if (!candidate[0]) {
        qua_ice_remote_done(p->ice, now);
        return 0;
    }
    /* the agent holds candidates back until it has the far side's password */
    error = qua_ice_candidate_parse(&parsed, candidate);
    if (!error)
        error = qua_ice_add_remote_candidate(p->ice, now, &parsed);
    peer_transport_drive(p, now);
    if (error == QUA_EFORMAT)
        p->malformed++;
    return error == QUA_EFORMAT ? error : 0; /* one that we cannot try is no mistake of signaling */
}

/* ---- states ---------------------------------------------------------------------------------------------- */

static qua_ice_connection_state ice_state(const qua_peer *p)
{
    static const qua_ice_connection_state map[] = {
        [QUA_ICE_STATE_NEW] = QUA_ICE_NEW,
        [QUA_ICE_STATE_CHECKING] = QUA_ICE_CHECKING,
        [QUA_ICE_STATE_CONNECTED] = QUA_ICE_CONNECTED,
        [QUA_ICE_STATE_COMPLETED] = QUA_ICE_COMPLETED,
        [QUA_ICE_STATE_DISCONNECTED] = QUA_ICE_DISCONNECTED,
        [QUA_ICE_STATE_FAILED] = QUA_ICE_FAILED,
        [QUA_ICE_STATE_CLOSED] = QUA_ICE_CLOSED,
    };

    return map[qua_ice_get_state(p->ice)];
}

/* The connection's state is the worst of its transports' (W3C WebRTC §4.3.3). */
static qua_connection_state connection_state(const qua_peer *p)
{
    const qua_dtls_state dtls = qua_dtls_get_state(p->dtls);

    if (dtls == QUA_DTLS_FAILED || p->ice_state == QUA_ICE_FAILED)
        return QUA_CONNECTION_FAILED;
    if (dtls == QUA_DTLS_CLOSED)
        return p->srtp ? QUA_CONNECTION_CLOSED : QUA_CONNECTION_FAILED;
    if (p->ice_state == QUA_ICE_DISCONNECTED)
        return QUA_CONNECTION_DISCONNECTED;
    if (p->srtp)
        return QUA_CONNECTION_CONNECTED;
    return p->ice_state == QUA_ICE_NEW && dtls == QUA_DTLS_NEW ? QUA_CONNECTION_NEW : QUA_CONNECTION_CONNECTING;
}

static void on_route(qua_peer *p, qua_time now)
{
    if (p->srtp)
        qua_cc_on_route_change(p->cc, now, 0);
}

static void drain_ice(qua_peer *p, qua_time now)
{
    qua_ice_event event;
    qua_peer_event *told;

    while (qua_ice_poll_event(p->ice, &event)) {
        if (event.type == QUA_ICE_EVENT_SELECTED)
            on_route(p, now);
        if (event.type != QUA_ICE_EVENT_STATE || p->ice_state == ice_state(p))
            continue;
        p->ice_state = ice_state(p);
        told = peer_emit(p, QUA_PEER_ICE, -1);
        if (told)
            told->ice = p->ice_state;
    }
    peer_tell_candidates(p);
}

static void start_dtls(qua_peer *p, qua_time now)
{
    int base;
    qua_addr remote;

    if (!p->dtls_role_known || qua_dtls_get_state(p->dtls) != QUA_DTLS_NEW)
        return;
    /* a client speaks first, so it waits for a path: its timer would only run in vain */
    if (!p->dtls_client || qua_ice_selected(p->ice, &base, &remote))
        qua_dtls_start(p->dtls, now, p->dtls_client);
}

static void take_keys(qua_peer *p, qua_time now)
{
    qua_dtls_srtp_keys keys;
    qua_srtp_key local, remote;
    int error;

    if (p->srtp || qua_dtls_get_state(p->dtls) != QUA_DTLS_CONNECTED)
        return;
    error = qua_dtls_srtp_keys_export(p->dtls, &keys);
    if (!error) {
        memcpy(local.key, keys.local_key, sizeof local.key);
        memcpy(local.salt, keys.local_salt, sizeof local.salt);
        memcpy(remote.key, keys.remote_key, sizeof remote.key);
        memcpy(remote.salt, keys.remote_salt, sizeof remote.salt);
        error = qua_srtp_create(&p->srtp, (qua_srtp_profile)keys.profile, &local, &remote);
    }
    memset(&keys, 0, sizeof keys);
    memset(&local, 0, sizeof local);
    memset(&remote, 0, sizeof remote);
    if (error) {
        qua_logf(p->config.log, QUA_LOG_ERROR, "srtp: no common profile");
        qua_dtls_close(p->dtls);
        return;
    }
    p->report_at = now;
}

/* A new way to send: the far side can decode nothing but a keyframe. */
static void tell_senders(qua_peer *p)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];
        const bool can = qua_peer_can_send(p, (int)i);

        if (can && !t->can_send_told && t->kind == QUA_VIDEO)
            peer_sender_lost_keyframe(p, (int)i);
        t->can_send_told = can;
    }
}

void peer_transport_drive(qua_peer *p, qua_time now)
{
    if (p->connection == QUA_CONNECTION_CLOSED)
        return;
    drain_ice(p, now);
    start_dtls(p, now);
    take_keys(p, now);
    peer_channels_drive(p, now);
    peer_set_connection(p, connection_state(p));
    tell_senders(p);
}

/* ---- datagrams ------------------------------------------------------------------------------------------- */

bool peer_transport_path(const qua_peer *p, qua_peer_transmit *out)
{
    out->ecn = 0;
    return qua_ice_selected(p->ice, &out->base, &out->to);
}

/* A relayed path has an envelope (RFC 8656 §12.4): ours are far below QUA_DATAGRAM_MAX, so there is room. */
void peer_transport_wrap(const qua_peer *p, qua_peer_transmit *out)
{
    uint8_t header[QUA_ICE_WRAP_SIZE];
    const size_t size = qua_ice_wrap(p->ice, out->size, header);

    if (!size || out->size + size > sizeof out->data)
        return;
    memmove(out->data + size, out->data, out->size);
    memcpy(out->data, header, size);
    out->size += size;
}

bool peer_transport_poll_ice(qua_peer *p, qua_peer_transmit *out)
{
    qua_ice_transmit check;

    if (!qua_ice_poll_transmit(p->ice, &check))
        return false;
    out->base = check.base;
    out->to = check.to;
    out->size = check.size;
    memcpy(out->data, check.data, check.size);
    return true;
}

bool peer_transport_poll(qua_peer *p, qua_peer_transmit *out)
{
    if (peer_transport_poll_ice(p, out))
        return true;
    if (!peer_transport_path(p, out))
        return false;
    out->size = qua_dtls_poll_transmit(p->dtls, out->data, sizeof out->data);
    if (!out->size && peer_channels_transmit(p))
        out->size = qua_dtls_poll_transmit(p->dtls, out->data, sizeof out->data);
    if (!out->size)
        return false;
    peer_transport_wrap(p, out);
    return true;
}
