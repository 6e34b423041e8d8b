/* A call as the app sees it: a mesh on the loop thread, its sockets, decoders and voices, and events for the executor.
 */
#include <stdlib.h>

#include "engine/engine.h"

#define SUBPROTOCOL   "quartet.v1"
#define CHATS_WAITING 1024 /* an app that stands still loses chat, not memory */

typedef struct call_sink {
    sink base;
    qua_call *call; /* one reference */
    int leg;
    bool detached;        /* loop: the leg is closed, its last pictures are of no interest */
    char id[QUA_ID_SIZE]; /* never changes: the audio thread reads it without the mutex */
    os_mutex *mutex;
    qua_participant participant; /* under the mutex, which the loop needs for writing alone */
} call_sink;

typedef struct call_leg {
    sockets sockets;
    receiver receiver;
    call_sink *sink; /* NULL: closed */
} call_leg;

/* One connection to the signaling server; what it says later than its successor is ignored. */
typedef struct call_socket {
    qua_call *call; /* one reference */
    os_ws *ws;
} call_socket;

/* Servers of one message, until the next comes. */
typedef struct grant {
    qua_call *call; /* one reference, while names are looked up */
    ice_servers servers;
} grant;

struct qua_call {
    _Atomic int refs;
    gate gate;
    qua_engine *engine;
    qua_call_events events;
    void *context;
    char url[512], room[QUA_ID_SIZE + 1], name[QUA_ID_SIZE + 1];
    qua_video_source *video;
    qua_audio_source *audio;
    ice_servers servers;
    /* loop thread */
    qua_call *next;
    bool listed, audio_muted;
    bool resolving; /* servers' names: the mesh comes after */
    bool left;
    qua_dtls_identity *identity;
    qua_mesh *mesh;
    struct grant *grant; /* servers that the signaling server lends, NULL: none */
    call_socket *socket;
    call_leg legs[QUA_MESH_LEGS];
};

