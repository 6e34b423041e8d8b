#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

@protocol RTCI420Buffer;

/// The pixels of a frame, in whatever form they came.
@protocol RTCVideoFrameBuffer <NSObject>
@property(nonatomic, readonly) int width;
@property(nonatomic, readonly) int height;
/// The same pixels as I420; without a copy when they are already.
- (id<RTCI420Buffer>)toI420;

@optional
- (id<RTCVideoFrameBuffer>)cropAndScaleWith:(int)offsetX
                                    offsetY:(int)offsetY
                                  cropWidth:(int)cropWidth
                                 cropHeight:(int)cropHeight
                                 scaleWidth:(int)scaleWidth
                                scaleHeight:(int)scaleHeight;
@end

/// Three planes of bytes; strides in bytes.
@protocol RTCYUVPlanarBuffer <RTCVideoFrameBuffer>
@property(nonatomic, readonly) int chromaWidth;
@property(nonatomic, readonly) int chromaHeight;
@property(nonatomic, readonly) const uint8_t *dataY;
@property(nonatomic, readonly) const uint8_t *dataU;
@property(nonatomic, readonly) const uint8_t *dataV;
@property(nonatomic, readonly) int strideY;
@property(nonatomic, readonly) int strideU;
@property(nonatomic, readonly) int strideV;
@end

@protocol RTCMutableYUVPlanarBuffer <RTCYUVPlanarBuffer>
@property(nonatomic, readonly) uint8_t *mutableDataY;
@property(nonatomic, readonly) uint8_t *mutableDataU;
@property(nonatomic, readonly) uint8_t *mutableDataV;
@end

@protocol RTCI420Buffer <RTCYUVPlanarBuffer>
@end

@protocol RTCMutableI420Buffer <RTCI420Buffer, RTCMutableYUVPlanarBuffer>
@end

NS_ASSUME_NONNULL_END
