#import "QUAConditions.h"
#import "RTCPeerConnectionFactory.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCPeerConnectionFactory ()
/// nil: it could not be made.
@property(nonatomic, readonly, nullable) QUAEngine *engine;
/// What the phone can bear; limits the cameras of this factory. nil: without an engine.
@property(nonatomic, readonly, nullable) QUAConditions *conditions;
@end

NS_ASSUME_NONNULL_END
