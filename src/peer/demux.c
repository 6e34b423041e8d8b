/* Which protocol a datagram is of (RFC 7983), and the door of each. */
#include "peer/peer_internal.h"

static int on_dtls(qua_peer *p, qua_time now, const uint8_t *data, size_t size)
{
    /*
     * Our offer leaves the role open (a=setup:actpass): a ClientHello says that the far side took the active one,
     * a signaling delay before its answer does. The handshake goes on meanwhile; keys wait for the fingerprint.
     */
    if (!p->dtls_role_known && p->signaling == QUA_SIGNALING_HAVE_LOCAL_OFFER) {
        p->dtls_role_known = true;
        p->dtls_client = false;
        qua_dtls_start(p->dtls, now, false);
    }
    return qua_dtls_input(p->dtls, now, data, size);
}

static int on_media(qua_peer *p, qua_time now, int base, const qua_addr *from, uint8_t *data, size_t size)
{
    const bool control = qua_rtp_is_rtcp(data, size);
    int error;

    if (!p->srtp)
        return QUA_EIGNORED; /* before the keys */
    error = control ? qua_srtp_unprotect_rtcp(p->srtp, data, &size) : qua_srtp_unprotect_rtp(p->srtp, data, &size);
    if (error)
        return error;
    qua_ice_note_media(p->ice, now, base, from);
    error = control ? peer_on_rtcp(p, now, data, size) : peer_on_rtp(p, now, data, size);
    if (error == QUA_EFORMAT)
        p->malformed++;
    return error;
}

int qua_peer_input(qua_peer *p, qua_time now, int base, const qua_addr *from, uint8_t *data, size_t size, unsigned ecn)
{
    qua_addr source = *from;
    uint8_t first;
    int error;

    (void)ecn; /* transport-cc has no room for it */
    p->now = now;
    if (p->connection == QUA_CONNECTION_CLOSED || size == 0 || size > QUA_DATAGRAM_MAX)
        return QUA_EIGNORED;
    error = qua_ice_unwrap(p->ice, &base, &source, &data, &size);
    if (error || size == 0)
        return error ? error : QUA_EIGNORED;
    first = data[0];
    if (first >= 128 && first <= 191)
        return on_media(p, now, base, &source, data, size);
    error = QUA_EIGNORED;
    if (first <= 3)
        error = qua_ice_input(p->ice, now, base, &source, data, size);
    else if (first >= 20 && first <= 63)
        error = on_dtls(p, now, data, size);
    peer_transport_drive(p, now);
    return error;
}
