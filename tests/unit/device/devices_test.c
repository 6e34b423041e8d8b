/* Stories about devices: pace, pattern, clips, failures in words, recordings, pictures. */
#include <fcntl.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "device/device.h"

#define PICTURES 12

/* ---- pace, in virtual time --------------------------------------------------------------------------------- */

static void ticks_never_drift(void **state)
{
    qua_pace pace;
    qua_time due = 0;

    (void)state;
    qua_pace_start(&pace, 1000, 30, 0);
    for (int i = 0; i <= 30 * 3600; i++)
        qua_pace_take(&pace, qua_pace_due(&pace), &due);
    assert_int_equal(due, 1000 + QUA_SECONDS(3600));
    assert_int_equal(pace.lost, 0);
}

static void a_camera_that_was_held_up_skips_to_the_newest_picture(void **state)
{
    qua_pace pace;
    qua_time due;

    (void)state;
    qua_pace_start(&pace, 0, 10, 0);
    assert_int_equal(qua_pace_take(&pace, 0, &due), 0);
    assert_int_equal(qua_pace_take(&pace, QUA_MS(450), &due), 4);
    assert_int_equal(due, QUA_MS(400));
    assert_int_equal(pace.lost, 3);
    assert_int_equal(qua_pace_due(&pace), QUA_MS(500));
}

static void a_microphone_that_was_held_up_catches_up_within_bounds(void **state)
{
    qua_pace pace;
    qua_time due;

    (void)state;
    qua_pace_start(&pace, 0, 100, 20);
    assert_int_equal(qua_pace_take(&pace, QUA_MS(150), &due), 0);
    assert_int_equal(qua_pace_take(&pace, QUA_MS(150), &due), 1);
    assert_int_equal(qua_pace_take(&pace, QUA_SECONDS(1), &due), 80);
    assert_int_equal(pace.lost, 78);
}

/* ---- cameras ----------------------------------------------------------------------------------------------- */

typedef struct album {
    os_mutex *mutex;
    os_cond *full;
    qua_frame *frames[PICTURES];
    int count;
    bool ended;
} album;

static void keep(void *context, qua_frame *frame)
{
    album *a = context;

    os_mutex_lock(a->mutex);
    if (a->count < PICTURES)
        a->frames[a->count++] = qua_frame_ref(frame);
    os_cond_signal(a->full);
    os_mutex_unlock(a->mutex);
}

static void end(void *context, const char *reason)
{
    album *a = context;

    assert_true(strlen(reason) > 0);
    os_mutex_lock(a->mutex);
    a->ended = true;
    os_cond_signal(a->full);
    os_mutex_unlock(a->mutex);
}

static void album_open(album *a)
{
    *a = (album){0};
    assert_int_equal(os_mutex_create(&a->mutex), 0);
    assert_int_equal(os_cond_create(&a->full), 0);
}

static void album_wait(album *a, int count, bool ended)
{
    const qua_time give_up = os_now() + QUA_SECONDS(20);
    bool in_time = true;

    os_mutex_lock(a->mutex);
    while (in_time && (a->count < count || (ended && !a->ended)))
        in_time = os_cond_wait_until(a->full, a->mutex, give_up);
    os_mutex_unlock(a->mutex);
    assert_true(in_time);
}

static void album_close(album *a)
{
    for (int i = 0; i < a->count; i++)
        qua_frame_unref(&a->frames[i]);
    os_cond_destroy(&a->full);
    os_mutex_destroy(&a->mutex);
}

