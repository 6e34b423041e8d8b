/* The header of a frame, repeated by each of its slices. */
#include <string.h>

#include "codec/internal.h"

enum { FORMAT_VERSION = 1 };

typedef struct bits {
    uint8_t *out;
    const uint8_t *in;
    size_t at, end; /* in bits */
    int failed;
} bits;

static void put(bits *b, uint32_t value, int count)
{
    for (int i = count - 1; i >= 0; i--, b->at++)
        b->out[b->at >> 3] = (uint8_t)(b->out[b->at >> 3] | (value >> i & 1) << (7 - (b->at & 7)));
}

static uint32_t get(bits *b, int count)
{
    uint32_t v = 0;
    for (int i = 0; i < count; i++, b->at++) {
        if (b->at >= b->end) {
            b->failed = 1;
            return 0;
        }
        v = v << 1 | (b->in[b->at >> 3] >> (7 - (b->at & 7)) & 1);
    }
    return v;
}

size_t viola_header_write(const frame_header *h, uint8_t *out)
{
    bits b = {.out = out};
    memset(out, 0, 32);
    const int whole = h->slice_index == 0 && h->last;
    put(&b, FORMAT_VERSION, 2);
    put(&b, (uint32_t)h->start, 1);
    put(&b, (uint32_t)h->size_given, 1);
    put(&b, (uint32_t)whole, 1);
    put(&b, (uint32_t)h->temporal_layer, 2);
    put(&b, (uint32_t)h->spatial_layer, 1);
    put(&b, h->number, 16);
    put(&b, (uint32_t)h->qp, 8);
    if (h->size_given) {
        put(&b, (uint32_t)h->width - 1, 12);
        put(&b, (uint32_t)h->height - 1, 12);
    }
    if (!h->start) {
        put(&b, (uint32_t)h->ref_count - 1, 2);
        for (int i = 0; i < h->ref_count; i++) {
            put(&b, h->ref_slot[i], 3);
            put(&b, h->ref_number[i], 6);
        }
        put(&b, (uint32_t)h->reset_entropy, 1);
        put(&b, (uint32_t)h->filter, 2);
    }
    const int one = h->refresh && !(h->refresh & (h->refresh - 1));
    put(&b, (uint32_t)one, 1);
    put(&b, one ? (uint32_t)viola_log2(h->refresh) : h->refresh, one ? 3 : 8);
    put(&b, (uint32_t)h->qp_varies, 1);
    put(&b, (uint32_t)(h->chroma_qp != 0), 1);
    if (h->chroma_qp)
        put(&b, (uint32_t)(h->chroma_qp + 64), 7);
    put(&b, (uint32_t)h->deblock, 6);
    put(&b, (uint32_t)(h->enhance_pri || h->enhance_sec), 1);
    if (h->enhance_pri || h->enhance_sec) {
        put(&b, (uint32_t)h->enhance_pri, 4);
        put(&b, (uint32_t)h->enhance_sec, 2);
    }
    if (!whole) {
        put(&b, (uint32_t)h->slice_index, 8);
        put(&b, (uint32_t)h->first_sb, 12);
        put(&b, (uint32_t)h->sb_count - 1, 12);
        put(&b, (uint32_t)h->last, 1);
    }
    return (b.at + 7) / 8;
}

static void parse_references(frame_header *h, bits *b)
{
    h->ref_count = (int)get(b, 2) + 1;
    if (h->ref_count > VIOLA_MAX_REFS) {
        b->failed = 1;
        return;
    }
    for (int i = 0; i < h->ref_count; i++) {
        h->ref_slot[i] = (uint8_t)get(b, 3);
        h->ref_number[i] = (uint8_t)get(b, 6);
    }
    h->reset_entropy = (int)get(b, 1);
    h->filter = (int)get(b, 2);
    if (h->filter > 2)
        b->failed = 1;
}

int viola_header_parse(frame_header *h, const uint8_t *data, size_t size)
{
    bits b = {.in = data, .end = size * 8};
    memset(h, 0, sizeof *h);
    if (get(&b, 2) != FORMAT_VERSION)
        return size ? VIOLA_EUNSUPPORTED : VIOLA_EDATA;
    h->start = (int)get(&b, 1);
    h->size_given = (int)get(&b, 1);
    const int whole = (int)get(&b, 1);
    h->temporal_layer = (int)get(&b, 2);
    h->spatial_layer = (int)get(&b, 1);
    h->number = get(&b, 16);
    h->qp = (int)get(&b, 8);
    if (h->size_given) {
        h->width = (int)get(&b, 12) + 1;
        h->height = (int)get(&b, 12) + 1;
        if (h->width < VIOLA_MIN_SIZE || h->height < VIOLA_MIN_SIZE)
            b.failed = 1;
    }
    if (h->start)
        h->reset_entropy = 1;
    else
        parse_references(h, &b);
    const int one = (int)get(&b, 1);
    h->refresh = one ? 1u << get(&b, 3) : get(&b, 8);
    h->qp_varies = (int)get(&b, 1);
    if (get(&b, 1))
        h->chroma_qp = (int)get(&b, 7) - 64;
    h->deblock = (int)get(&b, 6);
    if (get(&b, 1)) {
        h->enhance_pri = (int)get(&b, 4);
        h->enhance_sec = (int)get(&b, 2);
    }
    h->last = 1;
    if (!whole) {
        h->slice_index = (int)get(&b, 8);
        h->first_sb = (int)get(&b, 12);
        h->sb_count = (int)get(&b, 12) + 1;
        h->last = (int)get(&b, 1);
    }
    if (b.failed || (h->start && !h->size_given) || (b.at + 7) / 8 > size)
        return VIOLA_EDATA;
    return (int)((b.at + 7) / 8);
}

int viola_slice_parse(const uint8_t *data, size_t size, viola_slice_info *info)
{
    frame_header h;
    const int header = viola_header_parse(&h, data, size);
    if (header < 0)
        return header;
    *info = (viola_slice_info){.frame = h.number,
                               .start = h.start,
                               .width = h.width,
                               .height = h.height,
                               .temporal_layer = h.temporal_layer,
                               .spatial_layer = h.spatial_layer,
                               .qp = h.qp,
                               .ref_count = h.ref_count,
                               .refresh = h.refresh,
                               .reset_entropy = h.reset_entropy,
                               .index = h.slice_index,
                               .first_sb = h.first_sb,
                               .last = h.last,
                               .header_bytes = (size_t)header};
    for (int i = 0; i < h.ref_count; i++)
        info->ref_slot[i] = h.ref_slot[i];
    return VIOLA_OK;
}
