/* The client's session: greet, join, stay, come back. */
#include <stdio.h>
#include <stdlib.h>

#include "signaling/client.h"

#define CONNECT_TIMEOUT QUA_SECONDS(10)
#define BACKOFF_FIRST   QUA_MS(250)
#define BACKOFF_MAX     QUA_SECONDS(4)

/* ---- phases and events ------------------------------------------------------------------------------------- */

static void set_phase(qua_signal *s, qua_signal_phase next, qua_time deadline)
{
    static const char *const names[] = {"idle", "connecting", "greeting", "joining", "joined", "waiting", "ended"};
    static const unsigned legal[] = {
        [QUA_SIGNAL_IDLE] = 1u << QUA_SIGNAL_CONNECTING | 1u << QUA_SIGNAL_ENDED,
        [QUA_SIGNAL_CONNECTING] = 1u << QUA_SIGNAL_GREETING | 1u << QUA_SIGNAL_WAITING | 1u << QUA_SIGNAL_ENDED,
        [QUA_SIGNAL_GREETING] = 1u << QUA_SIGNAL_JOINING | 1u << QUA_SIGNAL_WAITING | 1u << QUA_SIGNAL_ENDED,
        [QUA_SIGNAL_JOINING] = 1u << QUA_SIGNAL_JOINED | 1u << QUA_SIGNAL_WAITING | 1u << QUA_SIGNAL_ENDED,
        [QUA_SIGNAL_JOINED] = 1u << QUA_SIGNAL_WAITING | 1u << QUA_SIGNAL_ENDED,
        [QUA_SIGNAL_WAITING] = 1u << QUA_SIGNAL_CONNECTING | 1u << QUA_SIGNAL_ENDED,
        [QUA_SIGNAL_ENDED] = 0,
    };

    assert(legal[s->phase] & 1u << next);
    (void)legal;
    qua_logf(s->log, QUA_LOG_INFO, "signaling %s -> %s", names[s->phase], names[next]);
    s->phase = next;
    s->deadline = deadline;
}

/* The next free event, zeroed; an owner that never drains gets no more than EVENTS_MAX. */
static event_slot *emit(qua_signal *s, qua_signal_event_type type)
{
    event_slot *slot;

    assert(s->event_count < EVENTS_MAX);
    if (s->event_count == EVENTS_MAX)
        s->event_count--;
    slot = &s->events[(s->event_first + s->event_count++) % EVENTS_MAX];
    memset(slot, 0, sizeof *slot);
    slot->event.type = type;
    return slot;
}

static event_slot *emit_peer(qua_signal *s, qua_signal_event_type type, const qua_signal_participant *who)
{
    event_slot *slot = emit(s, type);

    slot->who = *who;
    return slot;
}

static void set_reason(event_slot *slot, int error, const char *reason)
{
    slot->event.error = error;
    snprintf(slot->reason, sizeof slot->reason, "%s", reason ? reason : "");
}

bool qua_signal_poll_event(qua_signal *s, qua_signal_event *out)
{
    event_slot *slot = &s->events[s->event_first];

    if (s->event_count == 0)
        return false;
    s->event_first = (s->event_first + 1) % EVENTS_MAX;
    s->event_count--;
    slot->event.peer = slot->who.id[0] ? &slot->who : NULL;
    slot->event.reason = slot->reason;
    *out = slot->event;
    return true;
}

/* ---- beginning and end ------------------------------------------------------------------------------------- */

int qua_signal_create(qua_signal **out, const qua_signal_config *config)
{
    qua_signal *s;

    if (!qua_signal_name_valid(config->name) || (config->token && strlen(config->token) > QUA_SIGNAL_TOKEN_MAX))
        return QUA_EINVAL;
    s = qua_zalloc(sizeof *s);
    if (!s)
        return QUA_ENOMEM;
    s->random = *config->random;
    s->log = config->log;
    s->state = config->state;
    snprintf(s->name, sizeof s->name, "%s", config->name);
    snprintf(s->token, sizeof s->token, "%s", config->token ? config->token : "");
    s->deadline = QUA_TIME_NEVER;
    s->dead_after = QUA_SIGNAL_DEAD_AFTER;
    s->next_id = 1;
    qua_outbox_init(&s->outbox);
    *out = s;
    return 0;
}

