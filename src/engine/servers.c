/* The STUN servers of a configuration (RFC 7064): literal addresses now, names later. */
#include <stdlib.h>

#include "engine/engine.h"

#define STUN_PORT 3478

/* "host", "host:port", "1.2.3.4:port", "[::1]:port" -> host and port. */
static bool split_host(const char *text, char *host, size_t capacity, uint16_t *port)
{
    const bool bracketed = *text == '[';
    const char *const begin = text + bracketed;
    const char *const end = bracketed            ? strchr(text, ']')
                            : strrchr(text, ':') ? strrchr(text, ':')
                                                 : text + strlen(text);
    const char *rest;
    long number;
    char *stop;

    if (!end || end == begin || (size_t)(end - begin) >= capacity)
        return false;
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = 0;
    rest = end + bracketed;
    *port = STUN_PORT;
    if (*rest == 0)
        return true;
    number = strtol(rest + 1, &stop, 10);
    *port = (uint16_t)number;
    return *rest == ':' && *stop == 0 && stop > rest + 1 && number > 0 && number < 65536;
}

int stun_servers_parse(stun_servers *out, const qua_ice_server *servers, size_t count)
{
    *out = (stun_servers){.host_count = 0};
    for (size_t i = 0; i < count; i++) {
        char host[256];
        uint16_t port;

        if (strncmp(servers[i].url, "stun:", 5) != 0)
            continue; /* TURN servers are the business of the agent that knows them */
        if (!split_host(servers[i].url + 5, host, sizeof host, &port))
            return QUA_EINVAL;
        if (out->addr_count + out->host_count == ENGINE_STUN_SERVERS)
            break;
        if (qua_addr_parse(&out->addrs[out->addr_count], host, port) == 0) {
            out->addr_count++;
            continue;
        }
        memcpy(out->host[out->host_count], host, sizeof host);
        out->port[out->host_count++] = port;
    }
    return 0;
}

void stun_servers_resolve(stun_servers *s)
{
    for (size_t i = 0; i < s->host_count; i++) {
        size_t found;

        if (s->addr_count < ENGINE_STUN_SERVERS &&
            os_resolve(s->host[i], s->port[i], &s->addrs[s->addr_count], 1, &found) == 0)
            s->addr_count++;
    }
    s->host_count = 0;
}
