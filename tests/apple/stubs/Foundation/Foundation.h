// What our sources use of Apple's Foundation and libdispatch. Ours, checked against the API's published types by
// tools/apple/check_stubs.js. So are all files beside it.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_ASSUME_NONNULL_BEGIN _Pragma("clang assume_nonnull begin")
#define NS_ASSUME_NONNULL_END   _Pragma("clang assume_nonnull end")
#define NS_ENUM(type, name)     enum __attribute__((enum_extensibility(open))) name : type name; enum name : type
#define NS_OPTIONS(type, name)                                                                                         \
    enum __attribute__((flag_enum, enum_extensibility(open))) name : type name;                                        \
    enum name : type
#define API_AVAILABLE(platform)     __attribute__((availability(STUB_##platform)))
#define STUB_ios(version)           ios, introduced = version
#define NS_DESIGNATED_INITIALIZER   __attribute__((objc_designated_initializer))
#define NS_REQUIRES_SUPER           __attribute__((objc_requires_super))
#define NS_UNAVAILABLE              __attribute__((unavailable))
#define NS_RETURNS_RETAINED         __attribute__((ns_returns_retained))
#define NS_FORMAT_FUNCTION(f, a)    __attribute__((format(__NSString__, f, a)))
#define CF_RETURNS_RETAINED         __attribute__((cf_returns_retained))
#define FOUNDATION_EXPORT           extern
#define IBAction                    void
#define NSParameterAssert(condition) NSCAssert((condition), @"Invalid parameter: %s", #condition)
#define NSCAssert(condition, ...)   ((condition) ? (void)0 : NSLog(__VA_ARGS__))
#define NSLocalizedString(key, comment) [NSBundle.mainBundle localizedStringForKey:(key) value:@"" table:nil]
#define MAX(a, b)                   ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _b : _a; })
#define MIN(a, b)                   ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })

typedef bool BOOL; // as on arm64
#define YES __objc_yes
#define NO  __objc_no
#define nil ((void *)0)
#define Nil ((Class)0)
typedef long NSInteger;
typedef unsigned long NSUInteger;
typedef double CGFloat;
typedef double NSTimeInterval;
typedef int32_t OSStatus;
typedef uint32_t FourCharCode;
typedef unsigned char Boolean;
typedef struct objc_selector *SEL;
typedef struct _NSRange {
    NSUInteger location, length;
} NSRange;
#define NSNotFound          ((NSInteger)0x7fffffffffffffff)
#define NSEC_PER_SEC        1000000000ull
#define NSEC_PER_MSEC       1000000ull
#define DISPATCH_TIME_NOW   0ull

static inline NSRange NSMakeRange(NSUInteger location, NSUInteger length) {
    return (NSRange){location, length};
}

#include <CoreFoundation/CoreFoundation.h>
#include <CoreGraphics/CoreGraphics.h>

NS_ASSUME_NONNULL_BEGIN

@class NSArray<T>, NSBundle, NSCoder, NSData, NSDate, NSDictionary<K, V>, NSError, NSIndexPath, NSMutableArray<T>;
@class NSMutableDictionary<K, V>, NSNotification, NSNumber, NSOperationQueue, NSSet<T>, NSString, NSURL, NSUUID, Protocol;
@class NSCharacterSet, NSURLQueryItem;

typedef NSString *NSNotificationName;
typedef NSString *NSErrorDomain;
typedef NSString *NSErrorUserInfoKey;
typedef NS_ENUM(NSInteger, NSComparisonResult) {
    NSOrderedAscending = -1,
    NSOrderedSame = 0,
    NSOrderedDescending = 1
};
typedef NSComparisonResult (^NSComparator)(id obj1, id obj2);

@protocol NSObject
- (BOOL)isEqual:(nullable id)object;
@property (readonly) NSUInteger hash;
- (BOOL)isKindOfClass:(Class)aClass;
- (BOOL)respondsToSelector:(SEL)aSelector;
- (BOOL)conformsToProtocol:(Protocol *)aProtocol;
- (Class)class;
- (instancetype)self;
@property (readonly, copy) NSString *description;
@end
@protocol NSCopying
@end
@protocol NSMutableCopying
@end
@protocol NSSecureCoding
@end
@protocol NSCoding
@end
@protocol NSFastEnumeration
- (NSUInteger)countByEnumeratingWithState:(void *)state
                                  objects:(id __unsafe_unretained _Nullable[_Nonnull])buffer
                                    count:(NSUInteger)len;
@end

