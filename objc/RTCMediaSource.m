#import "RTCMediaSource+Private.h"

@implementation RTCMediaSource

- (instancetype)initWithEngine:(QUAEngine *)engine {
    self = [super init];
    if (self) {
        _engine = engine;
        _state = RTCSourceStateLive;
    }
    return self;
}

@end
