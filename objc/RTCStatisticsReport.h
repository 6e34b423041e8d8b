#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

/// One object of webrtc-stats.
RTC_OBJC_EXPORT
@interface RTCStatistics : NSObject
@property(nonatomic, readonly) NSString *id;
@property(nonatomic, readonly) NSTimeInterval timestamp_us;
/// "inbound-rtp", "outbound-rtp", "candidate-pair"
@property(nonatomic, readonly) NSString *type;
@property(nonatomic, readonly) NSDictionary<NSString *, NSObject *> *values;
- (instancetype)init NS_UNAVAILABLE;
@end

RTC_OBJC_EXPORT
@interface RTCStatisticsReport : NSObject
@property(nonatomic, readonly) NSTimeInterval timestamp_us;
@property(nonatomic, readonly) NSDictionary<NSString *, RTCStatistics *> *statistics;
- (instancetype)init NS_UNAVAILABLE;
@end

typedef void (^RTCStatisticsCompletionHandler)(RTCStatisticsReport *report);

NS_ASSUME_NONNULL_END
