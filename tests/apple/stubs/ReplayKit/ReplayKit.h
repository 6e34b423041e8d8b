#pragma once
#import <CoreMedia/CoreMedia.h>
#import <UIKit/UIKit.h>

NS_ASSUME_NONNULL_BEGIN
typedef NS_ENUM(NSInteger, RPSampleBufferType) {
    RPSampleBufferTypeVideo = 1,
    RPSampleBufferTypeAudioApp = 2,
    RPSampleBufferTypeAudioMic = 3
};
extern NSString *const RPVideoSampleOrientationKey;
@interface RPBroadcastHandler : NSObject
@end
@interface RPBroadcastSampleHandler : RPBroadcastHandler
- (void)broadcastStartedWithSetupInfo:(nullable NSDictionary<NSString *, NSObject *> *)setupInfo;
- (void)broadcastPaused;
- (void)broadcastResumed;
- (void)broadcastFinished;
- (void)processSampleBuffer:(CMSampleBufferRef)sampleBuffer withType:(RPSampleBufferType)sampleBufferType;
- (void)finishBroadcastWithError:(NSError *)error;
@end
@interface RPSystemBroadcastPickerView : UIView
@property (nonatomic, strong, nullable) NSString *preferredExtension;
@property (nonatomic, assign) BOOL showsMicrophoneButton;
@end
NS_ASSUME_NONNULL_END
