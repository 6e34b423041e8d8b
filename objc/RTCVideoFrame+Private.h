#import "RTCVideoFrame.h"
#include "quartet/media.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCVideoFrame ()
/// Shares the pixels of a frame of the engine.
- (instancetype)initWithEngineFrame:(qua_frame *)frame;
/// A frame for the engine over this one's pixels, kept alive by it. One reference, the caller's; NULL without memory.
- (nullable qua_frame *)newEngineFrame;
@end

NS_ASSUME_NONNULL_END
