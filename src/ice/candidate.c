/* Candidate lines: RFC 8839 §5.1. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "ice/ice.h"

static const char *const kinds[] = {"host", "srflx", "prflx", "relay"};

/* The next word of *at into `out`; false when there is none or it is too long. */
static bool next_word(const char **at, char *out, size_t capacity)
{
    size_t n = 0;

    while (**at == ' ')
        ++*at;
    while (**at && **at != ' ' && **at != '\r' && **at != '\n') {
        if (n + 1 >= capacity)
            return false;
        out[n++] = *(*at)++;
    }
    out[n] = 0;
    return n > 0;
}

static bool number(const char *word, unsigned long max, unsigned long *out)
{
    char *end;

    if (*word < '0' || *word > '9')
        return false;
    *out = strtoul(word, &end, 10);
    return *end == 0 && *out <= max;
}

int qua_ice_candidate_parse(qua_ice_candidate *out, const char *line)
{
    qua_ice_candidate c;
    char component[8], transport[8], priority[12], address[256], port[8], typ[8], kind[16];
    unsigned long v;

    memset(&c, 0, sizeof c);
    if (strncmp(line, "a=", 2) == 0)
        line += 2;
    if (strncmp(line, "candidate:", 10) == 0)
        line += 10;
    if (!next_word(&line, c.foundation, sizeof c.foundation) || !next_word(&line, component, sizeof component) ||
        !next_word(&line, transport, sizeof transport) || !next_word(&line, priority, sizeof priority) ||
        !next_word(&line, address, sizeof address))
        return QUA_EFORMAT;
    if (!next_word(&line, port, sizeof port) || !next_word(&line, typ, sizeof typ) ||
        !next_word(&line, kind, sizeof kind) || strcmp(typ, "typ") != 0 || !number(priority, 0xffffffff, &v))
        return QUA_EFORMAT;
    c.priority = (uint32_t)v;
    if (!number(port, 65535, &v))
        return QUA_EFORMAT;
    if (strcasecmp(transport, "udp") != 0 || strcmp(component, "1") != 0)
        return QUA_ENOTSUP;
    if (qua_addr_parse(&c.addr, address, (uint16_t)v) != 0)
        return QUA_ENOTSUP; /* a name, as mDNS candidates have */
    for (size_t i = 0; i < QUA_ARRAY_SIZE(kinds); i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            c.kind = (qua_ice_kind)i;
            *out = c;
            return 0;
        }
    }
    return QUA_ENOTSUP;
}

size_t qua_ice_candidate_write(char *out, size_t capacity, const qua_ice_candidate *c, const qua_addr *related)
{
    qua_text t = qua_text_of(out, capacity);
    char ip[46];

    qua_text_add(&t, "candidate:%s 1 udp %u %s %u typ %s", c->foundation, c->priority,
                 qua_addr_ip_text(&c->addr, ip, sizeof ip), c->addr.port, kinds[c->kind]);
    if (related && c->kind != QUA_ICE_HOST)
        qua_text_add(&t, " raddr %s rport %u", qua_addr_ip_text(related, ip, sizeof ip), related->port);
    return t.size;
}
