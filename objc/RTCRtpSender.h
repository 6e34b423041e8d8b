#import "RTCMediaStreamTrack.h"
#import "RTCRtpParameters.h"

NS_ASSUME_NONNULL_BEGIN

@protocol RTCRtpSender <NSObject>
@property(nonatomic, readonly) NSString *senderId;
/// Setting it applies bitrate, frame rate and activity of the first encoding.
@property(nonatomic, copy) RTCRtpParameters *parameters;
/// Setting it is replaceTrack: another track of the same kind without negotiation, or nil to send nothing.
@property(nonatomic, strong, nullable) RTCMediaStreamTrack *track;
@property(nonatomic, copy) NSArray<NSString *> *streamIds;
@end

RTC_OBJC_EXPORT
@interface RTCRtpSender : NSObject <RTCRtpSender>
- (instancetype)init NS_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
