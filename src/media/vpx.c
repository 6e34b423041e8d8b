/* VP8 and VP9 by libvpx behind the codec seam. */
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#include "media/media.h"

/* Negative, or libvpx adapts its effort to wall time: no determinism, and none of the CPU under control. */
#define VP8_CPU_USED (-6)
#define VP9_CPU_USED (-8)

/* Sizes that no call needs are refused before libvpx allocates for them. */
#define MAX_SIDE 4096

typedef struct vpx_encoder {
    qua_video_encoder base;
    bool vp9;
    vpx_codec_ctx_t ctx;
    vpx_codec_enc_cfg_t config;
    bool open;
    uint32_t number;
    int64_t pts;
} vpx_encoder;

static void tune_vp8(vpx_codec_ctx_t *ctx)
{
    vpx_codec_control(ctx, VP8E_SET_CPUUSED, VP8_CPU_USED);
    vpx_codec_control(ctx, VP8E_SET_STATIC_THRESHOLD, 1);
    vpx_codec_control(ctx, VP8E_SET_NOISE_SENSITIVITY, 0);
    vpx_codec_control(ctx, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
}

static void tune_vp9(vpx_codec_ctx_t *ctx)
{
    vpx_codec_control(ctx, VP8E_SET_CPUUSED, VP9_CPU_USED);
    vpx_codec_control(ctx, VP8E_SET_STATIC_THRESHOLD, 1);
    vpx_codec_control(ctx, VP9E_SET_NOISE_SENSITIVITY, 0);
    vpx_codec_control(ctx, VP9E_SET_AQ_MODE, 3); /* cyclic refresh */
    vpx_codec_control(ctx, VP9E_SET_TILE_COLUMNS, 0);
    vpx_codec_control(ctx, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
}

/* As WebRTC sets it up for calls: one pass, no lookahead, CBR over a one-second buffer. */
static int open_encoder(vpx_encoder *e, int width, int height)
{
    vpx_codec_iface_t *const library = e->vp9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
    vpx_codec_enc_cfg_t *c = &e->config;

    if (vpx_codec_enc_config_default(library, c, 0) != VPX_CODEC_OK)
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
    if (vpx_codec_enc_init(&e->ctx, library, c, 0) != VPX_CODEC_OK)
        return QUA_ENOTSUP;
    e->open = true;
    (e->vp9 ? tune_vp9 : tune_vp8)(&e->ctx);
    /* a keyframe of at most three frame budgets at 30 fps: a larger one would stand in the queue */
    vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 900);
    return 0;
}

static int configure(vpx_encoder *e, const qua_frame *frame, const qua_encode_params *params)
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

static int vpx_encode(qua_video_encoder *self, const qua_frame *frame, const qua_encode_params *params,
                      qua_encoded_fn output, void *context)
{
    vpx_encoder *e = (vpx_encoder *)self;
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

static void vpx_encoder_destroy(qua_video_encoder *self)
{
    vpx_encoder *e = (vpx_encoder *)self;

    if (e->open)
        vpx_codec_destroy(&e->ctx);
    free(e);
}

static int create_encoder(qua_video_encoder **out, bool vp9, int width, int height)
{
    vpx_encoder *e = qua_zalloc(sizeof *e);
    int error;

    if (!e)
        return QUA_ENOMEM;
    e->vp9 = vp9;
    e->base.encode = vpx_encode;
    e->base.destroy = vpx_encoder_destroy;
    error = open_encoder(e, width, height);
    if (error) {
        free(e);
        return error;
    }
    *out = &e->base;
    return 0;
}

static int vp8_create_encoder(void *context, qua_video_encoder **out, int width, int height)
{
    (void)context;
    return create_encoder(out, false, width, height);
}

static int vp9_create_encoder(void *context, qua_video_encoder **out, int width, int height)
{
    (void)context;
    return create_encoder(out, true, width, height);
}

/* VP9 says its size in any picture: its memory comes from here, so that the bound holds for all of them. */
typedef struct plane_memory {
    uint8_t *data;
    size_t size;
    bool used;
} plane_memory;

#define PLANE_MEMORIES 16 /* libvpx holds 8 references, the present picture, and what it has given out */
#define PLANES_MAX     ((size_t)(MAX_SIDE + 512) * (MAX_SIDE + 512) * 3 / 2) /* with its borders */

typedef struct vpx_decoder {
    qua_video_decoder base;
    bool vp9;
    vpx_codec_ctx_t ctx;
    bool needs_keyframe;
    qua_frame_pool *frames;
    plane_memory memory[PLANE_MEMORIES];
} vpx_decoder;

static int get_memory(void *context, size_t size, vpx_codec_frame_buffer_t *out)
{
    vpx_decoder *d = context;
    plane_memory *m = d->memory;

    while (m < d->memory + PLANE_MEMORIES && m->used)
        m++;
    if (m == d->memory + PLANE_MEMORIES || size > PLANES_MAX)
        return -1;
    if (m->size < size) {
        free(m->data);
        m->data = qua_zalloc(size); /* libvpx wants it zeroed */
        m->size = m->data ? size : 0;
    }
    if (!m->data)
        return -1;
    m->used = true;
    *out = (vpx_codec_frame_buffer_t){.data = m->data, .size = m->size, .priv = m};
    return 0;
}

static int release_memory(void *context, vpx_codec_frame_buffer_t *buffer)
{
    (void)context;
    if (buffer->priv)
        ((plane_memory *)buffer->priv)->used = false;
    return 0;
}

/* RFC 6386 §9.1 */
static bool vp8_is_keyframe(const uint8_t *data, size_t size)
{
    return size > 0 && !(data[0] & 1);
}

static bool vp8_is_too_large(const uint8_t *data, size_t size)
{
    return vp8_is_keyframe(data, size) && size >= 10 &&
           (((data[7] << 8 | data[6]) & 0x3fff) > MAX_SIDE || ((data[9] << 8 | data[8]) & 0x3fff) > MAX_SIDE);
}

/* The uncompressed header of profile 0: marker 10, profile 00, show_existing_frame 0, frame_type 0. */
static bool vp9_is_keyframe(const uint8_t *data, size_t size)
{
    return size > 0 && (data[0] & 0xfc) == 0x80;
}

static qua_frame *copy_image(vpx_decoder *d, const vpx_image_t *image)
{
    const uint8_t *const plane[3] = {image->planes[0], image->planes[1], image->planes[2]};
    const ptrdiff_t stride[3] = {image->stride[0], image->stride[1], image->stride[2]};

    return qua_frame_pool_copy(d->frames, (int)image->d_w, (int)image->d_h, plane, stride);
}

static int vpx_decode(qua_video_decoder *self, const uint8_t *data, size_t size, bool missing_before,
                      qua_decoded_fn output, void *context)
{
    vpx_decoder *d = (vpx_decoder *)self;
    const bool keyframe = d->vp9 ? vp9_is_keyframe(data, size) : vp8_is_keyframe(data, size);
    vpx_codec_iter_t iter = NULL;
    vpx_image_t *image;
    qua_frame *frame;

    if (missing_before || (d->needs_keyframe && !keyframe)) {
        d->needs_keyframe = !keyframe;
        if (!keyframe)
            return QUA_EFORMAT;
    }
    if (!d->vp9 && vp8_is_too_large(data, size))
        return QUA_EFORMAT;
    if (vpx_codec_decode(&d->ctx, data, (unsigned)size, NULL, 0) != VPX_CODEC_OK) {
        d->needs_keyframe = true;
        return QUA_EFORMAT;
    }
    d->needs_keyframe = false;
    image = vpx_codec_get_frame(&d->ctx, &iter);
    if (!image || image->fmt != VPX_IMG_FMT_I420)
        return 0;
    if (image->d_w > MAX_SIDE || image->d_h > MAX_SIDE)
        return QUA_EFORMAT;
    frame = copy_image(d, image);
    if (!frame)
        return QUA_ENOMEM;
    output(context, frame);
    return 0;
}

static void vpx_decoder_destroy(qua_video_decoder *self)
{
    vpx_decoder *d = (vpx_decoder *)self;

    vpx_codec_destroy(&d->ctx);
    qua_frame_pool_destroy(&d->frames);
    for (size_t i = 0; i < PLANE_MEMORIES; i++)
        free(d->memory[i].data);
    free(d);
}

static int create_decoder(qua_video_decoder **out, bool vp9)
{
    vpx_decoder *d = qua_zalloc(sizeof *d);
    const vpx_codec_dec_cfg_t config = {.threads = 1};

    if (!d)
        return QUA_ENOMEM;
    d->frames = qua_frame_pool_create();
    if (!d->frames ||
        vpx_codec_dec_init(&d->ctx, vp9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx(), &config, 0) != VPX_CODEC_OK) {
        qua_frame_pool_destroy(&d->frames);
        free(d);
        return QUA_ENOTSUP;
    }
    if (vp9)
        vpx_codec_set_frame_buffer_functions(&d->ctx, get_memory, release_memory, d);
    d->vp9 = vp9;
    d->base.decode = vpx_decode;
    d->base.destroy = vpx_decoder_destroy;
    d->needs_keyframe = true;
    *out = &d->base;
    return 0;
}

static int vp8_create_decoder(void *context, qua_video_decoder **out)
{
    (void)context;
    return create_decoder(out, false);
}

static int vp9_create_decoder(void *context, qua_video_decoder **out)
{
    (void)context;
    return create_decoder(out, true);
}

const qua_video_codec qua_codec_vp8 = {
    .name = "VP8",
    .fmtp = "",
    .format = QUA_PAYLOAD_VP8,
    .create_encoder = vp8_create_encoder,
    .create_decoder = vp8_create_decoder,
};

const qua_video_codec qua_codec_vp9 = {
    .name = "VP9",
    .fmtp = "profile-id=0",
    .format = QUA_PAYLOAD_VP9,
    .create_encoder = vp9_create_encoder,
    .create_decoder = vp9_create_decoder,
};

size_t qua_video_codecs_builtin(const qua_video_codec *const **out)
{
    static const qua_video_codec *const builtin[] = {&qua_codec_vp8, &qua_codec_viola, &qua_codec_vp9, &qua_codec_h264};

    *out = builtin;
    return QUA_ARRAY_SIZE(builtin);
}
