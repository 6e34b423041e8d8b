#import "RTCIceCandidate.h"

@implementation RTCIceCandidate

- (instancetype)initWithSdp:(NSString *)sdp sdpMLineIndex:(int)sdpMLineIndex sdpMid:(NSString *)sdpMid {
    NSParameterAssert(sdp);
    self = [super init];
    if (self) {
        _sdp = [sdp copy];
        _sdpMLineIndex = sdpMLineIndex;
        _sdpMid = [sdpMid copy];
    }
    return self;
}

- (NSString *)description {
    return [NSString stringWithFormat:@"RTCIceCandidate: %@ %d", _sdpMid, _sdpMLineIndex]; // no address
}

@end
