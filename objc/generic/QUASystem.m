// A system without Apple's hardware: no codecs of its own, no devices, no conditions to watch.
#import "QUAAudioDevice.h"
#import "QUAConditions.h"
#import "QUASystemCodecs.h"

id<QUAAudioDevice> QUASystemAudioDevice(QUAEngine *engine) {
    return nil;
}

NSArray<RTCVideoCodecInfo *> *QUASystemCodecs(void) {
    return @[];
}

id<RTCVideoEncoder> QUASystemEncoder(RTCVideoCodecInfo *info) {
    return nil;
}

id<RTCVideoDecoder> QUASystemDecoder(RTCVideoCodecInfo *info) {
    return nil;
}

id QUAWatchSystem(QUAConditions *conditions, QUAEngine *engine) {
    return nil;
}
