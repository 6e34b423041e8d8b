#import "QUAConditions.h"
#import "RTCMediaSource+Private.h"
#import "RTCVideoRenderer.h"
#import "RTCVideoSource.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCVideoSource ()
/// NULL: of a remote track.
@property(nonatomic, readonly, nullable) qua_video_source *source;
- (void)addRenderer:(id<RTCVideoRenderer>)renderer;
- (void)removeRenderer:(id<RTCVideoRenderer>)renderer;
/// From the engine's conditions; from any thread.
- (void)setConditionLimits:(QUALimits)limits;
/// Show a frame to every renderer.
- (void)render:(RTCVideoFrame *)frame;
@end

NS_ASSUME_NONNULL_END
