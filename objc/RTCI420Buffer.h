#import "RTCVideoFrameBuffer.h"

NS_ASSUME_NONNULL_BEGIN

/// 8-bit 4:2:0 in memory that the engine shares: a frame goes in and out without a copy.
RTC_OBJC_EXPORT
@interface RTCI420Buffer : NSObject <RTCI420Buffer>
- (instancetype)init NS_UNAVAILABLE;
/// Copies the planes, whose strides are their widths.
- (instancetype)initWithWidth:(int)width
                       height:(int)height
                        dataY:(const uint8_t *)dataY
                        dataU:(const uint8_t *)dataU
                        dataV:(const uint8_t *)dataV;
- (instancetype)initWithWidth:(int)width height:(int)height;
/// The strides are a wish: rows are aligned for SIMD and may be longer.
- (instancetype)initWithWidth:(int)width
                       height:(int)height
                      strideY:(int)strideY
                      strideU:(int)strideU
                      strideV:(int)strideV;
@end

/// To be filled before it goes into a frame.
RTC_OBJC_EXPORT
@interface RTCMutableI420Buffer : RTCI420Buffer <RTCMutableI420Buffer>
@end

NS_ASSUME_NONNULL_END
