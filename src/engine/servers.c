/* The STUN and TURN servers of a configuration (RFC 7064, RFC 7065). */
#include <stdio.h>
#include <stdlib.h>

#include "engine/engine.h"

#define DEFAULT_PORT 3478

/* "host", "host:port", "1.2.3.4:port", "[::1]:port", each up to `end` -> host and port. */
static bool split_host(const char *text, const char *end, char *host, size_t capacity, uint16_t *port)
{
    const bool bracketed = *text == '[';
    const char *const begin = text + bracketed;
    const char *const stop = memchr(begin, bracketed ? ']' : ':', (size_t)(end - begin));
    const size_t size = (size_t)((stop ? stop : end) - begin);
    const char *rest = begin + size + bracketed;
    char *number_end;
    long number;

    if ((bracketed && !stop) || size == 0 || size >= capacity)
        return false;
    memcpy(host, begin, size);
    host[size] = 0;
    *port = DEFAULT_PORT;
    if (rest == end)
        return true;
    number = strtol(rest + 1, &number_end, 10);
    *port = (uint16_t)number;
    return *rest == ':' && rest[1] >= '0' && rest[1] <= '9' && number_end == end && number > 0 && number < 65536;
}

static int parse(ice_server *out, const qua_ice_server *server)
{
    const char *const query = strchr(server->url, '?');
    const char *const end = query ? query : server->url + strlen(server->url);

    *out = (ice_server){.turn = strncmp(server->url, "turn:", 5) == 0};
    if (!out->turn && strncmp(server->url, "stun:", 5) != 0)
        return QUA_ENOTSUP; /* turns: and what may come */
    if (query && strcmp(query, "?transport=udp") != 0)
        return QUA_ENOTSUP;
    if (!split_host(server->url + 5, end, out->host, sizeof out->host, &out->port))
        return QUA_EINVAL;
    if (strlen(server->username) > QUA_ICE_TURN_NAME_MAX || strlen(server->credential) > QUA_ICE_TURN_NAME_MAX)
        return QUA_EINVAL;
    memcpy(out->username, server->username, strlen(server->username));
    memcpy(out->password, server->credential, strlen(server->credential));
    return 0;
}

/* What has an address becomes usable. */
static void publish(ice_servers *s)
{
    s->stun_count = s->turn_count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const ice_server *server = &s->list[i];
        if (server->addr.family == QUA_FAMILY_NONE)
            continue;
        if (server->turn && s->turn_count < QUA_ICE_TURN_MAX)
            s->turn[s->turn_count++] = (qua_peer_turn_server){server->addr, server->username, server->password};
        else if (!server->turn && s->stun_count < QUA_ICE_STUN_MAX)
            s->stun[s->stun_count++] = server->addr;
    }
}

int ice_servers_parse(ice_servers *out, const qua_ice_server *servers, size_t count)
{
    *out = (ice_servers){.count = 0};
    for (size_t i = 0; i < count && out->count < QUA_MAX_ICE_SERVERS; i++) {
        ice_server *server = &out->list[out->count];
        const int error = parse(server, &servers[i]);
        if (error == QUA_ENOTSUP)
            continue; /* one way less to connect is no mistake */
        if (error)
            return error;
        if (qua_addr_parse(&server->addr, server->host, server->port) != 0)
            out->has_names = true;
        out->count++;
    }
    publish(out);
    return 0;
}

void ice_servers_resolve(ice_servers *s)
{
    for (size_t i = 0; i < s->count; i++) {
        ice_server *server = &s->list[i];
        qua_addr addr;
        size_t found;

        if (server->addr.family == QUA_FAMILY_NONE && os_resolve(server->host, server->port, &addr, 1, &found) == 0)
            server->addr = addr;
    }
    s->has_names = false;
    publish(s);
}
