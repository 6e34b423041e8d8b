#include <stdlib.h>

#include "call/leg.h"

/* Events waiting for the owner, who drains them after every call: a whole room that comes and goes fits. */
#define EVENTS 64
/* Whom neither media nor server have reached for so long is gone, though the server still keeps the seat. */
#define LOST_AFTER QUA_SECONDS(15)
/* A server that comes back without memory hears of its guests one by one: so long each is given to take its seat. */
#define SEAT_GRACE QUA_SECONDS(10)

/* An event of the mesh itself; media events are made when they are asked for. */
typedef struct notice {
    qua_mesh_event_type type;
    int leg;
    qua_participant participant;
    qua_call_state state;
    int error;
    char *text; /* heap, or NULL */
} notice;

typedef struct member {
    bool present;
    bool
        gone; /* shown as left: it said goodbye on its leg, or is lost to media and server; the server keeps its seat */
    bool away; /* the server has lost it */
    bool was_connected;
    qua_time broken_since; /* no media; QUA_TIME_NEVER: there is */
    qua_time seat_until;   /* the server has no seat for it: when that means that it left; QUA_TIME_NEVER: it has */
    qua_participant shown;
    int leg; /* -1: none free yet, or gone */
} member;

struct qua_mesh {
    qua_time now; /* of the newest call */
    qua_call_state state;
    qua_leg_context context;
    qua_leg legs[QUA_MESH_LEGS];
    member members[QUA_MESH_LEGS];
    notice notices[EVENTS];
    size_t first, count;
    qua_ice_server servers[QUA_MAX_ICE_SERVERS];
    size_t server_count;
    char *lent;      /* text of the newest event */
    int next_leg;    /* whose events are asked for first */
    int sending_leg; /* whose datagrams are */
    bool video_muted, audio_muted;
    bool close_socket; /* when what is queued has left */
    bool ending;       /* ENDED follows when the legs are closed, with: */
    int end_error;
    char end_reason[QUA_SIGNAL_REASON_MAX + 1];
};

/* ---- events ------------------------------------------------------------------------------------------------ */

static void push(qua_mesh *mesh, const notice *n, const char *text)
{
    notice *slot = &mesh->notices[(mesh->first + mesh->count) % EVENTS];

    assert(mesh->count < EVENTS); /* the owner drains */
    *slot = *n;
    slot->text = text ? qua_strndup(text, QUA_SIGNAL_CHAT_MAX) : NULL;
    mesh->count++;
}

static void push_leg(qua_mesh *mesh, qua_mesh_event_type type, int leg, const qua_participant *who)
{
    push(mesh, &(notice){.type = type, .leg = leg, .participant = *who}, NULL);
}

static void push_member(qua_mesh *mesh, qua_mesh_event_type type, const member *m, const char *reason)
{
    push(mesh, &(notice){.type = type, .leg = m->leg, .participant = m->shown}, reason);
}

static void push_socket(qua_mesh *mesh, qua_mesh_event_type type)
{
    push(mesh, &(notice){.type = type, .leg = -1}, NULL);
}

static void set_state(qua_mesh *mesh, qua_call_state next, int error, const char *reason)
{
    static const unsigned legal[] = {
        [QUA_CALL_CONNECTING] = 1u << QUA_CALL_CONNECTING | 1u << QUA_CALL_JOINED | 1u << QUA_CALL_ENDED,
        [QUA_CALL_JOINED] = 1u << QUA_CALL_JOINED | 1u << QUA_CALL_RECONNECTING | 1u << QUA_CALL_ENDED,
        [QUA_CALL_RECONNECTING] = 1u << QUA_CALL_RECONNECTING | 1u << QUA_CALL_JOINED | 1u << QUA_CALL_ENDED,
        [QUA_CALL_ENDED] = 0,
    };
    static const char *const name[] = {"connecting", "joined", "reconnecting", "ended"};

    (void)legal; /* without assertions */
    assert(legal[mesh->state] & 1u << next);
    qua_logf(mesh->context.log, QUA_LOG_INFO, "call: %s -> %s", name[mesh->state], name[next]);
    mesh->state = next;
    push(mesh, &(notice){.type = QUA_MESH_STATE, .leg = -1, .state = next, .error = error}, reason);
}

