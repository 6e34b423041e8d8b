#import <CoreVideo/CoreVideo.h>

#import "RTCVideoFrameBuffer.h"

NS_ASSUME_NONNULL_BEGIN

/// A picture in a buffer of the system, NV12 in full or video range, or a part of one: what cameras, ReplayKit and the
/// video hardware give and take without a copy.
RTC_OBJC_EXPORT
@interface RTCCVPixelBuffer : NSObject <RTCVideoFrameBuffer>
@property(nonatomic, readonly) CVPixelBufferRef pixelBuffer;
@property(nonatomic, readonly) int cropX;
@property(nonatomic, readonly) int cropY;
@property(nonatomic, readonly) int cropWidth;
@property(nonatomic, readonly) int cropHeight;

+ (NSSet<NSNumber *> *)supportedPixelFormats;
- (instancetype)init NS_UNAVAILABLE;
/// Retains the buffer.
- (instancetype)initWithPixelBuffer:(CVPixelBufferRef)pixelBuffer;
/// The part at cropX, cropY (rounded down to even) of cropWidth x cropHeight, to be shown as adaptedWidth x adaptedHeight.
- (instancetype)initWithPixelBuffer:(CVPixelBufferRef)pixelBuffer
                       adaptedWidth:(int)adaptedWidth
                      adaptedHeight:(int)adaptedHeight
                          cropWidth:(int)cropWidth
                         cropHeight:(int)cropHeight
                              cropX:(int)cropX
                              cropY:(int)cropY NS_DESIGNATED_INITIALIZER;
- (BOOL)requiresCropping;
- (BOOL)requiresScalingToWidth:(int)width height:(int)height;
@end

NS_ASSUME_NONNULL_END