static void the_pattern_numbers_its_pictures(void **state)
{
    const qua_camera_config config = {
        .spec = "pattern", .width = 320, .height = 180, .fps = 100, .frame = keep, .ended = end};
    qua_camera_config with_album = config;
    qua_camera *camera;
    album a;

    (void)state;
    album_open(&a);
    with_album.context = &a;
    assert_int_equal(qua_camera_open(&camera, &with_album, NULL), 0);
    album_wait(&a, PICTURES, false);
    qua_camera_close(&camera);
    assert_false(a.ended); /* it was closed: it did not end by itself */
    for (int i = 0; i < PICTURES; i++) {
        assert_int_equal(qua_barcode_read(a.frames[i]), a.frames[i]->number);
        assert_int_equal(a.frames[i]->width, 320);
    }
    for (int i = 1; i < PICTURES; i++) {
        const int64_t ticks = a.frames[i]->number - a.frames[i - 1]->number;

        assert_true(ticks >= 1);
        assert_int_equal(a.frames[i]->captured - a.frames[i - 1]->captured, QUA_MS(10) * ticks);
    }
    album_close(&a);
}

static void a_barcode_survives_scaling_and_is_not_seen_where_none_is(void **state)
{
    static const int numbers[] = {0, 1, 255, 4660, 65535};
    static const int sizes[][2] = {{640, 360}, {320, 180}, {1280, 720}, {176, 144}};

    (void)state;
    for (size_t n = 0; n < QUA_ARRAY_SIZE(numbers); n++) {
        qua_frame *frame = qua_frame_create(640, 360);

        qua_frame_fill(frame, 100, 128, 128);
        assert_int_equal(qua_barcode_read(frame), -1);
        qua_barcode_draw(frame, (uint32_t)numbers[n]);
        for (size_t s = 0; s < QUA_ARRAY_SIZE(sizes); s++) {
            qua_frame *scaled = qua_frame_scale(frame, sizes[s][0], sizes[s][1]);

            /* at 176x144 cells are not square any more, but their middles are still where they are looked for */
            assert_int_equal(qua_barcode_read(scaled), numbers[n]);
            qua_frame_unref(&scaled);
        }
        qua_frame_unref(&frame);
    }
}

/* A y4m of 16x16 pictures whose luma is their index. */
static void write_clip(const char *path, int pictures)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fprintf(file, "YUV4MPEG2 W16 H16 F100:1\n");
    for (int i = 0; i < pictures; i++) {
        fprintf(file, "FRAME\n");
        for (int p = 0; p < 256 + 128; p++)
            fputc(p < 256 ? i : 128, file);
    }
    fclose(file);
}

/* Luma of the first pictures that a camera over `spec` gives, which was told to keep up with every tick. */
static void show(const char *spec, bool ping_pong, double fps, int *luma, int count)
{
    const qua_camera_config config = {.spec = spec, .fps = fps, .ping_pong = ping_pong};
    qua_device_error why = {{0}};
    qua_input *input;
    qua_stop stop;

    assert_int_equal(qua_stop_init(&stop), 0);
    assert_int_equal(qua_clip_open(&input, &config, &stop, &why), 0);
    for (int i = 0; i < count; i++) {
        qua_frame *frame;

        assert_int_equal(input->read(input, (uint64_t)i, &frame, &why), 0);
        luma[i] = frame->plane[0][0];
        qua_frame_unref(&frame);
    }
    input->close(input);
    qua_stop_deinit(&stop);
}

static void a_clip_plays_again_and_again_forth_and_back_and_at_another_pace(void **state)
{
    static const int loop[] = {0, 1, 2, 3, 0, 1, 2, 3, 0}, there_and_back[] = {0, 1, 2, 3, 2, 1, 0, 1, 2},
                     half[] = {0, 2, 0, 2, 0, 2, 0, 2, 0};
    int luma[9];
    char path[] = "/tmp/quartet-clip-XXXXXX";
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    write_clip(path, 4);
    show(path, false, 0, luma, 9);
    assert_memory_equal(luma, loop, sizeof luma);
    show(path, true, 100, luma, 9);
    assert_memory_equal(luma, there_and_back, sizeof luma);
    show(path, false, 50, luma, 9);
    assert_memory_equal(luma, half, sizeof luma);
    unlink(path);
}

