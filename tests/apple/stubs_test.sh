#!/bin/bash
# Our stub headers of Apple's API say what the API says; and the checker notices when they do not.
. "$(dirname "$0")/lib.sh"
need clang-16
need_modules
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# check_stubs FOLDER: the folder above stubs/
check_stubs() {
    clang-16 -target arm64-apple-ios16.0 -fobjc-arc -fblocks -ffreestanding -isystem "$1/stubs" -fsyntax-only \
        -Xclang -ast-dump=json "$1/stubs/all.m" >"$dir/ast.json" &&
        node "$root/tools/apple/check_stubs.js" "$dir/ast.json" "$modules" "$1/stubs/unverified.txt" "$dir/api.json"
}

# plant WHAT FILE SED-SCRIPT PATTERN
plant() {
    rm -rf "$dir/planted"
    mkdir "$dir/planted"
    cp -r "$apple/stubs" "$dir/planted/"
    sed -i "$3" "$dir/planted/stubs/$2"
    cmp -s "$dir/planted/stubs/$2" "$apple/stubs/$2" && fail "nothing was planted: $1"
    expect_failure "$1" "$4" check_stubs "$dir/planted"
}

check_stubs "$apple" || fail 'the stubs differ from the API'
av=AVFoundation/AVFoundation.h
plant 'a misspelt selector' $av 's/(BOOL)canAddOutput:/(BOOL)canAddOuput:/' 'canAddOuput.*not in the API'
plant 'a wrong argument type' $av 's/canAddInput:(AVCaptureInput \*)input/canAddInput:(AVCaptureDevice *)input/' 'argument 1'
plant 'an object for a number' $av 's/isTorchModeSupported:(AVCaptureTorchMode)/isTorchModeSupported:(NSString *)/' 'argument 1'
plant 'a wrong enum value' Metal/Metal.h 's/MTLPixelFormatRG8Unorm = 30/MTLPixelFormatRG8Unorm = 31/' 'is 30 in the API'
plant 'an optional method made required' $av 's/@optional/@required/' '@optional in the API'
plant 'a constant that is not there' $av 's/AVMediaTypeVideo;/AVMediaTypeVido;/' 'AVMediaTypeVido.*not in the API'
plant 'a wrong superclass' $av 's/AVCaptureVideoDataOutput : AVCaptureOutput/AVCaptureVideoDataOutput : NSObject/' 'inherits from'
plant 'a selector split at the wrong place' MetalKit/MetalKit.h \
    's/initWithFrame:(CGRect)frameRect device:/initWith:(CGRect)frameRect frameDevice:/' 'wrong place'
plant 'an API newer than the oldest iOS' CallKit/CallKit.h \
    's/^@interface CXHandle : NSObject/@interface CXJoinCallAction : CXAction\n@end\n&/' 'error'
plant 'a line of unverified.txt that is not needed' unverified.txt '$a\AVCaptureSession startRunning -- for fun' 'not used'
echo ok
