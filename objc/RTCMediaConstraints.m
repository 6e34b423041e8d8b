#import "RTCMediaConstraints+Private.h"

NSString *const kRTCMediaConstraintsOfferToReceiveAudio = @"OfferToReceiveAudio";
NSString *const kRTCMediaConstraintsOfferToReceiveVideo = @"OfferToReceiveVideo";
NSString *const kRTCMediaConstraintsIceRestart = @"IceRestart";
NSString *const kRTCMediaConstraintsVoiceActivityDetection = @"VoiceActivityDetection";
NSString *const kRTCMediaConstraintsValueTrue = @"true";
NSString *const kRTCMediaConstraintsValueFalse = @"false";

@implementation RTCMediaConstraints {
    NSDictionary<NSString *, NSString *> *_mandatory, *_optional;
}

- (instancetype)initWithMandatoryConstraints:(NSDictionary<NSString *, NSString *> *)mandatory
                         optionalConstraints:(NSDictionary<NSString *, NSString *> *)optional {
    self = [super init];
    if (self) {
        _mandatory = [mandatory copy] ?: @{};
        _optional = [optional copy] ?: @{};
    }
    return self;
}

- (BOOL)boolForKey:(NSString *)key fallback:(BOOL)fallback {
    NSString *value = _mandatory[key] ?: _optional[key];

    return value ? [value isEqualToString:kRTCMediaConstraintsValueTrue] : fallback;
}

@end
