#import "RTCIceServer+Private.h"

#include <string.h>

/// A text that is too long is left out: half a credential helps nobody.
static void copyText(char *out, const char *text, size_t capacity) {
    const size_t size = text ? strlen(text) : 0;

    out[0] = 0;
    if (size < capacity && text)
        memcpy(out, text, size + 1);
}

size_t QUAFillIceServers(NSArray<RTCIceServer *> *servers, qua_ice_server *out) {
    size_t count = 0;

    for (RTCIceServer *server in servers) {
        for (NSString *url in server.urlStrings) {
            if (count == QUA_MAX_ICE_SERVERS)
                return count;
            qua_ice_server *s = &out[count++];
            copyText(s->url, url.UTF8String, sizeof s->url);
            copyText(s->username, server.username.UTF8String, sizeof s->username);
            copyText(s->credential, server.credential.UTF8String, sizeof s->credential);
        }
    }
    return count;
}

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