/* ---- members and their legs -------------------------------------------------------------------------------- */

static member *find_member(qua_mesh *mesh, const char *id)
{
    for (size_t i = 0; i < QUA_MESH_LEGS; i++)
        if (mesh->members[i].present && strcmp(mesh->members[i].shown.id, id) == 0)
            return &mesh->members[i];
    return NULL;
}

static member *member_of_leg(qua_mesh *mesh, int leg)
{
    for (size_t i = 0; i < QUA_MESH_LEGS; i++)
        if (mesh->members[i].present && mesh->members[i].leg == leg)
            return &mesh->members[i];
    return NULL;
}

static void open_leg(qua_mesh *mesh, member *m, bool offers, int mends)
{
    for (int i = 0; i < QUA_MESH_LEGS; i++) {
        int error;

        if (mesh->legs[i].state != QUA_LEG_FREE)
            continue;
        error = qua_leg_open(&mesh->legs[i], mesh->now, &mesh->context, m->shown.id, offers, mends);
        if (error) {
            qua_logf(mesh->context.log, QUA_LOG_ERROR, "no leg could be made: %s", qua_strerror(error));
            return;
        }
        m->leg = i;
        push_leg(mesh, QUA_MESH_LEG_OPENED, i, &m->shown);
        return;
    }
}

/* The one with the lower id offers first. */
static bool offers_to(const qua_mesh *mesh, const member *m)
{
    return strcmp(qua_signal_self(mesh->context.signal), m->shown.id) < 0;
}

/* Someone came while the leg of someone who went was still saying goodbye. */
static void open_missing_legs(qua_mesh *mesh)
{
    for (size_t i = 0; i < QUA_MESH_LEGS; i++) {
        member *m = &mesh->members[i];

        if (m->present && !m->gone && m->leg < 0 && !mesh->ending)
            open_leg(mesh, m, offers_to(mesh, m), 0);
    }
}

/* While a leg is mended or made anew its participant is shown as disconnected. */
static void set_connection(qua_mesh *mesh, member *m, qua_connection_state connection)
{
    if (connection == QUA_CONNECTION_CONNECTED)
        m->broken_since = QUA_TIME_NEVER;
    else if (m->broken_since == QUA_TIME_NEVER)
        m->broken_since = mesh->now;
    m->was_connected |= connection == QUA_CONNECTION_CONNECTED;
    if (m->was_connected && connection < QUA_CONNECTION_CONNECTED)
        connection = QUA_CONNECTION_DISCONNECTED;
    if (m->shown.connection == connection)
        return;
    m->shown.connection = connection;
    push_member(mesh, QUA_MESH_PARTICIPANT_CHANGED, m, NULL);
}

static void take_state(member *m, const qua_signal_participant *told)
{
    memcpy(m->shown.name, told->name, sizeof told->name);
    m->shown.audio_muted = told->state.audio_muted;
    m->shown.video_muted = told->state.video_muted;
    m->away = told->away;
}

static void add_member(qua_mesh *mesh, const qua_signal_participant *told)
{
    member *m = NULL;

    for (size_t i = 0; i < QUA_MESH_LEGS && !m; i++)
        if (!mesh->members[i].present)
            m = &mesh->members[i];
    if (!m) {
        qua_logf(mesh->context.log, QUA_LOG_WARNING, "the server told of a participant too many");
        return;
    }
    *m = (member){.present = true, .leg = -1, .broken_since = mesh->now, .seat_until = QUA_TIME_NEVER};
    memcpy(m->shown.id, told->id, sizeof m->shown.id);
    take_state(m, told);
    push_member(mesh, QUA_MESH_PARTICIPANT_JOINED, m, NULL);
    open_missing_legs(mesh);
}

static void close_leg(qua_mesh *mesh, member *m)
{
    if (m->leg >= 0)
        qua_leg_close(&mesh->legs[m->leg], mesh->now);
    m->leg = -1;
}

