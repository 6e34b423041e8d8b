/* Coding of blocks: quantisation, choice of skip and transform, and the syntax, writer's side. */
#include <stdlib.h>
#include <string.h>

#include "codec/encode.h"

/* ------------------------------------------------------------ costs and quantisers */

#define FILL(field, name, tables, symbols)                                                                             \
    for (int t = 0; t < (tables); t++)                                                                                 \
        for (int s = 0; s < (symbols); s++)                                                                            \
    (&costs->field)[t * (symbols) + s] = viola_symbol_cost(contexts->name[t], symbols, s)

void viola_costs_init(cost_tables *costs, const viola_contexts *contexts)
{
    FILL(base[0][0][0], base, COEF_SIZES * 2 * BASE_CONTEXTS, 4);
    FILL(high[0][0][0], high, COEF_SIZES * 2 * HIGH_CONTEXTS, 4);
    FILL(last[0][0][0], last, COEF_SIZES * 2 * 4, 3);
    FILL(eob[0][0], eob, COEF_SIZES * 2, EOB_CLASSES);
    FILL(inter_mode[0][0], inter_mode, 6, INTER_MODES);
    FILL(skip[0][0], skip, 3, 2);
    FILL(is_intra[0][0], is_intra, 3, 2);
    FILL(y_mode[0][0], y_mode, 16, INTRA_MODES);
    FILL(partition[0][0], partition, 12, PARTITIONS);
    FILL(tx_depth[0][0], tx_depth, 8, 3);
    for (int t = 0; t < COEF_SIZES * 2; t++)
        for (int s = 0; s < 2; s++)
            costs->zero[t][s] = viola_symbol_cost(contexts->zero[t * 3 + 1], 2, s);
}

static void set_quant(viola_quant *q, int step, int tx, int intra)
{
    /* step of the coefficients as they are: larger transforms have less gain */
    const uint32_t scaled = (uint32_t)step << 4 >> tx_shift(tx); /* 1/16 */
    const int log = viola_log2(scaled);
    const uint32_t recip = (uint32_t)(((uint64_t)1 << (log + 16)) / scaled); /* 2^15..2^16 */
    for (int i = 0; i < 2; i++) {
        q->recip[i] = (uint16_t)(recip > 65535 ? 65535 : recip);
        q->shift[i] = (uint8_t)(log - 4);
        q->round[i] = (uint16_t)(scaled * (intra ? 26 : 24) / 64 >> 4);
    }
}

void viola_set_qp(viola_encoder *e, int qp)
{
    if (e->qp == qp && e->quant_intra == (e->work.header.ref_count == 0))
        return;
    e->qp = qp;
    const int intra = e->quant_intra = e->work.header.ref_count == 0;
    for (int chroma = 0; chroma < 2; chroma++) {
        int index = qp + (chroma ? e->work.header.chroma_qp : 0);
        index = index < 0 ? 0 : index > VIOLA_MAX_QP ? VIOLA_MAX_QP : index;
        e->step[chroma] = viola_step[index];
        for (int tx = 0; tx < COEF_SIZES; tx++)
            set_quant(&e->quant[chroma][tx], e->step[chroma], tx, intra);
    }
    const uint32_t step = viola_step[qp];
    e->lambda = step * step * 8 / (64 * 4); /* 0.125 q^2 in 1/16 */
    e->lambda_satd = step / 2;              /* 0.25 q in 1/16 */
    e->lambda = e->lambda ? e->lambda : 1;
}

/* ------------------------------------------------------------ coefficients */

/* squared error saved by a level, in 1/1 of pixel error: gain 8 of the transform squared is 64 */
static inline int64_t coef_gain(int c, int d, int shift)
{
    return ((int64_t)c * c - (int64_t)(c - d) * (c - d)) * (1 << 2 * shift);
}

