/* The client's session: greet, join, stay, come back. */
#include <stdio.h>
#include <stdlib.h>

#include "signaling/signaling.h"

#define CONNECT_TIMEOUT QUA_SECONDS(10)
#define BACKOFF_FIRST   QUA_MS(250)
#define BACKOFF_MAX     QUA_SECONDS(4)

enum {
    FIRST_ATTEMPTS = 3, /* to reach a server that was never reached */
    ACK_EVERY = 16,     /* messages received until an acknowledgement goes out on its own */
    EVENTS_MAX = 16,    /* a resumption tells three gone, three added, and itself */
    WIRE_MAX = QUA_SIGNAL_FRAME_MAX + 64
};

/* What is to be said outside the numbered stream, by its bit. */
enum { DUE_HELLO = 1, DUE_JOIN = 2, DUE_PONG = 4, DUE_LEAVE = 8 };

typedef struct event_slot {
    qua_signal_event event;
    qua_signal_participant who; /* what event.peer points to */
    char reason[QUA_SIGNAL_REASON_MAX + 1];
} event_slot;

/* Candidates for one participant that will travel together; their texts lie in `text`. */
typedef struct batch {
    char to[QUA_ID_SIZE];
    size_t count, text_size;
    qua_candidate list[QUA_SIGNAL_CANDIDATES_MAX];
    char text[16 * 1024];
} batch;

struct qua_signal {
    qua_random random;
    const qua_log *log;
    char name[QUA_SIGNAL_NAME_MAX + 1];
    qua_signal_state state;

    qua_signal_phase phase;
    qua_time deadline; /* of the phase; in JOINED it moves with every message heard */
    qua_time dead_after;
    unsigned attempts;         /* failed in a row */
    unsigned due;              /* DUE_* */
    qua_signal_code last_code; /* the server's last fatal error on this connection */

    char self[QUA_ID_SIZE];
    char ticket[QUA_SIGNAL_TICKET_MAX + 1];
    size_t peer_count;
    qua_signal_participant peers[QUA_MAX_PARTICIPANTS - 1];
    uint64_t peer_last_id[QUA_MAX_PARTICIPANTS - 1]; /* ids grow: a message told again is known by it */

    qua_outbox outbox;
    uint64_t next_id;
    uint64_t heard_seq, acked_seq; /* highest received, and the one of which the server knows */
    batch batch;

    size_t event_first, event_count;
    event_slot events[EVENTS_MAX];
    qua_message current; /* the message that the newest event lends from */
    qua_signal_stats stats;
    char wire[WIRE_MAX];
};

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

    if (!qua_signal_name_valid(config->name))
        return QUA_EINVAL;
    s = qua_zalloc(sizeof *s);
    if (!s)
        return QUA_ENOMEM;
    s->random = *config->random;
    s->log = config->log;
    s->state = config->state;
    snprintf(s->name, sizeof s->name, "%s", config->name);
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

