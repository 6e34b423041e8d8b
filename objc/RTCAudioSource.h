#import "RTCMediaSource.h"

NS_ASSUME_NONNULL_BEGIN

RTC_OBJC_EXPORT
@interface RTCAudioSource : RTCMediaSource
/// Of a remote source: 0 (silent) to 10; 1 is as sent.
@property(nonatomic, assign) double volume;
@end

NS_ASSUME_NONNULL_END
