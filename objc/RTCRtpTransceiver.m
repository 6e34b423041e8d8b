#import "QUAError.h"
#import "RTCRtpTransceiver+Private.h"

#define MOST_TRANSCEIVERS 16

@implementation RTCRtpTransceiverInit

- (instancetype)init {
    self = [super init];
    if (self) {
        _direction = RTCRtpTransceiverDirectionSendRecv;
        _streamIds = @[];
        _sendEncodings = @[];
    }
    return self;
}

@end

@implementation RTCRtpTransceiver {
    QUAConnection *_connection;
}

@synthesize mediaType = _mediaType, receiver = _receiver, sender = _sender;

- (instancetype)initWithConnection:(QUAConnection *)connection
                             index:(int)index
                              kind:(qua_kind)kind
                            sender:(RTCRtpSender *)sender
                          receiver:(RTCRtpReceiver *)receiver {
    self = [super init];
    if (self) {
        _connection = connection;
        _index = index;
        _mediaType = kind == QUA_AUDIO ? RTCRtpMediaTypeAudio : RTCRtpMediaTypeVideo;
        _sender = sender;
        _receiver = receiver;
    }
    return self;
}

+ (qua_direction)engineDirection:(RTCRtpTransceiverDirection)direction {
    switch (direction) {
    case RTCRtpTransceiverDirectionSendRecv:
        return QUA_DIRECTION_SENDRECV;
    case RTCRtpTransceiverDirectionSendOnly:
        return QUA_DIRECTION_SENDONLY;
    case RTCRtpTransceiverDirectionRecvOnly:
        return QUA_DIRECTION_RECVONLY;
    case RTCRtpTransceiverDirectionInactive:
    case RTCRtpTransceiverDirectionStopped:
        return QUA_DIRECTION_INACTIVE;
    }
}

static RTCRtpTransceiverDirection fromEngine(qua_direction direction) {
    switch (direction) {
    case QUA_DIRECTION_SENDRECV:
        return RTCRtpTransceiverDirectionSendRecv;
    case QUA_DIRECTION_SENDONLY:
        return RTCRtpTransceiverDirectionSendOnly;
    case QUA_DIRECTION_RECVONLY:
        return RTCRtpTransceiverDirectionRecvOnly;
    case QUA_DIRECTION_INACTIVE:
        break;
    }
    return RTCRtpTransceiverDirectionInactive;
}

- (qua_transceiver_info)info {
    qua_transceiver_info all[MOST_TRANSCEIVERS];
    const size_t count = qua_pc_get_transceivers(_connection.pc, all, MOST_TRANSCEIVERS);

    return (size_t)_index < count ? all[_index] : (qua_transceiver_info){.stopped = true};
}

- (NSString *)mid {
    return QUAString([self info].mid);
}

- (BOOL)isStopped {
    return [self info].stopped;
}

- (RTCRtpTransceiverDirection)direction {
    const qua_transceiver_info info = [self info];

    return info.stopped ? RTCRtpTransceiverDirectionStopped : fromEngine(info.direction);
}

- (BOOL)currentDirection:(RTCRtpTransceiverDirection *)currentDirectionOut {
    const qua_transceiver_info info = [self info];

    if (info.mid[0] == 0)
        return NO;
    *currentDirectionOut = info.stopped ? RTCRtpTransceiverDirectionStopped : fromEngine(info.current);
    return YES;
}

- (void)setDirection:(RTCRtpTransceiverDirection)direction error:(NSError **)error {
    const int code = qua_pc_set_direction(_connection.pc, _index, [RTCRtpTransceiver engineDirection:direction]);

    if (code && error)
        *error = QUAMakeError(code, nil);
}

- (void)stopInternal {
    qua_pc_remove_track(_connection.pc, _index);
    qua_pc_set_direction(_connection.pc, _index, QUA_DIRECTION_INACTIVE);
}

@end
