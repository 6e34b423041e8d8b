#import "RTCCameraVideoCapturer.h"
#import <UIKit/UIKit.h>
#import "QUAError.h"
#import "RTCCVPixelBuffer.h"
#include "quartet/device.h"

#include <stdlib.h>

@interface RTCCameraVideoCapturer () <AVCaptureVideoDataOutputSampleBufferDelegate>
@property(atomic, readwrite) AVCaptureDevicePosition position;
@property(atomic, readwrite, getter=isInterrupted) BOOL interrupted;
@property(atomic) UIDeviceOrientation orientation;
@end

@implementation RTCCameraVideoCapturer {
    dispatch_queue_t _queue;       // configures; everything below belongs to it
    dispatch_queue_t _frameQueue;  // frames come here
    AVCaptureVideoDataOutput *_output;
    AVCaptureDeviceInput *_input;
    AVCaptureDeviceFormat *_format;
    NSInteger _fps;
    BOOL _wanted;                  // capture was asked for, whether or not the system allows it now
    CGFloat _zoomFactor;           // under @synchronized(self), as the next
    BOOL _torchEnabled;
}

+ (NSArray<AVCaptureDevice *> *)captureDevices {
    return [AVCaptureDeviceDiscoverySession
               discoverySessionWithDeviceTypes:@[ AVCaptureDeviceTypeBuiltInWideAngleCamera ]
                                     mediaType:AVMediaTypeVideo
                                      position:AVCaptureDevicePositionUnspecified]
        .devices;
}

+ (NSArray<AVCaptureDeviceFormat *> *)supportedFormatsForDevice:(AVCaptureDevice *)device {
    return device.formats;
}

static double highestRate(AVCaptureDeviceFormat *format) {
    double highest = 0;

    for (AVFrameRateRange *range in format.videoSupportedFrameRateRanges)
        highest = MAX(highest, range.maxFrameRate);
    return highest;
}

+ (AVCaptureDeviceFormat *)formatForDevice:(AVCaptureDevice *)device width:(int)width height:(int)height fps:(int)fps {
    AVCaptureDeviceFormat *best = nil;
    long least = 0;

    for (AVCaptureDeviceFormat *format in [self supportedFormatsForDevice:device]) {
        const CMVideoDimensions size = CMVideoFormatDescriptionGetDimensions(format.formatDescription);
        const FourCharCode type = CMFormatDescriptionGetMediaSubType(format.formatDescription);
        const long slow = highestRate(format) < fps ? 100000 : 0;
        // the second of two equal ones is in full range on Apple's devices; take it by name, not by place
        const long distance = (labs((long)size.width - width) + labs((long)size.height - height)) * 2 + slow +
                              (type != kCVPixelFormatType_420YpCbCr8BiPlanarFullRange);

        if (!best || distance < least) {
            best = format;
            least = distance;
        }
    }
    return best;
}

- (instancetype)initWithDelegate:(id<RTCVideoCapturerDelegate>)delegate {
    self = [super initWithDelegate:delegate];
    if (self) {
        _queue = dispatch_queue_create("org.quartet.camera", nil);
        _frameQueue = dispatch_queue_create("org.quartet.camera.frames", nil);
        _captureSession = [[AVCaptureSession alloc] init];
        _output = [[AVCaptureVideoDataOutput alloc] init];
        _zoomFactor = 1;
        _orientation = UIDeviceOrientationPortrait;
        [self configureOnce];
        [self observe];
    }
    return self;
}

- (void)configureOnce {
    [_captureSession beginConfiguration];
    _captureSession.sessionPreset = AVCaptureSessionPresetInputPriority; // the device's format decides
    _captureSession.usesApplicationAudioSession = NO;                    // sound is none of its business
    if (_captureSession.isMultitaskingCameraAccessSupported)
        _captureSession.multitaskingCameraAccessEnabled = YES; // picture in picture goes on filming
    _output.videoSettings = @{(__bridge NSString *)kCVPixelBufferPixelFormatTypeKey : @([self preferredOutputPixelFormat])};
    _output.alwaysDiscardsLateVideoFrames = YES;
    [_output setSampleBufferDelegate:self queue:_frameQueue];
    if ([_captureSession canAddOutput:_output])
        [_captureSession addOutput:_output];
    [_captureSession commitConfiguration];
}

- (FourCharCode)preferredOutputPixelFormat {
    const NSNumber *full = @(kCVPixelFormatType_420YpCbCr8BiPlanarFullRange);

    return [_output.availableVideoCVPixelFormatTypes containsObject:(NSNumber *)full]
               ? kCVPixelFormatType_420YpCbCr8BiPlanarFullRange
               : kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange;
}

- (void)observe {
    NSNotificationCenter *center = NSNotificationCenter.defaultCenter;

    [center addObserver:self
               selector:@selector(wasInterrupted:)
                   name:AVCaptureSessionWasInterruptedNotification
                 object:_captureSession];
    [center addObserver:self
               selector:@selector(interruptionEnded:)
                   name:AVCaptureSessionInterruptionEndedNotification
                 object:_captureSession];
    [center addObserver:self
               selector:@selector(failedAtRunTime:)
                   name:AVCaptureSessionRuntimeErrorNotification
                 object:_captureSession];
    [center addObserver:self
               selector:@selector(turned:)
                   name:UIDeviceOrientationDidChangeNotification
                 object:nil];
}

