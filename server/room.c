/* Rooms: who sits where. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/server.h"

enum {
    TABLE_FIRST = 64,
    ID_LENGTH = 8 + 10 /* see make_id */
};

static uint32_t hash_of(const room_table *table, const char *name)
{
    uint32_t h = table->seed;

    for (; *name; name++) { /* one-at-a-time (Jenkins), seeded */
        h += (unsigned char)*name;
        h += h << 10;
        h ^= h >> 6;
    }
    h += h << 3;
    h ^= h >> 11;
    return h + (h << 15);
}

int room_table_init(room_table *table, uint32_t seed)
{
    *table = (room_table){.size = TABLE_FIRST, .seed = seed};
    table->buckets = calloc(table->size, sizeof *table->buckets);
    return table->buckets ? 0 : QUA_ENOMEM;
}

void room_table_deinit(room_table *table)
{
    for (size_t i = 0; i < table->size; i++)
        while (table->buckets[i]) {
            room *r = table->buckets[i];
            size_t place = 0;
            while (!r->seats[place])
                place++;
            room_remove(table, r->seats[place]);
        }
    free(table->buckets);
    table->buckets = NULL;
}

/* Twice the buckets; when memory is out the lists only grow longer. */
static void grow(room_table *table)
{
    const size_t size = table->size * 2;
    room **buckets = calloc(size, sizeof *buckets);

    if (!buckets)
        return;
    for (size_t i = 0; i < table->size; i++)
        for (room *r = table->buckets[i], *next; r; r = next) {
            next = r->next;
            r->next = buckets[r->hash & (size - 1)];
            buckets[r->hash & (size - 1)] = r;
        }
    free(table->buckets);
    table->buckets = buckets;
    table->size = size;
}

room *room_table_find(room_table *table, const char *name, bool create)
{
    const uint32_t hash = hash_of(table, name);
    room *r = table->buckets[hash & (table->size - 1)];

    while (r && (r->hash != hash || strcmp(r->name, name) != 0))
        r = r->next;
    if (r || !create)
        return r;
    r = qua_zalloc(sizeof *r);
    if (!r)
        return NULL;
    r->hash = hash;
    snprintf(r->name, sizeof r->name, "%s", name);
    if (++table->count > table->size)
        grow(table);
    r->next = table->buckets[hash & (table->size - 1)];
    table->buckets[hash & (table->size - 1)] = r;
    return r;
}

void room_table_remove(room_table *table, room *r)
{
    room **link = &table->buckets[r->hash & (table->size - 1)];

    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    table->count--;
    free(r);
}

/* The number of the join, so that ids grow, then what nobody can guess: an id is not taken for another's by chance. */
static void make_id(char out[QUA_ID_SIZE], uint32_t join, const qua_random *random)
{
    const uint64_t unguessable = qua_random_u64(random);

    snprintf(out, QUA_ID_SIZE, "%08x%010llx", join, (unsigned long long)(unguessable & 0xffffffffff));
}

static seat *take_place(room *r, const char *id, const char *name, const qua_signal_state *state)
{
    seat *s;
    size_t place = 0;

    while (place < QUA_MAX_PARTICIPANTS && r->seats[place])
        place++;
    if (place == QUA_MAX_PARTICIPANTS)
        return NULL;
    s = qua_zalloc(sizeof *s);
    if (!s)
        return NULL;
    s->room = r;
    s->place = place;
    s->who.state = *state;
    snprintf(s->who.name, sizeof s->who.name, "%s", name);
    snprintf(s->who.id, sizeof s->who.id, "%s", id);
    qua_outbox_init(&s->out);
    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        if (r->seats[i])
            r->seats[i]->candidates[place] = 0;
    r->seats[place] = s;
    r->count++;
    return s;
}

seat *room_add(room *r, const qua_random *random, const char *name, const qua_signal_state *state)
{
    char id[QUA_ID_SIZE];

    make_id(id, ++r->joins, random);
    return take_place(r, id, name, state);
}

seat *room_restore(room *r, const char *id, const char *name, const qua_signal_state *state)
{
    const size_t length = strlen(id);
    uint32_t join;

    if (length != ID_LENGTH || strspn(id, "0123456789abcdef") != length || room_find(r, id))
        return NULL;
    sscanf(id, "%8" SCNx32, &join);
    r->joins = QUA_MAX(r->joins, join);
    return take_place(r, id, name, state);
}

void room_remove(room_table *table, seat *leaver)
{
    room *r = leaver->room;

    r->seats[leaver->place] = NULL;
    r->count--;
    qua_outbox_deinit(&leaver->out);
    free(leaver);
    if (r->count == 0)
        room_table_remove(table, r);
}

seat *room_find(const room *r, const char *id)
{
    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        if (r->seats[i] && strcmp(r->seats[i]->who.id, id) == 0)
            return r->seats[i];
    return NULL;
}

seat *room_longest_away(const room *r)
{
    seat *longest = NULL;

    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++) {
        seat *s = r->seats[i];
        if (s && !s->session && (!longest || s->timer.at < longest->timer.at))
            longest = s;
    }
    return longest;
}

size_t room_list(const room *r, const seat *except, qua_signal_participant *out)
{
    size_t n = 0;

    for (size_t i = 0; i < QUA_MAX_PARTICIPANTS; i++)
        if (r->seats[i] && r->seats[i] != except)
            out[n++] = r->seats[i]->who;
    return n;
}
