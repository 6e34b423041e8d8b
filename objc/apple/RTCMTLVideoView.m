#import "RTCMTLVideoView.h"
#import <MetalKit/MetalKit.h>
#import "QUAVideoGeometry.h"
#import "RTCCVPixelBuffer.h"

#define HD_LINES 720
#define UPLOADS  3 // as many as a view has drawables

/// Textures of one frame, with what keeps their memory.
@interface QUATextures : NSObject
@property(nonatomic, strong) NSArray<id<MTLTexture>> *planes;
@property(nonatomic, strong, nullable) RTCCVPixelBuffer *buffer;
@end

@implementation QUATextures {
    CVMetalTextureRef _textures[2];
}

- (void)keep:(CVMetalTextureRef)texture plane:(int)plane {
    _textures[plane] = texture;
}

- (void)dealloc {
    for (int i = 0; i < 2; i++)
        CVBufferRelease(_textures[i]);
}

@end

@interface RTCMTLVideoView () <MTKViewDelegate>
@end

@implementation RTCMTLVideoView {
    MTKView *_view;
    id<MTLDevice> _gpu;
    id<MTLCommandQueue> _commands;
    id<MTLRenderPipelineState> _nv12, _i420;
    CVMetalTextureCacheRef _cache;
    NSArray<id<MTLTexture>> *_uploads[UPLOADS]; // for I420, in turn: the GPU may read the ones before
    int _upload;
    RTCVideoFrame *_frame;             // under @synchronized(self), as the next
    BOOL _drawing;
    CGSize _size;                      // main queue
}

- (instancetype)initWithFrame:(CGRect)frame {
    self = [super initWithFrame:frame];
    if (self)
        [self prepare];
    return self;
}

- (instancetype)initWithCoder:(NSCoder *)coder {
    self = [super initWithCoder:coder];
    if (self)
        [self prepare];
    return self;
}

- (void)dealloc {
    if (_cache)
        CFRelease((CFTypeRef _Nonnull)_cache);
}

- (void)prepare {
    _enabled = YES;
    _videoContentMode = UIViewContentModeScaleAspectFill;
    _gpu = MTLCreateSystemDefaultDevice();
    _view = [[MTKView alloc] initWithFrame:self.bounds device:_gpu];
    _view.autoresizingMask = UIViewAutoresizingFlexibleWidth | UIViewAutoresizingFlexibleHeight;
    _view.colorPixelFormat = MTLPixelFormatBGRA8Unorm;
    _view.paused = YES; // a frame is drawn when it comes, not 60 times a second
    _view.enableSetNeedsDisplay = NO;
    _view.delegate = self;
    [self addSubview:_view];
    _commands = [_gpu newCommandQueue];
    _nv12 = [self pipelineNamed:@"qua_fragment_nv12"];
    _i420 = [self pipelineNamed:@"qua_fragment_i420"];
    if (_gpu)
        (void)CVMetalTextureCacheCreate(NULL, NULL, (id<MTLDevice> _Nonnull)_gpu, NULL, &_cache);
}

- (id<MTLRenderPipelineState>)pipelineNamed:(NSString *)fragment {
    MTLRenderPipelineDescriptor *descriptor = [[MTLRenderPipelineDescriptor alloc] init];
    id<MTLLibrary> library = [_gpu newDefaultLibraryWithBundle:[NSBundle bundleForClass:[RTCMTLVideoView class]] error:nil];

    descriptor.vertexFunction = [library newFunctionWithName:@"qua_vertex"];
    descriptor.fragmentFunction = [library newFunctionWithName:fragment];
    descriptor.colorAttachments[0].pixelFormat = MTLPixelFormatBGRA8Unorm;
    return [_gpu newRenderPipelineStateWithDescriptor:descriptor error:nil];
}

/* ---- frames come ------------------------------------------------------------------------------------------------- */

- (void)setSize:(CGSize)size {
    __weak RTCMTLVideoView *weak = self;

    dispatch_async(dispatch_get_main_queue(), ^{
        RTCMTLVideoView *view = weak;

        if (!view || (view->_size.width == size.width && view->_size.height == size.height))
            return;
        view->_size = size;
        [view.delegate videoView:view didChangeVideoSize:size];
    });
}

