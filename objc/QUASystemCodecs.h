#import "RTCVideoDecoder.h"

NS_ASSUME_NONNULL_BEGIN

/// Codecs of the system's hardware, by preference; none on systems without.
RTC_EXTERN NSArray<RTCVideoCodecInfo *> *QUASystemCodecs(void);
/// nil: not a codec of the system.
RTC_EXTERN id<RTCVideoEncoder> _Nullable QUASystemEncoder(RTCVideoCodecInfo *info);
RTC_EXTERN id<RTCVideoDecoder> _Nullable QUASystemDecoder(RTCVideoCodecInfo *info);

NS_ASSUME_NONNULL_END
