#import "QUAConnection.h"

/// What the C library's callbacks hold on to: outlives the connection's callbacks, knows the connection weakly.
@interface QUAConnectionLink : NSObject
@property(nonatomic, weak) QUAConnection *connection;
@end

@implementation QUAConnectionLink
@end

static id<QUAConnectionOwner> ownerOf(void *context) {
    return ((__bridge QUAConnectionLink *)context).connection.owner;
}

static void onNegotiationNeeded(void *context) {
    @autoreleasepool {
        [ownerOf(context) connectionNeedsNegotiation];
    }
}

static void onSignalingState(void *context, qua_signaling_state state) {
    @autoreleasepool {
        [ownerOf(context) connectionSignalingState:state];
    }
}

static void onConnectionState(void *context, qua_connection_state state) {
    @autoreleasepool {
        [ownerOf(context) connectionState:state];
    }
}

static void onIceState(void *context, qua_ice_connection_state state) {
    @autoreleasepool {
        [ownerOf(context) connectionIceState:state];
    }
}

static void onGatheringState(void *context, qua_gathering_state state) {
    @autoreleasepool {
        [ownerOf(context) connectionGatheringState:state];
    }
}

static void onCandidate(void *context, const qua_candidate *candidate) {
    @autoreleasepool {
        [ownerOf(context) connectionCandidate:candidate];
    }
}

static void onTrack(void *context, int transceiver, qua_kind kind, const char *trackId, const char *streamId) {
    (void)kind;
    @autoreleasepool {
        [ownerOf(context) connectionTrack:transceiver trackId:QUAString(trackId) streamId:QUAString(streamId)];
    }
}

static void onTrackEnded(void *context, int transceiver) {
    @autoreleasepool {
        [ownerOf(context) connectionTrackEnded:transceiver];
    }
}

static void onVideo(void *context, int transceiver, qua_frame *frame, qua_time decoded) {
    (void)decoded;
    @autoreleasepool {
        [ownerOf(context) connectionVideo:frame transceiver:transceiver];
    }
}

@implementation QUAConnection {
    QUAEngine *_engine;
    QUAConnectionLink *_link;
}

- (instancetype)initWithEngine:(QUAEngine *)engine
                    iceServers:(const qua_ice_server *)servers
                         count:(size_t)count
                     relayOnly:(BOOL)relayOnly {
    self = [super init];
    if (!self)
        return nil;
    _engine = engine;
    _link = [[QUAConnectionLink alloc] init];
    _link.connection = self;
    const qua_pc_config config = {
        .ice_servers = servers,
        .ice_server_count = count,
        .relay_only = relayOnly,
        .events = {.negotiation_needed = onNegotiationNeeded,
                   .signaling_state = onSignalingState,
                   .connection_state = onConnectionState,
                   .ice_connection_state = onIceState,
                   .gathering_state = onGatheringState,
                   .ice_candidate = onCandidate,
                   .track = onTrack,
                   .track_ended = onTrackEnded,
                   .video = onVideo},
        .context = (__bridge void *)_link,
    };
    if (qua_pc_create(&_pc, engine.engine, &config) != 0)
        return nil;
    return self;
}

/// No callback runs after qua_pc_destroy, so the link may go with us.
- (void)dealloc {
    qua_pc_destroy(&_pc);
}

@end
