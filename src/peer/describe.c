/* Our descriptions: offers of what we have, answers of what both have (RFC 9429 §5.2, §5.3). */
#include "peer/peer_internal.h"

#include <stdio.h>
#include <strings.h>

#define RTP_PROFILE    "UDP/TLS/RTP/SAVPF"
#define DISCARD_PORT   9 /* real addresses are in candidates (RFC 8840 §4.1.1) */
#define AUDIO_FEEDBACK QUA_SDP_FB_TRANSPORT_CC
#define VIDEO_FEEDBACK (QUA_SDP_FB_NACK | QUA_SDP_FB_PLI | QUA_SDP_FB_FIR | QUA_SDP_FB_TRANSPORT_CC)
#define FIRST_DYNAMIC  96
#define LAST_DYNAMIC   127
#define LAST_EXTENSION 14 /* of the one-byte form */

static const qua_rtp_extension audio_extensions[] = {QUA_RTP_EXT_MID, QUA_RTP_EXT_TRANSPORT_SEQ,
                                                     QUA_RTP_EXT_AUDIO_LEVEL};
static const qua_rtp_extension video_extensions[] = {QUA_RTP_EXT_MID, QUA_RTP_EXT_TRANSPORT_SEQ,
                                                     QUA_RTP_EXT_ABS_CAPTURE_TIME};

static size_t extensions_of(qua_sdp_kind kind, const qua_rtp_extension **out)
{
    *out = kind == QUA_SDP_VIDEO ? video_extensions : audio_extensions;
    return kind == QUA_SDP_VIDEO ? QUA_ARRAY_SIZE(video_extensions) : QUA_ARRAY_SIZE(audio_extensions);
}

/* ---- numbers --------------------------------------------------------------------------------------------- */

static bool number_taken(const qua_peer *p, uint8_t number)
{
    if (p->opus.payload_type == number)
        return true;
    for (size_t i = 0; i < p->config.codec_count; i++) {
        if (p->video[i].payload_type == number || p->video[i].rtx == number)
            return true;
    }
    return false;
}

static uint8_t free_number(const qua_peer *p)
{
    uint8_t number = FIRST_DYNAMIC;

    while (number < LAST_DYNAMIC && number_taken(p, number))
        number++;
    return number;
}

/* One of our numbers becomes `number`; whatever had it before moves away. */
static void claim_number(qua_peer *p, uint8_t *ours, uint8_t number)
{
    if (*ours == number || number == PAYLOAD_TYPE_NONE)
        return;
    *ours = PAYLOAD_TYPE_NONE;
    if (p->opus.payload_type == number)
        p->opus.payload_type = free_number(p);
    for (size_t i = 0; i < p->config.codec_count; i++) {
        if (p->video[i].payload_type == number)
            p->video[i].payload_type = free_number(p);
        if (p->video[i].rtx == number)
            p->video[i].rtx = free_number(p);
    }
    *ours = number;
}

void peer_claim_numbers(qua_peer *p, const qua_video_codec *codec, uint8_t payload_type, uint8_t rtx)
{
    if (!codec)
        claim_number(p, &p->opus.payload_type, payload_type);
    for (size_t i = 0; codec && i < p->config.codec_count; i++) {
        if (p->config.codecs[i] != codec)
            continue;
        claim_number(p, &p->video[i].payload_type, payload_type);
        claim_number(p, &p->video[i].rtx, rtx);
    }
}

static uint8_t extension_id(qua_peer *p, qua_rtp_extension extension)
{
    for (uint8_t id = 1; !p->extension_ids[extension] && id <= LAST_EXTENSION; id++) {
        if (!memchr(p->extension_ids, id, sizeof p->extension_ids))
            p->extension_ids[extension] = id;
    }
    return p->extension_ids[extension];
}

/* ---- codecs ---------------------------------------------------------------------------------------------- */

static qua_sdp_codec opus_entry(uint8_t payload_type)
{
    return (qua_sdp_codec){
        .payload_type = payload_type,
        .name = "opus",
        .clock_hz = 48000,
        .channels = 2, /* always, RFC 7587 §7 */
        .fmtp = "minptime=10;useinbandfec=1",
        .feedback = AUDIO_FEEDBACK,
    };
}

