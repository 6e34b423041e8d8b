#ifndef DTLS_INTERNAL_H
#define DTLS_INTERNAL_H

#include <openssl/ssl.h>

#include "crypto/crypto.h"
#include "dtls/dtls.h"

struct qua_dtls_identity {
    _Atomic int refs;
    SSL_CTX *ctx;
    char fingerprint[QUA_FINGERPRINT_SIZE];
};

/* Datagrams that wait to leave: a flight is at most a handful. */
#define DTLS_OUT_QUEUE 16

/* The border between OpenSSL's stream-like BIO and datagrams: each BIO_write is one datagram, each BIO_read too. */
typedef struct dtls_pipe {
    const uint8_t *in; /* the datagram being fed, NULL: none */
    size_t in_size;
    struct {
        uint16_t size;
        uint8_t data[QUA_DATAGRAM_MAX];
    } out[DTLS_OUT_QUEUE];
    size_t first, count;
} dtls_pipe;

/** @return the BIO over `pipe`, which must outlive it; NULL without memory */
BIO *dtls_pipe_bio(dtls_pipe *pipe);

#endif
