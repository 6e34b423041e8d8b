#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, RTCSdpType) { RTCSdpTypeOffer, RTCSdpTypePrAnswer, RTCSdpTypeAnswer, RTCSdpTypeRollback };

/// A description of one side of a connection (RFC 9429).
RTC_OBJC_EXPORT
@interface RTCSessionDescription : NSObject
@property(nonatomic, readonly) RTCSdpType type;
@property(nonatomic, readonly) NSString *sdp;

- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithType:(RTCSdpType)type sdp:(NSString *)sdp NS_DESIGNATED_INITIALIZER;
/// "offer", "pranswer", "answer" or "rollback".
+ (NSString *)stringForType:(RTCSdpType)type;
/// Offer for a word that it does not know.
+ (RTCSdpType)typeForString:(NSString *)string;
@end

NS_ASSUME_NONNULL_END
