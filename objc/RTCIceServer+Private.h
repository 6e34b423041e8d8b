#import "RTCIceServer.h"
#include "quartet/quartet.h"

NS_ASSUME_NONNULL_BEGIN

/// @param out room for QUA_MAX_ICE_SERVERS; URLs beyond that are left out
/// @return how many were written
size_t QUAFillIceServers(NSArray<RTCIceServer *> *servers, qua_ice_server *out);

NS_ASSUME_NONNULL_END
