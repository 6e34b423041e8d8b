#!/bin/bash
# Every Objective-C file compiles with ARC for an arm64 iPhone, warnings as errors, and passes the static analyser.
. "$(dirname "$0")/lib.sh"
need clang-16
need_modules
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

compile() { clang-16 $ios_objc -fsyntax-only "$@"; }
# NSError: -setDirection:error: of the WebRTC SDK returns nothing
analyse() {
    clang-16 --analyze -Xclang -analyzer-checker=core,deadcode,osx.cocoa,nullability -Xclang -analyzer-werror \
        -Xclang -analyzer-disable-checker=osx.cocoa.NSError $ios_objc "$1" -o /dev/null
}
export -f compile analyse
export ios_objc

all_objc | xargs -P "$(nproc)" -I{} bash -c 'compile "{}" && analyse "{}"' || fail 'see above'
echo "$(all_objc | wc -l) files compile and pass the analyser"

# plant WHAT PATTERN: the file comes on standard input
plant() {
    cat >"$dir/planted.m"
    expect_failure "$1" "$2" bash -c "compile $dir/planted.m && analyse $dir/planted.m"
}
plant 'a misspelt selector' 'no visible @interface' <<'EOT'
#import <AVFoundation/AVFoundation.h>
void planted(AVCaptureSession *session);
void planted(AVCaptureSession *session) { [session startRuning]; }
EOT
plant 'a wrong argument type' 'incompatible pointer types' <<'EOT'
#import <AVFoundation/AVFoundation.h>
void planted(AVCaptureVideoDataOutput *output);
void planted(AVCaptureVideoDataOutput *output) { [output setSampleBufferDelegate:nil queue:@"camera"]; }
EOT
plant 'a missing delegate method' 'not implemented' <<'EOT'
#import <CallKit/CallKit.h>
@interface Planted : NSObject <CXProviderDelegate>
@end
@implementation Planted
@end
EOT
plant 'a bridge that forgets ARC' 'bridged cast' <<'EOT'
#import <Foundation/Foundation.h>
void *planted(NSString *text);
void *planted(NSString *text) { return (void *)text; }
EOT
plant 'nil where something is promised' 'nil|[Nn]ull' <<'EOT'
#import <QuartetKit.h>
NSError *planted(NSString *_Nullable text);
NSError *planted(NSString *_Nullable text) { return QUAMakeError(text ? 1 : 0, nil).domain ? [NSError errorWithDomain:nil code:1 userInfo:nil] : nil; }
EOT
plant 'a cycle of a block that holds its owner' 'retain cycle' <<'EOT'
#import <Foundation/Foundation.h>
@interface Planted : NSObject
@property(nonatomic, copy) void (^block)(void);
@end
@implementation Planted
- (void)start {
    self.block = ^{ [self start]; };
}
@end
EOT
echo ok
