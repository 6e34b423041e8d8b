#!/bin/bash
# Two guests, in Chromium and Firefox of Debian, and two native participants in one call, through a server that is
# killed meanwhile.
. "$(dirname "$0")/lib/common.sh"
guest_story call
