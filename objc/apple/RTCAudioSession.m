#import "RTCAudioSession+Private.h"
#import "QUAWeakSet.h"

NSString *const kRTCAudioSessionErrorDomain = @"org.webrtc.RTC_OBJC_TYPE(RTCAudioSession)";
NSInteger const kRTCAudioSessionErrorLockRequired = -1;
NSInteger const kRTCAudioSessionErrorConfiguration = -2;

@interface RTCAudioSession ()
@property(atomic, readwrite) BOOL isActive;
@property(atomic, readwrite) BOOL isInterrupted;
@end

@implementation RTCAudioSession {
    QUAWeakSet<id<RTCAudioSessionDelegate>> *_delegates;
    NSRecursiveLock *_lock;
    NSInteger _locked, _activations; // under _lock
    BOOL _useManualAudio, _isAudioEnabled, _told; // under @synchronized(self)
}

+ (instancetype)sharedInstance {
    static RTCAudioSession *shared;

    @synchronized([RTCAudioSession class]) {
        if (!shared)
            shared = [[RTCAudioSession alloc] initWithSession:[AVAudioSession sharedInstance]];
    }
    return shared;
}

- (instancetype)initWithSession:(AVAudioSession *)session {
    self = [super init];
    if (self) {
        _session = session;
        _delegates = [[QUAWeakSet alloc] init];
        _lock = [[NSRecursiveLock alloc] init];
        _told = YES;
        [self observe:AVAudioSessionInterruptionNotification with:@selector(interrupted:)];
        [self observe:AVAudioSessionRouteChangeNotification with:@selector(routeChanged:)];
        [self observe:AVAudioSessionMediaServicesWereLostNotification with:@selector(servicesLost:)];
        [self observe:AVAudioSessionMediaServicesWereResetNotification with:@selector(servicesReset:)];
    }
    return self;
}

- (void)observe:(NSNotificationName)name with:(SEL)selector {
    [NSNotificationCenter.defaultCenter addObserver:self selector:selector name:name object:_session];
}

- (void)dealloc {
    [NSNotificationCenter.defaultCenter removeObserver:self];
}

- (void)addDelegate:(id<RTCAudioSessionDelegate>)delegate {
    [_delegates addObject:delegate];
}

- (void)removeDelegate:(id<RTCAudioSessionDelegate>)delegate {
    [_delegates removeObject:delegate];
}

- (void)tell:(SEL)selector with:(void (^)(id<RTCAudioSessionDelegate> delegate))block {
    for (id<RTCAudioSessionDelegate> delegate in _delegates.allObjects)
        if ([delegate respondsToSelector:selector])
            block(delegate);
}

/* ---- when sound may run ------------------------------------------------------------------------------------------ */

- (BOOL)canPlayOrRecord {
    @synchronized(self) {
        return !self.isInterrupted && (!_useManualAudio || _isAudioEnabled);
    }
}

- (void)tellCanPlayOrRecord {
    BOOL can;

    @synchronized(self) {
        can = self.canPlayOrRecord;
        if (can == _told)
            return;
        _told = can;
    }
    [self tell:@selector(audioSession:didChangeCanPlayOrRecord:)
          with:^(id<RTCAudioSessionDelegate> delegate) {
              [delegate audioSession:self didChangeCanPlayOrRecord:can];
          }];
}

- (BOOL)useManualAudio {
    @synchronized(self) {
        return _useManualAudio;
    }
}

- (void)setUseManualAudio:(BOOL)useManualAudio {
    @synchronized(self) {
        _useManualAudio = useManualAudio;
    }
    [self tellCanPlayOrRecord];
}

- (BOOL)isAudioEnabled {
    @synchronized(self) {
        return _isAudioEnabled;
    }
}

- (void)setIsAudioEnabled:(BOOL)isAudioEnabled {
    @synchronized(self) {
        _isAudioEnabled = isAudioEnabled;
    }
    [self tellCanPlayOrRecord];
}

/// CallKit has made the session active for us: that counts as one activation.
- (void)audioSessionDidActivate:(AVAudioSession *)session {
    [_lock lock];
    _activations++;
    self.isActive = YES;
    [_lock unlock];
    self.isInterrupted = NO; // an interruption that ended without a word
    [self tellCanPlayOrRecord];
}

- (void)audioSessionDidDeactivate:(AVAudioSession *)session {
    [_lock lock];
    if (_activations > 0)
        _activations--;
    self.isActive = _activations > 0;
    [_lock unlock];
}

/* ---- configuration ----------------------------------------------------------------------------------------------- */

- (void)lockForConfiguration {
    [_lock lock];
    _locked++;
}

- (void)unlockForConfiguration {
    if (_locked > 0) { // ours to ask: only the holder unlocks
        _locked--;
        [_lock unlock];
    }
}

/// Every setter needs the lock, so that two who configure do not mix.
- (BOOL)locked:(NSError **)outError {
    BOOL mine = NO;

    if ([_lock tryLock]) {
        mine = _locked > 0;
        [_lock unlock];
    }
    if (!mine && outError)
        *outError = [NSError errorWithDomain:kRTCAudioSessionErrorDomain
                                        code:kRTCAudioSessionErrorLockRequired
                                    userInfo:@{NSLocalizedDescriptionKey : @"call -lockForConfiguration first"}];
    return mine;
}

