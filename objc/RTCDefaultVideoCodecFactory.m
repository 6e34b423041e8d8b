#import "RTCDefaultVideoCodecFactory.h"
#include "quartet/media.h"

@implementation RTCDefaultVideoEncoderFactory

+ (NSArray<RTCVideoCodecInfo *> *)supportedCodecs {
    const qua_video_codec *const *builtin;
    const size_t count = qua_video_codecs_builtin(&builtin);
    NSMutableArray<RTCVideoCodecInfo *> *codecs = [NSMutableArray arrayWithCapacity:count];

    for (size_t i = 0; i < count; i++)
        [codecs addObject:[[RTCVideoCodecInfo alloc] initWithName:QUAString(builtin[i]->name)]];
    return codecs;
}

- (NSArray<RTCVideoCodecInfo *> *)supportedCodecs {
    NSMutableArray<RTCVideoCodecInfo *> *codecs = [[RTCDefaultVideoEncoderFactory supportedCodecs] mutableCopy];
    RTCVideoCodecInfo *preferred = _preferredCodec;

    if (preferred && [codecs containsObject:preferred]) {
        [codecs removeObject:preferred];
        [codecs insertObject:preferred atIndex:0];
    }
    return codecs;
}

- (id<RTCVideoEncoder>)createEncoder:(RTCVideoCodecInfo *)info {
    (void)info;
    return nil;
}

@end

@implementation RTCDefaultVideoDecoderFactory

- (NSArray<RTCVideoCodecInfo *> *)supportedCodecs {
    return [RTCDefaultVideoEncoderFactory supportedCodecs];
}

- (id<RTCVideoDecoder>)createDecoder:(RTCVideoCodecInfo *)info {
    (void)info;
    return nil;
}

@end
