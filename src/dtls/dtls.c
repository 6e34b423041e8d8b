/* The handshake driver. */
#include <openssl/err.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/time.h>

#include "dtls/dtls_internal.h"

struct qua_dtls {
    qua_dtls_identity *identity;
    const qua_log *log;
    SSL *ssl;
    dtls_pipe pipe;
    qua_dtls_state state;
    qua_time deadline;
    bool client;
    bool handshake_done;                    /* libssl is through; the fingerprint may still be unknown */
    char fingerprint[QUA_FINGERPRINT_SIZE]; /* expected, upper case; "" unknown */
    uint8_t early[QUA_DATAGRAM_MAX];        /* a flight that came before start */
    size_t early_size;
};

static const char *const state_names[] = {"new", "handshake", "connected", "closed", "failed"};

static void set_state(qua_dtls *dtls, qua_dtls_state next)
{
    static const unsigned legal[] = {
        [QUA_DTLS_NEW] = 1u << QUA_DTLS_HANDSHAKE | 1u << QUA_DTLS_CLOSED,
        [QUA_DTLS_HANDSHAKE] = 1u << QUA_DTLS_CONNECTED | 1u << QUA_DTLS_FAILED | 1u << QUA_DTLS_CLOSED,
        [QUA_DTLS_CONNECTED] = 1u << QUA_DTLS_CLOSED | 1u << QUA_DTLS_FAILED,
    };

    assert(legal[dtls->state] & 1u << next);
    (void)legal;
    qua_logf(dtls->log, QUA_LOG_INFO, "dtls %s -> %s", state_names[dtls->state], state_names[next]);
    dtls->state = next;
    if (next >= QUA_DTLS_CLOSED)
        dtls->deadline = QUA_TIME_NEVER;
}

int qua_dtls_create(qua_dtls **out, qua_dtls_identity *identity, const qua_log *log)
{
    qua_dtls *dtls = qua_zalloc(sizeof *dtls);
    BIO *bio;

    if (!dtls)
        return QUA_ENOMEM;
    dtls->ssl = SSL_new(identity->ctx);
    bio = dtls_pipe_bio(&dtls->pipe);
    if (!dtls->ssl || !bio) {
        SSL_free(dtls->ssl);
        BIO_free(bio);
        free(dtls);
        return QUA_ENOMEM;
    }
    SSL_set_bio(dtls->ssl, bio, bio);
    DTLS_set_link_mtu(dtls->ssl, QUA_DTLS_MTU);
    dtls->identity = qua_dtls_identity_ref(identity);
    dtls->log = log;
    dtls->deadline = QUA_TIME_NEVER;
    *out = dtls;
    return 0;
}

void qua_dtls_destroy(qua_dtls **dtls)
{
    qua_dtls *d = *dtls;

    *dtls = NULL;
    if (!d)
        return;
    SSL_free(d->ssl);
    qua_dtls_identity_unref(&d->identity);
    free(d);
}

/* Does the certificate that the far side proved to hold match what its description said? */
static bool fingerprint_matches(const qua_dtls *dtls)
{
    X509 *cert = SSL_get1_peer_certificate(dtls->ssl);
    char text[QUA_FINGERPRINT_SIZE];
    uint8_t digest[32];
    unsigned size = sizeof digest;
    const bool ok = cert && X509_digest(cert, EVP_sha256(), digest, &size) == 1;

    X509_free(cert);
    if (!ok)
        return false;
    qua_hex(text, sizeof text, digest, sizeof digest, ':');
    return qua_equal_constant_time(text, dtls->fingerprint, sizeof text);
}

static void finish_if_verified(qua_dtls *dtls)
{
    if (dtls->state != QUA_DTLS_HANDSHAKE || !dtls->handshake_done || !dtls->fingerprint[0])
        return;
    if (fingerprint_matches(dtls)) {
        set_state(dtls, QUA_DTLS_CONNECTED);
    } else {
        qua_logf(dtls->log, QUA_LOG_ERROR, "dtls: the certificate is not the one that was described");
        SSL_shutdown(dtls->ssl); /* libssl sends no alert of our choice; close_notify tells the far side as well */
        set_state(dtls, QUA_DTLS_FAILED);
    }
}

