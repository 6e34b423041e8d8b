/* A soft chord: half a second of it each second, so that delay and loss can be heard. */
#include <math.h>

#include "device/device.h"

#define FADE_SAMPLES 960 /* 20 ms: no clicks */
#define ON_SAMPLES   (QUA_AUDIO_HZ / 2)
#define PEAK         2400.0 /* of each of three notes; -13 dB together */

static double envelope(uint64_t at)
{
    if (at >= ON_SAMPLES)
        return 0;
    return fmin(1, fmin((double)at, (double)(ON_SAMPLES - at)) / FADE_SAMPLES);
}

void qua_tone_block(uint64_t position, int16_t out[QUA_AUDIO_BLOCK])
{
    static const double notes_hz[] = {440, 550, 660}; /* whole periods fit into a second: it repeats without a seam */
    const double turn = 2 * 3.14159265358979323846 / QUA_AUDIO_HZ;

    for (unsigned i = 0; i < QUA_AUDIO_BLOCK; i++) {
        const uint64_t at = (position + i) % QUA_AUDIO_HZ;
        double sum = 0;

        for (size_t n = 0; n < QUA_ARRAY_SIZE(notes_hz); n++)
            sum += sin(turn * notes_hz[n] * (double)at);
        out[i] = (int16_t)lrint(PEAK * envelope(at) * sum);
    }
}
