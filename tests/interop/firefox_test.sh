#!/bin/bash
# Firefox ESR of Debian, headless and Quartet: each calls the other, with a data channel that is echoed.
. "$(dirname "$0")/lib/common.sh"
calls quartet firefox --data
calls firefox quartet --data
calls quartet firefox --codec=VP9 --seconds=4
calls firefox quartet --codec=VP9 --seconds=4
verdict