static void update_deadline(qua_dtls *dtls, qua_time now)
{
    struct timeval left;

    dtls->deadline = QUA_TIME_NEVER;
    if (dtls->state < QUA_DTLS_CLOSED && DTLSv1_get_timeout(dtls->ssl, &left))
        dtls->deadline = now + QUA_SECONDS(left.tv_sec) + left.tv_usec;
}

/* Let libssl work on what is in the pipe. */
static int advance(qua_dtls *dtls, qua_time now)
{
    int result, error = 0;

    if (dtls->state == QUA_DTLS_HANDSHAKE && !dtls->handshake_done) {
        ERR_clear_error();
        result = dtls->client ? SSL_connect(dtls->ssl) : SSL_accept(dtls->ssl);
        if (result == 1) {
            dtls->handshake_done = true;
        } else {
            const int why = SSL_get_error(dtls->ssl, result);
            if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
                qua_logf(dtls->log, QUA_LOG_WARNING, "dtls: handshake failed (%s)",
                         ERR_reason_error_string(ERR_peek_error()) ? ERR_reason_error_string(ERR_peek_error()) : "?");
                set_state(dtls, QUA_DTLS_FAILED);
                error = QUA_EPROTO;
            }
        }
    }
    finish_if_verified(dtls);
    update_deadline(dtls, now);
    return dtls->state == QUA_DTLS_FAILED ? QUA_EPROTO : error;
}

int qua_dtls_set_remote_fingerprint(qua_dtls *dtls, qua_time now, const char *algorithm, const char *fingerprint)
{
    char upper[QUA_FINGERPRINT_SIZE] = {0};

    if (strcasecmp(algorithm, "sha-256") != 0)
        return QUA_ENOTSUP;
    if (strlen(fingerprint) != sizeof upper - 1)
        return QUA_EFORMAT;
    for (size_t i = 0; fingerprint[i]; i++)
        upper[i] = (char)(fingerprint[i] >= 'a' && fingerprint[i] <= 'f' ? fingerprint[i] - 'a' + 'A' : fingerprint[i]);
    /* another certificate would need another association, RFC 8842 §4 */
    if (dtls->state >= QUA_DTLS_CONNECTED)
        return strcmp(upper, dtls->fingerprint) == 0 ? 0 : QUA_ESTATE;
    memcpy(dtls->fingerprint, upper, sizeof upper);
    finish_if_verified(dtls);
    update_deadline(dtls, now);
    return 0;
}

int qua_dtls_start(qua_dtls *dtls, qua_time now, bool client)
{
    int error;

    if (dtls->state != QUA_DTLS_NEW)
        return QUA_ESTATE;
    dtls->client = client;
    set_state(dtls, QUA_DTLS_HANDSHAKE);
    error = advance(dtls, now);
    if (!error && dtls->early_size)
        error = qua_dtls_input(dtls, now, dtls->early, dtls->early_size);
    dtls->early_size = 0;
    return error;
}

/* close_notify or a fatal alert of the far side. */
static void close_if_told(qua_dtls *dtls)
{
    if (SSL_get_shutdown(dtls->ssl) & SSL_RECEIVED_SHUTDOWN)
        set_state(dtls, QUA_DTLS_CLOSED);
}

int qua_dtls_input(qua_dtls *dtls, qua_time now, const uint8_t *data, size_t size)
{
    int error;

    if (size > QUA_DATAGRAM_MAX || size < 13 || dtls->state >= QUA_DTLS_CLOSED)
        return QUA_EIGNORED;
    if (dtls->state == QUA_DTLS_NEW) {
        memcpy(dtls->early, data, size);
        dtls->early_size = size;
        return 0;
    }
    dtls->pipe.in = data;
    dtls->pipe.in_size = size;
    error = advance(dtls, now);
    if (dtls->handshake_done && dtls->pipe.in && dtls->state < QUA_DTLS_CLOSED) {
        /* a retransmitted flight, an alert or close_notify; application data stays for qua_dtls_recv */
        uint8_t byte;
        if (SSL_peek(dtls->ssl, &byte, 1) <= 0)
            close_if_told(dtls);
        update_deadline(dtls, now);
    }
    dtls->pipe.in = NULL;
    return error;
}

