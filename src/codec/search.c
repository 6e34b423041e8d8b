/* Motion search and choice of the partition of a superblock, on the source and the references alone. */
#include <stdlib.h>
#include <string.h>

#include "codec/encode.h"

/* effort 0..4 */
const effort_settings viola_efforts[VIOLA_MAX_EFFORT + 1] = {
    {.diamond_steps = 4, .subpel = 1, .candidates = 1, .enhance = 1, .rdoq = 1},
    {.diamond_steps = 8, .subpel = 1, .candidates = 2, .split8_search = 1, .rdoq = 1, .enhance = 1, .golden_search = 1},
    {.diamond_steps = 12,
     .subpel = 2,
     .candidates = 3,
     .split8_search = 1,
     .rect = 1,
     .rdoq = 1,
     .tx_search = 1,
     .enhance = 1,
     .golden_search = 1},
    {.diamond_steps = 16,
     .subpel = 2,
     .candidates = 4,
     .split8_search = 1,
     .rect = 1,
     .rdoq = 1,
     .tx_search = 1,
     .intra_modes = 1,
     .enhance = 1,
     .golden_search = 1},
    {.diamond_steps = 24,
     .subpel = 2,
     .candidates = 4,
     .split8_search = 1,
     .rect = 1,
     .rdoq = 1,
     .tx_search = 1,
     .intra_modes = 1,
     .enhance = 1,
     .golden_search = 1},
};

static uint32_t component_bits(int d)
{
    const int magnitude = abs(d);
    return magnitude ? 256u * (uint32_t)(2 + viola_log2((uint32_t)magnitude) + viola_log2((uint32_t)magnitude) / 2) : 0;
}

uint32_t viola_motion_bits(motion mv, motion predicted)
{
    return 256 + component_bits(mv.x - predicted.x) + component_bits(mv.y - predicted.y);
}

/* ------------------------------------------------------------ motion of one block */

typedef struct block_search {
    viola_encoder *e;
    const uint8_t *src;
    ptrdiff_t src_stride;
    int x, y, w, h, index; /* index of the width for kernels */
    const viola_surface *ref;
    motion predicted; /* what a new vector is coded against, roughly */
    motion mv;        /* best */
    uint64_t cost;
} block_search;

static uint32_t rate_cost(const viola_encoder *e, uint32_t bits)
{
    return (uint32_t)((uint64_t)e->lambda_satd * bits >> 12);
}

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* keeps a block of the vector within what surrounds the picture */
static motion clamp_motion(const block_search *s, motion mv)
{
    const viola_work *w = &s->e->work;
    mv.x = (int16_t)clamp(mv.x, (-s->w - 4 - s->x) * 4, (w->coded_width + 4 - s->x) * 4);
    mv.y = (int16_t)clamp(mv.y, (-s->h - 4 - s->y) * 4, (w->coded_height + 4 - s->y) * 4);
    return mv;
}

static const uint8_t *full_sample(const block_search *s, motion mv)
{
    return s->ref->plane[0] + (s->y + (mv.y >> 2)) * s->ref->stride[0] + s->x + (mv.x >> 2);
}

static uint32_t motion_cost(const block_search *s, motion mv)
{
    return rate_cost(s->e, viola_motion_bits(mv, s->predicted));
}

static void try_full(block_search *s, motion mv)
{
    mv = clamp_motion(s, mv);
    mv.x = (int16_t)((mv.x + 2) & ~3);
    mv.y = (int16_t)((mv.y + 2) & ~3);
    if (mv.x == s->mv.x && mv.y == s->mv.y && s->cost != UINT64_MAX)
        return;
    const uint64_t cost = s->e->dsp.sad[s->index](s->src, s->src_stride, full_sample(s, mv), s->ref->stride[0], s->h) +
                          motion_cost(s, mv);
    if (cost < s->cost) {
        s->cost = cost;
        s->mv = mv;
    }
}

