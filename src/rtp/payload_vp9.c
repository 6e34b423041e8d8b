#include "rtp/rtp.h"

/*
 *  |I|P|L|F|B|E|V|Z|   I: picture id; P: refers to other pictures; L: layers; F: flexible mode; B, E: begins, ends a
 *  |M| PictureID   |   layer of a picture; V: scalability structure
 *  | TID |U| SID |D|   when L, with TL0PICIDX after it unless F
 *  | P_DIFF      |N|   when F and P, up to three
 */
enum { I = 0x80, P = 0x40, L = 0x20, F = 0x10, B = 0x08, E = 0x04, V = 0x02 };

#define REFERENCES_MAX 3

size_t qua_rtp_vp9_descriptor(uint8_t *out, size_t index, bool last, uint16_t picture_id, bool keyframe)
{
    out[0] = (uint8_t)(I | F | (keyframe ? 0 : P) | (index == 0 ? B : 0) | (last ? E : 0));
    out[1] = (uint8_t)(0x80 | (picture_id >> 8 & 0x7f));
    out[2] = (uint8_t)picture_id;
    if (keyframe)
        return 3;
    out[3] = 1 << 1; /* the one before */
    return 4;
}

static void skip_references(qua_reader *r)
{
    int count = 0;

    while (qua_read_u8(r) & 1) {
        if (++count == REFERENCES_MAX)
            r->failed = true;
    }
}

/* | N_S |Y|G|-|-|-|, with Y a size for each of the N_S + 1 layers, with G the pictures of a group (RFC 9628 §4.2.1) */
static void skip_structure(qua_reader *r)
{
    const uint8_t head = qua_read_u8(r);

    if (head & 0x10)
        qua_read_bytes(r, 4u * ((head >> 5) + 1u));
    if (!(head & 0x08))
        return;
    for (uint8_t left = qua_read_u8(r); left && !r->failed; left--)
        qua_read_bytes(r, qua_read_u8(r) >> 2 & 3);
}

int qua_rtp_vp9_parse(qua_rtp_fragment *out, const uint8_t *payload, size_t size)
{
    qua_reader r = qua_reader_of(payload, size);
    const uint8_t flags = qua_read_u8(&r);
    qua_rtp_fragment f = {.picture_id = -1};
    uint8_t layer = 0;

    if (flags & I) {
        f.picture_id = qua_read_u8(&r);
        if (f.picture_id & 0x80)
            f.picture_id = (f.picture_id & 0x7f) << 8 | qua_read_u8(&r);
    }
    if (flags & L) {
        layer = qua_read_u8(&r);
        if (!(flags & F))
            qua_read_u8(&r); /* TL0PICIDX */
    }
    if ((flags & (F | P)) == (F | P))
        skip_references(&r);
    if (flags & V)
        skip_structure(&r);
    if (r.failed || r.pos >= size)
        return QUA_EFORMAT;
    f.temporal_id = layer >> 5;
    f.data = payload + r.pos;
    f.size = size - r.pos;
    f.frame_start = (flags & B) && (layer >> 1 & 7) == 0;
    f.keyframe = f.frame_start && !(flags & P);
    *out = f;
    return 0;
}
