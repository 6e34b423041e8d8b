#import "QUAConnection.h"
#import "RTCRtpSender.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCRtpSender ()
- (instancetype)initWithConnection:(QUAConnection *)connection
                       transceiver:(int)transceiver
                              kind:(NSString *)kind
                             track:(nullable RTCMediaStreamTrack *)track
                         streamIds:(NSArray<NSString *> *)streamIds NS_DESIGNATED_INITIALIZER;
@property(nonatomic, readonly) int transceiver;
/// The track was enabled or disabled, or is another one: tell the engine what to send.
- (void)trackChanged;
@end

NS_ASSUME_NONNULL_END