/* around the best by `step` samples, while it gets better */
static void diamond(block_search *s, int step, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        const motion c = s->mv;
        const int d = step * 4;
        const motion around[4] = {
            {(int16_t)(c.x - d), c.y}, {(int16_t)(c.x + d), c.y}, {c.x, (int16_t)(c.y - d)}, {c.x, (int16_t)(c.y + d)}};
        const uint8_t *ref[4];
        uint32_t sad[4];
        motion at[4];
        for (int k = 0; k < 4; k++) {
            at[k] = clamp_motion(s, around[k]);
            at[k].x = (int16_t)(at[k].x & ~3);
            at[k].y = (int16_t)(at[k].y & ~3);
            ref[k] = full_sample(s, at[k]);
        }
        s->e->dsp.sad_x4[s->index](s->src, s->src_stride, ref, s->ref->stride[0], s->h, sad);
        for (int k = 0; k < 4; k++) {
            const uint64_t cost = sad[k] + motion_cost(s, at[k]);
            if (cost < s->cost) {
                s->cost = cost;
                s->mv = at[k];
            }
        }
        if (s->mv.x == c.x && s->mv.y == c.y)
            break;
    }
}

static uint32_t satd_at(const block_search *s, motion mv)
{
    viola_encoder *e = s->e;
    if (!((mv.x | mv.y) & 3))
        return e->dsp.satd[s->index](s->src, s->src_stride, full_sample(s, mv), s->ref->stride[0], s->h);
    viola_predict_luma(&e->work, e->scratch[2], 64, s->x, s->y, s->w, s->h, s->ref, mv);
    return e->dsp.satd[s->index](s->src, s->src_stride, e->scratch[2], 64, s->h);
}

static int try_fraction(block_search *s, motion mv)
{
    mv = clamp_motion(s, mv);
    const uint32_t rate = motion_cost(s, mv);
    if (rate >= s->cost)
        return 0;
    const uint64_t cost = satd_at(s, mv) + rate;
    if (cost >= s->cost)
        return 0;
    s->cost = cost;
    s->mv = mv;
    return 1;
}

static void refine(block_search *s, int square)
{
    s->cost = satd_at(s, s->mv) + motion_cost(s, s->mv);
    for (int d = 2; d > 0; d--) {
        const motion c = s->mv;
        const motion left = {(int16_t)(c.x - d), c.y}, right = {(int16_t)(c.x + d), c.y};
        const motion up = {c.x, (int16_t)(c.y - d)}, down = {c.x, (int16_t)(c.y + d)};
        try_fraction(s, left);
        try_fraction(s, right);
        const motion h = s->mv;
        try_fraction(s, up);
        try_fraction(s, down);
        if (square && h.x != c.x && s->mv.x == c.x && s->mv.y != c.y)
            try_fraction(s, (motion){h.x, s->mv.y});
        else if (square && h.x != c.x && s->mv.y == c.y) {
            try_fraction(s, (motion){h.x, (int16_t)(c.y - d)});
            try_fraction(s, (motion){h.x, (int16_t)(c.y + d)});
        }
    }
}

static block_search begin_search(viola_encoder *e, int ux, int uy, int size, int ref)
{
    return (block_search){.e = e,
                          .src = source_at(e, 0, ux * 8, uy * 8),
                          .src_stride = e->source->stride[0],
                          .x = ux * 8,
                          .y = uy * 8,
                          .w = 8 << size,
                          .h = 8 << size,
                          .index = size + 1,
                          .ref = e->work.refs[ref],
                          .cost = UINT64_MAX};
}

static const plan_unit *plan_neighbour(const viola_encoder *e, int ux, int uy)
{
    if (ux < 0 || uy < 0 || ux >= e->work.unit_cols || uy >= e->work.unit_rows)
        return NULL;
    return plan_at(e, ux, uy);
}

static void set_plan(viola_encoder *e, int ux, int uy, int w, int h, motion mv, int ref)
{
    const plan_unit p = {.mv = mv, .ref = (int8_t)ref, .w = (uint8_t)w, .h = (uint8_t)h};
    for (int y = uy; y < uy + (1 << h) && y < e->work.unit_rows; y++)
        for (int x = ux; x < ux + (1 << w) && x < e->work.unit_cols; x++)
            *plan_at(e, x, y) = p;
}

