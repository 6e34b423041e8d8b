/* A peer connection as the app sees it: W3C names over a qua_peer on the loop thread. */
#include <stdlib.h>

#include "engine/engine.h"

/** What a transceiver sends. */
typedef struct pc_track {
    qua_video_source *video;
    qua_audio_source *audio;
    bool in_hub;
} pc_track;

typedef struct pc_sink {
    sink base;
    qua_pc *pc; /* one reference */
} pc_sink;

struct qua_pc {
    _Atomic int refs;
    gate gate;
    qua_engine *engine;
    qua_pc_events events;
    void *context;
    /* loop thread */
    qua_pc *next;
    bool listed, gathering, resolving;
    ice_servers servers;
    bool relay_only;
    qua_dtls_identity *identity;
    qua_peer *peer; /* NULL once closed */
    sockets sockets;
    receiver receiver;
    pc_track tracks[QUA_PEER_TRANSCEIVERS];
    channels channels;
};

qua_pc *pc_ref(qua_pc *p)
{
    atomic_fetch_add(&p->refs, 1);
    return p;
}

void pc_unref(qua_pc *p)
{
    if (atomic_fetch_sub(&p->refs, 1) != 1)
        return;
    qua_dtls_identity_unref(&p->identity);
    engine_unref(p->engine);
    free(p);
}

qua_engine *pc_engine(const qua_pc *p)
{
    return p->engine;
}

channels *pc_channels(qua_pc *p)
{
    return &p->channels;
}

qua_peer *pc_peer(qua_pc *p)
{
    return p->peer;
}

/* ---- events for the app --------------------------------------------------------------------------------------------
 */

typedef struct pc_notice {
    qua_pc *pc; /* one reference */
    qua_peer_event event;
} pc_notice;

static void tell_candidate(const qua_pc *p, const qua_peer_event *event)
{
    const qua_candidate candidate = {event->candidate, "0", 0, NULL};

    if (p->events.ice_candidate)
        p->events.ice_candidate(p->context, &candidate);
}

static void tell_app(const qua_pc *p, const qua_peer_event *event)
{
    const qua_pc_events *const e = &p->events;

    if (event->type == QUA_PEER_NEGOTIATION_NEEDED && e->negotiation_needed)
        e->negotiation_needed(p->context);
    else if (event->type == QUA_PEER_SIGNALING && e->signaling_state)
        e->signaling_state(p->context, event->signaling);
    else if (event->type == QUA_PEER_CONNECTION && e->connection_state)
        e->connection_state(p->context, event->connection);
    else if (event->type == QUA_PEER_ICE && e->ice_connection_state)
        e->ice_connection_state(p->context, event->ice);
    else if (event->type == QUA_PEER_GATHERING && e->gathering_state)
        e->gathering_state(p->context, event->gathering);
    else if (event->type == QUA_PEER_CANDIDATE)
        tell_candidate(p, event);
    else if (event->type == QUA_PEER_TRACK && e->track)
        e->track(p->context, event->transceiver, event->track.kind, event->track.track_id, event->track.stream_id);
    else if (event->type == QUA_PEER_TRACK_ENDED && e->track_ended)
        e->track_ended(p->context, event->transceiver);
}

static void deliver(void *argument)
{
    pc_notice *n = argument;
    gate_pass pass;

    if (gate_enter(&n->pc->gate, &pass)) {
        tell_app(n->pc, &n->event);
        gate_leave(&pass);
    }
    pc_unref(n->pc);
    free(n);
}

bool pc_announce_channel(qua_pc *p, qua_data_channel *channel)
{
    gate_pass pass;

    if (!p->events.data_channel || !gate_enter(&p->gate, &pass))
        return false;
    p->events.data_channel(p->context, channel);
    gate_leave(&pass);
    return true;
}

static void notify(qua_pc *p, const qua_peer_event *event)
{
    pc_notice *n = malloc(sizeof *n);

    if (!n)
        return;
    *n = (pc_notice){pc_ref(p), *event};
    engine_notify(p->engine, deliver, n);
}

