/* One connection: what it may say when, how much, and what becomes of it. */
#include <stdio.h>
#include <stdlib.h>

#include "server/server.h"

/* ---- texts outside the numbered stream --------------------------------------------------------------------- */

static void queue_control(session *s, qua_buffer *text)
{
    if (s->control_count == SESSION_CONTROL) {
        s->choked = true;
        return;
    }
    s->control[(s->control_first + s->control_count++) % SESSION_CONTROL] = qua_buffer_ref(text);
    hub_mark_ready(s->hub, s);
}

void session_say(session *s, const qua_message *m)
{
    qua_buffer *text = hub_write(s->hub, m);

    if (text)
        queue_control(s, text);
    qua_buffer_unref(&text);
}

static void say_plain(session *s, qua_message_type type)
{
    const qua_message m = {.type = type, .ack = s->seat ? s->seat->heard_seq : 0};

    session_say(s, &m);
}

static void say_error(session *s, qua_signal_code code, const char *reason, uint64_t about)
{
    const qua_message m = {.type = QUA_MESSAGE_ERROR, .error = {.code = code, .reason = reason, .about = about}};

    s->hub->stats.errors[code]++;
    session_say(s, &m);
}

/* A refusal; fatal ones end the session. */
void session_refuse(session *s, qua_time now, qua_signal_code code, uint64_t about)
{
    say_error(s, code, qua_signal_code_text(code), about);
    if (qua_signal_code_fatal(code))
        session_end(s, now, NULL);
}

/* ---- beginning and end ------------------------------------------------------------------------------------- */

static session *session_of(timer *t)
{
    return (session *)((char *)t - offsetof(session, timer));
}

static void set_timer(session *s, qua_time at)
{
    (void)timers_set(&s->hub->timers, &s->timer, at);
}

/* When the token of the seated one runs out. */
static qua_time token_ends(const session *s)
{
    return s->seat && s->seat->claims.subject ? QUA_SECONDS(s->seat->claims.expires_s) - s->hub->wall_offset_us
                                              : QUA_TIME_NEVER;
}

static void lose_seat_for_good(session *s, qua_time now, qua_signal_code code, const char *reason)
{
    seat *leaver = s->seat;

    session_lose_seat(s);
    session_fail(s, now, code);
    hub_unseat(s->hub, now, leaver, reason);
}

static void on_timer(timer *t, void *context, qua_time now)
{
    session *s = session_of(t);
    const qua_time dead = s->heard + QUA_SIGNAL_DEAD_AFTER;

    (void)context;
    if (s->phase == SESSION_GREETING || now >= dead || now >= s->join_by) {
        session_fail(s, now, s->phase == SESSION_KNOCKING && now < dead ? QUA_CODE_DENIED : QUA_CODE_TIMEOUT);
        return;
    }
    if (now >= token_ends(s)) {
        lose_seat_for_good(s, now, QUA_CODE_TOKEN, "the token ran out");
        return;
    }
    if (now >= s->next_ping) {
        say_plain(s, QUA_MESSAGE_PING);
        s->next_ping = now + QUA_SIGNAL_PING_INTERVAL;
    }
    set_timer(s, QUA_MIN(QUA_MIN(s->next_ping, dead), QUA_MIN(s->join_by, token_ends(s))));
}

session *session_open(hub *h, qua_time now, const char *path, void *user)
{
    session *s = qua_zalloc(sizeof *s);

    if (!s)
        return NULL;
    s->hub = h;
    s->user = user;
    s->heard = s->tokens_at = now;
    s->tokens = SESSION_BURST;
    s->join_by = QUA_TIME_NEVER;
    if (qua_signal_room_valid(path))
        snprintf(s->room, sizeof s->room, "%s", path);
    s->timer.fn = on_timer;
    if (timers_set(&h->timers, &s->timer, now + QUA_SIGNAL_HELLO_TIMEOUT) != 0) {
        free(s);
        return NULL;
    }
    s->next = h->sessions;
    if (s->next)
        s->next->previous = s;
    h->sessions = s;
    h->stats.sessions_opened++;
    if (++h->stats.sessions > h->max_sessions)
        session_fail(s, now, QUA_CODE_BUSY);
    return s;
}

