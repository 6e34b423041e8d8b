/* A STUN server by hand (RFC 8489 §5, §14.2): independent of the code under test. */
#include "sim_internal.h"

#include <stdlib.h>

#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define XOR_MAPPED_ADDRESS 0x0020
#define MAGIC_COOKIE 0x2112a442u
#define HEADER 20

typedef struct stun_server {
    sim_host *host;
    uint16_t port;
} stun_server;

/* The address XORed with the cookie and, for IPv6, the transaction id. */
static void write_mapped(qua_writer *w, const qua_addr *addr, const uint8_t *cookie_and_id)
{
    const size_t length = addr->family == QUA_IPV6 ? 16 : 4;

    qua_write_u16(w, XOR_MAPPED_ADDRESS);
    qua_write_u16(w, (uint16_t)(4 + length));
    qua_write_u8(w, 0);
    qua_write_u8(w, addr->family == QUA_IPV6 ? 2 : 1);
    qua_write_u16(w, (uint16_t)(addr->port ^ MAGIC_COOKIE >> 16));
    for (size_t i = 0; i < length; i++)
        qua_write_u8(w, addr->ip[i] ^ cookie_and_id[i]);
}

static void on_request(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    stun_server *server = context;
    uint8_t reply[64];

    (void)now, (void)ecn;
    if (local->port != server->port || size < HEADER || qua_get_be16(data) != BINDING_REQUEST ||
        qua_get_be32(data + 4) != MAGIC_COOKIE)
        return;
    qua_writer w = qua_writer_of(reply, sizeof reply);
    qua_write_u16(&w, BINDING_SUCCESS);
    qua_write_u16(&w, from->family == QUA_IPV6 ? 24 : 12);
    qua_write_bytes(&w, data + 4, 16);
    write_mapped(&w, from, data + 4);
    assert(!w.failed);
    sim_host_send(server->host, local, from, reply, w.size, 0);
}

sim_host *sim_net_stun_server(sim_net *net, const char *ip, uint16_t port)
{
    static const sim_host_ops ops = {.receive = on_request};
    stun_server *server = qua_zalloc(sizeof *server);

    assert(server);
    server->port = port;
    server->host = sim_net_host(net, "stun", &ops, server);
    sim_host_iface(server->host, ip, NULL, NULL, NULL);
    sim_own(net, server, free);
    return server->host;
}