/* vectors worth a start: beside, above, and what was here in the last frame */
static int gather(const viola_encoder *e, int ux, int uy, int units, motion out[8])
{
    const plan_unit *const from[] = {plan_neighbour(e, ux - 1, uy), plan_neighbour(e, ux, uy - 1),
                                     plan_neighbour(e, ux + units, uy - 1), plan_neighbour(e, ux, uy),
                                     plan_neighbour(e, ux + units, uy + units)};
    int count = 0;
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        if (from[i] && from[i]->ref >= 0)
            out[count++] = from[i]->mv;
    return count;
}

/* ------------------------------------------------------------ intra, estimated on the source */

static void source_edges(const viola_encoder *e, int x, int y, int n, intra_edges *edges)
{
    const uint8_t *at = source_at(e, 0, x, y);
    const ptrdiff_t stride = e->source->stride[0];
    edges->above = edges->above_memory + 16;
    /* the border repeats the edge: near enough for a guess */
    memcpy(edges->above - 1, at - stride - 1, (size_t)(2 * n + 1));
    for (int i = 0; i < 2 * n; i++)
        edges->left[i] = at[i * stride - 1];
}

static uint64_t intra_cost(viola_encoder *e, int ux, int uy, int size)
{
    static const uint8_t modes[] = {VIOLA_PRED_DC, VIOLA_PRED_V, VIOLA_PRED_H, VIOLA_PRED_SMOOTH};
    const int x = ux * 8, y = uy * 8, n = 8 << size;
    intra_edges edges;
    source_edges(e, x, y, n, &edges);
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < sizeof modes; i++) {
        e->dsp.intra[modes[i]](e->scratch[3], 64, edges.above, edges.left, n);
        const uint64_t cost = e->dsp.satd[size + 1](source_at(e, 0, x, y), e->source->stride[0], e->scratch[3], 64, n);
        best = cost < best ? cost : best;
    }
    return best + rate_cost(e, 5 * 256);
}

static uint64_t search_intra(viola_encoder *e, int ux, int uy, int level)
{
    const viola_work *w = &e->work;
    if (ux >= w->unit_cols || uy >= w->unit_rows)
        return 0;
    const int size = 3 - level, half = 1 << size >> 1;
    const motion none = {0, 0};
    uint64_t split = 0;
    if (level < 3) {
        for (int i = 0; i < 4; i++)
            split += search_intra(e, ux + (i & 1) * half, uy + (i >> 1) * half, level + 1);
        if (ux + half >= w->unit_cols || uy + half >= w->unit_rows)
            return split;
    }
    const uint64_t whole = intra_cost(e, ux, uy, size);
    if (level < 3 && split + rate_cost(e, 256) < whole)
        return split;
    set_plan(e, ux, uy, size, size, none, REF_INTRA);
    return whole;
}

/* ------------------------------------------------------------ inter */

/* cost of the whole block under one motion */
static uint64_t whole_cost(viola_encoder *e, int ux, int uy, int size, motion mv, int ref)
{
    block_search s = begin_search(e, ux, uy, size, ref);
    return satd_at(&s, clamp_motion(&s, mv)) + rate_cost(e, 3 * 256);
}

static uint64_t search_8(viola_encoder *e, int ux, int uy, motion start, int ref)
{
    block_search s = begin_search(e, ux, uy, 0, ref);
    motion around[8];
    const int count = gather(e, ux, uy, 1, around);
    s.predicted = start;
    try_full(&s, start);
    for (int i = 0; i < count && i < 3; i++)
        try_full(&s, around[i]);
    diamond(&s, 1, 4);
    refine(&s, 0);
    set_plan(e, ux, uy, 0, 0, s.mv, ref);
    return s.cost + rate_cost(e, 2 * 256);
}

/* at the frame's edge where only 8x8 fit */
static uint64_t search_edge(viola_encoder *e, int ux, int uy)
{
    motion around[8];
    const int count = gather(e, ux, uy, 1, around);
    const motion zero = {0, 0};
    return search_8(e, ux, uy, count ? around[0] : zero, 0);
}

