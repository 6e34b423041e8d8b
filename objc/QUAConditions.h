#import "QUAEngine.h"

NS_ASSUME_NONNULL_BEGIN

@class RTCVideoSource;

/// As NSProcessInfoThermalState, from nominal to critical.
typedef NS_ENUM(NSInteger, QUAHeat) { QUAHeatNominal, QUAHeatFair, QUAHeatSerious, QUAHeatCritical };

/// The most that a camera is to send; zero: no limit.
typedef struct QUALimits {
    int width, height, fps, bitrateBps;
} QUALimits;

/// The tighter of two, each number for itself.
RTC_EXTERN QUALimits QUATighter(QUALimits a, QUALimits b);

/// What the phone can bear now: heat, power and data become limits of the engine's cameras. One for each engine.
@interface QUAConditions : NSObject
@property(atomic, assign) QUAHeat heat;
@property(atomic, assign) BOOL lowPower;
@property(atomic, assign) BOOL lowData;
@property(nonatomic, readonly) QUALimits limits;
/// Held weakly; limited at once and at every change.
- (void)addSource:(RTCVideoSource *)source;
@end

/// Keeps conditions and the engine's view of the network as the system tells them, as long as it lives.
RTC_EXTERN id _Nullable QUAWatchSystem(QUAConditions *conditions, QUAEngine *engine);

NS_ASSUME_NONNULL_END
