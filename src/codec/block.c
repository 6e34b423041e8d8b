/* Prediction of blocks and the candidates of their motion: the same for encoder and decoder. */
#include <stdlib.h>
#include <string.h>

#include "codec/internal.h"

int viola_work_resize(viola_work *work, int width, int height)
{
    if (work->memory && work->width == width && work->height == height)
        return VIOLA_OK;
    const int cols = (width + 7) / 8, rows = (height + 7) / 8;
    const int sb_cols = (width + 63) / 64, sb_rows = (height + 63) / 64;
    uint8_t *memory = calloc((size_t)cols * (size_t)rows, sizeof(mode_info));
    if (!memory)
        return VIOLA_ENOMEM;
    free(work->memory);
    work->memory = memory;
    work->units = (mode_info *)(void *)memory;
    work->width = width;
    work->height = height;
    work->coded_width = cols * 8;
    work->coded_height = rows * 8;
    work->unit_cols = cols;
    work->unit_rows = rows;
    work->sb_cols = sb_cols;
    work->sb_rows = sb_rows;
    work->stamp = 0;
    return VIOLA_OK;
}

void viola_work_free(viola_work *work)
{
    free(work->memory);
    work->memory = NULL;
}

void viola_next_stamp(viola_work *work)
{
    if (++work->stamp == 0) {
        for (int i = 0; i < work->unit_cols * work->unit_rows; i++)
            work->units[i].stamp = 0;
        work->stamp = 1;
    }
}

/* ------------------------------------------------------------ motion candidates */

typedef struct weighted {
    motion mv[8];
    int8_t ref[8];
    int weight[8];
    int count;
} weighted;

static void vote(weighted *list, motion mv, int ref, int weight)
{
    for (int i = 0; i < list->count; i++) {
        if (list->ref[i] == ref && list->mv[i].x == mv.x && list->mv[i].y == mv.y) {
            list->weight[i] += weight;
            return;
        }
    }
    if (list->count < 8) {
        list->mv[list->count] = mv;
        list->ref[list->count] = (int8_t)ref;
        list->weight[list->count++] = weight;
    }
}

static void vote_unit(weighted *list, const mode_info *m, int weight)
{
    if (m && m->ref >= 0)
        vote(list, m->mv, m->ref, weight);
}

/* A frame whose entropy starts afresh takes nothing but samples from its references: whatever damage these have, it is
 * read alike. */
static void vote_temporal(const viola_work *w, weighted *list, int ux, int uy, int uw, int uh)
{
    const viola_surface *ref = w->refs[0];
    if (w->header.reset_entropy)
        return;
    if (ref->coded_width != w->coded_width || ref->coded_height != w->coded_height)
        return;
    const int cx = (ux + uw / 2) / 2, cy = (uy + uh / 2) / 2, cols = (w->unit_cols + 1) / 2;
    if (cx >= cols || cy >= (w->unit_rows + 1) / 2)
        return;
    const motion_field_cell *cell = &ref->field[cy * cols + cx];
    if (cell->ref > 0)
        vote(list, cell->mv, 0, 2);
}

