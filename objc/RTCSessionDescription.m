#import "RTCSessionDescription.h"

#include "quartet/quartet.h"

_Static_assert((int)RTCSdpTypeOffer == (int)QUA_SDP_OFFER && (int)RTCSdpTypePrAnswer == (int)QUA_SDP_PRANSWER &&
                   (int)RTCSdpTypeAnswer == (int)QUA_SDP_ANSWER && (int)RTCSdpTypeRollback == (int)QUA_SDP_ROLLBACK,
               "RTCSdpType follows qua_sdp_type");

@implementation RTCSessionDescription

- (instancetype)initWithType:(RTCSdpType)type sdp:(NSString *)sdp {
    self = [super init];
    if (self) {
        _type = type;
        _sdp = [sdp copy] ?: @"";
    }
    return self;
}

+ (NSString *)stringForType:(RTCSdpType)type {
    switch (type) {
    case RTCSdpTypeOffer:
        return @"offer";
    case RTCSdpTypePrAnswer:
        return @"pranswer";
    case RTCSdpTypeAnswer:
        return @"answer";
    case RTCSdpTypeRollback:
        return @"rollback";
    }
}

+ (RTCSdpType)typeForString:(NSString *)string {
    for (RTCSdpType type = RTCSdpTypeOffer; type <= RTCSdpTypeRollback; type++)
        if ([string.lowercaseString isEqualToString:[self stringForType:type]])
            return type;
    return RTCSdpTypeOffer;
}

@end
