#import "RTCMediaStreamTrack.h"
#import "RTCVideoRenderer.h"

@class RTCVideoSource;

NS_ASSUME_NONNULL_BEGIN

RTC_OBJC_EXPORT
@interface RTCVideoTrack : RTCMediaStreamTrack
@property(nonatomic, readonly) RTCVideoSource *source;
/// Held until it is removed.
- (void)addRenderer:(id<RTCVideoRenderer>)renderer;
/// No frame begins to be shown after it returns.
- (void)removeRenderer:(id<RTCVideoRenderer>)renderer;
@end

NS_ASSUME_NONNULL_END
