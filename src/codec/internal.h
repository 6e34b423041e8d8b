/*
 * What encoder and decoder share: the state of a frame, its header, the context tables and the reconstruction.
 * Names follow spec/viola.md.
 */
#ifndef VIOLA_INTERNAL_H
#define VIOLA_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "codec/dsp/dsp.h"
#include "codec/entropy.h"
#include "viola/viola.h"

enum {
    SB_SIZE = VIOLA_SUPERBLOCK,
    UNIT = 8, /* mode information is kept for each 8x8 */
    SB_UNITS = SB_SIZE / UNIT,
    BORDER = 96,   /* luma samples around a picture */
    MV_REACH = 72, /* a block starts at most this far outside of the picture */
    MAX_CANDIDATES = 4,
    MODE_NEW = MAX_CANDIDATES,
    INTER_MODES = MAX_CANDIDATES + 1,
    REF_INTRA = -1,
    MV_LIMIT = 1 << 13, /* quarter samples */
    MV_CLASSES = 14,
};

enum { /* intra modes: the five of dsp.h, then directions */
       MODE_D45 = VIOLA_PREDS,
       MODE_D67,
       MODE_D113,
       MODE_D135,
       MODE_D157,
       MODE_D203,
       INTRA_MODES
};
enum { UV_SAME, UV_DC, UV_V, UV_H, UV_MODES };
enum { PART_NONE, PART_HORIZONTAL, PART_VERTICAL, PART_SPLIT, PARTITIONS };

typedef struct motion {
    int16_t x, y; /* quarter samples */
} motion;

/** Of one 8x8 unit. */
typedef struct mode_info {
    motion mv;
    int8_t ref;   /* index into the frame's references, or REF_INTRA */
    uint8_t mode; /* inter: 0..MODE_NEW; intra: mode of luma */
    uint8_t uv_mode;
    uint8_t w, h; /* of the block: 8 << w */
    uint8_t tx;   /* 4 << tx */
    uint8_t skip; /* no coefficients */
    uint8_t qp;
    uint16_t stamp; /* of the slice that it belongs to */
} mode_info;

/* ------------------------------------------------------------ context tables */

enum { COEF_SIZES = 5, BASE_CONTEXTS = 25, HIGH_CONTEXTS = 21, EOB_CLASSES = 11 };

/* X(name, tables, symbols) */
#define VIOLA_TABLES(X)                                                                                                \
    X(partition, 3 * 4, PARTITIONS)                                                                                    \
    X(is_intra, 3, 2)                                                                                                  \
    X(skip, 3, 2)                                                                                                      \
    X(inter_mode, 6, INTER_MODES)                                                                                      \
    X(ref, 2 * 3, 2)                                                                                                   \
    X(mv_joint, 1, 4)                                                                                                  \
    X(mv_sign, 2, 2)                                                                                                   \
    X(mv_class, 2, MV_CLASSES)                                                                                         \
    X(mv_top, 2 * MV_CLASSES, 2)                                                                                       \
    X(mv_low, 2 * 2, 2)                                                                                                \
    X(tx_depth, 4 * 2, 3)                                                                                              \
    X(y_mode, 16, INTRA_MODES)                                                                                         \
    X(uv_mode, INTRA_MODES, UV_MODES)                                                                                  \
    X(qp_delta, 1, 8)                                                                                                  \
    X(zero, COEF_SIZES * 2 * 3, 2)                                                                                     \
    X(eob, COEF_SIZES * 2, EOB_CLASSES)                                                                                \
    X(eob_top, COEF_SIZES * 2 * EOB_CLASSES, 2)                                                                        \
    X(last, COEF_SIZES * 2 * 4, 3)                                                                                     \
    X(base, COEF_SIZES * 2 * BASE_CONTEXTS, 4)                                                                         \
    X(high, COEF_SIZES * 2 * HIGH_CONTEXTS, 4)

