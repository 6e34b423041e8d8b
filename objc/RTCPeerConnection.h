#import "RTCMediaStream.h"
#import "RTCRtpTransceiver.h"
#import "RTCSessionDescription.h"
#import "RTCStatisticsReport.h"

@class RTCConfiguration, RTCIceCandidate, RTCMediaConstraints, RTCPeerConnection;

NS_ASSUME_NONNULL_BEGIN

RTC_EXTERN NSString *const kRTCPeerConnectionErrorDomain;

typedef NS_ENUM(NSInteger, RTCSignalingState) {
    RTCSignalingStateStable,
    RTCSignalingStateHaveLocalOffer,
    RTCSignalingStateHaveLocalPrAnswer,
    RTCSignalingStateHaveRemoteOffer,
    RTCSignalingStateHaveRemotePrAnswer,
    RTCSignalingStateClosed,
};

typedef NS_ENUM(NSInteger, RTCIceConnectionState) {
    RTCIceConnectionStateNew,
    RTCIceConnectionStateChecking,
    RTCIceConnectionStateConnected,
    RTCIceConnectionStateCompleted,
    RTCIceConnectionStateFailed,
    RTCIceConnectionStateDisconnected,
    RTCIceConnectionStateClosed,
    RTCIceConnectionStateCount,
};

typedef NS_ENUM(NSInteger, RTCPeerConnectionState) {
    RTCPeerConnectionStateNew,
    RTCPeerConnectionStateConnecting,
    RTCPeerConnectionStateConnected,
    RTCPeerConnectionStateDisconnected,
    RTCPeerConnectionStateFailed,
    RTCPeerConnectionStateClosed,
};

typedef NS_ENUM(NSInteger, RTCIceGatheringState) {
    RTCIceGatheringStateNew,
    RTCIceGatheringStateGathering,
    RTCIceGatheringStateComplete,
};

/// Called on the engine's event thread, one after another.
@protocol RTCPeerConnectionDelegate <NSObject>
- (void)peerConnection:(RTCPeerConnection *)peerConnection didChangeSignalingState:(RTCSignalingState)stateChanged;
- (void)peerConnection:(RTCPeerConnection *)peerConnection didAddStream:(RTCMediaStream *)stream;
- (void)peerConnection:(RTCPeerConnection *)peerConnection didRemoveStream:(RTCMediaStream *)stream;
- (void)peerConnectionShouldNegotiate:(RTCPeerConnection *)peerConnection;
- (void)peerConnection:(RTCPeerConnection *)peerConnection
    didChangeIceConnectionState:(RTCIceConnectionState)newState;
- (void)peerConnection:(RTCPeerConnection *)peerConnection didChangeIceGatheringState:(RTCIceGatheringState)newState;
- (void)peerConnection:(RTCPeerConnection *)peerConnection didGenerateIceCandidate:(RTCIceCandidate *)candidate;
- (void)peerConnection:(RTCPeerConnection *)peerConnection
    didRemoveIceCandidates:(NSArray<RTCIceCandidate *> *)candidates;

@optional
- (void)peerConnection:(RTCPeerConnection *)peerConnection didChangeConnectionState:(RTCPeerConnectionState)newState;
- (void)peerConnection:(RTCPeerConnection *)peerConnection
    didStartReceivingOnTransceiver:(RTCRtpTransceiver *)transceiver;
- (void)peerConnection:(RTCPeerConnection *)peerConnection
        didAddReceiver:(RTCRtpReceiver *)rtpReceiver
               streams:(NSArray<RTCMediaStream *> *)mediaStreams;
- (void)peerConnection:(RTCPeerConnection *)peerConnection didRemoveReceiver:(RTCRtpReceiver *)rtpReceiver;
@end

typedef void (^RTCCreateSessionDescriptionCompletionHandler)(RTCSessionDescription *_Nullable sdp,
                                                             NSError *_Nullable error);
typedef void (^RTCSetSessionDescriptionCompletionHandler)(NSError *_Nullable error);

/// One WebRTC connection (W3C WebRTC, RFC 9429). Safe from any thread.
RTC_OBJC_EXPORT
@interface RTCPeerConnection : NSObject
@property(nonatomic, weak, nullable) id<RTCPeerConnectionDelegate> delegate;
@property(nonatomic, readonly) NSArray<RTCMediaStream *> *localStreams;
@property(nonatomic, readonly, nullable) RTCSessionDescription *localDescription;
@property(nonatomic, readonly, nullable) RTCSessionDescription *remoteDescription;
@property(nonatomic, readonly) RTCSignalingState signalingState;
@property(nonatomic, readonly) RTCIceConnectionState iceConnectionState;
@property(nonatomic, readonly) RTCPeerConnectionState connectionState;
@property(nonatomic, readonly) RTCIceGatheringState iceGatheringState;
@property(nonatomic, readonly, copy) RTCConfiguration *configuration;
@property(nonatomic, readonly) NSArray<RTCRtpSender *> *senders;
@property(nonatomic, readonly) NSArray<RTCRtpReceiver *> *receivers;
@property(nonatomic, readonly) NSArray<RTCRtpTransceiver *> *transceivers;

- (instancetype)init NS_UNAVAILABLE;
- (void)close;

- (void)addIceCandidate:(RTCIceCandidate *)candidate
      completionHandler:(void (^)(NSError *_Nullable error))completionHandler;
- (void)addIceCandidate:(RTCIceCandidate *)candidate;
- (void)addStream:(RTCMediaStream *)stream;
- (void)removeStream:(RTCMediaStream *)stream;
- (nullable RTCRtpSender *)addTrack:(RTCMediaStreamTrack *)track streamIds:(NSArray<NSString *> *)streamIds;
- (BOOL)removeTrack:(RTCRtpSender *)sender;
- (nullable RTCRtpTransceiver *)addTransceiverWithTrack:(RTCMediaStreamTrack *)track;
- (nullable RTCRtpTransceiver *)addTransceiverWithTrack:(RTCMediaStreamTrack *)track
                                                   init:(RTCRtpTransceiverInit *)init;
- (nullable RTCRtpTransceiver *)addTransceiverOfType:(RTCRtpMediaType)mediaType;
- (nullable RTCRtpTransceiver *)addTransceiverOfType:(RTCRtpMediaType)mediaType init:(RTCRtpTransceiverInit *)init;
- (void)restartIce;

- (void)offerForConstraints:(RTCMediaConstraints *)constraints
          completionHandler:(RTCCreateSessionDescriptionCompletionHandler)completionHandler;
- (void)answerForConstraints:(RTCMediaConstraints *)constraints
           completionHandler:(RTCCreateSessionDescriptionCompletionHandler)completionHandler;
- (void)setLocalDescription:(RTCSessionDescription *)sdp
          completionHandler:(RTCSetSessionDescriptionCompletionHandler)completionHandler;
/// Makes the offer or answer that the state calls for, and sets it.
- (void)setLocalDescriptionWithCompletionHandler:(RTCSetSessionDescriptionCompletionHandler)completionHandler;
- (void)setRemoteDescription:(RTCSessionDescription *)sdp
           completionHandler:(RTCSetSessionDescriptionCompletionHandler)completionHandler;

- (void)statisticsWithCompletionHandler:(RTCStatisticsCompletionHandler)completionHandler;
@end

NS_ASSUME_NONNULL_END