- (BOOL)setActive:(BOOL)active error:(NSError **)outError {
    NSError *error = nil;
    BOOL done = YES;

    if (![self locked:outError])
        return NO;
    if (active ? _activations == 0 : _activations == 1) {
        [self tell:@selector(audioSession:willSetActive:)
              with:^(id<RTCAudioSessionDelegate> delegate) {
                  [delegate audioSession:self willSetActive:active];
              }];
        done = [_session setActive:active
                       withOptions:active ? 0 : AVAudioSessionSetActiveOptionNotifyOthersOnDeactivation
                             error:&error];
    }
    if (done || !active) // a deactivation that fails leaves others playing, and is over all the same
        _activations = MAX(_activations + (active ? 1 : -1), 0);
    self.isActive = _activations > 0;
    if (outError)
        *outError = error;
    [self tellActive:active done:done error:error];
    return done;
}

- (void)tellActive:(BOOL)active done:(BOOL)done error:(NSError *)error {
    if (done)
        [self tell:@selector(audioSession:didSetActive:)
              with:^(id<RTCAudioSessionDelegate> delegate) {
                  [delegate audioSession:self didSetActive:active];
              }];
    else if (error)
        [self tell:@selector(audioSession:failedToSetActive:error:)
              with:^(id<RTCAudioSessionDelegate> delegate) {
                  [delegate audioSession:self failedToSetActive:active error:error];
              }];
}

- (BOOL)setCategory:(AVAudioSessionCategory)category
               mode:(AVAudioSessionMode)mode
            options:(AVAudioSessionCategoryOptions)options
              error:(NSError **)outError {
    return [self locked:outError] && [_session setCategory:category mode:mode options:options error:outError];
}

- (BOOL)setMode:(AVAudioSessionMode)mode error:(NSError **)outError {
    return [self locked:outError] && [_session setMode:mode error:outError];
}

- (BOOL)setPreferredSampleRate:(double)sampleRate error:(NSError **)outError {
    return [self locked:outError] && [_session setPreferredSampleRate:sampleRate error:outError];
}

- (BOOL)setPreferredIOBufferDuration:(NSTimeInterval)duration error:(NSError **)outError {
    return [self locked:outError] && [_session setPreferredIOBufferDuration:duration error:outError];
}

- (BOOL)overrideOutputAudioPort:(AVAudioSessionPortOverride)portOverride error:(NSError **)outError {
    return [self locked:outError] && [_session overrideOutputAudioPort:portOverride error:outError];
}

- (BOOL)setPreferredInput:(AVAudioSessionPortDescription *)inPort error:(NSError **)outError {
    return [self locked:outError] && [_session setPreferredInput:inPort error:outError];
}

/// Only what differs is set: each setter may restart the hardware.
- (BOOL)setConfiguration:(RTCAudioSessionConfiguration *)configuration error:(NSError **)outError {
    BOOL done = [self locked:outError];

    if (done && (![_session.category isEqualToString:configuration.category] ||
                 ![_session.mode isEqualToString:configuration.mode] ||
                 _session.categoryOptions != configuration.categoryOptions))
        done = [self setCategory:configuration.category
                            mode:configuration.mode
                         options:configuration.categoryOptions
                           error:outError];
    if (done && _session.preferredSampleRate != configuration.sampleRate)
        done = [self setPreferredSampleRate:configuration.sampleRate error:outError];
    if (done && _session.preferredIOBufferDuration != configuration.ioBufferDuration)
        done = [self setPreferredIOBufferDuration:configuration.ioBufferDuration error:outError];
    return done;
}

- (BOOL)setConfiguration:(RTCAudioSessionConfiguration *)configuration active:(BOOL)active error:(NSError **)outError {
    return [self setConfiguration:configuration error:outError] && [self setActive:active error:outError];
}

/* ---- what the system tells --------------------------------------------------------------------------------------- */

- (void)interrupted:(NSNotification *)notification {
    NSNumber *type = notification.userInfo[AVAudioSessionInterruptionTypeKey];
    NSNumber *options = notification.userInfo[AVAudioSessionInterruptionOptionKey];
    const BOOL resume = (options.unsignedIntegerValue & AVAudioSessionInterruptionOptionShouldResume) != 0;

    if (type.unsignedIntegerValue == AVAudioSessionInterruptionTypeBegan) {
        self.isInterrupted = YES;
        [self tell:@selector(audioSessionDidBeginInterruption:)
              with:^(id<RTCAudioSessionDelegate> delegate) {
                  [delegate audioSessionDidBeginInterruption:self];
              }];
    } else {
        self.isInterrupted = NO;
        if (self.isActive)
            (void)[_session setActive:YES withOptions:0 error:nil]; // the interruption took it down
        [self tell:@selector(audioSessionDidEndInterruption:shouldResumeSession:)
              with:^(id<RTCAudioSessionDelegate> delegate) {
                  [delegate audioSessionDidEndInterruption:self shouldResumeSession:resume];
              }];
    }
    [self tellCanPlayOrRecord];
}

