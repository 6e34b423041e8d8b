#import "QUAError.h"
#include "quartet/types.h"

NSString *const QUAErrorDomain = @"org.quartet.error";

NSError *QUAMakeError(NSInteger code, NSString *message) {
    NSString *text = message.length ? message : QUAString(qua_strerror((int)code));

    return [NSError errorWithDomain:QUAErrorDomain code:code userInfo:@{NSLocalizedDescriptionKey : text}];
}