static uint32_t level_cost(const cost_tables *costs, int table, const uint8_t *p, int row, int col, int level)
{
    uint32_t bits = costs->base[table][base_context(p, row, col)][level < 3 ? level : 3];
    if (level == 0)
        return bits;
    bits += 256;
    if (level >= 3) {
        const uint32_t *high = costs->high[table][high_context(p, row, col)];
        int rest = level - 3;
        for (int i = 0; i < 4; i++) {
            bits += high[rest < 3 ? rest : 3];
            if (rest < 3)
                return bits;
            rest -= 3;
        }
        bits += 256 * (uint32_t)(2 * viola_log2((uint32_t)rest + 1) + 1);
    }
    return bits;
}

/* rows that the scan may have touched by the time that it is at `pos` */
static int rows_before(int pos, int n, int log)
{
    const int diagonal = (pos >> log) + (pos & (n - 1));
    return diagonal < n ? diagonal + 1 : n;
}

static void drop_levels(int16_t *level, level_map *map, const uint16_t *scan, int from, int end, int log)
{
    for (int i = from; i < end; i++) {
        const int at = scan[i];
        level[at] = 0;
        map->at[(at >> log) * LEVEL_STRIDE + (at & ((1 << log) - 1))] = 0;
    }
}

/* Greedy choice from the last coefficient down: keep a level, lower it by one, or end before it.
 * Works on magnitudes; returns the number of coefficients to code and adds up bits (1/256) and gain. */
static int choose_levels(const viola_encoder *e, int16_t *level, int tx, int chroma, int eob, uint32_t *bits_out,
                         int64_t *gain_out)
{
    const int table = tx * 2 + chroma, n = coded_size(tx), log = viola_log2((uint32_t)n), shift = tx_shift(tx);
    const uint16_t *scan = scan_of(tx);
    const int step = e->step[chroma];
    const int64_t lambda = (int64_t)e->lambda * 64 / 16; /* error scaled by the gain, for a bit */
    const uint32_t(*base)[4] = e->costs.base[table];
    level_map map;
    level_map_clear(&map, rows_before(scan[eob - 1], n, log));
    int64_t tail = 0; /* benefit of everything from here on, in error */
    int64_t gain = 0;
    uint32_t bits = 0;
    int end = eob;
    for (int i = eob - 1; i >= 0; i--) {
        const int pos = scan[i], row = pos >> log, col = pos & (n - 1);
        uint8_t *p = map.at + row * LEVEL_STRIDE + col;
        int l = abs(level[pos]);
        uint32_t best_bits;
        if (l) {
            const int c = abs(e->coef[pos]);
            best_bits = level_cost(&e->costs, table, p, row, col, l);
            int64_t best_gain = coef_gain(c, l * step >> shift, shift);
            const int64_t lower_gain = l > 1 ? coef_gain(c, (l - 1) * step >> shift, shift) : 0;
            const uint32_t lower_bits = level_cost(&e->costs, table, p, row, col, l - 1);
            if (e->effort->rdoq && (best_gain - lower_gain) * 256 < lambda * ((int64_t)best_bits - lower_bits)) {
                l--;
                best_gain = lower_gain;
                best_bits = lower_bits;
                level[pos] = (int16_t)(e->coef[pos] < 0 ? -l : l);
            }
            *p = (uint8_t)(l < LEVEL_CAP ? l : LEVEL_CAP);
            gain += best_gain;
            tail += best_gain * 256;
        } else {
            best_bits = base[base_context(p, row, col)][0];
        }
        bits += best_bits;
        tail -= lambda * best_bits;
        if (tail <= 0 && (e->effort->rdoq || l == 0)) {
            drop_levels(level, &map, scan, i, end, log);
            end = i;
            tail = 0;
            gain = 0;
            bits = 0;
        }
    }
    if (end)
        bits += e->costs.eob[table][eob_class(end)] + (end > 2 ? 256u * (uint32_t)(eob_class(end) - 1) : 0);
    *bits_out = bits + e->costs.zero[table][end == 0];
    *gain_out = gain / 64;
    return end;
}

