#import "RTCVideoFrameBuffer.h"

NS_ASSUME_NONNULL_BEGIN

/// Clockwise turn that shows the picture upright.
typedef NS_ENUM(NSInteger, RTCVideoRotation) {
    RTCVideoRotation_0 = 0,
    RTCVideoRotation_90 = 90,
    RTCVideoRotation_180 = 180,
    RTCVideoRotation_270 = 270,
};

/// One picture with its time.
RTC_OBJC_EXPORT
@interface RTCVideoFrame : NSObject
/// Pixels, before rotation.
@property(nonatomic, readonly) int width;
@property(nonatomic, readonly) int height;
@property(nonatomic, readonly) RTCVideoRotation rotation;
/// Monotonic capture time, ns. Of a received frame on its sender's clock, 0 when unknown.
@property(nonatomic, readonly) int64_t timeStampNs;
/// RTP ticks of 90 kHz.
@property(nonatomic) int32_t timeStamp;
@property(nonatomic, readonly) id<RTCVideoFrameBuffer> buffer;

- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithBuffer:(id<RTCVideoFrameBuffer>)frameBuffer
                      rotation:(RTCVideoRotation)rotation
                   timeStampNs:(int64_t)timeStampNs NS_DESIGNATED_INITIALIZER;
/// The same frame with its pixels as I420.
- (RTCVideoFrame *)newI420VideoFrame;
@end

NS_ASSUME_NONNULL_END