- (void)dealloc {
    AVCaptureSession *session = _captureSession;

    [NSNotificationCenter.defaultCenter removeObserver:self];
    dispatch_async(_queue, ^{
        if (session.isRunning)
            [session stopRunning];
    });
}

/* ---- starting and stopping, on the queue ------------------------------------------------------------------------- */

static NSError *refused(NSString *why) {
    return QUAMakeError(QUA_ENOTSUP, why);
}

/// The device's own format and rate; the order is Apple's: lock, format, then durations.
- (NSError *)setFormat:(AVCaptureDeviceFormat *)format fps:(NSInteger)fps of:(AVCaptureDevice *)device {
    NSError *error = nil;
    const int32_t rate = (int32_t)MAX(1, MIN((double)fps, highestRate(format)));

    if (![device lockForConfiguration:&error])
        return error ?: refused(@"the camera is in use");
    device.activeFormat = format;
    device.activeVideoMinFrameDuration = CMTimeMake(1, rate);
    device.activeVideoMaxFrameDuration = CMTimeMake(1, rate);
    [device unlockForConfiguration];
    return nil;
}

- (NSError *)useDevice:(AVCaptureDevice *)device {
    NSError *error = nil;
    AVCaptureDeviceInput *input = [AVCaptureDeviceInput deviceInputWithDevice:device error:&error];

    if (!input)
        return error ?: refused(@"the camera cannot be opened");
    [_captureSession beginConfiguration];
    if (_input)
        [_captureSession removeInput:(AVCaptureDeviceInput *_Nonnull)_input];
    _input = nil;
    if ([_captureSession canAddInput:input]) {
        [_captureSession addInput:input];
        _input = input;
    } else {
        error = refused(@"the camera does not fit the session");
    }
    [_captureSession commitConfiguration];
    return error;
}

- (NSError *)startDevice:(AVCaptureDevice *)device format:(AVCaptureDeviceFormat *)format fps:(NSInteger)fps {
    NSError *error;

    if ([AVCaptureDevice authorizationStatusForMediaType:AVMediaTypeVideo] != AVAuthorizationStatusAuthorized)
        return QUAMakeError(QUA_EREFUSED, @"the camera is not allowed");
    error = [self useDevice:device] ?: [self setFormat:format fps:fps of:device];
    if (error)
        return error;
    _format = format;
    _fps = fps;
    _wanted = YES;
    self.position = device.position;
    [self applyZoom];
    [self applyTorch];
    if (!_captureSession.isRunning)
        [_captureSession startRunning];
    return nil;
}

- (void)startCaptureWithDevice:(AVCaptureDevice *)device
                        format:(AVCaptureDeviceFormat *)format
                           fps:(NSInteger)fps
             completionHandler:(void (^)(NSError *_Nullable error))completionHandler {
    dispatch_async(dispatch_get_main_queue(), ^{
        [UIDevice.currentDevice beginGeneratingDeviceOrientationNotifications]; // UIKit belongs to the main queue
    });
    dispatch_async(_queue, ^{
        NSError *error = [self startDevice:device format:format fps:fps];

        if (completionHandler)
            completionHandler(error);
    });
}

- (void)startCaptureWithDevice:(AVCaptureDevice *)device format:(AVCaptureDeviceFormat *)format fps:(NSInteger)fps {
    [self startCaptureWithDevice:device format:format fps:fps completionHandler:nil];
}

- (void)stopCaptureWithCompletionHandler:(void (^)(void))completionHandler {
    dispatch_async(dispatch_get_main_queue(), ^{
        [UIDevice.currentDevice endGeneratingDeviceOrientationNotifications];
    });
    dispatch_async(_queue, ^{
        self->_wanted = NO;
        if (self.captureSession.isRunning)
            [self.captureSession stopRunning];
        if (completionHandler)
            completionHandler();
    });
}

- (void)stopCapture {
    [self stopCaptureWithCompletionHandler:nil];
}

- (NSError *)flip {
    const AVCaptureDevicePosition other = self.position == AVCaptureDevicePositionFront ? AVCaptureDevicePositionBack
                                                                                       : AVCaptureDevicePositionFront;

    if (!_format)
        return QUAMakeError(QUA_ESTATE, nil);
    const CMVideoDimensions size = CMVideoFormatDescriptionGetDimensions(_format.formatDescription);
    for (AVCaptureDevice *device in [RTCCameraVideoCapturer captureDevices]) {
        AVCaptureDeviceFormat *format = device.position == other ? [RTCCameraVideoCapturer formatForDevice:device
                                                                                                     width:size.width
                                                                                                    height:size.height
                                                                                                       fps:(int)_fps]
                                                                 : nil;
        if (format)
            return [self startDevice:device format:format fps:_fps];
    }
    return QUAMakeError(QUA_ENOENT, @"there is no other camera");
}

