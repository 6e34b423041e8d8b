#pragma once
#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN
@interface INPersonHandle : NSObject
@property (readonly, nullable, copy) NSString *value;
@end
@interface INPerson : NSObject
@property (readonly, nullable, copy) INPersonHandle *personHandle;
@end
@interface INIntent : NSObject
@end
@interface INStartCallIntent : INIntent
@property (readonly, copy, nullable) NSArray<INPerson *> *contacts;
@end
@interface INInteraction : NSObject
@property (readonly, copy) INIntent *intent;
@end
@interface NSUserActivity (IntentsSupport)
@property (readonly, nullable, strong) INInteraction *interaction;
@end
NS_ASSUME_NONNULL_END
