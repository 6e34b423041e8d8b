#import "QUACall.h"

/// What the C library's callbacks hold on to: outlives them, knows the call weakly.
@interface QUACallLink : NSObject
@property(nonatomic, weak) QUACall *call;
@end

@implementation QUACallLink
@end

static QUACall *callOf(void *context) {
    return ((__bridge QUACallLink *)context).call;
}

static void onState(void *context, qua_call_state state, int error, const char *reason) {
    @autoreleasepool {
        QUACall *call = callOf(context);

        [call.owner call:call state:state error:error reason:QUAString(reason)];
    }
}

static void onParticipant(void *context, const qua_participant *participant) {
    @autoreleasepool {
        QUACall *call = callOf(context);

        [call.owner call:call participant:participant];
    }
}

static void onParticipantLeft(void *context, const qua_participant *participant, const char *reason) {
    (void)reason;
    @autoreleasepool {
        QUACall *call = callOf(context);

        [call.owner call:call participantLeft:participant];
    }
}

static void onVideo(void *context, const qua_participant *participant, qua_frame *frame, qua_time decoded) {
    (void)decoded;
    @autoreleasepool {
        QUACall *call = callOf(context);

        [call.owner call:call video:frame from:participant];
    }
}

static void onChat(void *context, const qua_participant *participant, const char *text) {
    @autoreleasepool {
        QUACall *call = callOf(context);

        [call.owner call:call chat:QUAString(text) from:participant];
    }
}

@implementation QUACall {
    QUAEngine *_engine;
    QUACallLink *_link;
}

- (instancetype)initWithEngine:(QUAEngine *)engine owner:(id<QUACallOwner>)owner {
    self = [super init];
    if (self) {
        _engine = engine;
        _owner = owner;
        _link = [[QUACallLink alloc] init];
        _link.call = self;
    }
    return self;
}

- (int)join:(const qua_call_config *)config {
    qua_call_config full = *config;

    full.events = (qua_call_events){.state = onState,
                                    .participant_joined = onParticipant,
                                    .participant_changed = onParticipant,
                                    .participant_left = onParticipantLeft,
                                    .video = onVideo,
                                    .chat = onChat};
    full.context = (__bridge void *)_link;
    return qua_call_join(&_call, _engine.engine, &full);
}

/// No callback begins after qua_call_destroy, so the link may go with us.
- (void)dealloc {
    qua_call_destroy(&_call);
}

@end