void qua_signal_destroy(qua_signal **signal)
{
    if (!*signal)
        return;
    qua_message_clear(&(*signal)->current);
    qua_outbox_deinit(&(*signal)->outbox);
    free(*signal);
    *signal = NULL;
}

qua_signal_phase qua_signal_get_phase(const qua_signal *s)
{
    return s->phase;
}
const char *qua_signal_self(const qua_signal *s)
{
    return s->self;
}
void qua_signal_get_stats(const qua_signal *s, qua_signal_stats *out)
{
    *out = s->stats;
}
qua_time qua_signal_deadline(const qua_signal *s)
{
    return s->deadline;
}

static void connect_now(qua_signal *s, qua_time now)
{
    set_phase(s, QUA_SIGNAL_CONNECTING, now + CONNECT_TIMEOUT);
    emit(s, QUA_SIGNAL_EVENT_OPEN);
}

int qua_signal_start(qua_signal *s, qua_time now)
{
    if (s->phase != QUA_SIGNAL_IDLE)
        return QUA_ESTATE;
    connect_now(s, now);
    return 0;
}

static bool has_socket(const qua_signal *s)
{
    return s->phase >= QUA_SIGNAL_CONNECTING && s->phase <= QUA_SIGNAL_JOINED;
}

/* @param open the owner has a socket that it is to close */
static void end(qua_signal *s, int error, const char *reason, bool open)
{
    set_phase(s, QUA_SIGNAL_ENDED, QUA_TIME_NEVER);
    set_reason(emit(s, QUA_SIGNAL_EVENT_ENDED), error, reason);
    if (open)
        emit(s, QUA_SIGNAL_EVENT_CLOSE);
}

void qua_signal_leave(qua_signal *s, qua_time now)
{
    (void)now;
    if (s->phase == QUA_SIGNAL_ENDED)
        return;
    s->due = s->phase == QUA_SIGNAL_JOINED ? DUE_LEAVE : 0;
    end(s, 0, "", has_socket(s));
}

/* 0.25 s, 0.5 s, ... 4 s, shortened by up to a half: clients of one dead server spread out. */
static qua_time backoff(const qua_signal *s)
{
    const qua_time full = QUA_MIN(BACKOFF_FIRST << QUA_MIN(s->attempts, 5u), BACKOFF_MAX);

    return full - (qua_time)(qua_random_u32(&s->random) % (uint32_t)(full / 2));
}

/* The connection is gone, or `open` and of no use: try again, or give up. */
static void lose(qua_signal *s, qua_time now, const char *reason, bool open)
{
    const bool was_joined = s->phase == QUA_SIGNAL_JOINED;
    const qua_time wait = backoff(s);

    s->due = 0;
    s->attempts++;
    if (!qua_signal_joined_once(s) && s->attempts >= FIRST_ATTEMPTS) {
        end(s, s->last_code ? qua_signal_code_error(s->last_code) : QUA_EIO, reason, open);
        return;
    }
    set_phase(s, QUA_SIGNAL_WAITING, now + wait);
    if (was_joined) {
        set_reason(emit(s, QUA_SIGNAL_EVENT_LOST), 0, reason);
        s->stats.reconnects++;
    }
    if (open)
        emit(s, QUA_SIGNAL_EVENT_CLOSE);
}

void qua_signal_opened(qua_signal *s, qua_time now)
{
    if (s->phase != QUA_SIGNAL_CONNECTING)
        return;
    s->last_code = QUA_CODE_NONE;
    s->due = DUE_HELLO;
    set_phase(s, QUA_SIGNAL_GREETING, now + CONNECT_TIMEOUT);
}

