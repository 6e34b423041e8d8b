#import "QUAEngine.h"
#import "RTCPeerConnectionFactory.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCPeerConnectionFactory ()
/// nil: it could not be made.
@property(nonatomic, readonly, nullable) QUAEngine *engine;
@end

NS_ASSUME_NONNULL_END
