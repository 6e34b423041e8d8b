#import "RTCVideoCodecInfo.h"

NSString *const kRTCVideoCodecViolaName = @"VIOLA";
NSString *const kRTCVideoCodecVp8Name = @"VP8";
NSString *const kRTCVideoCodecVp9Name = @"VP9";
NSString *const kRTCVideoCodecH264Name = @"H264";
NSString *const kRTCVideoCodecAv1Name = @"AV1";

@implementation RTCVideoCodecInfo

- (instancetype)initWithName:(NSString *)name {
    return [self initWithName:name parameters:nil];
}

- (instancetype)initWithName:(NSString *)name parameters:(NSDictionary<NSString *, NSString *> *)parameters {
    return [self initWithName:name parameters:parameters scalabilityModes:@[]];
}

- (instancetype)initWithName:(NSString *)name
                  parameters:(NSDictionary<NSString *, NSString *> *)parameters
            scalabilityModes:(NSArray<NSString *> *)scalabilityModes {
    self = [super init];
    if (self) {
        _name = [name copy];
        _parameters = [parameters copy] ?: @{};
        _scalabilityModes = [scalabilityModes copy];
    }
    return self;
}

- (BOOL)isEqualToCodecInfo:(RTCVideoCodecInfo *)info {
    return [info.name.uppercaseString isEqualToString:_name.uppercaseString] &&
           [info.parameters isEqualToDictionary:_parameters];
}

- (BOOL)isEqual:(id)object {
    return [object isKindOfClass:[RTCVideoCodecInfo class]] && [self isEqualToCodecInfo:object];
}

- (NSUInteger)hash {
    return _name.uppercaseString.hash;
}

@end