/* Show that it left, on whichever way that is known first. */
static void member_leaves(qua_mesh *mesh, member *m, const char *reason)
{
    if (m->gone)
        return;
    close_leg(mesh, m);
    m->shown.connection = QUA_CONNECTION_CLOSED;
    m->gone = true;
    push_member(mesh, QUA_MESH_PARTICIPANT_LEFT, m, reason);
}

/* When someone is taken for gone of whom nothing is heard. */
static qua_time lost_at(const member *m)
{
    const bool lost = m->away && m->broken_since != QUA_TIME_NEVER;

    if (!m->present || m->gone)
        return QUA_TIME_NEVER;
    return QUA_MIN(m->seat_until, lost ? m->broken_since + LOST_AFTER : QUA_TIME_NEVER);
}

/* Someone who was shown as left is there after all. */
static void member_returns(qua_mesh *mesh, member *m, bool offers)
{
    m->gone = m->was_connected = false;
    m->shown.connection = QUA_CONNECTION_NEW;
    m->broken_since = mesh->now;
    push_member(mesh, QUA_MESH_PARTICIPANT_JOINED, m, NULL);
    open_leg(mesh, m, offers, 0);
}

static void remove_member(qua_mesh *mesh, member *m, const char *reason)
{
    member_leaves(mesh, m, reason);
    m->present = false;
}

static void leaves_when_lost(qua_mesh *mesh, member *m)
{
    if (mesh->now < lost_at(m))
        return;
    if (mesh->now >= m->seat_until)
        remove_member(mesh, m, "left");
    else
        member_leaves(mesh, m, "connection lost");
}

/* A leg that cannot be mended, or whose far side began anew: another connection to the same participant. */
static void remake_leg(qua_mesh *mesh, member *m, bool offers)
{
    qua_leg *leg = &mesh->legs[m->leg];
    const int mends = leg->mends;

    qua_logf(mesh->context.log, QUA_LOG_INFO, "making a leg anew");
    qua_leg_destroy(leg);
    push_leg(mesh, QUA_MESH_LEG_CLOSED, m->leg, &m->shown);
    m->leg = -1;
    open_leg(mesh, m, offers, mends);
}

/* A closed leg's goodbye has left. */
static void finish_leg(qua_mesh *mesh, int leg)
{
    const qua_participant who = {.connection = QUA_CONNECTION_CLOSED};

    qua_leg_destroy(&mesh->legs[leg]);
    push_leg(mesh, QUA_MESH_LEG_CLOSED, leg, &who);
    open_missing_legs(mesh);
}

static void end_when_closed(qua_mesh *mesh)
{
    if (!mesh->ending || mesh->state == QUA_CALL_ENDED)
        return;
    for (size_t i = 0; i < QUA_MESH_LEGS; i++)
        if (mesh->legs[i].state != QUA_LEG_FREE)
            return;
    set_state(mesh, QUA_CALL_ENDED, mesh->end_error, mesh->end_reason);
}

/* ---- signaling --------------------------------------------------------------------------------------------- */

static void on_told(qua_mesh *mesh, const qua_signal_participant *told)
{
    member *m = find_member(mesh, told->id);
    bool back;

    if (!m) {
        add_member(mesh, told);
        return;
    }
    back = m->gone && m->away && !told->away;
    m->seat_until = QUA_TIME_NEVER;
    take_state(m, told);
    if (back)
        member_returns(mesh, m, offers_to(mesh, m));
    else if (!m->gone)
        push_member(mesh, QUA_MESH_PARTICIPANT_CHANGED, m, NULL);
}

static void on_joined(qua_mesh *mesh, const qua_signal_event *event)
{
    for (size_t i = 0; i < QUA_MESH_LEGS && !event->joined.resumed; i++)
        if (mesh->members[i].present)
            remove_member(mesh, &mesh->members[i], "the room began anew");
    set_state(mesh, QUA_CALL_JOINED, 0, NULL);
    for (size_t i = 0; i < event->joined.count && !event->joined.resumed; i++)
        on_told(mesh, &event->joined.peers[i]);
}

static void on_gone(qua_mesh *mesh, const char *id, const char *reason)
{
    member *m = find_member(mesh, id);

    if (!m)
        return;
    if (mesh->state == QUA_CALL_RECONNECTING && m->shown.connection == QUA_CONNECTION_CONNECTED) {
        m->away = true;
        m->seat_until = mesh->now + SEAT_GRACE;
        return;
    }
    remove_member(mesh, m, reason);
}

