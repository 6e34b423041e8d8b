#pragma once
#import <AVFAudio/AVFAudio.h>
#import <CoreMedia/CoreMedia.h>
#import <QuartzCore/QuartzCore.h>

NS_ASSUME_NONNULL_BEGIN
@class AVCaptureConnection, AVCaptureSession;
typedef NSString *AVMediaType;
typedef NSString *AVCaptureDeviceType;
typedef NSString *AVCaptureSessionPreset;
typedef NSString *AVMetadataObjectType;
typedef NSString *AVLayerVideoGravity;
extern AVMediaType const AVMediaTypeVideo;
extern AVMediaType const AVMediaTypeAudio;
extern AVCaptureDeviceType const AVCaptureDeviceTypeBuiltInWideAngleCamera;
extern AVCaptureSessionPreset const AVCaptureSessionPresetInputPriority;
extern AVMetadataObjectType const AVMetadataObjectTypeQRCode;
extern AVLayerVideoGravity const AVLayerVideoGravityResizeAspect;
extern AVLayerVideoGravity const AVLayerVideoGravityResizeAspectFill;
extern NSNotificationName const AVCaptureSessionRuntimeErrorNotification;
extern NSNotificationName const AVCaptureSessionWasInterruptedNotification;
extern NSNotificationName const AVCaptureSessionInterruptionEndedNotification;
extern NSString *const AVCaptureSessionErrorKey;
extern NSString *const AVCaptureSessionInterruptionReasonKey;
typedef NS_ENUM(NSInteger, AVCaptureDevicePosition) {
    AVCaptureDevicePositionUnspecified = 0,
    AVCaptureDevicePositionBack = 1,
    AVCaptureDevicePositionFront = 2
};
typedef NS_ENUM(NSInteger, AVCaptureTorchMode) { AVCaptureTorchModeOff = 0, AVCaptureTorchModeOn = 1 };
typedef NS_ENUM(NSInteger, AVAuthorizationStatus) {
    AVAuthorizationStatusNotDetermined = 0,
    AVAuthorizationStatusRestricted = 1,
    AVAuthorizationStatusDenied = 2,
    AVAuthorizationStatusAuthorized = 3
};
typedef NS_ENUM(NSInteger, AVCaptureSessionInterruptionReason) {
    AVCaptureSessionInterruptionReasonVideoDeviceNotAvailableInBackground = 1,
    AVCaptureSessionInterruptionReasonAudioDeviceInUseByAnotherClient = 2,
    AVCaptureSessionInterruptionReasonVideoDeviceInUseByAnotherClient = 3,
    AVCaptureSessionInterruptionReasonVideoDeviceNotAvailableWithMultipleForegroundApps = 4,
    AVCaptureSessionInterruptionReasonVideoDeviceNotAvailableDueToSystemPressure = 5
};
@interface AVFrameRateRange : NSObject
@property (readonly) double minFrameRate;
@property (readonly) double maxFrameRate;
@end
@interface AVCaptureDeviceFormat : NSObject
@property (nonatomic, readonly) CMFormatDescriptionRef formatDescription;
@property (nonatomic, readonly) NSArray<AVFrameRateRange *> *videoSupportedFrameRateRanges;
@end
@interface AVCaptureDevice : NSObject
@property (nonatomic, readonly) NSString *uniqueID;
@property (nonatomic, readonly) NSString *localizedName;
@property (nonatomic, readonly) AVCaptureDevicePosition position;
@property (nonatomic, readonly) NSArray<AVCaptureDeviceFormat *> *formats;
@property (nonatomic, strong) AVCaptureDeviceFormat *activeFormat;
@property (nonatomic) CMTime activeVideoMinFrameDuration;
@property (nonatomic) CMTime activeVideoMaxFrameDuration;
@property (nonatomic) CGFloat videoZoomFactor;
@property (nonatomic, readonly) CGFloat minAvailableVideoZoomFactor;
@property (nonatomic, readonly) CGFloat maxAvailableVideoZoomFactor;
@property (nonatomic, readonly) BOOL hasTorch;
@property (nonatomic) AVCaptureTorchMode torchMode;
+ (AVAuthorizationStatus)authorizationStatusForMediaType:(AVMediaType)mediaType;
+ (void)requestAccessForMediaType:(AVMediaType)mediaType completionHandler:(void (^)(BOOL granted))handler;
- (BOOL)lockForConfiguration:(NSError *_Nullable *_Nullable)outError;
- (void)unlockForConfiguration;
- (BOOL)isTorchModeSupported:(AVCaptureTorchMode)torchMode;
@end
@interface AVCaptureDeviceDiscoverySession : NSObject
+ (instancetype)discoverySessionWithDeviceTypes:(NSArray<AVCaptureDeviceType> *)deviceTypes
                                      mediaType:(nullable AVMediaType)mediaType
                                       position:(AVCaptureDevicePosition)position;
