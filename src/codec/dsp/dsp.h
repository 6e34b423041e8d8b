/*
 * Kernels of the codec. The _c function is the definition; _avx2 and _neon equal it bit for bit.
 * Strides are in bytes for pixels and in elements for int16_t. Pixel rows need no alignment unless said;
 * coefficient blocks are 32-byte aligned. Buffers may be read up to 32 bytes past the last pixel of a row that a
 * kernel needs (every picture has a border of at least 64 pixels); never written past.
 */
#ifndef VIOLA_DSP_H
#define VIOLA_DSP_H

#include <stddef.h>
#include <stdint.h>

/* index of a block width or transform size: 4 << index */
enum { VIOLA_W4, VIOLA_W8, VIOLA_W16, VIOLA_W32, VIOLA_W64, VIOLA_WIDTHS };

/* type of a transform: vertical first. ADST is the DST-VII; only for sizes up to 16. */
enum { VIOLA_DCT_DCT, VIOLA_ADST_DCT, VIOLA_DCT_ADST, VIOLA_ADST_ADST, VIOLA_TX_TYPES };

/* intra predictors without a direction */
enum { VIOLA_PRED_DC, VIOLA_PRED_V, VIOLA_PRED_H, VIOLA_PRED_SMOOTH, VIOLA_PRED_PAETH, VIOLA_PREDS };

/** Of one quantiser step; index 0 is for the first coefficient of a block, 1 for all others. */
typedef struct viola_quant {
    uint16_t round[2]; /* added to the magnitude: the dead zone */
    uint16_t recip[2]; /* 2^15..2^16-1 over the step, see shift */
    uint8_t shift[2];  /* level = (((|c| + round) * recip) >> 16) >> shift; |c| + round saturates at 65535 */
} viola_quant;

typedef struct viola_dsp {
    /* ---- distortion; index is the width, rows: 4..64, multiple of 4 (satd: of 8; width 4 in units of 4x4) */
    uint32_t (*sad[VIOLA_WIDTHS])(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *ref, ptrdiff_t ref_stride,
                                  int rows);
    void (*sad_x4[VIOLA_WIDTHS])(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *const ref[4],
                                 ptrdiff_t ref_stride, int rows, uint32_t sad[4]);
    /* (sum |Hadamard8x8(src - ref)| + 2) >> 2 over all 8x8 blocks; width 4: 4x4 blocks, (sum + 1) >> 1 */
    uint32_t (*satd[VIOLA_WIDTHS])(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *ref, ptrdiff_t ref_stride,
                                   int rows);
    uint32_t (*sse[VIOLA_WIDTHS])(const uint8_t *src, ptrdiff_t src_stride, const uint8_t *ref, ptrdiff_t ref_stride,
                                  int rows);

    /* ---- inter prediction; w: 4, 8, 16, 32, 64; h: 4..64, multiple of 4 */
    /* taps: 8 coefficients of sum 64 at offsets -3..4, or NULL for none; all products of a pass fit 16 bits.
     * one pass: clip8((sum + 32) >> 6); both: horizontal sums kept in 16 bits, then clip8((sum + 2048) >> 12);
     * none: copy */
    void (*mc)(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h,
               const int8_t *taps_x, const int8_t *taps_y);
    void (*copy)(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h);

    /* ---- intra prediction of n x n, n: 4..64; above[-1] is the corner, above and left hold 2n samples each */
    void (*intra[VIOLA_PREDS])(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *above, const uint8_t *left, int n);
    /* dx, dy: steps of 1/64 sample; dy == 0: only above (45..90 degrees), dx == 0: only left (180..225), else both */
    void (*intra_dir)(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *above, const uint8_t *left, int n, int dx,
                      int dy);

    /* ---- residual and transforms; index is the size n; coefficients are n x n row by row (64: the low 32 x 32) */
    void (*residual)(int16_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, const uint8_t *pred,
                     ptrdiff_t pred_stride, int w, int h);
    void (*forward[VIOLA_WIDTHS])(int16_t *coef, const int16_t *residual, ptrdiff_t stride, int type);
    /* adds to dst; only the first `rows` x `cols` coefficients may be nonzero (1..min(n, 32)); clears them */
    void (*inverse_add[VIOLA_WIDTHS])(uint8_t *dst, ptrdiff_t dst_stride, int16_t *coef, int rows, int cols, int type);
    /* count: multiple of 16; returns the number of nonzero levels */
    int (*quantize)(int16_t *level, const int16_t *coef, int count, const viola_quant *quant);

    /* ---- in-loop filters */
    /* edge between pix[-1] and pix[0] (vertical: across columns; horizontal: across rows), `length` samples along it
     * (multiple of 4); width 4, 8 or 16: samples looked at. See dsp.c for the decisions. */
    void (*deblock_vertical)(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high);
    void (*deblock_horizontal)(uint8_t *pix, ptrdiff_t stride, int length, int width, int edge, int inner, int high);
    /* direction 0..7 of an 8x8 block and how marked it is */
    int (*direction)(const uint8_t *src, ptrdiff_t stride, uint32_t *strength);
    /* constrained directional filter of w x h (8x8 or 4x4); src has 3 valid samples around; pri 0..15, sec 0..4 */
    void (*enhance)(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int w, int h, int pri,
                    int sec, int dir, int damping);
} viola_dsp;

/** Fills the table with the best kernels among cpu_mask (viola_cpu bits of viola.h) that this CPU has. */
void viola_dsp_init(viola_dsp *dsp, unsigned cpu_mask);

/* the parts; each overrides what it has */
void viola_dsp_init_avx2(viola_dsp *dsp);
void viola_dsp_init_neon(viola_dsp *dsp);

/* DCT-II scaled to 512*sqrt(n): viola_dct[i] is n x n row by row, n = 4 << i, row = frequency; 64: the first 32 rows */
extern const int16_t *const viola_dct[VIOLA_WIDTHS];
/* DST-VII scaled alike, sizes 4, 8, 16 */
extern const int16_t *const viola_adst[3];
/* offsets (dy, dx) of the two taps along each direction, for a filter like dsp.enhance */
extern const int8_t viola_directions[8][2][2];

/* right shifts of the passes: first pass (over columns, vertical) and second */
extern const uint8_t viola_forward_shift[VIOLA_WIDTHS][2];
extern const uint8_t viola_inverse_shift[VIOLA_WIDTHS][2];

#endif
