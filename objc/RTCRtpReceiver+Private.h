#import "RTCRtpReceiver.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCRtpReceiver ()
- (instancetype)initWithTrack:(RTCMediaStreamTrack *)track NS_DESIGNATED_INITIALIZER;
/// Media has come; tells the delegate once.
- (void)heard;
@end

NS_ASSUME_NONNULL_END