__attribute__((objc_root_class))
@interface NSObject <NSObject>
+ (instancetype)alloc;
+ (instancetype)new;
- (instancetype)init;
- (void)dealloc;
+ (Class)class;
- (id)copy;
- (id)mutableCopy;
@end

@interface NSString : NSObject <NSCopying, NSMutableCopying>
@property (readonly) NSUInteger length;
+ (instancetype)string;
+ (instancetype)stringWithFormat:(NSString *)format, ... NS_FORMAT_FUNCTION(1, 2);
+ (nullable instancetype)stringWithUTF8String:(const char *)nullTerminatedCString;
+ (instancetype)stringWithString:(NSString *)string;
- (nullable instancetype)initWithData:(NSData *)data encoding:(NSUInteger)encoding;
- (nullable instancetype)initWithUTF8String:(const char *)nullTerminatedCString;
@property (nullable, readonly) const char *UTF8String;
@property (readonly) const char *fileSystemRepresentation;
@property (readonly, copy) NSString *uppercaseString;
@property (readonly, copy) NSString *lowercaseString;
@property (readonly, copy) NSString *lastPathComponent;
@property (readonly) int intValue;
@property (readonly) NSInteger integerValue;
- (BOOL)isEqualToString:(NSString *)aString;
- (BOOL)hasPrefix:(NSString *)str;
- (BOOL)hasSuffix:(NSString *)str;
- (BOOL)containsString:(NSString *)str;
- (NSRange)rangeOfString:(NSString *)searchString;
- (NSRange)rangeOfCharacterFromSet:(NSCharacterSet *)searchSet;
- (NSString *)substringToIndex:(NSUInteger)to;
- (NSString *)substringFromIndex:(NSUInteger)from;
- (NSString *)substringWithRange:(NSRange)range;
- (unsigned short)characterAtIndex:(NSUInteger)index;
- (NSString *)stringByAppendingString:(NSString *)aString;
- (NSString *)stringByAppendingPathComponent:(NSString *)str;
- (NSString *)stringByTrimmingCharactersInSet:(NSCharacterSet *)set;
- (NSString *)stringByReplacingOccurrencesOfString:(NSString *)target withString:(NSString *)replacement;
- (nullable NSString *)stringByAddingPercentEncodingWithAllowedCharacters:(NSCharacterSet *)allowedCharacters;
@property (nullable, readonly, copy) NSString *stringByRemovingPercentEncoding;
- (NSArray<NSString *> *)componentsSeparatedByString:(NSString *)separator;
- (nullable NSData *)dataUsingEncoding:(NSUInteger)encoding;
- (NSComparisonResult)compare:(NSString *)string;
- (NSComparisonResult)caseInsensitiveCompare:(NSString *)string;
- (NSUInteger)lengthOfBytesUsingEncoding:(NSUInteger)enc;
+ (instancetype)localizedStringWithFormat:(NSString *)format, ... NS_FORMAT_FUNCTION(1, 2);
@end
enum { NSUTF8StringEncoding = 4 };

@interface NSMutableString : NSString
- (void)appendString:(NSString *)aString;
- (void)appendFormat:(NSString *)format, ... NS_FORMAT_FUNCTION(1, 2);
@end

@interface NSCharacterSet : NSObject <NSCopying>
@property (readonly, class, copy) NSCharacterSet *whitespaceAndNewlineCharacterSet;
@property (readonly, class, copy) NSCharacterSet *URLPathAllowedCharacterSet;
+ (NSCharacterSet *)characterSetWithCharactersInString:(NSString *)aString;
@property (readonly, copy) NSCharacterSet *invertedSet;
@end

