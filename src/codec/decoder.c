/* Frames out of slices: order, gaps, concealment, slots. */
#include <stdlib.h>
#include <string.h>

#include "codec/decode.h"

struct viola_decoder {
    viola_decoder_config config;
    viola_dsp dsp;
    viola_pool pool;
    viola_surface *slot[VIOLA_SLOTS];
    viola_work work;
    slice_decoder slice;
    /* the frame being fed */
    int open;
    int missing; /* superblocks */
    int first_slice_seen;
    uint8_t *sb_state;
    size_t sb_capacity;
    viola_frame building;
    uint32_t last_number;
    int any; /* a frame was begun before */
    /* finished, for get_frame */
    viola_surface *shown;
    viola_frame ready;
    int has_ready;
};

void viola_decoder_config_default(viola_decoder_config *config)
{
    *config = (viola_decoder_config){
        .threads = 1, .cpu_mask = VIOLA_CPU_ALL, .max_width = VIOLA_MAX_SIZE, .max_height = VIOLA_MAX_SIZE};
}

viola_decoder *viola_decoder_create(const viola_decoder_config *config, int *error)
{
    int ignored;
    error = error ? error : &ignored;
    if (!config || config->threads < 1 || config->threads > VIOLA_MAX_THREADS) {
        *error = VIOLA_EINVAL;
        return NULL;
    }
    viola_decoder *d = calloc(1, sizeof *d);
    *error = d ? VIOLA_OK : VIOLA_ENOMEM;
    if (!d)
        return NULL;
    d->config = *config;
    viola_dsp_init(&d->dsp, config->cpu_mask);
    d->work.dsp = &d->dsp;
    d->slice.work = &d->work;
    return d;
}

static void drop_work(viola_decoder *d)
{
    for (int i = 0; i < VIOLA_MAX_REFS; i++)
        viola_surface_unref(&d->work.refs[i]);
    if (d->work.output != d->work.target)
        viola_surface_unref(&d->work.output);
    d->work.output = NULL;
    viola_surface_unref(&d->work.target);
    d->open = 0;
}

void viola_decoder_destroy(viola_decoder **decoder)
{
    viola_decoder *d = *decoder;
    *decoder = NULL;
    if (!d)
        return;
    drop_work(d);
    viola_surface_unref(&d->shown);
    for (int i = 0; i < VIOLA_SLOTS; i++)
        viola_surface_unref(&d->slot[i]);
    viola_pool_clear(&d->pool);
    viola_work_free(&d->work);
    free(d->sb_state);
    free(d);
}

/* ------------------------------------------------------------ beginning a frame */

/* the slot's surface in the frame's size; resampled into a surface of its own when it has another */
static int take_reference(viola_decoder *d, int index, viola_surface *held)
{
    viola_work *w = &d->work;
    if (held->width == w->width && held->height == w->height) {
        w->refs[index] = viola_surface_ref(held);
        return VIOLA_OK;
    }
    w->refs[index] = viola_surface_get(&d->pool, w->width, w->height);
    if (!w->refs[index])
        return VIOLA_ENOMEM;
    viola_surface_scale(w->refs[index], held);
    memset(w->refs[index]->sb_damage, held->damaged ? 1 : 0, (size_t)(w->sb_cols * w->sb_rows));
    return VIOLA_OK;
}

/* can the frame be decoded at all with what the slots hold? *trusted: with the right pictures */
static int check_references(const viola_decoder *d, const frame_header *h, int *trusted)
{
    *trusted = 1;
    for (int i = 0; i < h->ref_count; i++) {
        const viola_surface *s = d->slot[h->ref_slot[i]];
        if (!s)
            return VIOLA_ENOREF;
        const int right = (s->number & 63) == h->ref_number[i];
        if (i == 0 && !h->reset_entropy && (!right || s->damaged == 2))
            return VIOLA_ENOREF;
        *trusted &= right;
    }
    return VIOLA_OK;
}

static int prepare_surfaces(viola_decoder *d, const frame_header *h)
{
    viola_work *w = &d->work;
    for (int i = 0; i < h->ref_count; i++) {
        const int error = take_reference(d, i, d->slot[h->ref_slot[i]]);
        if (error)
            return error;
    }
    w->target = viola_surface_get(&d->pool, w->width, w->height);
    w->output = h->enhance_pri || h->enhance_sec ? viola_surface_get(&d->pool, w->width, w->height) : w->target;
    return w->target && w->output ? VIOLA_OK : VIOLA_ENOMEM;
}

