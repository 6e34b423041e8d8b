#import "QUAEngine.h"
#import "QUACodecAdapter.h"

#define MOST_ADDRESSES 16

@implementation QUAEngine {
    QUACodecAdapter *_codecs;
}

- (instancetype)initWithEncoderFactory:(id<RTCVideoEncoderFactory>)encoderFactory
                        decoderFactory:(id<RTCVideoDecoderFactory>)decoderFactory
                         bindAddresses:(NSArray<NSString *> *)bindAddresses {
    const char *addresses[MOST_ADDRESSES];
    qua_engine_config config = {.log_level = QUA_LOG_WARNING, .bind_ips = addresses};

    self = [super init];
    if (!self)
        return nil;
    for (NSString *address in bindAddresses)
        if (config.bind_ip_count < MOST_ADDRESSES)
            addresses[config.bind_ip_count++] = address.UTF8String;
    if (encoderFactory || decoderFactory) {
        _codecs = [[QUACodecAdapter alloc] initWithEncoderFactory:encoderFactory decoderFactory:decoderFactory];
        config.codecs = _codecs.codecs;
        config.codec_count = _codecs.count;
    }
    if (qua_engine_create(&_engine, &config) != 0)
        return nil;
    return self;
}

- (void)dealloc {
    qua_engine_destroy(&_engine);
}

@end
