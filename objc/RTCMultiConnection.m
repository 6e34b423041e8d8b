#import "RTCMultiConnection.h"
#import "QUACall.h"
#import "QUAError.h"
#import "RTCAudioSource+Private.h"
#import "RTCAudioTrack+Private.h"
#import "RTCIceServer+Private.h"
#import "RTCMediaStream+Private.h"
#import "RTCPeerConnectionFactory+Private.h"
#import "RTCVideoFrame+Private.h"
#import "RTCVideoSource+Private.h"
#import "RTCVideoTrack+Private.h"

#define MOST_PARTICIPANTS 4

typedef void (^Completion)(NSError *_Nullable error);

@interface RTCMultiConnectionParticipant ()
@property(atomic, readwrite, getter=isConnected) BOOL connected;
@property(atomic, readwrite, getter=isAudioMuted) BOOL audioMuted;
@property(atomic, readwrite, getter=isVideoMuted) BOOL videoMuted;
@property(atomic) BOOL streaming; // onstream was told
@end

@implementation RTCMultiConnectionParticipant

- (instancetype)initWithParticipant:(const qua_participant *)participant {
    self = [super init];
    if (self) {
        RTCVideoSource *video = [[RTCVideoSource alloc] initWithEngine:nil];
        RTCAudioSource *audio = [[RTCAudioSource alloc] initWithEngine:nil];

        _userid = QUAString(participant->id);
        _name = QUAString(participant->name);
        _stream = [[RTCMediaStream alloc] initWithStreamId:_userid];
        [_stream addVideoTrack:[[RTCVideoTrack alloc] initWithSource:video trackId:@"video"]];
        [_stream addAudioTrack:[[RTCAudioTrack alloc] initWithSource:audio trackId:@"audio"]];
    }
    return self;
}

@end

@interface RTCMultiConnection () <QUACallOwner>
@end

@implementation RTCMultiConnection {
    RTCPeerConnectionFactory *_factory;
    NSString *_socketURL;
    RTCMediaStream *_stream; // under @synchronized(self), as all below
    QUACall *_call;          // released outside of it: that waits for callbacks
    NSString *_sessionid;
    BOOL _joined, _audioMuted, _videoMuted;
    Completion _completion;
    NSMutableDictionary<NSString *, RTCMultiConnectionParticipant *> *_participants;
}

- (instancetype)initWithFactory:(RTCPeerConnectionFactory *)factory socketURL:(NSString *)socketURL {
    self = [super init];
    if (self) {
        _factory = factory;
        _socketURL = [socketURL copy];
        _name = @"";
        _iceServers = @[];
        _participants = [NSMutableDictionary dictionary];
    }
    return self;
}

- (NSUInteger)maxParticipantsAllowed {
    return MOST_PARTICIPANTS;
}

- (NSString *)sessionid {
    @synchronized(self) {
        return _sessionid;
    }
}

- (BOOL)isJoined {
    @synchronized(self) {
        return _joined;
    }
}

- (NSArray<RTCMultiConnectionParticipant *> *)participants {
    @synchronized(self) {
        return _participants.allValues;
    }
}

- (void)addStream:(RTCMediaStream *)stream {
    @synchronized(self) {
        _stream = stream;
    }
}

/* ---- coming and going -------------------------------------------------------------------------------------------- */

/// Our place in a room for a call about to join. @return NO: there is one already
- (BOOL)beginCall:(QUACall *)call room:(NSString *)roomid completion:(Completion)completion {
    @synchronized(self) {
        if (_call)
            return NO;
        _call = call;
        _sessionid = [roomid copy];
        _completion = [completion copy];
        return YES;
    }
}

- (int)start:(QUACall *)call room:(NSString *)roomid {
    NSString *url = [NSString stringWithFormat:@"%@/%@", _socketURL, roomid];
    qua_ice_server servers[QUA_MAX_ICE_SERVERS];
    RTCMediaStream *stream;

    @synchronized(self) {
        stream = _stream;
    }
    const qua_call_config config = {.url = url.UTF8String,
                                    .name = self.name.UTF8String,
                                    .video = stream.videoTracks.firstObject.source.source,
                                    .audio = stream.audioTracks.firstObject.source.source,
                                    .ice_servers = servers,
                                    .ice_server_count = QUAFillIceServers(self.iceServers, servers)};
    return [call join:&config];
}

- (void)openOrJoin:(NSString *)roomid completion:(Completion)completion {
    QUAEngine *engine = _factory.engine;
    QUACall *call = engine ? [[QUACall alloc] initWithEngine:engine owner:self] : nil;
    int error;

    if (!call || ![self beginCall:call room:roomid completion:completion]) {
        if (completion)
            completion(QUAMakeError(call ? QUA_ESTATE : QUA_ENOMEM, nil));
        return;
    }
    error = [self start:call room:roomid];
    if (error)
        [self end:call error:error reason:nil];
}

- (void)join:(NSString *)roomid completion:(Completion)completion {
    [self openOrJoin:roomid completion:completion];
}

- (void)participantGone:(RTCMultiConnectionParticipant *)participant {
    participant.connected = NO;
    if (participant.streaming && self.onstreamended)
        self.onstreamended(participant);
    if (self.onUserStatusChanged)
        self.onUserStatusChanged(participant, NO);
}

