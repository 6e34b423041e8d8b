/* Tokens: JWT (RFC 7519) signed with ES256, of the application's hand; we hold the public key alone. */
#include <jwt.h>

#include "crypto/crypto.h"
#include "server/server.h"

static const struct {
    const char *name;
    qua_signal_role role;
} roles[] = {{"host", QUA_ROLE_HOST}, {"member", QUA_ROLE_MEMBER}, {"guest", QUA_ROLE_GUEST}};

static int read_claims(token_claims *out, jwt_t *jwt, int64_t now_s, const char *path)
{
    const char *name = jwt_get_grant(jwt, "room"), *subject = jwt_get_grant(jwt, "sub");
    const char *role = jwt_get_grant(jwt, "role");
    const int64_t expires_s = jwt_get_grant_int(jwt, "exp"), not_before_s = jwt_get_grant_int(jwt, "nbf");
    uint8_t digest[QUA_SHA256_SIZE];
    size_t i = 0;

    if (!name || strcmp(name, path) != 0 || !subject || !role)
        return QUA_EAUTH;
    if (expires_s <= now_s || not_before_s > now_s)
        return QUA_EAUTH;
    while (i < QUA_ARRAY_SIZE(roles) && strcmp(role, roles[i].name) != 0)
        i++;
    if (i == QUA_ARRAY_SIZE(roles))
        return QUA_EAUTH;
    qua_sha256(subject, strlen(subject), digest);
    out->role = roles[i].role;
    out->expires_s = expires_s;
    memcpy(&out->subject, digest, sizeof out->subject);
    return 0;
}

int token_check(token_claims *out, const char *key, int64_t now_s, const char *path, const char *text)
{
    jwt_t *jwt = NULL;
    int error = QUA_EAUTH;

    if (jwt_decode(&jwt, text, (const unsigned char *)key, (int)strlen(key)) != 0)
        return QUA_EAUTH;
    /* the header chose how the signature was checked: one that made a password of our public key is void */
    if (jwt_get_alg(jwt) == JWT_ALG_ES256)
        error = read_claims(out, jwt, now_s, path);
    jwt_free(jwt);
    return error;
}
