/*
 * Floor 3: the inside of quartet/device.h. Parsers and pacing take bytes and times from outside, so that tests drive
 * them; the threads around them live in camera.c, microphone.c, speaker.c and recorder.c.
 */
#ifndef QUA_DEVICE_H
#define QUA_DEVICE_H

#include "base/base.h"
#include "media/media.h"
#include "os/os.h"
#include "quartet/device.h"

/** Put a sentence into *why (which may be NULL). @return code */
int qua_device_fail(qua_device_error *why, int code, const char *format, ...) QUA_PRINTF(3, 4);

/* ---- pace ------------------------------------------------------------------------------------------------ */

/** Ticks of a device's clock, exact over any time. No drift: tick n is due at start + n * period. */
typedef struct qua_pace {
    qua_time start;
    double period_us;
    uint64_t next;
    uint64_t behind_max; /* ticks overdue by more than this many are lost */
    uint64_t lost;
} qua_pace;

void qua_pace_start(qua_pace *pace, qua_time now, double hz, uint64_t behind_max);
/** When the next tick is due. */
qua_time qua_pace_due(const qua_pace *pace);
/** Take the next tick, now that it is due. @param due its time. @return its number */
uint64_t qua_pace_take(qua_pace *pace, qua_time now, qua_time *due);

/* ---- stopping a device's thread --------------------------------------------------------------------------- */

/** Asks a thread that waits for time or for a file descriptor to end. */
typedef struct qua_stop {
    int ends[2]; /* a pipe */
} qua_stop;

typedef enum qua_wake { QUA_WAKE_STOP, QUA_WAKE_READY, QUA_WAKE_TIME } qua_wake;

int qua_stop_init(qua_stop *stop);
void qua_stop_deinit(qua_stop *stop);
/** From any thread; every wait from now on gives QUA_WAKE_STOP. */
void qua_stop_set(qua_stop *stop);
/** @param fd to wait for until readable or closed, or -1 */
qua_wake qua_stop_wait(const qua_stop *stop, int fd, qua_time deadline);

/* ---- bytes from somewhere --------------------------------------------------------------------------------- */

/** @return bytes read, at least one; 0 at the end; QUA_EIO, QUA_ECLOSED: told to stop */
typedef struct qua_bytes {
    ptrdiff_t (*read)(void *context, void *out, size_t size);
    void *context;
} qua_bytes;

/** @return 0; QUA_ENOENT: the end came before the first byte; QUA_EFORMAT: within; QUA_EIO, QUA_ECLOSED */
int qua_bytes_full(const qua_bytes *bytes, void *out, size_t size);

/** A file, a FIFO or the output of a child process, read by one thread that `stop` can end. */
typedef struct qua_stream qua_stream;

/** Never blocks, also when a FIFO has no writer yet. @param stop outlives the stream. @return 0, QUA_ENOENT, ... */
int qua_stream_open(qua_stream **out, const char *path, const qua_stop *stop, qua_device_error *why);
/** Let ffmpeg turn a file into `format` ("yuv4mpegpipe", "wav"). Its end comes with that of the calling thread. */
int qua_stream_convert(qua_stream **out, const char *path, const char *format, const qua_stop *stop,
                       qua_device_error *why);
void qua_stream_close(qua_stream **stream);
qua_bytes qua_stream_bytes(qua_stream *stream);
/** Back to the first byte. @return 0, QUA_EIO (not possible with a FIFO) */
int qua_stream_rewind(qua_stream *stream);

/* ---- file formats ----------------------------------------------------------------------------------------- */

typedef struct qua_y4m {
    int width, height; /* 1..8192 */
    double fps;        /* 0.01..1000 */
} qua_y4m;

/** @return 0; QUA_EFORMAT: not YUV4MPEG2; QUA_ENOTSUP: not 8-bit 4:2:0; QUA_EIO, QUA_ECLOSED */
int qua_y4m_read_header(const qua_bytes *bytes, qua_y4m *out);
/** @return 0 and the caller's frame; QUA_ENOENT: no more; QUA_EFORMAT, QUA_ENOMEM, QUA_EIO, QUA_ECLOSED */
int qua_y4m_read_frame(const qua_bytes *bytes, const qua_y4m *y4m, qua_frame **out);
/** Read the planes of a raw I420 picture. @return as qua_bytes_full */
int qua_i420_read(const qua_bytes *bytes, qua_frame *into);

#define QUA_WAV_SECONDS_MAX 1800

/** Sound of a WAV file, as one channel. */
typedef struct qua_wav {
    int16_t *samples; /* malloced */
    size_t count;
    unsigned hz; /* 4000..192000 */
} qua_wav;

/**
 * Read it all, at most QUA_WAV_SECONDS_MAX; channels are averaged.
 * @return 0; QUA_EFORMAT: not RIFF WAVE, or broken; QUA_ENOTSUP: neither PCM of 8..32 bits nor 32-bit float;
 *         QUA_EFULL: too long; QUA_ENOMEM, QUA_EIO, QUA_ECLOSED
 */
int qua_wav_read(const qua_bytes *bytes, qua_wav *out);
/** Change the rate to 48 kHz in place. @return 0, QUA_ENOMEM */
int qua_wav_to_48k(qua_wav *wav);
void qua_wav_deinit(qua_wav *wav);
/** The 44 bytes in front of 16-bit mono 48 kHz samples. */
void qua_wav_write_header(uint8_t out[44], uint32_t samples);

/* ---- camera inputs ----------------------------------------------------------------------------------------- */

/** What a camera shows. Opened, read and closed by the camera's thread. */
typedef struct qua_input qua_input;
struct qua_input {
    int width, height; /* of what read() gives */
    double fps;        /* 0: no pace of its own is kept for it, read() waits for the picture and sets `captured` */
    /** @return 0 and the caller's frame; QUA_ECLOSED: told to stop; else the end, said in *why */
    int (*read)(qua_input *self, uint64_t number, qua_frame **out, qua_device_error *why);
    void (*close)(qua_input *self);
    qua_frame_pool *frames; /* the camera's, for what read() gives */
};

int qua_pattern_open(qua_input **out, const qua_camera_config *config);
int qua_clip_open(qua_input **out, const qua_camera_config *config, const qua_stop *stop, qua_device_error *why);
int qua_raw_open(qua_input **out, const qua_camera_config *config, const qua_stop *stop, qua_device_error *why);
/** /dev/videoN, per platform. */
int qua_capture_open(qua_input **out, const qua_camera_config *config, const qua_stop *stop, qua_device_error *why);

/** Crop in the middle to the shape of width x height, then scale. Takes `frame`. @return NULL without memory */
qua_frame *qua_picture_fit(qua_frame *frame, int width, int height);
/** Draw the frame number as the pattern camera does; frames below 80 pixels in width get none. */
void qua_barcode_draw(qua_frame *frame, uint32_t number);

/* ---- sound devices by SDL ---------------------------------------------------------------------------------- */

typedef struct qua_sdl_audio qua_sdl_audio;

/** @param name NULL: the system's choice. Exactly one of the configs is given: record or play. */
int qua_sdl_audio_open(qua_sdl_audio **out, const char *name, const qua_microphone_config *microphone,
                       const qua_speaker_config *speaker, qua_device_error *why);
void qua_sdl_audio_close(qua_sdl_audio **audio);

/** The 480 samples of the tone that begin at sample `position`. */
void qua_tone_block(uint64_t position, int16_t out[QUA_AUDIO_BLOCK]);

#endif
