/*
 * Viola: a video codec for calls. One frame in, one frame out, never late.
 *
 * The library needs nothing but C11 and POSIX threads. spec/viola.md states the bitstream.
 *
 * Encoder:  viola_encoder_config_default -> viola_encoder_create -> { viola_frame_params_default,
 *           viola_encoder_encode }* -> viola_encoder_destroy
 * Decoder:  viola_decoder_create -> { viola_decoder_feed, viola_decoder_get_frame }* -> viola_decoder_destroy
 *
 * An encoder or decoder is used from one thread at a time; different objects are independent.
 * Nothing is allocated per frame once the first frames of a size have passed.
 * Every function returning int gives 0 or a negative viola_error unless it says otherwise; on an error the
 * outputs are untouched.
 */
#ifndef VIOLA_VIOLA_H
#define VIOLA_VIOLA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VIOLA_API __attribute__((visibility("default")))
#else
#define VIOLA_API
#endif

#define VIOLA_VERSION_MAJOR 0
#define VIOLA_VERSION_MINOR 1
#define VIOLA_VERSION_PATCH 0

#define VIOLA_MIN_SIZE    16   /* smallest width and height */
#define VIOLA_MAX_SIZE    4096 /* largest width and height */
#define VIOLA_MAX_QP      255  /* quantiser index: 0 finest; +36 doubles the step */
#define VIOLA_MAX_EFFORT  4    /* 0 fastest .. 4 best */
#define VIOLA_SLOTS       8    /* reference slots */
#define VIOLA_MAX_REFS    3    /* references that one frame uses */
#define VIOLA_SUPERBLOCK  64   /* luma width and height of a superblock */
#define VIOLA_MAX_THREADS 16
#define VIOLA_MAX_SLICES  256 /* in one frame */

typedef enum viola_error {
    VIOLA_OK = 0,
    VIOLA_EINVAL = -1,       /* an argument is out of its range */
    VIOLA_ENOMEM = -2,       /* memory ran out */
    VIOLA_EDATA = -3,        /* the slice is not valid Viola data; it was dropped and counted */
    VIOLA_EUNSUPPORTED = -4, /* valid, but of a version or with a tool that this library does not know */
    VIOLA_EAGAIN = -5,       /* no frame is ready */
    VIOLA_ELATE = -6,        /* the slice belongs to a frame that is finished already; dropped */
    VIOLA_ENOREF = -7,       /* the frame needs a reference that the decoder does not hold; dropped */
    VIOLA_EBUDGET = -8,      /* even the coarsest quantiser does not fit the budget; what was sent exceeds it */
} viola_error;

/** @return a short English text, never NULL */
VIOLA_API const char *viola_strerror(int error);
/** @return "major.minor.patch" of the library linked */
VIOLA_API const char *viola_version(void);

/** Kernels that may be used; the library takes what the CPU has among these. */
typedef enum viola_cpu {
    VIOLA_CPU_C = 0,
    VIOLA_CPU_AVX2 = 1,
    VIOLA_CPU_NEON = 2, /* of 64-bit ARM */
    VIOLA_CPU_ALL = 0x7fffffff,
} viola_cpu;

/** An 8-bit 4:2:0 picture. Chroma planes are ((width+1)/2) x ((height+1)/2). Strides may be negative. */
typedef struct viola_picture {
    const uint8_t *plane[3]; /* Y, U (Cb), V (Cr) */
    ptrdiff_t stride[3];     /* bytes from one row to the next */
    int width, height;       /* luma samples, VIOLA_MIN_SIZE..VIOLA_MAX_SIZE, odd allowed */
    int64_t time_us;         /* capture time; the encoder only carries it through its own decisions */
} viola_picture;

/* ------------------------------------------------------------------ encoder */

typedef struct viola_encoder viola_encoder;

typedef enum viola_content {
    VIOLA_CONTENT_CAMERA = 0,
    VIOLA_CONTENT_SCREEN = 1, /* text and windows; a hint without effect in this version */
} viola_content;

typedef struct viola_encoder_config {
    int width, height; /* of the first frame; later frames may differ (reference scaling) */
    int effort;        /* 0..VIOLA_MAX_EFFORT, default 2; each frame may say otherwise */
    int threads;       /* 1..VIOLA_MAX_THREADS; this version works in the caller's thread alone */
    viola_content content;
    unsigned cpu_mask; /* viola_cpu bits, default VIOLA_CPU_ALL */
    double fps;        /* nominal frame rate, a hint for the quality pattern; default 30 */
} viola_encoder_config;

/** One finished slice. `data` is lent until the callback returns. */
typedef struct viola_slice {
    const uint8_t *data;
    size_t size;
    int index;    /* 0, 1, ... within the frame */
    int first_sb; /* first superblock in raster order */
    int sb_count;
    int last;       /* 1: the frame ends with this slice */
    uint32_t frame; /* number of the frame, 0..65535 */
} viola_slice;

/** Called from within viola_encoder_encode(), in order, as soon as each slice is ready. */
typedef void (*viola_slice_fn)(void *opaque, const viola_slice *slice);

