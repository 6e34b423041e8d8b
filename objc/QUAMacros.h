// What every header of QuartetKit begins with.
#import <Foundation/Foundation.h>

#if defined(__cplusplus)
#define RTC_EXTERN extern "C" __attribute__((visibility("default")))
#else
#define RTC_EXTERN extern __attribute__((visibility("default")))
#endif
/// Marks the classes that the framework exports.
#define RTC_OBJC_EXPORT __attribute__((visibility("default")))