@interface NSArray<__covariant T> : NSObject <NSCopying, NSMutableCopying, NSFastEnumeration>
@property (readonly) NSUInteger count;
@property (nullable, nonatomic, readonly) T firstObject;
@property (nullable, nonatomic, readonly) T lastObject;
- (T)objectAtIndex:(NSUInteger)index;
- (T)objectAtIndexedSubscript:(NSUInteger)idx;
- (BOOL)containsObject:(T)anObject;
- (NSUInteger)indexOfObject:(T)anObject;
- (NSUInteger)indexOfObjectIdenticalTo:(T)anObject;
- (NSString *)componentsJoinedByString:(NSString *)separator;
- (NSArray<T> *)arrayByAddingObject:(T)anObject;
- (NSArray<T> *)arrayByAddingObjectsFromArray:(NSArray<T> *)otherArray;
- (NSArray<T> *)subarrayWithRange:(NSRange)range;
- (NSArray<T> *)sortedArrayUsingSelector:(SEL)comparator;
- (NSArray<T> *)sortedArrayUsingComparator:(NSComparator)cmptr;
- (BOOL)isEqualToArray:(NSArray<T> *)otherArray;
+ (instancetype)array;
+ (instancetype)arrayWithArray:(NSArray<T> *)array;
+ (instancetype)arrayWithObjects:(const T _Nonnull[_Nonnull])objects count:(NSUInteger)cnt;
@end
@interface NSMutableArray<T> : NSArray<T>
+ (instancetype)arrayWithCapacity:(NSUInteger)numItems;
- (void)addObject:(T)anObject;
- (void)addObjectsFromArray:(NSArray<T> *)otherArray;
- (void)insertObject:(T)anObject atIndex:(NSUInteger)index;
- (void)removeObject:(T)anObject;
- (void)removeObjectIdenticalTo:(T)anObject;
- (void)removeObjectAtIndex:(NSUInteger)index;
- (void)removeLastObject;
- (void)removeAllObjects;
- (void)setObject:(T)obj atIndexedSubscript:(NSUInteger)idx;
@end

@interface NSDictionary<K, __covariant V> : NSObject <NSCopying, NSMutableCopying, NSFastEnumeration>
@property (readonly) NSUInteger count;
@property (readonly, copy) NSArray<K> *allKeys;
@property (readonly, copy) NSArray<V> *allValues;
- (nullable V)objectForKey:(K)aKey;
- (nullable V)objectForKeyedSubscript:(K)key;
- (BOOL)isEqualToDictionary:(NSDictionary<K, V> *)otherDictionary;
+ (instancetype)dictionary;
+ (instancetype)dictionaryWithObjects:(const V _Nonnull[_Nonnull])objects
                              forKeys:(const K _Nonnull[_Nonnull])keys
                                count:(NSUInteger)cnt;
@end
@interface NSMutableDictionary<K, V> : NSDictionary<K, V>
- (void)setObject:(V)anObject forKey:(K)aKey;
- (void)setObject:(nullable V)obj forKeyedSubscript:(K)key;
- (void)removeObjectForKey:(K)aKey;
- (void)removeAllObjects;
@end

@interface NSSet<__covariant T> : NSObject <NSCopying, NSMutableCopying, NSFastEnumeration>
@property (readonly) NSUInteger count;
@property (readonly, copy) NSArray<T> *allObjects;
- (nullable T)anyObject;
- (BOOL)containsObject:(T)anObject;
+ (instancetype)set;
+ (instancetype)setWithObject:(T)object;
+ (instancetype)setWithArray:(NSArray<T> *)array;
@end
@interface NSMutableSet<T> : NSSet<T>
- (void)addObject:(T)object;
- (void)removeObject:(T)object;
@end

@interface NSValue : NSObject <NSCopying>
+ (NSValue *)valueWithPointer:(nullable const void *)pointer;
@end
@interface NSNumber : NSValue
+ (NSNumber *)numberWithBool:(BOOL)value;
+ (NSNumber *)numberWithInt:(int)value;
+ (NSNumber *)numberWithUnsignedInt:(unsigned int)value;
+ (NSNumber *)numberWithLong:(long)value;
+ (NSNumber *)numberWithUnsignedLong:(unsigned long)value;
+ (NSNumber *)numberWithLongLong:(long long)value;
+ (NSNumber *)numberWithUnsignedLongLong:(unsigned long long)value;
+ (NSNumber *)numberWithFloat:(float)value;
+ (NSNumber *)numberWithDouble:(double)value;
+ (NSNumber *)numberWithInteger:(NSInteger)value;
+ (NSNumber *)numberWithUnsignedInteger:(NSUInteger)value;
@property (readonly) BOOL boolValue;
@property (readonly) int intValue;
@property (readonly) unsigned int unsignedIntValue;
@property (readonly) double doubleValue;
@property (readonly) NSInteger integerValue;
@property (readonly) NSUInteger unsignedIntegerValue;
@property (readonly, copy) NSString *stringValue;
@end
@interface NSNull : NSObject
+ (NSNull *)null;
@end

@interface NSData : NSObject <NSCopying, NSMutableCopying>
@property (readonly) NSUInteger length;
@property (readonly) const void *bytes;
+ (instancetype)data;
+ (instancetype)dataWithBytes:(nullable const void *)bytes length:(NSUInteger)length;
+ (instancetype)dataWithBytesNoCopy:(void *)bytes length:(NSUInteger)length;
+ (nullable instancetype)dataWithContentsOfFile:(NSString *)path;
- (NSData *)subdataWithRange:(NSRange)range;
- (BOOL)isEqualToData:(NSData *)other;
@end
@interface NSMutableData : NSData
+ (nullable instancetype)dataWithLength:(NSUInteger)length;
+ (nullable instancetype)dataWithCapacity:(NSUInteger)aNumItems;
@property (readonly) void *mutableBytes;
- (void)appendBytes:(const void *)bytes length:(NSUInteger)length;
- (void)appendData:(NSData *)other;
@end

