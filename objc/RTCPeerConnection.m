#import "QUAError.h"
#import "RTCAudioSource+Private.h"
#import "RTCAudioTrack+Private.h"
#import "RTCConfiguration.h"
#import "RTCIceCandidate.h"
#import "RTCIceServer+Private.h"
#import "RTCMediaConstraints+Private.h"
#import "RTCMediaStream+Private.h"
#import "RTCPeerConnection+Private.h"
#import "RTCRtpReceiver+Private.h"
#import "RTCRtpSender+Private.h"
#import "RTCRtpTransceiver+Private.h"
#import "RTCStatisticsReport+Private.h"
#import "RTCVideoFrame+Private.h"
#import "RTCVideoSource+Private.h"
#import "RTCVideoTrack+Private.h"

#include "quartet/device.h"

#include <stdlib.h>

#define MOST_TRANSCEIVERS 16
#define DESCRIPTION_MAX   65537

NSString *const kRTCPeerConnectionErrorDomain = @"org.quartet.error";

_Static_assert((int)RTCPeerConnectionStateNew == (int)QUA_CONNECTION_NEW &&
                   (int)RTCPeerConnectionStateConnecting == (int)QUA_CONNECTION_CONNECTING &&
                   (int)RTCPeerConnectionStateConnected == (int)QUA_CONNECTION_CONNECTED &&
                   (int)RTCPeerConnectionStateDisconnected == (int)QUA_CONNECTION_DISCONNECTED &&
                   (int)RTCPeerConnectionStateFailed == (int)QUA_CONNECTION_FAILED &&
                   (int)RTCPeerConnectionStateClosed == (int)QUA_CONNECTION_CLOSED,
               "RTCPeerConnectionState follows qua_connection_state");
_Static_assert((int)RTCIceGatheringStateNew == (int)QUA_GATHERING_NEW &&
                   (int)RTCIceGatheringStateGathering == (int)QUA_GATHERING_RUNNING &&
                   (int)RTCIceGatheringStateComplete == (int)QUA_GATHERING_COMPLETE,
               "RTCIceGatheringState follows qua_gathering_state");

static RTCSignalingState signalingFromEngine(qua_signaling_state state) {
    switch (state) {
    case QUA_SIGNALING_STABLE:
        return RTCSignalingStateStable;
    case QUA_SIGNALING_HAVE_LOCAL_OFFER:
        return RTCSignalingStateHaveLocalOffer;
    case QUA_SIGNALING_HAVE_REMOTE_OFFER:
        return RTCSignalingStateHaveRemoteOffer;
    case QUA_SIGNALING_HAVE_LOCAL_PRANSWER:
        return RTCSignalingStateHaveLocalPrAnswer;
    case QUA_SIGNALING_HAVE_REMOTE_PRANSWER:
        return RTCSignalingStateHaveRemotePrAnswer;
    case QUA_SIGNALING_CLOSED:
        break;
    }
    return RTCSignalingStateClosed;
}

static RTCIceConnectionState iceFromEngine(qua_ice_connection_state state) {
    switch (state) {
    case QUA_ICE_NEW:
        return RTCIceConnectionStateNew;
    case QUA_ICE_CHECKING:
        return RTCIceConnectionStateChecking;
    case QUA_ICE_CONNECTED:
        return RTCIceConnectionStateConnected;
    case QUA_ICE_COMPLETED:
        return RTCIceConnectionStateCompleted;
    case QUA_ICE_DISCONNECTED:
        return RTCIceConnectionStateDisconnected;
    case QUA_ICE_FAILED:
        return RTCIceConnectionStateFailed;
    case QUA_ICE_CLOSED:
        break;
    }
    return RTCIceConnectionStateClosed;
}

/// The block that waits for an operation of the engine, with its arguments.
@interface QUAPending : NSObject
@property(nonatomic, copy) void (^handler)(int error, NSString *_Nullable sdp, NSString *_Nullable message);
@end

@implementation QUAPending
@end

static void onDone(void *context, int error, const char *sdp, const char *message) {
    @autoreleasepool {
        QUAPending *pending = (__bridge_transfer QUAPending *)context;

        pending.handler(error, sdp ? QUAString(sdp) : nil, message ? QUAString(message) : nil);
    }
}

