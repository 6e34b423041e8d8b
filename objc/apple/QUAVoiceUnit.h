#import "QUAAudioDevice.h"

NS_ASSUME_NONNULL_BEGIN

/// Apple's voice-processing unit (echo, noise, gain) at 48 kHz, mono: microphone into a source, the engine's mix out.
/// Runs while RTCAudioSession says that sound may. Its audio thread neither locks nor allocates nor sends a message.
@interface QUAVoiceUnit : NSObject <QUAAudioDevice>
@property(atomic, readonly, getter=isRunning) BOOL running;
- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithEngine:(QUAEngine *)engine NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
