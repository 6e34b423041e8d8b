/* H.264 constrained baseline by OpenH264 behind the codec seam. */
#include <stdlib.h>
#include <wels/codec_api.h>

#include "media/media.h"

#define MAX_SIDE 4096
/* A high level lets a picture of nothing but headers claim hundreds of megabytes: 5.1 holds 4096 x 2304. */
#define MAX_LEVEL 51

/* ---- encoder --------------------------------------------------------------------------------------------- */

typedef struct h264_encoder {
    qua_video_encoder base;
    ISVCEncoder *library; /* NULL: not open */
    int width, height;
    uint64_t target_bps;
    double fps, seconds;
    uint32_t number;
    uint8_t *picture; /* what the library gave in parts */
    size_t capacity;
} h264_encoder;

static void close_encoder(h264_encoder *e)
{
    if (!e->library)
        return;
    (*e->library)->Uninitialize(e->library);
    WelsDestroySVCEncoder(e->library);
    e->library = NULL;
}

/* As WebRTC sets it up for calls: real time, one thread, one slice, keyframes on demand alone. */
static void choose(SEncParamExt *p, int width, int height, uint64_t bps, double fps)
{
    SSpatialLayerConfig *layer = &p->sSpatialLayers[0];

    p->iUsageType = CAMERA_VIDEO_REAL_TIME;
    p->iPicWidth = width;
    p->iPicHeight = height;
    p->fMaxFrameRate = (float)fps;
    p->iRCMode = RC_BITRATE_MODE;
    p->iTargetBitrate = (int)bps;
    p->iMaxBitrate = UNSPECIFIED_BIT_RATE;
    p->bEnableFrameSkip = true;
    p->uiIntraPeriod = 0;
    p->uiMaxNalSize = 0;
    p->iMultipleThreadIdc = 1;
    p->iTemporalLayerNum = p->iSpatialLayerNum = 1;
    p->iNumRefFrame = 1;
    p->bEnableSceneChangeDetect = false;
    p->eSpsPpsIdStrategy = CONSTANT_ID;
    layer->iVideoWidth = width;
    layer->iVideoHeight = height;
    layer->fFrameRate = p->fMaxFrameRate;
    layer->iSpatialBitrate = p->iTargetBitrate;
    layer->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
    layer->uiProfileIdc = PRO_BASELINE;
    layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    layer->sSliceArgument.uiSliceNum = 1;
}

static int open_encoder(h264_encoder *e, int width, int height, uint64_t bps, double fps)
{
    int quiet = WELS_LOG_QUIET, format = videoFormatI420;
    SEncParamExt params;

    if (WelsCreateSVCEncoder(&e->library) != 0)
        return QUA_ENOMEM;
    (*e->library)->SetOption(e->library, ENCODER_OPTION_TRACE_LEVEL, &quiet);
    (*e->library)->GetDefaultParams(e->library, &params);
    choose(&params, width, height, bps, fps);
    if ((*e->library)->InitializeExt(e->library, &params) != cmResultSuccess) {
        WelsDestroySVCEncoder(e->library);
        e->library = NULL;
        return QUA_ENOTSUP;
    }
    (*e->library)->SetOption(e->library, ENCODER_OPTION_DATAFORMAT, &format);
    e->width = width;
    e->height = height;
    e->target_bps = bps;
    e->fps = fps;
    return 0;
}

static int configure(h264_encoder *e, const qua_frame *frame, const qua_encode_params *params)
{
    const uint64_t bps = QUA_CLAMP(params->target_bps, 20000u, 50000000u);
    const double fps = QUA_CLAMP(params->fps, 1, 120);

    if (e->library && (frame->width != e->width || frame->height != e->height))
        close_encoder(e);
    if (!e->library)
        return open_encoder(e, frame->width, frame->height, bps, fps);
    if (bps != e->target_bps) {
        SBitrateInfo rate = {.iLayer = SPATIAL_LAYER_ALL, .iBitrate = (int)bps};
        (*e->library)->SetOption(e->library, ENCODER_OPTION_BITRATE, &rate);
        e->target_bps = bps;
    }
    if (fps > e->fps * 1.1 || fps < e->fps * 0.9) {
        float rate = (float)fps;
        (*e->library)->SetOption(e->library, ENCODER_OPTION_FRAME_RATE, &rate);
        e->fps = fps;
    }
    return 0;
}

/* @return the picture's bytes, 0: skipped, or without memory */
static size_t collect(h264_encoder *e, const SFrameBSInfo *info)
{
    size_t size = 0;

    if (info->eFrameType == videoFrameTypeSkip || info->iFrameSizeInBytes <= 0)
        return 0;
    if (e->capacity < (size_t)info->iFrameSizeInBytes) {
        free(e->picture);
        e->capacity = 2 * (size_t)info->iFrameSizeInBytes;
        e->picture = malloc(e->capacity);
        if (!e->picture)
            return e->capacity = 0;
    }
    for (int i = 0; i < info->iLayerNum; i++) {
        const SLayerBSInfo *layer = &info->sLayerInfo[i];
        size_t length = 0;

        for (int nal = 0; nal < layer->iNalCount; nal++)
            length += (size_t)layer->pNalLengthInByte[nal];
        if (size + length > e->capacity)
            return 0;
        memcpy(e->picture + size, layer->pBsBuf, length);
        size += length;
    }
    return size;
}

