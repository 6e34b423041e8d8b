#import "QUAEngine.h"

NS_ASSUME_NONNULL_BEGIN

@class QUACall;

/// What the engine tells of a call; on the engine's threads.
@protocol QUACallOwner <NSObject>
- (void)call:(QUACall *)call state:(qua_call_state)state error:(int)error reason:(NSString *)reason;
- (void)call:(QUACall *)call participant:(const qua_participant *)participant;
- (void)call:(QUACall *)call participantLeft:(const qua_participant *)participant;
- (void)call:(QUACall *)call video:(qua_frame *)frame from:(const qua_participant *)participant;
- (void)call:(QUACall *)call chat:(NSString *)text from:(const qua_participant *)participant;
@end

/// A call of the C library, left when nobody uses it any more. It knows its owner weakly.
@interface QUACall : NSObject
@property(nonatomic, readonly, nullable) qua_call *call;
@property(nonatomic, readonly, weak, nullable) id<QUACallOwner> owner;

- (instancetype)init NS_UNAVAILABLE;
- (instancetype)initWithEngine:(QUAEngine *)engine owner:(id<QUACallOwner>)owner NS_DESIGNATED_INITIALIZER;
/// Once only. @param config without events and context. @return as qua_call_join; events may come before it returns
- (int)join:(const qua_call_config *)config;
@end

NS_ASSUME_NONNULL_END
