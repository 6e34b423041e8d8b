/*
 * The server in the hands of six clients, in virtual time. Input: lines; the first character is the client, 0 to 5, and
 * the rest its message, or one of: o another connection  c it is lost  r read everything. A line that begins with t
 * lets the next deadline come. $N in a message stands for the id of client N, %N for its ticket.
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS = 6 };

typedef struct client {
    session *session;
    char id[QUA_ID_SIZE], ticket[QUA_SIGNAL_TICKET_MAX + 1];
} client;

typedef struct world {
    hub *hub;
    qua_time now;
    client clients[CLIENTS];
} world;

static char wire[SESSION_WIRE_MAX];

static void read_all(client *c)
{
    size_t size;
    qua_message m;

    while (c->session && (size = session_poll_transmit(c->session, wire)) > 0) {
        if (qua_message_parse(&m, wire, size, NULL) != 0)
            abort(); /* whatever comes in, what goes out is well formed */
        if (m.type == QUA_MESSAGE_JOINED || m.type == QUA_MESSAGE_RESUMED) {
            snprintf(c->id, sizeof c->id, "%s", m.joined.self);
            snprintf(c->ticket, sizeof c->ticket, "%s", m.joined.ticket);
        }
        qua_message_clear(&m);
    }
}

static void lose(world *w, client *c)
{
    if (c->session)
        session_closed(c->session, w->now);
    c->session = NULL;
}

static void say(world *w, client *c, const char *line, size_t size)
{
    static char text[QUA_SIGNAL_FRAME_MAX * 2];
    size_t n = 0;

    for (size_t i = 0; i < size && n + QUA_SIGNAL_TICKET_MAX < sizeof text; i++) {
        const bool known = i + 1 < size && line[i + 1] >= '0' && line[i + 1] < '0' + CLIENTS;
        if (known && (line[i] == '$' || line[i] == '%')) {
            const client *other = &w->clients[line[i + 1] - '0'];
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", line[i] == '$' ? other->id : other->ticket);
            i++;
        } else {
            text[n++] = line[i];
        }
    }
    session_input(c->session, w->now, text, n);
}

static void act(world *w, const char *line, size_t size)
{
    client *c = size && line[0] >= '0' && line[0] < '0' + CLIENTS ? &w->clients[line[0] - '0'] : NULL;

    if (!c) {
        if (hub_deadline(w->hub) != QUA_TIME_NEVER)
            w->now = QUA_MAX(w->now, hub_deadline(w->hub));
        hub_on_timeout(w->hub, w->now);
    } else if (size == 2 && line[1] == 'o') {
        lose(w, c);
        c->session = session_open(w->hub, w->now, "room", NULL);
    } else if (size == 2 && line[1] == 'c') {
        lose(w, c);
    } else if (size == 2 && line[1] == 'r') {
        read_all(c);
    } else if (c->session) {
        say(w, c, line + 1, size - 1);
    }
    w->now += QUA_MS(5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_prng prng;
    hub_config config = {.max_sessions = 5};
    world w = {.now = QUA_SECONDS(1)};
    hub_stats stats;
    const char *line = (const char *)data, *end = line + size;

    qua_prng_seed(&prng, 1);
    config.random = qua_prng_random(&prng);
    if (hub_create(&w.hub, w.now, &config) != 0)
        abort();
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        act(&w, line, (size_t)(stop - line));
        line = stop + 1;
    }
    while (hub_next_ready(w.hub))
        ;
    for (int i = 0; i < CLIENTS; i++)
        lose(&w, &w.clients[i]);
    w.now += QUA_SIGNAL_RESUME_WITHIN;
    hub_on_timeout(w.hub, w.now);
    hub_get_stats(w.hub, &stats);
    if (stats.rooms || stats.seats || stats.seats_away || stats.sessions)
        abort(); /* something is left behind */
    hub_destroy(&w.hub);
    return 0;
}
