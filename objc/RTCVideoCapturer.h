#import "RTCVideoFrame.h"

NS_ASSUME_NONNULL_BEGIN

@class RTCVideoCapturer;

/// Takes what a capturer delivers; RTCVideoSource is one.
@protocol RTCVideoCapturerDelegate <NSObject>
- (void)capturer:(RTCVideoCapturer *)capturer didCaptureVideoFrame:(RTCVideoFrame *)frame;
@end

/// The base of cameras, files and screens.
RTC_OBJC_EXPORT
@interface RTCVideoCapturer : NSObject
@property(nonatomic, weak, nullable) id<RTCVideoCapturerDelegate> delegate;
- (instancetype)initWithDelegate:(id<RTCVideoCapturerDelegate>)delegate;
@end

NS_ASSUME_NONNULL_END
