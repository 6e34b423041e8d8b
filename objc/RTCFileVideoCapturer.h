#import "RTCVideoCapturer.h"

NS_ASSUME_NONNULL_BEGIN

/// Called once when the file cannot be played.
typedef void (^RTCFileVideoCapturerErrorBlock)(NSError *error);

/// Plays a file as if it were a camera, again and again.
RTC_OBJC_EXPORT
@interface RTCFileVideoCapturer : RTCVideoCapturer
/// @param nameOfFile a resource of the main bundle, or a path
- (void)startCapturingFromFileNamed:(NSString *)nameOfFile onError:(nullable RTCFileVideoCapturerErrorBlock)errorBlock;
/// No frame is delivered after it returns. Not from the delegate's method.
- (void)stopCapture;
@end

NS_ASSUME_NONNULL_END
