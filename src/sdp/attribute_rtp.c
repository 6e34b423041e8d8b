/* Attributes of RTP: codecs, feedback, header extensions, streams. */
#include "sdp/sdp_internal.h"

static qua_sdp_codec *codec_of(qua_sdp_media *media, uint64_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (media->codecs[i].payload_type == payload_type)
            return &media->codecs[i];
    }
    return NULL;
}

/*
 * Cut a payload type off *value and find its entry; *codec is NULL for one that the m-line does not list. Sections
 * without codecs have formats of another kind, whose rtpmap and fmtp are not ours to judge.
 */
static int read_payload_type(qua_sdp_parser *p, qua_span *value, qua_sdp_codec **codec)
{
    uint64_t payload_type;

    *codec = NULL;
    if (p->media->codec_count == 0)
        return 0;
    if (!qua_span_number(qua_span_word(value), 127, &payload_type))
        return qua_sdp_fail(p, "a payload type is not a number of 0 to 127");
    *codec = codec_of(p->media, payload_type);
    return 0;
}

/* a=rtpmap:<payload type> <name>/<clock>[/<channels>] (RFC 8866 §6.6) */
static int read_rtpmap(qua_sdp_parser *p, qua_span value)
{
    qua_sdp_codec *codec;
    qua_span name;
    uint64_t clock_hz, channels = 1;

    if (read_payload_type(p, &value, &codec) < 0)
        return QUA_EFORMAT;
    if (!codec)
        return 0;
    value = qua_span_trim(value);
    name = qua_span_cut(&value, '/');
    if (name.size == 0 || memchr(name.data, ' ', name.size) ||
        !qua_span_number(qua_span_cut(&value, '/'), UINT32_MAX, &clock_hz) || clock_hz == 0)
        return qua_sdp_fail(p, "an rtpmap needs a name and a clock rate");
    if (value.size && (!qua_span_number(value, 255, &channels) || channels == 0))
        return qua_sdp_fail(p, "the channels of an rtpmap are not a number of 1 to 255");
    if (!qua_span_copy(name, codec->name, sizeof codec->name)) {
        p->sdp->skipped++;
        return 0;
    }
    codec->clock_hz = (uint32_t)clock_hz;
    codec->channels = (uint8_t)channels;
    return 0;
}

/* a=fmtp:<payload type> <parameters> */
static int read_fmtp(qua_sdp_parser *p, qua_span value)
{
    qua_sdp_codec *codec;

    if (read_payload_type(p, &value, &codec) < 0)
        return QUA_EFORMAT;
    if (codec && !qua_span_copy(qua_span_trim(value), codec->fmtp, sizeof codec->fmtp))
        p->sdp->skipped++;
    return 0;
}

static unsigned feedback_of(qua_span text)
{
    static const struct {
        const char *text;
        unsigned bit;
    } kinds[] = {
        {"nack", QUA_SDP_FB_NACK},      {"nack pli", QUA_SDP_FB_PLI},
        {"ccm fir", QUA_SDP_FB_FIR},    {"transport-cc", QUA_SDP_FB_TRANSPORT_CC},
        {"goog-remb", QUA_SDP_FB_REMB}, {"ack ccfb", QUA_SDP_FB_CCFB},
    };

    for (size_t i = 0; i < QUA_ARRAY_SIZE(kinds); i++) {
        if (qua_span_is(text, kinds[i].text))
            return kinds[i].bit;
    }
    return 0;
}

/* a=rtcp-fb:<payload type or *> <what> (RFC 4585 §4.2) */
static int read_rtcp_fb(qua_sdp_parser *p, qua_span value)
{
    qua_span rest = value;
    qua_sdp_codec *codec;

    if (qua_span_is(qua_span_word(&rest), "*")) {
        p->feedback_of_all |= feedback_of(qua_span_trim(rest));
        return 0;
    }
    if (read_payload_type(p, &value, &codec) < 0)
        return QUA_EFORMAT;
    if (codec)
        codec->feedback |= feedback_of(qua_span_trim(value));
    return 0;
}

/* The entry of this id, else a new one; an id of the section replaces the session's. */
static qua_sdp_extension *extension_slot(qua_sdp_media *media, uint8_t id)
{
    for (size_t i = 0; i < media->extension_count; i++) {
        if (media->extensions[i].id == id)
            return &media->extensions[i];
    }
    return media->extension_count < QUA_SDP_EXTENSIONS_MAX ? &media->extensions[media->extension_count++] : NULL;
}

/* a=extmap:<id>["/"<direction>] <URI> [<attributes>] (RFC 8285 §5). Ids 4096 up ask for one below: not ours to give. */
static int read_extmap(qua_sdp_parser *p, qua_span value)
{
    qua_span entry = qua_span_word(&value);
    const qua_span uri = qua_span_word(&value), number = qua_span_cut(&entry, '/');
    qua_sdp_direction direction = QUA_SDP_SENDRECV;
    qua_sdp_extension *slot;
    uint64_t id;

    if (!qua_span_number(number, 4351, &id) || id == 0 || uri.size == 0)
        return qua_sdp_fail(p, "an extmap needs an id of 1 or more and a URI");
    if (entry.size && !qua_sdp_direction_of(entry, &direction))
        return qua_sdp_fail(p, "the direction of an extmap is none of the four");
    if (id > 255 || uri.size >= sizeof slot->uri || !(slot = extension_slot(p->media, (uint8_t)id))) {
        p->sdp->skipped++;
        return 0;
    }
    slot->id = (uint8_t)id;
    slot->direction = direction;
    qua_span_copy(uri, slot->uri, sizeof slot->uri);
    return 0;
}