- (void)routeChanged:(NSNotification *)notification {
    NSNumber *reason = notification.userInfo[AVAudioSessionRouteChangeReasonKey];
    AVAudioSessionRouteDescription *previous =
        notification.userInfo[AVAudioSessionRouteChangePreviousRouteKey] ?: _session.currentRoute;

    [self tell:@selector(audioSessionDidChangeRoute:reason:previousRoute:)
          with:^(id<RTCAudioSessionDelegate> delegate) {
              [delegate audioSessionDidChangeRoute:self
                                            reason:(AVAudioSessionRouteChangeReason)reason.unsignedIntegerValue
                                     previousRoute:previous];
          }];
}

- (void)servicesLost:(NSNotification *)notification {
    [self tell:@selector(audioSessionMediaServerTerminated:)
          with:^(id<RTCAudioSessionDelegate> delegate) {
              [delegate audioSessionMediaServerTerminated:self];
          }];
}

- (void)servicesReset:(NSNotification *)notification {
    [self tell:@selector(audioSessionMediaServerReset:)
          with:^(id<RTCAudioSessionDelegate> delegate) {
              [delegate audioSessionMediaServerReset:self];
          }];
}

- (void)voiceUnitStarted {
    [self tell:@selector(audioSessionDidStartPlayOrRecord:)
          with:^(id<RTCAudioSessionDelegate> delegate) {
              [delegate audioSessionDidStartPlayOrRecord:self];
          }];
}

- (void)voiceUnitStopped {
    [self tell:@selector(audioSessionDidStopPlayOrRecord:)
          with:^(id<RTCAudioSessionDelegate> delegate) {
              [delegate audioSessionDidStopPlayOrRecord:self];
          }];
}

- (void)voiceUnitFailed:(NSError *)error {
    [self tell:@selector(audioSession:audioUnitStartFailedWithError:)
          with:^(id<RTCAudioSessionDelegate> delegate) {
              [delegate audioSession:self audioUnitStartFailedWithError:error];
          }];
}

/* ---- what it is now ---------------------------------------------------------------------------------------------- */

- (NSString *)category {
    return _session.category;
}

- (AVAudioSessionCategoryOptions)categoryOptions {
    return _session.categoryOptions;
}

- (NSString *)mode {
    return _session.mode;
}

- (AVAudioSessionRouteDescription *)currentRoute {
    return _session.currentRoute;
}

- (double)sampleRate {
    return _session.sampleRate;
}

- (double)preferredSampleRate {
    return _session.preferredSampleRate;
}

- (NSInteger)inputNumberOfChannels {
    return _session.inputNumberOfChannels;
}

- (NSInteger)outputNumberOfChannels {
    return _session.outputNumberOfChannels;
}

- (float)outputVolume {
    return _session.outputVolume;
}

- (NSTimeInterval)inputLatency {
    return _session.inputLatency;
}

- (NSTimeInterval)outputLatency {
    return _session.outputLatency;
}

- (NSTimeInterval)IOBufferDuration {
    return _session.IOBufferDuration;
}

- (BOOL)inputAvailable {
    return _session.isInputAvailable;
}

@end

static RTCAudioSessionConfiguration *webRTCConfiguration; // under @synchronized of the class

@implementation RTCAudioSessionConfiguration

- (instancetype)init {
    self = [super init];
    if (self) {
        _category = AVAudioSessionCategoryPlayAndRecord;
        _categoryOptions = AVAudioSessionCategoryOptionAllowBluetooth | AVAudioSessionCategoryOptionAllowAirPlay;
        _mode = AVAudioSessionModeVideoChat;
        _sampleRate = 48000;
        _ioBufferDuration = 0.01;
        _inputNumberOfChannels = 1;
        _outputNumberOfChannels = 1;
    }
    return self;
}

+ (instancetype)currentConfiguration {
    AVAudioSession *session = [AVAudioSession sharedInstance];
    RTCAudioSessionConfiguration *now = [[RTCAudioSessionConfiguration alloc] init];

    now.category = session.category;
    now.categoryOptions = session.categoryOptions;
    now.mode = session.mode;
    now.sampleRate = session.sampleRate;
    now.ioBufferDuration = session.IOBufferDuration;
    now.inputNumberOfChannels = session.inputNumberOfChannels;
    now.outputNumberOfChannels = session.outputNumberOfChannels;
    return now;
}

+ (instancetype)webRTCConfiguration {
    @synchronized([RTCAudioSessionConfiguration class]) {
        if (!webRTCConfiguration)
            webRTCConfiguration = [[RTCAudioSessionConfiguration alloc] init];
        return (id _Nonnull)webRTCConfiguration;
    }
}

+ (void)setWebRTCConfiguration:(RTCAudioSessionConfiguration *)configuration {
    @synchronized([RTCAudioSessionConfiguration class]) {
        webRTCConfiguration = configuration;
    }
}

@end
