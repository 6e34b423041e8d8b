#import "QUAVoiceUnit.h"
#import <AudioToolbox/AudioToolbox.h>
#import "QUAError.h"
#import "RTCAudioSession+Private.h"
#import "RTCAudioSource+Private.h"
#include "quartet/device.h"

#include <stdatomic.h>
#include <string.h>

#define RATE       48000
#define BLOCK      480  // 10 ms
#define MOST       4096 // frames that the unit may ask for at once
#define INPUT_BUS  1
#define OUTPUT_BUS 0

/// All that the audio thread touches.
typedef struct voice_io {
    AudioUnit unit;
    qua_engine *engine;
    _Atomic(qua_audio_source *) source;
    int16_t recorded[BLOCK + MOST], played[BLOCK];
    uint32_t recordedCount, playedLeft;
} voice_io;

/// Microphone: what the unit has goes to the source in blocks of 10 ms.
static OSStatus onRecorded(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, uint32_t bus,
                           uint32_t count, AudioBufferList *nothing) {
    voice_io *io = context;
    qua_audio_source *source = atomic_load_explicit(&io->source, memory_order_acquire);
    AudioBufferList list = {
        1, {{1, count * (uint32_t)sizeof *io->recorded, io->recorded + io->recordedCount}}};
    uint32_t used = 0;

    if (count > MOST)
        return -1;
    const OSStatus status = AudioUnitRender(io->unit, flags, time, bus, count, &list);
    if (status)
        return status;
    io->recordedCount += count;
    // the block began so long before now; time of the system's host clock would not be the engine's
    const qua_time now = qua_device_now();
    for (; io->recordedCount - used >= BLOCK; used += BLOCK)
        if (source)
            (void)qua_audio_source_push(source, io->recorded + used,
                                        now - (qua_time)(io->recordedCount - used) * 1000000 / RATE);
    io->recordedCount -= used;
    memmove(io->recorded, io->recorded + used, io->recordedCount * sizeof *io->recorded);
    return 0;
}

/// Loudspeaker: the engine's mix, drawn in blocks of 10 ms.
static OSStatus onPlayed(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, uint32_t bus,
                         uint32_t count, AudioBufferList *list) {
    voice_io *io = context;
    int16_t *out = list->mBuffers[0].mData;

    while (count > 0) {
        if (!io->playedLeft) {
            (void)qua_engine_pull_audio(io->engine, io->played);
            io->playedLeft = BLOCK;
        }
        const uint32_t now = MIN(count, io->playedLeft);
        memcpy(out, io->played + BLOCK - io->playedLeft, now * sizeof *out);
        io->playedLeft -= now;
        out += now;
        count -= now;
    }
    return 0;
}

@interface QUAVoiceUnit () <RTCAudioSessionDelegate>
@property(atomic, readwrite, getter=isRunning) BOOL running;
@end

@implementation QUAVoiceUnit {
    QUAEngine *_engine;
    RTCAudioSource *_source; // keeps what the audio thread uses; both under @synchronized(self)
    RTCAudioSession *_session;
    dispatch_queue_t _queue; // starts and stops
    voice_io _io;
}

- (instancetype)initWithEngine:(QUAEngine *)engine {
    self = [super init];
    if (self) {
        _engine = engine;
        _io.engine = engine.engine;
        _queue = dispatch_queue_create("org.quartet.voice", nil);
        _session = [RTCAudioSession sharedInstance];
        [_session addDelegate:self];
    }
    return self;
}

- (void)dealloc {
    [_session removeDelegate:self];
    [self stop];
}

