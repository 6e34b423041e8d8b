#include "codec/entropy.h"

size_t viola_writer_finish(viola_writer *w, uint8_t *out)
{
    /* the value inside the range that ends in the most zero bits */
    uint64_t value = w->low;
    for (int zeros = 16; zeros > 0; zeros--) {
        const uint64_t mask = ((uint64_t)1 << zeros) - 1;
        value = (w->low + mask) & ~mask;
        if (value < w->low + w->range)
            break;
        value = w->low;
    }
    const int pad = 16 + (8 - w->bits % 8) % 8; /* the window itself, and up to a whole byte */
    w->low = value << pad;
    w->bits += pad;
    viola_writer_flush(w);
    size_t size = w->count;
    uint32_t carry = 0;
    for (size_t i = size; i-- > 0;) {
        const uint32_t v = w->words[i] + carry;
        out[i] = (uint8_t)v;
        carry = v >> 8;
    }
    for (int i = 0; i < 2 && size > 0 && out[size - 1] == 0; i++) /* the reader takes what is past the end as zero */
        size--;
    return size;
}
