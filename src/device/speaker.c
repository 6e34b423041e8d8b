/* The thread of a loudspeaker that nobody hears: it draws sound in real time, for recordings and for bots. */
#include <stdlib.h>

#include "device/device.h"

#define BLOCKS_HZ  100
#define BEHIND_MAX 20 /* blocks made up for after a stall */

struct qua_speaker {
    qua_speaker_config config;
    qua_stop stop;
    os_thread *thread; /* NULL for real devices */
    qua_sdl_audio *device;
};

static void run(void *context)
{
    qua_speaker *speaker = context;
    qua_pace pace;

    os_thread_realtime(); /* where allowed; else as good as it goes */
    qua_pace_start(&pace, os_now(), BLOCKS_HZ, BEHIND_MAX);
    while (qua_stop_wait(&speaker->stop, -1, qua_pace_due(&pace)) != QUA_WAKE_STOP) {
        int16_t pcm[QUA_AUDIO_BLOCK];
        qua_time due;

        qua_pace_take(&pace, os_now(), &due);
        speaker->config.pull(speaker->config.context, pcm);
    }
}

static int start(qua_speaker *speaker, const char *spec, qua_device_error *why)
{
    if (strcmp(spec, "default") == 0)
        return qua_sdl_audio_open(&speaker->device, NULL, NULL, &speaker->config, why);
    if (strncmp(spec, "device:", 7) == 0)
        return qua_sdl_audio_open(&speaker->device, spec + 7, NULL, &speaker->config, why);
    if (strcmp(spec, "null") != 0)
        return qua_device_fail(why, QUA_EINVAL, "%s: no such loudspeaker; say null, default or device:NAME", spec);
    if (os_thread_start(&speaker->thread, "loudspeaker", run, speaker) != 0)
        return qua_device_fail(why, QUA_ENOMEM, "no thread for the loudspeaker");
    return 0;
}

int qua_speaker_open(qua_speaker **out, const qua_speaker_config *config, qua_device_error *why)
{
    qua_speaker *speaker = qua_zalloc(sizeof *speaker);
    int error;

    if (!speaker || qua_stop_init(&speaker->stop) != 0) {
        free(speaker);
        return qua_device_fail(why, QUA_ENOMEM, "out of memory or of file descriptors");
    }
    speaker->config = *config;
    speaker->config.spec = NULL; /* the caller's, gone after return */
    error = start(speaker, config->spec, why);
    if (error)
        qua_speaker_close(&speaker);
    else
        *out = speaker;
    return error;
}

void qua_speaker_close(qua_speaker **speaker)
{
    qua_speaker *s = *speaker;

    *speaker = NULL;
    if (!s)
        return;
    qua_stop_set(&s->stop);
    os_thread_join(&s->thread);
    qua_sdl_audio_close(&s->device);
    qua_stop_deinit(&s->stop);
    free(s);
}