void qua_signal_closed(qua_signal *s, qua_time now, const char *reason)
{
    if (!has_socket(s))
        return;
    if (s->last_code)
        reason = qua_signal_code_text(s->last_code);
    lose(s, now, reason ? reason : "the connection to the server was closed", false);
}

void qua_signal_on_timeout(qua_signal *s, qua_time now)
{
    if (now < s->deadline)
        return;
    if (s->phase == QUA_SIGNAL_WAITING)
        connect_now(s, now);
    else
        lose(s, now, "the server does not answer", true);
}

/* ---- the others -------------------------------------------------------------------------------------------- */

static size_t index_of(const qua_signal *s, const char *id)
{
    size_t i = 0;

    while (i < s->peer_count && strcmp(s->peers[i].id, id) != 0)
        i++;
    return i;
}

const qua_signal_participant *qua_signal_find(const qua_signal *s, const char *id)
{
    const size_t i = index_of(s, id);

    return i < s->peer_count ? &s->peers[i] : NULL;
}

size_t qua_signal_participants(const qua_signal *s, const qua_signal_participant **out)
{
    *out = s->peers;
    return s->peer_count;
}

static bool same(const qua_signal_participant *a, const qua_signal_participant *b)
{
    return strcmp(a->name, b->name) == 0 && a->role == b->role && a->hand == b->hand &&
           a->state.audio_muted == b->state.audio_muted && a->state.video_muted == b->state.video_muted &&
           a->state.screen == b->state.screen && a->away == b->away;
}

/* Someone is as `who` says; tells what is new. @return false: more people than a room holds */
static bool put_peer(qua_signal *s, const qua_signal_participant *who)
{
    const size_t i = index_of(s, who->id);
    const bool known = i < s->peer_count;

    if (!known && (s->peer_count == QUA_ARRAY_SIZE(s->peers) || strcmp(who->id, s->self) == 0))
        return false;
    if (known && same(&s->peers[i], who))
        return true;
    s->peers[i] = *who;
    if (!known)
        s->peer_last_id[s->peer_count++] = 0;
    emit_peer(s, known ? QUA_SIGNAL_EVENT_PEER_UPDATED : QUA_SIGNAL_EVENT_PEER_ADDED, who);
    return true;
}

static void remove_peer(qua_signal *s, size_t i, const char *reason)
{
    set_reason(emit_peer(s, QUA_SIGNAL_EVENT_PEER_GONE, &s->peers[i]), 0, reason);
    s->peer_count--;
    memmove(&s->peers[i], &s->peers[i + 1], (s->peer_count - i) * sizeof s->peers[0]);
    memmove(&s->peer_last_id[i], &s->peer_last_id[i + 1], (s->peer_count - i) * sizeof s->peer_last_id[0]);
}

static bool is_among(const qua_message *m, const char *id)
{
    for (size_t i = 0; i < m->joined.count; i++)
        if (strcmp(m->joined.peers[i].id, id) == 0)
            return true;
    return false;
}

/* ---- messages of the server -------------------------------------------------------------------------------- */

static int on_welcome(qua_signal *s, qua_time now, const qua_message *m)
{
    if (m->welcome.version != 1) {
        end(s, QUA_ENOTSUP, "the server speaks another version of the protocol", true);
        return QUA_EPROTO;
    }
    s->dead_after = m->welcome.dead_after;
    s->due |= DUE_JOIN;
    s->knocking = false;
    set_phase(s, QUA_SIGNAL_JOINING, now + CONNECT_TIMEOUT);
    return 0;
}

static void be_joined(qua_signal *s, qua_time now, const qua_message *m, bool resumed)
{
    event_slot *slot = emit(s, QUA_SIGNAL_EVENT_JOINED);

    snprintf(s->self, sizeof s->self, "%s", m->joined.self);
    snprintf(s->ticket, sizeof s->ticket, "%s", m->joined.ticket ? m->joined.ticket : "");
    slot->event.joined.self = s->self;
    slot->event.joined.resumed = resumed;
    slot->event.joined.peers = s->peers;
    slot->event.joined.count = s->peer_count;
    slot->event.joined.role = s->role = m->joined.role;
    slot->event.joined.door = s->door = m->joined.door;
    s->attempts = 0;
    s->knocking = false;
    set_phase(s, QUA_SIGNAL_JOINED, now + s->dead_after);
}

