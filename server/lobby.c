/* The lobby: who waits at the door of a room until a host lets them in. */
#include <inttypes.h>
#include <stdio.h>

#include "server/server.h"

/* Tell one host, or all when `host` is NULL, that someone waits, or (away) does not any more. */
static void tell(hub *h, qua_time now, const room *r, const session *knocker, seat *host)
{
    const qua_message m = {.type = QUA_MESSAGE_KNOCK, .knock = {.who = knocker->who}};
    qua_buffer *text = hub_write(h, &m);

    if (!text)
        return;
    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++) {
        seat *s = r->seats[i];
        if (s && s->who.role == QUA_ROLE_HOST && (!host || s == host))
            hub_tell(h, now, s, text);
    }
    qua_buffer_unref(&text);
}

void lobby_knock(session *s, qua_time now, room *r, uint64_t about)
{
    const qua_message wait = {.type = QUA_MESSAGE_KNOCK, .knock = {.is_you = true}};
    size_t place = 0;

    while (place < ROOM_KNOCKERS && r->knockers[place])
        place++;
    if (place == ROOM_KNOCKERS) {
        session_refuse(s, now, QUA_CODE_BUSY, about);
        return;
    }
    r->knockers[place] = s;
    s->door = r;
    s->phase = SESSION_KNOCKING;
    s->join_by = now + SESSION_KNOCK_TIMEOUT;
    snprintf(s->who.id, sizeof s->who.id, "k%016" PRIx64, qua_random_u64(&s->hub->random));
    session_say(s, &wait);
    tell(s->hub, now, r, s, NULL);
}

/* The session waits no more. @return the room at whose door it stood */
static room *leave_door(session *s)
{
    room *r = s->door;

    for (size_t i = 0; i < ROOM_KNOCKERS; i++)
        if (r->knockers[i] == s)
            r->knockers[i] = NULL;
    s->door = NULL;
    s->phase = SESSION_LOBBY;
    return r;
}

void lobby_forget(session *s, qua_time now)
{
    if (!s->door)
        return;
    s->who.away = true;
    tell(s->hub, now, leave_door(s), s, NULL);
}

void lobby_open(room *r, qua_time now)
{
    for (size_t i = 0; i < ROOM_KNOCKERS; i++)
        if (r->knockers[i]) {
            session *s = r->knockers[i];
            leave_door(s);
            session_take_seat(s, now, 0);
        }
}

void lobby_close(room *r, qua_time now)
{
    for (size_t i = 0; i < ROOM_KNOCKERS; i++)
        if (r->knockers[i]) {
            session *s = r->knockers[i];
            leave_door(s);
            session_refuse(s, now, QUA_CODE_DENIED, 0);
        }
}

void lobby_tell(hub *h, qua_time now, const room *r, seat *host)
{
    for (size_t i = 0; i < ROOM_KNOCKERS; i++)
        if (r->knockers[i])
            tell(h, now, r, r->knockers[i], host);
}

void lobby_decide(session *s, qua_time now, const char *id, bool admit)
{
    room *r = s->seat->room;

    for (size_t i = 0; i < ROOM_KNOCKERS; i++) {
        session *knocker = r->knockers[i];
        if (!knocker || strcmp(knocker->who.id, id) != 0)
            continue;
        leave_door(knocker);
        if (admit)
            session_take_seat(knocker, now, 0);
        else
            session_refuse(knocker, now, QUA_CODE_DENIED, 0);
        return;
    }
}
