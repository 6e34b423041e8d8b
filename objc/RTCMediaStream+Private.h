#import "RTCMediaStream.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCMediaStream ()
- (instancetype)initWithStreamId:(NSString *)streamId NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
