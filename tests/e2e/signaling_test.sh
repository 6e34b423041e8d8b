#!/bin/bash
# quartetd as a process, and raw WebSocket clients that know how to misbehave.
set -u
bin=${1:?usage: signaling_test.sh BIN_FOLDER}
cd "$(dirname "$0")" || exit 1
[ -x "$bin/quartetd" ] || { echo 'skipped: quartetd is not built'; exit 77; }
exec python3 signaling_stories.py "$bin/quartetd"
