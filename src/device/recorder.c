/* Recordings of a call, written by a thread of their own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "device/device.h"

#define ID_BYTES        65
#define NAME_BYTES      66
#define QUEUE_FRAMES    64  /* decoded pictures that wait for the disk */
#define QUEUE_BLOCKS    128 /* 1.28 s of sound */
#define TRACKS_MAX      64  /* participants over the whole call, who come and go */
#define PATH_BYTES      4096
#define AUDIO_POLL      QUA_MS(20) /* the thread that gives sound does not signal: that would lock */
#define WAV_SAMPLES_MAX ((UINT32_MAX - 36) / 2)

typedef struct track {
    char id[ID_BYTES];
    FILE *video, *times;
    int width, height;
    uint64_t frames;
} track;

typedef struct job {
    char id[ID_BYTES], name[NAME_BYTES];
    qua_frame *frame;
    qua_time decoded;
} job;

struct qua_recorder {
    char folder[PATH_BYTES];
    os_thread *thread;
    os_mutex *mutex; /* of the queue and `ending` */
    os_cond *changed;
    job queue[QUEUE_FRAMES];
    size_t first, count;
    bool ending;
    _Atomic uint64_t dropped;

    qua_spsc *blocks, *spare_blocks;
    int16_t memory[QUEUE_BLOCKS][QUA_AUDIO_BLOCK];

    /* the writer's own */
    track tracks[TRACKS_MAX];
    size_t track_count;
    FILE *sound;
    uint32_t samples;
};

/* Names come from strangers: nothing of them may steer where a file goes. */
static void add_safe(qua_text *text, const char *name)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (; *name; name++)
        qua_text_add(text, "%c", strchr(safe, *name) ? *name : '_');
}

static FILE *open_file(const qua_recorder *r, const job *j, const char *ending)
{
    char path[PATH_BYTES];
    qua_text text = qua_text_of(path, sizeof path);

    qua_text_add(&text, "%s/", r->folder);
    add_safe(&text, j->name);
    qua_text_add(&text, "%s", j->name[0] ? "-" : "");
    add_safe(&text, j->id);
    qua_text_add(&text, "%s", ending);
    return text.failed ? NULL : fopen(path, "wb");
}

static track *track_of(qua_recorder *r, const job *j)
{
    track *t;

    for (size_t i = 0; i < r->track_count; i++)
        if (strcmp(r->tracks[i].id, j->id) == 0)
            return &r->tracks[i];
    if (r->track_count == TRACKS_MAX)
        return NULL;
    t = &r->tracks[r->track_count++];
    *t = (track){.width = j->frame->width, .height = j->frame->height};
    memcpy(t->id, j->id, sizeof t->id);
    t->video = open_file(r, j, ".y4m");
    t->times = open_file(r, j, ".csv");
    /* 30 is nominal: the times of the frames are in the CSV */
    if (t->video)
        fprintf(t->video, "YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n", t->width, t->height);
    if (t->times)
        fprintf(t->times, "frame,captured_us,decoded_us\n");
    return t;
}

static bool write_picture(FILE *file, const qua_frame *frame)
{
    bool ok = fputs("FRAME\n", file) >= 0;

    for (int p = 0; p < 3; p++) {
        const int width = p ? (frame->width + 1) / 2 : frame->width,
                  height = p ? (frame->height + 1) / 2 : frame->height;

        for (int y = 0; y < height; y++)
            ok &= fwrite(frame->plane[p] + y * frame->stride[p], 1, (size_t)width, file) == (size_t)width;
    }
    return ok;
}

static void write_job(qua_recorder *r, job *j)
{
    track *t = track_of(r, j);
    qua_frame *scaled = t && t->video && t->times ? qua_frame_scale(j->frame, t->width, t->height) : NULL;

    if (scaled && write_picture(t->video, scaled))
        fprintf(t->times, "%llu,%lld,%lld\n", (unsigned long long)t->frames++, (long long)j->frame->captured,
                (long long)j->decoded);
    else
        atomic_fetch_add(&r->dropped, 1);
    qua_frame_unref(&scaled);
    qua_frame_unref(&j->frame);
}

static void write_sound(qua_recorder *r)
{
    int16_t *block;

    while ((block = qua_spsc_pop(r->blocks)) != NULL) {
        uint8_t bytes[2 * QUA_AUDIO_BLOCK];

        for (size_t i = 0; i < QUA_AUDIO_BLOCK; i++) {
            bytes[2 * i] = (uint8_t)block[i];
            bytes[2 * i + 1] = (uint8_t)((uint16_t)block[i] >> 8);
        }
        qua_spsc_push(r->spare_blocks, block);
        if (r->samples < WAV_SAMPLES_MAX - QUA_AUDIO_BLOCK && fwrite(bytes, sizeof bytes, 1, r->sound) == 1)
            r->samples += QUA_AUDIO_BLOCK;
        else
            atomic_fetch_add(&r->dropped, 1);
    }
}

