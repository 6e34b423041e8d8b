#import "RTCAudioSource.h"
#import "RTCMediaSource+Private.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCAudioSource ()
/// NULL: of a remote track.
@property(nonatomic, readonly, nullable) qua_audio_source *source;
@end

NS_ASSUME_NONNULL_END