/* ---- the sink -------------------------------------------------------------------------------------------------------
 */

static void on_video(sink *base, int transceiver, qua_frame *frame, qua_time decoded)
{
    qua_pc *p = ((pc_sink *)base)->pc;
    gate_pass pass;

    if (!p->events.video || !gate_enter(&p->gate, &pass))
        return;
    p->events.video(p->context, transceiver, frame, decoded);
    gate_leave(&pass);
}

static void on_audio(sink *base, int transceiver, const int16_t *pcm, bool concealed)
{
    qua_pc *p = ((pc_sink *)base)->pc;
    gate_pass pass;

    if (!p->events.audio || !gate_enter(&p->gate, &pass))
        return;
    p->events.audio(p->context, transceiver, pcm, concealed);
    gate_leave(&pass);
}

static void on_decoded(sink *base, qua_time now, int transceiver, const qua_frame *frame)
{
    qua_pc *p = ((pc_sink *)base)->pc;

    if (!p->peer)
        return;
    if (frame)
        qua_peer_on_decoded(p->peer, now, transceiver, frame);
    else
        qua_peer_request_keyframe(p->peer, now, transceiver);
}

static void sink_destroy(sink *base)
{
    pc_unref(((pc_sink *)base)->pc);
    free(base);
}

/* ---- the loop's side ------------------------------------------------------------------------------------------------
 */

static void on_event(qua_pc *p, qua_time now, qua_peer_event *event)
{
    switch (event->type) {
    case QUA_PEER_PICTURE:
    case QUA_PEER_AUDIO:
        receiver_event(&p->receiver, now, event);
        break;
    case QUA_PEER_KEYFRAME_WANTED:
        if (p->tracks[event->transceiver].in_hub)
            qua_hub_keyframe_wanted(video_source_hub(p->tracks[event->transceiver].video), now, p->peer,
                                    event->transceiver);
        break;
    case QUA_PEER_CHANNEL:
        channels_event(&p->channels, p, &event->channel);
        break;
    default:
        notify(p, event);
    }
}

static void drain(qua_pc *p, qua_time now)
{
    qua_peer_transmit out;
    qua_peer_event event;

    while (qua_peer_poll_event(p->peer, &event))
        on_event(p, now, &event);
    while (qua_peer_poll_transmit(p->peer, now, &out))
        sockets_send(&p->sockets, &out);
}

void pc_drain(qua_pc *p, qua_time now)
{
    drain(p, now);
}

static void on_datagram(void *owner, int leg, int base, qua_time now, const qua_addr *from, uint8_t *data, size_t size,
                        unsigned ecn)
{
    qua_pc *p = owner;

    (void)leg;
    (void)qua_peer_input(p->peer, now, base, from, data, size, ecn);
    drain(p, now);
}

void pc_serve(qua_pc *p, qua_time now)
{
    if (!p->peer)
        return;
    if (qua_peer_deadline(p->peer, now) <= now)
        qua_peer_on_timeout(p->peer, now);
    drain(p, now);
}

qua_time pc_deadline(const qua_pc *p, qua_time now)
{
    return p->peer ? qua_peer_deadline(p->peer, now) : QUA_TIME_NEVER;
}

qua_pc *pc_next(const qua_pc *p)
{
    return p->next;
}

void pc_send_audio(qua_pc *p, qua_time now, const qua_audio_source *source, const audio_packet *packet)
{
    for (int i = 0; p->peer && i < QUA_PEER_TRANSCEIVERS; i++) {
        if (p->tracks[i].audio == source && qua_peer_can_send(p->peer, i))
            (void)qua_peer_send_audio(p->peer, now, i, packet->opus, packet->size, packet->timestamp, packet->level,
                                      packet->captured);
    }
}

