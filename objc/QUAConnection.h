#import "QUAEngine.h"

NS_ASSUME_NONNULL_BEGIN

/// What the engine tells of a connection; on the engine's threads.
@protocol QUAConnectionOwner <NSObject>
- (void)connectionNeedsNegotiation;
- (void)connectionSignalingState:(qua_signaling_state)state;
- (void)connectionState:(qua_connection_state)state;
- (void)connectionIceState:(qua_ice_connection_state)state;
- (void)connectionGatheringState:(qua_gathering_state)state;
- (void)connectionCandidate:(const qua_candidate *)candidate;
- (void)connectionTrack:(int)transceiver trackId:(NSString *)trackId streamId:(NSString *)streamId;
- (void)connectionTrackEnded:(int)transceiver;
- (void)connectionVideo:(qua_frame *)frame transceiver:(int)transceiver;
@end

/// A connection of the C library, kept as long as anyone uses it. It knows its owner weakly: events that come while
/// the owner goes away find nobody.
@interface QUAConnection : NSObject
@property(nonatomic, readonly) qua_pc *pc;
@property(nonatomic, weak, nullable) id<QUAConnectionOwner> owner;

- (instancetype)init NS_UNAVAILABLE;
- (nullable instancetype)initWithEngine:(QUAEngine *)engine
                             iceServers:(const qua_ice_server *)servers
                                  count:(size_t)count
                              relayOnly:(BOOL)relayOnly NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