static int h264_encode(qua_video_encoder *self, const qua_frame *frame, const qua_encode_params *params,
                       qua_encoded_fn output, void *context)
{
    h264_encoder *e = (h264_encoder *)self;
    const int error = configure(e, frame, params);
    qua_encoded encoded = {.last = true, .width = frame->width, .height = frame->height, .qp = -1};
    SSourcePicture picture = {.iColorFormat = videoFormatI420, .iPicWidth = frame->width, .iPicHeight = frame->height};
    SFrameBSInfo info;

    if (error)
        return error;
    for (int i = 0; i < 3; i++) {
        picture.pData[i] = frame->plane[i];
        picture.iStride[i] = (int)frame->stride[i];
    }
    e->seconds += 1 / e->fps;
    picture.uiTimeStamp = (long long)(e->seconds * 1000);
    if (params->keyframe)
        (*e->library)->ForceIntraFrame(e->library, true);
    memset(&info, 0, sizeof info);
    if ((*e->library)->EncodeFrame(e->library, &picture, &info) != cmResultSuccess)
        return QUA_EIO;
    encoded.size = collect(e, &info);
    if (!encoded.size)
        return 0;
    encoded.data = e->picture;
    encoded.keyframe = info.eFrameType == videoFrameTypeIDR;
    encoded.number = e->number++;
    output(context, &encoded);
    return 0;
}

static void h264_encoder_destroy(qua_video_encoder *self)
{
    h264_encoder *e = (h264_encoder *)self;

    close_encoder(e);
    free(e->picture);
    free(e);
}

static int h264_create_encoder(void *context, qua_video_encoder **out, int width, int height)
{
    h264_encoder *e = qua_zalloc(sizeof *e);
    int error;

    (void)context;
    if (!e)
        return QUA_ENOMEM;
    e->base.encode = h264_encode;
    e->base.destroy = h264_encoder_destroy;
    error = open_encoder(e, width, height, 500000, 30);
    if (error) {
        free(e);
        return error;
    }
    *out = &e->base;
    return 0;
}

/* ---- decoder --------------------------------------------------------------------------------------------- */

typedef struct h264_decoder {
    qua_video_decoder base;
    ISVCDecoder *library;
    bool needs_keyframe;
    qua_frame_pool *frames;
} h264_decoder;

typedef struct h264_contents {
    bool sps, idr, refused; /* refused: of a level that no call needs */
} h264_contents;

static h264_contents look(const uint8_t *data, size_t size)
{
    h264_contents found = {false, false, false};

    for (size_t i = 0; i + 3 < size; i++) {
        if (data[i] || data[i + 1] || data[i + 2] != 1)
            continue;
        const int type = data[i + 3] & 0x1f;
        found.idr |= type == 5;
        found.sps |= type == 7;
        found.refused |= type == 7 && (i + 6 >= size || data[i + 6] > MAX_LEVEL);
    }
    return found;
}

static int give(h264_decoder *d, const SBufferInfo *info, unsigned char *const planes[3], qua_decoded_fn output,
                void *context)
{
    const SSysMEMBuffer *picture = &info->UsrData.sSystemBuffer;
    const uint8_t *const plane[3] = {planes[0], planes[1], planes[2]};
    const ptrdiff_t stride[3] = {picture->iStride[0], picture->iStride[1], picture->iStride[1]};
    qua_frame *frame;

    if (picture->iFormat != videoFormatI420 || picture->iWidth > MAX_SIDE || picture->iHeight > MAX_SIDE)
        return QUA_EFORMAT;
    frame = qua_frame_pool_copy(d->frames, picture->iWidth, picture->iHeight, plane, stride);
    if (!frame)
        return QUA_ENOMEM;
    output(context, frame);
    return 0;
}

static int h264_decode(qua_video_decoder *self, const uint8_t *data, size_t size, bool missing_before,
                       qua_decoded_fn output, void *context)
{
    h264_decoder *d = (h264_decoder *)self;
    const h264_contents found = look(data, size);
    const bool keyframe = found.sps && found.idr;
    unsigned char *planes[3] = {NULL};
    SBufferInfo info;

    d->needs_keyframe |= missing_before || found.refused;
    if (found.refused || (d->needs_keyframe && !keyframe))
        return QUA_EFORMAT;
    memset(&info, 0, sizeof info);
    d->needs_keyframe = (*d->library)->DecodeFrameNoDelay(d->library, data, (int)size, planes, &info) != dsErrorFree;
    if (d->needs_keyframe)
        return QUA_EFORMAT;
    return info.iBufferStatus == 1 ? give(d, &info, planes, output, context) : 0;
}

static void h264_decoder_destroy(qua_video_decoder *self)
{
    h264_decoder *d = (h264_decoder *)self;

    if (d->library) {
        (*d->library)->Uninitialize(d->library);
        WelsDestroyDecoder(d->library);
    }
    qua_frame_pool_destroy(&d->frames);
    free(d);
}

static int open_decoder(h264_decoder *d)
{
    const SDecodingParam params = {.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC};
    int quiet = WELS_LOG_QUIET;

    d->frames = qua_frame_pool_create();
    if (!d->frames || WelsCreateDecoder(&d->library) != 0)
        return QUA_ENOMEM;
    (*d->library)->SetOption(d->library, DECODER_OPTION_TRACE_LEVEL, &quiet);
    return (*d->library)->Initialize(d->library, &params) == cmResultSuccess ? 0 : QUA_ENOTSUP;
}

static int h264_create_decoder(void *context, qua_video_decoder **out)
{
    h264_decoder *d = qua_zalloc(sizeof *d);
    int error;

    (void)context;
    if (!d)
        return QUA_ENOMEM;
    d->base.decode = h264_decode;
    d->base.destroy = h264_decoder_destroy;
    d->needs_keyframe = true;
    error = open_decoder(d);
    if (error)
        h264_decoder_destroy(&d->base);
    else
        *out = &d->base;
    return error;
}

const qua_video_codec qua_codec_h264 = {
    .name = "H264",
    .fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    .format = QUA_PAYLOAD_H264,
    .create_encoder = h264_create_encoder,
    .create_decoder = h264_create_decoder,
};
