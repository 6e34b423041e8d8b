/*
 * Tickets: ROOM:ID:ROLE:SUBJECT:BOOT:EXPIRES:MAC, the last a HMAC-SHA256 over what is before it. The server signs what
 * it would otherwise have to remember; room names and ids hold no colon.
 */
#include <inttypes.h>
#include <stdio.h>

#include "crypto/crypto.h"
#include "server/server.h"

enum { MAC_CHARACTERS = 2 * QUA_SHA256_SIZE };

static void write_mac(char out[MAC_CHARACTERS + 1], const uint8_t key[TICKET_KEY_SIZE], const char *text, size_t size)
{
    uint8_t mac[QUA_SHA256_SIZE];

    qua_hmac_sha256(key, TICKET_KEY_SIZE, text, size, mac);
    qua_hex(out, MAC_CHARACTERS + 1, mac, sizeof mac, 0);
}

void ticket_write(const ticket *t, const uint8_t key[TICKET_KEY_SIZE], char *out)
{
    qua_text text = qua_text_of(out, QUA_SIGNAL_TICKET_MAX + 1);
    char mac[MAC_CHARACTERS + 1];

    qua_text_add(&text, "%s:%s:%d:%" PRIx64 ":%" PRIx64 ":%" PRId64, t->room, t->id, (int)t->role, t->subject, t->boot,
                 t->expires_s);
    write_mac(mac, key, out, text.size);
    qua_text_add(&text, ":%s", mac);
    assert(!text.failed);
}

int ticket_read(ticket *out, const uint8_t key[TICKET_KEY_SIZE], int64_t now_s, const char *text)
{
    const char *end = strrchr(text, ':');
    char mac[MAC_CHARACTERS + 1];
    ticket t;
    int role;

    if (!end || strlen(end + 1) != MAC_CHARACTERS)
        return QUA_EFORMAT;
    write_mac(mac, key, text, (size_t)(end - text));
    if (!qua_equal_constant_time(mac, end + 1, MAC_CHARACTERS))
        return QUA_EAUTH;
    /* of our own hand from here on; the widths are those of the fields */
    if (sscanf(text, "%64[^:]:%63[^:]:%d:%" SCNx64 ":%" SCNx64 ":%" SCNd64, t.room, t.id, &role, &t.subject, &t.boot,
               &t.expires_s) != 6 ||
        role < 0 || role >= QUA_ROLE_COUNT)
        return QUA_EFORMAT;
    t.role = (qua_signal_role)role;
    if (t.expires_s <= now_s)
        return QUA_EAUTH;
    *out = t;
    return 0;
}
