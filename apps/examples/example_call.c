/*
 * A whole call with the public API: joins a room with a test picture and a tone, says who comes and goes, and counts
 * what it decodes.
 *
 * usage: example_call ws://127.0.0.1:8433/room [SECONDS]
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "quartet/device.h"
#include "quartet/quartet.h"

static atomic_ulong pictures;
static qua_video_source *video;
static qua_audio_source *audio;

static void on_state(void *context, qua_call_state state, int error, const char *reason)
{
    (void)context, (void)error;
    if (state == QUA_CALL_JOINED)
        puts("in the room");
    else if (reason)
        puts(reason);
}

static void on_joined(void *context, const qua_participant *who)
{
    (void)context;
    printf("%s joined\n", who->name);
}

static void on_left(void *context, const qua_participant *who, const char *reason)
{
    (void)context;
    printf("%s left: %s\n", who->name, reason);
}

static void on_video(void *context, const qua_participant *who, qua_frame *frame, qua_time decoded)
{
    (void)context, (void)who, (void)frame, (void)decoded;
    pictures++; /* an app would draw the frame here */
}

static void on_frame(void *context, qua_frame *frame)
{
    (void)context;
    qua_video_source_push(video, frame);
}

static void on_sound(void *context, const int16_t pcm[480], qua_time captured)
{
    (void)context;
    qua_audio_source_push(audio, pcm, captured);
}

static void on_pull(void *context, int16_t out[480])
{
    qua_engine_pull_audio(context, out);
}

int main(int argc, char **argv)
{
    const struct timespec stay = {.tv_sec = argc > 2 ? atoi(argv[2]) : 10};
    qua_engine *engine;
    qua_call *call;
    qua_camera *camera;
    qua_microphone *microphone;
    qua_speaker *speaker;
    qua_device_error why;

    if (argc < 2 || qua_engine_create(&engine, NULL) != 0 || qua_video_source_create(&video, engine) != 0 ||
        qua_audio_source_create(&audio, engine) != 0)
        return 2;
    if (qua_camera_open(&camera, &(qua_camera_config){.spec = "pattern", .frame = on_frame}, &why) != 0 ||
        qua_microphone_open(&microphone, &(qua_microphone_config){"tone", on_sound, NULL}, &why) != 0 ||
        qua_speaker_open(&speaker, &(qua_speaker_config){"null", on_pull, engine}, &why) != 0)
        return fputs(why.text, stderr), 1;
    if (qua_call_join(&call, engine,
                      &(qua_call_config){.url = argv[1],
                                         .name = "Example",
                                         .video = video,
                                         .audio = audio,
                                         .events = {.state = on_state,
                                                    .participant_joined = on_joined,
                                                    .participant_left = on_left,
                                                    .video = on_video}}) != 0)
        return fputs("not the address of a room\n", stderr), 2;
    nanosleep(&stay, NULL);
    qua_call_destroy(&call); /* says goodbye */
    qua_speaker_close(&speaker);
    qua_microphone_close(&microphone);
    qua_camera_close(&camera);
    qua_engine_destroy(&engine);
    printf("%lu pictures decoded\n", pictures);
    return pictures > 0 ? 0 : 1;
}
