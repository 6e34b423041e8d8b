#import "RTCIceServer.h"

@implementation RTCIceServer

- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings {
    return [self initWithURLStrings:urlStrings username:nil credential:nil];
}

- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(NSString *)username
                        credential:(NSString *)credential {
    return [self initWithURLStrings:urlStrings
                           username:username
                         credential:credential
                      tlsCertPolicy:RTCTlsCertPolicySecure];
}

- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(NSString *)username
                        credential:(NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy {
    return [self initWithURLStrings:urlStrings
                           username:username
                         credential:credential
                      tlsCertPolicy:tlsCertPolicy
                           hostname:nil];
}

- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(NSString *)username
                        credential:(NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy
                          hostname:(NSString *)hostname {
    return [self initWithURLStrings:urlStrings
                           username:username
                         credential:credential
                      tlsCertPolicy:tlsCertPolicy
                           hostname:hostname
                   tlsAlpnProtocols:@[]];
}

- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(NSString *)username
                        credential:(NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy
                          hostname:(NSString *)hostname
                  tlsAlpnProtocols:(NSArray<NSString *> *)tlsAlpnProtocols {
    return [self initWithURLStrings:urlStrings
                           username:username
                         credential:credential
                      tlsCertPolicy:tlsCertPolicy
                           hostname:hostname
                   tlsAlpnProtocols:tlsAlpnProtocols
                  tlsEllipticCurves:@[]];
}

- (instancetype)initWithURLStrings:(NSArray<NSString *> *)urlStrings
                          username:(NSString *)username
                        credential:(NSString *)credential
                     tlsCertPolicy:(RTCTlsCertPolicy)tlsCertPolicy
                          hostname:(NSString *)hostname
                  tlsAlpnProtocols:(NSArray<NSString *> *)tlsAlpnProtocols
                 tlsEllipticCurves:(NSArray<NSString *> *)tlsEllipticCurves {
    NSParameterAssert(urlStrings.count);
    self = [super init];
    if (self) {
        _urlStrings = [urlStrings copy];
        _username = [username copy];
        _credential = [credential copy];
        _tlsCertPolicy = tlsCertPolicy;
        _hostname = [hostname copy];
        _tlsAlpnProtocols = [tlsAlpnProtocols copy] ?: @[];
        _tlsEllipticCurves = [tlsEllipticCurves copy] ?: @[];
    }
    return self;
}

/// Credentials stay out of logs.
- (NSString *)description {
    return [NSString stringWithFormat:@"RTCIceServer: %@", _urlStrings];
}

@end