/// The newest wins: one drawing waits in the main queue at most.
- (void)renderFrame:(RTCVideoFrame *)frame {
    __weak RTCMTLVideoView *weak = self;

    if (!self.isEnabled)
        return;
    @synchronized(self) {
        _frame = frame;
        if (_drawing || !frame)
            return;
        _drawing = YES;
    }
    dispatch_async(dispatch_get_main_queue(), ^{
        [weak drawNow];
    });
}

- (void)drawNow {
    @synchronized(self) {
        _drawing = NO;
    }
    [_view draw];
}

/* ---- drawing, on the main queue ---------------------------------------------------------------------------------- */

/// The planes of a buffer of the system, without a copy.
- (QUATextures *)texturesOfPixelBuffer:(RTCCVPixelBuffer *)buffer {
    static const MTLPixelFormat formats[2] = {MTLPixelFormatR8Unorm, MTLPixelFormatRG8Unorm};
    NSMutableArray<id<MTLTexture>> *planes = [NSMutableArray array];
    QUATextures *textures = [[QUATextures alloc] init];

    textures.buffer = buffer;
    for (int i = 0; i < 2 && _cache; i++) {
        CVMetalTextureRef texture = NULL;
        id<MTLTexture> metal;

        (void)CVMetalTextureCacheCreateTextureFromImage(
            NULL, (CVMetalTextureCacheRef _Nonnull)_cache, buffer.pixelBuffer, NULL, formats[i],
            CVPixelBufferGetWidthOfPlane(buffer.pixelBuffer, (size_t)i),
            CVPixelBufferGetHeightOfPlane(buffer.pixelBuffer, (size_t)i), (size_t)i, &texture);
        if (!texture)
            return nil;
        [textures keep:(CVMetalTextureRef _Nonnull)texture plane:i];
        metal = CVMetalTextureGetTexture((CVMetalTextureRef _Nonnull)texture);
        if (!metal)
            return nil;
        [planes addObject:metal];
    }
    textures.planes = planes;
    return planes.count == 2 ? textures : nil;
}

/// Three textures that fit, made anew when the size changes.
- (NSArray<id<MTLTexture>> *)uploadsForWidth:(NSUInteger)width height:(NSUInteger)height {
    NSArray<id<MTLTexture>> *kept = _uploads[_upload = (_upload + 1) % UPLOADS];

    if (kept.firstObject && kept[0].width == width && kept[0].height == height)
        return kept;
    NSMutableArray<id<MTLTexture>> *made = [NSMutableArray array];
    for (int i = 0; i < 3; i++) {
        MTLTextureDescriptor *descriptor =
            [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatR8Unorm
                                                               width:i ? (width + 1) / 2 : width
                                                              height:i ? (height + 1) / 2 : height
                                                           mipmapped:NO];
        id<MTLTexture> texture;

        descriptor.usage = MTLTextureUsageShaderRead;
        texture = [_gpu newTextureWithDescriptor:descriptor];
        if (!texture)
            return nil;
        [made addObject:texture];
    }
    _uploads[_upload] = made;
    return made;
}

- (QUATextures *)texturesOfI420:(id<RTCI420Buffer>)buffer {
    const NSUInteger width = (NSUInteger)buffer.width, height = (NSUInteger)buffer.height;
    const uint8_t *const data[3] = {buffer.dataY, buffer.dataU, buffer.dataV};
    const int strides[3] = {buffer.strideY, buffer.strideU, buffer.strideV};
    NSArray<id<MTLTexture>> *planes = [self uploadsForWidth:width height:height];
    QUATextures *textures = [[QUATextures alloc] init];

    for (NSUInteger i = 0; i < 3 && i < planes.count; i++) {
        const MTLRegion all = MTLRegionMake2D(0, 0, i ? (width + 1) / 2 : width, i ? (height + 1) / 2 : height);

        [planes[i] replaceRegion:all mipmapLevel:0 withBytes:data[i] bytesPerRow:(NSUInteger)strides[i]];
    }
    textures.planes = planes;
    return planes ? textures : nil;
}

