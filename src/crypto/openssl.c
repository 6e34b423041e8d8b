#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "crypto/crypto.h"

/* Fetched once: looking a digest up by name costs more than hashing a STUN message. */
static const EVP_MD *sha1_md(void)
{
    return EVP_sha1();
}

static void digest(const EVP_MD *md, const void *data, size_t size, uint8_t *out)
{
    if (EVP_Digest(data, size, out, NULL, md, NULL) != 1)
        abort(); /* only without memory or the algorithm: nothing is safe then */
}

void qua_sha1(const void *data, size_t size, uint8_t out[QUA_SHA1_SIZE])
{
    digest(sha1_md(), data, size, out);
}

void qua_sha256(const void *data, size_t size, uint8_t out[QUA_SHA256_SIZE])
{
    digest(EVP_sha256(), data, size, out);
}

void qua_md5(const void *data, size_t size, uint8_t out[QUA_MD5_SIZE])
{
    digest(EVP_md5(), data, size, out);
}

/* RFC 2104 over two digests; both hashes here have blocks of 64 bytes. */
static void hmac(const EVP_MD *md, size_t md_size, const void *key, size_t key_size, const void *data, size_t size,
                 uint8_t *out)
{
    uint8_t block[64] = {0}, pad[64], inner[QUA_SHA256_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (!ctx)
        abort();
    if (key_size > sizeof block)
        digest(md, key, key_size, block);
    else if (key_size)
        memcpy(block, key, key_size);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] = block[i] ^ 0x36;
    EVP_DigestInit_ex(ctx, md, NULL);
    EVP_DigestUpdate(ctx, pad, sizeof pad);
    EVP_DigestUpdate(ctx, data, size);
    EVP_DigestFinal_ex(ctx, inner, NULL);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] = block[i] ^ 0x5c;
    EVP_DigestInit_ex(ctx, md, NULL);
    EVP_DigestUpdate(ctx, pad, sizeof pad);
    EVP_DigestUpdate(ctx, inner, md_size);
    EVP_DigestFinal_ex(ctx, out, NULL);
    EVP_MD_CTX_free(ctx);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(pad, sizeof pad);
}

void qua_hmac_sha1(const void *key, size_t key_size, const void *data, size_t size, uint8_t out[QUA_SHA1_SIZE])
{
    hmac(sha1_md(), QUA_SHA1_SIZE, key, key_size, data, size, out);
}

void qua_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size, uint8_t out[QUA_SHA256_SIZE])
{
    hmac(EVP_sha256(), QUA_SHA256_SIZE, key, key_size, data, size, out);
}

bool qua_equal_constant_time(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

static void random_fill(void *context, void *out, size_t size)
{
    (void)context;
    if (RAND_bytes(out, (int)size) != 1)
        abort();
}

qua_random qua_crypto_random(void)
{
    return (qua_random){random_fill, NULL};
}

size_t qua_base64_encode(char *out, size_t capacity, const void *data, size_t size)
{
    assert(capacity > (size + 2) / 3 * 4);
    (void)capacity;
    return (size_t)EVP_EncodeBlock((unsigned char *)out, data, (int)size);
}

/* Six bits, or -1. EVP_DecodeBlock would let white space and padding in the middle pass. */
static int sextet(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

ptrdiff_t qua_base64_decode(uint8_t *out, size_t capacity, const char *text, size_t size)
{
    size_t digits = size, bytes;
    uint32_t bits = 0;

    if (size % 4)
        return QUA_EFORMAT;
    while (digits && size - digits < 2 && text[digits - 1] == '=')
        digits--;
    for (size_t i = 0; i < digits; i++) {
        if (sextet(text[i]) < 0)
            return QUA_EFORMAT;
    }
    bytes = digits * 6 / 8;
    if (bytes > capacity)
        return QUA_EFULL;
    for (size_t i = 0, n = 0; i < digits; i++) {
        bits = bits << 6 | (uint32_t)sextet(text[i]);
        if (i % 4)
            out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return (ptrdiff_t)bytes;
}

int qua_ed25519_public(const uint8_t secret[QUA_ED25519_KEY_SIZE], uint8_t out[QUA_ED25519_KEY_SIZE])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, QUA_ED25519_KEY_SIZE);
    size_t size = QUA_ED25519_KEY_SIZE;
    const bool ok = key && EVP_PKEY_get_raw_public_key(key, out, &size) == 1;

    EVP_PKEY_free(key);
    return ok ? 0 : QUA_EINVAL;
}

int qua_ed25519_sign(const uint8_t secret[QUA_ED25519_KEY_SIZE], const void *data, size_t size,
                     uint8_t out[QUA_ED25519_SIGNATURE_SIZE])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, QUA_ED25519_KEY_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t length = QUA_ED25519_SIGNATURE_SIZE;
    const bool ok = key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
                    EVP_DigestSign(ctx, out, &length, data, size) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok ? 0 : QUA_EINVAL;
}

int qua_ed25519_verify(const uint8_t key_bytes[QUA_ED25519_KEY_SIZE], const void *data, size_t size,
                       const uint8_t signature[QUA_ED25519_SIGNATURE_SIZE])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key_bytes, QUA_ED25519_KEY_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
                    EVP_DigestVerify(ctx, signature, QUA_ED25519_SIGNATURE_SIZE, data, size) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok ? 0 : QUA_EAUTH;
}