static void a_fifo_is_a_camera_until_its_writer_goes(void **state)
{
    char path[] = "/tmp/quartet-fifo-XXXXXX", spec[64];
    uint8_t picture[16 * 16 * 3 / 2];
    qua_camera_config config = {.spec = spec, .width = 16, .height = 16, .frame = keep, .ended = end};
    qua_camera *camera;
    album a;
    int fd;

    (void)state;
    album_open(&a);
    config.context = &a;
    assert_non_null(mkdtemp(path));
    snprintf(spec, sizeof spec, "i420:%s/camera", path);
    assert_int_equal(mkfifo(spec + 5, 0600), 0);
    assert_int_equal(qua_camera_open(&camera, &config, NULL), 0); /* before there is a writer */
    fd = open(spec + 5, O_WRONLY);
    for (int i = 0; i < 3; i++) {
        memset(picture, 50 + i, sizeof picture);
        assert_int_equal(write(fd, picture, sizeof picture), sizeof picture);
    }
    album_wait(&a, 3, false);
    close(fd);
    album_wait(&a, 3, true);
    qua_camera_close(&camera);
    assert_int_equal(a.frames[2]->plane[2][0], 52);
    assert_true(a.frames[2]->captured >= a.frames[0]->captured);
    album_close(&a);
    unlink(spec + 5);
    rmdir(path);
}

static void closing_does_not_wait_for_a_writer_that_never_comes(void **state)
{
    char path[] = "/tmp/quartet-fifo-XXXXXX", spec[64];
    qua_camera_config config = {.spec = spec, .width = 16, .height = 16, .frame = keep};
    qua_camera *camera;

    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(spec, sizeof spec, "i420:%s/camera", path);
    assert_int_equal(mkfifo(spec + 5, 0600), 0);
    assert_int_equal(qua_camera_open(&camera, &config, NULL), 0);
    qua_camera_close(&camera);
    unlink(spec + 5);
    rmdir(path);
}

static void ffmpeg_reads_the_clips_of_the_demo(void **state)
{
    qua_camera_config config = {.spec = TEST_DATA "/media/school.mkv",
                                .width = 320,
                                .height = 180,
                                .fps = 60,
                                .ping_pong = true,
                                .frame = keep};
    qua_device_error why = {{0}};
    qua_camera *camera;
    album a;

    (void)state;
    album_open(&a);
    config.context = &a;
    if (system("ffmpeg -version >/dev/null 2>&1") != 0)
        skip();
    assert_int_equal(qua_camera_open(&camera, &config, &why), 0);
    album_wait(&a, PICTURES, false);
    qua_camera_close(&camera);
    assert_int_equal(a.frames[0]->width, 320);
    assert_int_equal(a.frames[0]->height, 180);
    album_close(&a);
}

/* ---- failures ---------------------------------------------------------------------------------------------- */

static void expect_camera_error(const char *spec, int error, const char *words)
{
    const qua_camera_config config = {.spec = spec, .frame = keep};
    qua_device_error why = {{0}};
    qua_camera *camera = NULL;

    assert_int_equal(qua_camera_open(&camera, &config, &why), error);
    assert_null(camera);
    assert_non_null(strstr(why.text, words));
}

static void what_fails_says_what_to_do(void **state)
{
    qua_microphone_config sound = {.spec = "/nowhere/at/all.wav"};
    qua_device_error why = {{0}};
    qua_microphone *microphone = NULL;

    (void)state;
    expect_camera_error("/nowhere/at/all.y4m", QUA_ENOENT, "no such file");
    expect_camera_error("/dev/video987", QUA_ENOENT, "ls /dev/video*");
    expect_camera_error("/dev/videonull/../null", QUA_ENOENT, "camera");
    expect_camera_error("/tmp", QUA_EFORMAT, "folder");
    expect_camera_error("i420:/dev/null", QUA_EINVAL, "--size");
    expect_camera_error(TEST_DATA "/media/README.md", QUA_EFORMAT, "ffmpeg");
    assert_int_equal(qua_microphone_open(&microphone, &sound, &why), QUA_ENOENT);
    assert_non_null(strstr(why.text, "no such file"));
    sound.spec = TEST_DATA "/media/README.md";
    assert_int_equal(qua_microphone_open(&microphone, &sound, &why), QUA_EFORMAT);
    assert_non_null(strstr(why.text, "WAV"));
    assert_null(microphone);
}

