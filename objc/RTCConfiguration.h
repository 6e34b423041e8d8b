#import "QUAMacros.h"

@class RTCIceServer;

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, RTCIceTransportPolicy) {
    RTCIceTransportPolicyNone,
    RTCIceTransportPolicyRelay,
    RTCIceTransportPolicyNoHost,
    RTCIceTransportPolicyAll,
};

typedef NS_ENUM(NSInteger, RTCBundlePolicy) {
    RTCBundlePolicyBalanced,
    RTCBundlePolicyMaxCompat,
    RTCBundlePolicyMaxBundle,
};

typedef NS_ENUM(NSInteger, RTCRtcpMuxPolicy) { RTCRtcpMuxPolicyNegotiate, RTCRtcpMuxPolicyRequire };
typedef NS_ENUM(NSInteger, RTCTcpCandidatePolicy) { RTCTcpCandidatePolicyEnabled, RTCTcpCandidatePolicyDisabled };
typedef NS_ENUM(NSInteger, RTCCandidateNetworkPolicy) {
    RTCCandidateNetworkPolicyAll,
    RTCCandidateNetworkPolicyLowCost,
};
typedef NS_ENUM(NSInteger, RTCContinualGatheringPolicy) {
    RTCContinualGatheringPolicyGatherOnce,
    RTCContinualGatheringPolicyGatherContinually,
};
typedef NS_ENUM(NSInteger, RTCEncryptionKeyType) { RTCEncryptionKeyTypeRSA, RTCEncryptionKeyTypeECDSA };
typedef NS_ENUM(NSInteger, RTCSdpSemantics) { RTCSdpSemanticsPlanB, RTCSdpSemanticsUnifiedPlan };

/// How a connection is made. Quartet always bundles on one transport, multiplexes RTCP, uses ECDSA and unified plan;
/// the properties that could say otherwise are kept for source compatibility.
RTC_OBJC_EXPORT
@interface RTCConfiguration : NSObject
@property(nonatomic, copy) NSArray<RTCIceServer *> *iceServers;
@property(nonatomic, assign) RTCIceTransportPolicy iceTransportPolicy;
@property(nonatomic, assign) RTCBundlePolicy bundlePolicy;
@property(nonatomic, assign) RTCRtcpMuxPolicy rtcpMuxPolicy;
@property(nonatomic, assign) RTCTcpCandidatePolicy tcpCandidatePolicy;
@property(nonatomic, assign) RTCCandidateNetworkPolicy candidateNetworkPolicy;
@property(nonatomic, assign) RTCContinualGatheringPolicy continualGatheringPolicy;
@property(nonatomic, assign) RTCEncryptionKeyType keyType;
@property(nonatomic, assign) RTCSdpSemantics sdpSemantics;
@property(nonatomic, assign) int iceCandidatePoolSize;
@property(nonatomic, assign) int iceConnectionReceivingTimeout;
@property(nonatomic, assign) BOOL enableImplicitRollback;
- (instancetype)init;
@end

NS_ASSUME_NONNULL_END
