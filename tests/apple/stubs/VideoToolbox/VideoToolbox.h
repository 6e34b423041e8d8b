#pragma once
#import <CoreMedia/CoreMedia.h>

NS_ASSUME_NONNULL_BEGIN
typedef CFTypeRef VTSessionRef;
typedef struct OpaqueVTCompressionSession *VTCompressionSessionRef;
typedef struct OpaqueVTDecompressionSession *VTDecompressionSessionRef;
typedef uint32_t VTEncodeInfoFlags;
typedef uint32_t VTDecodeInfoFlags;
typedef uint32_t VTDecodeFrameFlags;
typedef void (*VTCompressionOutputCallback)(void *_Nullable outputCallbackRefCon, void *_Nullable sourceFrameRefCon,
                                            OSStatus status, VTEncodeInfoFlags infoFlags,
                                            CMSampleBufferRef _Nullable sampleBuffer);
typedef void (*VTDecompressionOutputCallback)(void *_Nullable decompressionOutputRefCon,
                                              void *_Nullable sourceFrameRefCon, OSStatus status,
                                              VTDecodeInfoFlags infoFlags, CVImageBufferRef _Nullable imageBuffer,
                                              CMTime presentationTimeStamp, CMTime presentationDuration);
typedef struct VTDecompressionOutputCallbackRecord {
    VTDecompressionOutputCallback _Nullable decompressionOutputCallback;
    void *_Nullable decompressionOutputRefCon;
} VTDecompressionOutputCallbackRecord;
extern const CFStringRef kVTCompressionPropertyKey_RealTime;
extern const CFStringRef kVTCompressionPropertyKey_ProfileLevel;
extern const CFStringRef kVTCompressionPropertyKey_AllowFrameReordering;
extern const CFStringRef kVTCompressionPropertyKey_AverageBitRate;
extern const CFStringRef kVTCompressionPropertyKey_DataRateLimits;
extern const CFStringRef kVTCompressionPropertyKey_ExpectedFrameRate;
extern const CFStringRef kVTCompressionPropertyKey_MaxKeyFrameInterval;
extern const CFStringRef kVTProfileLevel_H264_ConstrainedBaseline_AutoLevel;
extern const CFStringRef kVTEncodeFrameOptionKey_ForceKeyFrame;
extern const CFStringRef kVTVideoEncoderSpecification_EnableLowLatencyRateControl;
extern OSStatus VTCompressionSessionCreate(CFAllocatorRef _Nullable allocator, int32_t width, int32_t height,
                                           FourCharCode codecType, CFDictionaryRef _Nullable encoderSpecification,
                                           CFDictionaryRef _Nullable sourceImageBufferAttributes,
                                           CFAllocatorRef _Nullable compressedDataAllocator,
                                           VTCompressionOutputCallback _Nullable outputCallback,
                                           void *_Nullable outputCallbackRefCon,
                                           VTCompressionSessionRef _Nullable *_Nonnull compressionSessionOut);
extern void VTCompressionSessionInvalidate(VTCompressionSessionRef session);
extern CVPixelBufferPoolRef _Nullable VTCompressionSessionGetPixelBufferPool(VTCompressionSessionRef session);
extern OSStatus VTCompressionSessionEncodeFrame(VTCompressionSessionRef session, CVImageBufferRef imageBuffer,
                                                CMTime presentationTimeStamp, CMTime duration,
                                                CFDictionaryRef _Nullable frameProperties,
                                                void *_Nullable sourceFrameRefcon,
                                                VTEncodeInfoFlags *_Nullable infoFlagsOut);
extern OSStatus VTSessionSetProperty(VTSessionRef session, CFStringRef propertyKey, CFTypeRef _Nullable propertyValue);
extern OSStatus VTDecompressionSessionCreate(CFAllocatorRef _Nullable allocator,
                                             CMVideoFormatDescriptionRef videoFormatDescription,
                                             CFDictionaryRef _Nullable videoDecoderSpecification,
                                             CFDictionaryRef _Nullable destinationImageBufferAttributes,
                                             const VTDecompressionOutputCallbackRecord *_Nullable outputCallback,
                                             VTDecompressionSessionRef _Nullable *_Nonnull decompressionSessionOut);
extern void VTDecompressionSessionInvalidate(VTDecompressionSessionRef session);
extern OSStatus VTDecompressionSessionDecodeFrame(VTDecompressionSessionRef session, CMSampleBufferRef sampleBuffer,
                                                  VTDecodeFrameFlags decodeFlags, void *_Nullable sourceFrameRefCon,
                                                  VTDecodeInfoFlags *_Nullable infoFlagsOut);
NS_ASSUME_NONNULL_END
