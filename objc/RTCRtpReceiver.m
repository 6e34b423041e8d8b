#import "RTCRtpReceiver+Private.h"

#include <stdatomic.h>

@implementation RTCRtpReceiver {
    atomic_bool _heard;
}

@synthesize delegate = _delegate, parameters = _parameters, receiverId = _receiverId, track = _track;

- (instancetype)initWithTrack:(RTCMediaStreamTrack *)track {
    self = [super init];
    if (self) {
        _receiverId = [NSUUID UUID].UUIDString;
        _parameters = [[RTCRtpParameters alloc] init];
        _track = track;
    }
    return self;
}

- (void)heard {
    const BOOL audio = [_track.kind isEqualToString:kRTCMediaStreamTrackKindAudio];

    if (!atomic_exchange(&_heard, true))
        [self.delegate rtpReceiver:self
            didReceiveFirstPacketForMediaType:audio ? RTCRtpMediaTypeAudio : RTCRtpMediaTypeVideo];
}

@end
