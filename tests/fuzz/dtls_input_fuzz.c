/*
 * Someone between two ends of DTLS who may drop, repeat, change and invent datagrams. The input is a list of steps: a
 * byte that says what and to whom, a byte of length, that many bytes. Nothing but the real certificate connects.
 */
#include "dtls/dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static qua_dtls_identity *ids[2];

static void deliver(qua_dtls *to, qua_time now, uint8_t *datagram, size_t size)
{
    uint8_t out[QUA_DATAGRAM_MAX];

    qua_dtls_input(to, now, datagram, size);
    while (qua_dtls_recv(to, out, sizeof out)) {
    }
}

static void step(qua_dtls *ends[2], qua_time now, uint8_t what, const uint8_t *data, size_t size)
{
    qua_dtls *from = ends[what & 1], *to = ends[~what & 1];
    uint8_t datagram[QUA_DATAGRAM_MAX] = {0};
    size_t n;

    switch (what >> 1 & 7) {
    case 0: /* invent */
        memcpy(datagram, data, size);
        deliver(to, now, datagram, size);
        break;
    case 1: /* change one byte */
        n = qua_dtls_poll_transmit(from, datagram, sizeof datagram);
        if (n && size >= 3)
            datagram[(data[0] << 8 | data[1]) % n] ^= data[2];
        deliver(to, now, datagram, n);
        break;
    case 2: /* drop */
        qua_dtls_poll_transmit(from, datagram, sizeof datagram);
        break;
    case 3: /* repeat, cut */
        n = qua_dtls_poll_transmit(from, datagram, sizeof datagram);
        deliver(to, now, datagram, n);
        deliver(to, now, datagram, size ? QUA_MIN(n, data[0]) : n);
        break;
    case 4: /* put the bytes in the middle of a real one */
        n = qua_dtls_poll_transmit(from, datagram, sizeof datagram);
        if (n > size)
            memcpy(datagram + (n - size) / 2, data, size);
        deliver(to, now, datagram, n);
        break;
    case 5:
        qua_dtls_send(from, data, size);
        break;
    default: /* let everything pass */
        while ((n = qua_dtls_poll_transmit(from, datagram, sizeof datagram)) != 0)
            deliver(to, now, datagram, n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_dtls *ends[2];
    const qua_time now = QUA_SECONDS(1);

    for (size_t i = 0; i < 2; i++) {
        if (!ids[i] && qua_dtls_identity_create(&ids[i]) != 0)
            return 0;
        if (qua_dtls_create(&ends[i], ids[i], NULL) != 0)
            return 0;
    }
    for (size_t i = 0; i < 2; i++) {
        qua_dtls_set_remote_fingerprint(ends[i], now, "sha-256", qua_dtls_identity_fingerprint(ids[1 - i]));
        qua_dtls_start(ends[i], now, i == 0);
    }
    for (size_t steps = 0; size >= 2 && steps < 32; steps++) {
        const size_t n = QUA_MIN(data[1], size - 2);
        step(ends, now, data[0], data + 2, n);
        data += 2 + n;
        size -= 2 + n;
    }
    for (size_t i = 0; i < 2; i++)
        qua_dtls_destroy(&ends[i]);
    return 0;
}
