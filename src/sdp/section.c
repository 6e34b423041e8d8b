/* One m-section: its first line, and what is settled once all of it was read. */
#include "sdp/sdp_internal.h"

static qua_sdp_kind kind_of(const char *type)
{
    static const char *const names[] = {
        [QUA_SDP_AUDIO] = "audio", [QUA_SDP_VIDEO] = "video", [QUA_SDP_APPLICATION] = "application"};

    for (size_t i = 0; i < QUA_ARRAY_SIZE(names); i++) {
        if (strcmp(type, names[i]) == 0)
            return (qua_sdp_kind)i;
    }
    return QUA_SDP_OTHER;
}

static bool carries_codecs(const qua_sdp_media *media)
{
    return (media->kind == QUA_SDP_AUDIO || media->kind == QUA_SDP_VIDEO) && strstr(media->protocol, "RTP/");
}

/* Keep the words of the format list as they are, as far as they fit. */
static int keep_formats(qua_sdp_parser *p, qua_span list)
{
    char *formats = p->media->formats;
    size_t used = 0;

    for (qua_span word = qua_span_word(&list); word.size; word = qua_span_word(&list)) {
        const size_t space = used ? 1 : 0;
        if (used + space + word.size >= sizeof p->media->formats) {
            p->sdp->skipped++;
            break;
        }
        if (space)
            formats[used++] = ' ';
        memcpy(formats + used, word.data, word.size);
        used += word.size;
    }
    return used ? 0 : qua_sdp_fail(p, "a format of the m-line is too long");
}

static bool has_payload_type(const qua_sdp_media *media, uint64_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (media->codecs[i].payload_type == payload_type)
            return true;
    }
    return false;
}

static void add_codec(qua_sdp_media *media, uint8_t payload_type)
{
    qua_sdp_codec *codec = &media->codecs[media->codec_count++];

    codec->payload_type = payload_type;
    codec->channels = 1;
}

static int read_payload_types(qua_sdp_parser *p, qua_span list)
{
    qua_sdp_media *media = p->media;

    for (qua_span word = qua_span_word(&list); word.size; word = qua_span_word(&list)) {
        uint64_t payload_type;
        if (!qua_span_number(word, 127, &payload_type))
            return qua_sdp_fail(p, "a payload type of the m-line is not a number of 0 to 127");
        if (media->codec_count == QUA_SDP_CODECS_MAX || has_payload_type(media, payload_type))
            p->sdp->skipped++;
        else
            add_codec(media, (uint8_t)payload_type);
    }
    return 0;
}

int qua_sdp_open_media(qua_sdp_parser *p, qua_span line)
{
    qua_sdp_media *media = &p->sdp->media[p->sdp->media_count];
    const qua_span type = qua_span_word(&line);
    qua_span port = qua_span_word(&line);
    const qua_span protocol = qua_span_word(&line);
    uint64_t number;

    line = qua_span_trim(line);
    if (line.size == 0)
        return qua_sdp_fail(p, "an m-line needs type, port, protocol and a format");
    memcpy(media, &p->session, sizeof *media);
    p->media = media;
    p->own_fingerprint = false;
    p->feedback_of_all = 0;
    /* "9/2", a number of ports, is for layered multicast; the first port is the one */
    if (!qua_span_number(qua_span_cut(&port, '/'), UINT16_MAX, &number))
        return qua_sdp_fail(p, "the port of the m-line is not a number of 0 to 65535");
    media->port = (uint16_t)number;
    if (!qua_span_copy(type, media->type, sizeof media->type) ||
        !qua_span_copy(protocol, media->protocol, sizeof media->protocol))
        return qua_sdp_fail(p, "type or protocol of the m-line is too long");
    media->kind = kind_of(media->type);
    p->sdp->media_count++;
    if (keep_formats(p, line) < 0)
        return QUA_EFORMAT;
    return carries_codecs(media) ? read_payload_types(p, line) : 0;
}

/* RFC 3551 §6: types that need no a=rtpmap. */
static void name_static_type(qua_sdp_codec *codec)
{
    static const struct {
        uint8_t payload_type;
        const char *name;
    } types[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}};

    for (size_t i = 0; i < QUA_ARRAY_SIZE(types); i++) {
        if (types[i].payload_type == codec->payload_type) {
            memcpy(codec->name, types[i].name, strlen(types[i].name));
            codec->clock_hz = 8000;
        }
    }
}

/* A payload type that nothing names cannot be used or answered: it goes. */
static void drop_nameless(qua_sdp_parser *p)
{
    qua_sdp_media *media = p->media;
    size_t kept = 0;

    for (size_t i = 0; i < media->codec_count; i++) {
        if (media->codecs[i].name[0] == 0) {
            p->sdp->skipped++;
            continue;
        }
        if (kept != i)
            memcpy(&media->codecs[kept], &media->codecs[i], sizeof media->codecs[i]);
        kept++;
    }
    memset(&media->codecs[kept], 0, (media->codec_count - kept) * sizeof media->codecs[0]);
    media->codec_count = kept;
}

void qua_sdp_close_media(qua_sdp_parser *p)
{
    qua_sdp_media *media = p->media;

    if (media == &p->session)
        return;
    for (size_t i = 0; i < media->codec_count; i++) {
        media->codecs[i].feedback |= p->feedback_of_all;
        if (media->kind == QUA_SDP_AUDIO && media->codecs[i].name[0] == 0)
            name_static_type(&media->codecs[i]);
    }
    drop_nameless(p);
    if (media->codec_count)
        memset(media->formats, 0, sizeof media->formats);
}
