#include "media/media.h"

void qua_mix(const int16_t *const *voices, size_t count, int16_t out[QUA_AUDIO_BLOCK], float *gain)
{
    int32_t sum[QUA_AUDIO_BLOCK] = {0}, peak = 0;
    float target, step;

    for (size_t v = 0; v < count; v++) {
        for (int i = 0; i < QUA_AUDIO_BLOCK; i++)
            sum[i] += voices[v][i];
    }
    for (int i = 0; i < QUA_AUDIO_BLOCK; i++)
        peak = QUA_MAX(peak, sum[i] < 0 ? -sum[i] : sum[i]);
    /* down at once within the block, up slowly: half a second back to full */
    target = peak > 32000 ? 32000.0f / (float)peak : 1.0f;
    if (target > *gain)
        target = QUA_MIN(target, *gain + 0.02f);
    step = (target - *gain) / QUA_AUDIO_BLOCK;
    for (int i = 0; i < QUA_AUDIO_BLOCK; i++) {
        const float g = target < *gain ? target : *gain + step * (float)(i + 1);
        out[i] = (int16_t)QUA_CLAMP((int32_t)((float)sum[i] * g), -32768, 32767);
    }
    *gain = target;
}
