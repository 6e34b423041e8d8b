#!/bin/bash
# The judge judged: libwebrtc calls libwebrtc. When this fails, no verdict of its neighbours counts.
. "$(dirname "$0")/lib/common.sh"
calls libwebrtc libwebrtc --seconds=4
verdict