/* A seat of our own: nothing of an earlier one counts any more. */
static int on_joined(qua_signal *s, qua_time now, const qua_message *m)
{
    s->peer_count = m->joined.count;
    for (size_t i = 0; i < m->joined.count; i++) {
        s->peers[i] = m->joined.peers[i];
        s->peer_last_id[i] = 0;
    }
    qua_outbox_deinit(&s->outbox);
    qua_outbox_init(&s->outbox);
    s->batch.count = 0;
    s->heard_seq = s->acked_seq = 0;
    be_joined(s, now, m, false);
    return 0;
}

/* What the server says of our seat cannot be: take another one over another connection. */
static int give_up_seat(qua_signal *s, qua_time now)
{
    s->ticket[0] = 0;
    lose(s, now, "the server could not resume the session", true);
    return QUA_EPROTO;
}

static int on_resumed(qua_signal *s, qua_time now, const qua_message *m)
{
    if (!s->ticket[0] || strcmp(m->joined.self, s->self) != 0)
        return give_up_seat(s, now);
    if (m->joined.fresh) {
        qua_outbox_restart(&s->outbox);
        s->heard_seq = s->acked_seq = 0;
    } else if (qua_outbox_resume(&s->outbox, m->joined.last) != 0) {
        return give_up_seat(s, now);
    }
    for (size_t i = s->peer_count; i-- > 0;)
        if (!is_among(m, s->peers[i].id))
            remove_peer(s, i, "left while the server was away");
    for (size_t i = 0; i < m->joined.count; i++)
        (void)put_peer(s, &m->joined.peers[i]);
    be_joined(s, now, m, true);
    return 0;
}

static void set_room(qua_signal *s, qua_signal_role role, qua_signal_door door)
{
    qua_signal_event *event;

    if (s->role == role && s->door.locked == door.locked && s->door.lobby == door.lobby)
        return;
    event = &emit(s, QUA_SIGNAL_EVENT_ROOM)->event;
    event->room.role = s->role = role;
    event->room.door = s->door = door;
}

static int on_peer(qua_signal *s, const qua_message *m)
{
    size_t i;

    if (strcmp(m->peer.who.id, s->self) == 0 && m->peer.change == QUA_PEER_CHANGE_UPDATE) {
        set_room(s, m->peer.who.role, s->door);
        return 0;
    }

    if (m->peer.change != QUA_PEER_CHANGE_GONE)
        return put_peer(s, &m->peer.who) ? 0 : QUA_EPROTO;
    i = index_of(s, m->peer.who.id);
    if (i < s->peer_count)
        remove_peer(s, i, m->peer.reason);
    return 0;
}

static int on_knock(qua_signal *s, qua_time now, const qua_message *m)
{
    if (m->knock.is_you != (s->phase == QUA_SIGNAL_JOINING))
        return QUA_EPROTO;
    if (m->knock.is_you) {
        s->knocking = true; /* from now on the deadline moves with every ping heard */
        s->deadline = now + s->dead_after;
        emit(s, QUA_SIGNAL_EVENT_KNOCKING);
    } else {
        emit_peer(s, QUA_SIGNAL_EVENT_KNOCK, &m->knock.who);
    }
    return 0;
}

static int on_turn(qua_signal *s, const qua_message *m)
{
    event_slot *slot;

    for (size_t i = 0; i < m->turn.count; i++) {
        qua_ice_server *server = &s->servers[i];
        snprintf(server->url, sizeof server->url, "%s", m->turn.urls[i]);
        snprintf(server->username, sizeof server->username, "%s", m->turn.username ? m->turn.username : "");
        snprintf(server->credential, sizeof server->credential, "%s", m->turn.credential ? m->turn.credential : "");
    }
    slot = emit(s, QUA_SIGNAL_EVENT_TURN);
    slot->event.turn.servers = s->servers;
    slot->event.turn.count = m->turn.count;
    slot->event.turn.life = m->turn.life;
    return 0;
}