void viola_find_candidates(const viola_work *w, int ux, int uy, int uw, int uh, candidates *list)
{
    weighted votes = {.count = 0};
    const mode_info *left = neighbour(w, ux - 1, uy + uh - 1), *above = neighbour(w, ux + uw - 1, uy - 1);
    vote_unit(&votes, left, 3);
    vote_unit(&votes, above, 3);
    vote_unit(&votes, neighbour(w, ux + uw, uy - 1), 2);
    vote_unit(&votes, neighbour(w, ux - 1, uy + uh), 2);
    vote_unit(&votes, neighbour(w, ux - 1, uy - 1), 1);
    if (uw > 1 || uh > 1) {
        vote_unit(&votes, neighbour(w, ux - 1, uy), 1);
        vote_unit(&votes, neighbour(w, ux, uy - 1), 1);
    }
    vote_temporal(w, &votes, ux, uy, uw, uh);
    for (int i = 1; i < votes.count; i++) { /* stable, heaviest first */
        for (int j = i; j > 0 && votes.weight[j] > votes.weight[j - 1]; j--) {
            const motion mv = votes.mv[j];
            const int8_t ref = votes.ref[j];
            const int weight = votes.weight[j];
            votes.mv[j] = votes.mv[j - 1];
            votes.ref[j] = votes.ref[j - 1];
            votes.weight[j] = votes.weight[j - 1];
            votes.mv[j - 1] = mv;
            votes.ref[j - 1] = ref;
            votes.weight[j - 1] = weight;
        }
    }
    const int distinct = votes.count;
    const motion zero = {0, 0};
    if (votes.count > MAX_CANDIDATES - 1)
        votes.count = MAX_CANDIDATES - 1;
    vote(&votes, zero, 0, 0);
    if (w->header.ref_count > 1)
        vote(&votes, zero, 1, 0);
    for (int i = 0; i < MAX_CANDIDATES; i++) {
        list->mv[i] = i < votes.count ? votes.mv[i] : zero;
        list->ref[i] = i < votes.count ? votes.ref[i] : 0;
    }
    const int fresh =
        (left && left->ref >= 0 && left->mode == MODE_NEW) + (above && above->ref >= 0 && above->mode == MODE_NEW);
    list->context = fresh * 2 + (distinct > 1);
}

motion viola_predict_motion(const candidates *list, int ref)
{
    for (int i = 0; i < MAX_CANDIDATES; i++)
        if (list->ref[i] == ref)
            return list->mv[i];
    return list->mv[0];
}

/* ------------------------------------------------------------ inter prediction */

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

void viola_predict_luma(const viola_work *w, uint8_t *dst, ptrdiff_t stride, int x, int y, int bw, int bh,
                        const viola_surface *ref, motion mv)
{
    const int px = clamp(x + (mv.x >> 2), -bw - 8, w->coded_width + 8);
    const int py = clamp(y + (mv.y >> 2), -bh - 8, w->coded_height + 8);
    const int fx = mv.x & 3, fy = mv.y & 3;
    const int8_t(*taps)[8] = viola_filters[w->header.filter];
    w->dsp->mc(dst, stride, ref->plane[0] + py * ref->stride[0] + px, ref->stride[0], bw, bh, fx ? taps[fx * 2] : NULL,
               fy ? taps[fy * 2] : NULL);
}

void viola_predict_chroma(const viola_work *w, int x, int y, int bw, int bh, const viola_surface *ref, motion mv)
{
    const int cw = bw / 2, ch = bh / 2;
    const int px = clamp(x / 2 + (mv.x >> 3), -cw - 8, w->coded_width / 2 + 8);
    const int py = clamp(y / 2 + (mv.y >> 3), -ch - 8, w->coded_height / 2 + 8);
    const int fx = mv.x & 7, fy = mv.y & 7;
    for (int p = 1; p < 3; p++) {
        const ptrdiff_t stride = w->target->stride[p];
        w->dsp->mc(w->target->plane[p] + y / 2 * stride + x / 2, stride, ref->plane[p] + py * ref->stride[p] + px,
                   ref->stride[p], cw, ch, fx ? viola_filters[3][fx] : NULL, fy ? viola_filters[3][fy] : NULL);
    }
}

void viola_predict_inter(const viola_work *w, int x, int y, int bw, int bh, const viola_surface *ref, motion mv)
{
    const ptrdiff_t stride = w->target->stride[0];
    viola_predict_luma(w, w->target->plane[0] + y * stride + x, stride, x, y, bw, bh, ref, mv);
    viola_predict_chroma(w, x, y, bw, bh, ref, mv);
}

/* ------------------------------------------------------------ intra prediction */

/* samples of the plane that are decoded in this slice to the right of (x, y), at most `most`, in units of 8 luma */
static int reach(const viola_work *w, int plane, int x, int y, int most, int down)
{
    const int unit = plane ? UNIT / 2 : UNIT;
    int count = 0;
    while (count < most) {
        const int ux = (down ? x : x + count) / unit, uy = (down ? y + count : y) / unit;
        if (!neighbour(w, ux, uy))
            break;
        count += unit - ((down ? y : x) + count) % unit;
    }
    return count < most ? count : most;
}

