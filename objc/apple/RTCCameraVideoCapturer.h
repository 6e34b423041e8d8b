#import <AVFoundation/AVFoundation.h>

#import "RTCVideoCapturer.h"

NS_ASSUME_NONNULL_BEGIN

/// The cameras of an iPhone. Configuration runs on a queue of its own; frames come on another. Blocks are called on the
/// first.
RTC_OBJC_EXPORT
@interface RTCCameraVideoCapturer : RTCVideoCapturer
@property(nonatomic, readonly, strong) AVCaptureSession *captureSession;
/// 1 to what the camera can; kept over a flip as far as the other one can.
@property(atomic, assign) CGFloat zoomFactor;
/// Ignored where there is none.
@property(atomic, assign) BOOL torchEnabled;
@property(atomic, readonly) AVCaptureDevicePosition position;
/// The system has taken the camera: another app, a call, the background, heat. It comes back by itself.
@property(atomic, readonly, getter=isInterrupted) BOOL interrupted;
/// Told when `interrupted` changes. To be set before capture starts.
@property(nonatomic, copy, nullable) void (^onInterruption)(BOOL interrupted, AVCaptureSessionInterruptionReason reason);

+ (NSArray<AVCaptureDevice *> *)captureDevices;
+ (NSArray<AVCaptureDeviceFormat *> *)supportedFormatsForDevice:(AVCaptureDevice *)device;
/// The format nearest to a size that reaches the rate; smaller ones are taken before none.
+ (nullable AVCaptureDeviceFormat *)formatForDevice:(AVCaptureDevice *)device
                                              width:(int)width
                                             height:(int)height
                                                fps:(int)fps;
- (FourCharCode)preferredOutputPixelFormat;

/// @param completionHandler nil error: frames will come
- (void)startCaptureWithDevice:(AVCaptureDevice *)device
                        format:(AVCaptureDeviceFormat *)format
                           fps:(NSInteger)fps
             completionHandler:(nullable void (^)(NSError *_Nullable error))completionHandler;
- (void)stopCaptureWithCompletionHandler:(nullable void (^)(void))completionHandler;
- (void)startCaptureWithDevice:(AVCaptureDevice *)device format:(AVCaptureDeviceFormat *)format fps:(NSInteger)fps;
- (void)stopCapture;
/// Front to back or back to front, at the size and rate of now.
- (void)flipWithCompletionHandler:(nullable void (^)(NSError *_Nullable error))completionHandler;
@end

NS_ASSUME_NONNULL_END
