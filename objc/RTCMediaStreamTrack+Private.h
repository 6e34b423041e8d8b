#import "RTCMediaStreamTrack.h"

NS_ASSUME_NONNULL_BEGIN

@class RTCRtpSender;

@interface RTCMediaStreamTrack ()
- (instancetype)initWithKind:(NSString *)kind trackId:(NSString *)trackId NS_DESIGNATED_INITIALIZER;
@property(nonatomic, readwrite) RTCMediaStreamTrackState readyState;
/// Senders of this track hear when it is enabled or disabled; they are held weakly.
- (void)addSender:(RTCRtpSender *)sender;
- (void)removeSender:(RTCRtpSender *)sender;
@end

NS_ASSUME_NONNULL_END
