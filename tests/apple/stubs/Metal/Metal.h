#pragma once
#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN
typedef NS_ENUM(NSUInteger, MTLPixelFormat) {
    MTLPixelFormatR8Unorm = 10,
    MTLPixelFormatRG8Unorm = 30,
    MTLPixelFormatBGRA8Unorm = 80
};
typedef NS_ENUM(NSUInteger, MTLPrimitiveType) { MTLPrimitiveTypeTriangleStrip = 4 };
typedef NS_OPTIONS(NSUInteger, MTLTextureUsage) { MTLTextureUsageShaderRead = 1 };
typedef struct {
    NSUInteger x, y, z;
} MTLOrigin;
typedef struct {
    NSUInteger width, height, depth;
} MTLSize;
typedef struct {
    MTLOrigin origin;
    MTLSize size;
} MTLRegion;
static inline MTLRegion MTLRegionMake2D(NSUInteger x, NSUInteger y, NSUInteger width, NSUInteger height) {
    return (MTLRegion){{x, y, 0}, {width, height, 1}};
}
@protocol MTLFunction, MTLLibrary, MTLCommandQueue, MTLRenderPipelineState, MTLTexture;
@interface MTLRenderPassDescriptor : NSObject
@end
@interface MTLRenderPipelineColorAttachmentDescriptor : NSObject
@property (nonatomic) MTLPixelFormat pixelFormat;
@end
@interface MTLRenderPipelineColorAttachmentDescriptorArray : NSObject
- (MTLRenderPipelineColorAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)attachmentIndex;
@end
@interface MTLRenderPipelineDescriptor : NSObject
@property (nullable, readwrite, nonatomic, strong) id<MTLFunction> vertexFunction;
@property (nullable, readwrite, nonatomic, strong) id<MTLFunction> fragmentFunction;
@property (readonly) MTLRenderPipelineColorAttachmentDescriptorArray *colorAttachments;
@end
@interface MTLTextureDescriptor : NSObject
+ (MTLTextureDescriptor *)texture2DDescriptorWithPixelFormat:(MTLPixelFormat)pixelFormat
                                                       width:(NSUInteger)width
                                                      height:(NSUInteger)height
                                                   mipmapped:(BOOL)mipmapped;
@property (readwrite, nonatomic) MTLTextureUsage usage;
@end
@protocol MTLDrawable <NSObject>
@end
@protocol MTLRenderPipelineState <NSObject>
@end
@protocol MTLFunction <NSObject>
@end
@protocol MTLLibrary <NSObject>
- (nullable id<MTLFunction>)newFunctionWithName:(NSString *)functionName;
@end
@protocol MTLResource <NSObject>
@end
@protocol MTLTexture <MTLResource>
@property (readonly) NSUInteger width;
@property (readonly) NSUInteger height;
- (void)replaceRegion:(MTLRegion)region
          mipmapLevel:(NSUInteger)level
            withBytes:(const void *)pixelBytes
          bytesPerRow:(NSUInteger)bytesPerRow;
@end
@protocol MTLCommandEncoder <NSObject>
- (void)endEncoding;
@end
@protocol MTLRenderCommandEncoder <MTLCommandEncoder>
- (void)setRenderPipelineState:(id<MTLRenderPipelineState>)pipelineState;
- (void)setVertexBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setFragmentBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setFragmentTexture:(nullable id<MTLTexture>)texture atIndex:(NSUInteger)index;
- (void)drawPrimitives:(MTLPrimitiveType)primitiveType
           vertexStart:(NSUInteger)vertexStart
           vertexCount:(NSUInteger)vertexCount;
@end
@protocol MTLCommandBuffer;
typedef void (^MTLCommandBufferHandler)(id<MTLCommandBuffer> p1);
@protocol MTLCommandBuffer <NSObject>
- (nullable id<MTLRenderCommandEncoder>)renderCommandEncoderWithDescriptor:(MTLRenderPassDescriptor *)renderPassDescriptor;
- (void)presentDrawable:(id<MTLDrawable>)drawable;
- (void)addCompletedHandler:(MTLCommandBufferHandler)block;
- (void)commit;
@end
@protocol MTLCommandQueue <NSObject>
- (nullable id<MTLCommandBuffer>)commandBuffer;
@end
@protocol MTLDevice <NSObject>
- (nullable id<MTLCommandQueue>)newCommandQueue;
- (nullable id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor;
- (nullable id<MTLLibrary>)newDefaultLibraryWithBundle:(NSBundle *)bundle error:(NSError *_Nullable *_Nullable)error;
- (nullable id<MTLRenderPipelineState>)newRenderPipelineStateWithDescriptor:(MTLRenderPipelineDescriptor *)descriptor
                                                                      error:(NSError *_Nullable *_Nullable)error;
@end
extern id<MTLDevice> _Nullable MTLCreateSystemDefaultDevice(void) NS_RETURNS_RETAINED;
NS_ASSUME_NONNULL_END
