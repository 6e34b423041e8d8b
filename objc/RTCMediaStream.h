#import "QUAMacros.h"

@class RTCAudioTrack, RTCVideoTrack;

NS_ASSUME_NONNULL_BEGIN

/// Tracks that belong together.
RTC_OBJC_EXPORT
@interface RTCMediaStream : NSObject
@property(nonatomic, readonly) NSArray<RTCAudioTrack *> *audioTracks;
@property(nonatomic, readonly) NSArray<RTCVideoTrack *> *videoTracks;
@property(nonatomic, readonly) NSString *streamId;

- (instancetype)init NS_UNAVAILABLE;
- (void)addAudioTrack:(RTCAudioTrack *)audioTrack;
- (void)addVideoTrack:(RTCVideoTrack *)videoTrack;
- (void)removeAudioTrack:(RTCAudioTrack *)audioTrack;
- (void)removeVideoTrack:(RTCVideoTrack *)videoTrack;
@end

NS_ASSUME_NONNULL_END
