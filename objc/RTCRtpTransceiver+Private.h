#import "QUAConnection.h"
#import "RTCRtpTransceiver.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCRtpTransceiver ()
- (instancetype)initWithConnection:(QUAConnection *)connection
                             index:(int)index
                              kind:(qua_kind)kind
                            sender:(RTCRtpSender *)sender
                          receiver:(RTCRtpReceiver *)receiver NS_DESIGNATED_INITIALIZER;
@property(nonatomic, readonly) int index;
+ (qua_direction)engineDirection:(RTCRtpTransceiverDirection)direction;
@end

NS_ASSUME_NONNULL_END
