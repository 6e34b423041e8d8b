#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

RTC_EXTERN NSString *const kRTCMediaConstraintsOfferToReceiveAudio;
RTC_EXTERN NSString *const kRTCMediaConstraintsOfferToReceiveVideo;
RTC_EXTERN NSString *const kRTCMediaConstraintsIceRestart;
RTC_EXTERN NSString *const kRTCMediaConstraintsVoiceActivityDetection;
RTC_EXTERN NSString *const kRTCMediaConstraintsValueTrue;
RTC_EXTERN NSString *const kRTCMediaConstraintsValueFalse;

/// Wishes as pairs of strings; what the engine does not know is ignored.
RTC_OBJC_EXPORT
@interface RTCMediaConstraints : NSObject
- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithMandatoryConstraints:(nullable NSDictionary<NSString *, NSString *> *)mandatory
                         optionalConstraints:(nullable NSDictionary<NSString *, NSString *> *)optional
    NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