/* ---- sound ------------------------------------------------------------------------------------------------- */

static void the_tone_has_no_seam_and_a_pause(void **state)
{
    int16_t one[QUA_AUDIO_BLOCK], later[QUA_AUDIO_BLOCK];

    (void)state;
    qua_tone_block(4800, one);
    qua_tone_block(4800 + 7 * 48000, later);
    assert_memory_equal(one, later, sizeof one);
    qua_tone_block(30000, one);
    for (int i = 0; i < QUA_AUDIO_BLOCK; i++)
        assert_int_equal(one[i], 0);
}

typedef struct meter {
    _Atomic int blocks, loud;
    _Atomic qua_time last;
} meter;

static void measure(void *context, const int16_t pcm[QUA_AUDIO_BLOCK], qua_time captured)
{
    meter *m = context;

    for (int i = 0; i < QUA_AUDIO_BLOCK; i++)
        if (abs(pcm[i]) > 300) {
            atomic_fetch_add(&m->loud, 1);
            break;
        }
    assert_true(captured > m->last && captured <= os_now());
    atomic_store(&m->last, captured);
    atomic_fetch_add(&m->blocks, 1);
}

static void speech_comes_in_blocks_of_10_ms(void **state)
{
    meter m = {0};
    const qua_microphone_config config = {TEST_DATA "/media/speech-en.wav", measure, &m};
    qua_microphone *microphone;
    const qua_time begin = os_now();

    (void)state;
    assert_int_equal(qua_microphone_open(&microphone, &config, NULL), 0);
    while (m.blocks < 50 && os_now() < begin + QUA_SECONDS(20))
        os_sleep_until(os_now() + QUA_MS(5));
    qua_microphone_close(&microphone);
    assert_true(m.blocks >= 50);
    assert_true(os_now() - begin >= QUA_MS(490)); /* never faster than time */
    assert_true(m.loud > 10);
}

static void count_pull(void *context, int16_t out[QUA_AUDIO_BLOCK])
{
    memset(out, 0, QUA_AUDIO_BLOCK * sizeof *out);
    atomic_fetch_add((_Atomic int *)context, 1);
}

static void count_block(void *context, const int16_t pcm[QUA_AUDIO_BLOCK], qua_time captured)
{
    (void)pcm;
    assert_true(captured > 0);
    atomic_fetch_add((_Atomic int *)context, 1);
}

static void await_blocks(const _Atomic int *blocks, int count)
{
    const qua_time give_up = os_now() + QUA_SECONDS(20);

    while (*blocks < count && os_now() < give_up)
        os_sleep_until(os_now() + QUA_MS(5));
    assert_true(*blocks >= count);
}

static void loudspeakers_draw_sound_and_real_devices_are_reached_by_sdl(void **state)
{
    static const char *const specs[] = {"null", "default"};
    _Atomic int blocks = 0;
    qua_microphone *microphone;
    qua_speaker *speaker;

    (void)state;
    setenv("SDL_AUDIODRIVER", "dummy", 1); /* SDL's device for machines without one */
    for (size_t i = 0; i < QUA_ARRAY_SIZE(specs); i++) {
        const qua_time begin = os_now();

        atomic_store(&blocks, 0);
        assert_int_equal(qua_speaker_open(&speaker, &(qua_speaker_config){specs[i], count_pull, &blocks}, NULL), 0);
        await_blocks(&blocks, 20);
        qua_speaker_close(&speaker);
        assert_true(os_now() - begin >= QUA_MS(150)); /* as time goes, not as fast as it can */
    }
    atomic_store(&blocks, 0);
    assert_int_equal(qua_microphone_open(&microphone, &(qua_microphone_config){"default", count_block, &blocks}, NULL),
                     0);
    await_blocks(&blocks, 10);
    qua_microphone_close(&microphone);
}

