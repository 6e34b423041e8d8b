#import "RTCEncodedImage.h"
#import "RTCVideoCodecInfo.h"

NS_ASSUME_NONNULL_BEGIN

/// What a codec says of an image beyond the image; carried along, not read.
@protocol RTCCodecSpecificInfo <NSObject>
@end

typedef NS_ENUM(NSUInteger, RTCVideoCodecMode) { RTCVideoCodecModeRealtimeVideo, RTCVideoCodecModeScreensharing };

RTC_OBJC_EXPORT
@interface RTCVideoEncoderSettings : NSObject
@property(nonatomic, strong) NSString *name;
@property(nonatomic, assign) unsigned short width;
@property(nonatomic, assign) unsigned short height;
@property(nonatomic, assign) unsigned int startBitrate; // kilobits/s
@property(nonatomic, assign) unsigned int maxBitrate;
@property(nonatomic, assign) unsigned int minBitrate;
@property(nonatomic, assign) uint32_t maxFramerate;
@property(nonatomic, assign) unsigned int qpMax;
@property(nonatomic, assign) RTCVideoCodecMode mode;
@end

RTC_OBJC_EXPORT
@interface RTCVideoEncoderQpThresholds : NSObject
@property(nonatomic, readonly) NSInteger low;
@property(nonatomic, readonly) NSInteger high;
- (instancetype)initWithThresholdsLow:(NSInteger)low high:(NSInteger)high;
@end

typedef BOOL (^RTCVideoEncoderCallback)(RTCEncodedImage *frame, id<RTCCodecSpecificInfo> _Nullable info);

/// An app's encoder. One instance serves all receivers. Called on one thread; its callback may come on any, within
/// QUAEncoderPatience of -encode:...
@protocol RTCVideoEncoder <NSObject>
- (void)setCallback:(nullable RTCVideoEncoderCallback)callback;
/// @return 0; anything else: it cannot
- (NSInteger)startEncodeWithSettings:(RTCVideoEncoderSettings *)settings numberOfCores:(int)numberOfCores;
- (NSInteger)releaseEncoder;
/// @param frameTypes one number: RTCFrameTypeVideoFrameKey or ...Delta. @return 0, or an error: nothing will come
- (NSInteger)encode:(RTCVideoFrame *)frame
    codecSpecificInfo:(nullable id<RTCCodecSpecificInfo>)info
           frameTypes:(NSArray<NSNumber *> *)frameTypes;
/// @param bitrateKbit kilobits/s
- (int)setBitrate:(uint32_t)bitrateKbit framerate:(uint32_t)framerate;
- (NSString *)implementationName;
- (nullable RTCVideoEncoderQpThresholds *)scalingSettings;
@end

@protocol RTCVideoEncoderFactory <NSObject>
- (nullable id<RTCVideoEncoder>)createEncoder:(RTCVideoCodecInfo *)info;
/// By preference.
- (NSArray<RTCVideoCodecInfo *> *)supportedCodecs;
@optional
- (NSArray<RTCVideoCodecInfo *> *)implementations;
@end

NS_ASSUME_NONNULL_END
