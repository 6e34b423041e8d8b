#import "RTCMediaStream+Private.h"

@implementation RTCMediaStream {
    NSMutableArray<RTCAudioTrack *> *_audio; // both under @synchronized(self)
    NSMutableArray<RTCVideoTrack *> *_video;
}

- (instancetype)initWithStreamId:(NSString *)streamId {
    self = [super init];
    if (self) {
        _streamId = [streamId copy];
        _audio = [NSMutableArray array];
        _video = [NSMutableArray array];
    }
    return self;
}

- (NSArray<RTCAudioTrack *> *)audioTracks {
    @synchronized(self) {
        return [_audio copy];
    }
}

- (NSArray<RTCVideoTrack *> *)videoTracks {
    @synchronized(self) {
        return [_video copy];
    }
}

- (void)addAudioTrack:(RTCAudioTrack *)audioTrack {
    @synchronized(self) {
        if (![_audio containsObject:audioTrack])
            [_audio addObject:audioTrack];
    }
}

- (void)addVideoTrack:(RTCVideoTrack *)videoTrack {
    @synchronized(self) {
        if (![_video containsObject:videoTrack])
            [_video addObject:videoTrack];
    }
}

- (void)removeAudioTrack:(RTCAudioTrack *)audioTrack {
    @synchronized(self) {
        [_audio removeObject:audioTrack];
    }
}

- (void)removeVideoTrack:(RTCVideoTrack *)videoTrack {
    @synchronized(self) {
        [_video removeObject:videoTrack];
    }
}

@end
