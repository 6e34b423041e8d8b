#!/bin/bash
# aiortc of Debian and Quartet: each calls the other.
. "$(dirname "$0")/lib/common.sh"
calls quartet aiortc
calls aiortc quartet
verdict