/* @return false: nothing waits and the end was asked for */
static bool next_job(qua_recorder *r, job *out)
{
    bool more = true;

    out->frame = NULL;
    os_mutex_lock(r->mutex);
    if (!r->count && !r->ending)
        os_cond_wait_until(r->changed, r->mutex, os_now() + AUDIO_POLL);
    if (r->count) {
        *out = r->queue[r->first];
        r->first = (r->first + 1) % QUEUE_FRAMES;
        r->count--;
    } else {
        more = !r->ending;
    }
    os_mutex_unlock(r->mutex);
    return more;
}

static void run(void *context)
{
    qua_recorder *r = context;
    job j;

    while (next_job(r, &j)) {
        if (j.frame)
            write_job(r, &j);
        write_sound(r);
    }
    write_sound(r);
}

static void close_files(qua_recorder *r)
{
    uint8_t header[44];

    for (size_t i = 0; i < r->track_count; i++) {
        if (r->tracks[i].video)
            fclose(r->tracks[i].video);
        if (r->tracks[i].times)
            fclose(r->tracks[i].times);
    }
    if (!r->sound)
        return;
    qua_wav_write_header(header, r->samples);
    if (fseek(r->sound, 0, SEEK_SET) == 0)
        fwrite(header, sizeof header, 1, r->sound);
    fclose(r->sound);
}

static void free_recorder(qua_recorder *r)
{
    close_files(r);
    qua_spsc_destroy(&r->blocks);
    qua_spsc_destroy(&r->spare_blocks);
    os_cond_destroy(&r->changed);
    os_mutex_destroy(&r->mutex);
    free(r);
}

static int open_folder(qua_recorder *r, const char *folder, qua_device_error *why)
{
    char path[PATH_BYTES + 16];
    uint8_t header[44];

    if (strlen(folder) >= sizeof r->folder - 256)
        return qua_device_fail(why, QUA_EINVAL, "the path of the folder for recordings is too long");
    memcpy(r->folder, folder, strlen(folder) + 1);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return qua_device_fail(why, QUA_EIO, "the folder %s for recordings cannot be made: %s", folder,
                               strerror(errno));
    snprintf(path, sizeof path, "%s/mixed.wav", folder);
    r->sound = fopen(path, "wb");
    if (!r->sound)
        return qua_device_fail(why, QUA_EIO, "%s cannot be written: %s", path, strerror(errno));
    qua_wav_write_header(header, 0);
    fwrite(header, sizeof header, 1, r->sound);
    return 0;
}

int qua_recorder_create(qua_recorder **out, const char *folder, qua_device_error *why)
{
    qua_recorder *r = qua_zalloc(sizeof *r);
    int error;

    if (!r)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    r->blocks = qua_spsc_create(QUEUE_BLOCKS);
    r->spare_blocks = qua_spsc_create(QUEUE_BLOCKS);
    if (!r->blocks || !r->spare_blocks || os_mutex_create(&r->mutex) != 0 || os_cond_create(&r->changed) != 0)
        error = qua_device_fail(why, QUA_ENOMEM, "out of memory");
    else
        error = open_folder(r, folder, why);
    for (size_t i = 0; !error && i < QUEUE_BLOCKS; i++)
        qua_spsc_push(r->spare_blocks, r->memory[i]);
    if (!error && os_thread_start(&r->thread, "recorder", run, r) != 0)
        error = qua_device_fail(why, QUA_ENOMEM, "no thread for the recorder");
    if (error)
        free_recorder(r);
    else
        *out = r;
    return error;
}

void qua_recorder_destroy(qua_recorder **recorder, uint64_t *dropped)
{
    qua_recorder *r = *recorder;

    *recorder = NULL;
    if (!r)
        return;
    os_mutex_lock(r->mutex);
    r->ending = true;
    os_cond_signal(r->changed);
    os_mutex_unlock(r->mutex);
    os_thread_join(&r->thread);
    if (dropped)
        *dropped = atomic_load(&r->dropped);
    free_recorder(r);
}

static void copy_text(char *out, size_t capacity, const char *text)
{
    const size_t size = QUA_MIN(strlen(text), capacity - 1);

    memcpy(out, text, size);
    out[size] = '\0';
}

void qua_recorder_video(qua_recorder *r, const char *id, const char *name, qua_frame *frame, qua_time decoded)
{
    job *j;

    os_mutex_lock(r->mutex);
    if (r->count == QUEUE_FRAMES) {
        atomic_fetch_add(&r->dropped, 1);
    } else {
        j = &r->queue[(r->first + r->count++) % QUEUE_FRAMES];
        copy_text(j->id, sizeof j->id, id);
        copy_text(j->name, sizeof j->name, name);
        j->frame = qua_frame_ref(frame);
        j->decoded = decoded;
        os_cond_signal(r->changed);
    }
    os_mutex_unlock(r->mutex);
}

void qua_recorder_audio(qua_recorder *r, const int16_t pcm[QUA_AUDIO_BLOCK])
{
    int16_t *block = qua_spsc_pop(r->spare_blocks);

    if (!block) {
        atomic_fetch_add(&r->dropped, 1);
        return;
    }
    memcpy(block, pcm, QUA_AUDIO_BLOCK * sizeof *pcm);
    qua_spsc_push(r->blocks, block);
}
