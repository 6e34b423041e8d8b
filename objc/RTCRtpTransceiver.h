#import "RTCRtpReceiver.h"
#import "RTCRtpSender.h"

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, RTCRtpTransceiverDirection) {
    RTCRtpTransceiverDirectionSendRecv,
    RTCRtpTransceiverDirectionSendOnly,
    RTCRtpTransceiverDirectionRecvOnly,
    RTCRtpTransceiverDirectionInactive,
    RTCRtpTransceiverDirectionStopped,
};

/// How a transceiver begins.
RTC_OBJC_EXPORT
@interface RTCRtpTransceiverInit : NSObject
@property(nonatomic) RTCRtpTransceiverDirection direction;
@property(nonatomic) NSArray<NSString *> *streamIds;
@property(nonatomic) NSArray<RTCRtpEncodingParameters *> *sendEncodings;
@end

@protocol RTCRtpTransceiver <NSObject>
@property(nonatomic, readonly) RTCRtpMediaType mediaType;
/// "" before it is in a description.
@property(nonatomic, readonly) NSString *mid;
@property(nonatomic, readonly) RTCRtpSender *sender;
@property(nonatomic, readonly) RTCRtpReceiver *receiver;
@property(nonatomic, readonly) BOOL isStopped;
@property(nonatomic, readonly) RTCRtpTransceiverDirection direction;
/// @return NO before the first negotiation
- (BOOL)currentDirection:(RTCRtpTransceiverDirection *)currentDirectionOut;
- (void)stopInternal;
- (void)setDirection:(RTCRtpTransceiverDirection)direction error:(NSError *_Nullable *_Nullable)error;
@end

RTC_OBJC_EXPORT
@interface RTCRtpTransceiver : NSObject <RTCRtpTransceiver>
- (instancetype)init NS_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
