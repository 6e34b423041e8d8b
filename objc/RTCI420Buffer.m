#import "RTCI420Buffer+Private.h"

#include <string.h>

static void copyPlane(qua_frame *frame, int plane, const uint8_t *from, ptrdiff_t stride) {
    const int width = plane ? (frame->width + 1) / 2 : frame->width;
    const int height = plane ? (frame->height + 1) / 2 : frame->height;

    for (int y = 0; y < height; y++)
        memcpy(frame->plane[plane] + y * frame->stride[plane], from + y * stride, (size_t)width);
}

@implementation RTCI420Buffer

- (instancetype)initWithFrame:(qua_frame *)frame {
    self = [super init];
    if (self)
        _frame = qua_frame_ref(frame);
    return self;
}

- (instancetype)initWithWidth:(int)width height:(int)height {
    qua_frame *frame = qua_frame_create(width, height);

    if (!frame)
        return nil;
    self = [self initWithFrame:frame];
    qua_frame_unref(&frame);
    return self;
}

- (instancetype)initWithWidth:(int)width
                       height:(int)height
                      strideY:(int)strideY
                      strideU:(int)strideU
                      strideV:(int)strideV {
    (void)strideY, (void)strideU, (void)strideV;
    return [self initWithWidth:width height:height];
}

- (instancetype)initWithWidth:(int)width
                       height:(int)height
                        dataY:(const uint8_t *)dataY
                        dataU:(const uint8_t *)dataU
                        dataV:(const uint8_t *)dataV {
    self = [self initWithWidth:width height:height];
    if (self) {
        copyPlane(_frame, 0, dataY, width);
        copyPlane(_frame, 1, dataU, (width + 1) / 2);
        copyPlane(_frame, 2, dataV, (width + 1) / 2);
    }
    return self;
}

- (void)dealloc {
    qua_frame_unref(&_frame);
}

- (int)width {
    return _frame->width;
}

- (int)height {
    return _frame->height;
}

- (int)chromaWidth {
    return (_frame->width + 1) / 2;
}

- (int)chromaHeight {
    return (_frame->height + 1) / 2;
}

- (const uint8_t *)dataY {
    return _frame->plane[0];
}

- (const uint8_t *)dataU {
    return _frame->plane[1];
}

- (const uint8_t *)dataV {
    return _frame->plane[2];
}

- (int)strideY {
    return (int)_frame->stride[0];
}

- (int)strideU {
    return (int)_frame->stride[1];
}

- (int)strideV {
    return (int)_frame->stride[2];
}

- (id<RTCI420Buffer>)toI420 {
    return self;
}

@end

@implementation RTCMutableI420Buffer

- (uint8_t *)mutableDataY {
    return self.frame->plane[0];
}

- (uint8_t *)mutableDataU {
    return self.frame->plane[1];
}

- (uint8_t *)mutableDataV {
    return self.frame->plane[2];
}

@end