static void a_sound_device_that_is_not_there_is_said(void **state)
{
    qua_device_error why = {{0}};
    qua_microphone *microphone = NULL;
    qua_speaker *speaker = NULL;

    (void)state;
    assert_int_equal(qua_speaker_open(&speaker, &(qua_speaker_config){"trumpet", count_pull, NULL}, &why), QUA_EINVAL);
    assert_non_null(strstr(why.text, "null"));
    setenv("SDL_AUDIODRIVER", "no-such-driver", 1);
    assert_int_equal(qua_speaker_open(&speaker, &(qua_speaker_config){"default", count_pull, NULL}, &why), QUA_ENOENT);
    assert_non_null(strstr(why.text, "--speaker null"));
    assert_int_equal(qua_microphone_open(&microphone, &(qua_microphone_config){"default", count_block, NULL}, &why),
                     QUA_ENOENT);
    assert_non_null(strstr(why.text, "--mic tone"));
    assert_null(speaker);
    assert_null(microphone);
}

/* ---- recordings and pictures ------------------------------------------------------------------------------- */

static char *slurp(const char *folder, const char *name, size_t *size)
{
    char path[512];
    char *data = calloc(1, 100000);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    *size = fread(data, 1, 99999, file);
    fclose(file);
    unlink(path);
    return data;
}

static void a_recording_holds_every_picture_at_the_first_size_and_its_times(void **state)
{
    char folder[] = "/tmp/quartet-record-XXXXXX";
    const int16_t pcm[QUA_AUDIO_BLOCK] = {1, 2, 3};
    qua_recorder *recorder;
    uint64_t dropped = 1;
    char *text;
    size_t size;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(qua_recorder_create(&recorder, folder, NULL), 0);
    for (int i = 0; i < 3; i++) {
        qua_frame *frame = qua_frame_create(i == 1 ? 64 : 32, i == 1 ? 32 : 16); /* it changes midway */

        qua_frame_fill(frame, (uint8_t)(60 + i), 128, 128);
        frame->captured = 1000 * i;
        qua_recorder_video(recorder, "p/../1", "A b", frame, 1000 * i + 7);
        qua_recorder_audio(recorder, pcm);
        qua_frame_unref(&frame);
    }
    qua_recorder_destroy(&recorder, &dropped);
    assert_null(recorder);
    assert_int_equal(dropped, 0);
    text = slurp(folder, "A_b-p____1.csv", &size);
    assert_string_equal(text, "frame,captured_us,decoded_us\n0,0,7\n1,1000,1007\n2,2000,2007\n");
    free(text);
    text = slurp(folder, "A_b-p____1.y4m", &size);
    assert_int_equal(size, strlen("YUV4MPEG2 W32 H16 F30:1 Ip A1:1 C420jpeg\n") + 3 * (6 + 32 * 16 * 3 / 2));
    assert_int_equal(text[size - 32 * 8 - 1], 62);
    free(text);
    text = slurp(folder, "mixed.wav", &size);
    assert_int_equal(size, 44 + 3 * 960);
    assert_int_equal((uint8_t)text[41], 3 * 960 >> 8);
    assert_int_equal(text[44 + 960 + 2], 2);
    free(text);
    assert_int_equal(rmdir(folder), 0);
}

