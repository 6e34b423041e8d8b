/*
 * A frame number that survives any codec: the top strip of the picture holds 40 cells of width / 40 squared. Cells
 * 0..3 are black, white, black, white; 4..19 are the number modulo 65536 in Gray code, most significant first, white
 * is 1; 20 is its even parity; 21..24 are white, black, white, black; the rest is grey. In Gray code the cells of
 * successive numbers differ in one place, which keeps the strip cheap to encode.
 */
#include "device/device.h"

#define CELLS        40
#define BITS         16
#define FIRST_BIT    4
#define PARITY       (FIRST_BIT + BITS)
#define BLACK        16
#define WHITE        235
#define GREY         128
#define CONTRAST_MIN 60

static bool odd_ones(unsigned v)
{
    v ^= v >> 8;
    v ^= v >> 4;
    v ^= v >> 2;
    return (v ^ v >> 1) & 1;
}

static uint8_t shade(int cell, unsigned gray)
{
    if (cell < FIRST_BIT || (cell > PARITY && cell < PARITY + 5))
        return cell % 2 ? WHITE : BLACK;
    if (cell < PARITY)
        return gray >> (PARITY - 1 - cell) & 1 ? WHITE : BLACK;
    if (cell == PARITY)
        return odd_ones(gray) ? WHITE : BLACK;
    return GREY;
}

void qua_barcode_draw(qua_frame *frame, uint32_t number)
{
    const int size = frame->width / CELLS;
    const unsigned gray = (number ^ (number & 0xffff) >> 1) & 0xffff;

    if (size < 2 || size > frame->height)
        return;
    for (int cell = 0; cell < CELLS; cell++)
        for (int y = 0; y < size; y++)
            memset(frame->plane[0] + y * frame->stride[0] + cell * size, shade(cell, gray), (size_t)size);
    for (int p = 1; p < 3; p++)
        for (int y = 0; y < size / 2; y++)
            memset(frame->plane[p] + y * frame->stride[p], GREY, (size_t)(frame->width + 1) / 2);
}

/* The mean of the middle of a cell, away from the blur of its borders; also when the picture was scaled. */
static int cell_mean(const qua_frame *frame, int cell)
{
    const double size = frame->width / (double)CELLS;
    const int x0 = (int)((cell + 0.25) * size), x1 = QUA_MAX(x0 + 1, (int)((cell + 0.75) * size));
    const int y0 = (int)(0.25 * size), y1 = QUA_MAX(y0 + 1, (int)(0.75 * size));
    int64_t sum = 0;

    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += frame->plane[0][y * frame->stride[0] + x];
    return (int)(sum / ((int64_t)(x1 - x0) * (y1 - y0)));
}

int qua_barcode_read(const qua_frame *frame)
{
    static const int black[] = {0, 2, PARITY + 2, PARITY + 4}, white[] = {1, 3, PARITY + 1, PARITY + 3};
    int dark = 0, bright = 0, middle;
    unsigned gray = 0, number;

    if (frame->width < 2 * CELLS || frame->height < frame->width / CELLS)
        return -1;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(black); i++) {
        dark += cell_mean(frame, black[i]);
        bright += cell_mean(frame, white[i]);
    }
    if (bright - dark < CONTRAST_MIN * (int)QUA_ARRAY_SIZE(black))
        return -1;
    middle = (dark + bright) / (2 * (int)QUA_ARRAY_SIZE(black));
    for (int cell = FIRST_BIT; cell < PARITY; cell++)
        gray = gray << 1 | (cell_mean(frame, cell) > middle);
    if (odd_ones(gray) != (cell_mean(frame, PARITY) > middle))
        return -1;
    number = gray;
    for (int shift = 1; shift < BITS; shift *= 2)
        number ^= number >> shift;
    return (int)(number & 0xffff);
}