/// Give up our place in the room, if `call` still has it, and tell everyone's end.
- (void)end:(QUACall *)call error:(int)error reason:(NSString *)reason {
    NSArray<RTCMultiConnectionParticipant *> *gone;
    Completion completion;

    @synchronized(self) {
        if (!call || _call != call)
            return;
        _call = nil; // the caller has it
        _joined = NO;
        completion = _completion;
        _completion = nil;
        gone = _participants.allValues;
        [_participants removeAllObjects];
    }
    for (RTCMultiConnectionParticipant *participant in gone)
        [self participantGone:participant];
    if (error == QUA_EROOMFULL && self.onRoomFull)
        self.onRoomFull(self.sessionid ?: @"");
    if (completion)
        completion(QUAMakeError(error ? error : QUA_ECLOSED, reason));
}

- (QUACall *)currentCall {
    @synchronized(self) {
        return _call;
    }
}

- (void)leave {
    QUACall *call = [self currentCall];

    if (call.call)
        (void)qua_call_leave(call.call); // the goodbye need not wait for the last reference to go
    [self end:call error:0 reason:nil];
}

- (void)rejoinWithCompletion:(Completion)completion {
    NSString *room = self.sessionid;

    [self leave];
    if (room)
        [self openOrJoin:room completion:completion];
    else if (completion)
        completion(QUAMakeError(QUA_ESTATE, nil));
}

/* ---- what we do in the room -------------------------------------------------------------------------------------- */

- (void)tellMuted:(QUACall *)call {
    BOOL audio, video;

    @synchronized(self) {
        audio = _audioMuted;
        video = _videoMuted;
    }
    if (call.call)
        (void)qua_call_set_muted(call.call, audio, video); // not begun: told when we are in the room
}

- (void)setAudioMuted:(BOOL)audio videoMuted:(BOOL)video {
    @synchronized(self) {
        _audioMuted = audio;
        _videoMuted = video;
    }
    [self tellMuted:[self currentCall]];
}

- (void)mute {
    [self setAudioMuted:YES videoMuted:YES];
}

- (void)unmute {
    [self setAudioMuted:NO videoMuted:NO];
}

- (BOOL)send:(NSString *)text {
    QUACall *call = [self currentCall];

    return call.call && qua_call_send_chat(call.call, text.UTF8String) == 0;
}

/* ---- what the engine tells -----------------------------------------------------------------------------------------
 */

- (void)joined:(QUACall *)call {
    Completion completion;
    BOOL muted;

    @synchronized(self) {
        if (_call != call)
            return;
        _joined = YES;
        completion = _completion;
        _completion = nil;
        muted = _audioMuted || _videoMuted;
    }
    if (muted)
        [self tellMuted:call];
    if (completion)
        completion(nil);
}

- (void)call:(QUACall *)call state:(qua_call_state)state error:(int)error reason:(NSString *)reason {
    switch (state) {
    case QUA_CALL_CONNECTING:
        break;
    case QUA_CALL_JOINED:
        [self joined:call];
        break;
    case QUA_CALL_RECONNECTING:
        if (call == [self currentCall] && self.onReConnecting)
            self.onReConnecting();
        break;
    case QUA_CALL_ENDED:
        [self end:call error:error reason:reason];
        break;
    }
}

/// nil: of a room that we left, or not announced.
- (RTCMultiConnectionParticipant *)known:(const qua_participant *)participant of:(QUACall *)call {
    @synchronized(self) {
        return _call == call ? _participants[QUAString(participant->id)] : nil;
    }
}

/// The participant, made when it is new.
- (RTCMultiConnectionParticipant *)meet:(const qua_participant *)participant of:(QUACall *)call isNew:(BOOL *)isNew {
    RTCMultiConnectionParticipant *known;

    @synchronized(self) {
        known = [self known:participant of:call];
        *isNew = !known && _call == call;
        if (*isNew)
            known = _participants[QUAString(participant->id)] =
                [[RTCMultiConnectionParticipant alloc] initWithParticipant:participant];
    }
    return known;
}

- (void)call:(QUACall *)call participant:(const qua_participant *)participant {
    BOOL isNew, mutes;
    RTCMultiConnectionParticipant *who = [self meet:participant of:call isNew:&isNew];

    if (!who)
        return;
    mutes = who.audioMuted != participant->audio_muted || who.videoMuted != participant->video_muted;
    who.audioMuted = participant->audio_muted;
    who.videoMuted = participant->video_muted;
    who.connected =
        participant->connection == QUA_CONNECTION_CONNECTED || participant->connection == QUA_CONNECTION_DISCONNECTED;
    if (isNew && self.onUserStatusChanged)
        self.onUserStatusChanged(who, YES);
    if (who.connected && !who.streaming) {
        who.streaming = YES;
        if (self.onstream)
            self.onstream(who);
    }
    if (mutes && self.onmute)
        self.onmute(who);
}

- (void)call:(QUACall *)call participantLeft:(const qua_participant *)participant {
    RTCMultiConnectionParticipant *who;

    @synchronized(self) {
        who = [self known:participant of:call];
        if (who)
            [_participants removeObjectForKey:who.userid];
    }
    if (who)
        [self participantGone:who];
}

- (void)call:(QUACall *)call video:(qua_frame *)frame from:(const qua_participant *)participant {
    RTCVideoTrack *track = [self known:participant of:call].stream.videoTracks.firstObject;

    if (track)
        [track render:[[RTCVideoFrame alloc] initWithEngineFrame:frame]];
}

- (void)call:(QUACall *)call chat:(NSString *)text from:(const qua_participant *)participant {
    RTCMultiConnectionParticipant *who = [self known:participant of:call];

    if (who && self.onmessage)
        self.onmessage(who, text);
}

@end
