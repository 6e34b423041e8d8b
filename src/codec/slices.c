/* The superblocks of a frame into slices, each within its size, all within the budget. */
#include <string.h>

#include "codec/encode.h"

enum { HEADER_MOST = 24, COARSER = 36, TRIES = 3 };

/* What coding a superblock changes, but for what it writes anew anyway. */
typedef struct checkpoint {
    viola_writer writer;
    viola_contexts contexts;
    edge_contexts edges;
    viola_frame_stats stats;
    int qp_coded;
} checkpoint;

static void save(const viola_encoder *e, checkpoint *c)
{
    c->writer = e->writer;
    c->contexts = e->contexts;
    c->edges = e->edges;
    c->stats = e->stats;
    c->qp_coded = e->qp_coded;
}

/* back to before superblock `sb`, whose units are unknown again */
static void restore(viola_encoder *e, const checkpoint *c, int sb)
{
    const viola_work *w = &e->work;
    const int ux = sb % w->sb_cols * SB_UNITS, uy = sb / w->sb_cols * SB_UNITS;
    for (int y = uy; y < uy + SB_UNITS && y < w->unit_rows; y++)
        for (int x = ux; x < ux + SB_UNITS && x < w->unit_cols; x++)
            unit_at(w, x, y)->stamp = 0;
    e->writer = c->writer;
    e->contexts = c->contexts;
    e->edges = c->edges;
    e->stats = c->stats;
    e->qp_coded = c->qp_coded;
}

static void slice_begin(viola_encoder *e)
{
    viola_writer_init(&e->writer, e->words, e->words_capacity);
    viola_next_stamp(&e->work);
    memset(&e->edges, 0, sizeof e->edges);
    e->contexts = e->initial;
    e->qp_coded = e->work.header.qp;
}

static void slice_end(viola_encoder *e, int first, int end)
{
    viola_work *w = &e->work;
    frame_header h = w->header;
    h.slice_index = e->slice_count;
    h.first_sb = first;
    h.sb_count = end - first;
    h.last = end == w->sb_cols * w->sb_rows;
    uint8_t *out = e->out + e->out_size;
    const size_t header = viola_header_write(&h, out);
    const size_t size = header + viola_writer_finish(&e->writer, out + header);
    e->slices[e->slice_count++] =
        (slice_out){.at = e->out_size, .size = size, .first_sb = first, .sb_count = h.sb_count};
    e->out_size += size;
    e->stats.bits_header += (uint32_t)header * 8;
    if (h.slice_index == 0) {
        e->saved = e->contexts;
        viola_contexts_settle(&e->saved);
    }
}

void viola_emit_slices(viola_encoder *e, int from)
{
    for (int i = from; i < e->slice_count && e->emit; i++) {
        const slice_out *s = &e->slices[i];
        const viola_slice slice = {.data = e->out + s->at,
                                   .size = s->size,
                                   .index = i,
                                   .first_sb = s->first_sb,
                                   .sb_count = s->sb_count,
                                   .frame = e->number,
                                   .last = s->first_sb + s->sb_count == e->work.sb_cols * e->work.sb_rows};
        e->emit(e->emit_opaque, &slice);
    }
}

static void encode_superblock(viola_encoder *e, int sb, int first, int qp)
{
    const viola_work *w = &e->work;
    const int sx = sb % w->sb_cols, sy = sb / w->sb_cols;
    if (sx == 0 || sb == first) {
        memset(e->edges.left_part, 0, sizeof e->edges.left_part);
        memset(e->edges.left_nonzero, 0, sizeof e->edges.left_nonzero);
    }
    viola_set_qp(e, qp);
    if (e->plain)
        viola_plan_plain(e, sx * SB_UNITS, sy * SB_UNITS);
    else
        viola_search_superblock(e, sx * SB_UNITS, sy * SB_UNITS);
    viola_encode_superblock(e, sx * SB_UNITS, sy * SB_UNITS);
}

/* the nearest to `qp` that a superblock can be given: steps of two, up to 38 of them */
static int codable_qp(const viola_encoder *e, int qp)
{
    const int steps = (qp - e->qp_coded) / 2;
    return e->qp_coded + 2 * (steps < -38 ? -38 : steps > 38 ? 38 : steps);
}

static size_t slice_size(const viola_encoder *e)
{
    return HEADER_MOST + viola_writer_size(&e->writer);
}

static int slice_full(const viola_encoder *e)
{
    const size_t limit = e->params->slice_bytes;
    return limit && slice_size(e) > limit && e->slice_count < VIOLA_MAX_SLICES - 1;
}

static int budget_full(const viola_encoder *e, int sb)
{
    return e->budget.limit && e->out_size + slice_size(e) + viola_budget_reserve(e, sb + 1) > e->budget.limit;
}

/* One superblock, coarser when it does not fit, at last without coefficients. @return 0: it needs a slice of its own */
static int fit_superblock(viola_encoder *e, int sb, int first, checkpoint *before)
{
    int qp = codable_qp(e, viola_budget_qp(e, sb, e->out_size + slice_size(e)));
    save(e, before);
    for (int i = 0; i < TRIES; i++) {
        e->plain = i == TRIES - 1;
        encode_superblock(e, sb, first, qp);
        const int full = slice_full(e);
        if (full && sb > first) {
            restore(e, before, sb);
            e->plain = 0;
            return 0;
        }
        if ((!full && !budget_full(e, sb)) || e->plain)
            break;
        restore(e, before, sb);
        qp = codable_qp(e, qp + COARSER < VIOLA_MAX_QP ? qp + COARSER : VIOLA_MAX_QP);
    }
    e->budget.plain += e->plain;
    e->plain = 0;
    viola_budget_count(e, sb, qp);
    return 1;
}

void viola_encode_slices(viola_encoder *e, int emit_at_once)
{
    const viola_work *w = &e->work;
    const int total = w->sb_cols * w->sb_rows, limited = w->header.qp_varies;
    checkpoint before;
    int first = 0;
    e->out_size = 0;
    e->slice_count = 0;
    e->qp_sum = 0;
    e->budget.done = e->budget.expected = 0;
    e->budget.plain = 0;
    e->stats = (viola_frame_stats){.passes = e->stats.passes};
    viola_costs_init(&e->costs, &e->initial);
    slice_begin(e);
    for (int sb = 0; sb < total;) {
        if (!limited) {
            const int qp = viola_budget_qp(e, sb, 0);
            encode_superblock(e, sb, first, qp);
            viola_budget_count(e, sb++, qp);
        } else if (fit_superblock(e, sb, first, &before)) {
            sb++;
        } else {
            slice_end(e, first, sb);
            if (emit_at_once)
                viola_emit_slices(e, e->slice_count - 1);
            first = sb;
            slice_begin(e);
        }
    }
    slice_end(e, first, total);
    if (emit_at_once)
        viola_emit_slices(e, e->slice_count - 1);
}