@implementation RTCPeerConnection {
    QUAConnection *_connection;
    NSMutableArray<RTCRtpTransceiver *> *_transceivers; // by the engine's index; under @synchronized(self), as all below
    NSMutableArray<RTCMediaStream *> *_localStreams;
    NSMutableDictionary<NSString *, RTCMediaStream *> *_remoteStreams;
    RTCSdpType _localType, _remoteType;
}

- (instancetype)initWithEngine:(QUAEngine *)engine
                 configuration:(RTCConfiguration *)configuration
                      delegate:(id<RTCPeerConnectionDelegate>)delegate {
    qua_ice_server servers[QUA_MAX_ICE_SERVERS];
    const size_t count = QUAFillIceServers(configuration.iceServers, servers);

    self = [super init];
    if (!self)
        return nil;
    _delegate = delegate;
    _configuration = configuration;
    _transceivers = [NSMutableArray array];
    _localStreams = [NSMutableArray array];
    _remoteStreams = [NSMutableDictionary dictionary];
    _connection = [[QUAConnection alloc]
        initWithEngine:engine
            iceServers:servers
                 count:count
             relayOnly:configuration.iceTransportPolicy == RTCIceTransportPolicyRelay];
    if (!_connection)
        return nil;
    _connection.owner = self;
    return self;
}

- (void)dealloc {
    [self close];
}

- (void)close {
    if (_connection)
        qua_pc_close(_connection.pc);
    @synchronized(self) {
        _signalingState = RTCSignalingStateClosed;
        _connectionState = RTCPeerConnectionStateClosed;
        _iceConnectionState = RTCIceConnectionStateClosed;
    }
}

/* ---- transceivers ------------------------------------------------------------------------------------------------ */

/// The object of the engine's transceiver `index`, made when it is new. `track`: what it sends, nil nothing yet.
- (RTCRtpTransceiver *)transceiverAt:(int)index
                                kind:(qua_kind)kind
                               track:(RTCMediaStreamTrack *)track
                           streamIds:(NSArray<NSString *> *)streamIds
                       remoteTrackId:(NSString *)remoteTrackId {
    NSString *name = kind == QUA_AUDIO ? kRTCMediaStreamTrackKindAudio : kRTCMediaStreamTrackKindVideo;
    NSString *trackId = remoteTrackId.length ? remoteTrackId : [NSUUID UUID].UUIDString;
    RTCMediaStreamTrack *remote =
        kind == QUA_AUDIO
            ? [[RTCAudioTrack alloc] initWithSource:[[RTCAudioSource alloc] initWithEngine:nil] trackId:trackId]
            : [[RTCVideoTrack alloc] initWithSource:[[RTCVideoSource alloc] initWithEngine:nil] trackId:trackId];
    RTCRtpSender *sender = [[RTCRtpSender alloc] initWithConnection:_connection
                                                        transceiver:index
                                                               kind:name
                                                              track:track
                                                          streamIds:streamIds];

    return [[RTCRtpTransceiver alloc] initWithConnection:_connection
                                                   index:index
                                                    kind:kind
                                                  sender:sender
                                                receiver:[[RTCRtpReceiver alloc] initWithTrack:remote]];
}

/// Take in transceivers that a remote description made.
- (void)syncTransceivers {
    qua_transceiver_info infos[MOST_TRANSCEIVERS];
    const size_t count = qua_pc_get_transceivers(_connection.pc, infos, MOST_TRANSCEIVERS);

    @synchronized(self) {
        for (size_t i = _transceivers.count; i < count; i++)
            [_transceivers addObject:[self transceiverAt:(int)i
                                                    kind:infos[i].kind
                                                   track:nil
                                               streamIds:@[]
                                           remoteTrackId:@""]];
    }
}

- (RTCRtpTransceiver *)knownTransceiver:(int)index {
    @synchronized(self) {
        return index >= 0 && (NSUInteger)index < _transceivers.count ? _transceivers[(NSUInteger)index] : nil;
    }
}

static qua_video_source *videoSourceOf(RTCMediaStreamTrack *track) {
    return [track isKindOfClass:[RTCVideoTrack class]] ? ((RTCVideoTrack *)track).source.source : NULL;
}