static qua_sdp_codec video_entry(const qua_video_codec *codec, uint8_t payload_type)
{
    qua_sdp_codec entry = {
        .payload_type = payload_type, .clock_hz = VIDEO_HZ, .channels = 1, .feedback = VIDEO_FEEDBACK};

    snprintf(entry.name, sizeof entry.name, "%s", codec->name);
    snprintf(entry.fmtp, sizeof entry.fmtp, "%s", codec->fmtp);
    return entry;
}

static qua_sdp_codec rtx_entry(uint8_t payload_type, uint8_t repairs)
{
    qua_sdp_codec entry = {.payload_type = payload_type, .name = "rtx", .clock_hz = VIDEO_HZ, .channels = 1};

    snprintf(entry.fmtp, sizeof entry.fmtp, "apt=%u", repairs);
    return entry;
}

bool peer_find_codec(const qua_peer *p, const qua_sdp_media *media, const qua_sdp_codec *entry,
                     const qua_video_codec **video)
{
    const qua_sdp_codec opus = opus_entry(0);

    *video = NULL;
    if (media->kind == QUA_SDP_AUDIO)
        return qua_sdp_codec_same(&opus, entry);
    for (size_t i = 0; media->kind == QUA_SDP_VIDEO && i < p->config.codec_count; i++) {
        const qua_sdp_codec ours = video_entry(p->config.codecs[i], 0);
        if (qua_sdp_codec_same(&ours, entry)) {
            *video = p->config.codecs[i];
            return true;
        }
    }
    return false;
}

static void add_codec(qua_sdp_media *m, const qua_sdp_codec *entry)
{
    if (m->codec_count < QUA_SDP_CODECS_MAX)
        m->codecs[m->codec_count++] = *entry;
}

static const qua_video_codec *named(const qua_peer *p, const char *name)
{
    for (size_t i = 0; i < p->config.codec_count; i++) {
        if (strcasecmp(p->config.codecs[i]->name, name) == 0)
            return p->config.codecs[i];
    }
    return NULL;
}

int qua_peer_prefer_codecs(qua_peer *p, int transceiver, const char *const *names, size_t count)
{
    peer_transceiver *t = peer_at(p, transceiver);
    const qua_video_codec *preferred[QUA_PEER_CODECS] = {NULL};

    if (!t || t->stopped)
        return QUA_ENOENT;
    if (count > QUA_PEER_CODECS || (count && t->kind != QUA_VIDEO))
        return QUA_EINVAL;
    for (size_t i = 0; i < count; i++) {
        preferred[i] = named(p, names[i]);
        for (size_t before = 0; before < i; before++) {
            if (preferred[before] == preferred[i])
                return QUA_EINVAL;
        }
        if (!preferred[i])
            return QUA_EINVAL;
    }
    memcpy(t->preferred, preferred, sizeof preferred);
    t->preferred_count = count;
    return 0;
}

/* May it be used on this transceiver? */
static bool is_preferred(const peer_transceiver *t, const qua_video_codec *codec)
{
    for (size_t i = 0; i < t->preferred_count; i++) {
        if (t->preferred[i] == codec)
            return true;
    }
    return t->preferred_count == 0;
}

static void offer_video(const qua_peer *p, qua_sdp_media *m, const qua_video_codec *codec)
{
    for (size_t i = 0; i < p->config.codec_count; i++) {
        qua_sdp_codec entry = video_entry(codec, p->video[i].payload_type);

        if (p->config.codecs[i] != codec)
            continue;
        add_codec(m, &entry);
        entry = rtx_entry(p->video[i].rtx, p->video[i].payload_type);
        add_codec(m, &entry);
    }
}

static void offer_codecs(const qua_peer *p, qua_sdp_media *m, const peer_transceiver *t)
{
    qua_sdp_codec entry = opus_entry(p->opus.payload_type);

    if (m->kind == QUA_SDP_AUDIO)
        add_codec(m, &entry);
    for (size_t i = 0; m->kind == QUA_SDP_VIDEO && i < t->preferred_count; i++)
        offer_video(p, m, t->preferred[i]);
    for (size_t i = 0; m->kind == QUA_SDP_VIDEO && !t->preferred_count && i < p->config.codec_count; i++)
        offer_video(p, m, p->config.codecs[i]);
}