void *session_user(const session *s)
{
    return s->user;
}
bool session_is_over(const session *s)
{
    return s->phase == SESSION_CLOSING;
}

void session_lose_seat(session *s)
{
    s->seat->session = NULL;
    s->seat = NULL;
    s->phase = SESSION_LOBBY;
}

void session_end(session *s, qua_time now, qua_buffer *text)
{
    seat *absent = s->seat;

    if (s->phase == SESSION_CLOSING)
        return;
    if (text)
        queue_control(s, text);
    if (absent) {
        session_lose_seat(s);
        hub_seat_away(s->hub, now, absent);
    }
    lobby_forget(s, now);
    s->phase = SESSION_CLOSING;
    timers_cancel(&s->hub->timers, &s->timer);
    hub_mark_ready(s->hub, s);
}

void session_fail(session *s, qua_time now, qua_signal_code code)
{
    assert(qua_signal_code_fatal(code));
    if (s->phase != SESSION_CLOSING)
        session_refuse(s, now, code, 0);
}

static void unlink_ready(hub *h, const session *s)
{
    session **link = &h->ready_first;

    while (*link && *link != s)
        link = &(*link)->ready_next;
    if (*link)
        *link = s->ready_next;
    for (h->ready_last = &h->ready_first; *h->ready_last;)
        h->ready_last = &(*h->ready_last)->ready_next;
}

void session_closed(session *s, qua_time now)
{
    hub *h = s->hub;

    session_end(s, now, NULL);
    for (; s->control_count; s->control_count--)
        qua_buffer_unref(&s->control[s->control_first++ % SESSION_CONTROL]);
    if (s->ready)
        unlink_ready(h, s);
    if (s->previous)
        s->previous->next = s->next;
    else
        h->sessions = s->next;
    if (s->next)
        s->next->previous = s->previous;
    h->stats.sessions--;
    free(s);
}

size_t session_poll_transmit(session *s, char *out)
{
    const qua_buffer *next;
    uint64_t seq;

    if (s->control_count) {
        qua_buffer **text = &s->control[s->control_first];
        const size_t size = (*text)->size;
        memcpy(out, (*text)->data, size);
        qua_buffer_unref(text);
        s->control_first = (s->control_first + 1) % SESSION_CONTROL;
        s->control_count--;
        return size;
    }
    next = s->seat ? qua_outbox_next(&s->seat->out, &seq) : NULL;
    if (!next)
        return 0;
    return qua_message_number(out, SESSION_WIRE_MAX, (const char *)next->data, next->size, seq, s->seat->heard_seq);
}

/* ---- coming in --------------------------------------------------------------------------------------------- */

static void on_hello(session *s, qua_time now, const qua_message *m)
{
    const qua_message welcome = {
        .type = QUA_MESSAGE_WELCOME,
        .welcome = {.version = 1, .ping_interval = QUA_SIGNAL_PING_INTERVAL, .dead_after = QUA_SIGNAL_DEAD_AFTER}};

    if (!(m->hello.versions & 1u << 1)) {
        session_refuse(s, now, QUA_CODE_VERSION, m->id);
        return;
    }
    if (!s->room[0]) {
        session_refuse(s, now, QUA_CODE_BAD_ROOM, m->id);
        return;
    }
    s->phase = SESSION_LOBBY;
    s->join_by = now + SESSION_JOIN_TIMEOUT;
    s->next_ping = now + QUA_SIGNAL_PING_INTERVAL;
    set_timer(s, s->next_ping);
    session_say(s, &welcome);
}

