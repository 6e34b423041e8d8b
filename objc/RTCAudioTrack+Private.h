#import "RTCAudioTrack.h"
#import "RTCMediaStreamTrack+Private.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCAudioTrack ()
- (instancetype)initWithSource:(RTCAudioSource *)source trackId:(NSString *)trackId;
@end

NS_ASSUME_NONNULL_END