static int resize(viola_decoder *d, int width, int height)
{
    const int error = viola_work_resize(&d->work, width, height);
    if (error)
        return error;
    const size_t count = (size_t)(d->work.sb_cols * d->work.sb_rows);
    if (count > d->sb_capacity) {
        uint8_t *state = realloc(d->sb_state, count);
        if (!state)
            return VIOLA_ENOMEM;
        d->sb_state = state;
        d->sb_capacity = count;
    }
    return VIOLA_OK;
}

static int begin_frame(viola_decoder *d, const frame_header *h)
{
    int trusted, error = check_references(d, h, &trusted);
    if (error)
        return error;
    const int width = h->size_given ? h->width : d->slot[h->ref_slot[0]]->width;
    const int height = h->size_given ? h->height : d->slot[h->ref_slot[0]]->height;
    if (width > d->config.max_width || height > d->config.max_height)
        return VIOLA_EUNSUPPORTED;
    error = resize(d, width, height);
    if (!error)
        error = prepare_surfaces(d, h);
    if (error) {
        drop_work(d);
        return error;
    }
    viola_work *w = &d->work;
    w->header = *h;
    const int total = w->sb_cols * w->sb_rows;
    memset(d->sb_state, VIOLA_SB_CONCEALED, (size_t)total);
    d->missing = total;
    d->first_slice_seen = 0;
    d->open = 1;
    d->building = (viola_frame){.frame = h->number,
                                .temporal_layer = h->temporal_layer,
                                .spatial_layer = h->spatial_layer,
                                .start = h->start,
                                .qp = h->qp,
                                .sb_columns = w->sb_cols,
                                .sb_rows = w->sb_rows,
                                .damaged = !trusted};
    d->last_number = h->number;
    d->any = 1;
    return VIOLA_OK;
}

/* ------------------------------------------------------------ ending a frame */

/* a superblock that never came: what was shown there last, which is newer than a reference that was acknowledged */
static void conceal(const viola_decoder *d, int sb)
{
    const viola_work *w = &d->work;
    const int ux = sb % w->sb_cols * SB_UNITS, uy = sb / w->sb_cols * SB_UNITS;
    const mode_info m = {.w = 3, .h = 3, .skip = 1, .tx = VIOLA_W64, .ref = (int8_t)(w->refs[0] ? 0 : REF_INTRA)};
    for (int y = uy; y < uy + SB_UNITS && y < w->unit_rows; y++)
        for (int x = ux; x < ux + SB_UNITS && x < w->unit_cols; x++)
            *unit_at(w, x, y) = m;
    const viola_surface *last = d->shown;
    const int same_size = last && last->width == w->width && last->height == w->height;
    if (same_size || w->refs[0]) {
        viola_predict_inter(w, ux * 8, uy * 8, SB_SIZE, SB_SIZE, same_size ? last : w->refs[0], m.mv);
        return;
    }
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < SB_SIZE >> (p > 0); y++)
            memset(w->target->plane[p] + ((uy * 8 >> (p > 0)) + y) * w->target->stride[p] + (ux * 8 >> (p > 0)), 128,
                   (size_t)SB_SIZE >> (p > 0));
}

static void store_slots(viola_decoder *d)
{
    viola_work *w = &d->work;
    viola_surface *out = w->output;
    const int total = w->sb_cols * w->sb_rows;
    out->number = w->header.number;
    out->qp = w->header.qp;
    out->temporal_layer = w->header.temporal_layer;
    out->damaged = !d->first_slice_seen ? 2 : d->building.damaged;
    memcpy(out->sb_damage, d->sb_state, (size_t)total);
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        if (!(w->header.refresh >> i & 1))
            continue;
        viola_surface_unref(&d->slot[i]);
        d->slot[i] = viola_surface_ref(out);
    }
}

static void publish(viola_decoder *d)
{
    viola_work *w = &d->work;
    viola_surface_unref(&d->shown);
    d->shown = viola_surface_ref(w->output);
    d->ready = d->building;
    d->ready.picture = (viola_picture){.width = w->width, .height = w->height};
    for (int p = 0; p < 3; p++) {
        d->ready.picture.plane[p] = d->shown->plane[p];
        d->ready.picture.stride[p] = d->shown->stride[p];
    }
    d->ready.sb_state = d->shown->sb_damage;
    d->ready.damaged_slots = 0;
    for (int i = 0; i < VIOLA_SLOTS; i++)
        d->ready.damaged_slots |= (unsigned)(!d->slot[i] || d->slot[i]->damaged) << i;
    d->has_ready = 1;
}

