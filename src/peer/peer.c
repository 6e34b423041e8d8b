/* A connection's life: made, driven, closed. */
#include "peer/peer_internal.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const connection_names[] = {"new", "connecting", "connected", "disconnected", "failed", "closed"};

/* ---- events ---------------------------------------------------------------------------------------------- */

qua_peer_event *peer_emit(qua_peer *p, qua_peer_event_type type, int transceiver)
{
    qua_peer_event *event = &p->events[(p->event_first + p->event_count) % EVENTS_MAX];

    if (p->event_count == EVENTS_MAX)
        return NULL; /* the owner does not drain */
    p->event_count++;
    memset(event, 0, sizeof *event);
    event->type = type;
    event->transceiver = transceiver;
    return event;
}

bool qua_peer_poll_event(qua_peer *p, qua_peer_event *out)
{
    if (!p->event_count)
        return peer_channels_poll_event(p, out) || peer_receive_picture(p, out);
    *out = p->events[p->event_first];
    p->event_first = (p->event_first + 1) % EVENTS_MAX;
    p->event_count--;
    return true;
}

void peer_set_connection(qua_peer *p, qua_connection_state next)
{
    qua_peer_event *event;

    if (p->connection == next || p->connection == QUA_CONNECTION_CLOSED)
        return;
    qua_logf(p->config.log, QUA_LOG_INFO, "connection %s -> %s", connection_names[p->connection],
             connection_names[next]);
    p->connection = next;
    event = peer_emit(p, QUA_PEER_CONNECTION, -1);
    if (event)
        event->connection = next;
}

/* ---- transceivers ---------------------------------------------------------------------------------------- */

peer_transceiver *peer_at(const qua_peer *p, int transceiver)
{
    return transceiver >= 0 && (size_t)transceiver < p->transceiver_count ? p->transceivers[transceiver] : NULL;
}

peer_transceiver *peer_transceiver_create(qua_peer *p, qua_kind kind, qua_direction direction)
{
    peer_transceiver *t;

    if (p->transceiver_count == QUA_PEER_TRANSCEIVERS)
        return NULL;
    t = qua_zalloc(sizeof *t);
    if (!t)
        return NULL;
    if (kind == QUA_VIDEO && qua_video_jitter_create(&t->receiver.jitter) != 0) {
        free(t);
        return NULL;
    }
    t->kind = kind;
    t->wanted = direction;
    t->receiver.pli_at = QUA_TIME_NEVER;
    peer_sender_init(p, &t->sender);
    p->transceivers[p->transceiver_count++] = t;
    return t;
}

static void transceiver_destroy(peer_transceiver *t)
{
    qua_rtp_history_clear(&t->sender.history);
    if (t->receiver.jitter)
        qua_video_jitter_destroy(&t->receiver.jitter);
    free(t);
}

int qua_peer_add_transceiver(qua_peer *p, qua_kind kind, qua_direction direction, const char *stream_id,
                             const char *track_id)
{
    if (p->connection == QUA_CONNECTION_CLOSED || !peer_transceiver_create(p, kind, direction))
        return QUA_EFULL;
    qua_peer_set_track(p, (int)p->transceiver_count - 1, stream_id, track_id);
    peer_check_negotiation(p);
    return (int)p->transceiver_count - 1;
}

int qua_peer_set_direction(qua_peer *p, int transceiver, qua_direction direction)
{
    peer_transceiver *t = peer_at(p, transceiver);

    if (!t || t->stopped)
        return QUA_ENOENT;
    t->wanted = direction;
    peer_check_negotiation(p);
    return 0;
}

qua_direction qua_peer_direction(const qua_peer *p, int transceiver)
{
    const peer_transceiver *t = peer_at(p, transceiver);

    return t && !t->stopped ? t->wanted : QUA_DIRECTION_INACTIVE;
}

size_t qua_peer_transceiver_count(const qua_peer *p)
{
    return p->transceiver_count;
}

qua_kind qua_peer_kind(const qua_peer *p, int transceiver)
{
    const peer_transceiver *t = peer_at(p, transceiver);

    return t ? t->kind : QUA_AUDIO;
}

void qua_peer_transceiver_info(const qua_peer *p, int transceiver, qua_transceiver_info *out)
{
    const peer_transceiver *t = peer_at(p, transceiver);

    assert(t);
    *out =
        (qua_transceiver_info){.kind = t->kind, .direction = t->wanted, .current = t->current, .stopped = t->stopped};
    memcpy(out->mid, t->mid, QUA_MIN(sizeof out->mid, sizeof t->mid));
}