/* The answer to join and resume: who you are, who is there. */
static void say_joined(session *s, qua_time now, qua_message_type type, bool fresh)
{
    const int64_t life_ends_s = hub_wall_s(s->hub, now) + TICKET_LIFE_S;
    ticket t = {.role = s->seat->who.role, .boot = s->hub->boot, .expires_s = life_ends_s};
    char text[QUA_SIGNAL_TICKET_MAX + 1];
    qua_message m = {.type = type};

    if (s->seat->claims.subject) { /* a ticket outlives no token */
        t.subject = s->seat->claims.subject;
        t.expires_s = QUA_MIN(life_ends_s, s->seat->claims.expires_s);
    }
    memcpy(t.room, s->room, sizeof t.room);
    memcpy(t.id, s->seat->who.id, sizeof t.id);
    ticket_write(&t, s->hub->ticket_key, text);
    m.joined.self = s->seat->who.id;
    m.joined.ticket = text;
    m.joined.fresh = fresh;
    m.joined.last = type == QUA_MESSAGE_RESUMED ? s->seat->heard_seq : 0;
    m.joined.role = s->seat->who.role;
    m.joined.door = s->seat->room->door;
    m.joined.count = room_list(s->seat->room, s->seat, m.joined.peers);
    session_say(s, &m);
    turn_say(s, now);
}

/* @return the room with a place in it, or NULL after a refusal */
static room *room_with_place(session *s, qua_time now, uint64_t about)
{
    room *r = room_table_find(&s->hub->rooms, s->room, true);
    seat *absent;

    if (!r) {
        session_refuse(s, now, QUA_CODE_BUSY, about);
        return NULL;
    }
    if (r->count < QUA_MAX_PARTICIPANTS)
        return r;
    absent = room_longest_away(r); /* whoever is not there yields to who is */
    if (!absent) {
        session_refuse(s, now, QUA_CODE_ROOM_FULL, about);
        return NULL;
    }
    hub_unseat(s->hub, now, absent, "connection lost");
    return r;
}

/* @param taken NULL: memory is out. @return whether the session sits there now */
static bool sit_down(session *s, qua_time now, room *r, seat *taken)
{
    if (taken && hub_seat_taken(s->hub, taken) == 0) {
        s->seat = taken;
        taken->session = s;
        s->phase = SESSION_SEATED;
        s->join_by = QUA_TIME_NEVER;
        return true;
    }
    if (taken)
        hub_unseat(s->hub, now, taken, "no memory");
    else if (r->count == 0)
        room_table_remove(&s->hub->rooms, r);
    session_refuse(s, now, QUA_CODE_BUSY, 0);
    return false;
}

void session_take_seat(session *s, qua_time now, uint64_t about)
{
    room *r = room_with_place(s, now, about);

    if (!r || !sit_down(s, now, r, room_add(r, &s->hub->random, s->who.name, &s->who.state)))
        return;
    s->seat->who.role = s->who.role;
    s->seat->claims = s->claims;
    set_timer(s, QUA_MIN(s->next_ping, token_ends(s)));
    s->hub->stats.joins++;
    say_joined(s, now, QUA_MESSAGE_JOINED, false);
    hub_announce(s->hub, now, s->seat, QUA_PEER_CHANGE_ADD, NULL);
}

/* @return NONE, or why this token opens nothing; without a key none is wanted */
static qua_signal_code check_token(session *s, qua_time now, const room *r, const char *text)
{
    if (!s->hub->token_key[0])
        return QUA_CODE_NONE;
    if (!text || token_check(&s->claims, s->hub->token_key, hub_wall_s(s->hub, now), s->room, text) != 0)
        return QUA_CODE_TOKEN;
    for (size_t i = 0; r && i < ROOM_BANNED; i++)
        if (r->banned[i] == s->claims.subject)
            return QUA_CODE_REMOVED;
    s->who.role = s->claims.role;
    return QUA_CODE_NONE;
}