static qua_audio_source *audioSourceOf(RTCMediaStreamTrack *track) {
    return [track isKindOfClass:[RTCAudioTrack class]] ? ((RTCAudioTrack *)track).source.source : NULL;
}

static qua_kind kindOf(RTCMediaStreamTrack *track) {
    return [track isKindOfClass:[RTCVideoTrack class]] ? QUA_VIDEO : QUA_AUDIO;
}

- (RTCRtpSender *)addTrack:(RTCMediaStreamTrack *)track streamIds:(NSArray<NSString *> *)streamIds {
    const int index = qua_pc_add_track(_connection.pc, kindOf(track), videoSourceOf(track), audioSourceOf(track),
                                       streamIds.firstObject.UTF8String, track.trackId.UTF8String);
    RTCRtpTransceiver *transceiver;

    if (index < 0)
        return nil;
    @synchronized(self) {
        if ((NSUInteger)index < _transceivers.count) {
            transceiver = _transceivers[(NSUInteger)index];
        } else {
            transceiver = [self transceiverAt:index
                                         kind:kindOf(track)
                                        track:track
                                    streamIds:streamIds
                                remoteTrackId:@""];
            [_transceivers addObject:transceiver];
            return transceiver.sender;
        }
    }
    transceiver.sender.streamIds = streamIds;
    transceiver.sender.track = track;
    return transceiver.sender;
}

- (BOOL)removeTrack:(RTCRtpSender *)sender {
    if (qua_pc_remove_track(_connection.pc, sender.transceiver) != 0)
        return NO;
    sender.track = nil;
    return YES;
}

- (void)addStream:(RTCMediaStream *)stream {
    @synchronized(self) {
        [_localStreams addObject:stream];
    }
    for (RTCAudioTrack *track in stream.audioTracks)
        [self addTrack:track streamIds:@[ stream.streamId ]];
    for (RTCVideoTrack *track in stream.videoTracks)
        [self addTrack:track streamIds:@[ stream.streamId ]];
}

- (void)removeStream:(RTCMediaStream *)stream {
    @synchronized(self) {
        [_localStreams removeObject:stream];
    }
    for (RTCRtpSender *sender in self.senders) {
        id track = sender.track;

        if (track && ([stream.audioTracks containsObject:track] || [stream.videoTracks containsObject:track]))
            [self removeTrack:sender];
    }
}

- (RTCRtpTransceiver *)addTransceiverOfKind:(qua_kind)kind
                                      track:(RTCMediaStreamTrack *)track
                                       init:(RTCRtpTransceiverInit *)init {
    const int index = qua_pc_add_transceiver(_connection.pc, kind, [RTCRtpTransceiver engineDirection:init.direction],
                                             videoSourceOf(track), audioSourceOf(track),
                                             init.streamIds.firstObject.UTF8String, track.trackId.UTF8String);
    RTCRtpTransceiver *transceiver;

    if (index < 0)
        return nil;
    transceiver = [self transceiverAt:index kind:kind track:track streamIds:init.streamIds remoteTrackId:@""];
    @synchronized(self) {
        [_transceivers addObject:transceiver];
    }
    return transceiver;
}

- (RTCRtpTransceiver *)addTransceiverWithTrack:(RTCMediaStreamTrack *)track {
    return [self addTransceiverWithTrack:track init:[[RTCRtpTransceiverInit alloc] init]];
}

- (RTCRtpTransceiver *)addTransceiverWithTrack:(RTCMediaStreamTrack *)track init:(RTCRtpTransceiverInit *)init {
    return [self addTransceiverOfKind:kindOf(track) track:track init:init];
}

- (RTCRtpTransceiver *)addTransceiverOfType:(RTCRtpMediaType)mediaType {
    return [self addTransceiverOfType:mediaType init:[[RTCRtpTransceiverInit alloc] init]];
}

- (RTCRtpTransceiver *)addTransceiverOfType:(RTCRtpMediaType)mediaType init:(RTCRtpTransceiverInit *)init {
    if (mediaType != RTCRtpMediaTypeAudio && mediaType != RTCRtpMediaTypeVideo)
        return nil;
    return [self addTransceiverOfKind:mediaType == RTCRtpMediaTypeAudio ? QUA_AUDIO : QUA_VIDEO track:nil init:init];
}

