#import "RTCAudioSource+Private.h"

@implementation RTCAudioSource

- (instancetype)initWithEngine:(QUAEngine *)engine {
    self = [super initWithEngine:engine];
    if (self) {
        _volume = 1;
        if (engine && qua_audio_source_create(&_source, engine.engine) != 0)
            return nil;
    }
    return self;
}

- (void)dealloc {
    qua_audio_source_destroy(&_source);
}

@end