static void on_token(session *s, qua_time now, const qua_message *m)
{
    token_claims claims;

    if (!s->hub->token_key[0]) {
        session_refuse(s, now, QUA_CODE_OUT_OF_PLACE, m->id);
    } else if (token_check(&claims, s->hub->token_key, hub_wall_s(s->hub, now), s->room, m->chat.text) != 0 ||
               claims.subject != s->seat->claims.subject) {
        lose_seat_for_good(s, now, QUA_CODE_TOKEN, "the token is not valid");
    } else {
        s->seat->claims = claims; /* the role stays what the hosts made of it */
    }
}

static void on_join(session *s, qua_time now, const qua_message *m)
{
    room *r = room_table_find(&s->hub->rooms, s->room, false);
    qua_signal_code code;

    snprintf(s->who.name, sizeof s->who.name, "%s", m->join.name);
    s->who.state = m->join.state;
    s->who.role = r ? QUA_ROLE_MEMBER : QUA_ROLE_HOST; /* whoever opens a room is its host */
    code = check_token(s, now, r, m->join.token);
    if (code)
        session_refuse(s, now, code, m->id);
    else if (r && r->door.locked && (!s->claims.subject || s->who.role != QUA_ROLE_HOST))
        session_refuse(s, now, QUA_CODE_LOCKED, m->id);
    else if (r && r->door.lobby && s->who.role != QUA_ROLE_HOST)
        lobby_knock(s, now, r, m->id);
    else
        session_take_seat(s, now, m->id);
}

/* A seat of this life of the server: may be taken over even while another connection seems to sit there. */
static bool resume_seat(session *s, qua_time now, seat *back, uint64_t last)
{
    if (qua_outbox_resume(&back->out, last) != 0)
        return false;
    if (back->session) {
        session *old = back->session;
        session_lose_seat(old);
        session_end(old, now, NULL);
    }
    s->seat = back;
    back->session = s;
    s->phase = SESSION_SEATED;
    s->join_by = QUA_TIME_NEVER;
    say_joined(s, now, QUA_MESSAGE_RESUMED, false);
    hub_seat_present(s->hub, now, back);
    return true;
}

/* A seat of an earlier life of the server: the ticket is all that is left of it. */
static bool restore_seat(session *s, qua_time now, const ticket *t, const qua_message *m)
{
    room *r;
    seat *back;

    if (t->boot == s->hub->boot || now - s->hub->started > QUA_SIGNAL_RESUME_WITHIN)
        return false;
    r = room_table_find(&s->hub->rooms, s->room, true);
    if (!r)
        return false;
    back = room_restore(r, t->id, m->resume.name, &m->resume.state);
    if (!back && r->count)
        return false;
    if (!sit_down(s, now, r, back))
        return true;
    back->who.role = t->role;
    back->claims = (token_claims){t->role, t->subject, t->expires_s};
    say_joined(s, now, QUA_MESSAGE_RESUMED, true);
    hub_announce(s->hub, now, back, QUA_PEER_CHANGE_ADD, NULL);
    return true;
}

static void on_resume(session *s, qua_time now, const qua_message *m)
{
    const room *r = room_table_find(&s->hub->rooms, s->room, false);
    seat *back;
    ticket t;

    if (ticket_read(&t, s->hub->ticket_key, hub_wall_s(s->hub, now), m->resume.ticket) != 0 ||
        strcmp(t.room, s->room) != 0) {
        session_refuse(s, now, QUA_CODE_EXPIRED, m->id);
        return;
    }
    back = r ? room_find(r, t.id) : NULL;
    if (back ? resume_seat(s, now, back, m->resume.last) : restore_seat(s, now, &t, m))
        s->hub->stats.resumes++;
    else
        session_refuse(s, now, QUA_CODE_EXPIRED, m->id);
}

static void on_leave(session *s, qua_time now, const qua_message *m)
{
    seat *leaver = s->seat;

    (void)m;
    if (leaver) {
        session_lose_seat(s);
        hub_unseat(s->hub, now, leaver, "left");
    }
    say_plain(s, QUA_MESSAGE_BYE);
    session_end(s, now, NULL);
}

/* ---- among the seated -------------------------------------------------------------------------------------- */

