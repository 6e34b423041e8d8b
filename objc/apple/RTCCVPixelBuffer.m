#import "RTCCVPixelBuffer.h"
#import "RTCI420Buffer+Private.h"

#include <string.h>

@implementation RTCCVPixelBuffer {
    int _width, _height;
}

+ (NSSet<NSNumber *> *)supportedPixelFormats {
    return [NSSet setWithArray:@[
        @(kCVPixelFormatType_420YpCbCr8BiPlanarFullRange), @(kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange)
    ]];
}

- (instancetype)initWithPixelBuffer:(CVPixelBufferRef)pixelBuffer {
    const int width = (int)CVPixelBufferGetWidth(pixelBuffer), height = (int)CVPixelBufferGetHeight(pixelBuffer);

    return [self initWithPixelBuffer:pixelBuffer
                        adaptedWidth:width
                       adaptedHeight:height
                           cropWidth:width
                          cropHeight:height
                               cropX:0
                               cropY:0];
}

- (instancetype)initWithPixelBuffer:(CVPixelBufferRef)pixelBuffer
                       adaptedWidth:(int)adaptedWidth
                      adaptedHeight:(int)adaptedHeight
                          cropWidth:(int)cropWidth
                         cropHeight:(int)cropHeight
                              cropX:(int)cropX
                              cropY:(int)cropY {
    self = [super init];
    if (self) {
        _width = adaptedWidth;
        _height = adaptedHeight;
        _pixelBuffer = pixelBuffer;
        _cropX = cropX & ~1; // a chroma sample serves two luma ones
        _cropY = cropY & ~1;
        _cropWidth = cropWidth;
        _cropHeight = cropHeight;
        CVPixelBufferRetain(_pixelBuffer);
    }
    return self;
}

- (void)dealloc {
    CVPixelBufferRelease(_pixelBuffer);
}

- (int)width {
    return _width;
}

- (int)height {
    return _height;
}

- (BOOL)requiresCropping {
    return _cropWidth != (int)CVPixelBufferGetWidth(_pixelBuffer) ||
           _cropHeight != (int)CVPixelBufferGetHeight(_pixelBuffer);
}

- (BOOL)requiresScalingToWidth:(int)width height:(int)height {
    return _cropWidth != width || _cropHeight != height;
}

/// The part that is shown, as I420 of its own size; NULL without memory or access. The caller's reference.
- (qua_frame *)copyOfPart {
    qua_frame *frame = NULL;

    if (CVPixelBufferLockBaseAddress(_pixelBuffer, kCVPixelBufferLock_ReadOnly) != kCVReturnSuccess)
        return NULL;
    const size_t lumaStride = CVPixelBufferGetBytesPerRowOfPlane(_pixelBuffer, 0);
    const size_t chromaStride = CVPixelBufferGetBytesPerRowOfPlane(_pixelBuffer, 1);
    const uint8_t *luma = CVPixelBufferGetBaseAddressOfPlane(_pixelBuffer, 0);
    const uint8_t *chroma = CVPixelBufferGetBaseAddressOfPlane(_pixelBuffer, 1);
    if (luma && chroma)
        frame = qua_frame_from_nv12(_cropWidth, _cropHeight, luma + (size_t)_cropY * lumaStride + _cropX,
                                    (ptrdiff_t)lumaStride, chroma + (size_t)(_cropY / 2) * chromaStride + _cropX,
                                    (ptrdiff_t)chromaStride);
    CVPixelBufferUnlockBaseAddress(_pixelBuffer, kCVPixelBufferLock_ReadOnly);
    return frame;
}

- (id<RTCI420Buffer>)toI420 {
    qua_frame *part = [self copyOfPart];
    qua_frame *whole = part ? qua_frame_scale(part, _width, _height) : NULL;
    RTCI420Buffer *buffer = whole ? [[RTCI420Buffer alloc] initWithFrame:whole] : nil;

    qua_frame_unref(&part);
    qua_frame_unref(&whole);
    return (id<RTCI420Buffer> _Nonnull)buffer; // nil without memory: the frame is dropped
}

- (id<RTCVideoFrameBuffer>)cropAndScaleWith:(int)offsetX
                                    offsetY:(int)offsetY
                                  cropWidth:(int)cropWidth
                                 cropHeight:(int)cropHeight
                                 scaleWidth:(int)scaleWidth
                                scaleHeight:(int)scaleHeight {
    return [[RTCCVPixelBuffer alloc] initWithPixelBuffer:_pixelBuffer
                                            adaptedWidth:scaleWidth
                                           adaptedHeight:scaleHeight
                                               cropWidth:cropWidth * _cropWidth / _width
                                              cropHeight:cropHeight * _cropHeight / _height
                                                   cropX:_cropX + offsetX * _cropWidth / _width
                                                   cropY:_cropY + offsetY * _cropHeight / _height];
}

@end
