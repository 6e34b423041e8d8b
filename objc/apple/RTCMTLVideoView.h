#import <UIKit/UIKit.h>

#import "RTCVideoFrame.h"
#import "RTCVideoRenderer.h"

NS_ASSUME_NONNULL_BEGIN

@protocol RTCVideoViewDelegate <NSObject>
- (void)videoView:(id<RTCVideoRenderer>)videoView didChangeVideoSize:(CGSize)size;
@end

/// Shows a track by Metal. Frames may come on any thread; the newest is drawn, on the main queue.
RTC_OBJC_EXPORT
@interface RTCMTLVideoView : UIView <RTCVideoRenderer>
/// Told on the main queue, of the size after rotation.
@property(nonatomic, weak, nullable) id<RTCVideoViewDelegate> delegate;
/// UIViewContentModeScaleAspectFill cuts off what does not fit; every other one shows all of the picture.
@property(nonatomic) UIViewContentMode videoContentMode;
/// NO: keeps the last picture.
@property(nonatomic, getter=isEnabled) BOOL enabled;
/// An RTCVideoRotation as a number, instead of the frame's own; nil: the frame's.
@property(nonatomic, nullable) NSValue *rotationOverride;
/// Left and right exchanged, as one's own picture is shown.
@property(nonatomic) BOOL mirrored;
@end

NS_ASSUME_NONNULL_END
