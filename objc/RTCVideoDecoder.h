#import "RTCVideoEncoder.h"

NS_ASSUME_NONNULL_BEGIN

typedef void (^RTCVideoDecoderCallback)(RTCVideoFrame *frame);

/// An app's decoder, one for each remote picture. Called on one thread; its callback may come on any.
@protocol RTCVideoDecoder <NSObject>
- (void)setCallback:(nullable RTCVideoDecoderCallback)callback;
- (NSInteger)startDecodeWithNumberOfCores:(int)numberOfCores;
- (NSInteger)releaseDecoder;
/// @return 0, or an error: a keyframe is needed
- (NSInteger)decode:(RTCEncodedImage *)encodedImage
      missingFrames:(BOOL)missingFrames
  codecSpecificInfo:(nullable id<RTCCodecSpecificInfo>)info
       renderTimeMs:(int64_t)renderTimeMs;
- (NSString *)implementationName;
@end

@protocol RTCVideoDecoderFactory <NSObject>
- (nullable id<RTCVideoDecoder>)createDecoder:(RTCVideoCodecInfo *)info;
- (NSArray<RTCVideoCodecInfo *> *)supportedCodecs;
@end

NS_ASSUME_NONNULL_END
