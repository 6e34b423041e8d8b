#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

/// The domain of every NSError of the framework; the code is one of quartet/types.h (QUA_E...).
RTC_EXTERN NSString *const QUAErrorDomain;

/// @param message nil or empty: the code's own text
RTC_EXTERN NSError *QUAMakeError(NSInteger code, NSString *_Nullable message);

NS_ASSUME_NONNULL_END