static int find_eob(const int16_t *level, int tx, int nonzero)
{
    const uint16_t *scan = scan_of(tx);
    int i = 0;
    while (nonzero > 0)
        nonzero -= level[scan[i++]] != 0;
    return i;
}

/* adds the dequantised levels to the reconstruction */
static void reconstruct(viola_encoder *e, const int16_t *level, int eob, int tx, int chroma, int type, uint8_t *dst,
                        ptrdiff_t stride)
{
    const int n = coded_size(tx), log = viola_log2((uint32_t)n);
    const uint16_t *scan = scan_of(tx);
    int rows = 0, cols = 0;
    for (int i = 0; i < eob; i++) {
        const int pos = scan[i];
        if (!level[pos])
            continue;
        e->dequant[pos] = dequantize(level[pos], e->step[chroma], tx);
        rows = pos >> log > rows ? pos >> log : rows;
        cols = (pos & (n - 1)) > cols ? pos & (n - 1) : cols;
    }
    e->dsp.inverse_add[tx](dst, stride, e->dequant, rows + 1, cols + 1, type);
}

/* one transform block: residual against what the target holds, quantised into `level`. @return eob */
static int quantize_transform(viola_encoder *e, int plane, int x, int y, int tx, int type, int16_t *level,
                              uint32_t *bits, int64_t *gain)
{
    const int n = 4 << tx, chroma = plane > 0, kept = coded_size(tx);
    const viola_surface *t = e->work.target;
    e->dsp.residual(e->residual, n, source_at(e, plane, x, y), e->source->stride[plane],
                    t->plane[plane] + y * t->stride[plane] + x, t->stride[plane], n, n);
    e->dsp.forward[tx](e->coef, e->residual, n, type);
    *gain = 0;
    *bits = e->costs.zero[tx * 2 + chroma][1];
    const int nonzero = e->dsp.quantize(level, e->coef, kept * kept, &e->quant[chroma][tx]);
    return nonzero ? choose_levels(e, level, tx, chroma, find_eob(level, tx, nonzero), bits, gain) : 0;
}

static void put_golomb(viola_writer *w, int v)
{
    const int length = viola_log2((uint32_t)v + 1);
    for (int i = 0; i < length; i++)
        viola_put_bit(w, 0);
    if (length < 14)
        viola_put_bit(w, 1);
    viola_put_bits(w, (uint32_t)(v + 1 - (1 << length)), length);
}

static void put_eob(viola_encoder *e, int table, int eob)
{
    const int class = eob_class(eob);
    viola_put_symbol(&e->writer, e->contexts.eob[table], EOB_CLASSES, class);
    if (class < 2)
        return;
    const int extra = class - 1, offset = eob - (1 << extra) - 1;
    viola_put_symbol(&e->writer, e->contexts.eob_top[table * EOB_CLASSES + class], 2, offset >> (extra - 1) & 1);
    viola_put_bits(&e->writer, (uint32_t)offset & ((1u << (extra - 1)) - 1), extra - 1);
}

static void put_coefs(viola_encoder *e, const int16_t *level, int eob, int tx, int chroma)
{
    const int table = tx * 2 + chroma, n = coded_size(tx), log = viola_log2((uint32_t)n);
    const uint16_t *scan = scan_of(tx);
    viola_writer *w = &e->writer;
    level_map map;
    level_map_clear(&map, rows_before(scan[eob - 1], n, log));
    put_eob(e, table, eob);
    for (int i = eob - 1; i >= 0; i--) {
        const int row = scan[i] >> log, col = scan[i] & (n - 1), l = abs(level[scan[i]]);
        uint8_t *p = map.at + row * LEVEL_STRIDE + col;
        if (i == eob - 1)
            viola_put_symbol(w, e->contexts.last[table * 4 + last_context(i, n * n)], 3, l < 3 ? l - 1 : 2);
        else
            viola_put_symbol(w, e->contexts.base[table * BASE_CONTEXTS + base_context(p, row, col)], 4, l < 3 ? l : 3);
        if (l >= 3) {
            uint16_t *cdf = e->contexts.high[table * HIGH_CONTEXTS + high_context(p, row, col)];
            int rest = l - 3;
            for (int k = 0; k < 4; k++, rest -= 3) {
                viola_put_symbol(w, cdf, 4, rest < 3 ? rest : 3);
                if (rest < 3)
                    break;
            }
        }
        *p = (uint8_t)(l < LEVEL_CAP ? l : LEVEL_CAP);
    }
    for (int i = 0; i < eob; i++) {
        const int l = level[scan[i]];
        if (!l)
            continue;
        viola_put_bit(w, l < 0);
        if (abs(l) >= LEVEL_CAP)
            put_golomb(w, abs(l) - LEVEL_CAP);
    }
}

