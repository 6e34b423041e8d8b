#import "RTCPeerConnectionFactory+Private.h"
#import "RTCAudioSource+Private.h"
#import "RTCAudioTrack+Private.h"
#import "RTCMediaStream+Private.h"
#import "RTCPeerConnection+Private.h"
#import "RTCVideoSource+Private.h"
#import "RTCVideoTrack+Private.h"

@implementation RTCPeerConnectionFactoryOptions

- (instancetype)init {
    return [super init];
}

@end

@implementation RTCPeerConnectionFactory {
    id<RTCVideoEncoderFactory> _encoderFactory;
    id<RTCVideoDecoderFactory> _decoderFactory;
    RTCPeerConnectionFactoryOptions *_options;
    QUAEngine *_engine; // made when it is first needed, so that options can come before
}

- (instancetype)init {
    return [self initWithEncoderFactory:nil decoderFactory:nil];
}

- (instancetype)initWithEncoderFactory:(id<RTCVideoEncoderFactory>)encoderFactory
                        decoderFactory:(id<RTCVideoDecoderFactory>)decoderFactory {
    self = [super init];
    if (self) {
        _encoderFactory = encoderFactory;
        _decoderFactory = decoderFactory;
    }
    return self;
}

- (void)setOptions:(RTCPeerConnectionFactoryOptions *)options {
    @synchronized(self) {
        _options = options;
    }
}

- (QUAEngine *)engine {
    @synchronized(self) {
        if (!_engine)
            _engine = [[QUAEngine alloc] initWithEncoderFactory:_encoderFactory
                                                 decoderFactory:_decoderFactory
                                                  bindAddresses:_options.bindAddresses];
        return _engine;
    }
}

- (RTCAudioSource *)audioSourceWithConstraints:(RTCMediaConstraints *)constraints {
    (void)constraints; // processing is the device's business
    return [[RTCAudioSource alloc] initWithEngine:[self engine]];
}

- (RTCAudioTrack *)audioTrackWithTrackId:(NSString *)trackId {
    return [self audioTrackWithSource:[self audioSourceWithConstraints:nil] trackId:trackId];
}

- (RTCAudioTrack *)audioTrackWithSource:(RTCAudioSource *)source trackId:(NSString *)trackId {
    return [[RTCAudioTrack alloc] initWithSource:source trackId:trackId];
}

- (RTCVideoSource *)videoSource {
    return [[RTCVideoSource alloc] initWithEngine:[self engine]];
}

- (RTCVideoSource *)videoSourceForScreenCast:(BOOL)forScreenCast {
    (void)forScreenCast;
    return [self videoSource];
}

- (RTCVideoTrack *)videoTrackWithSource:(RTCVideoSource *)source trackId:(NSString *)trackId {
    return [[RTCVideoTrack alloc] initWithSource:source trackId:trackId];
}

- (RTCMediaStream *)mediaStreamWithStreamId:(NSString *)streamId {
    return [[RTCMediaStream alloc] initWithStreamId:streamId];
}

- (RTCPeerConnection *)peerConnectionWithConfiguration:(RTCConfiguration *)configuration
                                           constraints:(RTCMediaConstraints *)constraints
                                              delegate:(id<RTCPeerConnectionDelegate>)delegate {
    (void)constraints;
    return [[RTCPeerConnection alloc] initWithEngine:[self engine] configuration:configuration delegate:delegate];
}

@end
