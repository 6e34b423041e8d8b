#!/bin/bash
# Four RTCMultiConnections on GNUstep meet in a room of a real quartetd over loopback.
# usage: room_test.sh BIN     the bin folder of a build
set -eu
bin=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v clang-16 >/dev/null || { echo 'skipped: clang-16 is not installed'; exit 77; }
for header in GNUstep/Foundation/Foundation.h Block.h; do
    [ -e "/usr/include/$header" ] || { echo "skipped: $header is missing (libgnustep-base-dev, libblocksruntime-dev)"; exit 77; }
done
[ -x "$bin/quartetd" ] || { echo 'skipped: quartetd is not built'; exit 77; }
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT

"$root/tests/apple/gnustep/build.sh" "$bin/.." "$dir/room_test" "$root/tests/apple/room_test.m"
"$bin/quartetd" --port 0 >"$dir/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    url=$(sed -n 's/^listening \(ws:[^ ]*\).*/\1/p' "$dir/server.log")
    [ -z "$url" ] || break
    sleep 0.1
done
[ -n "$url" ] || { cat "$dir/server.log"; echo 'FAILED: quartetd does not start'; exit 1; }
timeout 100 "$dir/room_test" "$url"
