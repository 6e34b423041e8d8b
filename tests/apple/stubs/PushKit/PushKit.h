#pragma once
#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN
@class PKPushRegistry;
typedef NSString *PKPushType;
extern PKPushType const PKPushTypeVoIP;
@interface PKPushCredentials : NSObject
@property (readonly, copy) NSData *token;
@end
@interface PKPushPayload : NSObject
@property (readonly, copy) NSDictionary *dictionaryPayload;
@end
@protocol PKPushRegistryDelegate <NSObject>
- (void)pushRegistry:(PKPushRegistry *)registry
    didUpdatePushCredentials:(PKPushCredentials *)pushCredentials
                     forType:(PKPushType)type;
@optional
- (void)pushRegistry:(PKPushRegistry *)registry
    didReceiveIncomingPushWithPayload:(PKPushPayload *)payload
                              forType:(PKPushType)type
                withCompletionHandler:(void (^)(void))completion;
- (void)pushRegistry:(PKPushRegistry *)registry didInvalidatePushTokenForType:(PKPushType)type;
@end
@interface PKPushRegistry : NSObject
- (instancetype)initWithQueue:(nullable dispatch_queue_t)queue NS_DESIGNATED_INITIALIZER;
@property (readwrite, weak, nullable) id<PKPushRegistryDelegate> delegate;
@property (readwrite, copy, nullable) NSSet<PKPushType> *desiredPushTypes;
- (instancetype)init NS_UNAVAILABLE;
@end
NS_ASSUME_NONNULL_END
