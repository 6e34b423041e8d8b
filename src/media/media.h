/*
 * Floor 2: frames and sound. Conversion, codecs behind the seam of quartet/media.h, jitter buffers, mixing, A/V sync.
 */
#ifndef QUA_MEDIA_H
#define QUA_MEDIA_H

#include "base/base.h"
#include "quartet/media.h"

/* ---- pictures -------------------------------------------------------------------------------------------- */

/**
 * A copy of foreign planes in a frame of the pool: what a library decoded and keeps.
 * @param pool   NULL: own memory
 * @param plane  lent: Y, U, V @param stride bytes from one row to the next
 * @return NULL without memory
 */
qua_frame *qua_frame_pool_copy(qua_frame_pool *pool, int width, int height, const uint8_t *const plane[3],
                               const ptrdiff_t stride[3]);
/** Fill with a colour. */
void qua_frame_fill(qua_frame *frame, uint8_t y, uint8_t u, uint8_t v);
/** Draw `from`, scaled to width x height, at x, y (even) of `onto`, which nobody else holds. */
void qua_frame_draw(qua_frame *onto, const qua_frame *from, int x, int y, int width, int height);
/** BT.601 limited range to R, G, B bytes; `out` holds width * height * 3. */
void qua_frame_to_rgb(const qua_frame *frame, uint8_t *out);

extern const qua_video_codec qua_codec_vp8;
extern const qua_video_codec qua_codec_vp9;  /* profile 0 */
extern const qua_video_codec qua_codec_h264; /* constrained baseline, packetization-mode 1 */
extern const qua_video_codec qua_codec_viola;

/* ---- video jitter buffer --------------------------------------------------------------------------------- */

/*
 * Puts fragments of pictures together and hands out each picture as soon as it is whole and continues what the
 * decoder holds. A picture that is missing a packet holds back the later ones until it is repaired, or until a whole
 * keyframe overtakes it; when it stays broken for too long a keyframe is asked for.
 */
typedef struct qua_video_jitter qua_video_jitter;

typedef struct qua_video_fragment {
    int64_t seq; /* unwrapped */
    uint32_t timestamp;
    bool frame_start, marker, keyframe;
    bool unmarked;      /* the format does not say where pictures start: after the end of the one before */
    int32_t picture_id; /* -1 unknown */
    const uint8_t *data;
    size_t size;
} qua_video_fragment;

typedef struct qua_video_picture {
    qua_buffer *data; /* one reference, the receiver's */
    uint32_t timestamp;
    bool keyframe;
    int64_t first_seq, last_seq;
    qua_time received; /* of its last packet */
} qua_video_picture;

typedef struct qua_video_jitter_stats {
    uint64_t pictures, dropped, keyframes;
} qua_video_jitter_stats;

int qua_video_jitter_create(qua_video_jitter **out);
void qua_video_jitter_destroy(qua_video_jitter **jitter);
/** @param fragment lent; padding packets (size 0) only fill the sequence. @return 0, QUA_EIGNORED (too old), QUA_EFULL
 */
int qua_video_jitter_insert(qua_video_jitter *jitter, qua_time now, const qua_video_fragment *fragment);
/** @return true and the next picture for the decoder */
bool qua_video_jitter_poll(qua_video_jitter *jitter, qua_time now, qua_video_picture *out);
/** A keyframe is needed: nothing can be decoded until one comes. */
bool qua_video_jitter_needs_keyframe(const qua_video_jitter *jitter, qua_time now);
/** The decoder lost its state: wait for a keyframe. */
void qua_video_jitter_reset(qua_video_jitter *jitter);
/** Repairs of packets before this are of no use any more. */
int64_t qua_video_jitter_horizon(const qua_video_jitter *jitter);
void qua_video_jitter_get_stats(const qua_video_jitter *jitter, qua_video_jitter_stats *out);

/* ---- Opus and sound --------------------------------------------------------------------------------------- */

#define QUA_AUDIO_HZ    48000
#define QUA_AUDIO_BLOCK 480 /* samples of 10 ms */
#define QUA_OPUS_FRAME  960 /* samples of 20 ms, one packet */
#define QUA_OPUS_MAX    400 /* bytes of one packet at our rates */

typedef struct qua_opus_encoder qua_opus_encoder;

