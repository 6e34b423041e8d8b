#import "RTCStatisticsReport.h"
#include "quartet/quartet.h"

NS_ASSUME_NONNULL_BEGIN

@interface RTCStatisticsReport ()
- (instancetype)initWithStats:(const qua_pc_stats *)stats timestamp:(qua_time)now NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
