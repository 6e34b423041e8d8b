#!/bin/bash
# Firefox ESR of Debian, headless and Quartet: each calls the other.
. "$(dirname "$0")/lib/common.sh"
calls quartet firefox
calls firefox quartet
verdict
