#include "rtp/rtp.h"

const char *qua_rtp_extension_uri(qua_rtp_extension extension)
{
    static const char *const uris[QUA_RTP_EXT_COUNT] = {
        [QUA_RTP_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
        [QUA_RTP_EXT_TRANSPORT_SEQ] = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        [QUA_RTP_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        [QUA_RTP_EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        [QUA_RTP_EXT_ORIENTATION] = "urn:3gpp:video-orientation",
        [QUA_RTP_EXT_ABS_CAPTURE_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    };

    return uris[extension];
}

static void read_extension(qua_rtp_extensions *ext, qua_rtp_extension kind, const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);

    switch (kind) {
    case QUA_RTP_EXT_MID:
        if (size == 0 || size >= sizeof ext->mid || memchr(data, 0, size))
            return;
        memcpy(ext->mid, data, size);
        ext->mid[size] = 0;
        break;
    case QUA_RTP_EXT_TRANSPORT_SEQ:
        ext->transport_seq = qua_read_u16(&r);
        break;
    case QUA_RTP_EXT_ABS_SEND_TIME:
        ext->abs_send_time = qua_read_u24(&r);
        break;
    case QUA_RTP_EXT_AUDIO_LEVEL: {
        const uint8_t v = qua_read_u8(&r);
        ext->audio_level = v & 0x7f;
        ext->voice = v & 0x80;
        break;
    }
    case QUA_RTP_EXT_ORIENTATION:
        ext->orientation = qua_read_u8(&r);
        break;
    case QUA_RTP_EXT_ABS_CAPTURE_TIME:
        ext->abs_capture_time = qua_read_u64(&r);
        break;
    case QUA_RTP_EXT_COUNT:
        return;
    }
    if (!r.failed)
        ext->present |= 1u << kind;
}

static void read_by_id(qua_rtp_extensions *ext, const qua_rtp_extmap *map, uint8_t id, const uint8_t *data, size_t size)
{
    for (int kind = 0; kind < QUA_RTP_EXT_COUNT; kind++) {
        if (id && map->id[kind] == id)
            read_extension(ext, (qua_rtp_extension)kind, data, size);
    }
}

/* The block of extensions: one-byte (0xBEDE) or two-byte (0x100x) headers, RFC 8285 §4.2, §4.3. */
static void read_extensions(qua_rtp_extensions *ext, const qua_rtp_extmap *map, uint16_t profile, const uint8_t *data,
                            size_t size)
{
    const bool one_byte = profile == 0xbede;
    qua_reader r = qua_reader_of(data, size);

    if (!one_byte && (profile & 0xfff0) != 0x1000)
        return;
    while (qua_reader_left(&r)) {
        const uint8_t first = qua_read_u8(&r);
        uint8_t id = first;
        size_t length;
        const uint8_t *value;

        if (first == 0)
            continue; /* padding */
        if (one_byte) {
            id = first >> 4;
            length = (first & 15u) + 1;
            if (id == 15)
                return; /* reserved: stop */
        } else {
            length = qua_read_u8(&r);
        }
        value = qua_read_bytes(&r, length);
        if (!value)
            return;
        read_by_id(ext, map, id, value, length);
    }
}

int qua_rtp_parse(qua_rtp_packet *out, const qua_rtp_extmap *map, const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);
    const uint8_t first = qua_read_u8(&r), second = qua_read_u8(&r);
    qua_rtp_packet packet;
    size_t padding = 0;

    memset(&packet, 0, sizeof packet);
    packet.header.seq = qua_read_u16(&r);
    packet.header.timestamp = qua_read_u32(&r);
    packet.header.ssrc = qua_read_u32(&r);
    packet.header.marker = second & 0x80;
    packet.header.payload_type = second & 0x7f;
    qua_read_bytes(&r, (first & 15u) * 4); /* CSRCs: we mix at the ends, nobody in between */
    if (first & 0x10) {
        const uint16_t profile = qua_read_u16(&r);
        const size_t length = qua_read_u16(&r) * 4u;
        const uint8_t *block = qua_read_bytes(&r, length);
        if (block)
            read_extensions(&packet.ext, map, profile, block, length);
    }
    if (r.failed || first >> 6 != 2)
        return QUA_EFORMAT;
    packet.payload = data + r.pos;
    packet.payload_size = size - r.pos;
    if (first & 0x20) {
        padding = packet.payload_size ? data[size - 1] : 0;
        if (padding == 0 || padding > packet.payload_size)
            return QUA_EFORMAT;
        packet.payload_size -= padding;
    }
    *out = packet;
    return 0;
}

static void write_extension(qua_writer *w, const qua_rtp_extmap *map, const qua_rtp_extensions *ext,
                            qua_rtp_extension kind)
{
    const uint8_t id = map->id[kind];
    uint8_t value[16];
    qua_writer v = qua_writer_of(value, sizeof value);

    if (!id || !(ext->present & 1u << kind))
        return;
    switch (kind) {
    case QUA_RTP_EXT_MID:
        qua_write_bytes(&v, ext->mid, strlen(ext->mid));
        break;
    case QUA_RTP_EXT_TRANSPORT_SEQ:
        qua_write_u16(&v, ext->transport_seq);
        break;
    case QUA_RTP_EXT_ABS_SEND_TIME:
        qua_write_u24(&v, ext->abs_send_time);
        break;
    case QUA_RTP_EXT_AUDIO_LEVEL:
        qua_write_u8(&v, (uint8_t)((ext->voice ? 0x80 : 0) | ext->audio_level));
        break;
    case QUA_RTP_EXT_ORIENTATION:
        qua_write_u8(&v, ext->orientation);
        break;
    case QUA_RTP_EXT_ABS_CAPTURE_TIME:
        qua_write_u64(&v, ext->abs_capture_time);
        break;
    case QUA_RTP_EXT_COUNT:
        break;
    }
    if (v.failed || v.size == 0)
        return;
    qua_write_u8(w, (uint8_t)(id << 4 | (v.size - 1)));
    qua_write_bytes(w, value, v.size);
}

/* Fixed header and the block of extensions, in the one-byte form: all of ours fit it. */
static void write_header(qua_writer *w, const qua_rtp_header *header, const qua_rtp_extmap *map,
                         const qua_rtp_extensions *ext)
{
    qua_write_u8(w, 0x80);
    qua_write_u8(w, (uint8_t)((header->marker ? 0x80 : 0) | header->payload_type));
    qua_write_u16(w, header->seq);
    qua_write_u32(w, header->timestamp);
    qua_write_u32(w, header->ssrc);
    qua_write_u16(w, 0xbede);
    qua_write_u16(w, 0);
    const size_t start = w->size;
    for (int kind = 0; kind < QUA_RTP_EXT_COUNT; kind++)
        write_extension(w, map, ext, (qua_rtp_extension)kind);
    if (w->failed)
        return;
    if (w->size == start) {
        w->size -= 4;
        return;
    }
    while (!w->failed && (w->size - start) % 4)
        qua_write_u8(w, 0);
    if (w->failed)
        return;
    w->data[0] |= 0x10;
    qua_put_be16(w->data + start - 2, (uint16_t)((w->size - start) / 4));
}

size_t qua_rtp_write(uint8_t *out, size_t capacity, const qua_rtp_header *header, const qua_rtp_extmap *map,
                     const qua_rtp_extensions *ext, const uint8_t *payload, size_t payload_size, size_t padding)
{
    qua_writer w = qua_writer_of(out, capacity);

    assert(padding <= 255);
    write_header(&w, header, map, ext);
    qua_write_bytes(&w, payload, payload_size);
    for (size_t i = 0; i < padding; i++)
        qua_write_u8(&w, (uint8_t)(i + 1 == padding ? padding : 0));
    if (w.failed)
        return 0;
    out[0] |= padding ? 0x20 : 0;
    return w.size;
}

size_t qua_rtp_write_rtx(uint8_t *out, size_t capacity, const qua_rtp_sent *sent, const qua_rtp_header *header,
                         const qua_rtp_extmap *map, const qua_rtp_extensions *ext)
{
    const qua_rtp_header full = {
        .marker = sent->header.marker,
        .payload_type = header->payload_type,
        .seq = header->seq,
        .timestamp = sent->header.timestamp,
        .ssrc = header->ssrc,
    };
    qua_writer w = qua_writer_of(out, capacity);

    write_header(&w, &full, map, ext);
    qua_write_u16(&w, sent->header.seq);
    qua_write_bytes(&w, sent->payload->data, sent->payload->size);
    return w.failed ? 0 : w.size;
}

int qua_rtp_unwrap_rtx(qua_rtp_packet *packet, uint32_t media_ssrc, uint8_t media_payload_type)
{
    if (packet->payload_size == 0)
        return QUA_EIGNORED;
    if (packet->payload_size < QUA_RTX_OVERHEAD)
        return QUA_EFORMAT;
    packet->header.seq = qua_get_be16(packet->payload);
    packet->header.ssrc = media_ssrc;
    packet->header.payload_type = media_payload_type;
    packet->payload += QUA_RTX_OVERHEAD;
    packet->payload_size -= QUA_RTX_OVERHEAD;
    return 0;
}
