/* What the files of the encoder share. */
#ifndef VIOLA_ENCODE_H
#define VIOLA_ENCODE_H

#include "codec/coef.h"
#include "codec/internal.h"

/* How hard to look; one for each effort level. */
typedef struct effort_settings {
    int diamond_steps; /* of the integer search */
    int subpel;        /* 0 none, 1 half diamond and quarter diamond, 2 full squares */
    int split8_search; /* 8x8 blocks are searched */
    int rect;          /* rectangular partitions */
    int candidates;    /* merge candidates tried by distortion */
    int rdoq;
    int tx_search;   /* smaller transforms are tried */
    int intra_modes; /* in inter frames: 0 few, 1 all */
    int golden_search;
    int enhance;
} effort_settings;

extern const effort_settings viola_efforts[VIOLA_MAX_EFFORT + 1];

/* What the search decided for an 8x8 unit; the next frame starts from it. */
typedef struct plan_unit {
    motion mv;
    int8_t ref;
    uint8_t w, h; /* of the block */
} plan_unit;

typedef struct cost_tables {
    uint32_t base[COEF_SIZES * 2][BASE_CONTEXTS][4];
    uint32_t high[COEF_SIZES * 2][HIGH_CONTEXTS][4];
    uint32_t last[COEF_SIZES * 2][4][3];
    uint32_t eob[COEF_SIZES * 2][EOB_CLASSES];
    uint32_t zero[COEF_SIZES * 2][2]; /* mean over contexts */
    uint32_t inter_mode[6][INTER_MODES];
    uint32_t skip[3][2];
    uint32_t is_intra[3][2];
    uint32_t y_mode[16][INTRA_MODES];
    uint32_t partition[12][PARTITIONS];
    uint32_t tx_depth[8][3];
} cost_tables;

enum { MAX_TX_BLOCKS = 256 + 2 * 64 };

/* A block quantised and reconstructed, not yet written. */
typedef struct coded_block {
    mode_info m;
    int blocks; /* transform blocks */
    uint16_t eob[MAX_TX_BLOCKS];
    uint32_t bits; /* 1/256 */
    int64_t gain;  /* distortion saved by the coefficients */
    _Alignas(32) int16_t level[64 * 64 * 3 / 2];
} coded_block;

typedef struct slice_out {
    size_t at, size;
    int first_sb, sb_count;
} slice_out;

/* Bits of a frame against its weight and step, learned; one for frames without references, one for others. */
typedef struct budget_model {
    double density; /* bits * step^RATE_EXPONENT for a unit of weight; 0: unknown */
    double weight;  /* of the last frames, smoothed */
} budget_model;

/* How a frame keeps to its bytes. */
typedef struct budget {
    size_t limit;       /* bytes; 0: no limit */
    int finest;         /* quantiser */
    uint32_t *weights;  /* of each superblock: how much it differs from what is known of it */
    double total, done; /* weights, of the whole frame and of what is coded */
    double expected;    /* bits that the model foresaw for what is coded */
    int plain;          /* superblocks without coefficients for want of room */
    budget_model model[2];
} budget;

struct viola_state {
    viola_encoder *owner;
    viola_surface *slot[VIOLA_SLOTS];
    uint32_t number, frames, since_boost;
    int last_slot;
    budget_model model[2];
    plan_unit *plan;
    size_t plan_count;
};

struct viola_encoder {
    viola_encoder_config config;
    viola_dsp dsp;
    viola_pool pool;
    viola_surface *slot[VIOLA_SLOTS];
    viola_surface *source, *last_output;
    viola_work work;
    plan_unit *plan;
    size_t plan_count;
    uint32_t number; /* of the next frame */
    uint32_t frames;
    uint32_t since_boost;
    int last_slot;
    int refresh_from, refresh_count; /* superblocks that this frame codes without references */
    budget budget;

    /* the frame in work */
    const effort_settings *effort;
    const viola_frame_params *params;
    viola_writer writer;
    viola_contexts contexts, initial, saved;
    edge_contexts edges;
    cost_tables costs;
    int qp_coded; /* the decoder's quantiser by now */
    int qp;       /* of the superblock in work, and of the tables below */
    int quant_intra;
    int qp_written;
    int frame_qp;
    viola_quant quant[2][COEF_SIZES];
    int step[2];
    uint32_t lambda;      /* squared error for a bit, in 1/16 */
    uint32_t lambda_satd; /* SATD for a bit, in 1/16 */
    coded_block block[2]; /* the best, and one on trial */
    uint32_t qp_sum;      /* over superblocks */
    int plain;            /* the superblock in work goes without coefficients, in as few bits as can be */
    uint16_t *words;
    size_t words_capacity;
    uint8_t *out;
    size_t out_capacity, out_size;
    slice_out slices[VIOLA_MAX_SLICES];
    int slice_count;
    viola_slice_fn emit;
    void *emit_opaque;
    viola_frame_stats stats;
    _Alignas(32) uint8_t scratch[4][64 * 64];
    _Alignas(32) int16_t residual[64 * 64];
    _Alignas(32) int16_t coef[64 * 64];
    _Alignas(32) int16_t dequant[64 * 64];
};

/* slices.c: the superblocks of a frame into slices */
void viola_encode_slices(viola_encoder *e, int emit_at_once);
void viola_emit_slices(viola_encoder *e, int from);

/* budget.c. @return 1: the outcome is uncertain, hold the slices */
int viola_budget_begin(viola_encoder *e, int finest);
int viola_budget_frame_qp(const viola_encoder *e);
/* of the next superblock, from what the frame took until now */
int viola_budget_qp(const viola_encoder *e, int sb, size_t bytes_used);
void viola_budget_count(viola_encoder *e, int sb, int qp);
/* the least that the superblocks from `sb` on take */
size_t viola_budget_reserve(const viola_encoder *e, int sb);
/* the frame came out well: within its budget, and using it */
int viola_budget_settled(const viola_encoder *e);
void viola_budget_learn(viola_encoder *e);

/* search.c: decides the partition and motion of a superblock into e->plan */
void viola_search_superblock(viola_encoder *e, int ux, int uy);
uint32_t viola_motion_bits(motion mv, motion predicted); /* 1/256 */

/* encode_block.c: codes a superblock as planned */
void viola_encode_superblock(viola_encoder *e, int ux, int uy);
/* plans the superblock as one block that stands still */
void viola_plan_plain(viola_encoder *e, int ux, int uy);
void viola_costs_init(cost_tables *costs, const viola_contexts *contexts);
void viola_set_qp(viola_encoder *e, int qp);

static inline plan_unit *plan_at(const viola_encoder *e, int ux, int uy)
{
    return e->plan + (ptrdiff_t)uy * e->work.unit_cols + ux;
}

static inline const uint8_t *source_at(const viola_encoder *e, int plane, int x, int y)
{
    return e->source->plane[plane] + y * e->source->stride[plane] + x;
}

#endif
