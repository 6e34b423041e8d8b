// What every header of QuartetKit begins with.
#import <Foundation/Foundation.h>

#if defined(__cplusplus)
#define RTC_EXTERN extern "C" __attribute__((visibility("default")))
#else
#define RTC_EXTERN extern __attribute__((visibility("default")))
#endif
/// Marks the classes that the framework exports.
#define RTC_OBJC_EXPORT __attribute__((visibility("default")))

NS_ASSUME_NONNULL_BEGIN
/// "" for NULL and for what is not UTF-8.
static inline NSString *QUAString(const char *_Nullable utf8) {
    NSString *string = utf8 ? [NSString stringWithUTF8String:(const char *_Nonnull)utf8] : nil;

    return string ?: @"";
}
NS_ASSUME_NONNULL_END