@property (nonatomic, readonly) NSArray<AVCaptureDevice *> *devices;
@end
@interface AVCaptureInput : NSObject
@end
@interface AVCaptureOutput : NSObject
@property (nonatomic, readonly) NSArray<AVCaptureConnection *> *connections;
@end
@interface AVCaptureDeviceInput : AVCaptureInput
+ (nullable instancetype)deviceInputWithDevice:(AVCaptureDevice *)device error:(NSError *_Nullable *_Nullable)outError;
@property (nonatomic, readonly) AVCaptureDevice *device;
@end
@interface AVCaptureInputPort : NSObject
@property (nonatomic, readonly) AVCaptureInput *input;
@end
@interface AVCaptureConnection : NSObject
@property (nonatomic, readonly) NSArray<AVCaptureInputPort *> *inputPorts;
@end
@protocol AVCaptureVideoDataOutputSampleBufferDelegate <NSObject>
@optional
- (void)captureOutput:(AVCaptureOutput *)output
    didOutputSampleBuffer:(CMSampleBufferRef)sampleBuffer
           fromConnection:(AVCaptureConnection *)connection;
- (void)captureOutput:(AVCaptureOutput *)output
    didDropSampleBuffer:(CMSampleBufferRef)sampleBuffer
         fromConnection:(AVCaptureConnection *)connection;
@end
@interface AVCaptureVideoDataOutput : AVCaptureOutput
- (void)setSampleBufferDelegate:(nullable id<AVCaptureVideoDataOutputSampleBufferDelegate>)sampleBufferDelegate
                          queue:(nullable dispatch_queue_t)sampleBufferCallbackQueue;
@property (nonatomic, copy, null_resettable) NSDictionary<NSString *, id> *videoSettings;
@property (nonatomic, readonly) NSArray<NSNumber *> *availableVideoCVPixelFormatTypes;
@property (nonatomic) BOOL alwaysDiscardsLateVideoFrames;
@end
@interface AVMetadataObject : NSObject
@property (readonly) AVMetadataObjectType type;
@end
@interface AVMetadataMachineReadableCodeObject : AVMetadataObject
@property (readonly, nullable) NSString *stringValue;
@end
@protocol AVCaptureMetadataOutputObjectsDelegate <NSObject>
@optional
- (void)captureOutput:(AVCaptureOutput *)output
    didOutputMetadataObjects:(NSArray<__kindof AVMetadataObject *> *)metadataObjects
              fromConnection:(AVCaptureConnection *)connection;
@end
@interface AVCaptureMetadataOutput : AVCaptureOutput
- (void)setMetadataObjectsDelegate:(nullable id<AVCaptureMetadataOutputObjectsDelegate>)objectsDelegate
                             queue:(nullable dispatch_queue_t)objectsCallbackQueue;
@property (nonatomic, copy, null_resettable) NSArray<AVMetadataObjectType> *metadataObjectTypes;
@end
@interface AVCaptureSession : NSObject
@property (nonatomic, copy) AVCaptureSessionPreset sessionPreset;
@property (nonatomic, readonly, getter=isRunning) BOOL running;
@property (nonatomic, readonly) NSArray<AVCaptureInput *> *inputs;
@property (nonatomic, readonly, getter=isMultitaskingCameraAccessSupported) BOOL multitaskingCameraAccessSupported;
@property (nonatomic, getter=isMultitaskingCameraAccessEnabled) BOOL multitaskingCameraAccessEnabled;
@property (nonatomic) BOOL usesApplicationAudioSession;
- (BOOL)canAddInput:(AVCaptureInput *)input;
- (void)addInput:(AVCaptureInput *)input;
- (void)removeInput:(AVCaptureInput *)input;
- (BOOL)canAddOutput:(AVCaptureOutput *)output;
- (void)addOutput:(AVCaptureOutput *)output;
- (void)beginConfiguration;
- (void)commitConfiguration;
- (void)startRunning;
- (void)stopRunning;
@end
@interface AVCaptureVideoPreviewLayer : CALayer
+ (instancetype)layerWithSession:(AVCaptureSession *)session;
@property (nonatomic, strong, nullable) AVCaptureSession *session;
@property (copy) AVLayerVideoGravity videoGravity;
@end
@interface AVSampleBufferDisplayLayer : CALayer
@property (copy) AVLayerVideoGravity videoGravity;
- (void)enqueueSampleBuffer:(CMSampleBufferRef)sampleBuffer;
- (void)flush;
@end
NS_ASSUME_NONNULL_END
