#import "RTCMediaConstraints.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCMediaConstraints ()
/// YES when either set says "true" for the key; the mandatory one wins. `fallback` when neither names it.
- (BOOL)boolForKey:(NSString *)key fallback:(BOOL)fallback;
@end

NS_ASSUME_NONNULL_END