static void on_description(qua_mesh *mesh, const char *id, const qua_description *description)
{
    member *m = find_member(mesh, id);
    qua_leg *leg;

    if (!m || mesh->ending)
        return;
    if (m->gone && description->type == QUA_SDP_OFFER) {
        member_returns(mesh, m, false);
    } else if (m->leg >= 0 && qua_leg_is_foreign(&mesh->legs[m->leg], description)) {
        remake_leg(mesh, m, description->type != QUA_SDP_OFFER);
        if (description->type != QUA_SDP_OFFER)
            return; /* it answers an offer of before */
    }
    if (m->leg < 0)
        return;
    leg = &mesh->legs[m->leg];
    qua_leg_on_description(leg, mesh->now, description);
    qua_leg_send_video(leg, !mesh->video_muted);
}

static void on_candidates(qua_mesh *mesh, const qua_signal_event *event)
{
    const member *m = find_member(mesh, event->peer->id);

    if (m && m->leg >= 0)
        qua_leg_on_candidates(&mesh->legs[m->leg], mesh->now, event->candidates.list, event->candidates.count);
}

static void on_chat(qua_mesh *mesh, const qua_signal_event *event)
{
    const member *m = find_member(mesh, event->peer->id);

    if (m)
        push_member(mesh, QUA_MESH_CHAT, m, event->text);
}

static void on_ended(qua_mesh *mesh, int error, const char *reason)
{
    mesh->ending = true;
    mesh->end_error = error;
    strncpy(mesh->end_reason, reason ? reason : "", QUA_SIGNAL_REASON_MAX);
    for (size_t i = 0; i < QUA_MESH_LEGS; i++)
        if (mesh->members[i].present)
            close_leg(mesh, &mesh->members[i]);
    end_when_closed(mesh);
}

static void on_signal_event(qua_mesh *mesh, const qua_signal_event *event)
{
    switch (event->type) {
    case QUA_SIGNAL_EVENT_OPEN:
        push_socket(mesh, QUA_MESH_SOCKET_OPEN);
        break;
    case QUA_SIGNAL_EVENT_CLOSE:
        mesh->close_socket = true;
        break;
    case QUA_SIGNAL_EVENT_JOINED:
        on_joined(mesh, event);
        break;
    case QUA_SIGNAL_EVENT_LOST:
        set_state(mesh, mesh->state == QUA_CALL_CONNECTING ? QUA_CALL_CONNECTING : QUA_CALL_RECONNECTING, 0,
                  event->reason);
        break;
    case QUA_SIGNAL_EVENT_PEER_ADDED:
    case QUA_SIGNAL_EVENT_PEER_UPDATED:
        on_told(mesh, event->peer);
        break;
    case QUA_SIGNAL_EVENT_PEER_GONE:
        on_gone(mesh, event->peer->id, event->reason);
        break;
    case QUA_SIGNAL_EVENT_DESCRIPTION:
        on_description(mesh, event->peer->id, &event->description);
        break;
    case QUA_SIGNAL_EVENT_CANDIDATES:
        on_candidates(mesh, event);
        break;
    case QUA_SIGNAL_EVENT_CHAT:
        on_chat(mesh, event);
        break;
    case QUA_SIGNAL_EVENT_ERROR:
        qua_logf(mesh->context.log, QUA_LOG_WARNING, "the server refused: %s", event->reason);
        break;
    case QUA_SIGNAL_EVENT_REACTION: /* for a later public API */
    case QUA_SIGNAL_EVENT_KNOCKING:
    case QUA_SIGNAL_EVENT_KNOCK:
    case QUA_SIGNAL_EVENT_ROOM:
    case QUA_SIGNAL_EVENT_MUTE_REQUEST:
        break;
    case QUA_SIGNAL_EVENT_TURN:
        mesh->server_count = QUA_MIN(event->turn.count, QUA_MAX_ICE_SERVERS);
        memcpy(mesh->servers, event->turn.servers, mesh->server_count * sizeof *mesh->servers);
        push(mesh, &(notice){.type = QUA_MESH_SERVERS, .leg = -1}, NULL);
        break;
    case QUA_SIGNAL_EVENT_ENDED:
        on_ended(mesh, event->error, event->reason);
        break;
    }
}

