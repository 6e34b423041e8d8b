#import "QUAEngine.h"

NS_ASSUME_NONNULL_BEGIN

@class RTCAudioSource;

/// The microphone and loudspeaker of the system, for one engine.
@protocol QUAAudioDevice <NSObject>
/// The microphone goes to this source from now on.
- (void)recordInto:(RTCAudioSource *)source;
@end

/// nil where the app has to push and pull sound itself (qua_audio_source_push, qua_engine_pull_audio).
RTC_EXTERN id<QUAAudioDevice> _Nullable QUASystemAudioDevice(QUAEngine *engine);

NS_ASSUME_NONNULL_END