/* ------------------------------------------------------------ a block: quantise */

static int tx_type_of(const mode_info *m, int plane, int tx)
{
    if (m->ref != REF_INTRA)
        return VIOLA_DCT_DCT;
    return viola_intra_tx_type(plane ? viola_uv_intra_mode(m->uv_mode, m->mode) : m->mode, tx);
}

/* all transform blocks of a plane; prediction of inter blocks is in the target already */
static void quantize_plane(viola_encoder *e, coded_block *b, int plane, int bx, int by, int16_t **level)
{
    const viola_work *w = &e->work;
    const mode_info *m = &b->m;
    const int shift = plane > 0, tx = plane ? viola_uv_tx(m) : m->tx, n = 4 << tx, kept = coded_size(tx);
    const int bw = 8 << m->w, bh = 8 << m->h, x0 = bx >> shift, y0 = by >> shift;
    const ptrdiff_t stride = w->target->stride[plane];
    for (int y = y0; y < y0 + (bh >> shift) && y < w->coded_height >> shift; y += n) {
        for (int x = x0; x < x0 + (bw >> shift) && x < w->coded_width >> shift; x += n) {
            if (m->ref == REF_INTRA) {
                intra_edges edges;
                viola_intra_edges(w, plane, x, y, n, bx, by, bw, bh, &edges);
                viola_predict_intra(w, plane, x, y, n, plane ? viola_uv_intra_mode(m->uv_mode, m->mode) : m->mode,
                                    &edges);
            }
            uint32_t bits;
            int64_t gain;
            const int type = tx_type_of(m, plane, tx);
            const int eob = e->plain ? 0 : quantize_transform(e, plane, x, y, tx, type, *level, &bits, &gain);
            if (eob && m->ref == REF_INTRA)
                reconstruct(e, *level, eob, tx, shift, type, w->target->plane[plane] + y * stride + x, stride);
            if (!e->plain) {
                b->bits += bits;
                b->gain += gain;
            }
            b->eob[b->blocks++] = (uint16_t)eob;
            *level += kept * kept;
        }
    }
}

static void quantize_block(viola_encoder *e, coded_block *b, int bx, int by)
{
    int16_t *level = b->level;
    b->blocks = 0;
    b->bits = 0;
    b->gain = 0;
    for (int plane = 0; plane < 3; plane++)
        quantize_plane(e, b, plane, bx, by, &level);
    int any = 0;
    for (int i = 0; i < b->blocks; i++)
        any |= b->eob[i];
    b->m.skip = !any;
}

/* adds the coefficients of an inter block to its prediction */
static void reconstruct_block(viola_encoder *e, const coded_block *b, int bx, int by)
{
    const viola_work *w = &e->work;
    const mode_info *m = &b->m;
    const int16_t *level = b->level;
    int index = 0;
    for (int plane = 0; plane < 3; plane++) {
        const int shift = plane > 0, tx = plane ? viola_uv_tx(m) : m->tx, n = 4 << tx, kept = coded_size(tx);
        const int bw = 8 << m->w >> shift, bh = 8 << m->h >> shift, x0 = bx >> shift, y0 = by >> shift;
        const ptrdiff_t stride = w->target->stride[plane];
        for (int y = y0; y < y0 + bh && y < w->coded_height >> shift; y += n) {
            for (int x = x0; x < x0 + bw && x < w->coded_width >> shift; x += n, level += kept * kept) {
                const int eob = b->eob[index++];
                if (eob)
                    reconstruct(e, level, eob, tx, shift, VIOLA_DCT_DCT, w->target->plane[plane] + y * stride + x,
                                stride);
            }
        }
    }
}

