#pragma once
#import <AVFoundation/AVFoundation.h>
#import <UIKit/UIKit.h>

NS_ASSUME_NONNULL_BEGIN
@class AVPictureInPictureController;
@interface AVPictureInPictureVideoCallViewController : UIViewController
@end
@interface AVPictureInPictureControllerContentSource : NSObject
- (instancetype)initWithActiveVideoCallSourceView:(UIView *)sourceView
                            contentViewController:(AVPictureInPictureVideoCallViewController *)contentViewController;
@end
@protocol AVPictureInPictureControllerDelegate <NSObject>
@optional
- (void)pictureInPictureControllerDidStartPictureInPicture:(AVPictureInPictureController *)pictureInPictureController;
- (void)pictureInPictureControllerDidStopPictureInPicture:(AVPictureInPictureController *)pictureInPictureController;
@end
@interface AVPictureInPictureController : NSObject
+ (BOOL)isPictureInPictureSupported;
- (instancetype)initWithContentSource:(AVPictureInPictureControllerContentSource *)contentSource
    NS_DESIGNATED_INITIALIZER;
@property (nonatomic, weak, nullable) id<AVPictureInPictureControllerDelegate> delegate;
@property (nonatomic) BOOL canStartPictureInPictureAutomaticallyFromInline;
- (void)startPictureInPicture;
- (void)stopPictureInPicture;
@end
@interface AVRoutePickerView : UIView
@property (nonatomic) BOOL prioritizesVideoDevices;
@end
NS_ASSUME_NONNULL_END
