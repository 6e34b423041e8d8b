/* Real microphones and loudspeakers, by SDL. */
#include <SDL.h>
#include <stdlib.h>

#include "device/device.h"

struct qua_sdl_audio {
    SDL_AudioDeviceID id;
    bool recording;
    void (*block)(void *context, const int16_t pcm[QUA_AUDIO_BLOCK], qua_time captured);
    void (*pull)(void *context, int16_t out[QUA_AUDIO_BLOCK]);
    void *context;
    int16_t pcm[QUA_AUDIO_BLOCK]; /* a block under way: SDL's buffers are not always 10 ms */
    size_t filled;                /* recording: samples in pcm; playing: samples of pcm not played yet */
};

static void record(qua_sdl_audio *audio, const int16_t *samples, size_t count)
{
    /* the newest sample was taken about now; count back from it */
    qua_time captured = os_now() - (qua_time)((count + audio->filled) * 1000000 / QUA_AUDIO_HZ);

    while (count) {
        const size_t n = QUA_MIN(count, QUA_AUDIO_BLOCK - audio->filled);

        memcpy(audio->pcm + audio->filled, samples, n * sizeof *samples);
        audio->filled += n;
        samples += n;
        count -= n;
        if (audio->filled == QUA_AUDIO_BLOCK) {
            audio->block(audio->context, audio->pcm, captured);
            captured += QUA_MS(10);
            audio->filled = 0;
        }
    }
}

static void play(qua_sdl_audio *audio, int16_t *samples, size_t count)
{
    while (count) {
        size_t n;

        if (!audio->filled) {
            audio->pull(audio->context, audio->pcm);
            audio->filled = QUA_AUDIO_BLOCK;
        }
        n = QUA_MIN(count, audio->filled);
        memcpy(samples, audio->pcm + QUA_AUDIO_BLOCK - audio->filled, n * sizeof *samples);
        audio->filled -= n;
        samples += n;
        count -= n;
    }
}

static void callback(void *context, Uint8 *stream, int size)
{
    qua_sdl_audio *audio = context;

    if (audio->recording)
        record(audio, (const int16_t *)(void *)stream, (size_t)size / sizeof(int16_t));
    else
        play(audio, (int16_t *)(void *)stream, (size_t)size / sizeof(int16_t));
}

/* Asked first: a library below SDL prints lines of its own when it opens a device that is not there. */
static int start_sdl(bool recording, const char *what, const char *instead, qua_device_error *why)
{
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* Ctrl-C stays the program's */
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0)
        return qua_device_fail(why, QUA_ENOENT, "this machine has no %s (%s); use %s", what, SDL_GetError(), instead);
    if (SDL_GetNumAudioDevices(recording) != 0)
        return 0;
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    return qua_device_fail(why, QUA_ENOENT, "this machine has no %s; use %s", what, instead);
}

int qua_sdl_audio_open(qua_sdl_audio **out, const char *name, const qua_microphone_config *microphone,
                       const qua_speaker_config *speaker, qua_device_error *why)
{
    const char *what = microphone ? "microphone" : "loudspeaker";
    const char *instead = microphone ? "--mic tone, none or a file" : "--speaker null";
    qua_sdl_audio *audio;
    SDL_AudioSpec wanted = {
        .freq = QUA_AUDIO_HZ, .format = AUDIO_S16SYS, .channels = 1, .samples = QUA_AUDIO_BLOCK, .callback = callback};
    int error;

    assert(!microphone != !speaker);
    error = start_sdl(microphone != NULL, what, instead, why);
    if (error)
        return error;
    audio = qua_zalloc(sizeof *audio);
    if (!audio) {
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    }
    audio->recording = microphone != NULL;
    audio->block = microphone ? microphone->block : NULL;
    audio->pull = speaker ? speaker->pull : NULL;
    audio->context = microphone ? microphone->context : speaker->context;
    wanted.userdata = audio;
    audio->id = SDL_OpenAudioDevice(name, audio->recording, &wanted, NULL, 0);
    if (!audio->id) {
        qua_device_fail(why, QUA_ENOENT, "the %s %s could not be opened (%s); use %s", what, name ? name : "default",
                        SDL_GetError(), instead);
        qua_sdl_audio_close(&audio);
        return QUA_ENOENT;
    }
    SDL_PauseAudioDevice(audio->id, 0);
    *out = audio;
    return 0;
}

void qua_sdl_audio_close(qua_sdl_audio **audio)
{
    qua_sdl_audio *a = *audio;

    *audio = NULL;
    if (!a)
        return;
    if (a->id)
        SDL_CloseAudioDevice(a->id);
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    free(a);
}