/* A description opens a new count of candidates; false when these are too many. */
static bool count_candidates(seat *from, const seat *to, const qua_message *m)
{
    unsigned *count = &from->candidates[to->place];

    if (m->type == QUA_MESSAGE_DESC)
        *count = 0;
    if (m->type != QUA_MESSAGE_CAND)
        return true;
    if (*count + m->cand.count > QUA_SIGNAL_CANDIDATES_MAX)
        return false;
    *count += (unsigned)m->cand.count;
    return true;
}

/* Pass on to one, or to everyone else when `to` is NULL. `from` is our word, whatever the sender wrote. */
void session_pass_on(session *s, qua_time now, const qua_message *m, seat *to)
{
    qua_buffer *text = qua_buffer_create(m->body_size + QUA_MESSAGE_ENVELOPE_MAX);
    qua_message out = *m;
    ptrdiff_t size;

    if (!text)
        return;
    out.from = s->seat->who.id;
    out.seq = out.ack = 0;
    size = qua_message_forward(&out, (char *)text->data, text->capacity);
    if (size > 0) {
        text->size = (size_t)size;
        s->hub->stats.messages_routed++;
        if (to)
            hub_tell(s->hub, now, to, text);
        else
            hub_tell_room(s->hub, now, s->seat->room, s->seat, text);
    }
    qua_buffer_unref(&text);
}

static void on_relay(session *s, qua_time now, const qua_message *m)
{
    seat *to = m->to ? room_find(s->seat->room, m->to) : NULL;

    if (!m->to && m->type != QUA_MESSAGE_CHAT && m->type != QUA_MESSAGE_REACT)
        say_error(s, QUA_CODE_BAD_MESSAGE, "to is missing", m->id);
    else if (m->to && (!to || to == s->seat))
        session_refuse(s, now, QUA_CODE_NO_SUCH_PEER, m->id);
    else if (to && !count_candidates(s->seat, to, m))
        session_refuse(s, now, QUA_CODE_TOO_MANY_CANDIDATES, m->id);
    else
        session_pass_on(s, now, m, to);
}

static void on_state(session *s, qua_time now, const qua_message *m)
{
    s->seat->who.state = m->state;
    hub_announce(s->hub, now, s->seat, QUA_PEER_CHANGE_UPDATE, NULL);
}

static void on_hand(session *s, qua_time now, const qua_message *m)
{
    s->seat->who.hand = m->hand.raised;
    hub_announce(s->hub, now, s->seat, QUA_PEER_CHANGE_UPDATE, NULL);
}

static void on_turn(session *s, qua_time now, const qua_message *m)
{
    (void)m;
    turn_say(s, now);
}

static void on_ping(session *s, qua_time now, const qua_message *m)
{
    (void)now, (void)m;
    say_plain(s, QUA_MESSAGE_PONG);
}

static void on_pong(session *s, qua_time now, const qua_message *m)
{
    (void)s, (void)now, (void)m;
}

enum {
    GREETING = 1u << SESSION_GREETING,
    LOBBY = 1u << SESSION_LOBBY,
    KNOCKING = 1u << SESSION_KNOCKING,
    SEATED = 1u << SESSION_SEATED
};

