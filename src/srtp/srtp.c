#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>

#include "srtp/srtp.h"

struct qua_srtp {
    srtp_t out, in;
    qua_srtp_stats stats;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;

/* libsrtp's tables of ciphers are process-global. */
static void init_library(void)
{
    ready = srtp_init() == srtp_err_status_ok;
}

static bool set_policy(srtp_policy_t *policy, qua_srtp_profile profile)
{
    const srtp_profile_t p =
        profile == QUA_SRTP_AEAD_AES_128_GCM ? srtp_profile_aead_aes_128_gcm : srtp_profile_aes128_cm_sha1_80;

    return srtp_crypto_policy_set_from_profile_for_rtp(&policy->rtp, p) == srtp_err_status_ok &&
           srtp_crypto_policy_set_from_profile_for_rtcp(&policy->rtcp, p) == srtp_err_status_ok;
}

static int open_session(srtp_t *out, qua_srtp_profile profile, const qua_srtp_key *key, srtp_ssrc_type_t direction)
{
    uint8_t master[30];
    srtp_policy_t policy;
    srtp_err_status_t status;

    memset(&policy, 0, sizeof policy);
    if (!set_policy(&policy, profile))
        return QUA_ENOTSUP;
    memcpy(master, key->key, 16);
    memcpy(master + 16, key->salt, profile == QUA_SRTP_AEAD_AES_128_GCM ? 12 : 14);
    policy.ssrc.type = direction;
    policy.key = master;
    policy.window_size = 1024; /* a burst of retransmissions must not fall out of it */
    status = srtp_create(out, &policy);
    memset(master, 0, sizeof master);
    if (status == srtp_err_status_ok)
        return 0;
    return status == srtp_err_status_alloc_fail ? QUA_ENOMEM : QUA_ENOTSUP;
}

void qua_srtp_prepare(void)
{
    const qua_srtp_key key = {{0}, {0}};
    qua_srtp *srtp = NULL;

    /* the first session loads what the library's own init does not */
    if (qua_srtp_create(&srtp, QUA_SRTP_AEAD_AES_128_GCM, &key, &key) == 0)
        qua_srtp_destroy(&srtp);
}

int qua_srtp_create(qua_srtp **out, qua_srtp_profile profile, const qua_srtp_key *local, const qua_srtp_key *remote)
{
    qua_srtp *srtp;
    int error;

    if (profile != QUA_SRTP_AEAD_AES_128_GCM && profile != QUA_SRTP_AES128_CM_SHA1_80)
        return QUA_ENOTSUP;
    pthread_once(&once, init_library);
    if (!ready)
        return QUA_ENOMEM;
    srtp = qua_zalloc(sizeof *srtp);
    if (!srtp)
        return QUA_ENOMEM;
    error = open_session(&srtp->out, profile, local, ssrc_any_outbound);
    if (!error)
        error = open_session(&srtp->in, profile, remote, ssrc_any_inbound);
    if (error) {
        qua_srtp_destroy(&srtp);
        return error;
    }
    *out = srtp;
    return 0;
}

void qua_srtp_destroy(qua_srtp **srtp)
{
    qua_srtp *s = *srtp;

    *srtp = NULL;
    if (!s)
        return;
    if (s->out)
        srtp_dealloc(s->out);
    if (s->in)
        srtp_dealloc(s->in);
    free(s);
}

static int protect(srtp_t session, srtp_err_status_t (*fn)(srtp_t, void *, int *), uint8_t *data, size_t *size,
                   size_t capacity)
{
    int length = (int)*size;

    if (capacity < *size + QUA_SRTP_OVERHEAD)
        return QUA_EFULL;
    if (fn(session, data, &length) != srtp_err_status_ok)
        return QUA_EINVAL;
    *size = (size_t)length;
    return 0;
}

int qua_srtp_protect_rtp(qua_srtp *srtp, uint8_t *data, size_t *size, size_t capacity)
{
    return protect(srtp->out, srtp_protect, data, size, capacity);
}

int qua_srtp_protect_rtcp(qua_srtp *srtp, uint8_t *data, size_t *size, size_t capacity)
{
    return protect(srtp->out, srtp_protect_rtcp, data, size, capacity);
}

static int unprotect(qua_srtp *srtp, srtp_err_status_t (*fn)(srtp_t, void *, int *), uint8_t *data, size_t *size)
{
    int length = (int)*size;

    switch (fn(srtp->in, data, &length)) {
    case srtp_err_status_ok:
        *size = (size_t)length;
        return 0;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
        srtp->stats.replayed++;
        return QUA_EREPLAY;
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail:
        srtp->stats.failed_auth++;
        return QUA_EAUTH;
    default:
        srtp->stats.malformed++;
        return QUA_EFORMAT;
    }
}

int qua_srtp_unprotect_rtp(qua_srtp *srtp, uint8_t *data, size_t *size)
{
    if (*size < 12) {
        srtp->stats.malformed++;
        return QUA_EFORMAT;
    }
    return unprotect(srtp, srtp_unprotect, data, size);
}

int qua_srtp_unprotect_rtcp(qua_srtp *srtp, uint8_t *data, size_t *size)
{
    if (*size < 8) {
        srtp->stats.malformed++;
        return QUA_EFORMAT;
    }
    return unprotect(srtp, srtp_unprotect_rtcp, data, size);
}

void qua_srtp_get_stats(const qua_srtp *srtp, qua_srtp_stats *out)
{
    *out = srtp->stats;
}
