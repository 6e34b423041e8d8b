#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

/// Objects that it does not keep alive, in order of arrival. Safe from any thread.
@interface QUAWeakSet<T> : NSObject
/// Those that still live.
@property(nonatomic, readonly) NSArray<T> *allObjects;
- (void)addObject:(T)object;
- (void)removeObject:(T)object;
@end

NS_ASSUME_NONNULL_END
