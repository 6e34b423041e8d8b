#pragma once
#import <Metal/Metal.h>
#import <QuartzCore/QuartzCore.h>
#import <UIKit/UIKit.h>

NS_ASSUME_NONNULL_BEGIN
@class MTKView;
@protocol MTKViewDelegate <NSObject>
- (void)mtkView:(MTKView *)view drawableSizeWillChange:(CGSize)size;
- (void)drawInMTKView:(MTKView *)view;
@end
@interface MTKView : UIView
- (instancetype)initWithFrame:(CGRect)frameRect device:(nullable id<MTLDevice>)device NS_DESIGNATED_INITIALIZER;
@property (nonatomic, weak, nullable) id<MTKViewDelegate> delegate;
@property (nonatomic, nullable) id<MTLDevice> device;
@property (nonatomic) MTLPixelFormat colorPixelFormat;
@property (nonatomic, getter=isPaused) BOOL paused;
@property (nonatomic) BOOL enableSetNeedsDisplay;
@property (nonatomic) BOOL framebufferOnly;
@property (nonatomic) CGSize drawableSize;
@property (nonatomic, readonly, nullable) MTLRenderPassDescriptor *currentRenderPassDescriptor;
@property (nonatomic, readonly, nullable) id<CAMetalDrawable> currentDrawable;
- (void)draw;
@end
NS_ASSUME_NONNULL_END
