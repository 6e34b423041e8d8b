#import "RTCVideoCapturer.h"

@implementation RTCVideoCapturer

- (instancetype)initWithDelegate:(id<RTCVideoCapturerDelegate>)delegate {
    self = [super init];
    if (self)
        _delegate = delegate;
    return self;
}

@end