FOUNDATION_EXPORT NSErrorUserInfoKey const NSLocalizedDescriptionKey;
@interface NSError : NSObject <NSCopying>
@property (readonly, copy) NSErrorDomain domain;
@property (readonly) NSInteger code;
@property (readonly, copy) NSString *localizedDescription;
@property (readonly, copy) NSDictionary<NSErrorUserInfoKey, id> *userInfo;
+ (instancetype)errorWithDomain:(NSErrorDomain)domain
                           code:(NSInteger)code
                       userInfo:(nullable NSDictionary<NSErrorUserInfoKey, id> *)dict;
@end

@interface NSDate : NSObject <NSCopying>
+ (instancetype)date;
+ (instancetype)dateWithTimeIntervalSinceNow:(NSTimeInterval)secs;
+ (instancetype)dateWithTimeIntervalSince1970:(NSTimeInterval)secs;
@property (readonly) NSTimeInterval timeIntervalSinceNow;
@property (readonly) NSTimeInterval timeIntervalSince1970;
- (NSTimeInterval)timeIntervalSinceDate:(NSDate *)anotherDate;
@end
@interface NSFormatter : NSObject
@end
typedef NS_ENUM(NSUInteger, NSDateFormatterStyle) {
    NSDateFormatterNoStyle = 0,
    NSDateFormatterShortStyle = 1,
    NSDateFormatterMediumStyle = 2
};
@interface NSDateFormatter : NSFormatter
@property NSDateFormatterStyle dateStyle;
@property NSDateFormatterStyle timeStyle;
@property BOOL doesRelativeDateFormatting;
- (NSString *)stringFromDate:(NSDate *)date;
@end
@interface NSListFormatter : NSFormatter
+ (NSString *)localizedStringByJoiningStrings:(NSArray<NSString *> *)strings;
@end

@interface NSUUID : NSObject <NSCopying>
+ (instancetype)UUID;
- (nullable instancetype)initWithUUIDString:(NSString *)string;
@property (readonly, copy) NSString *UUIDString;
@end

@interface NSURLQueryItem : NSObject
+ (instancetype)queryItemWithName:(NSString *)name value:(nullable NSString *)value;
@property (readonly) NSString *name;
@property (nullable, readonly) NSString *value;
@end
@interface NSURL : NSObject <NSCopying>
+ (nullable instancetype)URLWithString:(NSString *)URLString;
+ (NSURL *)fileURLWithPath:(NSString *)path;
@property (nullable, readonly, copy) NSString *scheme;
@property (nullable, readonly, copy) NSString *host;
@property (nullable, readonly, copy) NSNumber *port;
@property (nullable, readonly, copy) NSString *path;
@property (nullable, readonly, copy) NSString *query;
@property (nullable, readonly, copy) NSString *absoluteString;
@property (nullable, readonly, copy) NSString *lastPathComponent;
- (nullable NSURL *)URLByAppendingPathComponent:(NSString *)pathComponent;
@end

@interface NSBundle : NSObject
@property (class, readonly, strong) NSBundle *mainBundle;
+ (NSBundle *)bundleForClass:(Class)aClass;
@property (nullable, readonly, copy) NSString *bundleIdentifier;
- (nullable id)objectForInfoDictionaryKey:(NSString *)key;
- (nullable NSString *)pathForResource:(nullable NSString *)name ofType:(nullable NSString *)ext;
- (NSString *)localizedStringForKey:(NSString *)key
                              value:(nullable NSString *)value
                              table:(nullable NSString *)tableName;
@end

@protocol NSLocking
- (void)lock;
- (void)unlock;
@end
@interface NSLock : NSObject <NSLocking>
@end
@interface NSRecursiveLock : NSObject <NSLocking>
- (BOOL)tryLock;
@end
@interface NSCondition : NSObject <NSLocking>
- (void)wait;
- (BOOL)waitUntilDate:(NSDate *)limit;
- (void)signal;
- (void)broadcast;
@end
@interface NSThread : NSObject
@property (class, readonly) BOOL isMainThread;
@end

