/* Constant bitrate over a client buffer. */
#include <math.h>
#include <string.h>

#include "viola/viola.h"

void viola_rate_init(viola_rate *rate, double bits_per_second, double fps, int width, int height)
{
    memset(rate, 0, sizeof *rate);
    rate->width = width;
    rate->height = height;
    viola_rate_set(rate, bits_per_second, fps);
    rate->fullness = rate->buffer_bits * 0.5;
    const double per_pixel = bits_per_second / fps / (width * (double)height);
    rate->qp = 128 - 18 * log2(per_pixel / 0.05);
}

void viola_rate_set(viola_rate *rate, double bits_per_second, double fps)
{
    rate->bits_per_second = bits_per_second;
    rate->fps = fps;
    rate->buffer_bits = bits_per_second;
}

static double limit(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

void viola_rate_frame(viola_rate *rate, viola_frame_params *params)
{
    params->qp = (int)lrint(limit(rate->qp, 0, VIOLA_MAX_QP));
    params->budget_bytes = 0;
}

void viola_rate_done(viola_rate *rate, const viola_frame_stats *stats)
{
    const double bits = (double)stats->bytes * 8, per_frame = rate->bits_per_second / rate->fps;
    rate->fullness += bits - per_frame;
    rate->frames++;
    const double error = (rate->fullness - rate->buffer_bits * 0.5) / rate->buffer_bits;
    rate->qp = limit(rate->qp + 2.0 * error + (bits > per_frame ? 0.5 : -0.5), 0, VIOLA_MAX_QP);
}
