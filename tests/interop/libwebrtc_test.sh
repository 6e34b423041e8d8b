#!/bin/bash
# libwebrtc M106 (@roamhq/wrtc) and Quartet: each calls the other, with a data channel that is echoed.
. "$(dirname "$0")/lib/common.sh"
calls quartet libwebrtc --data
calls libwebrtc quartet --data
verdict
