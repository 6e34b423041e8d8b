/*
 * Viola behind the codec seam. An access unit here is a run of slices, each with its length before it (16 bits, big
 * endian): what the encoder puts out, what RTP carries (spec/viola-rtp.md), what the decoder takes.
 */
#include <stdlib.h>

#include "media/media.h"
#include "viola/viola.h"

#define LENGTH_BYTES 2
/* One slice fits one RTP payload, descriptor and length included (QUA_RTP_PAYLOAD_MAX is 1120). */
#define SLICE_BYTES 1100
#define SLICE_MAX   65535
/* A picture from the network allocates what its header says before a single pixel came. */
#define MAX_DECODED 4096

/* ---- encoder ------------------------------------------------------------------------------------------------- */

typedef struct viola_adapter {
    qua_video_encoder base;
    viola_encoder *viola;
    viola_rate rate;
    uint64_t rate_bps;
    double rate_fps;
    int width, height;
    int64_t number; /* unwrapped */
    /* while a picture is encoded */
    qua_encoded_fn output;
    void *context;
    uint8_t unit[LENGTH_BYTES + SLICE_MAX];
} viola_adapter;

static void on_slice(void *opaque, const viola_slice *slice)
{
    viola_adapter *a = opaque;
    qua_encoded encoded = {.data = a->unit, .size = LENGTH_BYTES + slice->size, .last = slice->last};
    viola_slice_info info;

    if (slice->size > SLICE_MAX || viola_slice_parse(slice->data, slice->size, &info) != VIOLA_OK)
        return; /* never: these are our own */
    a->number = qua_unwrap16(a->number, (uint16_t)slice->frame);
    encoded.keyframe = info.start;
    encoded.discardable = info.refresh == 0;
    encoded.temporal_layer = info.temporal_layer;
    encoded.spatial_layer = info.spatial_layer;
    encoded.width = a->width;
    encoded.height = a->height;
    encoded.qp = info.qp;
    encoded.number = (uint32_t)a->number;
    encoded.refresh = info.refresh;
    for (int i = 0; i < info.ref_count; i++)
        encoded.refs |= 1u << info.ref_slot[i];
    qua_put_be16(a->unit, (uint16_t)slice->size);
    memcpy(a->unit + LENGTH_BYTES, slice->data, slice->size);
    a->output(a->context, &encoded);
}

/*
 * A quality pattern over frames wants room for its finer ones. Where each frame may have little more than its share
 * they only starve the others: 0.1 to 0.5 dB of SSIM between 200 and 900 kb/s.
 */
static bool is_tight(const qua_encode_params *params, double fps)
{
    return params->budget_bytes && (double)params->budget_bytes * 8 * fps < 2 * (double)params->target_bps;
}

/* The rate model follows the long-run target; the budget of this picture is the network's word and only lowers it. */
static void choose(viola_adapter *a, const qua_frame *frame, const qua_encode_params *params, viola_frame_params *out)
{
    const double fps = QUA_CLAMP(params->fps, 1, 120);

    if (a->rate_bps == 0 || a->width != frame->width || a->height != frame->height)
        viola_rate_init(&a->rate, (double)params->target_bps, fps, frame->width, frame->height);
    else if (a->rate_bps != params->target_bps || a->rate_fps != fps)
        viola_rate_set(&a->rate, (double)params->target_bps, fps);
    a->rate_bps = params->target_bps;
    a->rate_fps = fps;
    viola_frame_params_default(out);
    viola_rate_frame(&a->rate, out);
    if (params->budget_bytes && (!out->budget_bytes || params->budget_bytes < out->budget_bytes))
        out->budget_bytes = params->budget_bytes;
    out->slice_bytes = SLICE_BYTES;
    out->effort = params->effort;
    out->allowed_refs = params->allowed_refs & 0xff;
    out->temporal_layer = params->temporal_layer;
    if (is_tight(params, fps))
        out->flags |= VIOLA_FRAME_NO_BOOST;
    if (params->keyframe)
        out->flags |= VIOLA_FRAME_START;
}

static int to_error(int viola)
{
    return viola == VIOLA_OK       ? 0
           : viola == VIOLA_ENOMEM ? QUA_ENOMEM
           : viola == VIOLA_EINVAL ? QUA_EINVAL
                                   : QUA_EFORMAT;
}

