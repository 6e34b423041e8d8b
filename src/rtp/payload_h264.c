#include "rtp/rtp.h"

/* The first byte of a NAL unit: |F|NRI|Type|; types of payload structures (RFC 6184 §5.2) are beyond the codec's own.
 */
enum {
    TYPE_MASK = 0x1f,
    NRI_MASK = 0x60,
    TYPE_IDR = 5,
    TYPE_SPS = 7,
    TYPE_CODEC_LAST = 23,
    TYPE_STAP_A = 24,
    TYPE_FU_A = 28
};
enum { FU_START = 0x80, FU_END = 0x40 };

#define FU_HEADERS 2

static const uint8_t start_code[] = {0, 0, 0, 1};

/* ---- cutting --------------------------------------------------------------------------------------------- */

/* Where the next start code is, three bytes of it; `size` when there is none. */
static size_t find_start(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 3 <= size; i++)
        if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1)
            return i;
    return size;
}

qua_rtp_h264_cutter qua_rtp_h264_cutter_of(const uint8_t *data, size_t size)
{
    const size_t first = find_start(data, size);

    return (qua_rtp_h264_cutter){.data = data + first, .size = size - first};
}

/* The next NAL unit, without start code and trailing zeros. @return false: none */
static bool next_nal(qua_rtp_h264_cutter *c, const uint8_t **nal, size_t *size)
{
    while (c->size > 3) {
        size_t length = find_start(c->data + 3, c->size - 3);
        const size_t whole = length;

        *nal = c->data + 3;
        while (length && (*nal)[length - 1] == 0)
            length--;
        c->data += 3 + whole;
        c->size -= 3 + whole;
        *size = length;
        if (length)
            return true;
    }
    return false;
}

/* @return bytes of the next part: all parts of a NAL unit are about as large */
static size_t cut_part(qua_rtp_h264_cutter *c, uint8_t *out, size_t capacity, bool first)
{
    const size_t room = capacity - FU_HEADERS, parts = (c->nal_size + room - 1) / room;
    const size_t size = (c->nal_size + parts - 1) / parts;

    out[0] = (uint8_t)((c->header & NRI_MASK) | TYPE_FU_A);
    out[1] = (uint8_t)((c->header & TYPE_MASK) | (first ? FU_START : 0) | (size == c->nal_size ? FU_END : 0));
    memcpy(out + FU_HEADERS, c->nal, size);
    c->nal += size;
    c->nal_size -= size;
    if (!c->nal_size)
        c->header = 0;
    return FU_HEADERS + size;
}

size_t qua_rtp_h264_cut(qua_rtp_h264_cutter *c, uint8_t *out, size_t capacity)
{
    const uint8_t *nal;
    size_t size;

    assert(capacity > FU_HEADERS);
    if (c->header)
        return cut_part(c, out, capacity, false);
    if (!next_nal(c, &nal, &size))
        return 0;
    if (size <= capacity) {
        memcpy(out, nal, size);
        return size;
    }
    c->header = nal[0];
    c->nal = nal + 1;
    c->nal_size = size - 1;
    return cut_part(c, out, capacity, true);
}

/* ---- putting together ------------------------------------------------------------------------------------ */

static void write_nal(qua_writer *w, qua_rtp_fragment *f, uint8_t header, const uint8_t *rest, size_t size)
{
    const bool parameters = (header & TYPE_MASK) == TYPE_SPS;

    qua_write_bytes(w, start_code, sizeof start_code);
    qua_write_u8(w, header);
    qua_write_bytes(w, rest, size);
    f->frame_start |= parameters;
    f->keyframe |= parameters; /* every sender of WebRTC puts them before each IDR picture (RFC 7742 §6.2) */
}

static void write_aggregate(qua_writer *w, qua_rtp_fragment *f, qua_reader *r)
{
    while (qua_reader_left(r) && !r->failed) {
        const uint16_t size = qua_read_u16(r);
        const uint8_t *nal = qua_read_bytes(r, size);

        if (nal && size && (nal[0] & TYPE_MASK) <= TYPE_CODEC_LAST)
            write_nal(w, f, nal[0], nal + 1, size - 1u);
        else
            r->failed = true;
    }
}

static void write_part(qua_writer *w, qua_rtp_fragment *f, uint8_t indicator, qua_reader *r)
{
    const uint8_t fu = qua_read_u8(r), header = (uint8_t)((indicator & ~TYPE_MASK) | (fu & TYPE_MASK));
    const size_t size = qua_reader_left(r);
    const uint8_t *data = qua_read_bytes(r, size);

    if (!data || !size || (fu & TYPE_MASK) > TYPE_CODEC_LAST)
        r->failed = true;
    else if (fu & FU_START)
        write_nal(w, f, header, data, size);
    else
        qua_write_bytes(w, data, size);
}

int qua_rtp_h264_parse(qua_rtp_fragment *out, const uint8_t *payload, size_t size, uint8_t room[QUA_RTP_H264_ROOM])
{
    qua_reader r = qua_reader_of(payload, size);
    qua_writer w = qua_writer_of(room, QUA_RTP_H264_ROOM);
    const uint8_t header = qua_read_u8(&r), type = header & TYPE_MASK;
    qua_rtp_fragment f = {.picture_id = -1};

    if (type == TYPE_STAP_A)
        write_aggregate(&w, &f, &r);
    else if (type == TYPE_FU_A)
        write_part(&w, &f, header, &r);
    else if (type > TYPE_CODEC_LAST)
        return QUA_ENOTSUP;
    else
        write_nal(&w, &f, header, payload + 1, size ? size - 1 : 0);
    if (r.failed || w.failed || !w.size || !type)
        return QUA_EFORMAT;
    f.data = room;
    f.size = w.size;
    *out = f;
    return 0;
}
