/*
 * Quartet: cameras, microphones, loudspeakers, recordings and pictures for programs. Optional: an app with capture and
 * playback of its own needs none of it.
 *
 * Devices run on threads of their own and call back there. Opening reports failure as an error code and one sentence
 * for a person that says what to do about it. Closing waits for the device's thread: never close from a callback.
 */
#ifndef QUARTET_DEVICE_H
#define QUARTET_DEVICE_H

#include "quartet/media.h"
#include "quartet/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One sentence for a person, no newline; "" when nothing failed. */
typedef struct qua_device_error {
    char text[512];
} qua_device_error;

/** The clock of every capture, decode and record time: monotonic µs (CLOCK_MONOTONIC on Linux). */
qua_time qua_device_now(void);

/* ---- cameras --------------------------------------------------------------------------------------------- */

typedef struct qua_camera qua_camera;

typedef struct qua_camera_config {
    /**
     * What to show:
     *   pattern       a moving picture; its frame number is a barcode in the top strip (see qua_barcode_read)
     *   /dev/videoN   a V4L2 camera (YUYV, NV12, I420 or MJPEG)
     *   i420:PATH     raw I420 frames of width x height, from a file or a FIFO, each taken when it is there
     *   FILE          a YUV4MPEG2 file, played at its pace again and again; every other format that the ffmpeg program
     *                 reads comes through it
     */
    const char *spec;
    int width, height; /* pixels, even, 16..4096; 0: the camera's or file's own, 640x360 for the pattern */
    double fps;        /* 0 < fps <= 120; 0: the camera's or file's own, 30 for the pattern */
    bool ping_pong;    /* play a short file forth and back instead of jumping to its start */
    /** The camera's thread. `frame` is lent until return: take a reference to keep it. `captured` is set. */
    void (*frame)(void *context, qua_frame *frame);
    /** The last call, when the camera ends on its own: unplugged, or its FIFO closed. May be NULL. */
    void (*ended)(void *context, const char *reason);
    void *context;
} qua_camera_config;

/**
 * Open and start. A picture of another shape than asked for is cropped in the middle, then scaled.
 * @param config lent until return
 * @return 0; QUA_ENOENT: no such file or camera; QUA_EBUSY: another program has it; QUA_EFORMAT: not a picture;
 *         QUA_ENOTSUP; QUA_EIO. *why says it in words.
 */
int qua_camera_open(qua_camera **out, const qua_camera_config *config, qua_device_error *why);
/** Nulls the pointer; NULL inside is allowed. */
void qua_camera_close(qua_camera **camera);
/** The size and rate of what it delivers; rate 0 for i420:PATH, whose writer sets the pace. */
void qua_camera_format(const qua_camera *camera, int *width, int *height, double *fps);

/** @return the frame number, modulo 65536, that a pattern camera drew into the top strip; -1 when there is none */
int qua_barcode_read(const qua_frame *frame);

/* ---- microphones ----------------------------------------------------------------------------------------- */

typedef struct qua_microphone qua_microphone;

typedef struct qua_microphone_config {
    /**
     * tone        a soft chord, on and off so that delay can be heard
     * FILE        a WAV file (PCM of 8 to 32 bits or float, any rate and channels), again and again, or what ffmpeg
     * reads none        silence: nothing is ever delivered default     the system's microphone, or device:NAME
     */
    const char *spec;
    /** 480 samples: 10 ms, mono, 48 kHz, lent. @param captured time of the first sample. On the device's thread. */
    void (*block)(void *context, const int16_t pcm[480], qua_time captured);
    void *context;
} qua_microphone_config;

/** @return as qua_camera_open */
int qua_microphone_open(qua_microphone **out, const qua_microphone_config *config, qua_device_error *why);
void qua_microphone_close(qua_microphone **microphone);

/* ---- loudspeakers ---------------------------------------------------------------------------------------- */

typedef struct qua_speaker qua_speaker;

typedef struct qua_speaker_config {
    /** null: nothing is heard, but sound is drawn in real time; default: the system's loudspeaker, or device:NAME */
    const char *spec;
    /** Fetch the next 10 ms, e.g. by qua_engine_pull_audio. On the device's thread. */
    void (*pull)(void *context, int16_t out[480]);
    void *context;
} qua_speaker_config;

/** @return as qua_camera_open */
int qua_speaker_open(qua_speaker **out, const qua_speaker_config *config, qua_device_error *why);
void qua_speaker_close(qua_speaker **speaker);

/* ---- recordings ------------------------------------------------------------------------------------------ */

/*
 * A folder with, for each remote participant, NAME-ID.y4m (decoded frames, each scaled to the size of the first) and
 * NAME-ID.csv (header "frame,captured_us,decoded_us"; frame counts from 0 as in the y4m, times are monotonic µs,
 * captured_us is 0 while the sender's clock is unknown), and mixed.wav (16-bit mono 48 kHz). Characters of names other
 * than letters, digits, '-' and '_' become '_'.
 *
 * Files are written by a thread of the recorder. When the disk cannot keep up, frames and blocks are dropped and
 * counted, and the call goes on.
 */
typedef struct qua_recorder qua_recorder;

/** Makes the folder when it is not there. @return 0, QUA_EIO, QUA_ENOMEM */
int qua_recorder_create(qua_recorder **out, const char *folder, qua_device_error *why);
/** Writes what waits and closes the files. @param dropped frames and blocks that were lost; may be NULL */
void qua_recorder_destroy(qua_recorder **recorder, uint64_t *dropped);
/** Any thread. Shares the frame. */
void qua_recorder_video(qua_recorder *recorder, const char *id, const char *name, qua_frame *frame, qua_time decoded);
/** One thread; neither locks nor allocates. */
void qua_recorder_audio(qua_recorder *recorder, const int16_t pcm[480]);

/* ---- pictures -------------------------------------------------------------------------------------------- */

/**
 * Up to four pictures in one, side by side or 2x2, shapes kept, on a dark ground.
 * @param frames each may be NULL: an empty place. @return the caller's reference, or NULL without memory
 */
qua_frame *qua_picture_grid(qua_frame *const *frames, size_t count, int width, int height);
/** Write an RGB PNG. @return 0, QUA_EIO (and *why), QUA_ENOMEM */
int qua_picture_write_png(const qua_frame *frame, const char *path, qua_device_error *why);

#ifdef __cplusplus
}
#endif
#endif
