// Two connections make a call, written as an app for the WebRTC SDK would write it: the file capturer sends a clip,
// a renderer checks what arrives. Arguments: a clip (any file that the camera of quartet/device.h plays).
#import "QuartetKit.h"

#include <stdio.h>
#include <stdlib.h>

static void check(BOOL ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "FAILED: %s\n", what);
    exit(1);
}

/// Signals between threads: waits until a count is reached.
@interface Counter : NSObject
- (void)count;
- (BOOL)waitFor:(int)count seconds:(double)seconds;
@end

@implementation Counter {
    NSCondition *_condition;
    int _count;
}

- (instancetype)init {
    self = [super init];
    if (self)
        _condition = [[NSCondition alloc] init];
    return self;
}

- (void)count {
    [_condition lock];
    _count++;
    [_condition broadcast];
    [_condition unlock];
}

- (BOOL)waitFor:(int)count seconds:(double)seconds {
    NSDate *until = [NSDate dateWithTimeIntervalSinceNow:seconds];
    BOOL reached;

    [_condition lock];
    while (_count < count && [_condition waitUntilDate:until])
        ;
    reached = _count >= count;
    [_condition unlock];
    return reached;
}

@end

/// Counts frames and compares each with the last: a call shows a picture that moves and is not black.
@interface CheckingRenderer : NSObject <RTCVideoRenderer>
@property(nonatomic, readonly) Counter *frames;
@property(atomic) CGSize size; // -setSize: is the renderer's
@property(atomic) int wrong;
@end

@implementation CheckingRenderer

- (instancetype)init {
    self = [super init];
    if (self)
        _frames = [[Counter alloc] init];
    return self;
}

- (void)renderFrame:(RTCVideoFrame *)frame {
    id<RTCI420Buffer> i420 = [frame.buffer toI420];
    uint64_t sum = 0, squares = 0;
    const uint64_t n = (uint64_t)i420.width * (uint64_t)i420.height;

    for (int y = 0; y < i420.height; y++) {
        for (int x = 0; x < i420.width; x++) {
            const uint64_t v = i420.dataY[y * i420.strideY + x];

            sum += v;
            squares += v * v;
        }
    }
    if (squares / n - sum / n * (sum / n) < 100) // variance of a camera's picture is in the thousands
        self.wrong++;
    if (self.size.width != frame.width || self.size.height != frame.height)
        self.wrong++;
    [_frames count];
}

@end

/// One person: hands its candidates and descriptions straight to the other one.
@interface Person : NSObject <RTCPeerConnectionDelegate>
@property(nonatomic, strong) RTCPeerConnection *connection;
@property(nonatomic, weak) Person *other;
@property(nonatomic, strong) CheckingRenderer *renderer;
@property(nonatomic, readonly) Counter *connected, *streams;
@end

@implementation Person