/* Which messages a client may send, and in which phases. */
static const struct {
    unsigned phases;
    void (*fn)(session *s, qua_time now, const qua_message *m);
} handlers[QUA_MESSAGE_COUNT] = {
    [QUA_MESSAGE_HELLO] = {GREETING, on_hello},
    [QUA_MESSAGE_JOIN] = {LOBBY, on_join},
    [QUA_MESSAGE_RESUME] = {LOBBY, on_resume},
    [QUA_MESSAGE_LEAVE] = {KNOCKING | SEATED, on_leave},
    [QUA_MESSAGE_PING] = {LOBBY | KNOCKING | SEATED, on_ping},
    [QUA_MESSAGE_PONG] = {LOBBY | KNOCKING | SEATED, on_pong},
    [QUA_MESSAGE_DESC] = {SEATED, on_relay},
    [QUA_MESSAGE_CAND] = {SEATED, on_relay},
    [QUA_MESSAGE_CAND_END] = {SEATED, on_relay},
    [QUA_MESSAGE_CHAT] = {SEATED, on_relay},
    [QUA_MESSAGE_REACT] = {SEATED, on_relay},
    [QUA_MESSAGE_STATE] = {SEATED, on_state},
    [QUA_MESSAGE_HAND] = {SEATED, on_hand},
    [QUA_MESSAGE_TURN] = {SEATED, on_turn},
    [QUA_MESSAGE_TOKEN] = {SEATED, on_token},
    [QUA_MESSAGE_ADMIT] = {SEATED, host_on_message},
    [QUA_MESSAGE_DENY] = {SEATED, host_on_message},
    [QUA_MESSAGE_LOCK] = {SEATED, host_on_message},
    [QUA_MESSAGE_ROLE] = {SEATED, host_on_message},
    [QUA_MESSAGE_REMOVE] = {SEATED, host_on_message},
    [QUA_MESSAGE_END] = {SEATED, host_on_message},
    [QUA_MESSAGE_MUTE_REQUEST] = {SEATED, host_on_message},
};

/* @return false: more messages than the rate allows */
static bool take_token(session *s, qua_time now)
{
    s->tokens += (double)(now - s->tokens_at) / (double)QUA_SECONDS(1) * SESSION_RATE;
    s->tokens = QUA_MIN(s->tokens, SESSION_BURST);
    s->tokens_at = now;
    if (s->tokens < 1)
        return false;
    s->tokens--;
    return true;
}

/* Numbers of a seated participant. @return 0; QUA_EIGNORED: heard before; QUA_EPROTO */
static int take_numbers(session *s, const qua_message *m)
{
    if (!s->seat)
        return m->seq ? QUA_EPROTO : 0;
    if (m->ack && qua_outbox_acknowledge(&s->seat->out, m->ack) != 0)
        return QUA_EPROTO;
    if (m->seq > s->seat->heard_seq + 1)
        return QUA_EPROTO;
    if (m->seq && m->seq <= s->seat->heard_seq)
        return QUA_EIGNORED;
    if (m->seq)
        s->seat->heard_seq = m->seq;
    return 0;
}

static void dispatch(session *s, qua_time now, const qua_message *m)
{
    int error;

    if (m->type == QUA_MESSAGE_UNKNOWN) {
        (void)take_numbers(s, m);
        session_refuse(s, now, QUA_CODE_UNSUPPORTED, m->id);
        return;
    }
    if (!(handlers[m->type].phases & 1u << s->phase)) {
        session_refuse(s, now, QUA_CODE_OUT_OF_PLACE, m->id);
        return;
    }
    error = take_numbers(s, m);
    if (error == QUA_EPROTO) {
        say_error(s, QUA_CODE_OUT_OF_PLACE, "seq or ack does not follow", m->id);
        session_end(s, now, NULL); /* another connection can begin where both sides agree */
    } else if (error == 0)
        handlers[m->type].fn(s, now, m);
}

void session_input(session *s, qua_time now, const char *text, size_t size)
{
    qua_message_error cause;
    qua_message m;
    int error;

    if (s->phase == SESSION_CLOSING)
        return;
    s->hub->stats.messages_in++;
    s->heard = now;
    if (!take_token(s, now)) {
        session_fail(s, now, QUA_CODE_RATE);
        return;
    }
    error = qua_message_parse(&m, text, size, &cause);
    if (error == 0) {
        dispatch(s, now, &m);
        qua_message_clear(&m);
    } else {
        s->hub->stats.messages_bad++;
        say_error(s, cause.code, cause.reason, cause.about);
        if (qua_signal_code_fatal(cause.code))
            session_end(s, now, NULL);
    }
    if (s->choked)
        session_end(s, now, NULL);
}
