/* VP8 by libvpx behind the codec seam. */
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#include "media/media.h"

/* Negative, or libvpx adapts its effort to wall time: no determinism, and none of the CPU under control. */
#define CPU_USED (-6)

typedef struct vp8_encoder {
    qua_video_encoder base;
    vpx_codec_ctx_t ctx;
    vpx_codec_enc_cfg_t config;
    bool open;
    uint32_t number;
    int64_t pts;
} vp8_encoder;

/* As WebRTC sets it up for calls: one pass, no lookahead, CBR over a one-second buffer. */
static int open_encoder(vp8_encoder *e, int width, int height)
{
    vpx_codec_enc_cfg_t *c = &e->config;

    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), c, 0) != VPX_CODEC_OK)
        return QUA_ENOTSUP;
    c->g_w = (unsigned)width;
    c->g_h = (unsigned)height;
    c->g_threads = 1;
    c->g_timebase.num = 1;
    c->g_timebase.den = 90000;
    c->g_lag_in_frames = 0;
    c->g_error_resilient = 0;
    c->rc_end_usage = VPX_CBR;
    c->rc_dropframe_thresh = 0;
    c->rc_resize_allowed = 0;
    c->rc_min_quantizer = 2;
    c->rc_max_quantizer = 56;
    c->rc_undershoot_pct = 100;
    c->rc_overshoot_pct = 15;
    c->rc_buf_initial_sz = 500;
    c->rc_buf_optimal_sz = 600;
    c->rc_buf_sz = 1000;
    c->kf_mode = VPX_KF_DISABLED;
    if (vpx_codec_enc_init(&e->ctx, vpx_codec_vp8_cx(), c, 0) != VPX_CODEC_OK)
        return QUA_ENOTSUP;
    e->open = true;
    vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, CPU_USED);
    vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, 1);
    vpx_codec_control(&e->ctx, VP8E_SET_NOISE_SENSITIVITY, 0);
    vpx_codec_control(&e->ctx, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
    /* a keyframe of at most three frame budgets at 30 fps: a larger one would stand in the queue */
    vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 900);
    return 0;
}

static int configure(vp8_encoder *e, const qua_frame *frame, const qua_encode_params *params)
{
    const unsigned kbps = (unsigned)QUA_CLAMP(params->target_bps / 1000, 20, 50000);
    const bool resized = (int)e->config.g_w != frame->width || (int)e->config.g_h != frame->height;

    if (resized && e->open) {
        vpx_codec_destroy(&e->ctx);
        e->open = false;
    }
    if (!e->open && open_encoder(e, frame->width, frame->height) != 0)
        return QUA_ENOTSUP;
    if (e->config.rc_target_bitrate == kbps)
        return 0;
    e->config.rc_target_bitrate = kbps;
    return vpx_codec_enc_config_set(&e->ctx, &e->config) == VPX_CODEC_OK ? 0 : QUA_EINVAL;
}

static int vp8_encode(qua_video_encoder *self, const qua_frame *frame, const qua_encode_params *params,
                      qua_encoded_fn output, void *context)
{
    vp8_encoder *e = (vp8_encoder *)self;
    const int error = configure(e, frame, params);
    const int64_t duration = (int64_t)(90000 / QUA_CLAMP(params->fps, 1, 120));
    const vpx_codec_cx_pkt_t *packet;
    vpx_codec_iter_t iter = NULL;
    vpx_image_t image;

    if (error)
        return error;
    vpx_img_wrap(&image, VPX_IMG_FMT_I420, (unsigned)frame->width, (unsigned)frame->height, 1, frame->plane[0]);
    for (int i = 0; i < 3; i++) {
        image.planes[i] = frame->plane[i];
        image.stride[i] = (int)frame->stride[i];
    }
    if (vpx_codec_encode(&e->ctx, &image, e->pts, (unsigned long)duration, params->keyframe ? VPX_EFLAG_FORCE_KF : 0,
                         VPX_DL_REALTIME) != VPX_CODEC_OK)
        return QUA_EIO;
    e->pts += duration;
    while ((packet = vpx_codec_get_cx_data(&e->ctx, &iter)) != NULL) {
        qua_encoded encoded = {.last = true, .width = frame->width, .height = frame->height, .qp = -1};

        if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
            continue;
        encoded.data = packet->data.frame.buf;
        encoded.size = packet->data.frame.sz;
        encoded.keyframe = packet->data.frame.flags & VPX_FRAME_IS_KEY;
        encoded.discardable = packet->data.frame.flags & VPX_FRAME_IS_DROPPABLE;
        encoded.number = e->number++;
        vpx_codec_control(&e->ctx, VP8E_GET_LAST_QUANTIZER_64, &encoded.qp);
        output(context, &encoded);
    }
    return 0;
}