/* Sockets are bound when the first local description is set (RFC 9429 §4.1.10) and the servers' names are known. */
static void gather(qua_pc *p, qua_time now)
{
    if (p->gathering || p->resolving || !*qua_peer_local_sdp(p->peer))
        return;
    p->gathering = true;
    sockets_open(&p->sockets, p->engine, on_datagram, p, 0);
    for (size_t i = 0; i < p->sockets.count; i++)
        qua_peer_add_local(p->peer, now, (int)i, os_udp_local(p->sockets.slots[i].udp));
    qua_peer_local_done(p->peer, now);
}

static void on_local_changed(void *owner, int leg, int base, const qua_addr *addr)
{
    qua_pc *p = owner;

    (void)leg;
    if (addr)
        qua_peer_add_local(p->peer, os_now(), base, addr);
    else
        qua_peer_remove_local(p->peer, os_now(), base);
}

void pc_network_changed(qua_pc *p, qua_time now)
{
    if (!p->peer || !p->gathering)
        return;
    sockets_refresh(&p->sockets, p->engine, on_local_changed);
    drain(p, now);
}

static void set_sources(qua_pc *p, int transceiver, qua_video_source *video, qua_audio_source *audio)
{
    pc_track *track = &p->tracks[transceiver];
    pc_track old = *track;

    if (old.in_hub)
        qua_hub_remove(video_source_hub(old.video), p->peer, transceiver);
    track->video = video_source_ref(video);
    track->audio = audio_source_ref(audio);
    video_source_unref(&old.video); /* last: it may be the same one, and ours the only reference */
    audio_source_unref(&old.audio);
    track->in_hub = video && qua_hub_add(video_source_hub(video), p->peer, transceiver) == 0;
}

static void close_pc(qua_pc *p)
{
    if (!p->peer)
        return;
    qua_peer_close(p->peer, os_now());
    drain(p, os_now());
    for (int i = 0; i < QUA_PEER_TRANSCEIVERS; i++)
        set_sources(p, i, NULL, NULL);
    channels_end(&p->channels);
    receiver_close(&p->receiver);
    sockets_close(&p->sockets);
    qua_peer_destroy(&p->peer);
}

void pc_end(qua_pc *p)
{
    qua_pc **at = &p->engine->pcs;

    close_pc(p);
    if (!p->listed)
        return;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    p->listed = false;
    pc_unref(p);
}

/* ---- creation and end
 * ------------------------------------------------------------------------------------------------ */

static void resolved(void *context)
{
    qua_pc *p = context;

    p->resolving = false;
    if (p->peer) {
        for (size_t i = 0; i < p->servers.stun_count; i++)
            qua_peer_add_stun_server(p->peer, os_now(), &p->servers.stun[i]);
        for (size_t i = 0; i < p->servers.turn_count; i++) {
            const qua_peer_turn_server *turn = &p->servers.turn[i];
            qua_peer_add_turn_server(p->peer, os_now(), &turn->addr, turn->username, turn->password);
        }
        gather(p, os_now());
    }
    pc_unref(p);
}

static void resolve_chore(void *context)
{
    qua_pc *p = context;

    ice_servers_resolve(&p->servers);
    engine_post(p->engine, resolved, p);
}

static int make_peer(qua_pc *p)
{
    qua_peer_config config;
    const int error = qua_dtls_identity_create(&p->identity);
    pc_sink *s;

    if (error)
        return error;
    s = qua_zalloc(sizeof *s);
    if (!s)
        return QUA_ENOMEM;
    engine_peer_config(p->engine, &config, p->identity);
    config.relay_only = p->relay_only;
    config.data_channels = true;
    if (qua_peer_create(&p->peer, os_now(), &config) != 0) {
        free(s);
        return QUA_ENOMEM;
    }
    *s = (pc_sink){{1, on_video, on_audio, on_decoded, sink_destroy}, pc_ref(p)};
    receiver_init(&p->receiver, p->engine, &s->base);
    return 0;
}

/** One call of the app that waits for the loop. */
typedef struct request {
    qua_pc *pc;
    int result;
    int transceiver;
    qua_kind kind;
    qua_direction direction;
    qua_video_source *video;
    qua_audio_source *audio;
    const char *stream_id, *track_id;
    qua_pc_stats *stats;
    const char *const *names;
    size_t count;
} request;

