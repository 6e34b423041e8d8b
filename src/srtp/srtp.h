/*
 * Floor 2: SRTP and SRTCP of one connection, over libsrtp2 (RFC 3711, RFC 7714).
 */
#ifndef QUA_SRTP_H
#define QUA_SRTP_H

#include "base/base.h"

typedef enum qua_srtp_profile {
    QUA_SRTP_NONE = 0,
    QUA_SRTP_AES128_CM_SHA1_80 = 0x0001, /* numbers of RFC 5764 §4.1.2 */
    QUA_SRTP_AEAD_AES_128_GCM = 0x0007   /* and RFC 7714 §14.2 */
} qua_srtp_profile;

/** Master key and salt of one direction; the salt's length is 14 (CM) or 12 (GCM) bytes. */
typedef struct qua_srtp_key {
    uint8_t key[16];
    uint8_t salt[14];
} qua_srtp_key;

/** Most bytes that protecting adds to a packet: GCM tag and SRTCP index, or SHA1 tag and index. */
#define QUA_SRTP_OVERHEAD 24

typedef struct qua_srtp qua_srtp;

typedef struct qua_srtp_stats {
    uint64_t failed_auth, replayed, malformed; /* packets dropped in unprotect */
} qua_srtp_stats;

/**
 * Load the ciphers, which takes 120 to 190 ms with Debian's libsrtp over NSS, once a process. Whoever does not, pays
 * when the first connection has its keys: in the time to the first picture. Any thread.
 */
void qua_srtp_prepare(void);

/** @param local what we protect with, @param remote what the far side protects with. @return 0, QUA_ENOTSUP, QUA_ENOMEM */
int qua_srtp_create(qua_srtp **out, qua_srtp_profile profile, const qua_srtp_key *local, const qua_srtp_key *remote);
void qua_srtp_destroy(qua_srtp **srtp);

/**
 * In place. @param size in: packet bytes, out: protected bytes; @param capacity of data, at least *size +
 * QUA_SRTP_OVERHEAD. @return 0, QUA_EFULL, QUA_EINVAL
 */
int qua_srtp_protect_rtp(qua_srtp *srtp, uint8_t *data, size_t *size, size_t capacity);
int qua_srtp_protect_rtcp(qua_srtp *srtp, uint8_t *data, size_t *size, size_t capacity);
/** In place. @return 0, QUA_EAUTH, QUA_EREPLAY, QUA_EFORMAT; the packet is then garbage and must be dropped */
int qua_srtp_unprotect_rtp(qua_srtp *srtp, uint8_t *data, size_t *size);
int qua_srtp_unprotect_rtcp(qua_srtp *srtp, uint8_t *data, size_t *size);

void qua_srtp_get_stats(const qua_srtp *srtp, qua_srtp_stats *out);

#endif
