#import "RTCMediaSource.h"
#import "RTCVideoCapturer.h"

NS_ASSUME_NONNULL_BEGIN

/// What tracks and connections get their pictures from. Capturers deliver to it.
RTC_OBJC_EXPORT
@interface RTCVideoSource : RTCMediaSource <RTCVideoCapturerDelegate>
/// Frames larger or faster than this are scaled down, shape kept, and dropped. Zero: as they come.
- (void)adaptOutputFormatToWidth:(int)width height:(int)height fps:(int)fps;
@end

NS_ASSUME_NONNULL_END
