#import "RTCVideoFrame+Private.h"
#import "RTCVideoSource+Private.h"

/// A renderer with the size that it was told last.
@interface QUARendererEntry : NSObject
@property(nonatomic, strong) id<RTCVideoRenderer> renderer;
@property(nonatomic) CGSize size;
@end

@implementation QUARendererEntry
@end

@implementation RTCVideoSource {
    NSMutableArray<QUARendererEntry *> *_renderers; // under @synchronized(self)
    QUALimits _asked, _conditions; // by the app, by the phone's state
}

- (instancetype)initWithEngine:(QUAEngine *)engine {
    self = [super initWithEngine:engine];
    if (self) {
        _renderers = [NSMutableArray array];
        if (engine && qua_video_source_create(&_source, engine.engine) != 0)
            return nil;
    }
    return self;
}

- (void)dealloc {
    qua_video_source_destroy(&_source);
}

/// The tighter of what the app and the phone ask for.
- (QUALimits)limits {
    @synchronized(self) {
        return QUATighter(_asked, _conditions);
    }
}

- (void)applyLimits {
    const QUALimits now = [self limits];
    const qua_video_limits limits = {.max_bitrate_bps = now.bitrateBps, .max_fps = now.fps};

    if (_source)
        qua_video_source_set_limits(_source, &limits);
}

- (void)adaptOutputFormatToWidth:(int)width height:(int)height fps:(int)fps {
    @synchronized(self) {
        _asked = (QUALimits){.width = MAX(width, 0), .height = MAX(height, 0), .fps = MAX(fps, 0)};
    }
    [self applyLimits];
}

- (void)setConditionLimits:(QUALimits)limits {
    @synchronized(self) {
        _conditions = limits;
    }
    [self applyLimits];
}

/// The frame within the limits. One reference, the caller's; NULL without memory.
- (qua_frame *)adapted:(qua_frame *)frame {
    const QUALimits limits = [self limits];
    double scale = 1;

    if (limits.width > 0 && frame->width > limits.width)
        scale = (double)limits.width / frame->width;
    if (limits.height > 0 && frame->height * scale > limits.height)
        scale = (double)limits.height / frame->height;
    if (scale == 1)
        return qua_frame_ref(frame);
    return qua_frame_scale(frame, MAX((int)(frame->width * scale) & ~1, 16), MAX((int)(frame->height * scale) & ~1, 16));
}

- (void)capturer:(RTCVideoCapturer *)capturer didCaptureVideoFrame:(RTCVideoFrame *)frame {
    qua_frame *captured = [frame newEngineFrame];
    qua_frame *adapted = captured ? [self adapted:captured] : NULL;

    if (adapted && _source)
        qua_video_source_push(_source, adapted);
    qua_frame_unref(&captured);
    qua_frame_unref(&adapted);
    [self render:frame];
}

- (void)addRenderer:(id<RTCVideoRenderer>)renderer {
    QUARendererEntry *entry = [[QUARendererEntry alloc] init];

    entry.renderer = renderer;
    @synchronized(self) {
        for (QUARendererEntry *known in _renderers)
            if (known.renderer == renderer)
                return;
        [_renderers addObject:entry];
    }
}

- (void)removeRenderer:(id<RTCVideoRenderer>)renderer {
    @synchronized(self) {
        for (NSUInteger i = _renderers.count; i-- > 0;)
            if (_renderers[i].renderer == renderer)
                [_renderers removeObjectAtIndex:i];
    }
}

- (void)render:(RTCVideoFrame *)frame {
    const BOOL upright = frame.rotation % 180 == 0;
    const CGSize size = {upright ? frame.width : frame.height, upright ? frame.height : frame.width};
    NSArray<QUARendererEntry *> *renderers;

    @synchronized(self) {
        if (_renderers.count == 0)
            return;
        renderers = [_renderers copy];
    }
    for (QUARendererEntry *entry in renderers) {
        if (entry.size.width != size.width || entry.size.height != size.height) {
            entry.size = size;
            [entry.renderer setSize:size];
        }
        [entry.renderer renderFrame:frame];
    }
}

@end
