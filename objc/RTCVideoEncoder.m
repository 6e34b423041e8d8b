#import "RTCVideoEncoder.h"

@implementation RTCVideoEncoderSettings
@end

@implementation RTCVideoEncoderQpThresholds

- (instancetype)initWithThresholdsLow:(NSInteger)low high:(NSInteger)high {
    self = [super init];
    if (self) {
        _low = low;
        _high = high;
    }
    return self;
}

@end
