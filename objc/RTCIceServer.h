#import "QUAMacros.h"

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSUInteger, RTCTlsCertPolicy) { RTCTlsCertPolicySecure, RTCTlsCertPolicyInsecureNoCheck };

/// STUN and TURN servers that share a credential (RFC 7064, RFC 7065).
RTC_OBJC_EXPORT
@interface RTCIceServer : NSObject
@property(nonatomic, readonly) NSArray<NSString *> *urlStrings;
@property(nonatomic, readonly, nullable) NSString *username;
@property(nonatomic, readonly, nullable) NSString *credential;
@property(nonatomic, readonly) RTCTlsCertPolicy tlsCertPolicy;
@property(nonatomic, readonly, nullable) NSString *hostname;
@property(nonatomic, readonly) NSArray<NSString *> *tlsAlpnProtocols;
@property(nonatomic, readonly) NSArray<NSString *> *tlsEllipticCurves;

- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings;
- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(nullable NSString *)username
                        credential:(nullable NSString *)credential;
- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(nullable NSString *)username
                        credential:(nullable NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy;
- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(nullable NSString *)username
                        credential:(nullable NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy
                          hostname:(nullable NSString *)hostname;
- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(nullable NSString *)username
                        credential:(nullable NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy
                          hostname:(nullable NSString *)hostname
                  tlsAlpnProtocols:(NSArray<NSString *> *)tlsAlpnProtocols;
- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(nullable NSString *)username
                        credential:(nullable NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy
                          hostname:(nullable NSString *)hostname
                  tlsAlpnProtocols:(nullable NSArray<NSString *> *)tlsAlpnProtocols
                 tlsEllipticCurves:(nullable NSArray<NSString *> *)tlsEllipticCurves NS_DESIGNATED_INITIALIZER;
@end

NS_ASSUME_NONNULL_END
