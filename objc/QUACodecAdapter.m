#import "QUACodecAdapter.h"
#import "RTCVideoFrame+Private.h"

#include <stdlib.h>
#include <string.h>

#define MOST_CODECS 8
/// How long a callback is waited for: codecs in hardware answer on threads of their own.
#define PATIENCE_SECONDS 0.25

/// One codec of the table: what the C side's context points to.
@interface QUACodecEntry : NSObject
@property(nonatomic, strong) RTCVideoCodecInfo *info;
@property(nonatomic, strong) id<RTCVideoEncoderFactory> encoderFactory;
@property(nonatomic, strong) id<RTCVideoDecoderFactory> decoderFactory;
@property(nonatomic) const qua_video_codec *builtin; // NULL: the engine has none of this name
@end

@implementation QUACodecEntry
@end

/// Waits for the one answer of a codec that may come on another thread, and ignores what comes too late.
@interface QUAAnswer : NSObject
- (void)expect;
- (void)give:(nullable id)answer;
- (nullable id)take;
@end

@implementation QUAAnswer {
    NSCondition *_condition;
    BOOL _expecting;
    id _answer;
}

- (instancetype)init {
    self = [super init];
    if (self)
        _condition = [[NSCondition alloc] init];
    return self;
}

- (void)expect {
    [_condition lock];
    _expecting = YES;
    _answer = nil;
    [_condition unlock];
}

- (void)give:(id)answer {
    [_condition lock];
    if (_expecting && !_answer)
        _answer = answer;
    [_condition signal];
    [_condition unlock];
}

- (id)take {
    NSDate *until = [NSDate dateWithTimeIntervalSinceNow:PATIENCE_SECONDS];
    id answer;

    [_condition lock];
    while (!_answer && [_condition waitUntilDate:until])
        ;
    answer = _answer;
    _answer = nil;
    _expecting = NO;
    [_condition unlock];
    return answer;
}

@end

/* ---- encoder ----------------------------------------------------------------------------------------------------- */

typedef struct adapted_encoder {
    qua_video_encoder base;
    void *encoder, *answer; // retained
    uint32_t kbps, fps, number;
} adapted_encoder;

static int encodeFrame(qua_video_encoder *self, const qua_frame *frame, const qua_encode_params *params,
                       qua_encoded_fn output, void *context) {
    adapted_encoder *a = (adapted_encoder *)self;

    @autoreleasepool {
        id<RTCVideoEncoder> encoder = (__bridge id<RTCVideoEncoder>)a->encoder;
        QUAAnswer *answer = (__bridge QUAAnswer *)a->answer;
        RTCVideoFrame *video = [[RTCVideoFrame alloc] initWithEngineFrame:(qua_frame *)frame];
        const uint32_t kbps = (uint32_t)(params->target_bps / 1000), fps = (uint32_t)(params->fps + 0.5);

        if (kbps != a->kbps || fps != a->fps)
            [encoder setBitrate:kbps framerate:fps];
        a->kbps = kbps;
        a->fps = fps;
        video.timeStamp = (int32_t)(uint32_t)(frame->captured * 9 / 100);
        [answer expect];
        if ([encoder encode:video
                codecSpecificInfo:nil
                       frameTypes:@[ @(params->keyframe ? RTCFrameTypeVideoFrameKey : RTCFrameTypeVideoFrameDelta) ]])
            return QUA_EIO;
        RTCEncodedImage *image = [answer take];
        if (!image.buffer.length)
            return 0; // it skipped the picture, or is too late
        const qua_encoded encoded = {.data = image.buffer.bytes,
                                     .size = image.buffer.length,
                                     .last = true,
                                     .keyframe = image.frameType == RTCFrameTypeVideoFrameKey,
                                     .discardable = image.isDiscardable,
                                     .temporal_layer = image.temporalLayer,
                                     .width = image.encodedWidth ?: frame->width,
                                     .height = image.encodedHeight ?: frame->height,
                                     .qp = image.qp ? image.qp.intValue : -1,
                                     .number = a->number++};
        output(context, &encoded);
    }
    return 0;
}