/* From one of the others: description, candidates, chat and the like. */
static int on_relayed(qua_signal *s, const qua_message *m)
{
    static const qua_candidate no_more = {.candidate = "", .mline_index = -1};
    const size_t i = m->from ? index_of(s, m->from) : s->peer_count;
    qua_signal_event *event;

    if (i == s->peer_count)
        return QUA_EPROTO;
    if (m->id && m->id <= s->peer_last_id[i])
        return 0; /* told again after the server was lost */
    s->peer_last_id[i] = QUA_MAX(m->id, s->peer_last_id[i]);
    switch (m->type) {
    case QUA_MESSAGE_DESC:
        event = &emit_peer(s, QUA_SIGNAL_EVENT_DESCRIPTION, &s->peers[i])->event;
        event->description = m->desc;
        break;
    case QUA_MESSAGE_CAND:
        event = &emit_peer(s, QUA_SIGNAL_EVENT_CANDIDATES, &s->peers[i])->event;
        event->candidates.list = m->cand.list;
        event->candidates.count = m->cand.count;
        break;
    case QUA_MESSAGE_CAND_END:
        event = &emit_peer(s, QUA_SIGNAL_EVENT_CANDIDATES, &s->peers[i])->event;
        event->candidates.list = &no_more;
        event->candidates.count = 1;
        break;
    case QUA_MESSAGE_MUTE_REQUEST:
        event = &emit_peer(s, QUA_SIGNAL_EVENT_MUTE_REQUEST, &s->peers[i])->event;
        event->mute.audio = m->mute_request.audio;
        event->mute.video = m->mute_request.video;
        break;
    default:
        event = &emit_peer(s, m->type == QUA_MESSAGE_REACT ? QUA_SIGNAL_EVENT_REACTION : QUA_SIGNAL_EVENT_CHAT,
                           &s->peers[i])
                     ->event;
        event->text = m->chat.text;
    }
    return 0;
}

static int on_error(qua_signal *s, const qua_message *m)
{
    const char *reason = m->error.reason ? m->error.reason : qua_signal_code_text(m->error.code);
    const int error = m->error.code ? qua_signal_code_error(m->error.code) : QUA_EREFUSED;

    switch (m->error.code) {
    case QUA_CODE_ROOM_FULL:
    case QUA_CODE_BAD_ROOM:
    case QUA_CODE_VERSION:
    case QUA_CODE_LOCKED:
    case QUA_CODE_DENIED:
    case QUA_CODE_REMOVED:
    case QUA_CODE_ENDED:
    case QUA_CODE_TOKEN:
        end(s, error, reason, true);
        return 0;
    case QUA_CODE_EXPIRED: /* the seat is lost: take another one */
        if (s->phase != QUA_SIGNAL_JOINING || !s->ticket[0])
            return QUA_EPROTO;
        s->ticket[0] = 0;
        s->due |= DUE_JOIN;
        return 0;
    default:
        if (qua_signal_code_fatal(m->error.code))
            s->last_code = m->error.code; /* the server closes now */
        else
            set_reason(emit(s, QUA_SIGNAL_EVENT_ERROR), error, reason);
        return 0;
    }
}

/* Numbers: QUA_EIGNORED for what was heard before. */
static int take_numbers(qua_signal *s, qua_time now, const qua_message *m)
{
    if (m->ack && qua_outbox_acknowledge(&s->outbox, m->ack) != 0)
        return QUA_EPROTO;
    if (m->seq == 0)
        return 0;
    if (s->phase != QUA_SIGNAL_JOINED)
        return QUA_EPROTO;
    if (m->seq > s->heard_seq + 1) {
        lose(s, now, "messages of the server were lost", true);
        return QUA_EPROTO;
    }
    if (m->seq <= s->heard_seq)
        return QUA_EIGNORED;
    s->heard_seq = m->seq;
    return 0;
}