static void a_folder_that_cannot_be_made_is_said(void **state)
{
    qua_recorder *recorder = NULL;
    qua_device_error why;

    (void)state;
    assert_int_equal(qua_recorder_create(&recorder, "/proc/quartet", &why), QUA_EIO);
    assert_non_null(strstr(why.text, "/proc/quartet"));
    assert_null(recorder);
}

static void fitting_crops_the_middle_and_keeps_shapes(void **state)
{
    qua_frame *frame = qua_frame_create(64, 64), *fitted;

    (void)state;
    for (int y = 0; y < 64; y++) /* black bars above and below the middle half */
        memset(frame->plane[0] + y * frame->stride[0], y < 16 || y >= 48 ? 16 : 200, 64);
    fitted = qua_picture_fit(frame, 32, 16);
    assert_int_equal(fitted->width, 32);
    assert_int_equal(fitted->plane[0][0], 200);
    assert_int_equal(fitted->plane[0][15 * fitted->stride[0] + 31], 200);
    qua_frame_unref(&fitted);
}

static void a_call_of_three_is_a_png_with_an_empty_place(void **state)
{
    char path[] = "/tmp/quartet-png-XXXXXX";
    const int fd = mkstemp(path);
    qua_frame *three[3] = {qua_frame_create(32, 18), NULL, qua_frame_create(18, 32)}, *grid;
    png_image image = {.version = PNG_IMAGE_VERSION};
    uint8_t *rgb;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    qua_frame_fill(three[0], 235, 128, 128);
    qua_frame_fill(three[2], 81, 90, 240); /* red */
    grid = qua_picture_grid(three, 3, 128, 72);
    assert_int_equal(qua_picture_write_png(grid, path, NULL), 0);
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.width, 128);
    assert_int_equal(image.height, 72);
    image.format = PNG_FORMAT_RGB;
    rgb = malloc(PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    assert_true(rgb[3 * (10 * 128 + 10)] > 250);                                      /* white */
    assert_true(rgb[3 * (10 * 128 + 100)] < 40);                                      /* empty */
    assert_true(rgb[3 * (54 * 128 + 32)] > 240 && rgb[3 * (54 * 128 + 32) + 1] < 20); /* red, upright */
    assert_true(rgb[3 * (54 * 128 + 2)] < 40);                                        /* beside it */
    free(rgb);
    unlink(path);
    assert_int_equal(qua_picture_write_png(grid, "/nowhere/call.png", NULL), QUA_EIO);
    for (int i = 0; i < 3; i++)
        qua_frame_unref(&three[i]);
    qua_frame_unref(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_never_drift),
        cmocka_unit_test(a_camera_that_was_held_up_skips_to_the_newest_picture),
        cmocka_unit_test(a_microphone_that_was_held_up_catches_up_within_bounds),
        cmocka_unit_test(the_pattern_numbers_its_pictures),
        cmocka_unit_test(a_barcode_survives_scaling_and_is_not_seen_where_none_is),
        cmocka_unit_test(a_clip_plays_again_and_again_forth_and_back_and_at_another_pace),
        cmocka_unit_test(a_fifo_is_a_camera_until_its_writer_goes),
        cmocka_unit_test(closing_does_not_wait_for_a_writer_that_never_comes),
        cmocka_unit_test(ffmpeg_reads_the_clips_of_the_demo),
        cmocka_unit_test(what_fails_says_what_to_do),
        cmocka_unit_test(the_tone_has_no_seam_and_a_pause),
        cmocka_unit_test(speech_comes_in_blocks_of_10_ms),
        cmocka_unit_test(loudspeakers_draw_sound_and_real_devices_are_reached_by_sdl),
        cmocka_unit_test(a_sound_device_that_is_not_there_is_said),
        cmocka_unit_test(a_recording_holds_every_picture_at_the_first_size_and_its_times),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_said),
        cmocka_unit_test(fitting_crops_the_middle_and_keeps_shapes),
        cmocka_unit_test(a_call_of_three_is_a_png_with_an_empty_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
