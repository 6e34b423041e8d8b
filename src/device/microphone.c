/* The thread of a microphone that is a file or a tone; real ones are in sdl.c. */
#include <stdlib.h>

#include "device/device.h"

#define BLOCKS_HZ  100
#define BEHIND_MAX 20 /* blocks made up for after a stall: 200 ms; what is older is lost */

struct qua_microphone {
    qua_microphone_config config;
    qua_wav wav; /* no samples: the tone */
    qua_stop stop;
    os_thread *thread; /* NULL for "none" and real devices */
    qua_sdl_audio *device;
};

static void block_of_wav(const qua_wav *wav, uint64_t position, int16_t out[QUA_AUDIO_BLOCK])
{
    for (unsigned i = 0; i < QUA_AUDIO_BLOCK; i++)
        out[i] = wav->samples[(position + i) % wav->count];
}

static void run(void *context)
{
    qua_microphone *microphone = context;
    qua_pace pace;

    /* a block is there when its last sample is: one period after its first */
    qua_pace_start(&pace, os_now(), BLOCKS_HZ, BEHIND_MAX);
    while (qua_stop_wait(&microphone->stop, -1, qua_pace_due(&pace) + QUA_MS(10)) != QUA_WAKE_STOP) {
        int16_t pcm[QUA_AUDIO_BLOCK];
        qua_time captured;
        const uint64_t number = qua_pace_take(&pace, os_now() - QUA_MS(10), &captured);

        if (microphone->wav.samples)
            block_of_wav(&microphone->wav, number * QUA_AUDIO_BLOCK, pcm);
        else
            qua_tone_block(number * QUA_AUDIO_BLOCK, pcm);
        microphone->config.block(microphone->config.context, pcm, captured);
    }
}

static int wav_error(int error, const char *path, qua_device_error *why)
{
    switch (error) {
    case QUA_EFULL:
        return qua_device_fail(why, error, "%s: more than %d minutes of sound; cut it", path, QUA_WAV_SECONDS_MAX / 60);
    case QUA_ENOTSUP:
    case QUA_EFORMAT:
        return qua_device_fail(why, error, "%s: neither WAV nor sound that ffmpeg can read (is ffmpeg installed?)",
                               path);
    default:
        return qua_device_fail(why, error, "%s: %s", path, qua_strerror(error));
    }
}

/* WAV itself, or whatever ffmpeg makes of it. */
static int load(qua_wav *wav, const char *path, const qua_stop *stop, qua_device_error *why)
{
    qua_stream *stream;
    qua_bytes bytes;
    int error = qua_stream_open(&stream, path, stop, why);

    if (error)
        return error;
    bytes = qua_stream_bytes(stream);
    error = qua_wav_read(&bytes, wav);
    qua_stream_close(&stream);
    if (error == QUA_EFORMAT || error == QUA_ENOTSUP) {
        error = qua_stream_convert(&stream, path, "wav", stop, why);
        if (error)
            return error;
        bytes = qua_stream_bytes(stream);
        error = qua_wav_read(&bytes, wav);
        qua_stream_close(&stream);
    }
    if (error)
        return wav_error(error, path, why);
    error = qua_wav_to_48k(wav);
    if (error)
        qua_wav_deinit(wav);
    return error ? wav_error(error, path, why) : 0;
}

static int start(qua_microphone *microphone, const char *spec, qua_device_error *why)
{
    int error = 0;

    if (strcmp(spec, "none") == 0)
        return 0;
    if (strcmp(spec, "default") == 0)
        return qua_sdl_audio_open(&microphone->device, NULL, &microphone->config, NULL, why);
    if (strncmp(spec, "device:", 7) == 0)
        return qua_sdl_audio_open(&microphone->device, spec + 7, &microphone->config, NULL, why);
    if (strcmp(spec, "tone") != 0)
        error = load(&microphone->wav, spec, &microphone->stop, why);
    if (!error && os_thread_start(&microphone->thread, "microphone", run, microphone) != 0)
        error = qua_device_fail(why, QUA_ENOMEM, "no thread for the microphone");
    return error;
}

int qua_microphone_open(qua_microphone **out, const qua_microphone_config *config, qua_device_error *why)
{
    qua_microphone *microphone = qua_zalloc(sizeof *microphone);
    int error;

    if (!microphone || qua_stop_init(&microphone->stop) != 0) {
        free(microphone);
        return qua_device_fail(why, QUA_ENOMEM, "out of memory or of file descriptors");
    }
    microphone->config = *config;
    microphone->config.spec = NULL; /* the caller's, gone after return */
    error = start(microphone, config->spec, why);
    if (error)
        qua_microphone_close(&microphone);
    else
        *out = microphone;
    return error;
}

void qua_microphone_close(qua_microphone **microphone)
{
    qua_microphone *m = *microphone;

    *microphone = NULL;
    if (!m)
        return;
    qua_stop_set(&m->stop);
    os_thread_join(&m->thread);
    qua_sdl_audio_close(&m->device);
    qua_stop_deinit(&m->stop);
    qua_wav_deinit(&m->wav);
    free(m);
}