/* ------------------------------------------------------------ a block: write */

static void put_component(viola_encoder *e, int which, int v)
{
    viola_writer *w = &e->writer;
    viola_contexts *c = &e->contexts;
    const int magnitude = abs(v), class = viola_log2((uint32_t)magnitude);
    viola_put_symbol(w, c->mv_sign[which], 2, v < 0);
    viola_put_symbol(w, c->mv_class[which], MV_CLASSES, class);
    if (class > 0)
        viola_put_symbol(w, c->mv_top[which * MV_CLASSES + class], 2, magnitude >> (class - 1) & 1);
    if (class > 1) {
        viola_put_bits(w, (uint32_t)(magnitude >> 1) & ((1u << (class - 2)) - 1), class - 2);
        viola_put_symbol(w, c->mv_low[which * 2 + (class > 3)], 2, magnitude & 1);
    }
}

static void put_new_motion(viola_encoder *e, const candidates *list, const mode_info *above, const mode_info *left,
                           const mode_info *m)
{
    viola_writer *w = &e->writer;
    const int count = e->work.header.ref_count, context = viola_ref_context(above, left);
    if (count > 1)
        viola_put_symbol(w, e->contexts.ref[context], 2, m->ref > 0);
    if (count > 2 && m->ref > 0)
        viola_put_symbol(w, e->contexts.ref[3 + context], 2, m->ref > 1);
    const motion p = viola_predict_motion(list, m->ref);
    const int dx = m->mv.x - p.x, dy = m->mv.y - p.y;
    viola_put_symbol(w, e->contexts.mv_joint[0], 4, (dx != 0) | (dy != 0) << 1);
    if (dx)
        put_component(e, 0, dx);
    if (dy)
        put_component(e, 1, dy);
}

static void put_qp(viola_encoder *e)
{
    const int delta = (e->qp - e->qp_coded) / 2, magnitude = abs(delta);
    viola_put_symbol(&e->writer, e->contexts.qp_delta[0], 8, magnitude < 7 ? magnitude : 7);
    if (magnitude >= 7)
        viola_put_bits(&e->writer, (uint32_t)magnitude - 7, 5);
    if (magnitude)
        viola_put_bit(&e->writer, delta < 0);
    e->qp_coded += 2 * delta;
    e->qp_written = 1;
}

static void write_modes(viola_encoder *e, int ux, int uy, const mode_info *m, const candidates *list)
{
    viola_writer *w = &e->writer;
    viola_contexts *c = &e->contexts;
    const mode_info *above = neighbour(&e->work, ux, uy - 1), *left = neighbour(&e->work, ux - 1, uy);
    const int intra = m->ref == REF_INTRA;
    if (e->work.header.ref_count)
        viola_put_symbol(w, c->is_intra[(above && above->ref < 0) + (left && left->ref < 0)], 2, intra);
    viola_put_symbol(w, c->skip[(above && above->skip) + (left && left->skip)], 2, m->skip);
    if (intra) {
        viola_put_symbol(w, c->y_mode[viola_y_mode_context(above, left)], INTRA_MODES, m->mode);
        viola_put_symbol(w, c->uv_mode[m->mode], UV_MODES, m->uv_mode);
    } else {
        viola_put_symbol(w, c->inter_mode[list->context], INTER_MODES, m->mode);
        if (m->mode == MODE_NEW)
            put_new_motion(e, list, above, left, m);
    }
    if (m->skip)
        return;
    const int most = viola_max_tx(m->w, m->h);
    viola_put_symbol(w, c->tx_depth[(most - 1) * 2 + intra], 3, most - m->tx);
    if (e->work.header.qp_varies && !e->qp_written)
        put_qp(e);
}

