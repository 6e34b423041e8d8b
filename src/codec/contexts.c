/* Context tables: defaults, costs. */
#include <string.h>

#include "codec/internal.h"

void viola_contexts_default(viola_contexts *contexts)
{
    *contexts = viola_default_contexts;
}

static void settle(uint16_t *cdf, int tables, int n)
{
    for (int t = 0; t < tables; t++, cdf += n)
        cdf[n - 1] = cdf[n - 1] > 16 ? 16 : cdf[n - 1];
}

void viola_contexts_settle(viola_contexts *contexts)
{
#define SETTLE(name, tables, symbols) settle(contexts->name[0], tables, symbols);
    VIOLA_TABLES(SETTLE)
}

uint32_t viola_symbol_cost(const uint16_t *cdf, int n, int symbol)
{
    const int high = symbol ? cdf[symbol - 1] : 32768, low = symbol == n - 1 ? 0 : cdf[symbol];
    const int p = high - low;
    if (p >= 2048)
        return viola_bit_cost[p >> 7];
    return 4 * 256 + viola_bit_cost[p > 7 ? p >> 3 : 1];
}

int viola_partition_context(const edge_contexts *e, int ux, int uy, int level)
{
    /* level 0, 1, 2: blocks of 64, 32, 16; the arrays hold the size index of the block beside, 3 for 64 */
    const int size = 3 - level;
    const int above = e->above_part[ux] < size, left = e->left_part[uy % SB_UNITS] < size;
    return level * 4 + above * 2 + left;
}

int viola_ref_context(const mode_info *above, const mode_info *left)
{
    const int a = above && above->ref == 0, l = left && left->ref == 0;
    return a + l;
}

static int mode_class(const mode_info *m)
{
    if (!m || m->ref != REF_INTRA)
        return 0;
    return m->mode == VIOLA_PRED_V ? 1 : m->mode == VIOLA_PRED_H ? 2 : m->mode >= MODE_D45 ? 3 : 0;
}

int viola_y_mode_context(const mode_info *above, const mode_info *left)
{
    return mode_class(above) * 4 + mode_class(left);
}
