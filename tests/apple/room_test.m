// Four people meet in a room of a real signaling server, each showing a grey of its own: everyone must get everyone
// else's, by name. Then they mute, chat, one finds the room full, one leaves and comes back. Argument: ws://host:port
#import "QuartetKit.h"
#include "quartet/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEOPLE 4
#define WIDTH  64
#define HEIGHT 48

static void check(BOOL ok, NSString *what) {
    if (ok)
        return;
    fprintf(stderr, "FAILED: %s\n", what.UTF8String);
    exit(1);
}

static int greyOf(NSString *name) {
    return 50 + 50 * name.intValue;
}

/// Counts pictures with the grey of one person, and others.
@interface GreyRenderer : NSObject <RTCVideoRenderer>
@property(nonatomic, readonly) int grey;
@property(atomic) int right, wrong;
@end

@implementation GreyRenderer

- (instancetype)initWithGrey:(int)grey {
    self = [super init];
    if (self)
        _grey = grey;
    return self;
}

- (void)setSize:(CGSize)size {
}

- (void)renderFrame:(RTCVideoFrame *)frame {
    id<RTCI420Buffer> i420 = [frame.buffer toI420];
    const int seen = i420.dataY[i420.strideY * (i420.height / 2) + i420.width / 2];

    if (abs(seen - _grey) <= 12)
        self.right++;
    else
        self.wrong++;
}

@end

@interface Person : NSObject
@property(nonatomic, strong) RTCMultiConnection *connection;
@property(nonatomic, strong) RTCVideoSource *camera;
@property(nonatomic, strong) RTCVideoCapturer *capturer;
@property(nonatomic, strong) NSMutableDictionary<NSString *, GreyRenderer *> *renderers; // under @synchronized
@property(atomic) int joins, came, went, ended, mutes, messages;
@property(atomic) int lastError;
@end

@implementation Person

- (void)see:(RTCMultiConnectionParticipant *)participant {
    GreyRenderer *renderer = [[GreyRenderer alloc] initWithGrey:greyOf(participant.name)];

    [participant.stream.videoTracks.firstObject addRenderer:renderer];
    @synchronized(self.renderers) {
        self.renderers[participant.name] = renderer;
    }
}

- (void)listen {
    __weak Person *weak = self;

    self.connection.onstream = ^(RTCMultiConnectionParticipant *participant) {
      [weak see:participant];
    };
    self.connection.onstreamended = ^(RTCMultiConnectionParticipant *participant) {
      weak.ended++;
    };
    self.connection.onUserStatusChanged = ^(RTCMultiConnectionParticipant *participant, BOOL online) {
      Person *person = weak;

      if (online)
          person.came++;
      else
          person.went++;
    };
    self.connection.onmute = ^(RTCMultiConnectionParticipant *participant) {
      weak.mutes++;
    };
    self.connection.onmessage = ^(RTCMultiConnectionParticipant *participant, NSString *text) {
      check([text isEqualToString:@"grüß euch"], @"chat arrives as it was sent");
      weak.messages++;
    };
}

- (void)join:(NSString *)room {
    __weak Person *weak = self;

    [self.connection openOrJoin:room
                     completion:^(NSError *error) {
                       weak.lastError = (int)error.code;
                       weak.joins++;
                     }];
}

- (BOOL)seesAtLeast:(int)pictures of:(NSUInteger)people {
    @synchronized(self.renderers) {
        for (GreyRenderer *renderer in self.renderers.allValues)
            if (renderer.right < pictures)
                return NO;
        return self.renderers.count == people;
    }
}

- (void)showGrey:(int)grey {
    RTCMutableI420Buffer *buffer = [[RTCMutableI420Buffer alloc] initWithWidth:WIDTH height:HEIGHT];

    memset(buffer.mutableDataY, grey, (size_t)(buffer.strideY * HEIGHT));
    memset(buffer.mutableDataU, 128, (size_t)(buffer.strideU * HEIGHT / 2));
    memset(buffer.mutableDataV, 128, (size_t)(buffer.strideV * HEIGHT / 2));
    [self.camera capturer:self.capturer
        didCaptureVideoFrame:[[RTCVideoFrame alloc] initWithBuffer:buffer
                                                          rotation:RTCVideoRotation_0
                                                       timeStampNs:qua_device_now() * 1000]];
}

@end

static Person *personNamed(int number, RTCPeerConnectionFactory *factory, NSString *url) {
    RTCMediaStream *stream = [factory mediaStreamWithStreamId:@"mine"];
    Person *person = [[Person alloc] init];

    person.renderers = [NSMutableDictionary dictionary];
    person.camera = [factory videoSource];
    person.capturer = [[RTCVideoCapturer alloc] initWithDelegate:person.camera];
    [stream addVideoTrack:[factory videoTrackWithSource:person.camera trackId:@"camera"]];
    person.connection = [[RTCMultiConnection alloc] initWithFactory:factory socketURL:url];
    person.connection.name = [NSString stringWithFormat:@"%d", number];
    [person.connection addStream:stream];
    [person listen];
    return person;
}