static qua_call *call_ref(qua_call *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

static void call_unref(qua_call *c)
{
    if (atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    video_source_unref(&c->video);
    audio_source_unref(&c->audio);
    qua_dtls_identity_unref(&c->identity);
    free(c->grant);
    engine_unref(c->engine);
    free(c);
}

/* ---- events for the app ------------------------------------------------------------------------------------------ */

typedef struct call_notice {
    qua_call *call; /* one reference */
    qua_mesh_event_type type;
    qua_participant participant;
    qua_call_state state;
    int error;
    char text[]; /* reason or chat */
} call_notice;

static void tell_app(const qua_call_events *e, void *context, const call_notice *n)
{
    if (n->type == QUA_MESH_STATE && e->state)
        e->state(context, n->state, n->error, n->text);
    else if (n->type == QUA_MESH_PARTICIPANT_JOINED && e->participant_joined)
        e->participant_joined(context, &n->participant);
    else if (n->type == QUA_MESH_PARTICIPANT_CHANGED && e->participant_changed)
        e->participant_changed(context, &n->participant);
    else if (n->type == QUA_MESH_PARTICIPANT_LEFT && e->participant_left)
        e->participant_left(context, &n->participant, n->text);
    else if (n->type == QUA_MESH_CHAT && e->chat)
        e->chat(context, &n->participant, n->text);
}

static void deliver(void *argument)
{
    call_notice *n = argument;
    gate_pass pass;

    if (gate_enter(&n->call->gate, &pass)) {
        tell_app(&n->call->events, n->call->context, n);
        gate_leave(&pass);
    }
    call_unref(n->call);
    free(n);
}

static void notify(qua_call *c, const qua_mesh_event *event)
{
    const char *const text = event->text ? event->text : "";
    const size_t size = strlen(text) + 1;
    call_notice *n;

    if (event->type == QUA_MESH_CHAT && atomic_load(&c->engine->notices) > CHATS_WAITING)
        return;
    n = malloc(sizeof *n + size);
    if (!n)
        return;
    n->call = call_ref(c);
    n->type = event->type;
    n->participant = event->participant;
    n->state = event->state;
    n->error = event->error;
    memcpy(n->text, text, size);
    engine_notify(c->engine, deliver, n);
}

static void notify_ended(qua_call *c, int error, const char *reason)
{
    const qua_mesh_event event = {.type = QUA_MESH_STATE, .state = QUA_CALL_ENDED, .error = error, .text = reason};

    notify(c, &event);
}

/* ---- sinks ---------------------------------------------------------------------------------------------------------
 */

static void on_video(sink *base, int transceiver, qua_frame *frame, qua_time decoded)
{
    call_sink *s = (call_sink *)base;
    qua_participant participant;
    gate_pass pass;

    (void)transceiver;
    if (!s->call->events.video || !gate_enter(&s->call->gate, &pass))
        return;
    os_mutex_lock(s->mutex);
    participant = s->participant;
    os_mutex_unlock(s->mutex);
    s->call->events.video(s->call->context, &participant, frame, decoded);
    gate_leave(&pass);
}

static void on_audio(sink *base, int transceiver, const int16_t *pcm, bool concealed)
{
    call_sink *s = (call_sink *)base;
    gate_pass pass;

    (void)transceiver;
    if (!s->call->events.audio || !gate_enter(&s->call->gate, &pass))
        return;
    s->call->events.audio(s->call->context, s->id, pcm, concealed);
    gate_leave(&pass);
}

static void on_decoded(sink *base, qua_time now, int transceiver, const qua_frame *frame)
{
    call_sink *s = (call_sink *)base;

    (void)transceiver;
    if (!s->detached && s->call->mesh)
        qua_mesh_on_decoded(s->call->mesh, now, s->leg, frame);
}

static void sink_destroy(sink *base)
{
    call_sink *s = (call_sink *)base;

    os_mutex_destroy(&s->mutex);
    call_unref(s->call);
    free(s);
}

static call_sink *sink_create(qua_call *c, int leg, const qua_participant *participant)
{
    call_sink *s = qua_zalloc(sizeof *s);

    if (!s || os_mutex_create(&s->mutex) != 0) {
        free(s);
        return NULL;
    }
    s->base = (sink){1, on_video, on_audio, on_decoded, sink_destroy};
    s->call = call_ref(c);
    s->leg = leg;
    s->participant = *participant;
    memcpy(s->id, participant->id, sizeof s->id);
    return s;
}

/* ---- legs ----------------------------------------------------------------------------------------------------------
 */

static void drain(qua_call *c, qua_time now);

static void on_datagram(void *owner, int leg, int base, qua_time now, const qua_addr *from, uint8_t *data, size_t size,
                        unsigned ecn)
{
    qua_call *c = owner;

    (void)qua_mesh_input(c->mesh, now, leg, base, from, data, size, ecn);
    drain(c, now);
}

static void add_granted(qua_call *c, qua_time now, int leg)
{
    const ice_servers *s = c->grant ? &c->grant->servers : NULL;

    if (s)
        qua_mesh_add_servers(c->mesh, now, leg, s->stun, s->stun_count, s->turn, s->turn_count);
}

/* Legs that are there get the first grant; later ones are the same servers with fresher credentials, for new legs. */
static void granted(void *context)
{
    grant *g = context;
    qua_call *c = g->call;
    const bool first = !c->grant;

    free(c->grant);
    c->grant = g;
    g->call = NULL;
    for (int i = 0; first && c->mesh && i < QUA_MESH_LEGS; i++) {
        if (c->legs[i].sink)
            add_granted(c, os_now(), i);
    }
    if (first && c->mesh)
        drain(c, os_now());
    call_unref(c);
}

static void look_up(void *context)
{
    grant *g = context;

    ice_servers_resolve(&g->servers);
    engine_post(g->call->engine, granted, g);
}

static void take_servers(qua_call *c)
{
    size_t count;
    const qua_ice_server *servers = qua_mesh_servers(c->mesh, &count);
    grant *g = qua_zalloc(sizeof *g);

    if (!g || ice_servers_parse(&g->servers, servers, count) != 0) {
        free(g);
        return;
    }
    g->call = call_ref(c);
    if (g->servers.has_names)
        engine_chore(c->engine, look_up, g);
    else
        engine_post(c->engine, granted, g); /* not from within a drain */
}

static void open_leg(qua_call *c, qua_time now, const qua_mesh_event *event)
{
    call_leg *leg = &c->legs[event->leg];

    leg->sink = sink_create(c, event->leg, &event->participant);
    if (leg->sink) {
        receiver_init(&leg->receiver, c->engine, &leg->sink->base);
        sockets_open(&leg->sockets, c->engine, on_datagram, c, event->leg);
        for (size_t i = 0; i < leg->sockets.count; i++)
            qua_mesh_add_local(c->mesh, now, event->leg, (int)i, os_udp_local(leg->sockets.slots[i].udp));
        add_granted(c, now, event->leg);
    }
    qua_mesh_local_done(c->mesh, now, event->leg);
}

static void on_local_changed(void *owner, int leg, int base, const qua_addr *addr)
{
    qua_call *c = owner;

    if (addr)
        qua_mesh_add_local(c->mesh, os_now(), leg, base, addr);
    else
        qua_mesh_remove_local(c->mesh, os_now(), leg, base);
}

void call_network_changed(qua_call *c, qua_time now)
{
    for (int i = 0; i < QUA_MESH_LEGS; i++) {
        if (c->legs[i].sink)
            sockets_refresh(&c->legs[i].sockets, c->engine, on_local_changed);
    }
    drain(c, now);
}

static void close_leg(call_leg *leg)
{
    if (!leg->sink)
        return;
    leg->sink->detached = true;
    leg->sink = NULL; /* the receiver held the reference */
    receiver_close(&leg->receiver);
    sockets_close(&leg->sockets);
}

static void participant_changed(qua_call *c, const qua_participant *participant)
{
    for (int i = 0; i < QUA_MESH_LEGS; i++) {
        call_sink *s = c->legs[i].sink;

        if (!s || strcmp(s->id, participant->id) != 0)
            continue;
        os_mutex_lock(s->mutex);
        s->participant = *participant;
        os_mutex_unlock(s->mutex);
    }
}

/* ---- the signaling socket ------------------------------------------------------------------------------------------
 */

typedef struct socket_note {
    call_socket *socket;
    void (*act)(qua_call *call, qua_time now, const struct socket_note *note);
    size_t size;
    char text[];
} socket_note;

static void run_socket_note(void *context)
{
    socket_note *note = context;
    qua_call *const c = note->socket->call;

    if (c->mesh && c->socket == note->socket)
        note->act(c, os_now(), note);
    free(note);
}

static void post_note(call_socket *s, void (*act)(qua_call *, qua_time, const socket_note *), const char *text,
                      size_t size)
{
    socket_note *note = malloc(sizeof *note + size + 1);

    if (!note)
        return;
    *note = (socket_note){s, act, size};
    memcpy(note->text, text, size);
    note->text[size] = 0;
    engine_post(s->call->engine, run_socket_note, note);
}

static void act_open(qua_call *c, qua_time now, const socket_note *note)
{
    (void)note;
    qua_mesh_on_socket_open(c->mesh, now);
}

static void act_message(qua_call *c, qua_time now, const socket_note *note)
{
    qua_mesh_on_socket_text(c->mesh, now, note->text, note->size);
}

static void close_socket(qua_call *c);

static void act_closed(qua_call *c, qua_time now, const socket_note *note)
{
    close_socket(c);
    qua_mesh_on_socket_closed(c->mesh, now, note->text);
}

static void ws_open(void *context)
{
    post_note(context, act_open, "", 0);
}

static void ws_message(void *context, const char *text, size_t size)
{
    post_note(context, act_message, text, size);
}

static void ws_closed(void *context, const char *reason)
{
    post_note(context, act_closed, reason, strlen(reason));
}

static void socket_gone(void *context)
{
    call_socket *s = context;

    call_unref(s->call);
    free(s);
}

/* On the janitor's thread: waits until what is queued was sent. Notes of this socket come before socket_gone. */
static void socket_close_chore(void *context)
{
    call_socket *s = context;

    os_ws_close(&s->ws);
    engine_post(s->call->engine, socket_gone, s);
}

static void close_socket(qua_call *c)
{
    call_socket *s = c->socket;

    c->socket = NULL;
    if (s)
        engine_chore(c->engine, socket_close_chore, s);
}

static void open_socket(qua_call *c, qua_time now)
{
    static const os_ws_handlers handlers = {ws_open, ws_message, ws_closed};
    call_socket *s = qua_zalloc(sizeof *s);

    close_socket(c);
    if (s)
        s->call = call_ref(c);
    if (s && os_ws_connect(&s->ws, c->url, SUBPROTOCOL, &handlers, s) == 0) {
        c->socket = s;
        return;
    }
    if (s)
        socket_gone(s);
    qua_mesh_on_socket_closed(c->mesh, now, "the connection could not be started");
}

/* ---- draining ------------------------------------------------------------------------------------------------------
 */

static void receive(call_leg *leg, qua_time now, qua_peer_event *media)
{
    if (leg->sink)
        receiver_event(&leg->receiver, now, media);
    else
        receiver_discard(media);
}

static void on_event(qua_call *c, qua_time now, qua_mesh_event *event)
{
    switch (event->type) {
    case QUA_MESH_SOCKET_OPEN:
        open_socket(c, now);
        break;
    case QUA_MESH_SOCKET_CLOSE:
        close_socket(c);
        break;
    case QUA_MESH_LEG_OPENED:
        open_leg(c, now, event);
        break;
    case QUA_MESH_SERVERS:
        take_servers(c);
        break;
    case QUA_MESH_LEG_CLOSED:
        close_leg(&c->legs[event->leg]);
        break;
    case QUA_MESH_PICTURE:
    case QUA_MESH_AUDIO:
        receive(&c->legs[event->leg], now, &event->media);
        break;
    case QUA_MESH_PARTICIPANT_CHANGED:
        participant_changed(c, &event->participant);
        notify(c, event);
        break;
    case QUA_MESH_STATE:
    case QUA_MESH_PARTICIPANT_JOINED:
    case QUA_MESH_PARTICIPANT_LEFT:
    case QUA_MESH_CHAT:
        notify(c, event);
        break;
    }
}

static void send_texts(qua_call *c)
{
    const char *text;
    size_t size;

    while ((text = qua_mesh_poll_text(c->mesh, &size)) != NULL) {
        if (c->socket)
            os_ws_send(c->socket->ws, text, size);
    }
}

/* Text leaves before the socket is closed, events that close it come after it was made: texts first and last. */
static void drain(qua_call *c, qua_time now)
{
    qua_mesh_event event;
    qua_peer_transmit out;
    int leg;

    send_texts(c);
    while (qua_mesh_poll_event(c->mesh, &event)) {
        on_event(c, now, &event);
        send_texts(c);
    }
    while (qua_mesh_poll_transmit(c->mesh, now, &leg, &out))
        sockets_send(&c->legs[leg].sockets, &out);
}

void call_serve(qua_call *c, qua_time now)
{
    if (!c->mesh)
        return;
    if (qua_mesh_deadline(c->mesh, now) <= now)
        qua_mesh_on_timeout(c->mesh, now);
    drain(c, now);
}

qua_time call_deadline(const qua_call *c, qua_time now)
{
    return c->mesh ? qua_mesh_deadline(c->mesh, now) : QUA_TIME_NEVER;
}

qua_call *call_next(const qua_call *c)
{
    return c->next;
}

void call_send_audio(qua_call *c, qua_time now, const qua_audio_source *source, const audio_packet *packet)
{
    if (c->mesh && c->audio == source && !c->audio_muted)
        qua_mesh_send_audio(c->mesh, now, packet->opus, packet->size, packet->timestamp, packet->level,
                            packet->captured);
}

/* ---- begin and end
 * --------------------------------------------------------------------------------------------------- */

static int create_mesh(qua_call *c)
{
    qua_mesh_config config = {.room = c->room, .name = c->name, .audio = c->audio != NULL};
    const int error = qua_dtls_identity_create(&c->identity);

    if (error)
        return error;
    engine_peer_config(c->engine, &config.peer, c->identity);
    config.peer.stun_servers = c->servers.stun;
    config.peer.stun_server_count = c->servers.stun_count;
    config.peer.turn_servers = c->servers.turn;
    config.peer.turn_server_count = c->servers.turn_count;
    config.video = c->video ? video_source_hub(c->video) : NULL;
    return qua_mesh_create(&c->mesh, os_now(), &config);
}

static void begin(void *context)
{
    qua_call *c = context;
    const int error = c->listed && !c->left ? create_mesh(c) : 0;

    c->resolving = false;
    if (error)
        notify_ended(c, error, "the call could not be set up");
    call_unref(c);
}

static void resolve_chore(void *context)
{
    qua_call *c = context;

    ice_servers_resolve(&c->servers);
    engine_post(c->engine, begin, c);
}

static void enlist(void *context)
{
    qua_call *c = call_ref(context);

    c->next = c->engine->calls;
    c->engine->calls = c;
    c->listed = true;
    c->resolving = true;
    call_ref(c);
    if (c->servers.has_names)
        engine_chore(c->engine, resolve_chore, c);
    else
        begin(c);
}

static void unlist(qua_call *c)
{
    qua_call **at = &c->engine->calls;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->listed = false;
}

void call_end(qua_call *c)
{
    if (!c->listed)
        return;
    if (c->mesh) {
        qua_mesh_leave(c->mesh, os_now());
        drain(c, os_now());
    }
    for (int i = 0; i < QUA_MESH_LEGS; i++)
        close_leg(&c->legs[i]);
    close_socket(c);
    qua_mesh_destroy(&c->mesh);
    unlist(c);
    call_unref(c);
}

/* ---- the app's side
 * -------------------------------------------------------------------------------------------------- */

/* ws://host:port/ROOM[?...] -> the room */
static bool room_of(const char *url, char *out, size_t capacity)
{
    const char *const host = strstr(url, "://");
    const char *const slash = host ? strchr(host + 3, '/') : NULL;
    size_t size;

    if ((strncmp(url, "ws://", 5) != 0 && strncmp(url, "wss://", 6) != 0) || !slash || slash == host + 3)
        return false;
    size = strcspn(slash + 1, "?#");
    if (size == 0 || size >= capacity)
        return false;
    memcpy(out, slash + 1, size);
    out[size] = 0;
    return true;
}

int qua_call_join(qua_call **out, qua_engine *engine, const qua_call_config *config)
{
    qua_call *c = qua_zalloc(sizeof *c);
    const char *const name = config->name ? config->name : "";

    if (!c)
        return QUA_ENOMEM;
    if (!config->url || strlen(config->url) >= sizeof c->url || strlen(name) >= sizeof c->name ||
        !room_of(config->url, c->room, sizeof c->room) ||
        ice_servers_parse(&c->servers, config->ice_servers, config->ice_server_count) != 0) {
        free(c);
        return QUA_EINVAL;
    }
    memcpy(c->url, config->url, strlen(config->url));
    memcpy(c->name, name, strlen(name));
    atomic_init(&c->refs, 1);
    c->engine = engine_ref(engine);
    c->events = config->events;
    c->context = config->context;
    c->video = video_source_ref(config->video);
    c->audio = audio_source_ref(config->audio);
    *out = c; /* events may come before this returns */
    engine_call(engine, enlist, c);
    return 0;
}

static void leave(void *context)
{
    qua_call *c = context;

    if (c->mesh)
        qua_mesh_leave(c->mesh, os_now());
    else if (c->resolving && !c->left)
        notify_ended(c, 0, "left");
    c->left = true;
    call_unref(c);
}

int qua_call_leave(qua_call *c)
{
    engine_post(c->engine, leave, call_ref(c));
    return 0;
}

static void end(void *context)
{
    call_end(context);
}

void qua_call_destroy(qua_call **call)
{
    qua_call *c = *call;

    *call = NULL;
    if (!c)
        return;
    engine_call(c->engine, end, c);
    gate_close(&c->gate);
    call_unref(c);
}

typedef struct request {
    qua_call *call;
    bool audio, video;
    const char *text;
    int result;
    qua_call_link *links;
    size_t capacity, count;
} request;

static void set_muted(void *context)
{
    request *r = context;

    r->result = r->call->mesh ? 0 : QUA_ESTATE;
    if (!r->call->mesh)
        return;
    r->call->audio_muted = r->audio;
    qua_mesh_set_muted(r->call->mesh, os_now(), r->audio, r->video);
}

int qua_call_set_muted(qua_call *call, bool audio, bool video)
{
    request r = {.call = call, .audio = audio, .video = video};

    engine_call(call->engine, set_muted, &r);
    return r.result;
}

static void send_chat(void *context)
{
    request *r = context;

    r->result = r->call->mesh ? qua_mesh_send_chat(r->call->mesh, os_now(), r->text) : QUA_ESTATE;
}

int qua_call_send_chat(qua_call *call, const char *text)
{
    request r = {.call = call, .text = text};

    engine_call(call->engine, send_chat, &r);
    return r.result;
}

static const call_leg *leg_to(const qua_call *c, const char *id)
{
    for (int i = 0; i < QUA_MESH_LEGS; i++) {
        if (c->legs[i].sink && strcmp(c->legs[i].sink->id, id) == 0)
            return &c->legs[i];
    }
    return NULL;
}

static void get_stats(void *context)
{
    request *r = context;

    if (!r->call->mesh)
        return;
    r->count = qua_mesh_get_stats(r->call->mesh, os_now(), r->links, r->capacity);
    for (size_t i = 0; i < r->count; i++) {
        const call_leg *leg = leg_to(r->call, r->links[i].participant.id);

        if (leg)
            receiver_stats(&leg->receiver, &r->links[i].stats.in);
    }
}

size_t qua_call_get_stats(qua_call *call, qua_call_link *out, size_t capacity)
{
    request r = {.call = call, .links = out, .capacity = capacity};

    engine_call(call->engine, get_stats, &r);
    return r.count;
}