/* below this a 16x16 has nothing left that is worth coding */
static uint32_t worth_16(const viola_encoder *e)
{
    return (uint32_t)e->step[0] * 5;
}

static uint64_t search_16(viola_encoder *e, int ux, int uy)
{
    const effort_settings *effort = e->effort;
    block_search s = begin_search(e, ux, uy, 1, 0);
    motion around[8];
    const int count = gather(e, ux, uy, 2, around);
    const motion zero = {0, 0};
    s.predicted = count ? around[0] : zero;
    try_full(&s, zero);
    for (int i = 0; i < count; i++)
        try_full(&s, around[i]);
    if (effort->diamond_steps > 8)
        diamond(&s, 4, 3);
    diamond(&s, 2, 3);
    diamond(&s, 1, effort->diamond_steps);
    refine(&s, effort->subpel > 1);
    int ref = 0;
    for (int i = 0; i < count; i++) /* a neighbour's exact vector may be nearly free */
        try_fraction(&s, around[i]);
    try_fraction(&s, zero);
    if (e->work.header.ref_count > 1 && effort->golden_search) {
        block_search g = begin_search(e, ux, uy, 1, 1);
        const uint64_t cost = satd_at(&g, zero) + rate_cost(e, 3 * 256);
        if (cost < s.cost) {
            s.cost = cost;
            s.mv = zero;
            ref = 1;
        }
    }
    const uint64_t worth = worth_16(e);
    uint64_t best = s.cost + rate_cost(e, 256);
    set_plan(e, ux, uy, 1, 1, s.mv, ref);
    if (s.cost > worth && effort->split8_search) {
        uint64_t split = rate_cost(e, 256);
        for (int i = 0; i < 4; i++)
            split += search_8(e, ux + (i & 1), uy + (i >> 1), s.mv, ref);
        if (split < best)
            best = split;
        else
            set_plan(e, ux, uy, 1, 1, s.mv, ref);
    }
    if (s.cost > worth * 2) {
        const uint64_t intra = intra_cost(e, ux, uy, 1);
        if (intra + rate_cost(e, 4 * 256) < best) {
            best = intra;
            set_plan(e, ux, uy, 1, 1, zero, REF_INTRA);
        }
    }
    return best;
}

/* one motion for the whole block instead of what its quarters chose */
static uint64_t try_merge(viola_encoder *e, int ux, int uy, int size, uint64_t split)
{
    const int half = 1 << size >> 1;
    plan_unit seen[4];
    int count = 0;
    uint64_t best = UINT64_MAX;
    plan_unit choice = {.ref = REF_INTRA};
    for (int i = 0; i < 4; i++) {
        const plan_unit p = *plan_at(e, ux + (i & 1) * half, uy + (i >> 1) * half);
        int known = p.ref < 0;
        for (int k = 0; k < count; k++)
            known |= seen[k].ref == p.ref && seen[k].mv.x == p.mv.x && seen[k].mv.y == p.mv.y;
        if (known)
            continue;
        seen[count++] = p;
        const uint64_t cost = whole_cost(e, ux, uy, size, p.mv, p.ref);
        if (cost < best) {
            best = cost;
            choice = p;
        }
    }
    if (!count || best > split + rate_cost(e, 256))
        return split;
    set_plan(e, ux, uy, size, size, choice.mv, choice.ref);
    return best;
}

/* ------------------------------------------------------------ what needs no search */

/* SATD of the 16x16 blocks of a superblock under one motion. @return the sum, or UINT32_MAX when it reaches `most` */
static uint32_t satd_grid(viola_encoder *e, int ux, int uy, motion mv, uint32_t most, uint32_t grid[16])
{
    const uint8_t *pred = e->scratch[3];
    ptrdiff_t stride = 64;
    block_search s = begin_search(e, ux, uy, 3, 0);
    if ((mv.x | mv.y) & 3) {
        viola_predict_luma(&e->work, e->scratch[3], 64, s.x, s.y, SB_SIZE, SB_SIZE, s.ref, mv);
    } else {
        pred = full_sample(&s, mv);
        stride = s.ref->stride[0];
    }
    uint32_t sum = 0;
    for (int i = 0; i < 16 && sum < most; i++) {
        const int x = i % 4 * 16, y = i / 4 * 16;
        grid[i] = e->dsp.satd[VIOLA_W16](s.src + y * s.src_stride + x, s.src_stride, pred + y * stride + x, stride, 16);
        sum += grid[i];
    }
    return sum < most ? sum : UINT32_MAX;
}