int qua_peer_set_track(qua_peer *p, int transceiver, const char *stream_id, const char *track_id)
{
    peer_transceiver *t = peer_at(p, transceiver);

    if (!t)
        return QUA_ENOENT;
    snprintf(t->stream_id, sizeof t->stream_id, "%s", stream_id ? stream_id : "");
    snprintf(t->track_id, sizeof t->track_id, "%s", track_id ? track_id : "");
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------------------ */

static int create_control(qua_peer *p, qua_time now, qua_cc_algorithm algorithm)
{
    const qua_cc_config cc = {
        .algorithm = algorithm,
        .start_bps = p->config.start_bps,
        .min_bps = p->config.min_bps,
        .max_bps = p->config.max_bps,
        .probe = true,
        .log = p->config.log,
    };
    int error = qua_cc_create(&p->cc, &cc, now);

    return error ? error : qua_pacer_create(&p->pacer, p->cc);
}

/* The far side does not report arrivals: a rate that most paths carry, and no probing. Nothing is queued yet. */
void peer_control_without_feedback(qua_peer *p, qua_time now)
{
    qua_pacer_destroy(&p->pacer);
    qua_cc_destroy(&p->cc);
    create_control(p, now, QUA_CC_FIXED);
}

static int create_media(qua_peer *p, qua_time now)
{
    const int error = create_control(p, now, QUA_CC_QUEUE);

    if (error)
        return error;
    p->outs = qua_zalloc(QUA_PACER_PACKETS * sizeof *p->outs);
    if (!p->outs)
        return QUA_ENOMEM;
    for (size_t i = 0; i < QUA_PACER_PACKETS; i++) {
        p->outs[i].next = p->free_out;
        p->free_out = &p->outs[i];
    }
    return 0;
}

static void choose_names(qua_peer *p)
{
    p->session_id = qua_random_u64(p->config.random) >> 2; /* fits a signed 64-bit number */
    p->local_ssrc = qua_random_u32(p->config.random) | 1;
    qua_random_token(p->config.random, p->cname, sizeof p->cname - 1);
    p->opus.payload_type = 111;
    for (size_t i = 0; i < p->config.codec_count; i++) {
        p->video[i].payload_type = (uint8_t)(96 + 2 * i);
        p->video[i].rtx = (uint8_t)(97 + 2 * i);
    }
    p->next_transport_seq = 65536 + (qua_random_u32(p->config.random) & 0x7fff);
}

int qua_peer_create(qua_peer **out, qua_time now, const qua_peer_config *config)
{
    qua_peer *p = qua_zalloc(sizeof *p);
    int error;

    if (!p)
        return QUA_ENOMEM;
    assert(config->codec_count <= QUA_PEER_CODECS);
    p->config = *config;
    p->now = now;
    p->feedback_at = p->report_at = QUA_TIME_NEVER;
    p->rtt_us = -1;
    choose_names(p);
    error = peer_transport_create(p);
    if (!error)
        error = create_media(p, now);
    if (error) {
        qua_peer_destroy(&p);
        return error;
    }
    *out = p;
    return 0;
}

static void drop_events(qua_peer *p)
{
    for (; p->event_count; p->event_count--) {
        qua_peer_event *event = &p->events[p->event_first];

        if (event->type == QUA_PEER_AUDIO)
            qua_buffer_unref(&event->audio.data);
        p->event_first = (p->event_first + 1) % EVENTS_MAX;
    }
}

void qua_peer_destroy(qua_peer **peer)
{
    qua_peer *p = *peer;

    *peer = NULL;
    if (!p)
        return;
    drop_events(p);
    for (size_t i = 0; i < p->transceiver_count; i++)
        transceiver_destroy(p->transceivers[i]);
    for (size_t i = 0; p->outs && i < QUA_PACER_PACKETS; i++)
        qua_buffer_unref(&p->outs[i].sent.payload);
    free(p->outs);
    if (p->pacer)
        qua_pacer_destroy(&p->pacer);
    qua_cc_destroy(&p->cc);
    if (p->srtp)
        qua_srtp_destroy(&p->srtp);
    qua_sctp_destroy(&p->sctp);
    qua_dtls_destroy(&p->dtls);
    qua_ice_destroy(&p->ice);
    free(p->remote);
    free(p->local_current);
    free(p->local_pending);
    free(p->remote_current);
    free(p->remote_pending);
    free(p->local_text);
    free(p);
}

/* ---- driving --------------------------------------------------------------------------------------------- */

void qua_peer_on_timeout(qua_peer *p, qua_time now)
{
    p->now = now;
    if (p->connection == QUA_CONNECTION_CLOSED)
        return;
    qua_ice_on_timeout(p->ice, now);
    qua_dtls_on_timeout(p->dtls, now);
    if (p->sctp)
        qua_sctp_on_timeout(p->sctp, now);
    qua_cc_on_timeout(p->cc, now);
    peer_transport_drive(p, now);
}

static bool poll_farewell(qua_peer *p, qua_peer_transmit *out)
{
    if (p->farewell_first == p->farewell_count)
        return peer_transport_poll_ice(p, out); /* relays are given back */
    *out = p->farewell[p->farewell_first++];
    return true;
}

bool qua_peer_poll_transmit(qua_peer *p, qua_time now, qua_peer_transmit *out)
{
    p->now = now;
    out->ecn = 0;
    if (p->connection == QUA_CONNECTION_CLOSED)
        return poll_farewell(p, out);
    if (peer_transport_poll(p, out))
        return true;
    if (!p->srtp || !peer_transport_path(p, out))
        return false;
    peer_stats_roll(p, now);
    if (!peer_control_poll(p, now, out) && !peer_send_poll(p, now, out))
        return false;
    peer_transport_wrap(p, out);
    return true;
}

qua_time qua_peer_deadline(const qua_peer *p, qua_time now)
{
    qua_time deadline;
    int base;
    qua_addr remote;

    if (p->connection == QUA_CONNECTION_CLOSED)
        return QUA_TIME_NEVER;
    deadline = QUA_MIN(qua_ice_deadline(p->ice), qua_dtls_deadline(p->dtls));
    if (p->sctp)
        deadline = QUA_MIN(deadline, qua_sctp_deadline(p->sctp));
    if (!p->srtp || !qua_ice_selected(p->ice, &base, &remote))
        return deadline; /* without a path what is due stays due: nobody shall be woken for it */
    deadline = QUA_MIN(deadline, qua_pacer_deadline(p->pacer, now));
    /* the controller may wish for the past: it gets served, but not in a loop */
    deadline = QUA_MIN(deadline, QUA_MAX(qua_cc_deadline(p->cc), now + 1000));
    deadline = QUA_MIN(deadline, peer_control_deadline(p, now));
    return QUA_MIN(deadline, peer_receive_deadline(p, now));
}

/* ---- goodbye --------------------------------------------------------------------------------------------- */

static void say_bye(qua_peer *p, qua_time now)
{
    qua_peer_transmit *out = &p->farewell[p->farewell_count];
    qua_writer w = qua_writer_of(out->data, sizeof out->data - QUA_SRTP_OVERHEAD);

    if (!p->srtp || !peer_transport_path(p, out))
        return;
    peer_write_farewell(p, now, &w);
    out->size = w.size;
    if (!w.failed && qua_srtp_protect_rtcp(p->srtp, out->data, &out->size, sizeof out->data) == 0) {
        peer_transport_wrap(p, out);
        p->farewell_count++;
    }
}

/* close_notify is said once and never acknowledged: two copies, so that one loss does not hide it. */
static void close_dtls(qua_peer *p)
{
    qua_peer_transmit *out = &p->farewell[p->farewell_count];

    qua_dtls_close(p->dtls);
    if (!peer_transport_path(p, out))
        return;
    while (p->farewell_count + 2 <= QUA_ARRAY_SIZE(p->farewell)) {
        out = &p->farewell[p->farewell_count];
        peer_transport_path(p, out);
        out->size = qua_dtls_poll_transmit(p->dtls, out->data, sizeof out->data);
        if (!out->size)
            return;
        peer_transport_wrap(p, out);
        p->farewell[p->farewell_count + 1] = *out;
        p->farewell_count += 2;
    }
}

void qua_peer_close(qua_peer *p, qua_time now)
{
    p->now = now;
    if (p->connection == QUA_CONNECTION_CLOSED)
        return;
    if (p->sctp)
        qua_sctp_stop(p->sctp);
    say_bye(p, now);
    close_dtls(p);
    qua_ice_close(p->ice);
    peer_set_connection(p, QUA_CONNECTION_CLOSED);
    p->signaling = QUA_SIGNALING_CLOSED;
}
