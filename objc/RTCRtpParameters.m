#import "RTCRtpParameters.h"

@implementation RTCRtpEncodingParameters

- (instancetype)init {
    self = [super init];
    if (self) {
        _isActive = YES;
        _bitratePriority = 1;
    }
    return self;
}

@end

@implementation RTCRtpParameters

- (instancetype)init {
    self = [super init];
    if (self) {
        _transactionId = @"";
        _encodings = @[];
    }
    return self;
}

@end
