#import "QUAMacros.h"

@class RTCIceServer, RTCMediaStream, RTCPeerConnectionFactory;

NS_ASSUME_NONNULL_BEGIN

/// Someone else in the room.
RTC_OBJC_EXPORT
@interface RTCMultiConnectionParticipant : NSObject
/// Given by the server.
@property(nonatomic, readonly) NSString *userid;
@property(nonatomic, readonly) NSString *name;
/// Media flows, or did and may come back.
@property(atomic, readonly, getter=isConnected) BOOL connected;
@property(atomic, readonly, getter=isAudioMuted) BOOL audioMuted;
@property(atomic, readonly, getter=isVideoMuted) BOOL videoMuted;
/// A video and an audio track; the video's renderers get the pictures, on a decoder's thread.
@property(nonatomic, readonly) RTCMediaStream *stream;
- (instancetype)init NS_UNAVAILABLE;
@end

/// A room of up to four people, with the names of RTCMultiConnection. Blocks are called on the engine's threads and may
/// call back; they are to be set before a room is joined.
RTC_OBJC_EXPORT
@interface RTCMultiConnection : NSObject
/// Shown to the others, at most 64 bytes of UTF-8.
@property(nonatomic, copy) NSString *name;
@property(nonatomic, copy) NSArray<RTCIceServer *> *iceServers;
/// Four, always: the room's server refuses a fifth.
@property(nonatomic, readonly) NSUInteger maxParticipantsAllowed;
/// The room that was joined last.
@property(nonatomic, readonly, nullable) NSString *sessionid;
@property(nonatomic, readonly, getter=isJoined) BOOL joined;
@property(nonatomic, readonly) NSArray<RTCMultiConnectionParticipant *> *participants;

/// Someone's media begins.
@property(nonatomic, copy, nullable) void (^onstream)(RTCMultiConnectionParticipant *participant);
/// Someone whose media had begun is gone.
@property(nonatomic, copy, nullable) void (^onstreamended)(RTCMultiConnectionParticipant *participant);
/// Someone mutes or unmutes: see the participant's `audioMuted` and `videoMuted`.
@property(nonatomic, copy, nullable) void (^onmute)(RTCMultiConnectionParticipant *participant);
/// Someone comes into the room or leaves it.
@property(nonatomic, copy, nullable) void (^onUserStatusChanged)
    (RTCMultiConnectionParticipant *participant, BOOL online);
/// The server is lost; media goes on.
@property(nonatomic, copy, nullable) void (^onReConnecting)(void);
@property(nonatomic, copy, nullable) void (^onRoomFull)(NSString *roomid);
@property(nonatomic, copy, nullable) void (^onmessage)(RTCMultiConnectionParticipant *participant, NSString *text);

- (instancetype)init NS_UNAVAILABLE;
/// @param socketURL of the signaling server, such as wss://example.org
- (instancetype)initWithFactory:(RTCPeerConnectionFactory *)factory
                      socketURL:(NSString *)socketURL NS_DESIGNATED_INITIALIZER;

/// Send the first video and audio track of this stream from the next join on; nil: send nothing.
- (void)addStream:(nullable RTCMediaStream *)stream;
/// A room that is not there is made. `completion` once: nil in the room, else an error of QUAErrorDomain, QUA_EROOMFULL
/// after `onRoomFull`, QUA_ECLOSED when we leave first, QUA_ESTATE when we are in a room.
- (void)openOrJoin:(NSString *)roomid completion:(nullable void (^)(NSError *_Nullable error))completion;
/// As -openOrJoin:completion:; the server makes no difference.
- (void)join:(NSString *)roomid completion:(nullable void (^)(NSError *_Nullable error))completion;
/// Says goodbye; nothing of this room begins to be told after it returns.
- (void)leave;
/// Leave and join the last room again. QUA_ESTATE: none was joined.
- (void)rejoinWithCompletion:(nullable void (^)(NSError *_Nullable error))completion;
/// What we send; the others are told. Kept over rejoining.
- (void)setAudioMuted:(BOOL)audio videoMuted:(BOOL)video;
- (void)mute;
- (void)unmute;
/// Chat to everyone. @return NO: not in a room, or too long
- (BOOL)send:(NSString *)text;
@end

NS_ASSUME_NONNULL_END
