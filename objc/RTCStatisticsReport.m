#import "RTCStatisticsReport+Private.h"

@interface RTCStatistics ()
- (instancetype)initWithId:(NSString *)identifier
                      type:(NSString *)type
                 timestamp:(NSTimeInterval)timestamp
                    values:(NSDictionary<NSString *, NSObject *> *)values NS_DESIGNATED_INITIALIZER;
@end

@implementation RTCStatistics

- (instancetype)initWithId:(NSString *)identifier
                      type:(NSString *)type
                 timestamp:(NSTimeInterval)timestamp
                    values:(NSDictionary<NSString *, NSObject *> *)values {
    self = [super init];
    if (self) {
        _id = [identifier copy];
        _type = [type copy];
        _timestamp_us = timestamp;
        _values = [values copy];
    }
    return self;
}

@end

@implementation RTCStatisticsReport {
    NSMutableDictionary<NSString *, RTCStatistics *> *_all;
}

- (void)add:(NSString *)identifier type:(NSString *)type values:(NSDictionary<NSString *, NSObject *> *)values {
    _all[identifier] = [[RTCStatistics alloc] initWithId:identifier
                                                    type:type
                                               timestamp:_timestamp_us
                                                  values:values];
}

- (instancetype)initWithStats:(const qua_pc_stats *)stats timestamp:(qua_time)now {
    const qua_link_stats *in = &stats->in, *out = &stats->out;

    self = [super init];
    if (!self)
        return nil;
    _timestamp_us = (NSTimeInterval)now;
    _all = [NSMutableDictionary dictionary];
    [self add:@"IV"
          type:@"inbound-rtp"
        values:@{
            @"kind" : @"video",
            @"framesDecoded" : @(in->frames),
            @"framesDropped" : @(in->frames_dropped),
            @"keyFramesDecoded" : @(in->keyframes),
            @"frameWidth" : @(in->width),
            @"frameHeight" : @(in->height),
            @"framesPerSecond" : @(in->fps),
            @"bytesReceived" : @(in->bytes),
            @"packetsReceived" : @(in->packets),
            @"packetsLost" : @(in->packets_lost),
            @"nackCount" : @(in->nacks),
            @"pliCount" : @(in->plis),
            @"jitter" : @((double)in->jitter_us / 1e6),
            @"codec" : QUAString(in->codec),
        }];
    [self add:@"IA"
          type:@"inbound-rtp"
        values:@{
            @"kind" : @"audio",
            @"packetsReceived" : @(in->audio_packets),
            @"packetsLost" : @(in->audio_packets_lost),
            @"bytesReceived" : @(in->audio_bytes),
            @"totalSamplesReceived" : @(in->audio_samples),
            @"concealedSamples" : @(in->audio_concealed_samples),
            @"audioLevel" : @(in->audio_level),
        }];
    [self add:@"OV"
          type:@"outbound-rtp"
        values:@{
            @"kind" : @"video",
            @"framesSent" : @(out->frames),
            @"keyFramesEncoded" : @(out->keyframes),
            @"frameWidth" : @(out->width),
            @"frameHeight" : @(out->height),
            @"framesPerSecond" : @(out->fps),
            @"bytesSent" : @(out->bytes),
            @"packetsSent" : @(out->packets),
            @"retransmittedPacketsSent" : @(out->packets_retransmitted),
            @"nackCount" : @(out->nacks),
            @"pliCount" : @(out->plis),
            @"codec" : QUAString(out->codec),
        }];
    [self add:@"OA"
          type:@"outbound-rtp"
        values:@{
            @"kind" : @"audio",
            @"packetsSent" : @(out->audio_packets),
            @"bytesSent" : @(out->audio_bytes),
        }];
    [self add:@"CP"
          type:@"candidate-pair"
        values:@{
            @"nominated" : @YES,
            @"currentRoundTripTime" : @(stats->rtt_us < 0 ? 0 : (double)stats->rtt_us / 1e6),
            @"availableOutgoingBitrate" : @(stats->target_bps),
        }];
    return self;
}

- (NSDictionary<NSString *, RTCStatistics *> *)statistics {
    return [_all copy];
}

@end
