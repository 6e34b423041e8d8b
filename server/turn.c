/* TURN credentials that expire: username "EXPIRES:ID", credential the HMAC-SHA1 of it, as coturn checks them. */
#include <inttypes.h>
#include <stdio.h>

#include "crypto/crypto.h"
#include "server/server.h"

void turn_say(session *s, qua_time now)
{
    const turn_config *config = &s->hub->turn;
    char username[QUA_ID_SIZE + 24], credential[QUA_SHA1_SIZE * 2];
    uint8_t mac[QUA_SHA1_SIZE];
    qua_message m = {.type = QUA_MESSAGE_TURN};

    if (config->count == 0)
        return;
    for (size_t i = 0; i < config->count; i++)
        m.turn.urls[m.turn.count++] = config->urls[i];
    if (config->secret[0]) {
        snprintf(username, sizeof username, "%" PRId64 ":%s", hub_wall_s(s->hub, now) + TURN_LIFE / QUA_SECONDS(1),
                 s->seat->who.id);
        qua_hmac_sha1(config->secret, strlen(config->secret), username, strlen(username), mac);
        qua_base64_encode(credential, sizeof credential, mac, sizeof mac);
        m.turn.username = username;
        m.turn.credential = credential;
        m.turn.life = TURN_LIFE;
    }
    session_say(s, &m);
}
