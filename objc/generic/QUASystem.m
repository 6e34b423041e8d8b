// A system without Apple's hardware: no devices, no conditions to watch.
#import "QUAAudioDevice.h"
#import "QUAConditions.h"

id<QUAAudioDevice> QUASystemAudioDevice(QUAEngine *engine) {
    return nil;
}

id QUAWatchSystem(QUAConditions *conditions, QUAEngine *engine) {
    return nil;
}
