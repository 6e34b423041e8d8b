/*
 * What a far side that has the keys could send: RTP and RTCP after SRTP took its hands off them, and datagrams of any
 * kind before. The input is a row of them: a byte for the door, two for the size, the bytes.
 */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "peer/peer_internal.h"

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
        packets = qua_pool_create(QUA_DATAGRAM_MAX, 512);
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

/* Both have agreed on sound and pictures; there is no network between them. */
static qua_peer *open_agreed(void)
{
    qua_peer *peer = open_peer(), *other = open_peer();
    char cause[160];

    qua_peer_add_transceiver(other, QUA_AUDIO, QUA_DIRECTION_SENDRECV, "s", "a");
    qua_peer_add_transceiver(other, QUA_VIDEO, QUA_DIRECTION_SENDRECV, "s", "v");
    assert(qua_peer_create_offer(other, sdp, sizeof sdp) == 0);
    assert(qua_peer_set_remote(peer, 1, QUA_SDP_OFFER, sdp, cause, sizeof cause) == 0);
    for (int i = 0; i < 2; i++)
        qua_peer_set_direction(peer, i, QUA_DIRECTION_SENDRECV);
    assert(qua_peer_create_answer(peer, sdp, sizeof sdp) == 0);
    assert(qua_peer_set_local(peer, 1, QUA_SDP_ANSWER, sdp) == 0);
    qua_peer_destroy(&other);
    /* numbers that a corpus can know */
    for (size_t i = 0; i < peer->transceiver_count; i++) {
        peer->transceivers[i]->sender.ssrc = (uint32_t)(0x11111111 * (i + 1));
        peer->transceivers[i]->sender.started = true;
        peer->transceivers[i]->receiver.described_ssrc = (uint32_t)(0x33333333 * (i + 1));
        peer->transceivers[i]->receiver.described_rtx = i ? 0x55555555 : 0;
    }
    return peer;
}

static void drain(qua_peer *peer, qua_time now)
{
    qua_peer_event event;
    qua_peer_transmit out;

    while (qua_peer_poll_event(peer, &event)) {
        if (event.type == QUA_PEER_PICTURE)
            qua_buffer_unref(&event.picture.data);
        if (event.type == QUA_PEER_CHANNEL)
            qua_buffer_unref(&event.channel.data);
        if (event.type == QUA_PEER_AUDIO)
            qua_buffer_unref(&event.audio.data);
    }
    for (int i = 0; i < 64 && peer_control_poll(peer, now, &out); i++)
        assert(out.size <= QUA_MTU);
    assert(peer_receive_deadline(peer, now) >= now);
    while (qua_peer_poll_transmit(peer, now, &out)) {
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const qua_addr from = {.family = QUA_IPV4, .port = 5000, .ip = {192, 0, 2, 1}};
    const qua_srtp_key key = {{1}, {2}};
    qua_peer *peer = open_agreed();
    qua_reader r = qua_reader_of(data, size);
    qua_time now = QUA_SECONDS(1);

    assert(qua_srtp_create(&peer->srtp, QUA_SRTP_AEAD_AES_128_GCM, &key, &key) == 0);
    for (int i = 0; i < 200 && qua_reader_left(&r) > 3; i++) {
        const uint8_t door = qua_read_u8(&r);
        const size_t said = qua_read_u16(&r) % (QUA_DATAGRAM_MAX + 1u), left = qua_reader_left(&r);
        const size_t length = QUA_MIN(said, left);
        const uint8_t *bytes = qua_read_bytes(&r, length);
        uint8_t *copy = malloc(length + 1); /* its own, so that a read past the end is seen */

        memcpy(copy, bytes, length);
        if (door % 4 == 0)
            peer_on_rtcp(peer, now, copy, length);
        else if (door % 4 == 3)
            qua_peer_input(peer, now, 0, &from, copy, length, 0);
        else
            peer_on_rtp(peer, now, copy, length);
        free(copy);
        now += (door >> 2) * QUA_MS(2);
        drain(peer, now);
    }
    qua_peer_destroy(&peer);
    return 0;
}
