#!/bin/bash
# libwebrtc M106 (@roamhq/wrtc) and Quartet: each calls the other, with a data channel that is echoed.
. "$(dirname "$0")/lib/common.sh"
calls quartet libwebrtc --data
calls libwebrtc quartet --data
calls quartet libwebrtc --codec=VP9 --seconds=4
calls libwebrtc quartet --codec=VP9 --seconds=4
verdict
