/* What hosts may do to a room and to those in it. */
#include "server/server.h"

static size_t count_hosts(const room *r)
{
    size_t n = 0;

    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        n += r->seats[i] && r->seats[i]->who.role == QUA_ROLE_HOST;
    return n;
}

/* The others and the one concerned hear of a new role. */
static void set_role(hub *h, qua_time now, seat *who, qua_signal_role role)
{
    qua_message m = {.type = QUA_MESSAGE_PEER, .peer = {.change = QUA_PEER_CHANGE_UPDATE}};
    qua_buffer *text;

    who->who.role = role;
    m.peer.who = who->who;
    text = hub_write(h, &m);
    if (!text)
        return;
    hub_tell_room(h, now, who->room, NULL, text);
    qua_buffer_unref(&text);
    if (role == QUA_ROLE_HOST)
        lobby_tell(h, now, who->room, who);
}

/* Who has been there longest, guests and `except` apart, those who are present first; ids grow with joining. */
static seat *heir(const room *r, const seat *except)
{
    seat *best = NULL;

    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++) {
        seat *s = r->seats[i];
        if (!s || s == except || s->who.role == QUA_ROLE_GUEST)
            continue;
        if (!best || best->who.away > s->who.away ||
            (best->who.away == s->who.away && strcmp(s->who.id, best->who.id) < 0))
            best = s;
    }
    return best;
}

void host_hand_over(hub *h, qua_time now, room *r)
{
    seat *next = count_hosts(r) ? NULL : heir(r, NULL);

    if (next)
        set_role(h, now, next, QUA_ROLE_HOST);
}

static void on_lock(session *s, qua_time now, const qua_message *m)
{
    room *r = s->seat->room;
    const qua_message news = {.type = QUA_MESSAGE_LOCK, .door = m->door};
    qua_buffer *text = hub_write(s->hub, &news);

    r->door = m->door;
    if (text)
        hub_tell_room(s->hub, now, r, NULL, text);
    qua_buffer_unref(&text);
    if (!r->door.lobby && !r->door.locked)
        lobby_open(r, now);
}

static void on_role(session *s, qua_time now, const qua_message *m, seat *to)
{
    hub *h = s->hub;
    seat *next = to->who.role == QUA_ROLE_HOST && count_hosts(to->room) == 1 ? heir(to->room, to) : NULL;

    if (m->role.role == to->who.role)
        return;
    if (to->who.role == QUA_ROLE_HOST && count_hosts(to->room) == 1 && !next) {
        session_refuse(s, now, QUA_CODE_FORBIDDEN, m->id); /* a room keeps a host */
        return;
    }
    if (next)
        set_role(h, now, next, QUA_ROLE_HOST);
    set_role(h, now, to, m->role.role);
}

/* Take the seat from whoever sits there, and say why. */
static void expel(seat *who, qua_time now, qua_signal_code code)
{
    session *s = who->session;

    if (!s)
        return;
    session_lose_seat(s);
    session_fail(s, now, code);
}

static void on_remove(session *s, qua_time now, seat *to)
{
    hub *h = s->hub;
    room *r = to->room;

    if (to->claims.subject)
        r->banned[r->next_banned++ % ROOM_BANNED] = to->claims.subject;
    expel(to, now, QUA_CODE_REMOVED);
    hub_unseat(h, now, to, "removed");
}

void host_end_room(hub *h, qua_time now, room *r)
{
    seat *seats[QUA_MAX_PARTICIPANTS];

    memcpy(seats, r->seats, sizeof seats); /* the room goes with its last seat */
    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        if (seats[i])
            expel(seats[i], now, QUA_CODE_ENDED);
    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        if (seats[i])
            hub_unseat(h, now, seats[i], "ended");
}

void host_on_message(session *s, qua_time now, const qua_message *m)
{
    const bool to_seat =
        m->type == QUA_MESSAGE_ROLE || m->type == QUA_MESSAGE_REMOVE || m->type == QUA_MESSAGE_MUTE_REQUEST;
    seat *to = to_seat && m->to ? room_find(s->seat->room, m->to) : NULL;

    if (s->seat->who.role != QUA_ROLE_HOST)
        session_refuse(s, now, QUA_CODE_FORBIDDEN, m->id);
    else if (to_seat && !to)
        session_refuse(s, now, QUA_CODE_NO_SUCH_PEER, m->id);
    else if (m->type == QUA_MESSAGE_ADMIT || m->type == QUA_MESSAGE_DENY)
        lobby_decide(s, now, m->to ? m->to : "", m->type == QUA_MESSAGE_ADMIT);
    else if (m->type == QUA_MESSAGE_LOCK)
        on_lock(s, now, m);
    else if (m->type == QUA_MESSAGE_ROLE)
        on_role(s, now, m, to);
    else if (m->type == QUA_MESSAGE_REMOVE)
        on_remove(s, now, to);
    else if (m->type == QUA_MESSAGE_END)
        host_end_room(s->hub, now, s->seat->room);
    else
        session_pass_on(s, now, m, to);
}