static void drain_signal(qua_mesh *mesh)
{
    qua_signal_event event;

    while (qua_signal_poll_event(mesh->context.signal, &event))
        on_signal_event(mesh, &event);
}

void qua_mesh_on_socket_open(qua_mesh *mesh, qua_time now)
{
    mesh->now = now;
    qua_signal_opened(mesh->context.signal, now);
    drain_signal(mesh);
}

void qua_mesh_on_socket_text(qua_mesh *mesh, qua_time now, const char *text, size_t size)
{
    mesh->now = now;
    qua_signal_input(mesh->context.signal, now, text, size); /* what is malformed is counted there */
    drain_signal(mesh);
}

void qua_mesh_on_socket_closed(qua_mesh *mesh, qua_time now, const char *reason)
{
    mesh->now = now;
    qua_signal_closed(mesh->context.signal, now, reason);
    drain_signal(mesh);
}

const char *qua_mesh_poll_text(qua_mesh *mesh, size_t *size)
{
    const char *text;

    if (qua_signal_poll_transmit(mesh->context.signal, &text, size))
        return text;
    drain_signal(mesh);
    if (mesh->close_socket) {
        mesh->close_socket = false;
        push_socket(mesh, QUA_MESH_SOCKET_CLOSE);
    }
    return NULL;
}

/* ---- life -------------------------------------------------------------------------------------------------- */

static int create_signal(qua_mesh *mesh, const qua_mesh_config *config)
{
    const qua_signal_config signal = {
        .name = config->name,
        .random = config->peer.random,
        .log = config->peer.log,
    };

    return qua_signal_create(&mesh->context.signal, &signal);
}

int qua_mesh_create(qua_mesh **out, qua_time now, const qua_mesh_config *config)
{
    qua_mesh *mesh;
    int error;

    if (!qua_signal_room_valid(config->room))
        return QUA_EINVAL;
    mesh = qua_zalloc(sizeof *mesh);
    if (!mesh)
        return QUA_ENOMEM;
    mesh->now = now;
    mesh->context.peer = config->peer;
    mesh->context.video = config->video;
    mesh->context.audio = config->audio;
    mesh->context.log = config->peer.log;
    error = create_signal(mesh, config);
    if (!error)
        error = qua_signal_start(mesh->context.signal, now);
    if (error) {
        qua_mesh_destroy(&mesh);
        return error;
    }
    drain_signal(mesh);
    *out = mesh;
    return 0;
}

void qua_mesh_leave(qua_mesh *mesh, qua_time now)
{
    mesh->now = now;
    qua_signal_leave(mesh->context.signal, now);
    drain_signal(mesh);
}

void qua_mesh_destroy(qua_mesh **mesh_pointer)
{
    qua_mesh *mesh = *mesh_pointer;

    *mesh_pointer = NULL;
    if (!mesh)
        return;
    for (size_t i = 0; i < QUA_MESH_LEGS; i++)
        qua_leg_destroy(&mesh->legs[i]);
    for (; mesh->count; mesh->count--, mesh->first = (mesh->first + 1) % EVENTS)
        free(mesh->notices[mesh->first].text);
    free(mesh->lent);
    qua_signal_destroy(&mesh->context.signal);
    free(mesh);
}

/* ---- what we send ------------------------------------------------------------------------------------------ */

void qua_mesh_set_muted(qua_mesh *mesh, qua_time now, bool audio, bool video)
{
    const qua_signal_state state = {.audio_muted = audio, .video_muted = video};

    mesh->now = now;
    mesh->audio_muted = audio;
    mesh->video_muted = video;
    qua_signal_set_state(mesh->context.signal, now, &state);
    for (size_t i = 0; i < QUA_MESH_LEGS; i++)
        if (mesh->legs[i].state == QUA_LEG_OPEN)
            qua_leg_send_video(&mesh->legs[i], !video);
    drain_signal(mesh);
}

