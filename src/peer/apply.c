/* What a finished exchange of descriptions means for transceivers and transport (RFC 9429 §5.9 to §5.11). */
#include "peer/peer_internal.h"

#include <stdio.h>

peer_transceiver *peer_by_mid(const qua_peer *p, const char *mid)
{
    for (size_t i = 0; mid[0] && i < p->transceiver_count; i++) {
        if (strcmp(p->transceivers[i]->mid, mid) == 0)
            return p->transceivers[i];
    }
    return NULL;
}

const qua_sdp_media *peer_transport_media(const qua_sdp *sdp)
{
    const qua_sdp_media *owner = sdp->bundle_count ? qua_sdp_find_mid(sdp, sdp->bundle[0]) : NULL;

    for (size_t i = 0; !owner && i < sdp->media_count; i++) {
        if (!qua_sdp_rejected(&sdp->media[i]))
            owner = &sdp->media[i];
    }
    return owner;
}

/* ---- transceivers and m-lines ---------------------------------------------------------------------------- */

static peer_transceiver *unassociated(const qua_peer *p, qua_sdp_kind kind)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];
        if (!t->stopped && !t->mid[0] && (t->kind == QUA_VIDEO) == (kind == QUA_SDP_VIDEO))
            return t;
    }
    return NULL;
}

static void associate(peer_transceiver *t, const char *mid)
{
    snprintf(t->mid, sizeof t->mid, "%s", mid);
    t->fresh_mid = true;
}

/* All channels share one m-section: the first that is described. */
static void associate_channels(qua_peer *p, const qua_sdp_media *m)
{
    if (p->sctp_mid[0] || qua_sdp_rejected(m))
        return;
    snprintf(p->sctp_mid, sizeof p->sctp_mid, "%s", m->mid);
    p->fresh_sctp_mid = true;
}

void peer_associate_local(qua_peer *p, const qua_sdp *offer)
{
    for (size_t i = 0; i < offer->media_count; i++) {
        const qua_sdp_media *m = &offer->media[i];
        peer_transceiver *t;

        if (m->kind == QUA_SDP_APPLICATION)
            associate_channels(p, m);
        if (qua_sdp_rejected(m) || peer_by_mid(p, m->mid))
            continue;
        t = unassociated(p, m->kind);
        if (t)
            associate(t, m->mid);
    }
}

void peer_associate_remote(qua_peer *p, const qua_sdp *offer)
{
    for (size_t i = 0; i < offer->media_count; i++) {
        const qua_sdp_media *m = &offer->media[i];
        peer_transceiver *t;

        if (peer_channels_usable(p, offer, m) && peer_channels_create(p) == 0)
            associate_channels(p, m);
        if (!peer_media_usable(p, offer, m) || peer_by_mid(p, m->mid))
            continue;
        t = unassociated(p, m->kind);
        if (!t) {
            t = peer_transceiver_create(p, m->kind == QUA_SDP_VIDEO ? QUA_VIDEO : QUA_AUDIO, QUA_DIRECTION_RECVONLY);
            if (!t)
                return; /* more m-lines than we have room for: they are refused */
            t->made_by_remote = true;
        }
        associate(t, m->mid);
    }
}

void peer_update_tracks(qua_peer *p, const qua_sdp *remote)
{
    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];
        const qua_sdp_media *m = remote ? qua_sdp_find_mid(remote, t->mid) : NULL;
        const bool sends = m && !t->stopped && !qua_sdp_rejected(m) && m->direction & QUA_SDP_SENDONLY;
        qua_peer_event *event;

        if (sends == t->remote_track)
            continue;
        t->remote_track = sends;
        event = peer_emit(p, sends ? QUA_PEER_TRACK : QUA_PEER_TRACK_ENDED, (int)i);
        if (!event || !sends)
            continue;
        event->track.kind = t->kind;
        snprintf(event->track.stream_id, sizeof event->track.stream_id, "%s",
                 strcmp(m->stream_id, "-") ? m->stream_id : "");
        snprintf(event->track.track_id, sizeof event->track.track_id, "%s", m->track_id);
    }
}

void peer_roll_back(qua_peer *p)
{
    if (p->fresh_sctp_mid)
        p->sctp_mid[0] = 0;
    p->fresh_sctp_mid = false;
    for (size_t i = 0; i < p->transceiver_count; i++) {
        peer_transceiver *t = p->transceivers[i];

        if (t->fresh_mid)
            t->mid[0] = 0;
        t->stopped |= t->made_by_remote;
        t->fresh_mid = t->made_by_remote = false;
    }
}

/* ---- codecs and extensions ------------------------------------------------------------------------------- */

