#include "rtp/rtp.h"

/*
 *  |X|R|N|S|R| PID |   N: no picture depends on it; S: start of a partition
 *  |I|L|T|K| RSV   |   when X; I: picture id follows
 *  |M| PictureID   |   M: 15 bits
 */
size_t qua_rtp_vp8_descriptor(uint8_t *out, size_t index, uint16_t picture_id, bool discardable)
{
    out[0] = (uint8_t)(0x80 | (discardable ? 0x20 : 0) | (index == 0 ? 0x10 : 0));
    out[1] = 0x80;
    out[2] = (uint8_t)(0x80 | (picture_id >> 8 & 0x7f));
    out[3] = (uint8_t)picture_id;
    return 4;
}

int qua_rtp_vp8_parse(qua_rtp_fragment *out, const uint8_t *payload, size_t size)
{
    qua_reader r = qua_reader_of(payload, size);
    const uint8_t first = qua_read_u8(&r), flags = first & 0x80 ? qua_read_u8(&r) : 0;
    qua_rtp_fragment f = {.picture_id = -1};

    if (flags & 0x80) {
        f.picture_id = qua_read_u8(&r);
        if (f.picture_id & 0x80)
            f.picture_id = (f.picture_id & 0x7f) << 8 | qua_read_u8(&r);
    }
    if (flags & 0x40)
        qua_read_u8(&r); /* TL0PICIDX */
    if (flags & 0x30) {
        const uint8_t layer = qua_read_u8(&r);
        f.temporal_id = flags & 0x20 ? layer >> 6 : 0;
    }
    if (r.failed || r.pos >= size)
        return QUA_EFORMAT;
    f.discardable = first & 0x20;
    f.data = payload + r.pos;
    f.size = size - r.pos;
    f.frame_start = (first & 0x10) && (first & 7) == 0;
    f.keyframe = f.frame_start && !(f.data[0] & 1); /* P bit of the frame tag, RFC 6386 §9.1 */
    *out = f;
    return 0;
}
