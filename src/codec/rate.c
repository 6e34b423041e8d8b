/*
 * Constant bitrate over a client buffer: bits of a frame are foreseen as complexity / step^1.2, the complexity is
 * learned, and the quantiser follows the bits that the next second may have.
 */
#include <math.h>
#include <string.h>

#include "codec/internal.h"

#define RATE_EXPONENT 1.2

#define START_SHARE 0.4 /* of the buffer: what the first frame may take */

enum { WINDOW = 12, FINEST = 24, STEP_MOST = 5, AFTER_START = 24 };

void viola_rate_init(viola_rate *rate, double bits_per_second, double fps, int width, int height)
{
    memset(rate, 0, sizeof *rate);
    rate->width = width;
    rate->height = height;
    viola_rate_set(rate, bits_per_second, fps);
    rate->fullness = rate->buffer_bits * 0.5;
    const double per_pixel = bits_per_second / fps / (width * (double)height);
    rate->qp = 128 - 25 * log2(per_pixel / 0.04);
}

void viola_rate_set(viola_rate *rate, double bits_per_second, double fps)
{
    const double old = rate->bits_per_second * rate->fps > 0 ? rate->bits_per_second / rate->fps : 0;
    rate->bits_per_second = bits_per_second;
    rate->fps = fps;
    if (rate->buffer_bits > 0) /* what waits, waits for as long as before: a lower rate finds no full buffer */
        rate->fullness *= bits_per_second / rate->buffer_bits;
    rate->buffer_bits = bits_per_second;
    if (old > 0)
        rate->qp += 36 / RATE_EXPONENT * log2(old / (bits_per_second / fps));
}

static double limit(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

void viola_rate_frame(viola_rate *rate, viola_frame_params *params)
{
    const double per_frame = rate->bits_per_second / rate->fps;
    const double room = rate->buffer_bits - rate->fullness;
    rate->qp = limit(rate->qp, FINEST, VIOLA_MAX_QP);
    /* nothing is known yet of the content: the first frame is as fine as its bytes allow, and tells */
    params->qp = rate->frames == 0 ? -1 : (int)lrint(rate->qp);
    if (rate->frames == 0 || (params->flags & VIOLA_FRAME_START))
        params->budget_bytes =
            (size_t)(limit(rate->buffer_bits * START_SHARE, per_frame, room > per_frame ? room : per_frame) / 8);
    else
        params->budget_bytes = (size_t)(limit(room, per_frame / 2, rate->buffer_bits) / 8);
}

void viola_rate_done(viola_rate *rate, const viola_frame_stats *stats)
{
    const double bits = (double)stats->bytes * 8, per_frame = rate->bits_per_second / rate->fps;
    rate->fullness = limit(rate->fullness + bits - per_frame, 0, rate->buffer_bits);
    rate->frames++;
    if (rate->frames == 1)
        rate->qp = stats->qp_mean + AFTER_START;
    if (stats->start)
        return;
    /* frames of a quality pattern count at the quantiser of the others: what matters is their mean */
    const double step = viola_step[(int)rate->qp];
    const double complexity = bits * pow(step, RATE_EXPONENT);
    const double share = rate->frames < WINDOW ? 1.0 / rate->frames : 1.0 / WINDOW;
    rate->complexity += (complexity - rate->complexity) * (rate->complexity > 0 ? share : 1);
    /* half full is the aim, reached within about a second */
    const double target = per_frame * limit(1 + (0.5 - rate->fullness / rate->buffer_bits), 0.4, 1.6);
    const double wanted = 36 / RATE_EXPONENT * log2(rate->complexity / target) - 36 * log2(viola_step[0]);
    rate->qp += limit((wanted - rate->qp) / 4, -STEP_MOST, STEP_MOST);
}
