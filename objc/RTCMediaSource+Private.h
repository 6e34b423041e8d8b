#import "QUAEngine.h"
#import "RTCMediaSource.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCMediaSource ()
- (instancetype)initWithEngine:(nullable QUAEngine *)engine NS_DESIGNATED_INITIALIZER;
/// nil: a remote source.
@property(nonatomic, readonly, nullable) QUAEngine *engine;
@property(nonatomic, readwrite) RTCSourceState state;
@end

NS_ASSUME_NONNULL_END
