/* Payload formats: from encoded bytes to payloads and back to fragments. */
#include "peer/peer_internal.h"

/*
 * For codecs without a payload format of their own, one byte before the data:
 *  | 0 0 0 0 0 0 S K |   S: the picture starts here; K: it is a keyframe
 */
enum { GENERIC_KEYFRAME = 1, GENERIC_START = 2 };

void qua_payloads_clear(qua_payloads *p)
{
    for (size_t i = 0; i < p->count; i++)
        qua_buffer_unref(&p->payload[i]);
    p->count = 0;
}

/* @param ends the picture ends with this payload */
static size_t write_descriptor(const qua_payloads *p, uint8_t *out, bool ends)
{
    switch (p->codec->format) {
    case QUA_PAYLOAD_VP8:
        return qua_rtp_vp8_descriptor(out, p->index, p->picture_id, p->discardable);
    case QUA_PAYLOAD_VP9:
        return qua_rtp_vp9_descriptor(out, p->index, ends, p->picture_id, p->keyframe);
    case QUA_PAYLOAD_H264: /* cut_h264 */
    case QUA_PAYLOAD_GENERIC:
    case QUA_PAYLOAD_VIOLA:
        break;
    }
    out[0] = (uint8_t)((p->keyframe ? GENERIC_KEYFRAME : 0) | (p->index == 0 ? GENERIC_START : 0));
    return 1;
}

static int add_payload(qua_payloads *p, qua_pool *pool, const uint8_t *data, size_t size, bool ends)
{
    qua_buffer *buffer = qua_pool_get(pool);

    if (!buffer)
        return QUA_EFULL;
    assert(buffer->capacity >= QUA_DATAGRAM_MAX);
    buffer->size = write_descriptor(p, buffer->data, ends);
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    p->payload[p->count++] = buffer;
    p->index++;
    return 0;
}

static void begin_picture(qua_payloads *p, const qua_encoded *encoded)
{
    if (p->codec)
        p->picture_id = (uint16_t)((p->picture_id + 1) & 0x7fff);
    p->number = encoded->number;
    p->index = 0;
}

static int cut_h264(qua_payloads *p, qua_pool *pool, const qua_encoded *encoded)
{
    qua_rtp_h264_cutter cutter = qua_rtp_h264_cutter_of(encoded->data, encoded->size);
    qua_buffer *buffer;

    while ((buffer = qua_pool_get(pool)) != NULL) {
        buffer->size = qua_rtp_h264_cut(&cutter, buffer->data, QUA_RTP_PAYLOAD_MAX);
        if (!buffer->size || p->count == QUA_PAYLOADS_MAX)
            break;
        p->payload[p->count++] = buffer;
        p->index++;
    }
    if (buffer && !buffer->size && p->count) {
        qua_buffer_unref(&buffer);
        return 0;
    }
    qua_buffer_unref(&buffer);
    qua_payloads_clear(p);
    return QUA_EFULL;
}

int qua_payloads_cut(qua_payloads *p, qua_pool *pool, const qua_video_codec *codec, const qua_encoded *encoded,
                     qua_time captured)
{
    const size_t most = QUA_RTP_PAYLOAD_MAX - QUA_RTP_VP8_DESCRIPTOR_MAX;
    const size_t count = (encoded->size + most - 1) / most;

    qua_payloads_clear(p);
    if (!p->codec || p->last || p->number != encoded->number)
        begin_picture(p, encoded);
    p->codec = codec;
    p->captured = captured;
    p->keyframe = encoded->keyframe;
    p->discardable = encoded->discardable;
    p->first = p->index == 0;
    p->last = encoded->last;
    if (codec->format == QUA_PAYLOAD_H264)
        return cut_h264(p, pool, encoded);
    if (count == 0 || count > QUA_PAYLOADS_MAX)
        return QUA_EFULL;
    /* equal sizes: one short packet at the end would cost as much as a long one */
    for (size_t i = 0, at = 0; i < count; i++) {
        const size_t size = (encoded->size - at + count - i - 1) / (count - i);

        if (add_payload(p, pool, encoded->data + at, size, encoded->last && i + 1 == count) != 0) {
            qua_payloads_clear(p);
            return QUA_EFULL;
        }
        at += size;
    }
    return 0;
}

int peer_parse_payload(qua_rtp_fragment *out, qua_payload_format format, const uint8_t *data, size_t size,
                       uint8_t room[QUA_RTP_H264_ROOM])
{
    if (format == QUA_PAYLOAD_VP8)
        return qua_rtp_vp8_parse(out, data, size);
    if (format == QUA_PAYLOAD_VP9)
        return qua_rtp_vp9_parse(out, data, size);
    if (format == QUA_PAYLOAD_H264)
        return qua_rtp_h264_parse(out, data, size, room);
    if (size < 2)
        return QUA_EFORMAT;
    *out = (qua_rtp_fragment){
        .data = data + 1,
        .size = size - 1,
        .frame_start = data[0] & GENERIC_START,
        .keyframe = data[0] & GENERIC_KEYFRAME && data[0] & GENERIC_START,
        .picture_id = -1,
    };
    return 0;
}
