#import "RTCMediaStreamTrack+Private.h"
#import "RTCRtpSender+Private.h"

NSString *const kRTCMediaStreamTrackKindAudio = @"audio";
NSString *const kRTCMediaStreamTrackKindVideo = @"video";

@interface QUAWeakSender : NSObject
@property(nonatomic, weak) RTCRtpSender *sender;
@end

@implementation QUAWeakSender
@end

@implementation RTCMediaStreamTrack {
    NSMutableArray<QUAWeakSender *> *_senders; // under @synchronized(_senders)
    BOOL _enabled;
}

- (instancetype)initWithKind:(NSString *)kind trackId:(NSString *)trackId {
    self = [super init];
    if (self) {
        _kind = kind;
        _trackId = [trackId copy];
        _enabled = YES;
        _senders = [NSMutableArray array];
    }
    return self;
}

- (void)addSender:(RTCRtpSender *)sender {
    QUAWeakSender *weak = [[QUAWeakSender alloc] init];

    weak.sender = sender;
    @synchronized(_senders) {
        [_senders addObject:weak];
    }
}

- (void)removeSender:(RTCRtpSender *)sender {
    @synchronized(_senders) {
        for (NSUInteger i = _senders.count; i-- > 0;) {
            RTCRtpSender *known = _senders[i].sender;

            if (!known || known == sender)
                [_senders removeObjectAtIndex:i];
        }
    }
}

- (BOOL)isEnabled {
    return _enabled;
}

- (void)setIsEnabled:(BOOL)isEnabled {
    NSArray<QUAWeakSender *> *senders;

    if (_enabled == isEnabled)
        return;
    _enabled = isEnabled;
    @synchronized(_senders) {
        senders = [_senders copy];
    }
    for (QUAWeakSender *weak in senders)
        [weak.sender trackChanged];
}

@end
