/* What Debian's GNUstep lacks of Apple's Foundation; included before every file that runs on it. */
#import <Foundation/Foundation.h>

typedef NSSize CGSize;

#undef NS_UNAVAILABLE
#define NS_UNAVAILABLE __attribute__((unavailable))
