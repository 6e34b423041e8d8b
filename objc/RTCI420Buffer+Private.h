#import "RTCI420Buffer.h"
#include "quartet/media.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCI420Buffer ()
/// Shares the engine's frame.
- (instancetype)initWithFrame:(qua_frame *)frame NS_DESIGNATED_INITIALIZER;
/// Lent as long as the buffer lives.
@property(nonatomic, readonly) qua_frame *frame;
@end

NS_ASSUME_NONNULL_END
