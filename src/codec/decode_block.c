/* The syntax of superblocks and blocks, reader's side. */
#include <string.h>

#include "codec/coef.h"
#include "codec/decode.h"

/* ------------------------------------------------------------ coefficients */

static int read_eob(slice_decoder *d, int tx, int chroma)
{
    const int table = tx * 2 + chroma;
    const int classes = 2 * (viola_log2((uint32_t)coded_size(tx))) + 1;
    int class = viola_get_symbol(&d->reader, d->contexts.eob[table], EOB_CLASSES);
    class = class < classes ? class : classes - 1;
    if (class < 2)
        return class + 1;
    const int extra = class - 1;
    int offset = viola_get_symbol(&d->reader, d->contexts.eob_top[table * EOB_CLASSES + class], 2) << (extra - 1);
    offset |= (int)viola_get_bits(&d->reader, extra - 1);
    return (1 << extra) + 1 + offset;
}

static int read_golomb(viola_reader *r)
{
    int length = 0;
    while (length < 14 && !viola_get_bit(r))
        length++;
    return (1 << length) - 1 + (int)viola_get_bits(r, length);
}

static int read_high(slice_decoder *d, uint16_t *cdf)
{
    int level = 3;
    for (int i = 0; i < 4; i++) {
        const int more = viola_get_symbol(&d->reader, cdf, 4);
        level += more;
        if (more < 3)
            return level;
    }
    return level; /* 15: more follows with the sign */
}

/* reads one transform block into d->coef, dequantised; @return 0 if empty, and the extent */
static int read_coefs(slice_decoder *d, int plane, int tx, int step, int zero_ctx, int *rows, int *cols)
{
    const int chroma = plane > 0, table = tx * 2 + chroma, n = coded_size(tx), log = viola_log2((uint32_t)n);
    viola_reader *r = &d->reader;
    if (viola_get_symbol(r, d->contexts.zero[table * 3 + zero_ctx], 2))
        return 0;
    const int eob = read_eob(d, tx, chroma);
    const uint16_t *scan = scan_of(tx);
    level_map map;
    level_map_clear(&map, n);
    int max_row = 0, max_col = 0;
    for (int i = eob - 1; i >= 0; i--) {
        const int row = scan[i] >> log, col = scan[i] & (n - 1);
        uint8_t *p = map.at + row * LEVEL_STRIDE + col;
        int level;
        if (i == eob - 1)
            level = 1 + viola_get_symbol(r, d->contexts.last[table * 4 + last_context(i, n * n)], 3);
        else
            level = viola_get_symbol(r, d->contexts.base[table * BASE_CONTEXTS + base_context(p, row, col)], 4);
        if (level == 3)
            level = read_high(d, d->contexts.high[table * HIGH_CONTEXTS + high_context(p, row, col)]);
        *p = (uint8_t)level;
    }
    for (int i = 0; i < eob; i++) {
        const int row = scan[i] >> log, col = scan[i] & (n - 1);
        int level = map.at[row * LEVEL_STRIDE + col];
        if (!level)
            continue;
        max_row = row > max_row ? row : max_row;
        max_col = col > max_col ? col : max_col;
        const int negative = viola_get_bit(r);
        if (level == LEVEL_CAP)
            level += read_golomb(r);
        d->coef[scan[i]] = dequantize(negative ? -level : level, step, tx);
    }
    *rows = max_row + 1;
    *cols = max_col + 1;
    return 1;
}

static int plane_step(const slice_decoder *d, int plane)
{
    int qp = d->qp + (plane ? d->work->header.chroma_qp : 0);
    qp = qp < 0 ? 0 : qp > VIOLA_MAX_QP ? VIOLA_MAX_QP : qp;
    return viola_step[qp];
}

static void decode_transform(slice_decoder *d, int plane, int x, int y, const mode_info *m, int tx)
{
    const viola_work *w = d->work;
    const int x4 = x / 4, y4 = (y % (plane ? SB_SIZE / 2 : SB_SIZE)) / 4;
    int nonzero = 0, rows, cols;
    if (!m->skip)
        nonzero =
            read_coefs(d, plane, tx, plane_step(d, plane), zero_context(&d->edges, plane, x4, y4, tx), &rows, &cols);
    set_nonzero(&d->edges, plane, x4, y4, tx, nonzero);
    if (!nonzero)
        return;
    int type = VIOLA_DCT_DCT;
    if (m->ref == REF_INTRA)
        type = viola_intra_tx_type(plane ? viola_uv_intra_mode(m->uv_mode, m->mode) : m->mode, tx);
    w->dsp->inverse_add[tx](w->target->plane[plane] + y * w->target->stride[plane] + x, w->target->stride[plane],
                            d->coef, rows, cols, type);
}

