#import "RTCAudioSession.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCAudioSession ()
/// The voice-processing unit runs or does not; delegates are told.
- (void)voiceUnitStarted;
- (void)voiceUnitStopped;
- (void)voiceUnitFailed:(NSError *)error;
@end

NS_ASSUME_NONNULL_END