- (void)flipWithCompletionHandler:(void (^)(NSError *_Nullable error))completionHandler {
    dispatch_async(_queue, ^{
        NSError *error = [self flip];

        if (completionHandler)
            completionHandler(error);
    });
}

/* ---- zoom and torch ---------------------------------------------------------------------------------------------- */

- (CGFloat)zoomFactor {
    @synchronized(self) {
        return _zoomFactor;
    }
}

- (void)setZoomFactor:(CGFloat)zoomFactor {
    @synchronized(self) {
        _zoomFactor = zoomFactor;
    }
    dispatch_async(_queue, ^{
        [self applyZoom];
    });
}

- (BOOL)torchEnabled {
    @synchronized(self) {
        return _torchEnabled;
    }
}

- (void)setTorchEnabled:(BOOL)torchEnabled {
    @synchronized(self) {
        _torchEnabled = torchEnabled;
    }
    dispatch_async(_queue, ^{
        [self applyTorch];
    });
}

- (void)applyZoom {
    AVCaptureDevice *device = _input.device;

    if (![device lockForConfiguration:nil])
        return;
    device.videoZoomFactor = MAX(device.minAvailableVideoZoomFactor, MIN(self.zoomFactor, device.maxAvailableVideoZoomFactor));
    [device unlockForConfiguration];
}

- (void)applyTorch {
    AVCaptureDevice *device = _input.device;
    const AVCaptureTorchMode mode = self.torchEnabled ? AVCaptureTorchModeOn : AVCaptureTorchModeOff;

    if (!device.hasTorch || ![device isTorchModeSupported:mode] || ![device lockForConfiguration:nil])
        return;
    device.torchMode = mode;
    [device unlockForConfiguration];
}

/* ---- what the system does ---------------------------------------------------------------------------------------- */

- (void)tellInterrupted:(BOOL)interrupted reason:(AVCaptureSessionInterruptionReason)reason {
    dispatch_async(_queue, ^{
        if (self.interrupted == interrupted)
            return;
        self.interrupted = interrupted;
        if (self.onInterruption)
            self.onInterruption(interrupted, reason);
    });
}

- (void)wasInterrupted:(NSNotification *)notification {
    NSNumber *reason = notification.userInfo[AVCaptureSessionInterruptionReasonKey];

    [self tellInterrupted:YES reason:(AVCaptureSessionInterruptionReason)reason.integerValue];
}

/// The session starts again by itself where the system says so; where it does not, we do.
- (void)interruptionEnded:(NSNotification *)notification {
    [self restart];
    [self tellInterrupted:NO reason:(AVCaptureSessionInterruptionReason)0];
}

/// Media services were reset, or worse: the session has stopped.
- (void)failedAtRunTime:(NSNotification *)notification {
    [self restart];
}

- (void)restart {
    dispatch_async(_queue, ^{
        if (self->_wanted && !self.captureSession.isRunning)
            [self.captureSession startRunning];
    });
}

- (void)turned:(NSNotification *)notification {
    const UIDeviceOrientation orientation = UIDevice.currentDevice.orientation;

    // flat on a table: as it was
    if (orientation >= UIDeviceOrientationPortrait && orientation <= UIDeviceOrientationLandscapeRight)
        self.orientation = orientation;
}

/// The sensor lies along the long side of the phone, with its top to the left of a portrait; the front one is mirrored.
- (RTCVideoRotation)rotation {
    const BOOL front = self.position == AVCaptureDevicePositionFront;

    switch (self.orientation) {
    case UIDeviceOrientationPortraitUpsideDown:
        return RTCVideoRotation_270;
    case UIDeviceOrientationLandscapeLeft:
        return front ? RTCVideoRotation_180 : RTCVideoRotation_0;
    case UIDeviceOrientationLandscapeRight:
        return front ? RTCVideoRotation_0 : RTCVideoRotation_180;
    default:
        return RTCVideoRotation_90;
    }
}

- (void)captureOutput:(AVCaptureOutput *)output
    didOutputSampleBuffer:(CMSampleBufferRef)sampleBuffer
           fromConnection:(AVCaptureConnection *)connection {
    CVPixelBufferRef pixels = CMSampleBufferGetImageBuffer(sampleBuffer);

    if (!pixels)
        return;
    // the host's clock and the engine's differ by what the phone slept
    const double age = CACurrentMediaTime() - CMTimeGetSeconds(CMSampleBufferGetPresentationTimeStamp(sampleBuffer));
    const int64_t captured = qua_device_now() * 1000 - (int64_t)(age * 1e9);
    RTCCVPixelBuffer *buffer = [[RTCCVPixelBuffer alloc] initWithPixelBuffer:pixels];

    [self.delegate capturer:self
        didCaptureVideoFrame:[[RTCVideoFrame alloc] initWithBuffer:buffer rotation:[self rotation] timeStampNs:captured]];
}

@end
