#import "QUAMacros.h"

@class RTCVideoFrame;

NS_ASSUME_NONNULL_BEGIN

/// Whoever shows a track's pictures. Called on a decoder's thread (or the camera's, of a local track).
@protocol RTCVideoRenderer <NSObject>
/// The size after rotation, whenever it changes and before the first frame of it.
- (void)setSize:(CGSize)size;
/// @param frame nil: nothing to show any more
- (void)renderFrame:(nullable RTCVideoFrame *)frame;
@end

NS_ASSUME_NONNULL_END