int qua_opus_encoder_create(qua_opus_encoder **out, int bitrate_bps);
void qua_opus_encoder_destroy(qua_opus_encoder **encoder);
/** @param loss_percent expected, 0..100: how much in-band FEC. @return bytes written, or QUA_EIO */
int qua_opus_encode(qua_opus_encoder *encoder, const int16_t pcm[QUA_OPUS_FRAME], int loss_percent,
                    uint8_t out[QUA_OPUS_MAX]);

/** RFC 6464 level of a block: 0 loudest .. 127 silence. */
uint8_t qua_audio_level(const int16_t *pcm, size_t samples);

/**
 * One remote voice: packets in on the loop thread, 10 ms blocks out on the audio thread. Pulling neither locks nor
 * allocates. Adaptive delay, concealment and in-band FEC by Opus, time stretching to shrink and grow the delay.
 */
typedef struct qua_voice qua_voice;

typedef struct qua_voice_stats {
    uint64_t packets, late, samples;
    uint64_t concealed_samples; /* made up */
    uint64_t recovered_samples; /* of lost packets, out of the FEC in the next */
    uint64_t stretched_samples; /* played twice or left out to change the delay */
    qua_time delay_us;          /* target of the buffer */
    double level;               /* 0..1, newest */
} qua_voice_stats;

int qua_voice_create(qua_voice **out);
/** Only when no thread pulls any more. */
void qua_voice_destroy(qua_voice **voice);
/** Loop thread. Takes the reference when it gives 0. @return 0, QUA_EFULL (nobody pulls), QUA_EFORMAT (0 bytes) */
int qua_voice_push(qua_voice *voice, qua_buffer *packet, uint16_t seq, uint32_t timestamp, qua_time received);
/** Audio thread. @return false: nothing has come yet, out is silence; *concealed: this block was made up */
bool qua_voice_pull(qua_voice *voice, qua_time now, int16_t out[QUA_AUDIO_BLOCK], bool *concealed);
/** Any thread. @return true: the sample of RTP time *timestamp went to the loudspeaker at *at; false: none yet */
bool qua_voice_playing(const qua_voice *voice, qua_time now, uint32_t *timestamp, qua_time *at);
/** Any thread. Keep at least this delay, so that a picture which is later than its sound can be in time; 0: none. */
void qua_voice_set_least_delay(qua_voice *voice, qua_time delay_us);
/** Any thread. */
void qua_voice_get_stats(const qua_voice *voice, qua_voice_stats *out);

/** Add voices with a limiter that avoids clipping. @param gain state of the limiter, start with 1 */
void qua_mix(const int16_t *const *voices, size_t count, int16_t out[QUA_AUDIO_BLOCK], float *gain);

/* ---- sound and picture together ---------------------------------------------------------------------------- */

/*
 * Aligns the pictures of a participant with its sound. Both are stamped with the sender's capture clock (RTCP SR, or
 * abs-capture-time), which differs from ours by an unknown offset that cancels: what was captured together is shown
 * when it is heard. A picture waits for its sound; when pictures are the later ones the sound is asked to wait.
 */
typedef struct qua_av_sync {
    bool stamped, audible, visible;
    uint32_t timestamp;  /* this RTP time of the sound ... */
    qua_time captured;   /* ... was captured then */
    qua_time sound_us;   /* from capture to loudspeaker, offset of the clocks included, smoothed */
    qua_time picture_us; /* from capture to decoded, likewise */
    qua_time sound_wait; /* beyond what the sound would take by itself */
} qua_av_sync;

/** Most that a picture waits for its sound, and that sound waits for its picture: beyond, a call is worse off late. */
#define QUA_AV_PICTURE_WAIT QUA_MS(500)
#define QUA_AV_SOUND_WAIT   QUA_MS(150)

/** Sound with this RTP time (48 kHz) was captured then, sender's clock. Zeroed is ready. */
void qua_av_sync_stamp(qua_av_sync *s, uint32_t timestamp, qua_time captured);
/** And was heard now: see qua_voice_playing; add what the loudspeaker holds. */
void qua_av_sync_heard(qua_av_sync *s, uint32_t timestamp, qua_time at);
/**
 * When to show a picture that was decoded now.
 * @param captured sender's clock, 0 unknown
 * @return now..now + QUA_AV_PICTURE_WAIT; now when there is no sound to align with
 */
qua_time qua_av_sync_show_at(qua_av_sync *s, qua_time now, qua_time captured);
/** What the sound should wait for its pictures: add to its delay by qua_voice_set_least_delay. */
qua_time qua_av_sync_sound_wait(const qua_av_sync *s);

#endif
