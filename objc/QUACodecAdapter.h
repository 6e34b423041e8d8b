#import "RTCVideoDecoder.h"
#include "quartet/media.h"

NS_ASSUME_NONNULL_BEGIN

/// Puts an app's codec factories behind the engine's codec seam. A factory that gives nil for a codec that the engine
/// has itself gets the engine's. Lives as long as the engine that uses its table.
@interface QUACodecAdapter : NSObject
@property(nonatomic, readonly) const qua_video_codec *codecs;
@property(nonatomic, readonly) size_t count;

- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithEncoderFactory:(nullable id<RTCVideoEncoderFactory>)encoderFactory
                        decoderFactory:(nullable id<RTCVideoDecoderFactory>)decoderFactory NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
