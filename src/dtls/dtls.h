/*
 * Floor 2: DTLS 1.2 of one connection for SRTP keys (RFC 5764, RFC 8827) and data channels, over OpenSSL, sans-I/O.
 *
 *     NEW ──start──▶ HANDSHAKE ──finished and fingerprint right──▶ CONNECTED ──close_notify──▶ CLOSED
 *                        └──alert, wrong fingerprint──▶ FAILED
 *
 * A handshake that finishes before the remote fingerprint is known waits in HANDSHAKE: keys exist only in CONNECTED.
 *
 * libssl's retransmission timer reads gettimeofday(); the simulator's program defines that function over its own
 * clock. qua_dtls_deadline turns the timer's remainder into a deadline from `now`.
 */
#ifndef QUA_DTLS_H
#define QUA_DTLS_H

#include "base/base.h"

/** Largest datagram that DTLS itself sends. */
#define QUA_DTLS_MTU 1200
/** "AA:BB:...": 32 bytes in upper-case hex with colons, and a NUL. */
#define QUA_FINGERPRINT_SIZE 96

/** A certificate and its key: ECDSA P-256, self-signed, one for each call. Counted; safe to share between threads. */
typedef struct qua_dtls_identity qua_dtls_identity;

int qua_dtls_identity_create(qua_dtls_identity **out);
qua_dtls_identity *qua_dtls_identity_ref(qua_dtls_identity *identity);
void qua_dtls_identity_unref(qua_dtls_identity **identity);
/** SHA-256 fingerprint in SDP's form (RFC 8122). Lent as long as the identity lives. */
const char *qua_dtls_identity_fingerprint(const qua_dtls_identity *identity);

typedef enum qua_dtls_state {
    QUA_DTLS_NEW,
    QUA_DTLS_HANDSHAKE,
    QUA_DTLS_CONNECTED,
    QUA_DTLS_CLOSED,
    QUA_DTLS_FAILED
} qua_dtls_state;

/** SRTP keying material as RFC 5764 §4.2 splits it, by our own role. */
typedef struct qua_dtls_srtp_keys {
    uint16_t profile;                      /* number of RFC 5764: 1 AES128_CM_SHA1_80, 7 AEAD_AES_128_GCM */
    uint8_t local_key[16], local_salt[14]; /* what we protect with; GCM uses 12 bytes of salt */
    uint8_t remote_key[16], remote_salt[14];
} qua_dtls_srtp_keys;

typedef struct qua_dtls qua_dtls;

/** @param identity shared; @param log lent, may be NULL. @return 0, QUA_ENOMEM */
int qua_dtls_create(qua_dtls **out, qua_dtls_identity *identity, const qua_log *log);
void qua_dtls_destroy(qua_dtls **dtls);

/**
 * What the remote description says; may come before or after the handshake began.
 * @param algorithm "sha-256" (any case); others give QUA_ENOTSUP. @param fingerprint "AA:BB:..."
 * @return 0; QUA_ENOTSUP; QUA_EFORMAT; QUA_ESTATE: connected already, and to another certificate
 */
int qua_dtls_set_remote_fingerprint(qua_dtls *dtls, qua_time now, const char *algorithm, const char *fingerprint);
/** Begin. @param client a=setup:active on our side. Only in NEW; else QUA_ESTATE */
int qua_dtls_start(qua_dtls *dtls, qua_time now, bool client);
/**
 * One datagram (first byte 20..63, RFC 7983). Kept when it comes before start (one only). Drain qua_dtls_recv after.
 * @return 0; QUA_EIGNORED: not DTLS, or closed; QUA_EPROTO: the state is FAILED now
 */
int qua_dtls_input(qua_dtls *dtls, qua_time now, const uint8_t *data, size_t size);
/** @return bytes written to `out` (at least QUA_DATAGRAM_MAX), 0: none */
size_t qua_dtls_poll_transmit(qua_dtls *dtls, uint8_t *out, size_t capacity);
void qua_dtls_on_timeout(qua_dtls *dtls, qua_time now);
qua_time qua_dtls_deadline(const qua_dtls *dtls);
qua_dtls_state qua_dtls_get_state(const qua_dtls *dtls);
/** @return 0; QUA_ESTATE before CONNECTED; QUA_ENOTSUP: no SRTP profile in common. The caller wipes them after use. */
int qua_dtls_srtp_keys_export(const qua_dtls *dtls, qua_dtls_srtp_keys *out);

/** Application data (SCTP packets), in CONNECTED. @return 0, QUA_ESTATE, QUA_EFULL */
int qua_dtls_send(qua_dtls *dtls, const uint8_t *data, size_t size);
/** @return bytes of one record, 0: none */
size_t qua_dtls_recv(qua_dtls *dtls, uint8_t *out, size_t capacity);
/** Send close_notify; drain transmit. */
void qua_dtls_close(qua_dtls *dtls);

#endif