int qua_mesh_send_chat(qua_mesh *mesh, qua_time now, const char *text)
{
    mesh->now = now;
    return qua_signal_send_chat(mesh->context.signal, now, text);
}

void qua_mesh_send_audio(qua_mesh *mesh, qua_time now, const uint8_t *opus, size_t size, uint32_t timestamp,
                         uint8_t level, qua_time captured)
{
    mesh->now = now;
    for (size_t i = 0; i < QUA_MESH_LEGS && !mesh->audio_muted; i++) {
        const qua_leg *leg = &mesh->legs[i];

        if (leg->state == QUA_LEG_OPEN && leg->audio >= 0 && qua_peer_can_send(leg->peer, leg->audio))
            qua_peer_send_audio(leg->peer, now, leg->audio, opus, size, timestamp, level, captured);
    }
}

void qua_mesh_on_decoded(qua_mesh *mesh, qua_time now, int leg, const qua_frame *frame)
{
    const qua_leg *l = &mesh->legs[leg];

    mesh->now = now;
    if (l->state != QUA_LEG_OPEN || l->video < 0)
        return;
    if (frame)
        qua_peer_on_decoded(l->peer, now, l->video, frame);
    else
        qua_peer_request_keyframe(l->peer, now, l->video);
}

/* ---- network and time -------------------------------------------------------------------------------------- */

void qua_mesh_add_local(qua_mesh *mesh, qua_time now, int leg, int base, const qua_addr *addr)
{
    mesh->now = now;
    if (mesh->legs[leg].state == QUA_LEG_OPEN)
        qua_peer_add_local(mesh->legs[leg].peer, now, base, addr);
}

const qua_ice_server *qua_mesh_servers(const qua_mesh *mesh, size_t *count)
{
    *count = mesh->server_count;
    return mesh->servers;
}

void qua_mesh_add_servers(qua_mesh *mesh, qua_time now, int leg, const qua_addr *stun, size_t stun_count,
                          const qua_peer_turn_server *turn, size_t turn_count)
{
    qua_leg *l = &mesh->legs[leg];

    mesh->now = now;
    if (l->state != QUA_LEG_OPEN)
        return;
    for (size_t i = 0; i < stun_count; i++)
        (void)qua_peer_add_stun_server(l->peer, now, &stun[i]); /* more than an agent uses are left out */
    for (size_t i = 0; i < turn_count; i++)
        (void)qua_peer_add_turn_server(l->peer, now, &turn[i].addr, turn[i].username, turn[i].password);
}

void qua_mesh_remove_local(qua_mesh *mesh, qua_time now, int leg, int base)
{
    mesh->now = now;
    if (mesh->legs[leg].state == QUA_LEG_OPEN)
        qua_peer_remove_local(mesh->legs[leg].peer, now, base);
}

void qua_mesh_local_done(qua_mesh *mesh, qua_time now, int leg)
{
    qua_leg *l = &mesh->legs[leg];

    mesh->now = now;
    if (l->state != QUA_LEG_OPEN)
        return;
    qua_peer_local_done(l->peer, now);
    qua_leg_offer_first(l, now);
    qua_leg_send_video(l, !mesh->video_muted);
}

int qua_mesh_input(qua_mesh *mesh, qua_time now, int leg, int base, const qua_addr *from, uint8_t *data, size_t size,
                   unsigned ecn)
{
    mesh->now = now;
    if (mesh->legs[leg].state != QUA_LEG_OPEN)
        return QUA_EIGNORED;
    return qua_peer_input(mesh->legs[leg].peer, now, base, from, data, size, ecn);
}

bool qua_mesh_poll_transmit(qua_mesh *mesh, qua_time now, int *leg, qua_peer_transmit *out)
{
    mesh->now = now;
    for (int i = 0; i < QUA_MESH_LEGS; i++) {
        const int index = (mesh->sending_leg + i) % QUA_MESH_LEGS;
        qua_leg *l = &mesh->legs[index];

        if (l->state == QUA_LEG_FREE)
            continue;
        if (qua_peer_poll_transmit(l->peer, now, out)) {
            *leg = index;
            mesh->sending_leg = (index + 1) % QUA_MESH_LEGS;
            return true;
        }
        if (l->state == QUA_LEG_CLOSING)
            finish_leg(mesh, index);
    }
    end_when_closed(mesh);
    return false;
}