#define VIOLA_DECLARE_TABLE(name, tables, symbols) uint16_t name[tables][symbols];
typedef struct viola_contexts {
    VIOLA_TABLES(VIOLA_DECLARE_TABLE)
} viola_contexts;

extern const viola_contexts viola_default_contexts;
void viola_contexts_default(viola_contexts *contexts);
/* for a state that is saved: the counts fall back so that the next frame adapts again */
void viola_contexts_settle(viola_contexts *contexts);

/* cost of a symbol in 1/256 bit */
uint32_t viola_symbol_cost(const uint16_t *cdf, int n, int symbol);
extern const uint16_t viola_bit_cost[257]; /* of a probability i / 256 */

/* ------------------------------------------------------------ pictures */

typedef struct motion_field_cell {
    motion mv;
    int8_t ref;
} motion_field_cell;

/** A picture with borders, shared by reference counts; what a slot holds. */
typedef struct viola_surface {
    int refs;
    struct viola_surface *next_free;
    struct viola_pool *pool;
    uint8_t *memory;
    uint8_t *plane[3];
    ptrdiff_t stride[3];
    int width, height;             /* as coded in the stream */
    int coded_width, coded_height; /* multiple of 8 */
    int64_t time_us;
    uint32_t number; /* of the frame */
    int damaged;     /* decoder: 1 somewhere, 2 entropy state unknown */
    int qp;
    int boosted;
    int temporal_layer;
    motion_field_cell *field; /* one for each 16x16 */
    viola_contexts contexts;  /* entropy state after the frame's first slice */
    uint8_t *sb_damage;       /* decoder: per superblock */
} viola_surface;

typedef struct viola_pool {
    viola_surface *free;
} viola_pool;

viola_surface *viola_surface_get(viola_pool *pool, int width, int height);
viola_surface *viola_surface_ref(viola_surface *surface);
void viola_surface_unref(viola_surface **surface);
void viola_pool_clear(viola_pool *pool);
void viola_surface_extend(viola_surface *surface);
/* target := source, resampled to target's size */
void viola_surface_scale(viola_surface *target, const viola_surface *source);

/* ------------------------------------------------------------ frame header */

typedef struct frame_header {
    int start;
    int size_given;
    int width, height;
    int temporal_layer, spatial_layer;
    uint32_t number;
    int ref_count;
    uint8_t ref_slot[VIOLA_MAX_REFS];
    uint8_t ref_number[VIOLA_MAX_REFS]; /* low 6 bits of the frame in the slot */
    unsigned refresh;
    int reset_entropy; /* else from the first reference */
    int qp;
    int qp_varies;                /* superblocks carry a delta */
    int chroma_qp;                /* offset of the chroma quantiser, -16..15 */
    int deblock;                  /* 0..63 */
    int enhance_pri, enhance_sec; /* 0..15, 0..3; both 0: off */
    int filter;                   /* interpolation: 0 regular, 1 smooth, 2 sharp */
    int slice_index;
    int first_sb;
    int last;     /* the frame ends with this slice */
    int sb_count; /* of this slice; 0 in the header of a whole frame */
} frame_header;

size_t viola_header_write(const frame_header *h, uint8_t *out); /* at most 32 bytes */
/* @return bytes, or a negative viola_error. Width and height are 0 when inherited. */
int viola_header_parse(frame_header *h, const uint8_t *data, size_t size);

/* ------------------------------------------------------------ a frame in work */

extern const uint16_t viola_step[VIOLA_MAX_QP + 1]; /* 8 times the quantiser step of an orthonormal transform */

typedef struct viola_work {
    const viola_dsp *dsp;
    frame_header header;
    int width, height, coded_width, coded_height;
    int unit_cols, unit_rows, sb_cols, sb_rows;
    viola_surface *refs[VIOLA_MAX_REFS];
    viola_surface *target; /* reconstruction before the enhancement filter */
    viola_surface *output; /* after it; equal to target when it is off */
    mode_info *units;      /* unit_cols x unit_rows */
    uint16_t stamp;        /* of the slice in work */
    uint8_t *memory;
} viola_work;

