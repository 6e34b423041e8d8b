/* What an answerer asks of an offer (RFC 3264 §6). */
#include <stdlib.h>
#include <strings.h>

#include "sdp/sdp_internal.h"

const qua_sdp_media *qua_sdp_find_mid(const qua_sdp *sdp, const char *mid)
{
    for (size_t i = 0; mid[0] && i < sdp->media_count; i++) {
        if (strcmp(sdp->media[i].mid, mid) == 0)
            return &sdp->media[i];
    }
    return NULL;
}

bool qua_sdp_rejected(const qua_sdp_media *media)
{
    return media->port == 0 && !media->bundle_only;
}

const char *qua_sdp_fmtp_get(const char *fmtp, const char *name, char *out, size_t capacity)
{
    qua_span rest = {fmtp, strlen(fmtp)};

    while (rest.size) {
        qua_span value = qua_span_trim(qua_span_cut(&rest, ';'));
        const qua_span key = qua_span_trim(qua_span_cut(&value, '='));
        if (qua_span_is_caseless(key, name))
            return qua_span_copy(qua_span_trim(value), out, capacity) ? out : NULL;
    }
    return NULL;
}

/* Is the parameter the same in both, when it stands for `absent` where it is not given? */
static bool parameter_same(const qua_sdp_codec *a, const qua_sdp_codec *b, const char *name, const char *absent)
{
    char of_a[32], of_b[32];
    const char *x = qua_sdp_fmtp_get(a->fmtp, name, of_a, sizeof of_a);
    const char *y = qua_sdp_fmtp_get(b->fmtp, name, of_b, sizeof of_b);

    return strcasecmp(x ? x : absent, y ? y : absent) == 0;
}

/*
 * The profile of a profile-level-id (RFC 6184 §8.1, table 5): profile_idc with those bits of profile-iop that tell
 * profiles apart. Constraint set 1 makes baseline constrained, and main or extended with set 0 are the same again.
 */
static unsigned h264_profile(const qua_sdp_codec *codec)
{
    enum { BASELINE = 0x42, MAIN = 0x4d, EXTENDED = 0x58, CONSTRAINED_BASELINE = 1 };
    char text[8];
    const char *id = qua_sdp_fmtp_get(codec->fmtp, "profile-level-id", text, sizeof text);
    const unsigned long value = strtoul(id ? id : "420010", NULL, 16);
    const unsigned idc = value >> 16 & 0xff, iop = value >> 8 & 0xff;

    if ((idc == BASELINE && iop & 0x40) || (idc == MAIN && iop & 0x80) || (idc == EXTENDED && (iop & 0xc0) == 0xc0))
        return CONSTRAINED_BASELINE;
    if (idc == EXTENDED && iop & 0x80)
        return BASELINE;
    if (idc == BASELINE || idc == MAIN || idc == EXTENDED)
        return idc;
    return idc << 8 | (iop & 0x1c); /* constraint sets 3, 4, 5: intra and constrained high profiles */
}

bool qua_sdp_codec_same(const qua_sdp_codec *a, const qua_sdp_codec *b)
{
    if (strcasecmp(a->name, b->name) != 0 || a->clock_hz != b->clock_hz || a->channels != b->channels)
        return false;
    if (strcasecmp(a->name, "H264") == 0)
        return h264_profile(a) == h264_profile(b) && parameter_same(a, b, "packetization-mode", "0");
    if (strcasecmp(a->name, "VP9") == 0)
        return parameter_same(a, b, "profile-id", "0");
    if (strcasecmp(a->name, "AV1") == 0)
        return parameter_same(a, b, "profile", "0");
    return true;
}

const qua_sdp_codec *qua_sdp_find_rtx(const qua_sdp_media *media, uint8_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        const qua_sdp_codec *codec = &media->codecs[i];
        char text[8];
        const char *apt = qua_sdp_fmtp_get(codec->fmtp, "apt", text, sizeof text);
        uint64_t number;
        if (apt && strcasecmp(codec->name, "rtx") == 0 && qua_span_number((qua_span){apt, strlen(apt)}, 127, &number) &&
            number == payload_type)
            return codec;
    }
    return NULL;
}

uint8_t qua_sdp_find_extension(const qua_sdp_media *media, const char *uri)
{
    for (size_t i = 0; i < media->extension_count; i++) {
        if (strcmp(media->extensions[i].uri, uri) == 0)
            return media->extensions[i].id;
    }
    return 0;
}

qua_sdp_direction qua_sdp_reversed(qua_sdp_direction direction)
{
    return (qua_sdp_direction)((direction & QUA_SDP_RECVONLY) << 1 | (direction & QUA_SDP_SENDONLY) >> 1);
}
