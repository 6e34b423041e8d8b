/* The in-loop filters over a whole frame, and what a finished frame leaves for later ones. */
#include <stdlib.h>
#include <string.h>

#include "codec/internal.h"

typedef struct thresholds {
    int edge, inner, high;
} thresholds;

static thresholds thresholds_of(int level)
{
    return (thresholds){.edge = 3 * level + 4, .inner = level, .high = level >> 4};
}

/* nothing to smooth: the same motion, and no coefficients on either side */
static int continuous(const mode_info *a, const mode_info *b)
{
    return a->skip && b->skip && a->ref >= 0 && a->ref == b->ref && abs(a->mv.x - b->mv.x) < 4 &&
           abs(a->mv.y - b->mv.y) < 4;
}

static int width_of(int tx_a, int tx_b)
{
    const int tx = tx_a < tx_b ? tx_a : tx_b;
    return tx == VIOLA_W4 ? 4 : tx == VIOLA_W8 ? 8 : 16;
}

static void filter_edge(const viola_work *w, int plane, int x, int y, int length, int vertical, int width,
                        const thresholds *t)
{
    uint8_t *pix = w->target->plane[plane] + y * w->target->stride[plane] + x;
    (vertical ? w->dsp->deblock_vertical : w->dsp->deblock_horizontal)(pix, w->target->stride[plane], length, width,
                                                                       t->edge, t->inner, t->high);
}

/* one side of a block against its neighbours, in runs of equal decisions */
static void filter_side(const viola_work *w, int ux, int uy, const mode_info *m, int vertical, const thresholds *t)
{
    const int count = vertical ? 1 << m->h : 1 << m->w;
    const int limit = vertical ? w->unit_rows - uy : w->unit_cols - ux;
    for (int i = 0; i < count && i < limit; i++) {
        const int x = vertical ? ux : ux + i, y = vertical ? uy + i : uy;
        const mode_info *other = unit_at(w, vertical ? x - 1 : x, vertical ? y : y - 1);
        if (continuous(m, other))
            continue;
        filter_edge(w, 0, x * 8, y * 8, 8, vertical, width_of(m->tx, other->tx), t);
        const int uv = width_of(viola_uv_tx(m), viola_uv_tx(other)) == 4 ? 4 : 8;
        filter_edge(w, 1, x * 4, y * 4, 4, vertical, uv, t);
        filter_edge(w, 2, x * 4, y * 4, 4, vertical, uv, t);
    }
}

/* edges of the transform blocks within a block */
static void filter_inside(const viola_work *w, int ux, int uy, const mode_info *m, int vertical, const thresholds *t)
{
    if (m->skip && m->ref >= 0)
        return;
    const int along = vertical ? 8 << m->h : 8 << m->w, across = vertical ? 8 << m->w : 8 << m->h;
    for (int plane = 0; plane < 3; plane++) {
        const int shift = plane > 0, x = ux * 8 >> shift, y = uy * 8 >> shift;
        const int pw = w->coded_width >> shift, ph = w->coded_height >> shift;
        const int tx = plane ? viola_uv_tx(m) : m->tx, step = 4 << tx;
        const int room = vertical ? ph - y : pw - x, length = along >> shift < room ? along >> shift : room;
        const int width = tx == VIOLA_W4 ? 4 : tx == VIOLA_W8 || plane ? 8 : 16;
        for (int i = step; i < across >> shift && i < (vertical ? pw - x : ph - y); i += step)
            filter_edge(w, plane, vertical ? x + i : x, vertical ? y : y + i, length, vertical, width, t);
    }
}

static void deblock_row(const viola_work *w, int sb_row, int vertical, const thresholds *t)
{
    const int last = (sb_row + 1) * SB_UNITS < w->unit_rows ? (sb_row + 1) * SB_UNITS : w->unit_rows;
    for (int uy = sb_row * SB_UNITS; uy < last; uy++) {
        for (int ux = 0; ux < w->unit_cols;) {
            const mode_info *m = unit_at(w, ux, uy);
            if (uy % (1 << m->h) == 0) {
                if (vertical ? ux > 0 : uy > 0)
                    filter_side(w, ux, uy, m, vertical, t);
                filter_inside(w, ux, uy, m, vertical, t);
            }
            ux += 1 << m->w;
        }
    }
}

static void deblock(const viola_work *w)
{
    const thresholds t = thresholds_of(w->header.deblock);
    for (int row = 0; row < w->sb_rows; row++) {
        deblock_row(w, row, 1, &t);
        deblock_row(w, row, 0, &t);
    }
}

/* ------------------------------------------------------------ enhancement */

enum { DAMPING = 4 };
static const uint8_t secondary_strength[4] = {0, 1, 2, 4};

void viola_enhance_unit(const viola_work *w, int ux, int uy)
{
    const viola_surface *in = w->target, *out = w->output;
    const int pri = w->header.enhance_pri, sec = secondary_strength[w->header.enhance_sec];
    const uint8_t *src = in->plane[0] + uy * 8 * in->stride[0] + ux * 8;
    uint32_t strength;
    const int dir = w->dsp->direction(src, in->stride[0], &strength);
    /* a weak direction earns a weak filter along it */
    const int log = strength >> 6 ? viola_log2(strength >> 6) : 0;
    const int luma = strength >> 6 ? (pri * (4 + (log < 12 ? log : 12)) + 8) >> 4 : 0;
    w->dsp->enhance(out->plane[0] + uy * 8 * out->stride[0] + ux * 8, out->stride[0], src, in->stride[0], 8, 8, luma,
                    sec, dir, DAMPING);
    for (int p = 1; p < 3; p++)
        w->dsp->enhance(out->plane[p] + uy * 4 * out->stride[p] + ux * 4, out->stride[p],
                        in->plane[p] + uy * 4 * in->stride[p] + ux * 4, in->stride[p], 4, 4, pri, sec, dir,
                        DAMPING - 1);
}

static void copy_rows(const viola_work *w, int y, int rows)
{
    for (int p = 0; p < 3; p++) {
        const int shift = p > 0;
        const ptrdiff_t stride = w->target->stride[p];
        memcpy(w->output->plane[p] + (y >> shift) * stride, w->target->plane[p] + (y >> shift) * stride,
               (size_t)((rows >> shift) * stride) - BORDER);
    }
}

static void enhance(const viola_work *w)
{
    for (int uy = 0; uy < w->unit_rows; uy++) {
        copy_rows(w, uy * 8, 8);
        for (int ux = 0; ux < w->unit_cols; ux++)
            if (!unit_at(w, ux, uy)->skip)
                viola_enhance_unit(w, ux, uy);
    }
}

void viola_postfilter(viola_work *w)
{
    if (w->header.deblock)
        deblock(w);
    if (w->output != w->target) {
        viola_surface_extend(w->target);
        enhance(w);
    }
    viola_surface_extend(w->output);
}

void viola_store_field(viola_work *w)
{
    const int cols = (w->unit_cols + 1) / 2, rows = (w->unit_rows + 1) / 2;
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < cols; x++) {
            const mode_info *m = unit_at(w, x * 2, y * 2);
            motion_field_cell *cell = &w->output->field[y * cols + x];
            cell->mv = m->mv;
            cell->ref = (int8_t)(m->ref >= 0 ? m->ref + 1 : 0);
        }
    }
}