- (instancetype)init {
    self = [super init];
    if (self) {
        _connected = [[Counter alloc] init];
        _streams = [[Counter alloc] init];
        _renderer = [[CheckingRenderer alloc] init];
    }
    return self;
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection didChangeSignalingState:(RTCSignalingState)stateChanged {
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection didAddStream:(RTCMediaStream *)stream {
    check([stream.streamId isEqualToString:@"stream"], "the stream's id arrives");
    [_streams count];
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection didRemoveStream:(RTCMediaStream *)stream {
}

- (void)peerConnectionShouldNegotiate:(RTCPeerConnection *)peerConnection {
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection
    didChangeIceConnectionState:(RTCIceConnectionState)newState {
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection didChangeIceGatheringState:(RTCIceGatheringState)newState {
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection didGenerateIceCandidate:(RTCIceCandidate *)candidate {
    [self.other.connection addIceCandidate:candidate
                         completionHandler:^(NSError *error) {
                             check(error == nil, "a candidate is taken");
                         }];
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection
    didRemoveIceCandidates:(NSArray<RTCIceCandidate *> *)candidates {
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection didChangeConnectionState:(RTCPeerConnectionState)newState {
    if (newState == RTCPeerConnectionStateConnected)
        [_connected count];
}

- (void)peerConnection:(RTCPeerConnection *)peerConnection
        didAddReceiver:(RTCRtpReceiver *)rtpReceiver
               streams:(NSArray<RTCMediaStream *> *)mediaStreams {
    if ([rtpReceiver.track isKindOfClass:[RTCVideoTrack class]])
        [(RTCVideoTrack *)rtpReceiver.track addRenderer:_renderer];
}

@end

static RTCMediaConstraints *noConstraints(void) {
    return [[RTCMediaConstraints alloc] initWithMandatoryConstraints:nil optionalConstraints:nil];
}

static Person *personWith(RTCPeerConnectionFactory *factory) {
    RTCConfiguration *configuration = [[RTCConfiguration alloc] init];
    Person *person = [[Person alloc] init];

    person.connection = [factory peerConnectionWithConfiguration:configuration
                                                     constraints:noConstraints()
                                                        delegate:person];
    check(person.connection != nil, "a connection is made");
    return person;
}

static void answer(RTCPeerConnection *callee, RTCPeerConnection *caller) {
    [callee answerForConstraints:noConstraints()
               completionHandler:^(RTCSessionDescription *sdp, NSError *error) {
                   check(error == nil && sdp.type == RTCSdpTypeAnswer, "an answer is made");
                   [callee setLocalDescription:sdp
                             completionHandler:^(NSError *failed) {
                                 check(failed == nil, "the callee's answer is set");
                             }];
                   [caller setRemoteDescription:sdp
                              completionHandler:^(NSError *failed) {
                                  check(failed == nil, "the answer is taken");
                              }];
               }];
}

static void call(RTCPeerConnection *caller, RTCPeerConnection *callee) {
    [caller offerForConstraints:noConstraints()
              completionHandler:^(RTCSessionDescription *sdp, NSError *error) {
                  check(error == nil && sdp.type == RTCSdpTypeOffer, "an offer is made");
                  [caller setLocalDescription:sdp
                            completionHandler:^(NSError *failed) {
                                check(failed == nil, "the caller's offer is set");
                            }];
                  [callee setRemoteDescription:sdp
                             completionHandler:^(NSError *failed) {
                                 check(failed == nil, "the offer is taken");
                                 answer(callee, caller);
                             }];
              }];
}

static void badDescriptionsAreRefusedWithTheirLine(RTCPeerConnectionFactory *factory) {
    Person *person = personWith(factory);
    Counter *refused = [[Counter alloc] init];
    RTCSessionDescription *bad = [[RTCSessionDescription alloc] initWithType:RTCSdpTypeOffer sdp:@"v=0\r\nnonsense\r\n"];

    [person.connection setRemoteDescription:bad
                          completionHandler:^(NSError *error) {
                              check([error.domain isEqualToString:QUAErrorDomain], "the error has the framework's domain");
                              check([error.localizedDescription rangeOfString:@"line 2"].length > 0,
                                    "the error names the line");
                              [refused count];
                          }];
    check([refused waitFor:1 seconds:10], "a bad description is refused");
    [person.connection close];
    check(person.connection.signalingState == RTCSignalingStateClosed, "a closed connection says so");
}

static void twoPeopleSeeEachOther(RTCPeerConnectionFactory *factory, NSString *clip) {
    RTCVideoSource *source = [factory videoSource];
    RTCFileVideoCapturer *camera = [[RTCFileVideoCapturer alloc] initWithDelegate:source];
    RTCVideoTrack *track = [factory videoTrackWithSource:source trackId:@"camera"];
    CheckingRenderer *preview = [[CheckingRenderer alloc] init];
    Person *ana = personWith(factory), *bob = personWith(factory);
    Counter *counted = [[Counter alloc] init];

    [track addRenderer:preview];
    check([ana.connection addTrack:track streamIds:@[ @"stream" ]] != nil, "Ana sends");
    check([bob.connection addTrack:track streamIds:@[ @"stream" ]] != nil, "Bob sends the same source");
    [camera startCapturingFromFileNamed:clip
                                onError:^(NSError *error) {
                                    check(NO, error.localizedDescription.UTF8String);
                                }];
    ana.other = bob;
    bob.other = ana;
    call(ana.connection, bob.connection);
    check([ana.connected waitFor:1 seconds:20] && [bob.connected waitFor:1 seconds:20], "both are connected");
    check([ana.renderer.frames waitFor:20 seconds:30], "Ana sees Bob");
    check([bob.renderer.frames waitFor:20 seconds:30], "Bob sees Ana");
    check([preview.frames waitFor:20 seconds:1], "the preview shows the camera");
    check(ana.renderer.wrong == 0 && bob.renderer.wrong == 0, "the pictures are right");
    check([bob.streams waitFor:1 seconds:1], "the stream is announced");
    check(bob.connection.remoteDescription.type == RTCSdpTypeOffer, "the remote description is there");
    check(bob.connection.transceivers.count == 1 && [bob.connection.transceivers[0].mid isEqualToString:@"0"],
          "the transceiver has its mid");
    [ana.connection statisticsWithCompletionHandler:^(RTCStatisticsReport *report) {
        NSNumber *decoded = (NSNumber *)report.statistics[@"IV"].values[@"framesDecoded"];

        check(decoded.intValue >= 10, "statistics count the frames"); // they follow the pictures a moment later
        [counted count];
    }];
    check([counted waitFor:1 seconds:5], "statistics come");
    [camera stopCapture];
    [ana.connection close];
    [bob.connection close];
}

int main(int argc, char **argv) {
    @autoreleasepool {
        RTCPeerConnectionFactory *factory = [[RTCPeerConnectionFactory alloc] init];
        RTCPeerConnectionFactoryOptions *options = [[RTCPeerConnectionFactoryOptions alloc] init];

        if (argc < 2) {
            fprintf(stderr, "usage: connection_test CLIP\n");
            return 2;
        }
        options.bindAddresses = @[ @"127.0.0.1" ];
        [factory setOptions:options];
        badDescriptionsAreRefusedWithTheirLine(factory);
        twoPeopleSeeEachOther(factory, @(argv[1]));
    }
    puts("ok");
    return 0;
}
