/*
 * RFC 3711 and RFC 7714. libsrtp takes master keys alone, so the published session keys and packets cannot be fed to
 * it: a second implementation here is held against the RFCs' samples first, and libsrtp then against it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "crypto/crypto.h"
#include "srtp/srtp.h"

#define SSRC 0x5501a0b2u
#define SEQ  0xf17bu

/* RFC 3711 B.3 */
static const qua_srtp_key master = {
    .key = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39},
    .salt = {0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6}};

/* RFC 7714 §16: the header and the payload "Gallia est omnis divisa in partes tres" */
static const uint8_t packet[50] = {0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41, 0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2, 'G',
                                   'a',  'l',  'l',  'i',  'a',  ' ',  'e',  's',  't',  ' ',  'o',  'm',  'n',
                                   'i',  's',  ' ',  'd',  'i',  'v',  'i',  's',  'a',  ' ',  'i',  'n',  ' ',
                                   'p',  'a',  'r',  't',  'e',  's',  ' ',  't',  'r',  'e',  's'};

static void aes_ctr(const uint8_t key[16], const uint8_t iv[16], const uint8_t *in, size_t size, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, iv), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, (int)size), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* Ciphertext and 16 bytes of tag. */
static void aes_gcm(const uint8_t key[16], const uint8_t iv[12], const uint8_t *aad, size_t aad_size, const uint8_t *in,
                    size_t size, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, iv), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_size), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, (int)size), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out + size, &n), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, out + size), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* RFC 3711 §4.3: AES in counter mode over master_salt XOR label << 48. */
static void derive(const qua_srtp_key *from, uint8_t label, uint8_t *out, size_t size)
{
    static const uint8_t zeros[32];
    uint8_t iv[16] = {0};

    memcpy(iv, from->salt, 14);
    iv[7] ^= label;
    aes_ctr(from->key, iv, zeros, size, out);
}

static void the_key_derivation_of_rfc3711(void **state)
{
    static const uint8_t cipher_key[] = {0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee,
                                         0x10, 0x73, 0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87};
    static const uint8_t cipher_salt[] = {0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c,
                                          0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1};
    static const uint8_t auth_key[] = {0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71, 0x6b, 0x6f, 0xd4,
                                       0xab, 0x49, 0xaf, 0x25, 0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4};
    uint8_t out[20];

    (void)state;
    derive(&master, 0, out, 16);
    assert_memory_equal(out, cipher_key, 16);
    derive(&master, 2, out, 14);
    assert_memory_equal(out, cipher_salt, 14);
    derive(&master, 1, out, 20);
    assert_memory_equal(out, auth_key, 20);
}

static void the_key_stream_of_rfc3711(void **state)
{
    static const uint8_t key[] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                  0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
    static const uint8_t iv[16] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd};
    static const uint8_t expected[] = {0xe0, 0x3e, 0xad, 0x09, 0x35, 0xc9, 0x5e, 0x80, 0xe1, 0x66, 0xb1,
                                       0x6d, 0xd9, 0x2b, 0x4e, 0xb4, 0xd2, 0x35, 0x13, 0x16, 0x2b, 0x02,
                                       0xd0, 0xf7, 0x2a, 0x43, 0xa2, 0xfe, 0x4a, 0x5f, 0x97, 0xab};
    static const uint8_t zeros[32];
    uint8_t out[32];

    (void)state;
    aes_ctr(key, iv, zeros, sizeof out, out); /* B.2 */
    assert_memory_equal(out, expected, sizeof out);
}

static qua_srtp *open_srtp(qua_srtp_profile profile, const qua_srtp_key *key)
{
    qua_srtp *srtp;

    assert_int_equal(qua_srtp_create(&srtp, profile, key, key), 0);
    return srtp;
}

