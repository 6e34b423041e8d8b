#import "QUAMacros.h"
#include "quartet/quartet.h"

NS_ASSUME_NONNULL_BEGIN

@protocol RTCVideoDecoderFactory, RTCVideoEncoderFactory;

/// Holds an engine of the C library for all objects of one factory; the last of them to go ends it.
@interface QUAEngine : NSObject
@property(nonatomic, readonly) qua_engine *engine;

- (instancetype)init NS_UNAVAILABLE;
/// @param bindAddresses literal IPs to use alone; nil: every interface
- (nullable instancetype)initWithEncoderFactory:(nullable id<RTCVideoEncoderFactory>)encoderFactory
                                 decoderFactory:(nullable id<RTCVideoDecoderFactory>)decoderFactory
                                  bindAddresses:(nullable NSArray<NSString *> *)bindAddresses NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
