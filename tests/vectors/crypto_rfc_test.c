/* Published samples: FIPS 180, RFC 1321, 2202, 4231, 4648, 8032. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/crypto.h"

static void assert_hex(const uint8_t *data, size_t size, const char *expected)
{
    char text[2 * 64 + 1];

    assert_true(size <= 64);
    qua_hex(text, sizeof text, data, size, 0);
    assert_string_equal(text, expected);
}

static void from_hex(uint8_t *out, size_t size, const char *text)
{
    assert_int_equal(strlen(text), 2 * size);
    for (size_t i = 0; i < size; i++) {
        unsigned v;
        assert_int_equal(sscanf(text + 2 * i, "%2x", &v), 1);
        out[i] = (uint8_t)v;
    }
}

static void hashes(void **state)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    uint8_t out[32];

    (void)state;
    qua_sha1("abc", 3, out);
    assert_hex(out, QUA_SHA1_SIZE, "a9993e364706816aba3e25717850c26c9cd0d89d");
    qua_sha1(two_blocks, sizeof two_blocks - 1, out);
    assert_hex(out, QUA_SHA1_SIZE, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    qua_sha256("abc", 3, out);
    assert_hex(out, QUA_SHA256_SIZE, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    qua_sha256(two_blocks, sizeof two_blocks - 1, out);
    assert_hex(out, QUA_SHA256_SIZE, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    qua_sha256("", 0, out);
    assert_hex(out, QUA_SHA256_SIZE, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    qua_md5("message digest", 14, out);
    assert_hex(out, QUA_MD5_SIZE, "f96b697d7cb7938d525a2f31aaf161d0");
}

static void hmacs(void **state)
{
    static const char what[] = "what do ya want for nothing?",
                      block[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t key[131], out[32];

    (void)state;
    qua_hmac_sha1("Jefe", 4, what, 28, out); /* RFC 2202 §3, case 2 */
    assert_hex(out, QUA_SHA1_SIZE, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    memset(key, 0x0b, 20);
    qua_hmac_sha1(key, 20, "Hi There", 8, out); /* case 1 */
    assert_hex(out, QUA_SHA1_SIZE, "b617318655057264e28bc0b6fb378c8ef146be00");
    memset(key, 0xaa, sizeof key);
    qua_hmac_sha1(key, 80, block, 54, out); /* case 6 */
    assert_hex(out, QUA_SHA1_SIZE, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    qua_hmac_sha256("Jefe", 4, what, 28, out); /* RFC 4231 §4.3 */
    assert_hex(out, QUA_SHA256_SIZE, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    qua_hmac_sha256(key, 131, block, 54, out); /* §4.7 */
    assert_hex(out, QUA_SHA256_SIZE, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void base64(void **state)
{
    static const char *const encoded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    char text[16];
    uint8_t data[16];

    (void)state;
    for (size_t size = 0; size < QUA_ARRAY_SIZE(encoded); size++) { /* RFC 4648 §10 */
        assert_int_equal(qua_base64_encode(text, sizeof text, "foobar", size), strlen(encoded[size]));
        assert_string_equal(text, encoded[size]);
        assert_int_equal(qua_base64_decode(data, sizeof data, text, strlen(text)), size);
        assert_memory_equal(data, "foobar", size);
    }
}

static void what_is_not_base64_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z",     "Zg=",  "Zg",   "====",    "Z===",      "Zm9v====",     "Zg==Zg==", "Zm9!",
        "Zm 9v", "=m9v", "Zm=v", "Z\x80==", "Zm9vZm9\n", "  Zm9vYg==  ", "Zg==Zm9v", "\nm9v"};
    uint8_t data[16];

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(bad); i++) {
        memset(data, 0x5a, sizeof data);
        assert_int_equal(qua_base64_decode(data, sizeof data, bad[i], strlen(bad[i])), QUA_EFORMAT);
        assert_int_equal(data[0], 0x5a); /* on an error outputs are untouched */
    }
    assert_int_equal(qua_base64_decode(data, 2, "Zm9v", 4), QUA_EFULL);
    assert_int_equal(qua_base64_decode(data, 3, "Zm9v", 4), 3);
}

typedef struct ed25519_vector {
    const char *secret, *public_key, *message, *signature;
} ed25519_vector;

static const ed25519_vector ed25519[] = {
    /* RFC 8032 §7.1, tests 1 to 3 */
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
     "551"
     "41438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb"
     "00d"
     "291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc"
     "027"
     "beceea1ec40a"},
};

static void signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(ed25519); i++) {
        const ed25519_vector *v = &ed25519[i];
        uint8_t secret[32], key[32], message[2], signature[64];
        const size_t size = strlen(v->message) / 2;

        from_hex(secret, 32, v->secret);
        from_hex(message, size, v->message);
        assert_int_equal(qua_ed25519_public(secret, key), 0);
        assert_hex(key, 32, v->public_key);
        assert_int_equal(qua_ed25519_sign(secret, message, size, signature), 0);
        assert_hex(signature, 64, v->signature);
        assert_int_equal(qua_ed25519_verify(key, message, size, signature), 0);
        signature[63] ^= 1;
        assert_int_equal(qua_ed25519_verify(key, message, size, signature), QUA_EAUTH);
        signature[63] ^= 1;
        key[0] ^= 1;
        assert_int_equal(qua_ed25519_verify(key, message, size, signature), QUA_EAUTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes),     cmocka_unit_test(hmacs),
        cmocka_unit_test(base64),     cmocka_unit_test(what_is_not_base64_is_refused),
        cmocka_unit_test(signatures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
