#import "RTCI420Buffer+Private.h"
#import "RTCVideoFrame+Private.h"

/// Drops the engine's hold of a buffer, on whichever thread used the frame last.
static void releaseBuffer(void *context) {
    (void)(__bridge_transfer id<RTCI420Buffer>)context;
}

@implementation RTCVideoFrame

- (instancetype)initWithBuffer:(id<RTCVideoFrameBuffer>)frameBuffer
                      rotation:(RTCVideoRotation)rotation
                   timeStampNs:(int64_t)timeStampNs {
    self = [super init];
    if (self) {
        _buffer = frameBuffer;
        _rotation = rotation;
        _timeStampNs = timeStampNs;
    }
    return self;
}

- (instancetype)initWithEngineFrame:(qua_frame *)frame {
    self = [self initWithBuffer:[[RTCI420Buffer alloc] initWithFrame:frame]
                       rotation:(RTCVideoRotation)frame->rotation
                    timeStampNs:frame->captured * 1000];
    return self;
}

- (qua_frame *)newEngineFrame {
    id<RTCI420Buffer> i420 = [_buffer toI420];
    uint8_t *const planes[3] = {(uint8_t *)i420.dataY, (uint8_t *)i420.dataU, (uint8_t *)i420.dataV};
    const ptrdiff_t strides[3] = {i420.strideY, i420.strideU, i420.strideV};
    void *const hold = (__bridge_retained void *)i420;
    qua_frame *frame = qua_frame_wrap(i420.width, i420.height, planes, strides, releaseBuffer, hold);

    if (!frame) {
        releaseBuffer(hold);
        return NULL;
    }
    frame->rotation = (int)_rotation;
    frame->captured = _timeStampNs / 1000;
    return frame;
}

- (int)width {
    return _buffer.width;
}

- (int)height {
    return _buffer.height;
}

- (RTCVideoFrame *)newI420VideoFrame {
    return [[RTCVideoFrame alloc] initWithBuffer:[_buffer toI420] rotation:_rotation timeStampNs:_timeStampNs];
}

@end
