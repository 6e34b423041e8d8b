#import "RTCMediaStreamTrack.h"

@class RTCAudioSource;

NS_ASSUME_NONNULL_BEGIN

RTC_OBJC_EXPORT
@interface RTCAudioTrack : RTCMediaStreamTrack
@property(nonatomic, readonly) RTCAudioSource *source;
@end

NS_ASSUME_NONNULL_END