static void create(void *context)
{
    request *r = context;
    qua_pc *p = r->pc;

    r->result = make_peer(p);
    if (r->result)
        return;
    p->next = p->engine->pcs;
    p->engine->pcs = pc_ref(p);
    p->listed = true;
    p->resolving = true;
    pc_ref(p);
    if (p->servers.has_names)
        engine_chore(p->engine, resolve_chore, p);
    else
        resolved(p);
}

int qua_pc_create(qua_pc **out, qua_engine *engine, const qua_pc_config *config)
{
    qua_pc *p = qua_zalloc(sizeof *p);
    request r = {.pc = p};

    if (!p)
        return QUA_ENOMEM;
    if (ice_servers_parse(&p->servers, config->ice_servers, config->ice_server_count) != 0) {
        free(p);
        return QUA_EINVAL;
    }
    atomic_init(&p->refs, 1);
    p->engine = engine_ref(engine);
    p->events = config->events;
    p->context = config->context;
    p->relay_only = config->relay_only;
    atomic_init(&p->channels.send_max, SIZE_MAX);
    engine_call(engine, create, &r);
    if (r.result)
        pc_unref(p);
    else
        *out = p;
    return r.result;
}

static void close_request(void *context)
{
    static const qua_peer_event closed = {.type = QUA_PEER_SIGNALING, .signaling = QUA_SIGNALING_CLOSED};
    qua_pc *p = context;

    if (p->peer)
        notify(p, &closed);
    close_pc(p);
}

void qua_pc_close(qua_pc *p)
{
    engine_call(p->engine, close_request, p);
}

static void end(void *context)
{
    pc_end(context);
}

void qua_pc_destroy(qua_pc **pc)
{
    qua_pc *p = *pc;

    *pc = NULL;
    if (!p)
        return;
    engine_call(p->engine, end, p);
    gate_close(&p->gate);
    pc_unref(p);
}

/* ---- transceivers
 * ------------------------------------------------------------------------------------------------------ */

static bool known(const request *r)
{
    return r->pc->peer && r->transceiver >= 0 && (size_t)r->transceiver < qua_peer_transceiver_count(r->pc->peer);
}

static void add_transceiver(void *context)
{
    request *r = context;
    qua_pc *p = r->pc;

    r->result =
        p->peer ? qua_peer_add_transceiver(p->peer, r->kind, r->direction, r->stream_id, r->track_id) : QUA_ECLOSED;
    if (r->result >= 0)
        set_sources(p, r->result, r->video, r->audio);
    if (p->peer)
        drain(p, os_now());
}

static int run(request *r, void (*fn)(void *context))
{
    engine_call(r->pc->engine, fn, r);
    return r->result;
}

int qua_pc_add_transceiver(qua_pc *pc, qua_kind kind, qua_direction direction, qua_video_source *video,
                           qua_audio_source *audio, const char *stream_id, const char *track_id)
{
    request r = {.pc = pc,
                 .kind = kind,
                 .direction = direction,
                 .video = video,
                 .audio = audio,
                 .stream_id = stream_id ? stream_id : "",
                 .track_id = track_id ? track_id : ""};

    if ((video && kind != QUA_VIDEO) || (audio && kind != QUA_AUDIO))
        return QUA_EINVAL;
    return run(&r, add_transceiver);
}

/* RFC 9429 §4.1.1 (addTrack): a transceiver of the kind that has never sent is taken over. */
static int reusable(const request *r)
{
    const qua_pc *p = r->pc;

    for (int i = 0; (size_t)i < qua_peer_transceiver_count(p->peer); i++) {
        if (qua_peer_kind(p->peer, i) == r->kind && !p->tracks[i].video && !p->tracks[i].audio &&
            !(qua_peer_direction(p->peer, i) & QUA_DIRECTION_SENDONLY))
            return i;
    }
    return -1;
}

