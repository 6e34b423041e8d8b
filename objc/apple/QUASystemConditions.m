// Heat, Low Power Mode, Low Data Mode and changes of network, as the system tells them.
#import <Network/Network.h>
#import "QUAConditions.h"

@interface QUASystemConditions : NSObject
@end

@implementation QUASystemConditions {
    QUAConditions *_conditions;
    QUAEngine *_engine;
    nw_path_monitor_t _monitor;
}

- (instancetype)initWithConditions:(QUAConditions *)conditions engine:(QUAEngine *)engine {
    self = [super init];
    if (self) {
        _conditions = conditions;
        _engine = engine;
        [self observe:NSProcessInfoThermalStateDidChangeNotification];
        [self observe:NSProcessInfoPowerStateDidChangeNotification];
        [self powerChanged:nil];
        [self watchPath];
    }
    return self;
}

- (void)observe:(NSNotificationName)name {
    [NSNotificationCenter.defaultCenter addObserver:self selector:@selector(powerChanged:) name:name object:nil];
}

- (void)dealloc {
    [NSNotificationCenter.defaultCenter removeObserver:self];
    nw_path_monitor_cancel(_monitor);
}

- (void)powerChanged:(NSNotification *)notification {
    NSProcessInfo *process = NSProcessInfo.processInfo;

    _conditions.heat = (QUAHeat)process.thermalState;
    _conditions.lowPower = process.isLowPowerModeEnabled;
}

/// ICE looks at the interfaces again at every change, the first report apart: that is what the engine began with.
- (void)watchPath {
    __weak QUASystemConditions *weak = self;
    __block BOOL first = YES;

    _monitor = nw_path_monitor_create();
    nw_path_monitor_set_queue(_monitor, dispatch_queue_create("org.quartet.network", nil));
    nw_path_monitor_set_update_handler(_monitor, ^(nw_path_t path) {
        [weak pathChanged:path first:first];
        first = NO;
    });
    nw_path_monitor_start(_monitor);
}

- (void)pathChanged:(nw_path_t)path first:(BOOL)first {
    _conditions.lowData = nw_path_is_constrained(path);
    if (!first)
        qua_engine_network_changed(_engine.engine);
}

@end

id QUAWatchSystem(QUAConditions *conditions, QUAEngine *engine) {
    return [[QUASystemConditions alloc] initWithConditions:conditions engine:engine];
}
