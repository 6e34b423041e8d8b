#pragma once
#import <Metal/Metal.h>

NS_ASSUME_NONNULL_BEGIN
@interface CALayer : NSObject
@property CGRect bounds;
@property CGRect frame;
@property CGFloat cornerRadius;
@property BOOL masksToBounds;
@property CGFloat borderWidth;
@property (nullable) CGColorRef borderColor;
@end
@protocol CAMetalDrawable <MTLDrawable>
@property (readonly) id<MTLTexture> texture;
@end
extern double CACurrentMediaTime(void);
NS_ASSUME_NONNULL_END
