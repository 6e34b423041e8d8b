/* The Opus encoder and the level of sound. */
#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>

#include "media/media.h"

struct qua_opus_encoder {
    OpusEncoder *opus;
    int loss_percent;
};

int qua_opus_encoder_create(qua_opus_encoder **out, int bitrate_bps)
{
    qua_opus_encoder *encoder = qua_zalloc(sizeof *encoder);
    int error;

    if (!encoder)
        return QUA_ENOMEM;
    encoder->opus = opus_encoder_create(QUA_AUDIO_HZ, 1, OPUS_APPLICATION_VOIP, &error);
    if (error != OPUS_OK) {
        free(encoder);
        return QUA_ENOMEM;
    }
    opus_encoder_ctl(encoder->opus, OPUS_SET_BITRATE(bitrate_bps));
    opus_encoder_ctl(encoder->opus, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(encoder->opus, OPUS_SET_COMPLEXITY(5));
    *out = encoder;
    return 0;
}

void qua_opus_encoder_destroy(qua_opus_encoder **encoder)
{
    if (*encoder) {
        opus_encoder_destroy((*encoder)->opus);
        free(*encoder);
    }
    *encoder = NULL;
}

int qua_opus_encode(qua_opus_encoder *encoder, const int16_t pcm[QUA_OPUS_FRAME], int loss_percent,
                    uint8_t out[QUA_OPUS_MAX])
{
    int n;

    if (loss_percent != encoder->loss_percent) {
        encoder->loss_percent = loss_percent;
        opus_encoder_ctl(encoder->opus, OPUS_SET_PACKET_LOSS_PERC(QUA_CLAMP(loss_percent, 0, 30)));
    }
    n = opus_encode(encoder->opus, pcm, QUA_OPUS_FRAME, out, QUA_OPUS_MAX);
    return n > 0 ? n : QUA_EIO;
}

uint8_t qua_audio_level(const int16_t *pcm, size_t samples)
{
    double sum = 0, db;

    for (size_t i = 0; i < samples; i++)
        sum += (double)pcm[i] * pcm[i];
    if (sum < 1)
        return 127;
    db = 10 * log10(sum / (double)samples / (32767.0 * 32767.0));
    return (uint8_t)QUA_CLAMP(0.5 - db, 0, 127);
}