/* contexts along the edges of what is coded so far in a slice */
typedef struct edge_contexts {
    uint8_t above_part[VIOLA_MAX_SIZE / UNIT + SB_UNITS], left_part[SB_UNITS];
    uint8_t above_nonzero[3][VIOLA_MAX_SIZE / 4 + 16], left_nonzero[3][16];
} edge_contexts;

int viola_work_resize(viola_work *work, int width, int height);
void viola_work_free(viola_work *work);
/* a new slice begins: nothing before it is a neighbour */
void viola_next_stamp(viola_work *work);

static inline mode_info *unit_at(const viola_work *w, int ux, int uy)
{
    return w->units + (ptrdiff_t)uy * w->unit_cols + ux;
}

/* of the slice in work, or NULL */
static inline const mode_info *neighbour(const viola_work *w, int ux, int uy)
{
    if (ux < 0 || uy < 0 || ux >= w->unit_cols || uy >= w->unit_rows)
        return NULL;
    const mode_info *m = unit_at(w, ux, uy);
    return m->stamp == w->stamp ? m : NULL;
}

/** Candidates for the motion of a block; count is always MAX_CANDIDATES. */
typedef struct candidates {
    motion mv[MAX_CANDIDATES];
    int8_t ref[MAX_CANDIDATES];
    int context; /* of inter_mode */
} candidates;

void viola_find_candidates(const viola_work *w, int ux, int uy, int uw, int uh, candidates *list);
/* prediction of a new vector */
motion viola_predict_motion(const candidates *list, int ref);

extern const int8_t viola_filters[4][8][8]; /* regular, smooth, sharp, chroma; eighth samples */

/* predict a whole block (luma w x h at x, y) into planes of `target` */
void viola_predict_inter(const viola_work *w, int x, int y, int bw, int bh, const viola_surface *ref, motion mv);
void viola_predict_luma(const viola_work *w, uint8_t *dst, ptrdiff_t stride, int x, int y, int bw, int bh,
                        const viola_surface *ref, motion mv);
void viola_predict_chroma(const viola_work *w, int x, int y, int bw, int bh, const viola_surface *ref, motion mv);

/** Samples around a transform block. */
typedef struct intra_edges {
    uint8_t above_memory[16 + 128 + 32], left[128 + 32];
    uint8_t *above; /* above[-1] is the corner */
} intra_edges;

/* x, y, n in samples of the plane; bx.. the block in luma samples */
void viola_intra_edges(const viola_work *w, int plane, int x, int y, int n, int bx, int by, int bw, int bh,
                       intra_edges *edges);
void viola_predict_intra(const viola_work *w, int plane, int x, int y, int n, int mode, const intra_edges *edges);
int viola_intra_tx_type(int mode, int tx);
int viola_uv_intra_mode(int uv_mode, int y_mode);

/* geometry */
static inline int viola_max_tx(int w, int h) /* of a block 8 << w, 8 << h */
{
    return 1 + (w < h ? w : h);
}
static inline int viola_uv_tx(const mode_info *m)
{
    const int most = m->w < m->h ? m->w : m->h;
    return m->tx < most ? m->tx : most;
}

/* context of tables */
int viola_partition_context(const edge_contexts *e, int ux, int uy, int level);
int viola_ref_context(const mode_info *above, const mode_info *left);
int viola_y_mode_context(const mode_info *above, const mode_info *left);

extern const uint16_t *const viola_scan[4]; /* raster positions in diagonal order, of 4, 8, 16, 32 */
extern const uint8_t viola_base_class[63];  /* by row + column: offset of the base context */

/* deblock, enhance, extend: work->output is then complete */
void viola_postfilter(viola_work *w);
void viola_enhance_unit(const viola_work *w, int ux, int uy);
void viola_store_field(viola_work *w);

#endif
