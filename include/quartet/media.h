/*
 * Quartet: video frames and the codec seam, through which Viola, VP8, H.264 and an app's own codec plug in alike.
 */
#ifndef QUARTET_MEDIA_H
#define QUARTET_MEDIA_H

#include <stdbool.h>

#include "quartet/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- frames ---------------------------------------------------------------------------------------------- */

/**
 * A counted 8-bit 4:2:0 picture, immutable once shared. Chroma planes are (width + 1) / 2 by (height + 1) / 2.
 * Made by qua_frame_create (own memory), qua_frame_pool_get (memory used again) or qua_frame_wrap (foreign memory, no
 * copy).
 */
typedef struct qua_frame {
    int width, height;   /* luma samples, 1..8192 */
    uint8_t *plane[3];   /* Y, U, V; written only by the creator, before sharing */
    ptrdiff_t stride[3]; /* bytes */
    int rotation;        /* 0, 90, 180, 270: clockwise turn to show it upright */
    qua_time captured;   /* monotonic µs of the capturing machine; on received frames by the sender's reports, or 0 */
    uint32_t number;     /* counts up by capture; for recordings */
} qua_frame;

/** @return a frame with one reference and uninitialised pixels, rows aligned to 64 bytes; NULL without memory */
qua_frame *qua_frame_create(int width, int height);
/**
 * A frame over memory that stays the caller's until release(context) is called, on whichever thread drops the last
 * reference.
 */
qua_frame *qua_frame_wrap(int width, int height, uint8_t *const plane[3], const ptrdiff_t stride[3],
                          void (*release)(void *context), void *context);
/** Thread-safe. */
qua_frame *qua_frame_ref(qua_frame *frame);
/** Drops one reference and nulls the pointer; NULL inside is allowed. Thread-safe. */
void qua_frame_unref(qua_frame **frame);
/** Scale into a new frame (bilinear or box, by libyuv); a reference to the same one when the size fits. */
qua_frame *qua_frame_scale(qua_frame *frame, int width, int height);
/**
 * A copy of a picture whose chroma samples alternate U and V, as cameras and video hardware give it (NV12).
 * @param width, height as of a frame @param y, uv lent; strides in bytes @return NULL without memory
 */
qua_frame *qua_frame_from_nv12(int width, int height, const uint8_t *y, ptrdiff_t y_stride, const uint8_t *uv,
                               ptrdiff_t uv_stride);
/** The way back. @param y height rows; @param uv (height + 1) / 2 rows of (width + 1) / 2 pairs; strides in bytes */
void qua_frame_to_nv12(const qua_frame *frame, uint8_t *y, ptrdiff_t y_stride, uint8_t *uv, ptrdiff_t uv_stride);

/**
 * Frames of one maker, a camera or a decoder: they come home when nobody holds them any more, and are used again. So
 * many stay as were ever out at once; another size starts afresh. One thread at a time may use a pool, any thread may
 * drop a frame of it, also after the pool's end.
 */
typedef struct qua_frame_pool qua_frame_pool;

/** @return NULL without memory */
qua_frame_pool *qua_frame_pool_create(void);
/** Nulls the pointer; NULL inside is allowed. Frames that are out live on. */
void qua_frame_pool_destroy(qua_frame_pool **pool);
/** As qua_frame_create. @param pool NULL: just that */
qua_frame *qua_frame_pool_get(qua_frame_pool *pool, int width, int height);
/** As qua_frame_scale, into a frame of the pool. @param pool NULL: just that */
qua_frame *qua_frame_pool_scale(qua_frame_pool *pool, qua_frame *frame, int width, int height);

/* ---- codec seam ------------------------------------------------------------------------------------------ */

/** What one picture is to be. */
typedef struct qua_encode_params {
    bool keyframe;          /* decodable without any other (for Viola: a start frame) */
    size_t budget_bytes;    /* 0: none; what the network takes for this picture now. Viola obeys it exactly */
    uint64_t target_bps;    /* long-run rate for codecs with a rate control of their own */
    double fps;
    uint32_t allowed_refs;  /* bit i: reference slot i is held by every receiver; all ones when unrestricted */
    int temporal_layer;     /* 0.. */
    int effort;             /* 0 fastest .. 4 best, -1: the codec's default */
} qua_encode_params;

/** One run of encoded bytes that can be sent at once: a slice, or a whole picture for codecs without slices. */
typedef struct qua_encoded {
    const uint8_t *data; /* lent until the callback returns */
    size_t size;
    bool last;           /* the picture ends with this one */
    bool keyframe;
    bool discardable;    /* no later picture refers to this one */
    int temporal_layer, spatial_layer;
    int width, height;
    int qp;              /* the codec's own scale, -1 unknown */
    uint32_t number;     /* the codec's frame number; counts up by one a picture */
    uint32_t refs;       /* bit i: slot i was used */
    uint32_t refresh;    /* bit i: slot i holds this picture now */
} qua_encoded;

typedef void (*qua_encoded_fn)(void *context, const qua_encoded *encoded);
typedef void (*qua_decoded_fn)(void *context, qua_frame *frame); /* the frame's reference is the callee's */

/** An encoder. Used by one thread at a time. */
typedef struct qua_video_encoder qua_video_encoder;
struct qua_video_encoder {
    /** @return 0 (also when the codec skipped the picture and called nothing), or an error */
    int (*encode)(qua_video_encoder *self, const qua_frame *frame, const qua_encode_params *params,
                  qua_encoded_fn output, void *context);
    void (*destroy)(qua_video_encoder *self);
};

/** A decoder. Used by one thread at a time. */
typedef struct qua_video_decoder qua_video_decoder;
struct qua_video_decoder {
    /**
     * @param data one whole picture, lent. `output` is called before return, at most once.
     * @return 0; QUA_EFORMAT: a keyframe is needed before anything more can be decoded
     */
    int (*decode)(qua_video_decoder *self, const uint8_t *data, size_t size, bool missing_before,
                  qua_decoded_fn output, void *context);
    void (*destroy)(qua_video_decoder *self);
};

/** How payloads of a codec are cut and put together (see rtp). */
typedef enum qua_payload_format {
    QUA_PAYLOAD_GENERIC,
    QUA_PAYLOAD_VP8,
    QUA_PAYLOAD_VIOLA,
    QUA_PAYLOAD_VP9,
    QUA_PAYLOAD_H264 /* pictures as NAL units with start codes before them (Annex B) */
} qua_payload_format;

/** A codec: its name in SDP and its factories. Static or outliving the engine. */
typedef struct qua_video_codec {
    const char *name; /* "VP8"; the encoding name of a=rtpmap, clock 90000 */
    const char *fmtp; /* "" or the parameters of a=fmtp */
    qua_payload_format format;
    void *context;
    int (*create_encoder)(void *context, qua_video_encoder **out, int width, int height);
    int (*create_decoder)(void *context, qua_video_decoder **out);
    bool resizes;       /* one encoder takes frames of any size in turn, without a keyframe at the change */
    double smaller_bpp; /* payload bits per pixel below which three quarters of the width and height look better, by
                         * measured rate and distortion; 0: 0.02 */
} qua_video_codec;

/** The built-in codecs by preference. @return how many; *out is a static array */
size_t qua_video_codecs_builtin(const qua_video_codec *const **out);

#ifdef __cplusplus
}
#endif
#endif
