#import "RTCMediaStreamTrack.h"
#import "RTCRtpParameters.h"

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, RTCRtpMediaType) {
    RTCRtpMediaTypeAudio,
    RTCRtpMediaTypeVideo,
    RTCRtpMediaTypeData,
    RTCRtpMediaTypeUnsupported,
    RTCRtpMediaTypeAny,
};

@class RTCRtpReceiver;

@protocol RTCRtpReceiverDelegate <NSObject>
/// The first picture or sound of this receiver has come.
- (void)rtpReceiver:(RTCRtpReceiver *)rtpReceiver didReceiveFirstPacketForMediaType:(RTCRtpMediaType)mediaType;
@end

@protocol RTCRtpReceiver <NSObject>
@property(nonatomic, readonly) NSString *receiverId;
@property(nonatomic, readonly) RTCRtpParameters *parameters;
@property(nonatomic, readonly, nullable) RTCMediaStreamTrack *track;
@property(nonatomic, weak, nullable) id<RTCRtpReceiverDelegate> delegate;
@end

RTC_OBJC_EXPORT
@interface RTCRtpReceiver : NSObject <RTCRtpReceiver>
- (instancetype)init NS_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
