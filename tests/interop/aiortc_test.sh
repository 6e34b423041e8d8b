#!/bin/bash
# aiortc of Debian and Quartet: each calls the other, with a data channel that is echoed.
. "$(dirname "$0")/lib/common.sh"
calls quartet aiortc --data
calls aiortc quartet --data
verdict
