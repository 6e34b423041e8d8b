#import "RTCPeerConnection.h"
#import "RTCVideoDecoder.h"

@class RTCAudioSource, RTCAudioTrack, RTCConfiguration, RTCMediaConstraints, RTCMediaStream, RTCVideoSource, RTCVideoTrack;

NS_ASSUME_NONNULL_BEGIN

/// What the engine of a factory is made with; to be set before the first source or connection.
RTC_OBJC_EXPORT
@interface RTCPeerConnectionFactoryOptions : NSObject
@property(nonatomic, assign) BOOL ignoreLoopbackNetworkAdapter;
/// Literal IPs of the interfaces to use alone; nil: all.
@property(nonatomic, copy, nullable) NSArray<NSString *> *bindAddresses;
- (instancetype)init;
@end

/// Makes sources, tracks and connections that share one engine.
RTC_OBJC_EXPORT
@interface RTCPeerConnectionFactory : NSObject
- (instancetype)init;
/// nil: the engine's codecs.
- (instancetype)initWithEncoderFactory:(nullable id<RTCVideoEncoderFactory>)encoderFactory
                        decoderFactory:(nullable id<RTCVideoDecoderFactory>)decoderFactory NS_DESIGNATED_INITIALIZER;
- (void)setOptions:(RTCPeerConnectionFactoryOptions *)options;

- (RTCAudioSource *)audioSourceWithConstraints:(nullable RTCMediaConstraints *)constraints;
- (RTCAudioTrack *)audioTrackWithTrackId:(NSString *)trackId;
- (RTCAudioTrack *)audioTrackWithSource:(RTCAudioSource *)source trackId:(NSString *)trackId;
- (RTCVideoSource *)videoSource;
- (RTCVideoSource *)videoSourceForScreenCast:(BOOL)forScreenCast;
- (RTCVideoTrack *)videoTrackWithSource:(RTCVideoSource *)source trackId:(NSString *)trackId;
- (RTCMediaStream *)mediaStreamWithStreamId:(NSString *)streamId;
- (nullable RTCPeerConnection *)peerConnectionWithConfiguration:(RTCConfiguration *)configuration
                                                    constraints:(RTCMediaConstraints *)constraints
                                                       delegate:(nullable id<RTCPeerConnectionDelegate>)delegate;
@end

NS_ASSUME_NONNULL_END
