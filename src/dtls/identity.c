/* The certificate of a call. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "dtls/dtls_internal.h"

#define VALID_SECONDS (30L * 86400)

/* A random serial: some stacks cache certificates by it. */
static bool fill_certificate(X509 *cert, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(cert);
    uint8_t serial[8];
    ASN1_INTEGER *number = X509_get_serialNumber(cert);
    const qua_random random = qua_crypto_random();

    qua_random_fill(&random, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and no leading zero: DER allows none */
    return X509_set_version(cert, 2) && ASN1_STRING_set(number, serial, sizeof serial) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -86400) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), VALID_SECONDS) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"quartet", -1, -1, 0) &&
           X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256());
}

static int accept_any(int ok, X509_STORE_CTX *ctx)
{
    (void)ok, (void)ctx;
    return 1; /* the fingerprint of the description is what counts, see dtls.c */
}

static SSL_CTX *context_of(X509 *cert, EVP_PKEY *key)
{
    SSL_CTX *ctx = SSL_CTX_new(DTLS_method());

    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    /* SSL_CTX_set_tlsext_use_srtp answers 0 for success */
    if (SSL_CTX_use_certificate(ctx, cert) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
        SSL_CTX_set1_groups_list(ctx, "X25519:P-256") != 1 ||
        SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES128") != 1 ||
        SSL_CTX_set_tlsext_use_srtp(ctx, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") != 0) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

int qua_dtls_identity_create(qua_dtls_identity **out)
{
    qua_dtls_identity *identity = qua_zalloc(sizeof *identity);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    uint8_t digest[32];
    unsigned size = sizeof digest;
    int error = QUA_ENOMEM;

    if (!identity || !key || !cert || !fill_certificate(cert, key) ||
        X509_digest(cert, EVP_sha256(), digest, &size) != 1)
        goto cleanup;
    identity->ctx = context_of(cert, key);
    if (!identity->ctx)
        goto cleanup;
    qua_hex(identity->fingerprint, sizeof identity->fingerprint, digest, sizeof digest, ':');
    atomic_init(&identity->refs, 1);
    *out = identity;
    identity = NULL;
    error = 0;
cleanup:
    X509_free(cert);
    EVP_PKEY_free(key);
    free(identity);
    return error;
}

qua_dtls_identity *qua_dtls_identity_ref(qua_dtls_identity *identity)
{
    atomic_fetch_add(&identity->refs, 1);
    return identity;
}

void qua_dtls_identity_unref(qua_dtls_identity **identity)
{
    qua_dtls_identity *i = *identity;

    *identity = NULL;
    if (!i || atomic_fetch_sub(&i->refs, 1) != 1)
        return;
    SSL_CTX_free(i->ctx);
    free(i);
}

const char *qua_dtls_identity_fingerprint(const qua_dtls_identity *identity)
{
    return identity->fingerprint;
}