@interface NSNotification : NSObject <NSCopying>
@property (readonly, copy) NSNotificationName name;
@property (nullable, readonly, strong) id object;
@property (nullable, readonly, copy) NSDictionary *userInfo;
@end
@interface NSNotificationCenter : NSObject
@property (class, readonly, strong) NSNotificationCenter *defaultCenter;
- (void)addObserver:(id)observer
           selector:(SEL)aSelector
               name:(nullable NSNotificationName)aName
             object:(nullable id)anObject;
- (void)removeObserver:(id)observer;
- (void)postNotificationName:(NSNotificationName)aName object:(nullable id)anObject;
@end

FOUNDATION_EXPORT NSNotificationName const NSProcessInfoThermalStateDidChangeNotification;
FOUNDATION_EXPORT NSNotificationName const NSProcessInfoPowerStateDidChangeNotification;
typedef NS_ENUM(NSInteger, NSProcessInfoThermalState) {
    NSProcessInfoThermalStateNominal,
    NSProcessInfoThermalStateFair,
    NSProcessInfoThermalStateSerious,
    NSProcessInfoThermalStateCritical
};
@interface NSProcessInfo : NSObject
@property (class, readonly, strong) NSProcessInfo *processInfo;
@property (readonly) NSTimeInterval systemUptime;
@property (readonly, copy) NSDictionary<NSString *, NSString *> *environment;
@property (readonly) NSProcessInfoThermalState thermalState;
@property (readonly, getter=isLowPowerModeEnabled) BOOL lowPowerModeEnabled;
@end

@interface NSUserDefaults : NSObject
@property (class, readonly, strong) NSUserDefaults *standardUserDefaults;
- (nullable instancetype)initWithSuiteName:(nullable NSString *)suitename;
- (nullable id)objectForKey:(NSString *)defaultName;
- (void)setObject:(nullable id)value forKey:(NSString *)defaultName;
- (nullable NSString *)stringForKey:(NSString *)defaultName;
- (nullable NSArray *)arrayForKey:(NSString *)defaultName;
- (BOOL)boolForKey:(NSString *)defaultName;
- (void)setBool:(BOOL)value forKey:(NSString *)defaultName;
@end
@interface NSFileManager : NSObject
@property (class, readonly, strong) NSFileManager *defaultManager;
- (nullable NSURL *)containerURLForSecurityApplicationGroupIdentifier:(NSString *)groupIdentifier;
@end
@interface NSUserActivity : NSObject
- (instancetype)initWithActivityType:(NSString *)activityType;
@property (readonly, copy) NSString *activityType;
@property (nullable, copy) NSURL *webpageURL;
@end
FOUNDATION_EXPORT NSString *const NSUserActivityTypeBrowsingWeb;

@interface NSTimer : NSObject
+ (NSTimer *)scheduledTimerWithTimeInterval:(NSTimeInterval)interval
                                    repeats:(BOOL)repeats
                                      block:(void (^)(NSTimer *timer))block;
- (void)invalidate;
@end
@interface NSCoder : NSObject
@end
@interface NSIndexPath : NSObject <NSCopying>
@end
@interface NSPredicate : NSObject
@end
@interface NSExtensionContext : NSObject
@end

FOUNDATION_EXPORT void NSLog(NSString *format, ...) NS_FORMAT_FUNCTION(1, 2);
FOUNDATION_EXPORT NSString *NSStringFromClass(Class aClass);

@protocol OS_dispatch_queue <NSObject>
@end
@protocol OS_dispatch_queue_attr <NSObject>
@end
typedef NSObject<OS_dispatch_queue> *dispatch_queue_t;
typedef NSObject<OS_dispatch_queue_attr> *dispatch_queue_attr_t;
typedef void (^dispatch_block_t)(void);
typedef uint64_t dispatch_time_t;
extern dispatch_queue_t dispatch_queue_create(const char *_Nullable label, dispatch_queue_attr_t _Nullable attr)
    NS_RETURNS_RETAINED;
extern void dispatch_async(dispatch_queue_t queue, dispatch_block_t block);
extern void dispatch_sync(dispatch_queue_t queue, __attribute__((noescape)) dispatch_block_t block);
extern void dispatch_after(dispatch_time_t when, dispatch_queue_t queue, dispatch_block_t block);
extern dispatch_time_t dispatch_time(dispatch_time_t when, int64_t delta);
struct dispatch_queue_s;
extern struct dispatch_queue_s _dispatch_main_q;
static inline dispatch_queue_t dispatch_get_main_queue(void) {
    return (__bridge dispatch_queue_t)(void *)&_dispatch_main_q;
}

NS_ASSUME_NONNULL_END
