#import "RTCConfiguration.h"

@implementation RTCConfiguration

- (instancetype)init {
    self = [super init];
    if (self) {
        _iceServers = @[];
        _iceTransportPolicy = RTCIceTransportPolicyAll;
        _bundlePolicy = RTCBundlePolicyMaxBundle;
        _rtcpMuxPolicy = RTCRtcpMuxPolicyRequire;
        _keyType = RTCEncryptionKeyTypeECDSA;
        _sdpSemantics = RTCSdpSemanticsUnifiedPlan;
        _iceConnectionReceivingTimeout = -1;
    }
    return self;
}

@end