/* the best common motion of a superblock among those known around it */
static motion common_motion(viola_encoder *e, int ux, int uy, uint32_t grid[16])
{
    const motion zero = {0, 0};
    motion around[8], best = zero;
    uint32_t least = satd_grid(e, ux, uy, zero, UINT32_MAX, grid);
    const int count = gather(e, ux, uy, SB_UNITS, around);
    for (int i = 0; i < count && least > worth_16(e) * 8; i++) {
        uint32_t other[16];
        int known = around[i].x == best.x && around[i].y == best.y;
        for (int k = 0; k < i; k++)
            known |= around[i].x == around[k].x && around[i].y == around[k].y;
        const block_search s = begin_search(e, ux, uy, 3, 0);
        const motion mv = clamp_motion(&s, around[i]);
        const uint32_t sum = known ? UINT32_MAX : satd_grid(e, ux, uy, mv, least, other);
        if (sum < least) {
            least = sum;
            best = mv;
            memcpy(grid, other, sizeof other);
        }
    }
    return best;
}

/* all 16x16 blocks of a part of the superblock are good enough */
static int all_settled(const viola_encoder *e, const uint32_t grid[16], int ux, int uy, int size)
{
    const int x0 = ux % SB_UNITS / 2, y0 = uy % SB_UNITS / 2, n = 1 << (size - 1);
    const uint32_t most = worth_16(e);
    for (int y = y0; y < y0 + n; y++)
        for (int x = x0; x < x0 + n; x++)
            if (grid[y * 4 + x] > most)
                return 0;
    return 1;
}

typedef struct settled {
    int valid;
    motion mv;
    uint32_t grid[16];
} settled;

static uint64_t search_inter(viola_encoder *e, const settled *known, int ux, int uy, int level)
{
    const viola_work *w = &e->work;
    if (ux >= w->unit_cols || uy >= w->unit_rows)
        return 0;
    const int size = 3 - level, half = 1 << size >> 1;
    if (level == 3)
        return search_edge(e, ux, uy);
    const int fits = ux + half < w->unit_cols && uy + half < w->unit_rows;
    if (known->valid && all_settled(e, known->grid, ux, uy, size)) {
        set_plan(e, ux, uy, size, size, known->mv, 0);
        return known->grid[uy % SB_UNITS / 2 * 4 + ux % SB_UNITS / 2];
    }
    if (level == 2 && fits)
        return search_16(e, ux, uy);
    uint64_t split = 0;
    for (int i = 0; i < 4; i++)
        split += search_inter(e, known, ux + (i & 1) * half, uy + (i >> 1) * half, level + 1);
    return fits ? try_merge(e, ux, uy, size, split) : split;
}

void viola_plan_plain(viola_encoder *e, int ux, int uy)
{
    const motion none = {0, 0};
    set_plan(e, ux, uy, 3, 3, none, e->work.header.ref_count ? 0 : REF_INTRA);
}

static int in_refresh(const viola_encoder *e, int ux, int uy)
{
    const int sb = uy / SB_UNITS * e->work.sb_cols + ux / SB_UNITS;
    return sb >= e->refresh_from && sb < e->refresh_from + e->refresh_count;
}

void viola_search_superblock(viola_encoder *e, int ux, int uy)
{
    settled known = {.valid = 0};
    if (e->work.header.ref_count == 0 || in_refresh(e, ux, uy)) {
        search_intra(e, ux, uy, 0);
        return;
    }
    if (ux + SB_UNITS <= e->work.unit_cols && uy + SB_UNITS <= e->work.unit_rows) {
        known.mv = common_motion(e, ux, uy, known.grid);
        known.valid = 1;
    }
    search_inter(e, &known, ux, uy, 0);
}
