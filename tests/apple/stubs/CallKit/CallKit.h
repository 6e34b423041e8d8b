#pragma once
#import <AVFAudio/AVFAudio.h>

NS_ASSUME_NONNULL_BEGIN
@class CXProvider, CXTransaction, CXCall;
typedef NS_ENUM(NSInteger, CXHandleType) {
    CXHandleTypeGeneric = 1,
    CXHandleTypePhoneNumber = 2,
    CXHandleTypeEmailAddress = 3
};
typedef NS_ENUM(NSInteger, CXCallEndedReason) {
    CXCallEndedReasonFailed = 1,
    CXCallEndedReasonRemoteEnded = 2,
    CXCallEndedReasonUnanswered = 3,
    CXCallEndedReasonAnsweredElsewhere = 4,
    CXCallEndedReasonDeclinedElsewhere = 5
};
@interface CXHandle : NSObject
- (instancetype)initWithType:(CXHandleType)type value:(NSString *)value NS_DESIGNATED_INITIALIZER;
@property (nonatomic, readonly, copy) NSString *value;
- (instancetype)init NS_UNAVAILABLE;
@end
@interface CXCallUpdate : NSObject
@property (nonatomic, copy, nullable) CXHandle *remoteHandle;
@property (nonatomic, copy, nullable) NSString *localizedCallerName;
@property (nonatomic) BOOL supportsHolding;
@property (nonatomic) BOOL supportsGrouping;
@property (nonatomic) BOOL supportsUngrouping;
@property (nonatomic) BOOL supportsDTMF;
@property (nonatomic) BOOL hasVideo;
@end
@interface CXProviderConfiguration : NSObject
- (instancetype)init NS_DESIGNATED_INITIALIZER;
@property (nonatomic) NSUInteger maximumCallsPerCallGroup;
@property (nonatomic) BOOL supportsVideo;
@property (nonatomic) BOOL includesCallsInRecents;
@property (nonatomic, copy) NSSet<NSNumber *> *supportedHandleTypes;
@end
@interface CXAction : NSObject
- (void)fulfill;
- (void)fail;
@end
@interface CXCallAction : CXAction
@property (nonatomic, readonly, copy) NSUUID *callUUID;
- (instancetype)initWithCallUUID:(NSUUID *)callUUID;
@end
@interface CXStartCallAction : CXCallAction
- (instancetype)initWithCallUUID:(NSUUID *)callUUID handle:(CXHandle *)handle;
@property (nonatomic, copy) CXHandle *handle;
@property (nonatomic, getter=isVideo) BOOL video;
@end
@interface CXAnswerCallAction : CXCallAction
@end
@interface CXEndCallAction : CXCallAction
@end
@interface CXSetHeldCallAction : CXCallAction
- (instancetype)initWithCallUUID:(NSUUID *)callUUID onHold:(BOOL)onHold;
@property (nonatomic, getter=isOnHold) BOOL onHold;
@end
@interface CXSetMutedCallAction : CXCallAction
- (instancetype)initWithCallUUID:(NSUUID *)callUUID muted:(BOOL)muted;
@property (nonatomic, getter=isMuted) BOOL muted;
@end
@interface CXTransaction : NSObject
- (instancetype)initWithAction:(CXAction *)action;
@end
@interface CXCallController : NSObject
- (void)requestTransaction:(CXTransaction *)transaction completion:(void (^)(NSError *_Nullable error))completion;
@end
@protocol CXProviderDelegate <NSObject>
- (void)providerDidReset:(CXProvider *)provider;
@optional
- (void)provider:(CXProvider *)provider performStartCallAction:(CXStartCallAction *)action;
- (void)provider:(CXProvider *)provider performAnswerCallAction:(CXAnswerCallAction *)action;
- (void)provider:(CXProvider *)provider performEndCallAction:(CXEndCallAction *)action;
- (void)provider:(CXProvider *)provider performSetHeldCallAction:(CXSetHeldCallAction *)action;
- (void)provider:(CXProvider *)provider performSetMutedCallAction:(CXSetMutedCallAction *)action;
- (void)provider:(CXProvider *)provider timedOutPerformingAction:(CXAction *)action;
- (void)provider:(CXProvider *)provider didActivateAudioSession:(AVAudioSession *)audioSession;
- (void)provider:(CXProvider *)provider didDeactivateAudioSession:(AVAudioSession *)audioSession;
@end
@interface CXProvider : NSObject
- (instancetype)initWithConfiguration:(CXProviderConfiguration *)configuration NS_DESIGNATED_INITIALIZER;
- (void)setDelegate:(nullable id<CXProviderDelegate>)delegate queue:(nullable dispatch_queue_t)queue;
- (void)reportNewIncomingCallWithUUID:(NSUUID *)UUID
                               update:(CXCallUpdate *)update
                           completion:(void (^)(NSError *_Nullable error))completion;
- (void)reportCallWithUUID:(NSUUID *)UUID updated:(CXCallUpdate *)update;
- (void)reportCallWithUUID:(NSUUID *)UUID
               endedAtDate:(nullable NSDate *)dateEnded
                    reason:(CXCallEndedReason)endedReason;
- (void)reportOutgoingCallWithUUID:(NSUUID *)UUID startedConnectingAtDate:(nullable NSDate *)dateStartedConnecting;
- (void)reportOutgoingCallWithUUID:(NSUUID *)UUID connectedAtDate:(nullable NSDate *)dateConnected;
- (void)invalidate;
@end
NS_ASSUME_NONNULL_END
