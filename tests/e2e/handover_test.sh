#!/bin/bash
# Two people in a call; another network comes up under both, then the first goes away. Interfaces of a namespace of our
# own. The call goes on: about a second is lost, less than consent alone would take to notice.
# usage: handover_test.sh BIN
set -u
bin=$(cd "$1" && pwd)
[ -x "$bin/quartet" ] && [ -x "$bin/quartetd" ] || { echo "skipped: quartet and quartetd are not built"; exit 77; }
if [ "${2:-}" != inside ]; then
    unshare -Urn true 2>/dev/null || { echo "skipped: no right to make a network namespace"; exit 77; }
    exec unshare -Urn bash "$0" "$bin" inside
fi

dir=$(mktemp -d) || exit 1
started=''
end() {
    for pid in $started; do kill -9 "$pid" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$dir"
}
trap end EXIT

# waits until FILE has a line with TEXT, at most SECONDS
await() {
    for _ in $(seq $(($3 * 20))); do
        grep -q "$2" "$1" 2>/dev/null && return 0
        sleep 0.05
    done
    echo "FAILED: no \"$2\" within $3 s:"
    tail -5 "$1"
    exit 1
}

ip link set lo up
ip link add wifi type bridge && ip addr add 10.77.1.1/24 dev wifi && ip link set wifi up ||
    { echo "skipped: this kernel makes no interfaces for us"; exit 77; }

"$bin/quartetd" --port 0 >"$dir/server.log" 2>&1 &
started="$started $!"
await "$dir/server.log" 'listening ws://' 5
url=$(grep -o 'ws://[^ ]*' "$dir/server.log")/handover
callers=''
for name in ana ben; do
    "$bin/quartet" join "$url" --name "$name" --size 160x120 --fps 15 --verbose --record "$dir/$name" --seconds 14 \
        >"$dir/$name.log" 2>&1 &
    started="$started $!" callers="$callers $!"
done
await "$dir/ana.log" 'ice .*completed' 8
sleep 1
ip link add cellular type bridge && ip addr add 10.77.2.1/24 dev cellular && ip link set cellular up
sleep 2
ip link del wifi
for pid in $callers; do wait "$pid" || { echo "FAILED: a caller ended with an error"; tail -5 "$dir"/*.log; exit 1; }; done
for name in ana ben; do
    awk -F, -v who="$name" 'FNR > 2 { gap = $3 - last; if (gap > worst) worst = gap } { last = $3 }
        END { printf "%s: %d pictures, longest gap %d ms\n", who, NR - 1, worst / 1000; exit !(NR > 60 && worst < 4000000) }' \
        "$dir/$name"/*.csv || { echo "FAILED: $name"; head -3 "$dir/$name"/*.csv; exit 1; }
done
