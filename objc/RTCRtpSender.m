#import "RTCAudioSource+Private.h"
#import "RTCAudioTrack.h"
#import "RTCMediaStreamTrack+Private.h"
#import "RTCRtpSender+Private.h"
#import "RTCVideoSource+Private.h"
#import "RTCVideoTrack.h"

@implementation RTCRtpSender {
    QUAConnection *_connection;
    NSString *_kind;
    RTCRtpParameters *_parameters;
}

@synthesize senderId = _senderId, streamIds = _streamIds, track = _track;

- (instancetype)initWithConnection:(QUAConnection *)connection
                       transceiver:(int)transceiver
                              kind:(NSString *)kind
                             track:(RTCMediaStreamTrack *)track
                         streamIds:(NSArray<NSString *> *)streamIds {
    self = [super init];
    if (self) {
        _connection = connection;
        _transceiver = transceiver;
        _kind = kind;
        _senderId = [NSUUID UUID].UUIDString;
        _streamIds = [streamIds copy];
        _parameters = [[RTCRtpParameters alloc] init];
        _parameters.encodings = @[ [[RTCRtpEncodingParameters alloc] init] ];
        _track = track;
        [track addSender:self];
    }
    return self;
}

- (RTCMediaStreamTrack *)track {
    @synchronized(self) {
        return _track;
    }
}

- (void)setTrack:(RTCMediaStreamTrack *)track {
    RTCMediaStreamTrack *old;

    if (track && ![track.kind isEqualToString:_kind])
        return;
    @synchronized(self) {
        old = _track;
        _track = track;
    }
    [old removeSender:self];
    [track addSender:self];
    [self trackChanged];
}

- (void)trackChanged {
    RTCMediaStreamTrack *track = self.track;
    const BOOL on = track.isEnabled && _parameters.encodings.firstObject.isActive;
    qua_video_source *video = NULL;
    qua_audio_source *audio = NULL;

    if (on && [track isKindOfClass:[RTCVideoTrack class]])
        video = ((RTCVideoTrack *)track).source.source;
    else if (on && [track isKindOfClass:[RTCAudioTrack class]])
        audio = ((RTCAudioTrack *)track).source.source;
    qua_pc_replace_track(_connection.pc, _transceiver, video, audio);
}

- (RTCRtpParameters *)parameters {
    return _parameters;
}

- (void)setParameters:(RTCRtpParameters *)parameters {
    RTCRtpEncodingParameters *encoding = parameters.encodings.firstObject;
    RTCMediaStreamTrack *track = self.track;

    _parameters = parameters;
    if (encoding && [track isKindOfClass:[RTCVideoTrack class]]) {
        const qua_video_limits limits = {.max_bitrate_bps = encoding.maxBitrateBps.intValue,
                                         .min_bitrate_bps = encoding.minBitrateBps.intValue,
                                         .max_fps = encoding.maxFramerate.intValue};
        qua_video_source *source = ((RTCVideoTrack *)track).source.source;

        if (source)
            qua_video_source_set_limits(source, &limits);
    }
    [self trackChanged];
}

@end
