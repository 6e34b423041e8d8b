#!/bin/bash
# aiortc of Debian and Quartet: each calls the other, with a data channel that is echoed.
. "$(dirname "$0")/lib/common.sh"
calls quartet aiortc --data
calls aiortc quartet --data
calls quartet aiortc --codec=H264 --seconds=4
calls aiortc quartet --codec=H264 --seconds=4
verdict
