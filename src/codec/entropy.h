/*
 * Multi-symbol adaptive range coder (the Daala/AV1 family: Stuiver & Moffat's piecewise range division, 15-bit CDFs).
 *
 * A table of n symbols is uint16_t[n]: entry i < n-1 is 32768 times the probability of a symbol > i; the last entry
 * counts symbols seen, up to 32, and sets the rate of adaptation.
 */
#ifndef VIOLA_ENTROPY_H
#define VIOLA_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

static inline int viola_log2(uint32_t v) /* v > 0 */
{
    return 31 - __builtin_clz(v);
}

static inline void viola_cdf_adapt(uint16_t *cdf, int n, int symbol)
{
    const int count = cdf[n - 1];
    const int rate = 3 + (count > 15) + (count > 31) + (n > 3 ? 2 : 1);
    for (int i = 0; i < symbol; i++)
        cdf[i] = (uint16_t)(cdf[i] + ((32768 - cdf[i]) >> rate));
    for (int i = symbol; i < n - 1; i++)
        cdf[i] = (uint16_t)(cdf[i] - (cdf[i] >> rate));
    cdf[n - 1] = (uint16_t)(count + (count < 32));
}

/* lower end of symbol i within a range: the last symbol starts at 0, and every symbol keeps at least 4 */
static inline uint32_t viola_cdf_low(const uint16_t *cdf, int n, int i, uint32_t range)
{
    return i == n - 1 ? 0 : ((range >> 8) * (uint32_t)(cdf[i] >> 6) >> 1) + 4u * (uint32_t)(n - 1 - i);
}

/* ---------------------------------------------------------------- writer */

typedef struct viola_writer {
    uint16_t *words; /* one byte each, carries not yet propagated */
    size_t count, capacity;
    uint64_t low;
    uint32_t range;
    int bits; /* pending above the 16-bit window */
    int overflow;
} viola_writer;

static inline void viola_writer_init(viola_writer *w, uint16_t *words, size_t capacity)
{
    *w = (viola_writer){.words = words, .capacity = capacity, .range = 32768};
}

static inline void viola_writer_flush(viola_writer *w)
{
    if (w->count + 8 > w->capacity) {
        w->overflow = 1;
        w->count = 0;
    }
    /* the first byte of a group may carry into the one before: keep it as a ninth bit */
    while (w->bits >= 8) {
        w->bits -= 8;
        w->words[w->count++] = (uint16_t)(w->low >> (16 + w->bits));
        w->low &= ((uint64_t)1 << (16 + w->bits)) - 1;
    }
}

static inline void viola_writer_narrow(viola_writer *w, uint32_t low, uint32_t range)
{
    const int shift = 15 - viola_log2(range);
    w->low = (w->low + low) << shift;
    w->range = range << shift;
    w->bits += shift;
    if (w->bits >= 24)
        viola_writer_flush(w);
}

static inline void viola_put_symbol(viola_writer *w, uint16_t *cdf, int n, int symbol)
{
    const uint32_t high = symbol ? viola_cdf_low(cdf, n, symbol - 1, w->range) : w->range;
    const uint32_t low = viola_cdf_low(cdf, n, symbol, w->range);
    viola_writer_narrow(w, low, high - low);
    viola_cdf_adapt(cdf, n, symbol);
}

static inline void viola_put_bit(viola_writer *w, int bit)
{
    const uint32_t half = w->range >> 1;
    if (bit)
        viola_writer_narrow(w, 0, half);
    else
        viola_writer_narrow(w, half, w->range - half);
}

static inline void viola_put_bits(viola_writer *w, uint32_t value, int count)
{
    while (count-- > 0)
        viola_put_bit(w, value >> count & 1);
}

/* bytes that finishing now would give, within two */
static inline size_t viola_writer_size(const viola_writer *w)
{
    return w->count + (size_t)(w->bits + 7) / 8 + 1;
}

/** Ends the stream: propagates carries into out (viola_writer_size() + 2 bytes). @return the bytes written */
size_t viola_writer_finish(viola_writer *w, uint8_t *out);

/* ---------------------------------------------------------------- reader */

typedef struct viola_reader {
    const uint8_t *at, *end;
    uint64_t window; /* code minus low; the 16-bit window is at the top */
    uint32_t range;
    int bits; /* valid bits below the 16-bit window */
    int past; /* bytes taken past the end */
} viola_reader;

static inline void viola_reader_fill(viola_reader *r)
{
    while (r->bits <= 40) {
        uint64_t byte = 0;
        if (r->at < r->end)
            byte = *r->at++;
        else
            r->past++;
        r->bits += 8;
        r->window |= byte << (48 - r->bits);
    }
}

static inline void viola_reader_init(viola_reader *r, const uint8_t *data, size_t size)
{
    *r = (viola_reader){.at = data, .end = data + size, .range = 32768, .bits = -16};
    viola_reader_fill(r);
}

static inline void viola_reader_narrow(viola_reader *r, uint32_t low, uint32_t range)
{
    const int shift = 15 - viola_log2(range);
    r->window = (r->window - ((uint64_t)low << 48)) << shift;
    r->range = range << shift;
    r->bits -= shift;
    if (r->bits < 0)
        viola_reader_fill(r);
}

static inline int viola_get_symbol(viola_reader *r, uint16_t *cdf, int n)
{
    const uint32_t code = (uint32_t)(r->window >> 48);
    uint32_t high = r->range, low = viola_cdf_low(cdf, n, 0, r->range);
    int symbol = 0;
    while (code < low) {
        high = low;
        low = viola_cdf_low(cdf, n, ++symbol, r->range);
    }
    viola_reader_narrow(r, low, high - low);
    viola_cdf_adapt(cdf, n, symbol);
    return symbol;
}

static inline int viola_get_bit(viola_reader *r)
{
    const uint32_t half = r->range >> 1;
    if ((uint32_t)(r->window >> 48) < half) {
        viola_reader_narrow(r, 0, half);
        return 1;
    }
    viola_reader_narrow(r, half, r->range - half);
    return 0;
}

static inline uint32_t viola_get_bits(viola_reader *r, int count)
{
    uint32_t v = 0;
    while (count-- > 0)
        v = v << 1 | (uint32_t)viola_get_bit(r);
    return v;
}

/* more was taken than any writer leaves out: the data is not a whole stream */
static inline int viola_reader_overrun(const viola_reader *r)
{
    return r->past > 12;
}

#endif