/* a=rid:<id> send|recv ... (RFC 8851 §4) */
static int read_rid(qua_sdp_parser *p, qua_span value)
{
    qua_sdp_media *media = p->media;
    const qua_span id = qua_span_word(&value), direction = qua_span_word(&value);
    const bool send = qua_span_is(direction, "send");

    if (id.size == 0 || (!send && !qua_span_is(direction, "recv")))
        return qua_sdp_fail(p, "a rid needs an id and send or recv");
    if (media->rid_count == QUA_SDP_RIDS_MAX || id.size >= sizeof media->rids[0].id) {
        p->sdp->skipped++;
        return 0;
    }
    qua_span_copy(id, media->rids[media->rid_count].id, sizeof media->rids[0].id);
    media->rids[media->rid_count++].send = send;
    return 0;
}

static int read_simulcast(qua_sdp_parser *p, qua_span value)
{
    if (!qua_span_copy(qua_span_trim(value), p->media->simulcast, sizeof p->media->simulcast))
        p->sdp->skipped++;
    return 0;
}

/* <stream> [<track>]; of several the first counts */
static void keep_msid(qua_sdp_parser *p, qua_span value)
{
    qua_sdp_media *media = p->media;
    const qua_span stream = qua_span_word(&value), track = qua_span_word(&value);

    if (media->stream_id[0] || stream.size == 0)
        return;
    if (stream.size >= sizeof media->stream_id || track.size >= sizeof media->track_id) {
        p->sdp->skipped++;
        return;
    }
    qua_span_copy(stream, media->stream_id, sizeof media->stream_id);
    qua_span_copy(track, media->track_id, sizeof media->track_id);
}

static int read_msid(qua_sdp_parser *p, qua_span value)
{
    if (qua_span_trim(value).size == 0)
        return qua_sdp_fail(p, "an msid needs a stream");
    keep_msid(p, value);
    return 0;
}

static int read_ssrc_number(qua_sdp_parser *p, qua_span *value, uint64_t *ssrc)
{
    if (!qua_span_number(qua_span_word(value), UINT32_MAX, ssrc) || *ssrc == 0)
        return qua_sdp_fail(p, "an SSRC is not a number of 1 to 4294967295");
    return 0;
}

/* a=ssrc:<ssrc> [<attribute>[:<value>]] (RFC 5576 §4.1); "msid" here is how streams were named before RFC 8830 */
static int read_ssrc(qua_sdp_parser *p, qua_span value)
{
    qua_sdp_media *media = p->media;
    uint64_t ssrc;
    qua_span name;

    if (read_ssrc_number(p, &value, &ssrc) < 0)
        return QUA_EFORMAT;
    if (media->ssrc == 0)
        media->ssrc = (uint32_t)ssrc;
    if (media->ssrc != ssrc)
        return 0;
    value = qua_span_trim(value);
    name = qua_span_cut(&value, ':');
    if (qua_span_is(name, "msid"))
        keep_msid(p, value);
    else if (qua_span_is(name, "cname") && !qua_span_copy(qua_span_trim(value), media->cname, sizeof media->cname))
        p->sdp->skipped++;
    return 0;
}

/* a=ssrc-group:FID <ssrc> <rtx ssrc> (RFC 5576 §4.2) */
static int read_ssrc_group(qua_sdp_parser *p, qua_span value)
{
    qua_sdp_media *media = p->media;
    uint64_t ssrc, rtx_ssrc;

    if (!qua_span_is(qua_span_word(&value), "FID"))
        return 0;
    if (read_ssrc_number(p, &value, &ssrc) < 0 || read_ssrc_number(p, &value, &rtx_ssrc) < 0)
        return QUA_EFORMAT;
    if (media->ssrc == 0)
        media->ssrc = (uint32_t)ssrc;
    if (media->ssrc == ssrc && media->rtx_ssrc == 0)
        media->rtx_ssrc = (uint32_t)rtx_ssrc;
    return 0;
}

const qua_sdp_attribute qua_sdp_rtp_attributes[] = {
    {.name = "rtpmap", .where = QUA_SDP_AT_MEDIA, .read = read_rtpmap},
    {.name = "fmtp", .where = QUA_SDP_AT_MEDIA, .read = read_fmtp},
    {.name = "rtcp-fb", .where = QUA_SDP_AT_MEDIA, .read = read_rtcp_fb},
    {.name = "extmap", .where = QUA_SDP_AT_BOTH, .read = read_extmap},
    {.name = "rtcp-mux", .where = QUA_SDP_AT_MEDIA, .flag = offsetof(qua_sdp_media, rtcp_mux)},
    {.name = "rtcp-mux-only", .where = QUA_SDP_AT_MEDIA, .flag = offsetof(qua_sdp_media, rtcp_mux_only)},
    {.name = "rtcp-rsize", .where = QUA_SDP_AT_MEDIA, .flag = offsetof(qua_sdp_media, rtcp_rsize)},
    {.name = "rid", .where = QUA_SDP_AT_MEDIA, .read = read_rid},
    {.name = "simulcast", .where = QUA_SDP_AT_MEDIA, .read = read_simulcast},
    {.name = "msid", .where = QUA_SDP_AT_MEDIA, .read = read_msid},
    {.name = "ssrc", .where = QUA_SDP_AT_MEDIA, .read = read_ssrc},
    {.name = "ssrc-group", .where = QUA_SDP_AT_MEDIA, .read = read_ssrc_group},
    {.name = NULL},
};
