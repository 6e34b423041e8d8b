#import "QUAConnection.h"
#import "RTCPeerConnection.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCPeerConnection () <QUAConnectionOwner>
- (nullable instancetype)initWithEngine:(QUAEngine *)engine
                          configuration:(RTCConfiguration *)configuration
                               delegate:(nullable id<RTCPeerConnectionDelegate>)delegate NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