- (NSArray<RTCRtpTransceiver *> *)transceivers {
    @synchronized(self) {
        return [_transceivers copy];
    }
}

- (NSArray<RTCRtpSender *> *)senders {
    NSMutableArray<RTCRtpSender *> *senders = [NSMutableArray array];

    for (RTCRtpTransceiver *transceiver in self.transceivers)
        [senders addObject:transceiver.sender];
    return senders;
}

- (NSArray<RTCRtpReceiver *> *)receivers {
    NSMutableArray<RTCRtpReceiver *> *receivers = [NSMutableArray array];

    for (RTCRtpTransceiver *transceiver in self.transceivers)
        [receivers addObject:transceiver.receiver];
    return receivers;
}

- (NSArray<RTCMediaStream *> *)localStreams {
    @synchronized(self) {
        return [_localStreams copy];
    }
}

/* ---- negotiation --------------------------------------------------------------------------------------------------- */

/// A context for the engine that gives `handler` its result.
static void *pendingFor(void (^handler)(int error, NSString *sdp, NSString *message)) {
    QUAPending *pending = [[QUAPending alloc] init];

    pending.handler = handler;
    return (__bridge_retained void *)pending;
}

/// The engine did not take the operation: the result comes from here.
static void finishNow(int error, void *context) {
    if (error)
        onDone(context, error, NULL, NULL);
}

- (void)receive:(qua_kind)kind if:(RTCMediaConstraints *)constraints key:(NSString *)key {
    RTCRtpMediaType type = kind == QUA_AUDIO ? RTCRtpMediaTypeAudio : RTCRtpMediaTypeVideo;
    RTCRtpTransceiverInit *init = [[RTCRtpTransceiverInit alloc] init];

    if (![constraints boolForKey:key fallback:NO])
        return;
    for (RTCRtpTransceiver *transceiver in self.transceivers)
        if (transceiver.mediaType == type)
            return;
    init.direction = RTCRtpTransceiverDirectionRecvOnly;
    [self addTransceiverOfType:type init:init];
}

- (void)offerForConstraints:(RTCMediaConstraints *)constraints
          completionHandler:(RTCCreateSessionDescriptionCompletionHandler)completionHandler {
    const BOOL restart = [constraints boolForKey:kRTCMediaConstraintsIceRestart fallback:NO];

    [self receive:QUA_AUDIO if:constraints key:kRTCMediaConstraintsOfferToReceiveAudio];
    [self receive:QUA_VIDEO if:constraints key:kRTCMediaConstraintsOfferToReceiveVideo];
    void *context = pendingFor(^(int error, NSString *sdp, NSString *message) {
        completionHandler(error ? nil : [[RTCSessionDescription alloc] initWithType:RTCSdpTypeOffer sdp:sdp],
                          error ? QUAMakeError(error, message) : nil);
    });
    finishNow(qua_pc_create_offer(_connection.pc, restart, onDone, context), context);
}

- (void)answerForConstraints:(RTCMediaConstraints *)constraints
           completionHandler:(RTCCreateSessionDescriptionCompletionHandler)completionHandler {
    void *context = pendingFor(^(int error, NSString *sdp, NSString *message) {
        completionHandler(error ? nil : [[RTCSessionDescription alloc] initWithType:RTCSdpTypeAnswer sdp:sdp],
                          error ? QUAMakeError(error, message) : nil);
    });

    (void)constraints;
    finishNow(qua_pc_create_answer(_connection.pc, onDone, context), context);
}

- (void)setLocalDescription:(RTCSessionDescription *)sdp
          completionHandler:(RTCSetSessionDescriptionCompletionHandler)completionHandler {
    const qua_description description = {(qua_sdp_type)sdp.type, sdp.sdp.UTF8String};
    const RTCSdpType type = sdp.type;
    void *context = pendingFor(^(int error, NSString *text, NSString *message) {
        (void)text;
        if (!error && type != RTCSdpTypeRollback)
            self->_localType = type;
        completionHandler(error ? QUAMakeError(error, message) : nil);
    });

    finishNow(qua_pc_set_local_description(_connection.pc, &description, onDone, context), context);
}