static bool joined_once(const qua_signal *s)
{
    return s->self[0] != 0;
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
    if (!joined_once(s) && s->attempts >= FIRST_ATTEMPTS) {
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
    return strcmp(a->name, b->name) == 0 && a->state.audio_muted == b->state.audio_muted &&
           a->state.video_muted == b->state.video_muted && a->state.screen == b->state.screen && a->away == b->away;
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
    s->attempts = 0;
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

static int on_peer(qua_signal *s, const qua_message *m)
{
    size_t i;

    if (m->peer.change != QUA_PEER_CHANGE_GONE)
        return put_peer(s, &m->peer.who) ? 0 : QUA_EPROTO;
    i = index_of(s, m->peer.who.id);
    if (i < s->peer_count)
        remove_peer(s, i, m->peer.reason);
    return 0;
}

/* From one of the others: description, candidates, chat. */
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
    default:
        event = &emit_peer(s, QUA_SIGNAL_EVENT_CHAT, &s->peers[i])->event;
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
        return QUA_SIGNAL_JOINED;
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
    if (s->phase == QUA_SIGNAL_JOINED)
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

/* ---- to the server ----------------------------------------------------------------------------------------- */

/* Number and queue one message to the others. */
static int queue(qua_signal *s, qua_message *m)
{
    qua_buffer *text;
    ptrdiff_t size;
    int error;

    m->id = s->next_id;
    size = qua_message_write(m, s->wire, sizeof s->wire);
    if (size < 0)
        return size == QUA_EFULL ? QUA_EINVAL : (int)size;
    text = qua_buffer_create((size_t)size);
    if (!text)
        return QUA_ENOMEM;
    memcpy(text->data, s->wire, (size_t)size);
    text->size = (size_t)size;
    error = qua_outbox_push(&s->outbox, text);
    qua_buffer_unref(&text);
    if (error == 0)
        s->next_id++;
    return error;
}

static int flush_batch(qua_signal *s)
{
    qua_message m = {.type = QUA_MESSAGE_CAND, .to = s->batch.to};

    if (s->batch.count == 0)
        return 0;
    m.cand.count = s->batch.count;
    memcpy(m.cand.list, s->batch.list, s->batch.count * sizeof s->batch.list[0]);
    s->batch.count = 0;
    return queue(s, &m);
}

/* May we speak to `to` (NULL: everyone)? Whatever was said before goes first. */
static int may_send(qua_signal *s, const char *to)
{
    if (!joined_once(s) || s->phase == QUA_SIGNAL_ENDED)
        return QUA_ESTATE;
    return to && !qua_signal_find(s, to) ? QUA_ENOENT : 0;
}

int qua_signal_send_description(qua_signal *s, qua_time now, const char *to, qua_sdp_type type, const char *sdp)
{
    qua_message m = {.type = QUA_MESSAGE_DESC, .to = to, .desc = {type, sdp}};
    int error = may_send(s, to);

    (void)now;
    if (!error)
        error = flush_batch(s);
    if (!error && (type == QUA_SDP_ROLLBACK || !sdp[0] || strlen(sdp) > QUA_SIGNAL_SDP_MAX))
        error = QUA_EINVAL;
    return error ? error : queue(s, &m);
}

/* Keep a copy of a candidate's text in the batch. @return the copy, NULL for NULL */
static const char *keep(batch *b, const char *text)
{
    char *at = b->text + b->text_size;
    size_t size;

    if (!text)
        return NULL;
    size = strlen(text) + 1;
    memcpy(at, text, size);
    b->text_size += size;
    return at;
}

static size_t length_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

int qua_signal_send_candidate(qua_signal *s, qua_time now, const char *to, const qua_candidate *candidate)
{
    const size_t size = length_of(candidate->candidate) + length_of(candidate->mid) + length_of(candidate->ufrag);
    batch *b = &s->batch;
    int error = may_send(s, to);

    (void)now;
    if (error)
        return error;
    if (length_of(candidate->candidate) > QUA_SIGNAL_CANDIDATE_MAX + 1 || length_of(candidate->mid) > 65 ||
        length_of(candidate->ufrag) > 257)
        return QUA_EINVAL;
    if (b->count && (strcmp(b->to, to) != 0 || b->count == QUA_ARRAY_SIZE(b->list) || !candidate->candidate[0] ||
                     b->text_size + size > sizeof b->text))
        error = flush_batch(s);
    if (!error && !candidate->candidate[0]) {
        qua_message m = {.type = QUA_MESSAGE_CAND_END, .to = to, .cand_end = {candidate->ufrag}};
        return queue(s, &m);
    }
    if (error)
        return error;
    if (b->count == 0) {
        snprintf(b->to, sizeof b->to, "%s", to);
        b->text_size = 0;
    }
    b->list[b->count++] = (qua_candidate){.candidate = keep(b, candidate->candidate),
                                          .mid = keep(b, candidate->mid),
                                          .mline_index = candidate->mline_index,
                                          .ufrag = keep(b, candidate->ufrag)};
    return 0;
}

int qua_signal_set_state(qua_signal *s, qua_time now, const qua_signal_state *state)
{
    qua_message m = {.type = QUA_MESSAGE_STATE, .state = *state};

    (void)now;
    if (s->phase == QUA_SIGNAL_ENDED)
        return QUA_ESTATE;
    s->state = *state;
    return joined_once(s) ? queue(s, &m) : 0;
}

int qua_signal_send_chat(qua_signal *s, qua_time now, const char *text)
{
    qua_message m = {.type = QUA_MESSAGE_CHAT, .chat = {text}};
    const int error = may_send(s, NULL);

    (void)now;
    if (error)
        return error;
    return !text[0] || strlen(text) > QUA_SIGNAL_CHAT_MAX ? QUA_EINVAL : queue(s, &m);
}

/* What is due outside the numbered stream. @return false: nothing is */
static bool write_due(qua_signal *s, size_t *size)
{
    qua_message m;
    ptrdiff_t written;
    unsigned bit;

    memset(&m, 0, sizeof m);
    if (s->due & DUE_HELLO) {
        bit = DUE_HELLO;
        m.type = QUA_MESSAGE_HELLO;
        m.hello.versions = 1u << 1;
        m.hello.agent = "quartet/0.1";
    } else if (s->due & DUE_JOIN && s->ticket[0]) {
        bit = DUE_JOIN;
        m.type = QUA_MESSAGE_RESUME;
        m.resume.ticket = s->ticket;
        m.resume.last = s->heard_seq;
        m.resume.name = s->name;
        m.resume.state = s->state;
    } else if (s->due & DUE_JOIN) {
        bit = DUE_JOIN;
        m.type = QUA_MESSAGE_JOIN;
        m.join.name = s->name;
        m.join.state = s->state;
    } else if (s->due & DUE_PONG) {
        bit = DUE_PONG;
        m.type = QUA_MESSAGE_PONG;
        m.ack = s->acked_seq = s->heard_seq;
    } else if (s->due & DUE_LEAVE) {
        bit = DUE_LEAVE;
        m.type = QUA_MESSAGE_LEAVE;
    } else {
        return false;
    }
    s->due &= ~bit;
    written = qua_message_write(&m, s->wire, sizeof s->wire);
    assert(written > 0);
    *size = written > 0 ? (size_t)written : 0;
    return written > 0;
}

bool qua_signal_poll_transmit(qua_signal *s, const char **text, size_t *size)
{
    const qua_buffer *next = NULL;
    uint64_t seq;

    if (s->phase == QUA_SIGNAL_JOINED) {
        if (flush_batch(s) != 0)
            qua_logf(s->log, QUA_LOG_WARNING, "signaling: candidates dropped, too much waits for the server");
        if (s->heard_seq - s->acked_seq >= ACK_EVERY && !qua_outbox_pending(&s->outbox))
            s->due |= DUE_PONG;
        next = s->due ? NULL : qua_outbox_next(&s->outbox, &seq);
    }
    if (next) {
        s->acked_seq = s->heard_seq;
        *size = qua_message_number(s->wire, sizeof s->wire, (const char *)next->data, next->size, seq, s->heard_seq);
    } else if (!write_due(s, size)) {
        return false;
    }
    *text = s->wire;
    s->stats.sent++;
    return true;
}
