#!/bin/bash
# libwebrtc M106 (@roamhq/wrtc) and Quartet: each calls the other.
. "$(dirname "$0")/lib/common.sh"
calls quartet libwebrtc
calls libwebrtc quartet
verdict