/* What both have, in the offerer's order and under its numbers. @param only this video codec; NULL: all that may be */
static void answer_some(const qua_peer *p, qua_sdp_media *m, const peer_transceiver *t, const qua_sdp_media *offer,
                        const qua_video_codec *only)
{
    const qua_video_codec *video;

    for (size_t i = 0; i < offer->codec_count; i++) {
        const qua_sdp_codec *theirs = &offer->codecs[i];
        const qua_sdp_codec *rtx = qua_sdp_find_rtx(offer, theirs->payload_type);
        qua_sdp_codec entry;

        if (!peer_find_codec(p, offer, theirs, &video) || (only && video != only) || !is_preferred(t, video))
            continue;
        entry = video ? video_entry(video, theirs->payload_type) : opus_entry(theirs->payload_type);
        entry.feedback &= theirs->feedback;
        add_codec(m, &entry);
        if (!rtx || !video)
            continue;
        entry = rtx_entry(rtx->payload_type, theirs->payload_type);
        add_codec(m, &entry);
    }
}

/* Preferences of ours, where there are any, say the order (RFC 9429 §5.3.1). */
static void answer_codecs(const qua_peer *p, qua_sdp_media *m, const peer_transceiver *t, const qua_sdp_media *offer)
{
    for (size_t i = 0; i < t->preferred_count; i++)
        answer_some(p, m, t, offer, t->preferred[i]);
    if (!t->preferred_count)
        answer_some(p, m, t, offer, NULL);
}

/* ---- m-sections ------------------------------------------------------------------------------------------ */

static void add_extensions(qua_peer *p, qua_sdp_media *m, const qua_sdp_media *offer)
{
    const qua_rtp_extension *list;
    const size_t count = extensions_of(m->kind, &list);

    for (size_t i = 0; i < count; i++) {
        qua_sdp_extension *e = &m->extensions[m->extension_count];
        const char *uri = qua_rtp_extension_uri(list[i]);

        e->id = offer ? qua_sdp_find_extension(offer, uri) : extension_id(p, list[i]);
        if (!e->id || e->id > LAST_EXTENSION)
            continue;
        e->direction = QUA_SDP_SENDRECV;
        snprintf(e->uri, sizeof e->uri, "%s", uri);
        m->extension_count++;
    }
}

static void add_transport(const qua_peer *p, qua_sdp_media *m, qua_sdp_setup setup)
{
    snprintf(m->ice_ufrag, sizeof m->ice_ufrag, "%s", qua_ice_local_ufrag(p->ice));
    snprintf(m->ice_password, sizeof m->ice_password, "%s", qua_ice_local_password(p->ice));
    snprintf(m->fingerprint_algorithm, sizeof m->fingerprint_algorithm, "sha-256");
    snprintf(m->fingerprint, sizeof m->fingerprint, "%s", qua_dtls_identity_fingerprint(p->config.identity));
    m->setup = setup;
}

static void add_sender(const qua_peer *p, qua_sdp_media *m, const peer_transceiver *t)
{
    if (!(m->direction & QUA_SDP_SENDONLY))
        return;
    snprintf(m->stream_id, sizeof m->stream_id, "%s", t->stream_id[0] ? t->stream_id : "-");
    snprintf(m->track_id, sizeof m->track_id, "%s", t->track_id);
    snprintf(m->cname, sizeof m->cname, "%s", p->cname);
    m->ssrc = t->sender.ssrc;
    if (t->kind == QUA_VIDEO)
        m->rtx_ssrc = t->sender.rtx_ssrc;
}

/* An m-section of ours; `offer`: the one it answers, or NULL. */
static void describe_media(qua_peer *p, qua_sdp_media *m, const peer_transceiver *t, qua_direction direction,
                           qua_sdp_setup setup, const qua_sdp_media *offer)
{
    m->kind = t->kind == QUA_VIDEO ? QUA_SDP_VIDEO : QUA_SDP_AUDIO;
    snprintf(m->type, sizeof m->type, "%s", t->kind == QUA_VIDEO ? "video" : "audio");
    snprintf(m->protocol, sizeof m->protocol, "%s", offer ? offer->protocol : RTP_PROFILE);
    m->port = DISCARD_PORT;
    m->direction = (qua_sdp_direction)direction;
    m->rtcp_mux = true;
    m->rtcp_rsize = true;
    add_transport(p, m, setup);
    if (offer)
        answer_codecs(p, m, t, offer);
    else
        offer_codecs(p, m, t);
    if (offer)
        m->rtcp_rsize = offer->rtcp_rsize;
    add_extensions(p, m, offer);
    add_sender(p, m, t);
}