static void vp8_encoder_destroy(qua_video_encoder *self)
{
    vp8_encoder *e = (vp8_encoder *)self;

    if (e->open)
        vpx_codec_destroy(&e->ctx);
    free(e);
}

static int vp8_create_encoder(void *context, qua_video_encoder **out, int width, int height)
{
    vp8_encoder *e = qua_zalloc(sizeof *e);
    int error;

    (void)context;
    if (!e)
        return QUA_ENOMEM;
    e->base.encode = vp8_encode;
    e->base.destroy = vp8_encoder_destroy;
    error = open_encoder(e, width, height);
    if (error) {
        free(e);
        return error;
    }
    *out = &e->base;
    return 0;
}

typedef struct vp8_decoder {
    qua_video_decoder base;
    vpx_codec_ctx_t ctx;
    bool needs_keyframe;
    qua_frame_pool *frames;
} vp8_decoder;

static qua_frame *copy_image(vp8_decoder *d, const vpx_image_t *image)
{
    qua_frame *frame = qua_frame_pool_get(d->frames, (int)image->d_w, (int)image->d_h);

    for (int i = 0; frame && i < 3; i++) {
        const int width = i ? (frame->width + 1) / 2 : frame->width;
        const int height = i ? (frame->height + 1) / 2 : frame->height;
        for (int y = 0; y < height; y++)
            memcpy(frame->plane[i] + y * frame->stride[i], image->planes[i] + y * image->stride[i], (size_t)width);
    }
    return frame;
}

static int vp8_decode(qua_video_decoder *self, const uint8_t *data, size_t size, bool missing_before,
                      qua_decoded_fn output, void *context)
{
    vp8_decoder *d = (vp8_decoder *)self;
    const bool keyframe = size > 0 && !(data[0] & 1);
    vpx_codec_iter_t iter = NULL;
    vpx_image_t *image;
    qua_frame *frame;

    if (missing_before || (d->needs_keyframe && !keyframe)) {
        d->needs_keyframe = !keyframe;
        if (!keyframe)
            return QUA_EFORMAT;
    }
    /* the size is in the keyframe's bytes: refuse what no call needs before libvpx allocates for it */
    if (keyframe && size >= 10 &&
        (((data[7] << 8 | data[6]) & 0x3fff) > 4096 || ((data[9] << 8 | data[8]) & 0x3fff) > 4096))
        return QUA_EFORMAT;
    if (vpx_codec_decode(&d->ctx, data, (unsigned)size, NULL, 0) != VPX_CODEC_OK) {
        d->needs_keyframe = true;
        return QUA_EFORMAT;
    }
    d->needs_keyframe = false;
    image = vpx_codec_get_frame(&d->ctx, &iter);
    if (!image || image->fmt != VPX_IMG_FMT_I420)
        return 0;
    frame = copy_image(d, image);
    if (!frame)
        return QUA_ENOMEM;
    output(context, frame);
    return 0;
}

static void vp8_decoder_destroy(qua_video_decoder *self)
{
    vp8_decoder *d = (vp8_decoder *)self;

    vpx_codec_destroy(&d->ctx);
    qua_frame_pool_destroy(&d->frames);
    free(d);
}

static int vp8_create_decoder(void *context, qua_video_decoder **out)
{
    vp8_decoder *d = qua_zalloc(sizeof *d);
    const vpx_codec_dec_cfg_t config = {.threads = 1};

    (void)context;
    if (!d)
        return QUA_ENOMEM;
    d->frames = qua_frame_pool_create();
    if (!d->frames || vpx_codec_dec_init(&d->ctx, vpx_codec_vp8_dx(), &config, 0) != VPX_CODEC_OK) {
        qua_frame_pool_destroy(&d->frames);
        free(d);
        return QUA_ENOTSUP;
    }
    d->base.decode = vp8_decode;
    d->base.destroy = vp8_decoder_destroy;
    d->needs_keyframe = true;
    *out = &d->base;
    return 0;
}

const qua_video_codec qua_codec_vp8 = {
    .name = "VP8",
    .fmtp = "",
    .format = QUA_PAYLOAD_VP8,
    .create_encoder = vp8_create_encoder,
    .create_decoder = vp8_create_decoder,
};

size_t qua_video_codecs_builtin(const qua_video_codec *const **out)
{
    static const qua_video_codec *const builtin[] = {&qua_codec_vp8, &qua_codec_viola};

    *out = builtin;
    return QUA_ARRAY_SIZE(builtin);
}
