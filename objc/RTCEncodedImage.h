#import "RTCVideoFrame.h"

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSUInteger, RTCFrameType) {
    RTCFrameTypeEmptyFrame = 0,
    RTCFrameTypeAudioFrameSpeech = 1,
    RTCFrameTypeAudioFrameCN = 2,
    RTCFrameTypeVideoFrameKey = 3,
    RTCFrameTypeVideoFrameDelta = 4,
};

typedef NS_ENUM(NSUInteger, RTCVideoContentType) {
    RTCVideoContentTypeUnspecified,
    RTCVideoContentTypeScreenshare,
};

/// What an encoder makes of one frame, and what a decoder gets.
RTC_OBJC_EXPORT
@interface RTCEncodedImage : NSObject
@property(nonatomic, strong) NSData *buffer;
@property(nonatomic, assign) int32_t encodedWidth;
@property(nonatomic, assign) int32_t encodedHeight;
/// RTP ticks of 90 kHz.
@property(nonatomic, assign) uint32_t timeStamp;
@property(nonatomic, assign) int64_t captureTimeMs;
@property(nonatomic, assign) RTCFrameType frameType;
@property(nonatomic, assign) RTCVideoRotation rotation;
/// The codec's own scale; nil unknown.
@property(nonatomic, strong, nullable) NSNumber *qp;
@property(nonatomic, assign) RTCVideoContentType contentType;
/// No later frame refers to this one.
@property(nonatomic, assign) BOOL isDiscardable;
@property(nonatomic, assign) int temporalLayer;
@end

NS_ASSUME_NONNULL_END