static void write_coefs(viola_encoder *e, int bx, int by, const coded_block *b)
{
    const viola_work *w = &e->work;
    const mode_info *m = &b->m;
    const int16_t *level = b->level;
    int index = 0;
    for (int plane = 0; plane < 3; plane++) {
        const int shift = plane > 0, tx = plane ? viola_uv_tx(m) : m->tx, n = 4 << tx, kept = coded_size(tx);
        const int bw = 8 << m->w >> shift, bh = 8 << m->h >> shift, x0 = bx >> shift, y0 = by >> shift;
        for (int y = y0; y < y0 + bh && y < w->coded_height >> shift; y += n) {
            for (int x = x0; x < x0 + bw && x < w->coded_width >> shift; x += n, level += kept * kept) {
                const int eob = m->skip ? 0 : b->eob[index++];
                const int x4 = x / 4, y4 = (y % (SB_SIZE >> shift)) / 4;
                if (!m->skip) {
                    uint16_t *cdf = e->contexts.zero[(tx * 2 + shift) * 3 + zero_context(&e->edges, plane, x4, y4, tx)];
                    viola_put_symbol(&e->writer, cdf, 2, eob == 0);
                    if (eob)
                        put_coefs(e, level, eob, tx, shift);
                }
                set_nonzero(&e->edges, plane, x4, y4, tx, eob > 0);
            }
        }
    }
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

/* ------------------------------------------------------------ a block: decide */

static uint32_t satd_against_source(const viola_encoder *e, int x, int y, int bw, int bh, const uint8_t *pred,
                                    ptrdiff_t stride)
{
    return e->dsp.satd[viola_log2((uint32_t)bw) - 2](source_at(e, 0, x, y), e->source->stride[0], pred, stride, bh);
}

static uint64_t satd_cost(const viola_encoder *e, uint32_t satd, uint32_t bits)
{
    return satd + ((uint64_t)e->lambda_satd * bits >> 12);
}

static int same_motion(motion a, motion b)
{
    return a.x == b.x && a.y == b.y;
}

/* the planned motion against the candidates; the luma prediction of the best ends in the target */
static void choose_motion(viola_encoder *e, int ux, int uy, mode_info *m, const candidates *list, const plan_unit *plan)
{
    const viola_work *w = &e->work;
    const int x = ux * 8, y = uy * 8, bw = 8 << m->w, bh = 8 << m->h;
    uint8_t *target = w->target->plane[0] + y * w->target->stride[0] + x;
    const ptrdiff_t stride = w->target->stride[0];
    m->mode = MODE_NEW;
    m->mv = plan->mv;
    m->ref = plan->ref;
    for (int i = MAX_CANDIDATES - 1; i >= 0; i--)
        if (list->ref[i] == plan->ref && same_motion(list->mv[i], plan->mv))
            m->mode = (uint8_t)i;
    viola_predict_luma(w, target, stride, x, y, bw, bh, w->refs[m->ref], m->mv);
    uint32_t bits = e->costs.inter_mode[list->context][m->mode];
    if (m->mode == MODE_NEW)
        bits += viola_motion_bits(m->mv, viola_predict_motion(list, m->ref)) + 256;
    const uint32_t satd = satd_against_source(e, x, y, bw, bh, target, stride);
    uint64_t best = satd_cost(e, satd, bits);
    int at_target = 1;
    for (int i = 0; i < e->effort->candidates; i++) {
        if (i == m->mode || (list->ref[i] == m->ref && same_motion(list->mv[i], m->mv)))
            continue;
        const uint64_t mode_cost = satd_cost(e, 0, e->costs.inter_mode[list->context][i]);
        if (mode_cost >= best)
            continue;
        uint8_t *pred = e->scratch[0];
        viola_predict_luma(w, pred, 64, x, y, bw, bh, w->refs[list->ref[i]], list->mv[i]);
        const uint64_t cost = mode_cost + satd_against_source(e, x, y, bw, bh, pred, 64);
        if (cost < best) {
            best = cost;
            m->mode = (uint8_t)i;
            m->ref = list->ref[i];
            m->mv = list->mv[i];
            memcpy(e->scratch[1], e->scratch[0], (size_t)(64 * bh));
            at_target = 0;
        }
    }
    if (!at_target)
        e->dsp.copy(target, stride, e->scratch[1], 64, bw, bh);
}

static coded_block *encode_inter(viola_encoder *e, int ux, int uy, const candidates *list, const plan_unit *plan)
{
    const viola_work *w = &e->work;
    coded_block *b = &e->block[0];
    const int x = ux * 8, y = uy * 8, bw = 8 << b->m.w, bh = 8 << b->m.h;
    choose_motion(e, ux, uy, &b->m, list, plan);
    viola_predict_chroma(w, x, y, bw, bh, w->refs[b->m.ref], b->m.mv);
    const int most = viola_max_tx(b->m.w, b->m.h);
    b->m.tx = (uint8_t)most;
    quantize_block(e, b, x, y);
    if (!b->m.skip && e->effort->tx_search && most > 1) {
        coded_block *t = &e->block[1];
        t->m = b->m;
        t->m.tx--;
        quantize_block(e, t, x, y);
        const int64_t cost = (int64_t)e->lambda * b->bits / 4096 - b->gain;
        const int64_t other = (int64_t)e->lambda * (t->bits + 256) / 4096 - t->gain;
        b = other < cost ? t : b;
    }
    /* what the coefficients cost against what they save */
    if (!b->m.skip && b->gain * 4096 <= (int64_t)e->lambda * (b->bits + 128))
        b->m.skip = 1;
    if (b->m.skip)
        b->m.tx = (uint8_t)most;
    else
        reconstruct_block(e, b, x, y);
    return b;
}

static const uint8_t few_modes[] = {VIOLA_PRED_DC, VIOLA_PRED_V, VIOLA_PRED_H, VIOLA_PRED_SMOOTH, VIOLA_PRED_PAETH};

static void choose_intra(viola_encoder *e, int ux, int uy, mode_info *m)
{
    const viola_work *w = &e->work;
    const int x = ux * 8, y = uy * 8, n = 4 << m->tx;
    const mode_info *above = neighbour(w, ux, uy - 1), *left = neighbour(w, ux - 1, uy);
    const uint32_t *bits = e->costs.y_mode[viola_y_mode_context(above, left)];
    const int all = e->work.header.ref_count == 0 || e->effort->intra_modes;
    intra_edges edges;
    viola_intra_edges(w, 0, x, y, n, x, y, 8 << m->w, 8 << m->h, &edges);
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < (all ? INTRA_MODES : (int)sizeof few_modes); i++) {
        const int mode = all ? i : few_modes[i];
        viola_predict_intra(w, 0, x, y, n, mode, &edges);
        const uint32_t satd = satd_against_source(e, x, y, n, n, w->target->plane[0] + y * w->target->stride[0] + x,
                                                  w->target->stride[0]);
        const uint64_t cost = satd_cost(e, satd, bits[mode]);
        if (cost < best) {
            best = cost;
            m->mode = (uint8_t)mode;
        }
    }
}

