#pragma once
#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN
@interface CIImage : NSObject
- (CIImage *)imageByApplyingTransform:(CGAffineTransform)matrix;
@end
@interface CIFilter : NSObject
+ (nullable CIFilter *)filterWithName:(NSString *)name;
@property (readonly, nonatomic, nullable) CIImage *outputImage;
- (void)setValue:(nullable id)value forKey:(NSString *)key;
- (void)setDefaults;
@end
NS_ASSUME_NONNULL_END