static void add_track(void *context)
{
    request *r = context;
    qua_pc *p = r->pc;
    const int i = p->peer ? reusable(r) : -1;

    if (i < 0) {
        r->direction = QUA_DIRECTION_SENDRECV;
        add_transceiver(r);
        return;
    }
    qua_peer_set_track(p->peer, i, r->stream_id, r->track_id);
    qua_peer_set_direction(p->peer, i, qua_peer_direction(p->peer, i) | QUA_DIRECTION_SENDONLY);
    set_sources(p, i, r->video, r->audio);
    r->result = i;
    drain(p, os_now());
}

int qua_pc_add_track(qua_pc *pc, qua_kind kind, qua_video_source *video, qua_audio_source *audio, const char *stream_id,
                     const char *track_id)
{
    request r = {.pc = pc,
                 .kind = kind,
                 .video = video,
                 .audio = audio,
                 .stream_id = stream_id ? stream_id : "",
                 .track_id = track_id ? track_id : ""};

    if ((video && kind != QUA_VIDEO) || (audio && kind != QUA_AUDIO))
        return QUA_EINVAL;
    return run(&r, add_track);
}

static void remove_track(void *context)
{
    request *r = context;
    qua_pc *p = r->pc;

    r->result = known(r) ? 0 : QUA_EINVAL;
    if (r->result)
        return;
    set_sources(p, r->transceiver, NULL, NULL);
    qua_peer_set_direction(p->peer, r->transceiver,
                           qua_peer_direction(p->peer, r->transceiver) & QUA_DIRECTION_RECVONLY);
    drain(p, os_now());
}

int qua_pc_remove_track(qua_pc *pc, int transceiver)
{
    request r = {.pc = pc, .transceiver = transceiver};

    return run(&r, remove_track);
}

static void replace_track(void *context)
{
    request *r = context;

    r->result = known(r) ? 0 : QUA_EINVAL;
    if (!r->result && ((r->video && qua_peer_kind(r->pc->peer, r->transceiver) != QUA_VIDEO) ||
                       (r->audio && qua_peer_kind(r->pc->peer, r->transceiver) != QUA_AUDIO)))
        r->result = QUA_EINVAL;
    if (!r->result)
        set_sources(r->pc, r->transceiver, r->video, r->audio);
}

int qua_pc_replace_track(qua_pc *pc, int transceiver, qua_video_source *video, qua_audio_source *audio)
{
    request r = {.pc = pc, .transceiver = transceiver, .video = video, .audio = audio};

    return run(&r, replace_track);
}

static void set_direction(void *context)
{
    request *r = context;

    r->result = known(r) ? qua_peer_set_direction(r->pc->peer, r->transceiver, r->direction) : QUA_EINVAL;
    if (!r->result)
        drain(r->pc, os_now());
}

int qua_pc_set_direction(qua_pc *pc, int transceiver, qua_direction direction)
{
    request r = {.pc = pc, .transceiver = transceiver, .direction = direction};

    return run(&r, set_direction);
}

static void prefer_codecs(void *context)
{
    request *r = context;

    r->result = !r->pc->peer ? QUA_ECLOSED
                : known(r)   ? qua_peer_prefer_codecs(r->pc->peer, r->transceiver, r->names, r->count)
                             : QUA_EINVAL;
}

int qua_pc_set_codec_preferences(qua_pc *pc, int transceiver, const char *const *names, size_t count)
{
    request r = {.pc = pc, .transceiver = transceiver, .names = names, .count = count};

    return run(&r, prefer_codecs);
}

/* ---- negotiation
 * ------------------------------------------------------------------------------------------------------- */

/** One asynchronous operation: in as a post, out as a notice. */
typedef struct operation {
    qua_pc *pc; /* one reference */
    void (*act)(struct operation *op);
    qua_pc_done done;
    void *context;
    bool flag; /* create_offer: restart; set_local: the description is ours to make */
    qua_sdp_type type;
    char *sdp; /* in, and out for what was created; heap */
    int error;
    char message[200];
} operation;

