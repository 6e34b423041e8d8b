/* What those who run the server may ask of it: figures for Prometheus, the rooms, the end of one. No I/O. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/admin.h"

enum { METRICS_MAX = 16384 };

static void add(qua_text *t, const char *name, const char *kind, const char *help, uint64_t value)
{
    qua_text_add(t, "# HELP quartetd_%s %s\n# TYPE quartetd_%s %s\nquartetd_%s %llu\n", name, help, name, kind, name,
                 (unsigned long long)value);
}

static char *write_metrics(const hub *h)
{
    char *out = malloc(METRICS_MAX);
    hub_stats s;
    qua_text t;

    if (!out)
        return NULL;
    hub_get_stats(h, &s);
    t = qua_text_of(out, METRICS_MAX);
    add(&t, "sessions", "gauge", "Open connections.", s.sessions);
    add(&t, "rooms", "gauge", "Rooms with at least one seat.", s.rooms);
    add(&t, "seats", "gauge", "Seats taken.", s.seats);
    add(&t, "seats_away", "gauge", "Seats whose connection is lost.", s.seats_away);
    add(&t, "sessions_total", "counter", "Connections opened.", s.sessions_opened);
    add(&t, "joins_total", "counter", "Seats taken by joining.", s.joins);
    add(&t, "resumes_total", "counter", "Seats come back to.", s.resumes);
    add(&t, "messages_received_total", "counter", "Messages from clients.", s.messages_in);
    add(&t, "messages_routed_total", "counter", "Messages passed on between participants.", s.messages_routed);
    add(&t, "messages_malformed_total", "counter", "Messages that could not be read.", s.messages_bad);
    qua_text_add(&t, "# HELP quartetd_errors_total Errors sent, by code.\n# TYPE quartetd_errors_total counter\n");
    for (int i = QUA_CODE_NONE + 1; i < QUA_CODE_COUNT; i++)
        qua_text_add(&t, "quartetd_errors_total{code=\"%s\"} %llu\n", qua_signal_code_name((qua_signal_code)i),
                     (unsigned long long)s.errors[i]);
    assert(!t.failed);
    return out;
}

static json_t *describe_room(const room *r)
{
    size_t away = 0;

    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        away += r->seats[i] && r->seats[i]->who.away;
    return json_pack("{s:s, s:i, s:i, s:b, s:b}", "name", r->name, "participants", (int)r->count, "away", (int)away,
                     "locked", r->door.locked, "lobby", r->door.lobby);
}

static char *write_rooms(const hub *h)
{
    json_t *list = json_array();
    char *out;

    for (size_t i = 0; i < h->rooms.size; i++)
        for (const room *r = h->rooms.buckets[i]; r; r = r->next)
            (void)json_array_append_new(list, describe_room(r));
    out = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return out;
}

static char *sentence(const char *text)
{
    return qua_strndup(text, strlen(text));
}

static admin_answer end_room(hub *h, qua_time now, const char *name)
{
    room *r = qua_signal_room_valid(name) ? room_table_find(&h->rooms, name, false) : NULL;

    if (!r)
        return (admin_answer){404, "text/plain", sentence("no such room\n")};
    host_end_room(h, now, r);
    return (admin_answer){200, "text/plain", sentence("ended\n")};
}

admin_answer admin_ask(hub *h, qua_time now, bool is_delete, const char *path)
{
    if (is_delete && strncmp(path, "/rooms/", 7) == 0)
        return end_room(h, now, path + 7);
    if (!is_delete && strcmp(path, "/metrics") == 0)
        return (admin_answer){200, "text/plain; version=0.0.4", write_metrics(h)};
    if (!is_delete && strcmp(path, "/rooms") == 0)
        return (admin_answer){200, "application/json", write_rooms(h)};
    return (admin_answer){404, "text/plain", sentence("GET /metrics, GET /rooms or DELETE /rooms/NAME\n")};
}