enum {
    VIOLA_FRAME_START = 1,         /* decodable without any reference; only slots in `refresh` change */
    VIOLA_FRAME_INTRA_REFRESH = 2, /* some superblocks are intra, the whole picture within 30 such frames; entropy
                                    * starts afresh */
    VIOLA_FRAME_RESET_ENTROPY = 4, /* entropy starts from the defaults instead of a reference's state */
    VIOLA_FRAME_NO_BOOST = 8,      /* keep to the quantiser: no quality pattern over frames */
};

#define VIOLA_REFRESH_AUTO 0x100u /* the encoder chooses the slots to refresh within `allowed_refs`' rules */

/** What one frame is to be. viola_frame_params_default() fills it. */
typedef struct viola_frame_params {
    unsigned flags;        /* VIOLA_FRAME_* */
    int qp;                /* 0..255: the finest quantiser to use; -1: only the budget decides */
    size_t budget_bytes;   /* hard limit for the whole frame, headers included; 0: none (then qp >= 0) */
    size_t slice_bytes;    /* limit of each slice, 200..65535; 0: one slice a frame */
    int effort;            /* 0..VIOLA_MAX_EFFORT; -1: as configured */
    unsigned allowed_refs; /* bit i: slot i may be a reference; default 0xff */
    unsigned refresh;      /* bit i: this frame goes into slot i; or VIOLA_REFRESH_AUTO (default) */
    int temporal_layer;    /* 0..3, for the caller and the receivers; a frame refers only to the same or lower */
    int spatial_layer;     /* 0..1 */
    const int8_t *roi;     /* quantiser offset of each 16x16 block, -64..63, negative is better; or NULL; lent */
    ptrdiff_t roi_stride;  /* blocks from one row of `roi` to the next */
} viola_frame_params;

/** What became of a frame. */
typedef struct viola_frame_stats {
    uint32_t frame; /* number, 0..65535, as in the slices */
    size_t bytes;   /* sum of the slices */
    int slices;
    int passes;       /* times the frame was encoded to meet its budget */
    int qp;           /* of the frame; superblocks vary around it */
    double qp_mean;   /* over superblocks */
    uint64_t sse[3];  /* squared error of the reconstruction, Y U V; 0 unless effort or caller measured it */
    int start;        /* 1: no reference used */
    unsigned refs;    /* bit i: slot i was used */
    unsigned refresh; /* bit i: slot i now holds this frame */
    int boosted;      /* 1: the quality pattern gave this frame a finer quantiser */
    uint32_t blocks_intra, blocks_inter, blocks_skip;        /* in units of 8x8 */
    uint32_t bits_header, bits_mode, bits_motion, bits_coef; /* estimates; their sum is about bytes * 8 */
} viola_frame_stats;

VIOLA_API void viola_encoder_config_default(viola_encoder_config *config, int width, int height);
/** @return the encoder (the caller owns it), or NULL with *error set (error may be NULL) */
VIOLA_API viola_encoder *viola_encoder_create(const viola_encoder_config *config, int *error);
/** Destroys and nulls; *encoder may be NULL. */
VIOLA_API void viola_encoder_destroy(viola_encoder **encoder);

VIOLA_API void viola_frame_params_default(viola_frame_params *params);

/**
 * Encode one frame; the slices come through `slice` before this returns.
 * With a budget a frame may be encoded twice inside; its slices then come only after the choice is made. A frame
 * that is sure to fit, or has no budget, hands out each slice as soon as it is ready.
 * @param picture lent until return; its size may differ from the last frame's (reference scaling)
 * @param stats   may be NULL
 * @return 0, or VIOLA_EBUDGET (all was sent, yet larger than the budget: coarsest quantiser reached),
 *         VIOLA_EINVAL, VIOLA_ENOMEM (nothing was sent, state unchanged)
 */
VIOLA_API int viola_encoder_encode(viola_encoder *encoder, const viola_picture *picture,
                                   const viola_frame_params *params, viola_slice_fn slice, void *opaque,
                                   viola_frame_stats *stats);

/** The last frame as the decoder will see it; lent until the next call with this encoder. */
VIOLA_API int viola_encoder_reconstruction(const viola_encoder *encoder, viola_picture *picture);

/** Everything that the next frame depends on, sharing pictures with the encoder (cheap). */
typedef struct viola_state viola_state;
/** Saves into *state: creates it if *state is NULL, else reuses it. The caller owns it. */
VIOLA_API int viola_encoder_save(const viola_encoder *encoder, viola_state **state);
/** Puts the encoder back to where it was; `state` must come from it or from a fork of it. It can be used again. */
VIOLA_API int viola_encoder_restore(viola_encoder *encoder, const viola_state *state);
VIOLA_API void viola_state_destroy(viola_state **state);
/** A second encoder in the same state, independent from now on. @return NULL if memory ran out */
VIOLA_API viola_encoder *viola_encoder_fork(const viola_encoder *encoder);

/* --------------------------------------------------------------- rate control */