/* The phase in which a message of this type may come; IDLE: in any. */
static qua_signal_phase phase_of(qua_message_type type)
{
    switch (type) {
    case QUA_MESSAGE_WELCOME:
        return QUA_SIGNAL_GREETING;
    case QUA_MESSAGE_JOINED:
    case QUA_MESSAGE_RESUMED:
        return QUA_SIGNAL_JOINING;
    case QUA_MESSAGE_PEER:
    case QUA_MESSAGE_DESC:
    case QUA_MESSAGE_CAND:
    case QUA_MESSAGE_CAND_END:
    case QUA_MESSAGE_CHAT:
    case QUA_MESSAGE_REACT:
    case QUA_MESSAGE_MUTE_REQUEST:
    case QUA_MESSAGE_LOCK:
    case QUA_MESSAGE_TURN:
        return QUA_SIGNAL_JOINED;
    case QUA_MESSAGE_KNOCK: /* ours or another's: see on_knock */
    case QUA_MESSAGE_UNKNOWN:
    case QUA_MESSAGE_PING:
    case QUA_MESSAGE_PONG:
    case QUA_MESSAGE_BYE:
    case QUA_MESSAGE_ERROR:
        return QUA_SIGNAL_IDLE;
    default:
        return QUA_SIGNAL_ENDED; /* a client's own */
    }
}

static int dispatch(qua_signal *s, qua_time now, const qua_message *m)
{
    const qua_signal_phase phase = phase_of(m->type);
    int error;

    if (phase != QUA_SIGNAL_IDLE && phase != s->phase)
        return QUA_EPROTO;
    error = take_numbers(s, now, m);
    if (error)
        return error;
    switch (m->type) {
    case QUA_MESSAGE_WELCOME:
        return on_welcome(s, now, m);
    case QUA_MESSAGE_JOINED:
        return on_joined(s, now, m);
    case QUA_MESSAGE_RESUMED:
        return on_resumed(s, now, m);
    case QUA_MESSAGE_PEER:
        return on_peer(s, m);
    case QUA_MESSAGE_LOCK:
        set_room(s, s->role, m->door);
        return 0;
    case QUA_MESSAGE_KNOCK:
        return on_knock(s, now, m);
    case QUA_MESSAGE_TURN:
        return on_turn(s, m);
    case QUA_MESSAGE_PING:
        s->due |= DUE_PONG;
        return 0;
    case QUA_MESSAGE_BYE:
        lose(s, now, m->bye.reason ? m->bye.reason : "the server said goodbye", true);
        return 0;
    case QUA_MESSAGE_ERROR:
        return on_error(s, m);
    case QUA_MESSAGE_UNKNOWN:
    case QUA_MESSAGE_PONG:
        return 0;
    default:
        return on_relayed(s, m);
    }
}

int qua_signal_input(qua_signal *s, qua_time now, const char *text, size_t size)
{
    qua_message_error cause;
    int error;

    if (s->phase < QUA_SIGNAL_GREETING || s->phase > QUA_SIGNAL_JOINED)
        return QUA_EIGNORED;
    assert(s->event_count == 0); /* the owner drains after every call: events lend from `current` */
    qua_message_clear(&s->current);
    s->stats.received++;
    if (s->phase == QUA_SIGNAL_JOINED || s->knocking)
        s->deadline = now + s->dead_after;
    error = qua_message_parse(&s->current, text, size, &cause);
    if (error)
        qua_logf(s->log, QUA_LOG_DEBUG, "signaling: dropped a message: %s", cause.reason);
    else
        error = dispatch(s, now, &s->current);
    if (error == QUA_EIGNORED)
        return 0;
    if (error)
        s->stats.malformed++;
    return error;
}
