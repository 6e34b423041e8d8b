# Sourced by the tests of this folder. Argument of each test: the folder of the built programs.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$1
export NODE_PATH=${NODE_PATH:-$here/../../build/interop/node_modules}

command -v node >/dev/null || { echo 'skipped: node is not installed'; exit 77; }

# calls CALLER CALLEE [OPTION...]: one call; a failure or a skip is remembered for `verdict`
failed='' skipped=''
calls() {
    local code
    node "$here/lib/call.js" "$1" "$2" "$bin" "${@:3}"
    code=$?
    case $code in
    0) ;;
    77) skipped=1 ;;
    *) failed=1 ;;
    esac
}

# verdict: the exit status of all calls together
verdict() {
    [ -z "$failed" ] || exit 1
    [ -z "$skipped" ] || exit 77
    exit 0
}

# guest_story STORY: one of lib/guests.js, instead of calls
guest_story() {
    node -e 'require("puppeteer-core")' 2>/dev/null || { echo 'skipped: the npm package puppeteer-core is not installed'; exit 77; }
    mkdir -p "$bin/../screens"
    exec node "$here/lib/guests.js" "$1" "$bin" "$bin/../screens"
}
