#import "RTCVideoDecoder.h"

NS_ASSUME_NONNULL_BEGIN

/// The engine's own codecs. Those run inside the engine, without the detour through Objective-C: -createEncoder: gives
/// nil for them, and the engine takes its own.
RTC_OBJC_EXPORT
@interface RTCDefaultVideoEncoderFactory : NSObject <RTCVideoEncoderFactory>
/// Offered first; nil: the order of +supportedCodecs.
@property(nonatomic, retain, nullable) RTCVideoCodecInfo *preferredCodec;
+ (NSArray<RTCVideoCodecInfo *> *)supportedCodecs;
@end

RTC_OBJC_EXPORT
@interface RTCDefaultVideoDecoderFactory : NSObject <RTCVideoDecoderFactory>
@end

NS_ASSUME_NONNULL_END
