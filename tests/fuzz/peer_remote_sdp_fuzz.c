/* Any text as the far side's description, as an offer and as an answer, and what comes of it when it is taken. */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "peer/peer.h"

static qua_random generator;
static qua_pool *packets;
static qua_dtls_identity *identity;
static char sdp[QUA_SDP_TEXT_MAX];

static qua_peer *open_peer(void)
{
    static const qua_video_codec *const codecs[] = {&qua_codec_vp8};
    qua_peer *peer;

    if (!identity) {
        generator = qua_crypto_random();
        packets = qua_pool_create(QUA_DATAGRAM_MAX, 64);
        assert(qua_dtls_identity_create(&identity) == 0);
    }
    const qua_peer_config config = {.random = &generator,
                                    .identity = identity,
                                    .codecs = codecs,
                                    .codec_count = 1,
                                    .packets = packets,
                                    .data_channels = true};
    assert(qua_peer_create(&peer, 1, &config) == 0);
    return peer;
}

static void drain(qua_peer *peer)
{
    qua_peer_event event;
    qua_peer_transmit out;

    while (qua_peer_poll_event(peer, &event)) {
    }
    qua_peer_on_timeout(peer, 2);
    while (qua_peer_poll_transmit(peer, 2, &out)) {
    }
}

/* After a description was taken ours must be possible, and taken by us. */
static void answer(qua_peer *peer)
{
    const int error = qua_peer_create_answer(peer, sdp, sizeof sdp);

    assert(error == 0 || error == QUA_EFULL);
    if (error == 0)
        assert(qua_peer_set_local(peer, 1, QUA_SDP_ANSWER, sdp) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char cause[160];
    char *text = qua_strndup((const char *)data, size);
    qua_peer *peer = open_peer();

    if (qua_peer_set_remote(peer, 1, QUA_SDP_OFFER, text, cause, sizeof cause) == 0) {
        answer(peer);
        drain(peer);
        /* again, as a renegotiation, which may be refused */
        if (qua_peer_set_remote(peer, 2, QUA_SDP_OFFER, text, cause, sizeof cause) == 0)
            qua_peer_set_remote(peer, 2, QUA_SDP_ROLLBACK, "", cause, sizeof cause);
    } else {
        qua_peer_add_transceiver(peer, QUA_AUDIO, QUA_DIRECTION_SENDRECV, "s", "a");
        qua_peer_add_transceiver(peer, QUA_VIDEO, QUA_DIRECTION_SENDRECV, "s", "v");
        assert(qua_peer_create_offer(peer, sdp, sizeof sdp) == 0);
        assert(qua_peer_set_local(peer, 1, QUA_SDP_OFFER, sdp) == 0);
        qua_peer_set_remote(peer, 1, QUA_SDP_ANSWER, text, cause, sizeof cause);
    }
    drain(peer);
    qua_peer_destroy(&peer);
    free(text);
    return 0;
}
