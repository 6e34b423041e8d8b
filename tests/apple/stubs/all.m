// Every stub header, for the check against the API.
#import <AVKit/AVKit.h>
#import <AudioToolbox/AudioToolbox.h>
#import <CallKit/CallKit.h>
#import <CoreImage/CoreImage.h>
#import <Intents/Intents.h>
#import <MetalKit/MetalKit.h>
#import <Network/Network.h>
#import <PushKit/PushKit.h>
#import <ReplayKit/ReplayKit.h>
#import <VideoToolbox/VideoToolbox.h>