void viola_intra_edges(const viola_work *w, int plane, int x, int y, int n, int bx, int by, int bw, int bh,
                       intra_edges *edges)
{
    const int shift = plane > 0;
    const uint8_t *at = w->target->plane[plane] + y * w->target->stride[plane] + x;
    const ptrdiff_t stride = w->target->stride[plane];
    const int unit = plane ? UNIT / 2 : UNIT;
    const int inside_x = x > bx >> shift, inside_y = y > by >> shift;
    const int has_above = inside_y || (y > 0 && neighbour(w, x / unit, (y - 1) / unit));
    const int has_left = inside_x || (x > 0 && neighbour(w, (x - 1) / unit, y / unit));
    int above = 0, left = 0;
    edges->above = edges->above_memory + 16;
    if (has_above) {
        above = n;
        if (inside_y)
            above += clamp(((bx + bw) >> shift) - x - n, 0, n);
        else
            above += reach(w, plane, x + n, y - 1, n, 0);
        memcpy(edges->above, at - stride, (size_t)above);
    }
    if (has_left) {
        left = n;
        if (inside_x)
            left += 0;
        else
            left += y + n < (by + bh) >> shift ? clamp(((by + bh) >> shift) - y - n, 0, n)
                                               : reach(w, plane, x - 1, y + n, n, 1);
        for (int i = 0; i < left; i++)
            edges->left[i] = at[i * stride - 1];
    }
    const uint8_t corner = has_above && has_left ? at[-stride - 1] : has_above ? at[-stride] : has_left ? at[-1] : 128;
    edges->above[-1] = corner;
    if (!has_above)
        memset(edges->above, corner, (size_t)(2 * n));
    else
        memset(edges->above + above, edges->above[above - 1], (size_t)(2 * n - above));
    if (!has_left)
        memset(edges->left, corner, (size_t)(2 * n));
    else
        memset(edges->left + left, edges->left[left - 1], (size_t)(2 * n - left));
}

/* steps of 1/64 sample for each row (dx) and column (dy): 64 over the tangent, and its inverse */
static const int16_t direction_steps[INTRA_MODES - MODE_D45][2] = {
    {64, 0},   /* 45: up and right */
    {27, 0},   /* 67 */
    {27, 151}, /* 113: up and left */
    {64, 64},  /* 135 */
    {151, 27}, /* 157 */
    {0, 27},   /* 203: left and down */
};

void viola_predict_intra(const viola_work *w, int plane, int x, int y, int n, int mode, const intra_edges *edges)
{
    const ptrdiff_t stride = w->target->stride[plane];
    uint8_t *dst = w->target->plane[plane] + y * stride + x;
    if (mode < VIOLA_PREDS)
        w->dsp->intra[mode](dst, stride, edges->above, edges->left, n);
    else
        w->dsp->intra_dir(dst, stride, edges->above, edges->left, n, direction_steps[mode - MODE_D45][0],
                          direction_steps[mode - MODE_D45][1]);
}

int viola_intra_tx_type(int mode, int tx)
{
    static const uint8_t types[INTRA_MODES] = {
        [VIOLA_PRED_DC] = VIOLA_DCT_DCT,       [VIOLA_PRED_V] = VIOLA_ADST_DCT,      [VIOLA_PRED_H] = VIOLA_DCT_ADST,
        [VIOLA_PRED_SMOOTH] = VIOLA_ADST_ADST, [VIOLA_PRED_PAETH] = VIOLA_ADST_ADST, [MODE_D45] = VIOLA_DCT_DCT,
        [MODE_D67] = VIOLA_ADST_DCT,           [MODE_D113] = VIOLA_ADST_DCT,         [MODE_D135] = VIOLA_ADST_ADST,
        [MODE_D157] = VIOLA_DCT_ADST,          [MODE_D203] = VIOLA_DCT_ADST,
    };
    return tx > VIOLA_W16 ? VIOLA_DCT_DCT : types[mode];
}

int viola_uv_intra_mode(int uv_mode, int y_mode)
{
    static const uint8_t modes[UV_MODES] = {0, VIOLA_PRED_DC, VIOLA_PRED_V, VIOLA_PRED_H};
    return uv_mode == UV_SAME ? y_mode : modes[uv_mode];
}