- (QUATextures *)texturesOf:(RTCVideoFrame *)frame {
    id buffer = frame.buffer;

    return [buffer isKindOfClass:[RTCCVPixelBuffer class]] ? [self texturesOfPixelBuffer:buffer]
                                                           : [self texturesOfI420:[frame.buffer toI420]];
}

/// What a picture's colours mean: the buffer says, or its size does.
static qua_colour_weights weightsOf(RTCVideoFrame *frame, RTCCVPixelBuffer *buffer) {
    BOOL is709 = frame.height >= HD_LINES, full = NO;

    if (buffer) {
        CFTypeRef matrix = CVBufferCopyAttachment(buffer.pixelBuffer, kCVImageBufferYCbCrMatrixKey, NULL);

        full = CVPixelBufferGetPixelFormatType(buffer.pixelBuffer) == kCVPixelFormatType_420YpCbCr8BiPlanarFullRange;
        if (matrix) {
            is709 = [(__bridge NSString *)matrix isEqual:(__bridge NSString *)kCVImageBufferYCbCrMatrix_ITU_R_709_2];
            CFRelease((CFTypeRef _Nonnull)matrix);
        }
    }
    return qua_colour_weights_for(is709, full);
}

- (int)rotationOf:(RTCVideoFrame *)frame {
    NSValue *asked = self.rotationOverride;

    return [asked isKindOfClass:[NSNumber class]] ? ((NSNumber *)asked).intValue : (int)frame.rotation;
}

- (qua_quad)quadOf:(RTCVideoFrame *)frame buffer:(RTCCVPixelBuffer *)buffer in:(CGSize)view {
    float crop[4] = {0, 0, 1, 1};

    if (buffer) {
        const float width = (float)CVPixelBufferGetWidth(buffer.pixelBuffer);
        const float height = (float)CVPixelBufferGetHeight(buffer.pixelBuffer);

        crop[0] = (float)buffer.cropX / width;
        crop[1] = (float)buffer.cropY / height;
        crop[2] = (float)(buffer.cropX + buffer.cropWidth) / width;
        crop[3] = (float)(buffer.cropY + buffer.cropHeight) / height;
    }
    return qua_quad_for(frame.width, frame.height, [self rotationOf:frame], self.mirrored, view.width, view.height,
                        self.videoContentMode == UIViewContentModeScaleAspectFill, crop);
}

- (void)mtkView:(MTKView *)view drawableSizeWillChange:(CGSize)size {
}

- (void)drawInMTKView:(MTKView *)view {
    RTCVideoFrame *frame;

    @synchronized(self) {
        frame = _frame;
    }
    QUATextures *textures = frame ? [self texturesOf:(RTCVideoFrame *_Nonnull)frame] : nil;
    MTLRenderPassDescriptor *pass = view.currentRenderPassDescriptor;
    id<CAMetalDrawable> drawable = view.currentDrawable;
    id<MTLRenderPipelineState> pipeline = textures.planes.count == 2 ? _nv12 : _i420;
    id<MTLCommandBuffer> commands = [_commands commandBuffer];
    if (!textures || !pass || !drawable || !pipeline || !commands)
        return;
    const qua_colour_weights weights = weightsOf(frame, textures.buffer);
    const qua_quad quad = [self quadOf:frame buffer:textures.buffer in:view.drawableSize];
    id<MTLRenderCommandEncoder> encoder =
        [commands renderCommandEncoderWithDescriptor:(MTLRenderPassDescriptor *_Nonnull)pass];
    [encoder setRenderPipelineState:(id<MTLRenderPipelineState> _Nonnull)pipeline];
    [encoder setVertexBytes:&quad length:sizeof quad atIndex:0];
    [encoder setFragmentBytes:&weights length:sizeof weights atIndex:0];
    for (NSUInteger i = 0; i < textures.planes.count; i++)
        [encoder setFragmentTexture:textures.planes[i] atIndex:i];
    [encoder drawPrimitives:MTLPrimitiveTypeTriangleStrip vertexStart:0 vertexCount:4];
    [encoder endEncoding];
    [commands presentDrawable:(id<MTLDrawable> _Nonnull)drawable];
    // the memory of the textures is the camera's: held until the GPU has read it
    [commands addCompletedHandler:^(id<MTLCommandBuffer> done) {
        (void)textures;
    }];
    [commands commit];
}

@end
