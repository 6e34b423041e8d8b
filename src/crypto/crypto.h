/*
 * Floor 1: hashes, message authentication, signatures, base64. One-shot functions over OpenSSL 3.
 */
#ifndef QUA_CRYPTO_H
#define QUA_CRYPTO_H

#include "base/base.h"

#define QUA_SHA1_SIZE 20
#define QUA_SHA256_SIZE 32
#define QUA_MD5_SIZE 16

void qua_sha1(const void *data, size_t size, uint8_t out[QUA_SHA1_SIZE]);
void qua_sha256(const void *data, size_t size, uint8_t out[QUA_SHA256_SIZE]);
/** Only for STUN's long-term credential key (RFC 8489 §9.2.2). */
void qua_md5(const void *data, size_t size, uint8_t out[QUA_MD5_SIZE]);

/** RFC 2104. @param key 0..any bytes */
void qua_hmac_sha1(const void *key, size_t key_size, const void *data, size_t size, uint8_t out[QUA_SHA1_SIZE]);
void qua_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size, uint8_t out[QUA_SHA256_SIZE]);

/** Takes the same time whatever the bytes are. */
bool qua_equal_constant_time(const void *a, const void *b, size_t size);

/** OpenSSL's generator as the randomness seam. */
qua_random qua_crypto_random(void);

/** @return characters written, NUL apart; `out` holds at least (size + 2) / 3 * 4 + 1 bytes */
size_t qua_base64_encode(char *out, size_t capacity, const void *data, size_t size);
/** Standard alphabet with padding. @return bytes written, or QUA_EFORMAT, QUA_EFULL */
ptrdiff_t qua_base64_decode(uint8_t *out, size_t capacity, const char *text, size_t size);

#define QUA_ED25519_KEY_SIZE 32
#define QUA_ED25519_SIGNATURE_SIZE 64

/** The public half of a private Ed25519 key (RFC 8032). @return 0, QUA_EINVAL */
int qua_ed25519_public(const uint8_t secret[QUA_ED25519_KEY_SIZE], uint8_t out[QUA_ED25519_KEY_SIZE]);
int qua_ed25519_sign(const uint8_t secret[QUA_ED25519_KEY_SIZE], const void *data, size_t size,
                     uint8_t out[QUA_ED25519_SIGNATURE_SIZE]);
/** @return 0, QUA_EAUTH */
int qua_ed25519_verify(const uint8_t key[QUA_ED25519_KEY_SIZE], const void *data, size_t size,
                       const uint8_t signature[QUA_ED25519_SIGNATURE_SIZE]);

#endif