/* The m-section of all data channels (RFC 8841 §10). */
static void describe_channels(const qua_peer *p, qua_sdp_media *m, const char *mid, qua_sdp_setup setup,
                              const qua_sdp_media *offer)
{
    m->kind = QUA_SDP_APPLICATION;
    snprintf(m->type, sizeof m->type, "application");
    snprintf(m->protocol, sizeof m->protocol, "%s", offer ? offer->protocol : "UDP/DTLS/SCTP");
    if (offer && peer_channels_old_form(offer))
        snprintf(m->formats, sizeof m->formats, "%d", QUA_SCTP_PORT);
    else
        snprintf(m->formats, sizeof m->formats, "webrtc-datachannel");
    snprintf(m->mid, sizeof m->mid, "%s", mid);
    m->port = DISCARD_PORT;
    m->direction = QUA_SDP_SENDRECV;
    m->sctp_port = QUA_SCTP_PORT;
    m->max_message_size = QUA_SCTP_MESSAGE_MAX;
    add_transport(p, m, setup);
}

/* An m-line that stays for its place, refused in the words it was offered in (RFC 3264 §6). */
static void refuse_media(qua_sdp_media *m, const qua_sdp_media *from)
{
    m->kind = from->kind;
    memcpy(m->type, from->type, sizeof m->type);
    memcpy(m->protocol, from->protocol, sizeof m->protocol);
    memcpy(m->formats, from->formats, sizeof m->formats);
    memcpy(m->mid, from->mid, sizeof m->mid);
    if (from->codec_count)
        add_codec(m, &from->codecs[0]);
    m->direction = QUA_SDP_INACTIVE;
}

static void add_to_bundle(qua_sdp *sdp, const qua_sdp_media *m)
{
    memcpy(sdp->bundle[sdp->bundle_count++], m->mid, sizeof m->mid);
}

static void begin(qua_peer *p, qua_sdp *out)
{
    out->session_id = p->session_id;
    out->session_version = ++p->session_version;
    out->trickle = true;
}

/* Candidates known by now go into the section that owns the transport. */
void peer_add_candidates(const qua_peer *p, qua_sdp *out)
{
    const char *candidate;

    for (size_t i = 0; i < out->media_count; i++) {
        qua_sdp_media *m = &out->media[i];
        if (m->port == 0)
            continue;
        m->candidate_count = 0;
        while (m->candidate_count < QUA_SDP_CANDIDATES_MAX &&
               (candidate = qua_ice_local_candidate(p->ice, m->candidate_count)) != NULL) {
            snprintf(m->candidates[m->candidate_count], sizeof m->candidates[0], "%s", candidate);
            m->candidate_count++;
        }
        m->end_of_candidates = qua_ice_gathered(p->ice);
        return;
    }
}

/* ---- offer ----------------------------------------------------------------------------------------------- */

static void offer_media(qua_peer *p, qua_sdp *out, const peer_transceiver *t, const char *mid)
{
    qua_sdp_media *m = &out->media[out->media_count++];

    describe_media(p, m, t, t->wanted, QUA_SDP_ACTPASS, NULL);
    snprintf(m->mid, sizeof m->mid, "%s", mid);
    add_to_bundle(out, m);
}

static void offer_channels(qua_peer *p, qua_sdp *out, const char *mid)
{
    qua_sdp_media *m = &out->media[out->media_count++];

    describe_channels(p, m, mid, QUA_SDP_ACTPASS, NULL);
    add_to_bundle(out, m);
}

static bool mid_taken(const qua_peer *p, const qua_sdp *out, const char *mid)
{
    return peer_by_mid(p, mid) || strcmp(p->sctp_mid, mid) == 0 || qua_sdp_find_mid(out, mid) ||
           (p->remote && qua_sdp_find_mid(p->remote, mid));
}

/* The next number that no m-section has. */
static void new_mid(const qua_peer *p, const qua_sdp *out, char *mid, size_t capacity)
{
    unsigned next = 0;

    do
        snprintf(mid, capacity, "%u", next++);
    while (mid_taken(p, out, mid));
}

