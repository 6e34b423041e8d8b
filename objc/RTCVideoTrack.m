#import "RTCVideoSource+Private.h"
#import "RTCVideoTrack+Private.h"

@implementation RTCVideoTrack

- (instancetype)initWithSource:(RTCVideoSource *)source trackId:(NSString *)trackId {
    self = [super initWithKind:kRTCMediaStreamTrackKindVideo trackId:trackId];
    if (self)
        _source = source;
    return self;
}

- (void)addRenderer:(id<RTCVideoRenderer>)renderer {
    [_source addRenderer:renderer];
}

- (void)removeRenderer:(id<RTCVideoRenderer>)renderer {
    [_source removeRenderer:renderer];
}

- (void)render:(RTCVideoFrame *)frame {
    if (self.isEnabled)
        [_source render:frame];
}

@end
