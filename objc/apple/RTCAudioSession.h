#import <AVFAudio/AVFAudio.h>

#import "QUAMacros.h"

@class RTCAudioSession, RTCAudioSessionConfiguration;

NS_ASSUME_NONNULL_BEGIN

RTC_EXTERN NSString *const kRTCAudioSessionErrorDomain;
/// A setter was called outside of -lockForConfiguration.
RTC_EXTERN NSInteger const kRTCAudioSessionErrorLockRequired;
RTC_EXTERN NSInteger const kRTCAudioSessionErrorConfiguration;

/// Told on whichever thread it happens.
@protocol RTCAudioSessionDelegate <NSObject>
@optional
- (void)audioSessionDidBeginInterruption:(RTCAudioSession *)session;
- (void)audioSessionDidEndInterruption:(RTCAudioSession *)session shouldResumeSession:(BOOL)shouldResumeSession;
- (void)audioSessionDidChangeRoute:(RTCAudioSession *)session
                            reason:(AVAudioSessionRouteChangeReason)reason
                     previousRoute:(AVAudioSessionRouteDescription *)previousRoute;
- (void)audioSessionMediaServerTerminated:(RTCAudioSession *)session;
- (void)audioSessionMediaServerReset:(RTCAudioSession *)session;
- (void)audioSession:(RTCAudioSession *)session didChangeCanPlayOrRecord:(BOOL)canPlayOrRecord;
- (void)audioSessionDidStartPlayOrRecord:(RTCAudioSession *)session;
- (void)audioSessionDidStopPlayOrRecord:(RTCAudioSession *)session;
- (void)audioSession:(RTCAudioSession *)audioSession willSetActive:(BOOL)active;
- (void)audioSession:(RTCAudioSession *)audioSession didSetActive:(BOOL)active;
- (void)audioSession:(RTCAudioSession *)audioSession failedToSetActive:(BOOL)active error:(NSError *)error;
- (void)audioSession:(RTCAudioSession *)audioSession audioUnitStartFailedWithError:(NSError *)error;
@end

/// CallKit's provider delegate passes on what it is told of the session.
@protocol RTCAudioSessionActivationDelegate <NSObject>
- (void)audioSessionDidActivate:(AVAudioSession *)session;
- (void)audioSessionDidDeactivate:(AVAudioSession *)session;
@end

/// The one audio session of the app, shared with the voice-processing unit. With `useManualAudio` sound runs only while
/// `isAudioEnabled`: an app with CallKit sets it in -provider:didActivateAudioSession: and clears it at deactivation, as
/// sound started any earlier is lost.
RTC_OBJC_EXPORT
@interface RTCAudioSession : NSObject <RTCAudioSessionActivationDelegate>
@property(nonatomic, readonly) AVAudioSession *session;
@property(atomic, readonly) BOOL isActive;
@property(atomic, assign) BOOL useManualAudio;
@property(atomic, assign) BOOL isAudioEnabled;
/// Sound may run: not interrupted, and enabled where that is manual.
@property(nonatomic, readonly) BOOL canPlayOrRecord;
@property(atomic, readonly) BOOL isInterrupted;
@property(readonly) NSString *category;
@property(readonly) AVAudioSessionCategoryOptions categoryOptions;
@property(readonly) NSString *mode;
@property(readonly) AVAudioSessionRouteDescription *currentRoute;
@property(readonly) double sampleRate;
@property(readonly) double preferredSampleRate;
@property(readonly) NSInteger inputNumberOfChannels;
@property(readonly) NSInteger outputNumberOfChannels;
@property(readonly) float outputVolume;
@property(readonly) NSTimeInterval inputLatency;
@property(readonly) NSTimeInterval outputLatency;
@property(readonly) NSTimeInterval IOBufferDuration;
@property(readonly) BOOL inputAvailable;

+ (instancetype)sharedInstance;
- (instancetype)init NS_UNAVAILABLE;
/// Held weakly.
- (void)addDelegate:(id<RTCAudioSessionDelegate>)delegate;
- (void)removeDelegate:(id<RTCAudioSessionDelegate>)delegate;
/// Recursive; the setters below need it.
- (void)lockForConfiguration;
- (void)unlockForConfiguration;
/// Counted: the session goes down with the last deactivation.
- (BOOL)setActive:(BOOL)active error:(NSError **)outError;
- (BOOL)setCategory:(AVAudioSessionCategory)category
               mode:(AVAudioSessionMode)mode
            options:(AVAudioSessionCategoryOptions)options
              error:(NSError **)outError;
- (BOOL)setMode:(AVAudioSessionMode)mode error:(NSError **)outError;
- (BOOL)setPreferredSampleRate:(double)sampleRate error:(NSError **)outError;
- (BOOL)setPreferredIOBufferDuration:(NSTimeInterval)duration error:(NSError **)outError;
- (BOOL)overrideOutputAudioPort:(AVAudioSessionPortOverride)portOverride error:(NSError **)outError;
- (BOOL)setPreferredInput:(AVAudioSessionPortDescription *)inPort error:(NSError **)outError;
- (BOOL)setConfiguration:(RTCAudioSessionConfiguration *)configuration error:(NSError **)outError;
- (BOOL)setConfiguration:(RTCAudioSessionConfiguration *)configuration active:(BOOL)active error:(NSError **)outError;
@end

RTC_OBJC_EXPORT
@interface RTCAudioSessionConfiguration : NSObject
@property(nonatomic, strong) NSString *category;
@property(nonatomic, assign) AVAudioSessionCategoryOptions categoryOptions;
@property(nonatomic, strong) NSString *mode;
@property(nonatomic, assign) double sampleRate;
@property(nonatomic, assign) NSTimeInterval ioBufferDuration;
@property(nonatomic, assign) NSInteger inputNumberOfChannels;
@property(nonatomic, assign) NSInteger outputNumberOfChannels;
/// A video call: PlayAndRecord, Bluetooth, 48 kHz in blocks of 10 ms.
- (instancetype)init;
+ (instancetype)currentConfiguration;
/// What the voice-processing unit asks for.
+ (instancetype)webRTCConfiguration;
+ (void)setWebRTCConfiguration:(RTCAudioSessionConfiguration *)configuration;
@end

NS_ASSUME_NONNULL_END