static void destroyEncoder(qua_video_encoder *self) {
    adapted_encoder *a = (adapted_encoder *)self;

    @autoreleasepool {
        id<RTCVideoEncoder> encoder = (__bridge_transfer id<RTCVideoEncoder>)a->encoder;

        [encoder setCallback:nil];
        [encoder releaseEncoder];
        (void)(__bridge_transfer QUAAnswer *)a->answer;
    }
    free(a);
}

static int startEncoder(id<RTCVideoEncoder> encoder, QUACodecEntry *entry, int width, int height) {
    RTCVideoEncoderSettings *settings = [[RTCVideoEncoderSettings alloc] init];

    settings.name = entry.info.name;
    settings.width = (unsigned short)width;
    settings.height = (unsigned short)height;
    settings.startBitrate = 300;
    settings.maxBitrate = 20000;
    settings.minBitrate = 30;
    settings.maxFramerate = 60;
    settings.qpMax = 56;
    return [encoder startEncodeWithSettings:settings numberOfCores:1] == 0 ? 0 : QUA_ENOTSUP;
}

static int createEncoder(void *context, qua_video_encoder **out, int width, int height) {
    QUACodecEntry *entry = (__bridge QUACodecEntry *)context;
    id<RTCVideoEncoder> encoder = [entry.encoderFactory createEncoder:entry.info];
    QUAAnswer *answer = [[QUAAnswer alloc] init];
    adapted_encoder *a;
    int error;

    if (!encoder)
        return entry.builtin ? entry.builtin->create_encoder(entry.builtin->context, out, width, height) : QUA_ENOTSUP;
    [encoder setCallback:^BOOL(RTCEncodedImage *image, id<RTCCodecSpecificInfo> info) {
        (void)info;
        [answer give:image];
        return YES;
    }];
    error = startEncoder(encoder, entry, width, height);
    if (error)
        return error;
    a = calloc(1, sizeof *a);
    if (!a)
        return QUA_ENOMEM;
    a->base.encode = encodeFrame;
    a->base.destroy = destroyEncoder;
    a->encoder = (__bridge_retained void *)encoder;
    a->answer = (__bridge_retained void *)answer;
    *out = &a->base;
    return 0;
}

/* ---- decoder ----------------------------------------------------------------------------------------------------- */

typedef struct adapted_decoder {
    qua_video_decoder base;
    void *decoder, *answer; // retained
} adapted_decoder;

static int decodePicture(qua_video_decoder *self, const uint8_t *data, size_t size, bool missingBefore,
                         qua_decoded_fn output, void *context) {
    adapted_decoder *a = (adapted_decoder *)self;

    @autoreleasepool {
        id<RTCVideoDecoder> decoder = (__bridge id<RTCVideoDecoder>)a->decoder;
        QUAAnswer *answer = (__bridge QUAAnswer *)a->answer;
        RTCEncodedImage *image = [[RTCEncodedImage alloc] init];

        image.buffer = [NSData dataWithBytes:data length:size];
        image.frameType = RTCFrameTypeVideoFrameDelta; // the codec's own bytes say whether it is a keyframe
        [answer expect];
        if ([decoder decode:image missingFrames:missingBefore codecSpecificInfo:nil renderTimeMs:0])
            return QUA_EFORMAT;
        RTCVideoFrame *decoded = [answer take];
        qua_frame *frame = [decoded newEngineFrame];
        if (frame)
            output(context, frame);
    }
    return 0;
}

