#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, RTCSourceState) {
    RTCSourceStateInitializing,
    RTCSourceStateLive,
    RTCSourceStateEnded,
    RTCSourceStateMuted,
};

RTC_OBJC_EXPORT
@interface RTCMediaSource : NSObject
@property(nonatomic, readonly) RTCSourceState state;
- (instancetype)init NS_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