int viola_decoder_finish(viola_decoder *d)
{
    if (!d->open)
        return VIOLA_OK;
    viola_work *w = &d->work;
    const int total = w->sb_cols * w->sb_rows;
    for (int sb = 0; sb < total; sb++) {
        if (d->sb_state[sb] == VIOLA_SB_CONCEALED)
            conceal(d, sb);
        d->building.damaged |= d->sb_state[sb] != VIOLA_SB_OK;
    }
    viola_postfilter(w);
    viola_store_field(w);
    store_slots(d);
    publish(d);
    drop_work(d);
    return VIOLA_OK;
}

/* ------------------------------------------------------------ feeding */

static int same_frame(const frame_header *a, const frame_header *b)
{
    frame_header x = *a, y = *b;
    x.slice_index = y.slice_index = x.first_sb = y.first_sb = x.last = y.last = x.sb_count = y.sb_count = 0;
    return memcmp(&x, &y, sizeof x) == 0;
}

static int slice_fits(const viola_decoder *d, const frame_header *h)
{
    const int total = d->work.sb_cols * d->work.sb_rows, count = h->sb_count ? h->sb_count : total;
    if (h->first_sb + count > total || h->last != (h->first_sb + count == total))
        return 0;
    for (int i = 0; i < count; i++)
        if (d->sb_state[h->first_sb + i] != VIOLA_SB_CONCEALED)
            return 0;
    return 1;
}

static int decode(viola_decoder *d, const frame_header *h, const uint8_t *payload, size_t size)
{
    if (h->reset_entropy)
        viola_contexts_default(&d->slice.contexts);
    else
        d->slice.contexts = d->work.refs[0]->contexts;
    int decoded = 0;
    const int error = viola_decode_slice(&d->slice, payload, size, h, d->sb_state, &decoded);
    d->missing -= decoded;
    d->building.bytes += (uint32_t)size;
    d->building.blocks_intra += d->slice.intra;
    d->building.blocks_inter += d->slice.inter;
    d->building.blocks_skip += d->slice.skip;
    if (h->slice_index == 0 && !error) {
        d->first_slice_seen = 1;
        viola_contexts_settle(&d->slice.contexts);
        d->work.output->contexts = d->slice.contexts;
    }
    return error;
}

int viola_decoder_feed(viola_decoder *d, const uint8_t *data, size_t size)
{
    if (!d || (!data && size))
        return VIOLA_EINVAL;
    frame_header h;
    const int header = viola_header_parse(&h, data, size);
    if (header < 0)
        return header;
    if (d->open && !same_frame(&d->work.header, &h)) {
        if (h.number == d->work.header.number)
            return VIOLA_EDATA;
        if (((h.number - d->last_number) & 0xffff) >= 0x8000)
            return VIOLA_ELATE;
        viola_decoder_finish(d);
    } else if (!d->open && d->any && !h.start && ((h.number - d->last_number - 1) & 0xffff) >= 0x8000) {
        return VIOLA_ELATE;
    }
    if (!d->open) {
        const int error = begin_frame(d, &h);
        if (error)
            return error;
    }
    if (!slice_fits(d, &h))
        return VIOLA_EDATA;
    const int error = decode(d, &h, data + header, size - (size_t)header);
    d->building.bytes += (uint32_t)header;
    if (d->missing == 0)
        viola_decoder_finish(d);
    return error;
}

int viola_decoder_get_frame(viola_decoder *d, viola_frame *frame)
{
    if (!d->has_ready)
        return VIOLA_EAGAIN;
    *frame = d->ready;
    d->has_ready = 0;
    return VIOLA_OK;
}

int viola_decoder_missing(const viola_decoder *d)
{
    return d->open ? d->missing : 0;
}

unsigned viola_decoder_slots(const viola_decoder *d, uint32_t frames[VIOLA_SLOTS])
{
    unsigned held = 0;
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        if (frames)
            frames[i] = d->slot[i] ? d->slot[i]->number : 0;
        held |= (unsigned)(d->slot[i] && !d->slot[i]->damaged) << i;
    }
    return held;
}
