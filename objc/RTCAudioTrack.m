#import "RTCAudioTrack+Private.h"

@implementation RTCAudioTrack

- (instancetype)initWithSource:(RTCAudioSource *)source trackId:(NSString *)trackId {
    self = [super initWithKind:kRTCMediaStreamTrackKindAudio trackId:trackId];
    if (self)
        _source = source;
    return self;
}

@end