static void choose_uv_intra(viola_encoder *e, int ux, int uy, mode_info *m)
{
    const viola_work *w = &e->work;
    const int x = ux * 4, y = uy * 4, n = 4 << viola_uv_tx(m);
    uint32_t best = UINT32_MAX;
    for (int mode = 0; mode < UV_MODES; mode++) {
        uint32_t satd = mode ? 3 * e->lambda_satd / 16 : 0;
        for (int plane = 1; plane < 3; plane++) {
            intra_edges edges;
            viola_intra_edges(w, plane, x, y, n, ux * 8, uy * 8, 8 << m->w, 8 << m->h, &edges);
            viola_predict_intra(w, plane, x, y, n, viola_uv_intra_mode(mode, m->mode), &edges);
            satd += e->dsp.satd[viola_log2((uint32_t)n) - 2](source_at(e, plane, x, y), e->source->stride[plane],
                                                             w->target->plane[plane] + y * w->target->stride[plane] + x,
                                                             w->target->stride[plane], n);
        }
        if (satd < best) {
            best = satd;
            m->uv_mode = (uint8_t)mode;
        }
    }
}

static void encode_intra(viola_encoder *e, int ux, int uy, coded_block *b)
{
    mode_info *m = &b->m;
    m->ref = REF_INTRA;
    m->mv = (motion){0, 0};
    m->tx = (uint8_t)viola_max_tx(m->w, m->h);
    choose_intra(e, ux, uy, m);
    choose_uv_intra(e, ux, uy, m);
    quantize_block(e, b, ux * 8, uy * 8);
}