- (void)recordInto:(RTCAudioSource *)source {
    @synchronized(self) {
        // the audio thread may be inside the one before: it goes when the unit stops
        if (!_source) {
            _source = source;
            atomic_store_explicit(&_io.source, source.source, memory_order_release);
        }
    }
    [self follow];
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static OSStatus set(AudioUnit unit, uint32_t property, uint32_t scope, uint32_t bus, const void *value, uint32_t size) {
    return AudioUnitSetProperty(unit, property, scope, bus, value, size);
}

/// The unit with both ends open in 16-bit mono; the order is Apple's: properties, then initialise.
- (OSStatus)make {
    const AudioComponentDescription description = {.componentType = kAudioUnitType_Output,
                                                   .componentSubType = kAudioUnitSubType_VoiceProcessingIO,
                                                   .componentManufacturer = kAudioUnitManufacturer_Apple};
    const AudioStreamBasicDescription format = {
        .mSampleRate = RATE,
        .mFormatID = kAudioFormatLinearPCM,
        .mFormatFlags = kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked,
        .mBytesPerPacket = 2,
        .mFramesPerPacket = 1,
        .mBytesPerFrame = 2,
        .mChannelsPerFrame = 1,
        .mBitsPerChannel = 16};
    const AURenderCallbackStruct record = {onRecorded, &_io}, play = {onPlayed, &_io};
    const uint32_t yes = 1, most = MOST;
    AudioComponent component = AudioComponentFindNext(NULL, &description);
    AudioUnit unit = NULL;
    OSStatus error = component ? AudioComponentInstanceNew((AudioComponent _Nonnull)component, &unit) : -1;

    if (error || !unit)
        return error ?: -1;
    error = set(unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Input, INPUT_BUS, &yes, sizeof yes)
                ?: set(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, INPUT_BUS, &format, sizeof format)
                ?: set(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, OUTPUT_BUS, &format, sizeof format)
                ?: set(unit, kAudioUnitProperty_MaximumFramesPerSlice, kAudioUnitScope_Global, OUTPUT_BUS, &most, sizeof most)
                ?: set(unit, kAudioOutputUnitProperty_SetInputCallback, kAudioUnitScope_Global, INPUT_BUS, &record, sizeof record)
                ?: set(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, OUTPUT_BUS, &play, sizeof play)
                ?: AudioUnitInitialize((AudioUnit _Nonnull)unit);
    if (error)
        AudioComponentInstanceDispose((AudioUnit _Nonnull)unit);
    else
        _io.unit = (AudioUnit _Nonnull)unit;
    return error;
}

- (void)start {
    OSStatus error;

    if (_io.unit)
        return;
    _io.recordedCount = _io.playedLeft = 0;
    [self configureSession];
    error = [self make];
    if (!error)
        error = AudioOutputUnitStart(_io.unit);
    if (error) {
        [self stop];
        [_session voiceUnitFailed:[NSError errorWithDomain:kRTCAudioSessionErrorDomain code:error userInfo:nil]];
        return;
    }
    self.running = YES;
    [_session voiceUnitStarted];
}

/// With manual audio the app, or CallKit, has made the session active; else we do.
- (void)configureSession {
    [_session lockForConfiguration];
    (void)[_session setConfiguration:[RTCAudioSessionConfiguration webRTCConfiguration] error:nil];
    if (!_session.useManualAudio && !_session.isActive)
        (void)[_session setActive:YES error:nil];
    [_session unlockForConfiguration];
}

- (void)stop {
    AudioUnit unit = _io.unit;

    if (!unit)
        return;
    AudioOutputUnitStop(unit); // returns when the audio thread is out
    AudioUnitUninitialize(unit);
    AudioComponentInstanceDispose(unit);
    _io.unit = NULL;
    if (self.isRunning)
        [_session voiceUnitStopped];
    self.running = NO;
}

/// Run or not, as the session allows and somebody wants. Never on the caller's thread: starting takes its time.
- (void)follow {
    __weak QUAVoiceUnit *weak = self;

    dispatch_async(_queue, ^{
        QUAVoiceUnit *unit = weak;

        if (!unit)
            return;
        if (unit->_session.canPlayOrRecord)
            [unit start];
        else
            [unit stop];
    });
}

- (void)audioSession:(RTCAudioSession *)session didChangeCanPlayOrRecord:(BOOL)canPlayOrRecord {
    [self follow];
}

/// Media services came back without our unit: make it anew.
- (void)audioSessionMediaServerReset:(RTCAudioSession *)session {
    __weak QUAVoiceUnit *weak = self;

    dispatch_async(_queue, ^{
        [weak stop];
        [weak follow];
    });
}

@end

id<QUAAudioDevice> QUASystemAudioDevice(QUAEngine *engine) {
    return [[QUAVoiceUnit alloc] initWithEngine:engine];
}