/// Films everyone at 15 frames a second until all say so.
static void until(NSArray<Person *> *people, BOOL (^condition)(Person *person), NSString *what) {
    NSDate *deadline = [NSDate dateWithTimeIntervalSinceNow:60];

    for (;;) {
        @autoreleasepool {
            BOOL all = YES;

            for (Person *person in people) {
                [person showGrey:greyOf(person.connection.name)];
                all = condition(person) && all;
            }
            if (all)
                return;
            check(deadline.timeIntervalSinceNow > 0, what);
            usleep(66000);
        }
    }
}

static void everyoneSeesEveryone(NSArray<Person *> *people) {
    for (Person *person in people)
        [person join:@"quartet"];
    until(
        people,
        ^BOOL(Person *person) {
          return [person seesAtLeast:5 of:PEOPLE - 1];
        },
        @"everyone sees everyone");
    for (Person *person in people) {
        check(person.joins == 1 && person.lastError == 0 && person.connection.isJoined, @"joining is told once");
        check(person.connection.participants.count == PEOPLE - 1 && person.came == PEOPLE - 1, @"three others came");
        for (GreyRenderer *renderer in person.renderers.allValues)
            check(renderer.wrong == 0, @"nobody is taken for somebody else");
    }
}

static void mutingAndChatReachEveryone(NSArray<Person *> *people) {
    NSArray<Person *> *others = [people subarrayWithRange:NSMakeRange(1, PEOPLE - 1)];

    [people[0].connection setAudioMuted:YES videoMuted:NO];
    check([people[0].connection send:@"grüß euch"], @"chat is sent");
    until(
        others,
        ^BOOL(Person *person) {
          return person.mutes == 1 && person.messages == 1;
        },
        @"mute and chat arrive");
    for (RTCMultiConnectionParticipant *participant in people[1].connection.participants)
        check(participant.isAudioMuted == [participant.name isEqualToString:@"0"], @"the right one is muted");
    [people[0].connection unmute];
    until(
        others,
        ^BOOL(Person *person) {
          return person.mutes == 2;
        },
        @"unmute arrives");
    check(people[0].messages == 0, @"one's own chat does not come back");
}

static void aFifthFindsTheRoomFull(RTCPeerConnectionFactory *factory, NSString *url) {
    Person *fifth = personNamed(4, factory, url);
    __block NSString *full = nil;

    fifth.connection.onRoomFull = ^(NSString *roomid) {
      full = roomid;
    };
    [fifth join:@"quartet"];
    until(
        @[ fifth ],
        ^BOOL(Person *person) {
          return person.joins == 1;
        },
        @"the fifth is told");
    check(fifth.lastError == QUA_EROOMFULL && [full isEqualToString:@"quartet"], @"the room is full");
    check(!fifth.connection.isJoined && ![fifth.connection send:@"hello"], @"the fifth is not in the room");
}

static void oneLeavesAndComesBack(NSArray<Person *> *people) {
    NSArray<Person *> *others = [people subarrayWithRange:NSMakeRange(1, PEOPLE - 1)];

    [people[0].connection leave];
    check(people[0].ended == PEOPLE - 1 && people[0].connection.participants.count == 0, @"who leaves sees nobody");
    until(
        others,
        ^BOOL(Person *person) {
          return person.went == 1 && person.ended == 1;
        },
        @"leaving is seen");
    [people[0].renderers removeAllObjects];
    [people[0].connection rejoinWithCompletion:nil];
    until(
        people,
        ^BOOL(Person *person) {
          return [person seesAtLeast:5 of:PEOPLE - 1];
        },
        @"everyone sees everyone again");
}

int main(int argc, char **argv) {
    @autoreleasepool {
        RTCPeerConnectionFactory *factory = [[RTCPeerConnectionFactory alloc] init];
        RTCPeerConnectionFactoryOptions *options = [[RTCPeerConnectionFactoryOptions alloc] init];
        NSMutableArray<Person *> *people = [NSMutableArray array];

        if (argc < 2) {
            fprintf(stderr, "usage: room_test ws://HOST:PORT\n");
            return 2;
        }
        options.bindAddresses = @[ @"127.0.0.1" ];
        [factory setOptions:options];
        for (int i = 0; i < PEOPLE; i++)
            [people addObject:personNamed(i, factory, @(argv[1]))];
        everyoneSeesEveryone(people);
        mutingAndChatReachEveryone(people);
        aFifthFindsTheRoomFull(factory, @(argv[1]));
        oneLeavesAndComesBack(people);
        for (Person *person in people)
            [person.connection leave];
    }
    puts("ok");
    return 0;
}
