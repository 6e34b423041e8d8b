#import "RTCMediaStreamTrack+Private.h"
#import "RTCVideoTrack.h"

NS_ASSUME_NONNULL_BEGIN

@class RTCVideoFrame;

@interface RTCVideoTrack ()
- (instancetype)initWithSource:(RTCVideoSource *)source trackId:(NSString *)trackId;
/// A decoded frame of a remote track.
- (void)render:(RTCVideoFrame *)frame;
@end

NS_ASSUME_NONNULL_END