static void finish(void *argument)
{
    operation *op = argument;
    gate_pass pass;

    if (op->done && gate_enter(&op->pc->gate, &pass)) {
        op->done(op->context, op->error, op->error ? NULL : op->sdp,
                 op->error && !*op->message ? qua_strerror(op->error) : op->message);
        gate_leave(&pass);
    }
    pc_unref(op->pc);
    free(op->sdp);
    free(op);
}

static void perform(void *argument)
{
    operation *op = argument;
    qua_pc *const p = op->pc;

    if (!p->peer) {
        op->error = QUA_ECLOSED;
        engine_notify(p->engine, finish, op);
        return;
    }
    op->act(op);
    drain(p, os_now());
    engine_notify(p->engine, finish,
                  op); /* after the states and tracks it caused, before its candidates (W3C §4.4.1) */
    gather(p, os_now());
    drain(p, os_now());
}

static int post(operation what)
{
    const bool closed = atomic_load(&what.pc->engine->stopping);
    operation *op = closed ? NULL : malloc(sizeof *op);

    if (!op) {
        free(what.sdp);
        return closed ? QUA_ECLOSED : QUA_ENOMEM;
    }
    *op = what;
    pc_ref(op->pc);
    engine_post(op->pc->engine, perform, op);
    return 0;
}

static int make_description(operation *op, bool answer)
{
    char *text = malloc(QUA_SDP_TEXT_MAX);
    int error = QUA_ENOMEM;

    if (text)
        error = answer ? qua_peer_create_answer(op->pc->peer, text, QUA_SDP_TEXT_MAX)
                       : qua_peer_create_offer(op->pc->peer, text, QUA_SDP_TEXT_MAX);
    if (error) {
        free(text);
        return error;
    }
    free(op->sdp);
    op->sdp = text;
    op->type = answer ? QUA_SDP_ANSWER : QUA_SDP_OFFER;
    return 0;
}

static void act_create_offer(operation *op)
{
    if (op->flag)
        qua_peer_restart_ice(op->pc->peer);
    op->error = make_description(op, false);
}

int qua_pc_create_offer(qua_pc *pc, bool ice_restart, qua_pc_done done, void *context)
{
    return post((operation){.pc = pc, .act = act_create_offer, .done = done, .context = context, .flag = ice_restart});
}

static void act_create_answer(operation *op)
{
    op->error = make_description(op, true);
}

int qua_pc_create_answer(qua_pc *pc, qua_pc_done done, void *context)
{
    return post((operation){.pc = pc, .act = act_create_answer, .done = done, .context = context});
}

static bool is_answering(qua_signaling_state state)
{
    return state == QUA_SIGNALING_HAVE_REMOTE_OFFER || state == QUA_SIGNALING_HAVE_LOCAL_PRANSWER;
}

static void act_set_local(operation *op)
{
    if (op->flag)
        op->error = make_description(op, is_answering(qua_peer_signaling(op->pc->peer)));
    if (!op->error)
        op->error = qua_peer_set_local(op->pc->peer, os_now(), op->type, op->sdp);
}

/* A copy of a description's text; "" for none. @return false without memory */
static bool copy_sdp(const qua_description *description, operation *op)
{
    const char *const text = description && description->sdp ? description->sdp : "";

    op->type = description ? description->type : QUA_SDP_OFFER;
    op->sdp = qua_strndup(text, strlen(text));
    return op->sdp != NULL;
}

int qua_pc_set_local_description(qua_pc *pc, const qua_description *description, qua_pc_done done, void *context)
{
    operation op = {.pc = pc, .act = act_set_local, .done = done, .context = context, .flag = !description};

    return copy_sdp(description, &op) ? post(op) : QUA_ENOMEM;
}

static void act_set_remote(operation *op)
{
    op->error = qua_peer_set_remote(op->pc->peer, os_now(), op->type, op->sdp, op->message, sizeof op->message);
}

