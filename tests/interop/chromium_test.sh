#!/bin/bash
# Chromium of Debian, headless and Quartet: each calls the other.
. "$(dirname "$0")/lib/common.sh"
calls quartet chromium
calls chromium quartet
verdict