static void destroyDecoder(qua_video_decoder *self) {
    adapted_decoder *a = (adapted_decoder *)self;

    @autoreleasepool {
        id<RTCVideoDecoder> decoder = (__bridge_transfer id<RTCVideoDecoder>)a->decoder;

        [decoder setCallback:nil];
        [decoder releaseDecoder];
        (void)(__bridge_transfer QUAAnswer *)a->answer;
    }
    free(a);
}

static int createDecoder(void *context, qua_video_decoder **out) {
    QUACodecEntry *entry = (__bridge QUACodecEntry *)context;
    id<RTCVideoDecoder> decoder = [entry.decoderFactory createDecoder:entry.info];
    QUAAnswer *answer = [[QUAAnswer alloc] init];
    adapted_decoder *a;

    if (!decoder)
        return entry.builtin ? entry.builtin->create_decoder(entry.builtin->context, out) : QUA_ENOTSUP;
    [decoder setCallback:^(RTCVideoFrame *frame) {
        [answer give:frame];
    }];
    if ([decoder startDecodeWithNumberOfCores:1] != 0)
        return QUA_ENOTSUP;
    a = calloc(1, sizeof *a);
    if (!a)
        return QUA_ENOMEM;
    a->base.decode = decodePicture;
    a->base.destroy = destroyDecoder;
    a->decoder = (__bridge_retained void *)decoder;
    a->answer = (__bridge_retained void *)answer;
    *out = &a->base;
    return 0;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

@implementation QUACodecAdapter {
    NSMutableArray<QUACodecEntry *> *_entries;
    qua_video_codec _table[MOST_CODECS];
}

static const qua_video_codec *builtinNamed(NSString *name) {
    const qua_video_codec *const *builtin;
    const size_t count = qua_video_codecs_builtin(&builtin);

    for (size_t i = 0; i < count; i++)
        if ([name.uppercaseString isEqualToString:QUAString(builtin[i]->name)])
            return builtin[i];
    return NULL;
}

static NSString *fmtpOf(RTCVideoCodecInfo *info) {
    NSMutableArray<NSString *> *parts = [NSMutableArray array];

    for (NSString *key in [info.parameters.allKeys sortedArrayUsingSelector:@selector(compare:)])
        [parts addObject:[NSString stringWithFormat:@"%@=%@", key, info.parameters[key]]];
    return [parts componentsJoinedByString:@";"];
}

- (instancetype)initWithEncoderFactory:(id<RTCVideoEncoderFactory>)encoderFactory
                        decoderFactory:(id<RTCVideoDecoderFactory>)decoderFactory {
    self = [super init];
    if (!self)
        return nil;
    _entries = [NSMutableArray array];
    for (RTCVideoCodecInfo *info in encoderFactory.supportedCodecs ?: decoderFactory.supportedCodecs)
        if (_count < MOST_CODECS)
            [self add:info encoderFactory:encoderFactory decoderFactory:decoderFactory];
    return self;
}

- (void)add:(RTCVideoCodecInfo *)info
    encoderFactory:(id<RTCVideoEncoderFactory>)encoderFactory
    decoderFactory:(id<RTCVideoDecoderFactory>)decoderFactory {
    QUACodecEntry *entry = [[QUACodecEntry alloc] init];

    entry.info = info;
    entry.encoderFactory = encoderFactory;
    entry.decoderFactory = decoderFactory;
    entry.builtin = builtinNamed(info.name);
    [_entries addObject:entry];
    _table[_count++] = (qua_video_codec){
        .name = strdup(info.name.UTF8String),
        .fmtp = strdup(fmtpOf(info).UTF8String),
        .format = entry.builtin ? entry.builtin->format : QUA_PAYLOAD_GENERIC,
        .context = (__bridge void *)entry,
        .create_encoder = createEncoder,
        .create_decoder = createDecoder,
    };
}

- (void)dealloc {
    for (size_t i = 0; i < _count; i++) {
        free((char *)_table[i].name);
        free((char *)_table[i].fmtp);
    }
}

- (const qua_video_codec *)codecs {
    return _table;
}

@end
