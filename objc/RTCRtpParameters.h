#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

/// One encoding of a track.
RTC_OBJC_EXPORT
@interface RTCRtpEncodingParameters : NSObject
@property(nonatomic, copy, nullable) NSString *rid;
@property(nonatomic, assign) BOOL isActive;
@property(nonatomic, copy, nullable) NSNumber *maxBitrateBps;
@property(nonatomic, copy, nullable) NSNumber *minBitrateBps;
@property(nonatomic, copy, nullable) NSNumber *maxFramerate;
@property(nonatomic, copy, nullable) NSNumber *numTemporalLayers;
@property(nonatomic, copy, nullable) NSNumber *scaleResolutionDownBy;
@property(nonatomic, readonly, nullable) NSNumber *ssrc;
@property(nonatomic, assign) double bitratePriority;
- (instancetype)init NS_DESIGNATED_INITIALIZER;
@end

RTC_OBJC_EXPORT
@interface RTCRtpParameters : NSObject
@property(nonatomic, copy) NSString *transactionId;
@property(nonatomic, copy) NSArray<RTCRtpEncodingParameters *> *encodings;
- (instancetype)init NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
