#!/bin/bash
# Each state of the guest page as a person sees it, in Chromium of Debian: pictures in build/.../screens, to be looked at.
. "$(dirname "$0")/lib/common.sh"
guest_story screens
