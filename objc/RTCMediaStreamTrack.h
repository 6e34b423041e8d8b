#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, RTCMediaStreamTrackState) { RTCMediaStreamTrackStateLive, RTCMediaStreamTrackStateEnded };

RTC_EXTERN NSString *const kRTCMediaStreamTrackKindAudio;
RTC_EXTERN NSString *const kRTCMediaStreamTrackKindVideo;

RTC_OBJC_EXPORT
@interface RTCMediaStreamTrack : NSObject
@property(nonatomic, readonly) NSString *kind;
@property(nonatomic, readonly) NSString *trackId;
/// NO: a local track sends nothing, a remote one is not shown.
@property(nonatomic, assign) BOOL isEnabled;
@property(nonatomic, readonly) RTCMediaStreamTrackState readyState;
- (instancetype)init NS_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
