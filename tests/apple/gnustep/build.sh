#!/bin/bash
# Builds an Objective-C program with ARC, weak references and blocks for Debian's GNUstep, over the engine of one build.
# usage: build.sh BUILD OUT FILE.m...     the framework in objc/ is compiled in; CFLAGS adds options, SYSTEM names the
# files that stand for the system instead of objc/generic
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(cd "$1" && pwd) out=$2
shift 2
cc=${CC:-clang-16}
objects=$out.objects
mkdir -p "$objects"

common="-g -O1 -pthread ${CFLAGS:-}"
objc="-I$here/include -I/usr/include/GNUstep -I$root/objc -I$root/objc/apple -I$root/include -include $here/compat.h
    -fobjc-runtime=gnustep-1.6 -Xclang -fobjc-dispatch-method=legacy -fexceptions -fobjc-exceptions -fobjc-arc -fblocks
    -fconstant-string-class=NSConstantString -DGNUSTEP -DGNU_RUNTIME=1 -DGNUSTEP_BASE_LIBRARY=1
    -Wall -Wextra -Wno-unused-parameter -Wno-arc-retain-cycles -Werror" # -setRemoteDescription: is no setter
# a class must be linked behind its superclass
order='RTCMediaSource RTCMediaStreamTrack RTCVideoCapturer'
sources=$(for name in $order; do echo "$root/objc/$name.m"; done
    for file in "$root"/objc/*.m ${SYSTEM:-"$root"/objc/generic/*.m}; do case " $order " in *" $(basename "$file" .m) "*) ;; *) echo "$file" ;; esac done)
list=
for file in "$here/holder.m" $sources "$@"; do
    object=$objects/$(basename "$file").o
    $cc $common $objc -c "$file" -o "$object"
    list="$list $object"
done
$cc $common -c "$here/arcshim.c" -o "$objects/arcshim.o"
$cc $common -Wl,--wrap=__objc_exec_class "$objects/arcshim.o" $list -o "$out" \
    -Wl,--start-group "$build"/libqua_*.a -Wl,--end-group \
    -lssl -lcrypto -lsrtp2 -lusrsctp -lopus -lvpx -lopenh264 -ljansson -lwebsockets -lspeexdsp -lSDL2 -lyuv -lpng -lm \
    -lBlocksRuntime -lgnustep-base -l:libobjc.so.4 -lpthread -ldl
