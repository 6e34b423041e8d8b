/* Data channels of a connection: SCTP over its DTLS (RFC 8261, RFC 8831). */
#include "peer/peer_internal.h"

int peer_channels_create(qua_peer *p)
{
    return p->sctp ? 0 : qua_sctp_create(&p->sctp, p->config.log);
}

int qua_peer_open_channel(qua_peer *p, qua_time now, const char *label, const qua_data_channel_config *config)
{
    int channel;

    p->now = now;
    if (p->connection == QUA_CONNECTION_CLOSED)
        return QUA_ECLOSED;
    channel = peer_channels_create(p);
    if (!channel)
        channel = qua_sctp_open(p->sctp, now, label, config);
    peer_check_negotiation(p);
    return channel;
}

int qua_peer_channel_send(qua_peer *p, qua_time now, int channel, bool binary, qua_buffer *data)
{
    p->now = now;
    return p->sctp ? qua_sctp_send(p->sctp, now, channel, binary, data) : QUA_ESTATE;
}

void qua_peer_channel_close(qua_peer *p, qua_time now, int channel)
{
    p->now = now;
    if (p->sctp)
        qua_sctp_close(p->sctp, now, channel);
}

const qua_sctp *qua_peer_channels(const qua_peer *p)
{
    return p->sctp;
}

/* ---- negotiation ----------------------------------------------------------------------------------------- */

bool peer_channels_old_form(const qua_sdp_media *media)
{
    return strcmp(media->protocol, "DTLS/SCTP") == 0;
}

bool peer_channels_usable(const qua_peer *p, const qua_sdp *sdp, const qua_sdp_media *media)
{
    return (p->config.data_channels || p->sctp) && media->kind == QUA_SDP_APPLICATION && !qua_sdp_rejected(media) &&
           media->mid[0] && media->sctp_port && media->sctp_port <= UINT16_MAX &&
           strstr(media->protocol, "DTLS/SCTP") &&
           (peer_channels_old_form(media) || strcmp(media->formats, "webrtc-datachannel") == 0) &&
           peer_shares_transport(sdp, media);
}

void peer_channels_apply(qua_peer *p, const qua_sdp_media *local, const qua_sdp_media *remote, bool provisional)
{
    p->fresh_sctp_mid = false;
    if (!p->sctp)
        return;
    if (qua_sdp_rejected(local) || qua_sdp_rejected(remote)) {
        p->sctp_agreed = false;
        if (!provisional)
            qua_sctp_stop(p->sctp);
        return;
    }
    p->sctp_agreed = true;
    p->sctp_port = (uint16_t)(remote->sctp_port ? remote->sctp_port : QUA_SCTP_PORT);
    /* RFC 8841 §6.1: 64 KiB unless it says otherwise, any size is 0 on the wire and UINT32_MAX here */
    p->sctp_message_max = remote->max_message_size == UINT32_MAX ? 0
                          : remote->max_message_size             ? remote->max_message_size
                                                                 : 65536;
}

/* ---- packets --------------------------------------------------------------------------------------------- */

void peer_channels_drive(qua_peer *p, qua_time now)
{
    const qua_dtls_state state = qua_dtls_get_state(p->dtls);
    uint8_t packet[QUA_DATAGRAM_MAX];
    size_t size;

    if (p->sctp && p->sctp_agreed && state == QUA_DTLS_CONNECTED)
        qua_sctp_start(p->sctp, now, p->dtls_client, p->sctp_port, p->sctp_message_max);
    while ((size = qua_dtls_recv(p->dtls, packet, sizeof packet)) != 0) {
        if (p->sctp)
            (void)qua_sctp_input(p->sctp, now, packet, size);
    }
    if (p->sctp && (state == QUA_DTLS_CLOSED || state == QUA_DTLS_FAILED))
        qua_sctp_stop(p->sctp);
}

bool peer_channels_transmit(qua_peer *p)
{
    uint8_t packet[QUA_SCTP_PACKET];
    const size_t size = p->sctp ? qua_sctp_poll_transmit(p->sctp, packet, sizeof packet) : 0;

    return size && qua_dtls_send(p->dtls, packet, size) == 0;
}

bool peer_channels_poll_event(qua_peer *p, qua_peer_event *out)
{
    qua_sctp_event event;

    if (!p->sctp || !qua_sctp_poll_event(p->sctp, &event))
        return false;
    memset(out, 0, sizeof *out);
    out->type = QUA_PEER_CHANNEL;
    out->transceiver = -1;
    out->channel = event;
    return true;
}