static const qua_sdp_codec *same_in(const qua_sdp_media *media, const qua_sdp_codec *codec)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (qua_sdp_codec_same(&media->codecs[i], codec))
            return &media->codecs[i];
    }
    return NULL;
}

static uint8_t rtx_number(const qua_sdp_media *media, uint8_t payload_type)
{
    const qua_sdp_codec *rtx = qua_sdp_find_rtx(media, payload_type);

    return rtx ? rtx->payload_type : PAYLOAD_TYPE_NONE;
}

static void apply_codecs(qua_peer *p, peer_transceiver *t, const qua_sdp_media *local, const qua_sdp_media *remote,
                         const qua_sdp_media *answer)
{
    t->codec_count = 0;
    t->nack = t->pli = false;
    for (size_t i = 0; i < answer->codec_count && t->codec_count < QUA_PEER_CODECS; i++) {
        const qua_sdp_codec *ours = same_in(local, &answer->codecs[i]), *theirs = same_in(remote, &answer->codecs[i]);
        peer_codec *codec = &t->codecs[t->codec_count];

        if (!ours || !theirs || !peer_find_codec(p, answer, &answer->codecs[i], &codec->video))
            continue;
        codec->send = theirs->payload_type;
        codec->send_rtx = rtx_number(remote, theirs->payload_type);
        codec->receive = ours->payload_type;
        codec->receive_rtx = rtx_number(local, ours->payload_type);
        peer_claim_numbers(p, codec->video, codec->receive, codec->receive_rtx);
        if (t->codec_count++ == 0) {
            const unsigned feedback = ours->feedback & theirs->feedback;
            t->nack = feedback & QUA_SDP_FB_NACK;
            t->pli = feedback & (QUA_SDP_FB_PLI | QUA_SDP_FB_FIR);
            p->transport_cc |= (feedback & QUA_SDP_FB_TRANSPORT_CC) != 0;
        }
    }
}

static void apply_extensions(qua_peer *p, peer_transceiver *t, const qua_sdp_media *answer)
{
    for (int i = 0; i < QUA_RTP_EXT_COUNT; i++) {
        const uint8_t id = qua_sdp_find_extension(answer, qua_rtp_extension_uri((qua_rtp_extension)i));

        t->extmap.id[i] = id <= 14 ? id : 0;
        if (t->extmap.id[i])
            p->extmap.id[i] = p->extension_ids[i] = id;
    }
}

static void apply_media(qua_peer *p, const qua_sdp_media *local, const qua_sdp_media *remote, bool we_offered,
                        bool provisional)
{
    const qua_sdp_media *answer = we_offered ? remote : local;
    peer_transceiver *t = peer_by_mid(p, local->mid);

    if (local->mid[0] && strcmp(local->mid, p->sctp_mid) == 0)
        peer_channels_apply(p, local, remote, provisional);
    if (!t)
        return;
    t->fresh_mid = t->made_by_remote = false;
    if (qua_sdp_rejected(answer) || qua_sdp_rejected(remote)) {
        t->stopped = !provisional;
        t->current = QUA_DIRECTION_INACTIVE;
        return;
    }
    t->described = (qua_direction)local->direction;
    t->offered = we_offered ? QUA_DIRECTION_SENDRECV : (qua_direction)qua_sdp_reversed(remote->direction);
    t->current = (qua_direction)(local->direction & qua_sdp_reversed(remote->direction));
    apply_codecs(p, t, local, remote, answer);
    apply_extensions(p, t, answer);
    t->receiver.described_ssrc = remote->ssrc;
    t->receiver.described_rtx = remote->rtx_ssrc;
    p->reduced_size = local->rtcp_rsize && remote->rtcp_rsize;
}

void peer_apply(qua_peer *p, qua_time now, const qua_sdp *local, const qua_sdp *remote, bool we_offered,
                bool provisional)
{
    const qua_sdp_media *ours = peer_transport_media(local), *theirs = peer_transport_media(remote);
    const bool first = !p->negotiated;

    memset(&p->extmap, 0, sizeof p->extmap);
    p->transport_cc = false;
    for (size_t i = 0; i < local->media_count && i < remote->media_count; i++)
        apply_media(p, &local->media[i], &remote->media[i], we_offered, provisional);
    p->transport_cc &= p->extmap.id[QUA_RTP_EXT_TRANSPORT_SEQ] != 0;
    p->negotiated = true;
    if (first && !p->transport_cc)
        peer_control_without_feedback(p, now);
    if (!p->dtls_role_known && ours && theirs) {
        p->dtls_role_known = true;
        p->dtls_client = we_offered ? theirs->setup == QUA_SDP_PASSIVE : ours->setup == QUA_SDP_ACTIVE;
    }
}