void qua_mesh_on_timeout(qua_mesh *mesh, qua_time now)
{
    mesh->now = now;
    qua_signal_on_timeout(mesh->context.signal, now);
    drain_signal(mesh);
    for (int i = 0; i < QUA_MESH_LEGS; i++)
        leaves_when_lost(mesh, &mesh->members[i]);
    for (int i = 0; i < QUA_MESH_LEGS; i++) {
        qua_leg *leg = &mesh->legs[i];

        if (leg->state != QUA_LEG_OPEN)
            continue;
        if (qua_leg_on_timeout(leg, now))
            remake_leg(mesh, member_of_leg(mesh, i), true);
        else
            qua_leg_send_video(leg, !mesh->video_muted);
    }
}

qua_time qua_mesh_deadline(const qua_mesh *mesh, qua_time now)
{
    qua_time deadline = mesh->count || mesh->close_socket ? now : qua_signal_deadline(mesh->context.signal);

    for (size_t i = 0; i < QUA_MESH_LEGS; i++) {
        deadline = QUA_MIN(deadline, lost_at(&mesh->members[i]));
        if (mesh->legs[i].state == QUA_LEG_OPEN)
            deadline = QUA_MIN(deadline, qua_leg_deadline(&mesh->legs[i], now));
        else if (mesh->legs[i].state == QUA_LEG_CLOSING)
            deadline = now;
    }
    return deadline;
}

static void on_connection(qua_mesh *mesh, int leg, qua_connection_state connection)
{
    member *m = member_of_leg(mesh, leg);

    if (connection == QUA_CONNECTION_CLOSED)
        member_leaves(mesh, m, "left");
    else
        set_connection(mesh, m, connection);
}

/* The next picture or sound of any leg, in turn; what else happens on them becomes notices. */
static bool poll_media(qua_mesh *mesh, qua_mesh_event *out)
{
    for (int i = 0; i < QUA_MESH_LEGS; i++) {
        const int index = (mesh->next_leg + i) % QUA_MESH_LEGS;
        qua_leg *leg = &mesh->legs[index];

        while (leg->state == QUA_LEG_OPEN && qua_leg_poll_event(leg, mesh->now, &out->media)) {
            if (out->media.type == QUA_PEER_CONNECTION) {
                on_connection(mesh, index, out->media.connection);
                continue;
            }
            out->type = out->media.type == QUA_PEER_PICTURE ? QUA_MESH_PICTURE : QUA_MESH_AUDIO;
            out->leg = index;
            out->participant = member_of_leg(mesh, index)->shown;
            mesh->next_leg = (index + 1) % QUA_MESH_LEGS;
            return true;
        }
    }
    return false;
}

static bool pop(qua_mesh *mesh, qua_mesh_event *out)
{
    const notice *n = &mesh->notices[mesh->first];

    if (!mesh->count)
        return false;
    mesh->first = (mesh->first + 1) % EVENTS;
    mesh->count--;
    mesh->lent = n->text;
    out->type = n->type;
    out->leg = n->leg;
    out->participant = n->participant;
    out->state = n->state;
    out->error = n->error;
    out->text = n->text ? n->text : "";
    return true;
}

bool qua_mesh_poll_event(qua_mesh *mesh, qua_mesh_event *out)
{
    free(mesh->lent);
    mesh->lent = NULL;
    return pop(mesh, out) || poll_media(mesh, out) || pop(mesh, out);
}

size_t qua_mesh_get_stats(const qua_mesh *mesh, qua_time now, qua_call_link *out, size_t capacity)
{
    size_t count = 0;

    for (size_t i = 0; i < QUA_MESH_LEGS && count < capacity; i++) {
        const member *m = &mesh->members[i];

        if (!m->present || m->leg < 0)
            continue;
        out[count].participant = m->shown;
        qua_peer_get_stats(mesh->legs[m->leg].peer, now, &out[count].stats);
        count++;
    }
    return count;
}