static int encode(qua_video_encoder *self, const qua_frame *frame, const qua_encode_params *params,
                  qua_encoded_fn output, void *context)
{
    viola_adapter *a = (viola_adapter *)self;
    const viola_picture picture = {.plane = {frame->plane[0], frame->plane[1], frame->plane[2]},
                                   .stride = {frame->stride[0], frame->stride[1], frame->stride[2]},
                                   .width = frame->width,
                                   .height = frame->height,
                                   .time_us = frame->captured};
    viola_frame_params viola;
    viola_frame_stats stats;
    int error;

    choose(a, frame, params, &viola);
    a->width = frame->width;
    a->height = frame->height;
    a->output = output;
    a->context = context;
    error = viola_encoder_encode(a->viola, &picture, &viola, on_slice, a, &stats);
    if (error == VIOLA_OK || error == VIOLA_EBUDGET)
        viola_rate_done(&a->rate, &stats);
    return error == VIOLA_EBUDGET ? 0 : to_error(error); /* over budget, yet sent: the pacer's business */
}

static void encoder_destroy(qua_video_encoder *self)
{
    viola_encoder_destroy(&((viola_adapter *)self)->viola);
    free(self);
}

static int create_encoder(void *context, qua_video_encoder **out, int width, int height)
{
    viola_adapter *a = qua_zalloc(sizeof *a);
    viola_encoder_config config;
    int error;

    (void)context;
    if (!a)
        return QUA_ENOMEM;
    viola_encoder_config_default(&config, width, height);
    a->viola = viola_encoder_create(&config, &error);
    if (!a->viola) {
        free(a);
        return to_error(error);
    }
    a->base.encode = encode;
    a->base.destroy = encoder_destroy;
    a->number = -1;
    *out = &a->base;
    return 0;
}

/* ---- decoder ------------------------------------------------------------------------------------------------- */

typedef struct viola_receiver {
    qua_video_decoder base;
    viola_decoder *viola;
    qua_frame_pool *frames;
} viola_receiver;

/* Feed the slices of one access unit. @return 0 when all of them were taken */
static int feed(viola_decoder *viola, const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);
    int error = 0;

    while (qua_reader_left(&r) > 0) {
        const size_t length = qua_read_u16(&r);
        const uint8_t *slice = qua_read_bytes(&r, length);

        if (!slice || viola_decoder_feed(viola, slice, length) != VIOLA_OK)
            error = QUA_EFORMAT;
        if (!slice)
            break;
    }
    return error;
}

static int decode(qua_video_decoder *self, const uint8_t *data, size_t size, bool missing_before, qua_decoded_fn output,
                  void *context)
{
    viola_receiver *r = (viola_receiver *)self;
    viola_frame decoded;
    qua_frame *frame;
    int error = feed(r->viola, data, size);

    (void)missing_before; /* the stream's own frame numbers and slots tell what is missing */
    viola_decoder_finish(r->viola);
    if (viola_decoder_get_frame(r->viola, &decoded) != VIOLA_OK)
        return QUA_EFORMAT;
    if (decoded.damaged)
        error = QUA_EFORMAT;
    frame = qua_frame_pool_copy(r->frames, decoded.picture.width, decoded.picture.height, decoded.picture.plane,
                                decoded.picture.stride);
    if (!frame)
        return QUA_ENOMEM;
    output(context, frame);
    return error;
}

static void decoder_destroy(qua_video_decoder *self)
{
    viola_receiver *r = (viola_receiver *)self;

    viola_decoder_destroy(&r->viola);
    qua_frame_pool_destroy(&r->frames);
    free(r);
}

static int create_decoder(void *context, qua_video_decoder **out)
{
    viola_receiver *r = qua_zalloc(sizeof *r);
    viola_decoder_config config;
    int error;

    (void)context;
    if (!r)
        return QUA_ENOMEM;
    viola_decoder_config_default(&config);
    config.max_width = config.max_height = MAX_DECODED;
    r->viola = viola_decoder_create(&config, &error);
    if (!r->viola) {
        free(r);
        return to_error(error);
    }
    r->frames = qua_frame_pool_create(); /* without memory now each frame allocates */
    r->base.decode = decode;
    r->base.destroy = decoder_destroy;
    *out = &r->base;
    return 0;
}

const qua_video_codec qua_codec_viola = {
    .name = "VIOLA",
    .fmtp = "",
    .format = QUA_PAYLOAD_VIOLA,
    .create_encoder = create_encoder,
    .create_decoder = create_decoder,
    .resizes = true,
    /* SSIM at 640x360, scaled back: whole against three quarters 9.1 dB of 9.1 at 60 kb/s, 16.1 of 15.8 at 100 */
    .smaller_bpp = 0.008,
};