static void encode_block(viola_encoder *e, int ux, int uy, int bw, int bh)
{
    viola_work *w = &e->work;
    coded_block *b = &e->block[0];
    plan_unit plan = *plan_at(e, ux, uy);
    candidates list = {.context = 0};
    b->m = (mode_info){.w = (uint8_t)bw, .h = (uint8_t)bh, .stamp = w->stamp, .qp = (uint8_t)e->qp};
    if (w->header.ref_count)
        viola_find_candidates(w, ux, uy, 1 << bw, 1 << bh, &list);
    if (e->plain && plan.ref >= 0) {
        plan.mv = list.mv[0];
        plan.ref = list.ref[0];
    }
    if (plan.ref >= 0)
        b = encode_inter(e, ux, uy, &list, &plan);
    else
        encode_intra(e, ux, uy, b);
    write_modes(e, ux, uy, &b->m, &list);
    write_coefs(e, ux * 8, uy * 8, b);
    store_units(w, ux, uy, &b->m);
    const uint32_t area = 1u << (bw + bh);
    *(b->m.ref == REF_INTRA ? &e->stats.blocks_intra
      : b->m.skip           ? &e->stats.blocks_skip
                            : &e->stats.blocks_inter) += area;
    memset(e->edges.above_part + ux, bw, (size_t)1 << bw);
    memset(e->edges.left_part + uy % SB_UNITS, bh, (size_t)1 << bh);
}

static void encode_partition(viola_encoder *e, int ux, int uy, int level)
{
    const viola_work *w = &e->work;
    if (ux >= w->unit_cols || uy >= w->unit_rows)
        return;
    const int size = 3 - level, half = 1 << size >> 1;
    int part = PART_NONE;
    if (level < 3) {
        const plan_unit *p = plan_at(e, ux, uy);
        part = p->w == size ? p->h == size ? PART_NONE : PART_HORIZONTAL : p->h == size ? PART_VERTICAL : PART_SPLIT;
        if (ux + half < w->unit_cols && uy + half < w->unit_rows)
            viola_put_symbol(&e->writer, e->contexts.partition[viola_partition_context(&e->edges, ux, uy, level)],
                             PARTITIONS, part);
        else
            part = PART_SPLIT;
    }
    switch (part) {
    case PART_NONE:
        encode_block(e, ux, uy, size, size);
        break;
    case PART_HORIZONTAL:
        encode_block(e, ux, uy, size, size - 1);
        encode_block(e, ux, uy + half, size, size - 1);
        break;
    case PART_VERTICAL:
        encode_block(e, ux, uy, size - 1, size);
        encode_block(e, ux + half, uy, size - 1, size);
        break;
    default:
        for (int i = 0; i < 4; i++)
            encode_partition(e, ux + (i & 1) * half, uy + (i >> 1) * half, level + 1);
    }
}

void viola_encode_superblock(viola_encoder *e, int ux, int uy)
{
    e->qp_written = 0;
    encode_partition(e, ux, uy, 0);
}