int qua_pc_set_remote_description(qua_pc *pc, const qua_description *description, qua_pc_done done, void *context)
{
    operation op = {.pc = pc, .act = act_set_remote, .done = done, .context = context};

    if (!description)
        return QUA_EINVAL;
    return copy_sdp(description, &op) ? post(op) : QUA_ENOMEM;
}

static void act_add_candidate(operation *op)
{
    op->error = qua_peer_add_candidate(op->pc->peer, os_now(), op->sdp);
}

int qua_pc_add_ice_candidate(qua_pc *pc, const qua_candidate *candidate, qua_pc_done done, void *context)
{
    const char *const text = candidate->candidate ? candidate->candidate : "";
    operation op = {.pc = pc, .act = act_add_candidate, .done = done, .context = context};

    op.sdp = qua_strndup(text, strlen(text));
    return op.sdp ? post(op) : QUA_ENOMEM;
}

static void act_restart(operation *op)
{
    qua_peer_restart_ice(op->pc->peer);
}

int qua_pc_restart_ice(qua_pc *pc)
{
    return post((operation){.pc = pc, .act = act_restart});
}

typedef struct snapshot {
    qua_pc *pc;
    qua_transceiver_info *transceivers;
    bool local;
    char *text;
    size_t capacity;
    ptrdiff_t result;
} snapshot;

static void get_transceivers(void *context)
{
    snapshot *s = context;
    const size_t count = s->pc->peer ? qua_peer_transceiver_count(s->pc->peer) : 0;

    s->result = (ptrdiff_t)QUA_MIN(count, s->capacity);
    for (int i = 0; i < s->result; i++)
        qua_peer_transceiver_info(s->pc->peer, i, &s->transceivers[i]);
}

size_t qua_pc_get_transceivers(qua_pc *pc, qua_transceiver_info *out, size_t capacity)
{
    snapshot s = {.pc = pc, .transceivers = out, .capacity = capacity};

    engine_call(pc->engine, get_transceivers, &s);
    return (size_t)s.result;
}

static void get_description(void *context)
{
    snapshot *s = context;
    const char *text;

    s->result = QUA_ECLOSED;
    if (!s->pc->peer)
        return;
    text = s->local ? qua_peer_local_sdp(s->pc->peer) : qua_peer_remote_sdp(s->pc->peer);
    s->result = QUA_EFULL;
    if (strlen(text) >= s->capacity)
        return;
    s->result = (ptrdiff_t)strlen(text);
    memcpy(s->text, text, (size_t)s->result + 1);
}

ptrdiff_t qua_pc_get_description(qua_pc *pc, bool local, char *out, size_t capacity)
{
    snapshot s = {.pc = pc, .local = local, .text = out, .capacity = capacity};

    engine_call(pc->engine, get_description, &s);
    return s.result;
}

static void get_stats(void *context)
{
    request *r = context;

    r->result = r->pc->peer ? 0 : QUA_ECLOSED;
    if (r->result)
        return;
    qua_peer_get_stats(r->pc->peer, os_now(), r->stats);
    receiver_stats(&r->pc->receiver, &r->stats->in);
}

int qua_pc_get_stats(qua_pc *pc, qua_pc_stats *out)
{
    request r = {.pc = pc, .stats = out};

    return run(&r, get_stats);
}

#define REPORT_FIRST (32u << 10)
#define REPORT_MOST  (64u << 20) /* 256 channels with the longest labels */

static void get_report(void *context)
{
    snapshot *s = context;
    int error = QUA_EFULL;

    for (size_t size = REPORT_FIRST; s->pc->peer && error == QUA_EFULL && size <= REPORT_MOST; size *= 2) {
        char *larger = realloc(s->text, size);

        if (!larger)
            break;
        s->text = larger;
        error = qua_peer_report(s->pc->peer, os_now(), s->text, size);
    }
    s->result = error;
}

char *qua_pc_get_report(qua_pc *pc)
{
    snapshot s = {.pc = pc};

    engine_call(pc->engine, get_report, &s);
    if (!s.result)
        return s.text;
    free(s.text);
    return NULL;
}
