#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

/// One address that a peer may be reached at, as in SDP (RFC 8839).
RTC_OBJC_EXPORT
@interface RTCIceCandidate : NSObject
@property(nonatomic, readonly, nullable) NSString *sdpMid;
@property(nonatomic, readonly) int sdpMLineIndex;
/// "candidate:..."; "" is the end of candidates.
@property(nonatomic, readonly) NSString *sdp;
@property(nonatomic, readonly, nullable) NSString *serverUrl;

- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithSdp:(NSString *)sdp
              sdpMLineIndex:(int)sdpMLineIndex
                     sdpMid:(nullable NSString *)sdpMid NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
