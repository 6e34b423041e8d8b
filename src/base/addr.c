/* Network addresses as plain values. */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/base.h"

bool qua_addr_same_ip(const qua_addr *a, const qua_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool qua_addr_equal(const qua_addr *a, const qua_addr *b) { return a->port == b->port && qua_addr_same_ip(a, b); }

int qua_addr_parse(qua_addr *out, const char *ip, uint16_t port)
{
    qua_addr addr = {.port = port};

    if (inet_pton(AF_INET, ip, addr.ip) == 1)
        addr.family = QUA_IPV4;
    else if (inet_pton(AF_INET6, ip, addr.ip) == 1)
        addr.family = QUA_IPV6;
    else
        return QUA_EINVAL;
    *out = addr;
    return 0;
}

char *qua_addr_ip_text(const qua_addr *addr, char *out, size_t capacity)
{
    const int family = addr->family == QUA_IPV6 ? AF_INET6 : AF_INET;

    assert(capacity >= 46);
    if (addr->family == QUA_FAMILY_NONE || !inet_ntop(family, addr->ip, out, (socklen_t)capacity))
        snprintf(out, capacity, "none");
    return out;
}

bool qua_addr_is_loopback(const qua_addr *addr)
{
    static const uint8_t six[16] = {[15] = 1};

    return addr->family == QUA_IPV4 ? addr->ip[0] == 127 : memcmp(addr->ip, six, 16) == 0;
}

bool qua_addr_is_link_local(const qua_addr *addr)
{
    if (addr->family == QUA_IPV4)
        return addr->ip[0] == 169 && addr->ip[1] == 254;
    return addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0x80;
}

bool qua_addr_is_multicast(const qua_addr *addr)
{
    return addr->family == QUA_IPV4 ? addr->ip[0] >= 224 : addr->ip[0] == 0xff;
}

bool qua_addr_is_private(const qua_addr *addr)
{
    const uint8_t *ip = addr->ip;

    if (addr->family == QUA_IPV6)
        return (ip[0] & 0xfe) == 0xfc; /* RFC 4193 */
    return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168);
}
