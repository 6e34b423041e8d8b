#!/bin/bash
# The Objective-C framework runs on GNUstep: two RTCPeerConnections make a call over loopback.
# usage: connection_test.sh BIN     the bin folder of a build
set -eu
bin=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v clang-16 >/dev/null || { echo 'skipped: clang-16 is not installed'; exit 77; }
for header in GNUstep/Foundation/Foundation.h Block.h; do
    [ -e "/usr/include/$header" ] || { echo "skipped: $header is missing (libgnustep-base-dev, libblocksruntime-dev)"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$root/tests/apple/gnustep/build.sh" "$bin/.." "$dir/connection_test" "$root/tests/apple/connection_test.m"
timeout 100 "$dir/connection_test" "$root/tests/media/school.mkv"
