#import "RTCEncodedImage.h"

@implementation RTCEncodedImage
@end
