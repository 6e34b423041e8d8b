#!/bin/bash
# Chromium of Debian, headless and Quartet: each calls the other, with a data channel that is echoed.
. "$(dirname "$0")/lib/common.sh"
calls quartet chromium --data
calls chromium quartet --data
calls quartet chromium --codec=VP9 --seconds=4
calls chromium quartet --codec=VP9 --seconds=4
calls quartet chromium --codec=H264 --seconds=4
calls chromium quartet --codec=H264 --seconds=4
verdict