- (void)setLocalDescriptionWithCompletionHandler:(RTCSetSessionDescriptionCompletionHandler)completionHandler {
    const RTCSdpType type =
        self.signalingState == RTCSignalingStateHaveRemoteOffer ? RTCSdpTypeAnswer : RTCSdpTypeOffer;
    void *context = pendingFor(^(int error, NSString *text, NSString *message) {
        (void)text;
        if (!error)
            self->_localType = type;
        completionHandler(error ? QUAMakeError(error, message) : nil);
    });

    finishNow(qua_pc_set_local_description(_connection.pc, NULL, onDone, context), context);
}

- (void)setRemoteDescription:(RTCSessionDescription *)sdp
           completionHandler:(RTCSetSessionDescriptionCompletionHandler)completionHandler {
    const qua_description description = {(qua_sdp_type)sdp.type, sdp.sdp.UTF8String};
    const RTCSdpType type = sdp.type;
    void *context = pendingFor(^(int error, NSString *text, NSString *message) {
        (void)text;
        if (!error && type != RTCSdpTypeRollback)
            self->_remoteType = type;
        if (!error)
            [self syncTransceivers];
        completionHandler(error ? QUAMakeError(error, message) : nil);
    });

    finishNow(qua_pc_set_remote_description(_connection.pc, &description, onDone, context), context);
}

- (RTCSessionDescription *)description:(BOOL)local type:(RTCSdpType)type {
    char *text = malloc(DESCRIPTION_MAX);
    const ptrdiff_t size = text ? qua_pc_get_description(_connection.pc, local, text, DESCRIPTION_MAX) : 0;
    RTCSessionDescription *description =
        size > 0 ? [[RTCSessionDescription alloc] initWithType:type sdp:QUAString(text)] : nil;

    free(text);
    return description;
}

- (RTCSessionDescription *)localDescription {
    return [self description:YES type:_localType];
}

- (RTCSessionDescription *)remoteDescription {
    return [self description:NO type:_remoteType];
}

- (void)addIceCandidate:(RTCIceCandidate *)candidate
      completionHandler:(void (^)(NSError *_Nullable error))completionHandler {
    const qua_candidate c = {candidate.sdp.UTF8String, candidate.sdpMid.UTF8String, candidate.sdpMLineIndex, NULL};
    void *context = pendingFor(^(int error, NSString *text, NSString *message) {
        (void)text;
        completionHandler(error ? QUAMakeError(error, message) : nil);
    });

    finishNow(qua_pc_add_ice_candidate(_connection.pc, &c, onDone, context), context);
}

- (void)addIceCandidate:(RTCIceCandidate *)candidate {
    [self addIceCandidate:candidate
        completionHandler:^(NSError *error) {
            (void)error;
        }];
}

- (void)restartIce {
    qua_pc_restart_ice(_connection.pc);
}

- (void)statisticsWithCompletionHandler:(RTCStatisticsCompletionHandler)completionHandler {
    qua_pc_stats stats = {.rtt_us = -1};

    (void)qua_pc_get_stats(_connection.pc, &stats);
    completionHandler([[RTCStatisticsReport alloc] initWithStats:&stats timestamp:qua_device_now()]);
}

/* ---- what the engine tells ----------------------------------------------------------------------------------------- */

- (void)connectionNeedsNegotiation {
    [self.delegate peerConnectionShouldNegotiate:self];
}

- (void)connectionSignalingState:(qua_signaling_state)state {
    _signalingState = signalingFromEngine(state);
    [self.delegate peerConnection:self didChangeSignalingState:_signalingState];
}

- (void)connectionState:(qua_connection_state)state {
    id<RTCPeerConnectionDelegate> delegate = self.delegate;

    _connectionState = (RTCPeerConnectionState)state;
    if ([delegate respondsToSelector:@selector(peerConnection:didChangeConnectionState:)])
        [delegate peerConnection:self didChangeConnectionState:_connectionState];
}

- (void)connectionIceState:(qua_ice_connection_state)state {
    _iceConnectionState = iceFromEngine(state);
    [self.delegate peerConnection:self didChangeIceConnectionState:_iceConnectionState];
}

