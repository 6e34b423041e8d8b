#import "QUAConditions.h"
#import "QUAWeakSet.h"
#import "RTCVideoSource+Private.h"

static int tighter(int a, int b) {
    return a && b ? MIN(a, b) : a ? a : b;
}

QUALimits QUATighter(QUALimits a, QUALimits b) {
    return (QUALimits){tighter(a.width, b.width), tighter(a.height, b.height), tighter(a.fps, b.fps),
                       tighter(a.bitrateBps, b.bitrateBps)};
}

/// A software codec is the first to heat a phone: pictures shrink before the system takes the clock away.
static QUALimits limitsOfHeat(QUAHeat heat) {
    switch (heat) {
    case QUAHeatNominal:
        return (QUALimits){0};
    case QUAHeatFair:
        return (QUALimits){.width = 960, .height = 960, .fps = 24};
    case QUAHeatSerious:
        return (QUALimits){.width = 640, .height = 640, .fps = 15};
    case QUAHeatCritical:
        return (QUALimits){.width = 320, .height = 320, .fps = 10};
    }
    return (QUALimits){0};
}

@implementation QUAConditions {
    QUAWeakSet<RTCVideoSource *> *_sources; // under @synchronized(self), as all below
    QUAHeat _heat;
    BOOL _lowPower, _lowData;
}

- (instancetype)init {
    self = [super init];
    if (self)
        _sources = [[QUAWeakSet alloc] init];
    return self;
}

- (QUALimits)limits {
    @synchronized(self) {
        QUALimits limits = limitsOfHeat(_heat);

        if (_lowPower)
            limits = QUATighter(limits, (QUALimits){.width = 640, .height = 640, .fps = 24});
        if (_lowData)
            limits = QUATighter(limits, (QUALimits){.width = 640, .height = 640, .fps = 15, .bitrateBps = 250000});
        return limits;
    }
}

- (void)apply {
    const QUALimits limits = self.limits;
    NSArray<RTCVideoSource *> *sources;

    @synchronized(self) {
        sources = _sources.allObjects;
    }
    for (RTCVideoSource *source in sources)
        [source setConditionLimits:limits];
}

- (void)addSource:(RTCVideoSource *)source {
    @synchronized(self) {
        [_sources addObject:source];
    }
    [source setConditionLimits:self.limits];
}

- (QUAHeat)heat {
    @synchronized(self) {
        return _heat;
    }
}

- (void)setHeat:(QUAHeat)heat {
    @synchronized(self) {
        _heat = heat;
    }
    [self apply];
}

- (BOOL)lowPower {
    @synchronized(self) {
        return _lowPower;
    }
}

- (void)setLowPower:(BOOL)lowPower {
    @synchronized(self) {
        _lowPower = lowPower;
    }
    [self apply];
}

- (BOOL)lowData {
    @synchronized(self) {
        return _lowData;
    }
}

- (void)setLowData:(BOOL)lowData {
    @synchronized(self) {
        _lowData = lowData;
    }
    [self apply];
}

@end