/**
 * Constant bitrate over a client buffer of one second (or as given): says qp and budget for each frame.
 * A plain value: copy it to save it. Use:
 *     viola_rate_init(&rate, 800000, 30.0, width, height);
 *     each frame: viola_rate_frame(&rate, &params); viola_encoder_encode(..., &params, ..., &stats);
 *                 viola_rate_done(&rate, &stats);
 */
typedef struct viola_rate {
    double bits_per_second, fps;
    double buffer_bits; /* size of the client buffer */
    double fullness;    /* bits waiting, 0..buffer_bits */
    double qp;          /* running quantiser */
    double complexity;  /* bits * step of a frame, smoothed */
    double state[12];   /* private to the model */
    int width, height;
    uint32_t frames;
} viola_rate;

VIOLA_API void viola_rate_init(viola_rate *rate, double bits_per_second, double fps, int width, int height);
/** Takes effect with the next frame. */
VIOLA_API void viola_rate_set(viola_rate *rate, double bits_per_second, double fps);
/** Fills params->qp and params->budget_bytes. */
VIOLA_API void viola_rate_frame(viola_rate *rate, viola_frame_params *params);
VIOLA_API void viola_rate_done(viola_rate *rate, const viola_frame_stats *stats);

/* ------------------------------------------------------------------ decoder */

typedef struct viola_decoder viola_decoder;

typedef struct viola_decoder_config {
    int threads;               /* 1..VIOLA_MAX_THREADS; this version works in the caller's thread alone */
    unsigned cpu_mask;         /* viola_cpu bits */
    int max_width, max_height; /* larger streams are refused (VIOLA_EUNSUPPORTED); default 4096 */
} viola_decoder_config;

/** What a slice says of itself and of its frame, read without decoding. */
typedef struct viola_slice_info {
    uint32_t frame;    /* 0..65535 */
    int start;         /* 1: needs no reference */
    int width, height; /* 0 when inherited from the first reference */
    int temporal_layer, spatial_layer;
    int qp;
    int ref_count;
    int ref_slot[VIOLA_MAX_REFS];
    unsigned refresh; /* slots that the frame goes into */
    int reset_entropy;
    int index; /* slice number */
    int first_sb;
    int last; /* 1: the frame ends with this slice */
    size_t header_bytes;
} viola_slice_info;

/** @return 0, VIOLA_EDATA or VIOLA_EUNSUPPORTED */
VIOLA_API int viola_slice_parse(const uint8_t *data, size_t size, viola_slice_info *info);

enum {
    VIOLA_SB_OK = 0,
    VIOLA_SB_CONCEALED = 1, /* its slice is missing or broken */
    VIOLA_SB_TAINTED = 2,   /* decoded, but predicted from damage */
};

/** A decoded frame; everything is lent until the next call with the decoder. */
typedef struct viola_frame {
    viola_picture picture;
    uint32_t frame; /* number from the stream */
    int temporal_layer, spatial_layer, start, qp;
    int damaged; /* 1: some superblock is not VIOLA_SB_OK */
    int sb_columns, sb_rows;
    const uint8_t *sb_state;                          /* VIOLA_SB_*, sb_columns * sb_rows */
    unsigned damaged_slots;                           /* bit i: slot i now holds a picture with damage, or nothing */
    uint32_t bytes;                                   /* of its slices */
    uint32_t blocks_intra, blocks_inter, blocks_skip; /* in units of 8x8 */
} viola_frame;

VIOLA_API void viola_decoder_config_default(viola_decoder_config *config);
VIOLA_API viola_decoder *viola_decoder_create(const viola_decoder_config *config, int *error);
VIOLA_API void viola_decoder_destroy(viola_decoder **decoder);

/**
 * Feed one whole slice, lent until return. Slices of a frame come in any order, with gaps; frames come in order.
 * A frame is finished when all its slices are in, when a slice of a newer frame comes, or by viola_decoder_finish().
 * Call viola_decoder_get_frame() after each feed: a finished frame not taken is dropped when the next one finishes.
 * @return 0; VIOLA_EDATA, VIOLA_EUNSUPPORTED, VIOLA_ELATE, VIOLA_ENOREF: dropped; VIOLA_ENOMEM
 */
VIOLA_API int viola_decoder_feed(viola_decoder *decoder, const uint8_t *data, size_t size);
/** No more slices of the current frame will come: conceal what is missing. Harmless when there is none. */
VIOLA_API int viola_decoder_finish(viola_decoder *decoder);
/** @return 0 and the oldest finished frame, or VIOLA_EAGAIN */
VIOLA_API int viola_decoder_get_frame(viola_decoder *decoder, viola_frame *frame);
/** Superblocks still missing in the frame being fed: 0 when none is open. */
VIOLA_API int viola_decoder_missing(const viola_decoder *decoder);
/** Bit i: slot i holds an undamaged picture; its frame number goes to frames[i] when frames is not NULL. */
VIOLA_API unsigned viola_decoder_slots(const viola_decoder *decoder, uint32_t frames[VIOLA_SLOTS]);

#ifdef __cplusplus
}
#endif
#endif
