#import "QUAError.h"
#import "RTCFileVideoCapturer.h"
#import "RTCVideoFrame+Private.h"
#include "quartet/device.h"

@implementation RTCFileVideoCapturer {
    qua_camera *_camera;
}

/// The camera's thread; the capturer outlives it, as -dealloc closes it.
static void onFrame(void *context, qua_frame *frame) {
    @autoreleasepool {
        RTCFileVideoCapturer *capturer = (__bridge RTCFileVideoCapturer *)context;
        RTCVideoFrame *video = [[RTCVideoFrame alloc] initWithEngineFrame:frame];

        [capturer.delegate capturer:capturer didCaptureVideoFrame:video];
    }
}

- (void)startCapturingFromFileNamed:(NSString *)nameOfFile onError:(RTCFileVideoCapturerErrorBlock)errorBlock {
    NSString *path = [NSBundle.mainBundle pathForResource:nameOfFile ofType:nil] ?: nameOfFile;
    const qua_camera_config config = {
        .spec = path.fileSystemRepresentation, .frame = onFrame, .context = (__bridge void *)self};
    qua_device_error why = {""};

    [self stopCapture];
    const int error = qua_camera_open(&_camera, &config, &why);
    if (error && errorBlock)
        errorBlock(QUAMakeError(error, QUAString(why.text)));
}

- (void)stopCapture {
    qua_camera_close(&_camera);
}

- (void)dealloc {
    [self stopCapture];
}

@end
