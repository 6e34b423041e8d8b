#!/bin/bash
# webrtcbin of GStreamer and Quartet: each calls the other.
. "$(dirname "$0")/lib/common.sh"
calls quartet gstreamer
calls gstreamer quartet
verdict
