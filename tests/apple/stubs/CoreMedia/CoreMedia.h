#pragma once
#import <CoreVideo/CoreVideo.h>

NS_ASSUME_NONNULL_BEGIN
typedef struct opaqueCMSampleBuffer *CMSampleBufferRef;
typedef struct OpaqueCMBlockBuffer *CMBlockBufferRef;
typedef const struct opaqueCMFormatDescription *CMFormatDescriptionRef;
typedef CMFormatDescriptionRef CMVideoFormatDescriptionRef;
typedef struct CMTime {
    int64_t value;
    int32_t timescale;
    uint32_t flags;
    int64_t epoch;
} CMTime;
typedef struct CMVideoDimensions {
    int32_t width, height;
} CMVideoDimensions;
typedef struct CMSampleTimingInfo {
    CMTime duration, presentationTimeStamp, decodeTimeStamp;
} CMSampleTimingInfo;
enum { kCMVideoCodecType_H264 = 0x61766331 };
extern const CMTime kCMTimeInvalid;
extern const CMTime kCMTimeIndefinite;
extern const CFStringRef kCMSampleAttachmentKey_NotSync;
extern const CFStringRef kCMSampleAttachmentKey_DisplayImmediately;
extern CMTime CMTimeMake(int64_t value, int32_t timescale);
extern double CMTimeGetSeconds(CMTime time);
extern CVImageBufferRef _Nullable CMSampleBufferGetImageBuffer(CMSampleBufferRef sbuf);
extern CMTime CMSampleBufferGetPresentationTimeStamp(CMSampleBufferRef sbuf);
extern CMFormatDescriptionRef _Nullable CMSampleBufferGetFormatDescription(CMSampleBufferRef sbuf);
extern CMBlockBufferRef _Nullable CMSampleBufferGetDataBuffer(CMSampleBufferRef sbuf);
extern CFArrayRef _Nullable CMSampleBufferGetSampleAttachmentsArray(CMSampleBufferRef sbuf,
                                                                    Boolean createIfNecessary);
extern CMVideoDimensions CMVideoFormatDescriptionGetDimensions(CMVideoFormatDescriptionRef videoDesc);
extern FourCharCode CMFormatDescriptionGetMediaSubType(CMFormatDescriptionRef desc);
extern OSStatus CMVideoFormatDescriptionGetH264ParameterSetAtIndex(
    CMFormatDescriptionRef videoDesc, size_t parameterSetIndex, const uint8_t *_Nullable *_Nullable parameterSetPointerOut,
    size_t *_Nullable parameterSetSizeOut, size_t *_Nullable parameterSetCountOut, int *_Nullable NALUnitHeaderLengthOut);
extern OSStatus CMVideoFormatDescriptionCreateFromH264ParameterSets(
    CFAllocatorRef _Nullable allocator, size_t parameterSetCount, const uint8_t *const _Nonnull *_Nonnull parameterSetPointers,
    const size_t *parameterSetSizes, int NALUnitHeaderLength,
    CMFormatDescriptionRef _Nullable *_Nonnull formatDescriptionOut);
extern OSStatus CMVideoFormatDescriptionCreateForImageBuffer(CFAllocatorRef _Nullable allocator,
                                                             CVImageBufferRef imageBuffer,
                                                             CMVideoFormatDescriptionRef _Nullable *_Nonnull formatDescriptionOut);
extern OSStatus CMBlockBufferCreateWithMemoryBlock(CFAllocatorRef _Nullable structureAllocator,
                                                   void *_Nullable memoryBlock, size_t blockLength,
                                                   CFAllocatorRef _Nullable blockAllocator,
                                                   const void *_Nullable customBlockSource, size_t offsetToData,
                                                   size_t dataLength, uint32_t flags,
                                                   CMBlockBufferRef _Nullable *_Nonnull blockBufferOut);
extern OSStatus CMBlockBufferReplaceDataBytes(const void *sourceBytes, CMBlockBufferRef destinationBuffer,
                                              size_t offsetIntoDestination, size_t dataLength);
extern OSStatus CMBlockBufferCopyDataBytes(CMBlockBufferRef theSourceBuffer, size_t offsetToData, size_t dataLength,
                                           void *destination);
extern size_t CMBlockBufferGetDataLength(CMBlockBufferRef theBuffer);
extern OSStatus CMSampleBufferCreateReady(CFAllocatorRef _Nullable allocator, CMBlockBufferRef _Nullable dataBuffer,
                                          CMFormatDescriptionRef _Nullable formatDescription, long numSamples,
                                          long numSampleTimingEntries,
                                          const CMSampleTimingInfo *_Nullable sampleTimingArray,
                                          long numSampleSizeEntries, const size_t *_Nullable sampleSizeArray,
                                          CMSampleBufferRef _Nullable *_Nonnull sampleBufferOut);
extern OSStatus CMSampleBufferCreateReadyWithImageBuffer(CFAllocatorRef _Nullable allocator,
                                                         CVImageBufferRef imageBuffer,
                                                         CMVideoFormatDescriptionRef formatDescription,
                                                         const CMSampleTimingInfo *sampleTiming,
                                                         CMSampleBufferRef _Nullable *_Nonnull sampleBufferOut);
NS_ASSUME_NONNULL_END