static void decode_plane(slice_decoder *d, int plane, int bx, int by, const mode_info *m)
{
    const viola_work *w = d->work;
    const int shift = plane > 0, tx = plane ? viola_uv_tx(m) : m->tx, n = 4 << tx;
    const int bw = 8 << m->w, bh = 8 << m->h;
    const int x0 = bx >> shift, y0 = by >> shift, x1 = x0 + (bw >> shift), y1 = y0 + (bh >> shift);
    const int mode = plane ? viola_uv_intra_mode(m->uv_mode, m->mode) : m->mode;
    for (int y = y0; y < y1 && y < w->coded_height >> shift; y += n) {
        for (int x = x0; x < x1 && x < w->coded_width >> shift; x += n) {
            if (m->ref == REF_INTRA) {
                intra_edges edges;
                viola_intra_edges(w, plane, x, y, n, bx, by, bw, bh, &edges);
                viola_predict_intra(w, plane, x, y, n, mode, &edges);
            }
            decode_transform(d, plane, x, y, m, tx);
        }
    }
}

/* ------------------------------------------------------------ modes */

static int read_component(slice_decoder *d, int which)
{
    viola_reader *r = &d->reader;
    viola_contexts *c = &d->contexts;
    const int negative = viola_get_symbol(r, c->mv_sign[which], 2);
    const int class = viola_get_symbol(r, c->mv_class[which], MV_CLASSES);
    int v = 1 << class;
    if (class > 0)
        v |= viola_get_symbol(r, c->mv_top[which * MV_CLASSES + class], 2) << (class - 1);
    if (class > 1) {
        v |= (int)viola_get_bits(r, class - 2) << 1;
        v |= viola_get_symbol(r, c->mv_low[which * 2 + (class > 3)], 2);
    }
    return negative ? -v : v;
}

static int16_t limit_motion(int v)
{
    return (int16_t)(v < -MV_LIMIT ? -MV_LIMIT : v > MV_LIMIT ? MV_LIMIT : v);
}

static void read_new_motion(slice_decoder *d, const candidates *list, const mode_info *above, const mode_info *left,
                            mode_info *m)
{
    viola_reader *r = &d->reader;
    const int count = d->work->header.ref_count, context = viola_ref_context(above, left);
    m->ref = 0;
    if (count > 1 && viola_get_symbol(r, d->contexts.ref[context], 2))
        m->ref = (int8_t)(count > 2 && viola_get_symbol(r, d->contexts.ref[3 + context], 2) ? 2 : 1);
    const motion p = viola_predict_motion(list, m->ref);
    const int joint = viola_get_symbol(r, d->contexts.mv_joint[0], 4);
    const int dx = joint & 1 ? read_component(d, 0) : 0, dy = joint & 2 ? read_component(d, 1) : 0;
    m->mv = (motion){limit_motion(p.x + dx), limit_motion(p.y + dy)};
}

static void read_qp(slice_decoder *d)
{
    viola_reader *r = &d->reader;
    int v = viola_get_symbol(r, d->contexts.qp_delta[0], 8);
    if (v == 7)
        v += (int)viola_get_bits(r, 5);
    if (v && viola_get_bit(r))
        v = -v;
    const int qp = d->qp + 2 * v;
    d->qp = qp < 0 ? 0 : qp > VIOLA_MAX_QP ? VIOLA_MAX_QP : qp;
    d->qp_read = 1;
}

static void read_modes(slice_decoder *d, int ux, int uy, mode_info *m)
{
    viola_reader *r = &d->reader;
    viola_contexts *c = &d->contexts;
    const viola_work *w = d->work;
    const mode_info *above = neighbour(w, ux, uy - 1), *left = neighbour(w, ux - 1, uy);
    int intra = 1;
    if (w->header.ref_count)
        intra = viola_get_symbol(r, c->is_intra[(above && above->ref < 0) + (left && left->ref < 0)], 2);
    m->skip = (uint8_t)viola_get_symbol(r, c->skip[(above && above->skip) + (left && left->skip)], 2);
    if (intra) {
        m->ref = REF_INTRA;
        m->mode = (uint8_t)viola_get_symbol(r, c->y_mode[viola_y_mode_context(above, left)], INTRA_MODES);
        m->uv_mode = (uint8_t)viola_get_symbol(r, c->uv_mode[m->mode], UV_MODES);
    } else {
        candidates list;
        viola_find_candidates(w, ux, uy, 1 << m->w, 1 << m->h, &list);
        m->mode = (uint8_t)viola_get_symbol(r, c->inter_mode[list.context], INTER_MODES);
        if (m->mode == MODE_NEW) {
            read_new_motion(d, &list, above, left, m);
        } else {
            m->mv = list.mv[m->mode];
            m->ref = list.ref[m->mode];
        }
    }
    const int most = viola_max_tx(m->w, m->h);
    int depth = 0;
    if (!m->skip) {
        depth = viola_get_symbol(r, c->tx_depth[(most - 1) * 2 + intra], 3);
        if (w->header.qp_varies && !d->qp_read)
            read_qp(d);
    }
    m->tx = (uint8_t)(most > depth ? most - depth : 0);
    m->qp = (uint8_t)d->qp;
}

