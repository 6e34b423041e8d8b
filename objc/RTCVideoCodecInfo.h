#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

RTC_EXTERN NSString *const kRTCVideoCodecViolaName;
RTC_EXTERN NSString *const kRTCVideoCodecVp8Name;
RTC_EXTERN NSString *const kRTCVideoCodecVp9Name;
RTC_EXTERN NSString *const kRTCVideoCodecH264Name;
RTC_EXTERN NSString *const kRTCVideoCodecAv1Name;

/// A codec as SDP names it.
RTC_OBJC_EXPORT
@interface RTCVideoCodecInfo : NSObject
@property(nonatomic, readonly) NSString *name;
/// a=fmtp
@property(nonatomic, readonly) NSDictionary<NSString *, NSString *> *parameters;
@property(nonatomic, readonly) NSArray<NSString *> *scalabilityModes;

- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithName:(NSString *)name;
- (instancetype)initWithName:(NSString *)name parameters:(nullable NSDictionary<NSString *, NSString *> *)parameters;
- (instancetype)initWithName:(NSString *)name
                  parameters:(nullable NSDictionary<NSString *, NSString *> *)parameters
            scalabilityModes:(NSArray<NSString *> *)scalabilityModes NS_DESIGNATED_INITIALIZER;
/// Same name without case and same parameters.
- (BOOL)isEqualToCodecInfo:(RTCVideoCodecInfo *)info;
@end

NS_ASSUME_NONNULL_END