size_t qua_dtls_poll_transmit(qua_dtls *dtls, uint8_t *out, size_t capacity)
{
    dtls_pipe *pipe = &dtls->pipe;
    const size_t slot = pipe->first, size = pipe->count ? pipe->out[slot].size : 0;

    if (!size || size > capacity)
        return 0;
    memcpy(out, pipe->out[slot].data, size);
    pipe->first = (slot + 1) % DTLS_OUT_QUEUE;
    pipe->count--;
    return size;
}

void qua_dtls_on_timeout(qua_dtls *dtls, qua_time now)
{
    if (now < dtls->deadline)
        return;
    if (DTLSv1_handle_timeout(dtls->ssl) < 0 && dtls->state == QUA_DTLS_HANDSHAKE)
        set_state(dtls, QUA_DTLS_FAILED); /* libssl gave up after a dozen tries */
    update_deadline(dtls, now);
    /* the timer may be a hair from its time by the other clock: never spin */
    if (dtls->deadline <= now)
        dtls->deadline = now + QUA_MS(1);
}

qua_time qua_dtls_deadline(const qua_dtls *dtls)
{
    return dtls->deadline;
}
qua_dtls_state qua_dtls_get_state(const qua_dtls *dtls)
{
    return dtls->state;
}

int qua_dtls_srtp_keys_export(const qua_dtls *dtls, qua_dtls_srtp_keys *out)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    const SRTP_PROTECTION_PROFILE *profile;
    uint8_t material[60];
    size_t salt;

    if (dtls->state != QUA_DTLS_CONNECTED)
        return QUA_ESTATE;
    profile = SSL_get_selected_srtp_profile(dtls->ssl);
    if (!profile)
        return QUA_ENOTSUP;
    salt = profile->id == SRTP_AEAD_AES_128_GCM ? 12 : 14;
    if (SSL_export_keying_material(dtls->ssl, material, 32 + 2 * salt, label, sizeof label - 1, NULL, 0, 0) != 1)
        return QUA_ENOTSUP;
    memset(out, 0, sizeof *out);
    out->profile = (uint16_t)profile->id;
    /* client key, server key, client salt, server salt */
    memcpy(dtls->client ? out->local_key : out->remote_key, material, 16);
    memcpy(dtls->client ? out->remote_key : out->local_key, material + 16, 16);
    memcpy(dtls->client ? out->local_salt : out->remote_salt, material + 32, salt);
    memcpy(dtls->client ? out->remote_salt : out->local_salt, material + 32 + salt, salt);
    OPENSSL_cleanse(material, sizeof material);
    return 0;
}

int qua_dtls_send(qua_dtls *dtls, const uint8_t *data, size_t size)
{
    if (dtls->state != QUA_DTLS_CONNECTED)
        return QUA_ESTATE;
    if (dtls->pipe.count == DTLS_OUT_QUEUE)
        return QUA_EFULL;
    return SSL_write(dtls->ssl, data, (int)size) > 0 ? 0 : QUA_EIO;
}

size_t qua_dtls_recv(qua_dtls *dtls, uint8_t *out, size_t capacity)
{
    int n;

    if (dtls->state != QUA_DTLS_CONNECTED)
        return 0;
    n = SSL_read(dtls->ssl, out, (int)capacity);
    if (n > 0)
        return (size_t)n;
    close_if_told(dtls); /* it may follow data in one datagram */
    return 0;
}

void qua_dtls_close(qua_dtls *dtls)
{
    if (dtls->state == QUA_DTLS_CONNECTED)
        SSL_shutdown(dtls->ssl);
    if (dtls->state < QUA_DTLS_CLOSED)
        set_state(dtls, QUA_DTLS_CLOSED);
}
