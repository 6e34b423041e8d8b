#pragma once
#include <stddef.h>
#include <stdint.h>

typedef const void *CFTypeRef;
typedef const struct __attribute__((objc_bridge(NSString))) __CFString *CFStringRef;
typedef const struct __attribute__((objc_bridge(NSNumber))) __CFNumber *CFNumberRef;
typedef const struct __attribute__((objc_bridge(NSDictionary))) __CFDictionary *CFDictionaryRef;
typedef const struct __attribute__((objc_bridge(NSArray))) __CFArray *CFArrayRef;
typedef const struct __CFBoolean *CFBooleanRef;
typedef const struct __CFAllocator *CFAllocatorRef;
typedef long CFIndex;
extern const CFBooleanRef _Nonnull kCFBooleanTrue;
extern const CFBooleanRef _Nonnull kCFBooleanFalse;
extern CFTypeRef _Nonnull CFRetain(CFTypeRef _Nonnull cf);
extern void CFRelease(CFTypeRef _Nonnull cf);
extern CFIndex CFArrayGetCount(CFArrayRef _Nonnull theArray);
extern const void *_Nullable CFArrayGetValueAtIndex(CFArrayRef _Nonnull theArray, CFIndex idx);
extern const void *_Nullable CFDictionaryGetValue(CFDictionaryRef _Nonnull theDict, const void *_Nullable key);