static void check_taint(slice_decoder *d, int x, int y, const mode_info *m)
{
    const viola_surface *ref = d->work->refs[m->ref];
    if (!ref->damaged)
        return;
    const int x0 = x + (m->mv.x >> 2) - 3, y0 = y + (m->mv.y >> 2) - 3;
    const int x1 = x0 + (8 << m->w) + 7, y1 = y0 + (8 << m->h) + 7;
    for (int sy = 0; sy < d->work->sb_rows; sy++)
        for (int sx = 0; sx < d->work->sb_cols; sx++)
            if (ref->sb_damage[sy * d->work->sb_cols + sx] && x1 >= sx * SB_SIZE && x0 < (sx + 1) * SB_SIZE &&
                y1 >= sy * SB_SIZE && y0 < (sy + 1) * SB_SIZE)
                d->tainted = 1;
}

static void store_units(const viola_work *w, int ux, int uy, const mode_info *m)
{
    const int cols = w->unit_cols - ux < 1 << m->w ? w->unit_cols - ux : 1 << m->w;
    const int rows = w->unit_rows - uy < 1 << m->h ? w->unit_rows - uy : 1 << m->h;
    for (int y = 0; y < rows; y++) {
        mode_info *at = unit_at(w, ux, uy + y);
        for (int x = 0; x < cols; x++)
            at[x] = *m;
    }
}

static void decode_block(slice_decoder *d, int ux, int uy, int bw, int bh)
{
    viola_work *w = d->work;
    mode_info m = {.w = (uint8_t)bw, .h = (uint8_t)bh, .stamp = w->stamp};
    read_modes(d, ux, uy, &m);
    store_units(w, ux, uy, &m);
    const uint32_t area = 1u << (bw + bh);
    *(m.ref == REF_INTRA ? &d->intra : m.skip ? &d->skip : &d->inter) += area;
    if (m.ref >= 0) {
        check_taint(d, ux * 8, uy * 8, &m);
        viola_predict_inter(w, ux * 8, uy * 8, 8 << bw, 8 << bh, w->refs[m.ref], m.mv);
    }
    for (int plane = 0; plane < 3; plane++)
        decode_plane(d, plane, ux * 8, uy * 8, &m);
    memset(d->edges.above_part + ux, bw, (size_t)1 << bw);
    memset(d->edges.left_part + uy % SB_UNITS, bh, (size_t)1 << bh);
}

static void decode_partition(slice_decoder *d, int ux, int uy, int level)
{
    const viola_work *w = d->work;
    if (ux >= w->unit_cols || uy >= w->unit_rows)
        return;
    const int size = 3 - level, half = 1 << size >> 1;
    int part = PART_NONE;
    if (level < 3) {
        part = PART_SPLIT;
        if (ux + half < w->unit_cols && uy + half < w->unit_rows)
            part = viola_get_symbol(
                &d->reader, d->contexts.partition[viola_partition_context(&d->edges, ux, uy, level)], PARTITIONS);
    }
    switch (part) {
    case PART_NONE:
        decode_block(d, ux, uy, size, size);
        break;
    case PART_HORIZONTAL:
        decode_block(d, ux, uy, size, size - 1);
        decode_block(d, ux, uy + half, size, size - 1);
        break;
    case PART_VERTICAL:
        decode_block(d, ux, uy, size - 1, size);
        decode_block(d, ux + half, uy, size - 1, size);
        break;
    default:
        for (int i = 0; i < 4; i++)
            decode_partition(d, ux + (i & 1) * half, uy + (i >> 1) * half, level + 1);
    }
}

int viola_decode_slice(slice_decoder *d, const uint8_t *payload, size_t size, const frame_header *h, uint8_t *taint,
                       int *decoded)
{
    viola_work *w = d->work;
    const int total = w->sb_cols * w->sb_rows, count = h->sb_count ? h->sb_count : total;
    viola_reader_init(&d->reader, payload, size);
    viola_next_stamp(w);
    memset(&d->edges, 0, sizeof d->edges);
    d->qp = h->qp;
    d->intra = d->inter = d->skip = 0;
    for (*decoded = 0; *decoded < count; ++*decoded) {
        const int sb = h->first_sb + *decoded, sx = sb % w->sb_cols, sy = sb / w->sb_cols;
        if (sx == 0 || *decoded == 0) {
            memset(d->edges.left_part, 0, sizeof d->edges.left_part);
            memset(d->edges.left_nonzero, 0, sizeof d->edges.left_nonzero);
        }
        d->qp_read = 0;
        d->tainted = 0;
        decode_partition(d, sx * SB_UNITS, sy * SB_UNITS, 0);
        if (viola_reader_overrun(&d->reader))
            return VIOLA_EDATA;
        taint[sb] = d->tainted ? VIOLA_SB_TAINTED : VIOLA_SB_OK;
    }
    return VIOLA_OK;
}
