/* Contexts of the coefficients, for writer and reader. Levels lie in a padded array, capped at 15. */
#ifndef VIOLA_COEF_H
#define VIOLA_COEF_H

#include <string.h>

#include "codec/internal.h"

enum { LEVEL_STRIDE = 32 + 4, LEVEL_CAP = 15 };

typedef struct level_map {
    uint8_t at[LEVEL_STRIDE * (32 + 4)];
} level_map;

static inline int coded_size(int tx) /* 64 keeps its low 32 x 32 */
{
    return tx > VIOLA_W32 ? 32 : 4 << tx;
}

static inline const uint16_t *scan_of(int tx)
{
    return viola_scan[tx > VIOLA_W32 ? VIOLA_W32 : tx];
}

static inline void level_map_clear(level_map *map, int rows)
{
    memset(map->at, 0, (size_t)(rows + 3) * LEVEL_STRIDE);
}

static inline int min3(int v)
{
    return v < 3 ? v : 3;
}

static inline int base_context(const uint8_t *p, int row, int col)
{
    const int mag =
        min3(p[1]) + min3(p[LEVEL_STRIDE]) + min3(p[LEVEL_STRIDE + 1]) + min3(p[2]) + min3(p[2 * LEVEL_STRIDE]);
    const int step = (mag + 1) >> 1;
    return viola_base_class[row + col] + (step < 4 ? step : 4);
}

static inline int high_context(const uint8_t *p, int row, int col)
{
    const int mag = p[1] + p[LEVEL_STRIDE] + p[LEVEL_STRIDE + 1], step = (mag + 1) >> 1;
    return (step < 6 ? step : 6) + (row + col == 0 ? 0 : row < 2 && col < 2 ? 7 : 14);
}

static inline int last_context(int index, int count)
{
    return index == 0 ? 0 : index <= count / 8 ? 1 : index <= count / 4 ? 2 : 3;
}

/* classes of the number of coefficients up to the last: 1, 2, 3..4, 5..8, ... */
static inline int eob_class(int eob)
{
    return eob < 2 ? 0 : viola_log2((uint32_t)eob - 1) + 1;
}

static inline int any_nonzero(const uint8_t *flags, int count)
{
    int any = 0;
    for (int i = 0; i < count; i++)
        any |= flags[i];
    return any;
}

/* context of the all-zero flag; x4, y4: position in 4x4 of the plane, y4 within the superblock */
static inline int zero_context(const edge_contexts *e, int plane, int x4, int y4, int tx)
{
    return any_nonzero(e->above_nonzero[plane] + x4, 1 << tx) + any_nonzero(e->left_nonzero[plane] + y4, 1 << tx);
}

static inline void set_nonzero(edge_contexts *e, int plane, int x4, int y4, int tx, int nonzero)
{
    memset(e->above_nonzero[plane] + x4, nonzero, (size_t)1 << tx);
    memset(e->left_nonzero[plane] + y4, nonzero, (size_t)1 << tx);
}

/* gain of the transform against the others, as a shift */
static inline int tx_shift(int tx)
{
    return tx == VIOLA_W64 ? 2 : tx == VIOLA_W32 ? 1 : 0;
}

static inline int16_t dequantize(int level, int step, int tx)
{
    const int v = (level < 0 ? -level : level) * step >> tx_shift(tx);
    const int capped = v < 32767 ? v : 32767;
    return (int16_t)(level < 0 ? -capped : capped);
}

#endif