void peer_describe_offer(qua_peer *p, qua_sdp *out)
{
    char mid[12];

    begin(p, out);
    for (size_t i = 0; p->remote && i < p->remote->media_count; i++) {
        const qua_sdp_media *old = &p->remote->media[i];
        const peer_transceiver *t = peer_by_mid(p, old->mid);
        if (t && !t->stopped)
            offer_media(p, out, t, old->mid);
        else if (p->sctp && old->mid[0] && strcmp(p->sctp_mid, old->mid) == 0 && !qua_sdp_rejected(old))
            offer_channels(p, out, old->mid);
        else
            refuse_media(&out->media[out->media_count++], old);
    }
    for (size_t i = 0; i < p->transceiver_count && out->media_count < QUA_SDP_MEDIA_MAX; i++) {
        const peer_transceiver *t = p->transceivers[i];
        if (t->stopped || qua_sdp_find_mid(out, t->mid))
            continue;
        if (!t->mid[0])
            new_mid(p, out, mid, sizeof mid);
        offer_media(p, out, t, t->mid[0] ? t->mid : mid);
    }
    if (p->sctp && out->media_count < QUA_SDP_MEDIA_MAX && !(p->sctp_mid[0] && qua_sdp_find_mid(out, p->sctp_mid))) {
        new_mid(p, out, mid, sizeof mid);
        offer_channels(p, out, p->sctp_mid[0] ? p->sctp_mid : mid);
    }
    peer_add_candidates(p, out);
}

/* ---- answer ---------------------------------------------------------------------------------------------- */

static bool in_bundle(const qua_sdp *sdp, const qua_sdp_media *media)
{
    for (size_t i = 0; i < sdp->bundle_count; i++) {
        if (strcmp(sdp->bundle[i], media->mid) == 0)
            return true;
    }
    return false;
}

bool peer_shares_transport(const qua_sdp *sdp, const qua_sdp_media *media)
{
    return in_bundle(sdp, media) || (sdp->bundle_count == 0 && media == &sdp->media[0]);
}

bool peer_media_usable(const qua_peer *p, const qua_sdp *sdp, const qua_sdp_media *media)
{
    const qua_video_codec *video;

    if ((media->kind != QUA_SDP_AUDIO && media->kind != QUA_SDP_VIDEO) || qua_sdp_rejected(media) || !media->mid[0] ||
        !media->rtcp_mux || !strstr(media->protocol, "RTP/SAVPF") || !peer_shares_transport(sdp, media))
        return false;
    for (size_t i = 0; i < media->codec_count; i++) {
        if (peer_find_codec(p, media, &media->codecs[i], &video))
            return true;
    }
    return false;
}

static qua_sdp_setup answer_setup(const qua_peer *p, const qua_sdp_media *offer)
{
    if (p->dtls_role_known)
        return p->dtls_client ? QUA_SDP_ACTIVE : QUA_SDP_PASSIVE;
    /* active whenever we may: the handshake then starts here, without waiting for the answer to arrive */
    return offer->setup == QUA_SDP_ACTIVE ? QUA_SDP_PASSIVE : QUA_SDP_ACTIVE;
}

/* Is any of what they offer among what this transceiver may use? */
static bool shares_codec(const qua_peer *p, const peer_transceiver *t, const qua_sdp_media *offer)
{
    const qua_video_codec *video;

    for (size_t i = 0; i < offer->codec_count; i++) {
        if (peer_find_codec(p, offer, &offer->codecs[i], &video) && is_preferred(t, video))
            return true;
    }
    return false;
}

void peer_describe_answer(qua_peer *p, qua_sdp *out)
{
    begin(p, out);
    for (size_t i = 0; i < p->remote->media_count; i++) {
        const qua_sdp_media *offer = &p->remote->media[i];
        qua_sdp_media *m = &out->media[out->media_count++];
        const peer_transceiver *t = peer_by_mid(p, offer->mid);

        if (offer->mid[0] && strcmp(offer->mid, p->sctp_mid) == 0 && peer_channels_usable(p, p->remote, offer)) {
            describe_channels(p, m, offer->mid, answer_setup(p, peer_transport_media(p->remote)), offer);
            if (p->remote->bundle_count)
                add_to_bundle(out, m);
            continue;
        }
        if (!t || t->stopped || !peer_media_usable(p, p->remote, offer)) {
            refuse_media(m, offer);
            continue;
        }
        if (!shares_codec(p, t, offer)) {
            refuse_media(m, offer);
            continue;
        }
        snprintf(m->mid, sizeof m->mid, "%s", offer->mid);
        describe_media(p, m, t, t->wanted & (qua_direction)qua_sdp_reversed(offer->direction),
                       answer_setup(p, peer_transport_media(p->remote)), offer);
        if (p->remote->bundle_count)
            add_to_bundle(out, m);
    }
    peer_add_candidates(p, out);
}