- (void)connectionGatheringState:(qua_gathering_state)state {
    _iceGatheringState = (RTCIceGatheringState)state;
    [self.delegate peerConnection:self didChangeIceGatheringState:_iceGatheringState];
}

- (void)connectionCandidate:(const qua_candidate *)candidate {
    if (candidate->candidate[0] == 0)
        return; // the end is told by the gathering state
    [self.delegate peerConnection:self
          didGenerateIceCandidate:[[RTCIceCandidate alloc] initWithSdp:QUAString(candidate->candidate)
                                                         sdpMLineIndex:candidate->mline_index
                                                                sdpMid:candidate->mid ? QUAString(candidate->mid) : nil]];
}

/// The remote stream of this id with the receiver's track in it; *added: it is new.
- (RTCMediaStream *)streamNamed:(NSString *)streamId with:(RTCRtpReceiver *)receiver added:(BOOL *)added {
    RTCMediaStream *stream;

    @synchronized(self) {
        stream = _remoteStreams[streamId];
        *added = stream == nil;
        if (!stream)
            stream = _remoteStreams[streamId] = [[RTCMediaStream alloc] initWithStreamId:streamId];
    }
    if ([receiver.track isKindOfClass:[RTCVideoTrack class]])
        [stream addVideoTrack:(RTCVideoTrack *)receiver.track];
    else
        [stream addAudioTrack:(RTCAudioTrack *)receiver.track];
    return stream;
}

- (void)connectionTrack:(int)index trackId:(NSString *)trackId streamId:(NSString *)streamId {
    id<RTCPeerConnectionDelegate> delegate = self.delegate;
    NSArray<RTCMediaStream *> *streams = @[];
    RTCRtpTransceiver *transceiver;
    BOOL added = NO;

    (void)trackId;
    [self syncTransceivers];
    transceiver = [self knownTransceiver:index];
    if (!transceiver)
        return;
    if (streamId.length)
        streams = @[ [self streamNamed:streamId with:transceiver.receiver added:&added] ];
    if (added)
        [delegate peerConnection:self didAddStream:streams[0]];
    if ([delegate respondsToSelector:@selector(peerConnection:didAddReceiver:streams:)])
        [delegate peerConnection:self didAddReceiver:transceiver.receiver streams:streams];
    if ([delegate respondsToSelector:@selector(peerConnection:didStartReceivingOnTransceiver:)])
        [delegate peerConnection:self didStartReceivingOnTransceiver:transceiver];
}

/// Streams that this receiver's track was the last of are gone.
- (NSArray<RTCMediaStream *> *)streamsEmptiedBy:(RTCRtpReceiver *)receiver {
    NSMutableArray<RTCMediaStream *> *emptied = [NSMutableArray array];

    @synchronized(self) {
        for (RTCMediaStream *stream in _remoteStreams.allValues) {
            const NSUInteger before = stream.audioTracks.count + stream.videoTracks.count;

            [stream removeVideoTrack:(RTCVideoTrack *_Nonnull)receiver.track];
            [stream removeAudioTrack:(RTCAudioTrack *_Nonnull)receiver.track];
            if (before && stream.audioTracks.count + stream.videoTracks.count == 0)
                [emptied addObject:stream];
        }
        for (RTCMediaStream *stream in emptied)
            [_remoteStreams removeObjectForKey:stream.streamId];
    }
    return emptied;
}

- (void)connectionTrackEnded:(int)index {
    id<RTCPeerConnectionDelegate> delegate = self.delegate;
    RTCRtpReceiver *receiver = [self knownTransceiver:index].receiver;

    if (!receiver)
        return;
    for (RTCMediaStream *stream in [self streamsEmptiedBy:receiver])
        [delegate peerConnection:self didRemoveStream:stream];
    if ([delegate respondsToSelector:@selector(peerConnection:didRemoveReceiver:)])
        [delegate peerConnection:self didRemoveReceiver:receiver];
}

- (void)connectionVideo:(qua_frame *)frame transceiver:(int)index {
    RTCRtpReceiver *receiver = [self knownTransceiver:index].receiver;

    [receiver heard];
    [(RTCVideoTrack *)receiver.track render:[[RTCVideoFrame alloc] initWithEngineFrame:frame]];
}

@end
