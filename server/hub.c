/* What the sessions of a server share: rooms, timers, who is ready to send. */
#include <stdlib.h>

#include "server/server.h"

int hub_create(hub **out, qua_time now, const hub_config *config)
{
    hub *h = qua_zalloc(sizeof *h);

    if (!h)
        return QUA_ENOMEM;
    h->random = config->random;
    h->log = config->log;
    h->max_sessions = config->max_sessions;
    memcpy(h->ticket_key, config->ticket_key, sizeof h->ticket_key);
    h->wall_offset_us = config->wall_offset_us;
    h->turn = config->turn;
    memcpy(h->token_key, config->token_key, sizeof h->token_key);
    h->boot = qua_random_u64(&h->random);
    h->started = now;
    h->ready_last = &h->ready_first;
    timers_init(&h->timers, h);
    if (room_table_init(&h->rooms, qua_random_u32(&h->random)) != 0) {
        free(h);
        return QUA_ENOMEM;
    }
    *out = h;
    return 0;
}

void hub_destroy(hub **h)
{
    if (!*h)
        return;
    assert(!(*h)->sessions);
    room_table_deinit(&(*h)->rooms);
    timers_deinit(&(*h)->timers);
    free(*h);
    *h = NULL;
}

void hub_on_timeout(hub *h, qua_time now)
{
    timers_run(&h->timers, now);
}
qua_time hub_deadline(const hub *h)
{
    return timers_next(&h->timers);
}

void hub_get_stats(const hub *h, hub_stats *out)
{
    *out = h->stats;
    out->rooms = h->rooms.count;
}

void hub_mark_ready(hub *h, session *s)
{
    if (s->ready)
        return;
    s->ready = true;
    s->ready_next = NULL;
    *h->ready_last = s;
    h->ready_last = &s->ready_next;
}

session *hub_next_ready(hub *h)
{
    session *s = h->ready_first;

    if (!s)
        return NULL;
    h->ready_first = s->ready_next;
    if (!h->ready_first)
        h->ready_last = &h->ready_first;
    s->ready = false;
    return s;
}

qua_buffer *hub_write(hub *h, const qua_message *m)
{
    const ptrdiff_t size = qua_message_write(m, h->scratch, sizeof h->scratch);
    qua_buffer *text = size > 0 ? qua_buffer_create((size_t)size) : NULL;

    if (!text)
        return NULL;
    memcpy(text->data, h->scratch, (size_t)size);
    text->size = (size_t)size;
    return text;
}

void hub_tell(hub *h, qua_time now, seat *to, qua_buffer *text)
{
    const bool queued = qua_outbox_push(&to->out, text) == 0;

    if (to->session && queued)
        hub_mark_ready(h, to->session);
    else if (to->session)
        session_fail(to->session, now, QUA_CODE_SLOW);
    else if (!queued)
        (void)timers_set(&h->timers, &to->timer, now); /* nobody can resume where texts are missing */
}

void hub_tell_room(hub *h, qua_time now, const room *r, const seat *except, qua_buffer *text)
{
    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        if (r->seats[i] && r->seats[i] != except)
            hub_tell(h, now, r->seats[i], text);
}

int64_t hub_wall_s(const hub *h, qua_time now)
{
    return (now + h->wall_offset_us) / QUA_SECONDS(1);
}

void hub_announce(hub *h, qua_time now, const seat *who, qua_peer_change change, const char *reason)
{
    const qua_message m = {.type = QUA_MESSAGE_PEER, .peer = {change, reason, who->who}};
    qua_buffer *text = hub_write(h, &m);

    if (!text)
        return;
    hub_tell_room(h, now, who->room, who, text);
    qua_buffer_unref(&text);
}

void hub_unseat(hub *h, qua_time now, seat *leaver, const char *reason)
{
    const bool was_host = leaver->who.role == QUA_ROLE_HOST;
    room *left = NULL;

    timers_cancel(&h->timers, &leaver->timer);
    h->stats.seats--;
    if (leaver->who.away)
        h->stats.seats_away--;
    hub_announce(h, now, leaver, QUA_PEER_CHANGE_GONE, reason);
    if (leaver->room->count == 1)
        lobby_close(leaver->room, now);
    else
        left = leaver->room;
    room_remove(&h->rooms, leaver);
    if (left && was_host)
        host_hand_over(h, now, left);
}

static void absent_for_too_long(timer *t, void *context, qua_time now)
{
    hub_unseat(context, now, (seat *)((char *)t - offsetof(seat, timer)), "connection lost");
}

int hub_seat_taken(hub *h, seat *taken)
{
    taken->timer.fn = absent_for_too_long;
    h->stats.seats++;
    return timers_set(&h->timers, &taken->timer, QUA_TIME_NEVER);
}

void hub_seat_away(hub *h, qua_time now, seat *absent)
{
    absent->session = NULL;
    absent->who.away = true;
    h->stats.seats_away++;
    (void)timers_set(&h->timers, &absent->timer, now + QUA_SIGNAL_RESUME_WITHIN);
    hub_announce(h, now, absent, QUA_PEER_CHANGE_UPDATE, NULL);
}

void hub_seat_present(hub *h, qua_time now, seat *back)
{
    if (!back->who.away)
        return;
    back->who.away = false;
    h->stats.seats_away--;
    (void)timers_set(&h->timers, &back->timer, QUA_TIME_NEVER);
    hub_announce(h, now, back, QUA_PEER_CHANGE_UPDATE, NULL);
}

void hub_say_bye(hub *h, qua_time now, const char *reason)
{
    const qua_message m = {.type = QUA_MESSAGE_BYE, .bye = {reason}};
    qua_buffer *text = hub_write(h, &m);

    for (session *s = h->sessions; s; s = s->next)
        session_end(s, now, text);
    qua_buffer_unref(&text);
}
