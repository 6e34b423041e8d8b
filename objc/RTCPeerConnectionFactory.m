#import "RTCPeerConnectionFactory+Private.h"
#import "QUAAudioDevice.h"
#import "QUAConditions.h"
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
    QUAEngine *_engine; // made when it is first needed, so that options can come before; so are all below
    QUAConditions *_conditions;
    id _watch;
    id<QUAAudioDevice> _audioDevice;
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
            [self makeEngine];
        return _engine;
    }
}

- (void)makeEngine {
    _engine = [[QUAEngine alloc] initWithEncoderFactory:_encoderFactory
                                         decoderFactory:_decoderFactory
                                          bindAddresses:_options.bindAddresses];
    if (!_engine)
        return;
    _conditions = [[QUAConditions alloc] init];
    _watch = QUAWatchSystem(_conditions, (QUAEngine *_Nonnull)_engine);
}

- (QUAConditions *)conditions {
    return [self engine] ? _conditions : nil;
}

/// One microphone an engine, opened when the app first wants to send sound.
- (id<QUAAudioDevice>)audioDevice {
    QUAEngine *engine = [self engine];

    @synchronized(self) {
        if (!_audioDevice && engine)
            _audioDevice = QUASystemAudioDevice(engine);
        return _audioDevice;
    }
}

- (RTCAudioSource *)audioSourceWithConstraints:(RTCMediaConstraints *)constraints {
    RTCAudioSource *source = [[RTCAudioSource alloc] initWithEngine:[self engine]];

    (void)constraints; // processing is the device's business
    [[self audioDevice] recordInto:source];
    return source;
}

- (RTCAudioTrack *)audioTrackWithTrackId:(NSString *)trackId {
    return [self audioTrackWithSource:[self audioSourceWithConstraints:nil] trackId:trackId];
}

- (RTCAudioTrack *)audioTrackWithSource:(RTCAudioSource *)source trackId:(NSString *)trackId {
    return [[RTCAudioTrack alloc] initWithSource:source trackId:trackId];
}

- (RTCVideoSource *)videoSource {
    RTCVideoSource *source = [[RTCVideoSource alloc] initWithEngine:[self engine]];

    [[self conditions] addSource:source];
    return source;
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
    QUAEngine *engine = [self engine];

    (void)constraints;
    return engine ? [[RTCPeerConnection alloc] initWithEngine:engine configuration:configuration delegate:delegate]
                  : nil;
}

@end
