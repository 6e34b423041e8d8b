#pragma once
#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

NS_ASSUME_NONNULL_BEGIN
typedef struct __CVBuffer *CVBufferRef;
typedef CVBufferRef CVImageBufferRef;
typedef CVBufferRef CVPixelBufferRef;
typedef CVBufferRef CVMetalTextureRef;
typedef struct __CVPixelBufferPool *CVPixelBufferPoolRef;
typedef struct __CVMetalTextureCache *CVMetalTextureCacheRef;
typedef int32_t CVReturn;
typedef NS_OPTIONS(uint64_t, CVPixelBufferLockFlags) { kCVPixelBufferLock_ReadOnly = 1 };
typedef NS_ENUM(uint32_t, CVAttachmentMode) {
    kCVAttachmentMode_ShouldNotPropagate = 0,
    kCVAttachmentMode_ShouldPropagate = 1
};
enum { kCVReturnSuccess = 0 };
enum {
    kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange = 0x34323076,
    kCVPixelFormatType_420YpCbCr8BiPlanarFullRange = 0x34323066,
    kCVPixelFormatType_32BGRA = 0x42475241
};
extern const CFStringRef kCVPixelBufferPixelFormatTypeKey;
extern const CFStringRef kCVPixelBufferIOSurfacePropertiesKey;
extern const CFStringRef kCVPixelBufferMetalCompatibilityKey;
extern const CFStringRef kCVPixelBufferWidthKey;
extern const CFStringRef kCVPixelBufferHeightKey;
extern const CFStringRef kCVImageBufferYCbCrMatrixKey;
extern const CFStringRef kCVImageBufferYCbCrMatrix_ITU_R_709_2;
extern const CFStringRef kCVImageBufferYCbCrMatrix_ITU_R_601_4;
extern CVPixelBufferRef _Nullable CVPixelBufferRetain(CVPixelBufferRef _Nullable texture);
extern void CVPixelBufferRelease(CVPixelBufferRef _Nullable texture);
extern void CVBufferRelease(CVBufferRef _Nullable buffer);
extern CVReturn CVPixelBufferCreate(CFAllocatorRef _Nullable allocator, size_t width, size_t height,
                                    FourCharCode pixelFormatType, CFDictionaryRef _Nullable pixelBufferAttributes,
                                    CVPixelBufferRef _Nullable *_Nonnull pixelBufferOut);
extern CVReturn CVPixelBufferLockBaseAddress(CVPixelBufferRef pixelBuffer, CVPixelBufferLockFlags lockFlags);
extern CVReturn CVPixelBufferUnlockBaseAddress(CVPixelBufferRef pixelBuffer, CVPixelBufferLockFlags unlockFlags);
extern void *_Nullable CVPixelBufferGetBaseAddress(CVPixelBufferRef pixelBuffer);
extern size_t CVPixelBufferGetBytesPerRow(CVPixelBufferRef pixelBuffer);
extern void *_Nullable CVPixelBufferGetBaseAddressOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex);
extern size_t CVPixelBufferGetBytesPerRowOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex);
extern size_t CVPixelBufferGetWidth(CVPixelBufferRef pixelBuffer);
extern size_t CVPixelBufferGetHeight(CVPixelBufferRef pixelBuffer);
extern size_t CVPixelBufferGetWidthOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex);
extern size_t CVPixelBufferGetHeightOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex);
extern FourCharCode CVPixelBufferGetPixelFormatType(CVPixelBufferRef pixelBuffer);
extern CFTypeRef _Nullable CVBufferCopyAttachment(CVBufferRef buffer, CFStringRef key,
                                                  CVAttachmentMode *_Nullable attachmentMode) CF_RETURNS_RETAINED;
extern CVReturn CVPixelBufferPoolCreate(CFAllocatorRef _Nullable allocator, CFDictionaryRef _Nullable poolAttributes,
                                        CFDictionaryRef _Nullable pixelBufferAttributes,
                                        CVPixelBufferPoolRef _Nullable *_Nonnull poolOut);
extern CVReturn CVPixelBufferPoolCreatePixelBuffer(CFAllocatorRef _Nullable allocator,
                                                   CVPixelBufferPoolRef pixelBufferPool,
                                                   CVPixelBufferRef _Nullable *_Nonnull pixelBufferOut);
extern void CVPixelBufferPoolRelease(CVPixelBufferPoolRef _Nullable pixelBufferPool);
extern CVReturn CVMetalTextureCacheCreate(CFAllocatorRef _Nullable allocator, CFDictionaryRef _Nullable cacheAttributes,
                                          id<MTLDevice> metalDevice, CFDictionaryRef _Nullable textureAttributes,
                                          CVMetalTextureCacheRef _Nullable *_Nonnull cacheOut);
extern CVReturn CVMetalTextureCacheCreateTextureFromImage(
    CFAllocatorRef _Nullable allocator, CVMetalTextureCacheRef textureCache, CVImageBufferRef sourceImage,
    CFDictionaryRef _Nullable textureAttributes, MTLPixelFormat pixelFormat, size_t width, size_t height,
    size_t planeIndex, CVMetalTextureRef _Nullable *_Nonnull textureOut);
extern void CVMetalTextureCacheFlush(CVMetalTextureCacheRef textureCache, uint64_t options);
extern id<MTLTexture> _Nullable CVMetalTextureGetTexture(CVMetalTextureRef image);
NS_ASSUME_NONNULL_END
