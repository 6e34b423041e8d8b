#pragma once
#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN
typedef NSString *AVAudioSessionCategory;
typedef NSString *AVAudioSessionMode;
typedef NSString *AVAudioSessionPort;
extern AVAudioSessionCategory const AVAudioSessionCategoryPlayAndRecord;
extern AVAudioSessionCategory const AVAudioSessionCategoryAmbient;
extern AVAudioSessionMode const AVAudioSessionModeVideoChat;
extern AVAudioSessionMode const AVAudioSessionModeVoiceChat;
extern AVAudioSessionMode const AVAudioSessionModeDefault;
extern AVAudioSessionPort const AVAudioSessionPortBuiltInReceiver;
extern AVAudioSessionPort const AVAudioSessionPortBuiltInSpeaker;
extern AVAudioSessionPort const AVAudioSessionPortHeadphones;
extern AVAudioSessionPort const AVAudioSessionPortBluetoothHFP;
extern AVAudioSessionPort const AVAudioSessionPortBluetoothA2DP;
extern AVAudioSessionPort const AVAudioSessionPortAirPlay;
extern NSNotificationName const AVAudioSessionInterruptionNotification;
extern NSNotificationName const AVAudioSessionRouteChangeNotification;
extern NSNotificationName const AVAudioSessionMediaServicesWereLostNotification;
extern NSNotificationName const AVAudioSessionMediaServicesWereResetNotification;
extern NSString *const AVAudioSessionInterruptionTypeKey;
extern NSString *const AVAudioSessionInterruptionOptionKey;
extern NSString *const AVAudioSessionRouteChangeReasonKey;
extern NSString *const AVAudioSessionRouteChangePreviousRouteKey;
typedef NS_OPTIONS(NSUInteger, AVAudioSessionCategoryOptions) {
    AVAudioSessionCategoryOptionMixWithOthers = 0x1,
    AVAudioSessionCategoryOptionDuckOthers = 0x2,
    AVAudioSessionCategoryOptionDefaultToSpeaker = 0x8,
    AVAudioSessionCategoryOptionAllowBluetoothA2DP = 0x20,
    AVAudioSessionCategoryOptionAllowAirPlay = 0x40
};
// The API renamed AllowBluetooth to AllowBluetoothHFP in place; its value stayed.
#define AVAudioSessionCategoryOptionAllowBluetooth ((AVAudioSessionCategoryOptions)0x4)
typedef NS_OPTIONS(NSUInteger, AVAudioSessionSetActiveOptions) {
    AVAudioSessionSetActiveOptionNotifyOthersOnDeactivation = 1
};
typedef NS_ENUM(NSUInteger, AVAudioSessionPortOverride) {
    AVAudioSessionPortOverrideNone = 0,
    AVAudioSessionPortOverrideSpeaker = 0x73706b72
};
typedef NS_ENUM(NSUInteger, AVAudioSessionRouteChangeReason) {
    AVAudioSessionRouteChangeReasonUnknown = 0,
    AVAudioSessionRouteChangeReasonNewDeviceAvailable = 1,
    AVAudioSessionRouteChangeReasonOldDeviceUnavailable = 2,
    AVAudioSessionRouteChangeReasonCategoryChange = 3,
    AVAudioSessionRouteChangeReasonOverride = 4
};
typedef NS_ENUM(NSUInteger, AVAudioSessionInterruptionType) {
    AVAudioSessionInterruptionTypeEnded = 0,
    AVAudioSessionInterruptionTypeBegan = 1
};
typedef NS_OPTIONS(NSUInteger, AVAudioSessionInterruptionOptions) {
    AVAudioSessionInterruptionOptionShouldResume = 1
};
typedef NS_ENUM(NSInteger, AVAudioSessionRecordPermission) {
    AVAudioSessionRecordPermissionUndetermined = 0x756e6474,
    AVAudioSessionRecordPermissionDenied = 0x64656e79,
    AVAudioSessionRecordPermissionGranted = 0x67726e74
};
@interface AVAudioSessionPortDescription : NSObject
@property (readonly) AVAudioSessionPort portType;
@property (readonly) NSString *portName;
@property (readonly) NSString *UID;
@end
@interface AVAudioSessionRouteDescription : NSObject
@property (readonly) NSArray<AVAudioSessionPortDescription *> *inputs;
@property (readonly) NSArray<AVAudioSessionPortDescription *> *outputs;
@end
@interface AVAudioSession : NSObject
+ (AVAudioSession *)sharedInstance;
@property (readonly) AVAudioSessionCategory category;
@property (readonly) AVAudioSessionCategoryOptions categoryOptions;
@property (readonly) AVAudioSessionMode mode;
- (BOOL)setCategory:(AVAudioSessionCategory)category
               mode:(AVAudioSessionMode)mode
            options:(AVAudioSessionCategoryOptions)options
              error:(NSError *_Nullable *_Nullable)outError;
- (BOOL)setMode:(AVAudioSessionMode)mode error:(NSError *_Nullable *_Nullable)outError;
- (BOOL)setActive:(BOOL)active
      withOptions:(AVAudioSessionSetActiveOptions)options
            error:(NSError *_Nullable *_Nullable)outError;
- (BOOL)overrideOutputAudioPort:(AVAudioSessionPortOverride)portOverride error:(NSError *_Nullable *_Nullable)outError;
- (BOOL)setPreferredInput:(nullable AVAudioSessionPortDescription *)inPort error:(NSError *_Nullable *_Nullable)outError;
- (BOOL)setPreferredSampleRate:(double)sampleRate error:(NSError *_Nullable *_Nullable)outError;
- (BOOL)setPreferredIOBufferDuration:(NSTimeInterval)duration error:(NSError *_Nullable *_Nullable)outError;
@property (readonly, nullable) NSArray<AVAudioSessionPortDescription *> *availableInputs;
@property (readonly) AVAudioSessionRouteDescription *currentRoute;
@property (readonly) double sampleRate;
@property (readonly) double preferredSampleRate;
@property (readonly) NSTimeInterval IOBufferDuration;
@property (readonly) NSTimeInterval preferredIOBufferDuration;
@property (readonly) NSTimeInterval inputLatency;
@property (readonly) NSTimeInterval outputLatency;
@property (readonly) NSInteger inputNumberOfChannels;
@property (readonly) NSInteger outputNumberOfChannels;
@property (readonly) float outputVolume;
@property (readonly, getter=isInputAvailable) BOOL inputAvailable;
@property (readonly) BOOL secondaryAudioShouldBeSilencedHint;
@property (readonly) AVAudioSessionRecordPermission recordPermission;
- (void)requestRecordPermission:(void (^)(BOOL granted))response;
@end
NS_ASSUME_NONNULL_END