static void counter_mode_with_sha1_is_as_rfc3711_says(void **state)
{
    qua_srtp *srtp = open_srtp(QUA_SRTP_AES128_CM_SHA1_80, &master);
    uint8_t key[16], salt[16] = {0}, auth[20], tag[QUA_SHA1_SIZE];
    uint8_t expected[sizeof packet + 4], data[sizeof packet + QUA_SRTP_OVERHEAD];
    size_t size = sizeof packet;

    (void)state;
    derive(&master, 0, key, 16);
    derive(&master, 2, salt, 14);
    derive(&master, 1, auth, 20);
    /* §4.1.1: IV = salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16 */
    for (size_t i = 0; i < 4; i++)
        salt[4 + i] ^= (uint8_t)(SSRC >> (24 - 8 * i));
    salt[12] ^= SEQ >> 8;
    salt[13] ^= SEQ & 255;
    memcpy(expected, packet, 12);
    aes_ctr(key, salt, packet + 12, sizeof packet - 12, expected + 12);
    memset(expected + sizeof packet, 0, 4); /* the roll-over counter is authenticated, not sent */
    qua_hmac_sha1(auth, sizeof auth, expected, sizeof expected, tag);

    memcpy(data, packet, sizeof packet);
    assert_int_equal(qua_srtp_protect_rtp(srtp, data, &size, sizeof data), 0);
    assert_int_equal(size, sizeof packet + 10);
    assert_memory_equal(data, expected, sizeof packet);
    assert_memory_equal(data + sizeof packet, tag, 10);
    qua_srtp_destroy(&srtp);
}

static const uint8_t gcm_salt[12] = {0x51, 0x75, 0x69, 0x64, 0x20, 0x70, 0x72, 0x6f, 0x20, 0x71, 0x75, 0x6f};

/* RFC 7714 §8.1: 00 00 SSRC ROC SEQ, XOR salt. */
static void gcm_iv(const uint8_t salt[12], uint8_t iv[12])
{
    memcpy(iv, salt, 12);
    for (size_t i = 0; i < 4; i++)
        iv[2 + i] ^= (uint8_t)(SSRC >> (24 - 8 * i));
    iv[10] ^= SEQ >> 8;
    iv[11] ^= SEQ & 255;
}

static void the_packet_of_rfc7714(void **state)
{
    static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t expected[] = {
        0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d, 0x7e, 0x4b, 0xca, 0xbe, 0x63,
        0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a, 0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf,
        0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27, 0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce};
    uint8_t iv[12], out[sizeof packet - 12 + 16];

    (void)state;
    gcm_iv(gcm_salt, iv);
    aes_gcm(key, iv, packet, 12, packet + 12, sizeof packet - 12, out); /* §16.1.1 */
    assert_int_equal(sizeof out, sizeof expected);
    assert_memory_equal(out, expected, sizeof expected);
}

static void gcm_is_as_rfc7714_says(void **state)
{
    qua_srtp_key with_gcm_salt = master;
    uint8_t key[16], salt[12], iv[12], expected[sizeof packet - 12 + 16], data[sizeof packet + QUA_SRTP_OVERHEAD];
    size_t size = sizeof packet;
    qua_srtp *srtp;

    (void)state;
    memcpy(with_gcm_salt.salt, gcm_salt, 12);
    memset(with_gcm_salt.salt + 12, 0, 2); /* §11: twelve bytes, padded for the derivation */
    srtp = open_srtp(QUA_SRTP_AEAD_AES_128_GCM, &with_gcm_salt);
    derive(&with_gcm_salt, 0, key, 16);
    derive(&with_gcm_salt, 2, salt, 12);
    gcm_iv(salt, iv);
    aes_gcm(key, iv, packet, 12, packet + 12, sizeof packet - 12, expected);

    memcpy(data, packet, sizeof packet);
    assert_int_equal(qua_srtp_protect_rtp(srtp, data, &size, sizeof data), 0);
    assert_int_equal(size, sizeof packet + 16);
    assert_memory_equal(data, packet, 12);
    assert_memory_equal(data + 12, expected, sizeof expected);
    qua_srtp_destroy(&srtp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_derivation_of_rfc3711),
        cmocka_unit_test(the_key_stream_of_rfc3711),
        cmocka_unit_test(counter_mode_with_sha1_is_as_rfc3711_says),
        cmocka_unit_test(the_packet_of_rfc7714),
        cmocka_unit_test(gcm_is_as_rfc7714_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
