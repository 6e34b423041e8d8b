#!/bin/bash
# Whole calls of the real programs over loopback: made, recorded, left, killed, refused.
# usage: call_test.sh BIN
set -u
bin=$1
here=$(cd "$(dirname "$0")" && pwd)
media=$here/../media
[ -x "$bin/quartet" ] && [ -x "$bin/quartetd" ] || { echo "skipped: quartet and quartetd are not built"; exit 77; }
slow=1 # sanitizers cost several times the CPU
case $bin in *asan* | *tsan*) slow=4 ;; esac
dir=$(mktemp -d) || exit 1
started=''
end() {
    for pid in $started; do kill -9 "$pid" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$dir"
}
trap end EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect WHAT WANTED GOT
expect() { [ "$2" = "$3" ] || fail "$1: wanted $2, got $3"; }

# run NAME COMMAND...: in the background, output in $dir/NAME.log, process id in $pid
run() {
    local log=$dir/$1.log
    shift
    "$@" >"$log" 2>&1 &
    pid=$!
    started="$started $pid"
}

# await SECONDS NAME TEXT: until a line of that log matches; prints how long it took in ms
await() {
    local from=$(date +%s%3N) now
    while :; do
        now=$(date +%s%3N)
        if grep -q -- "$3" "$dir/$2.log"; then
            echo $((now - from))
            return 0
        fi
        [ $((now - from)) -lt $(($1 * 1000)) ] || return 1
        sleep 0.02
    done
}

join() {
    local name=$1 room=$2
    shift 2
    run "$name" "$bin/quartet" join "$url/$room" --name "$name" --camera pattern --size 320x180 --fps 15 "$@"
}

run server "$bin/quartetd" --port 0
server=$pid
await $((10 * slow)) server listening >/dev/null || { cat "$dir/server.log"; echo 'FAILED: quartetd does not start'; exit 1; }
url=$(sed -n 's/^listening \(ws:[^ ]*\).*/\1/p' "$dir/server.log")

a_call_of_two_is_recorded() {
    local ana bob before=$failures
    join Ana two --mic "$media/speech-en.wav" --record "$dir/ana" --expect-media
    ana=$pid
    join Bob two --mic "$media/speech-fr.wav" --record "$dir/bob" --expect-media
    bob=$pid
    await $((15 * slow)) Ana 'Bob is seen' >/dev/null || fail 'Ana does not see Bob'
    await $((15 * slow)) Bob 'Ana is seen' >/dev/null || fail 'Bob does not see Ana'
    sleep 6
    kill -INT "$ana" "$bob"
    wait "$ana"
    expect "Ana's exit code" 0 $?
    wait "$bob"
    expect "Bob's exit code" 0 $?
    python3 "$here/recording.py" "$dir/ana" Bob 320 180 $((60 / slow)) 4 || fail "Ana's recording of Bob"
    python3 "$here/recording.py" "$dir/bob" Ana 320 180 $((60 / slow)) 4 || fail "Bob's recording of Ana"
    [ "$failures" = "$before" ] || cat "$dir/Ana.log" "$dir/Bob.log"
}

four_bots_see_and_hear_each_other() {
    local shape
    run demo "$bin/quartet" demo "$url/four" --media "$media" --bots 4 --size 160x90 --fps 10 --seconds $((8 * slow)) --png "$dir/call.png"
    wait "$pid"
    expect 'exit code of the demo' 0 $?
    shape=$(python3 -c 'import struct, sys; d = open(sys.argv[1], "rb").read(24); print(d[1:4].decode(), *struct.unpack(">II", d[16:24]))' "$dir/call.png")
    expect 'call.png' 'PNG 320 180' "$shape"
    grep -q '12 of 12 links' "$dir/demo.log" || cat "$dir/demo.log"
}

who_says_goodbye_is_gone_at_once() {
    local ms
    join Ana bye
    join Bob bye
    await $((10 * slow)) Ana 'Bob joined' >/dev/null || fail 'Bob does not come'
    kill -INT "$pid"
    ms=$(await $((5 * slow)) Ana 'Bob left') || fail 'Bob does not leave'
    [ "${ms:-99999}" -le $((1000 * slow)) ] || fail "Ctrl-C was seen after $ms ms"
    wait "$pid"
    expect 'exit code after Ctrl-C' 0 $?
    echo "Ctrl-C: seen after $ms ms"
}

who_is_killed_is_gone_within_the_timeouts() {
    local ms left
    join Cleo kill
    join Dan kill
    await $((15 * slow)) Cleo 'Dan is seen' >/dev/null || fail 'Dan is not seen'
    kill -9 "$pid"
    ms=$(await 35 Cleo 'Dan is lost') || fail 'a killed process is not seen gone within 30 s of consent'
    left=$(await 45 Cleo 'Dan left') || fail 'a killed process is never announced gone'
    echo "kill -9: silent after ${ms:-no} ms, gone ${left:-no} ms later"
}

a_fifth_finds_the_room_full() {
    local n code
    for n in 1 2 3 4; do
        join "P$n" full --mic none --fps 5
        await $((10 * slow)) "P$n" 'in the room' >/dev/null || fail "P$n does not come in"
    done
    timeout $((20 * slow)) "$bin/quartet" join "$url/full" --name P5 >"$dir/P5.log" 2>&1
    code=$?
    expect "the fifth's exit code" 1 $code
    grep -qi 'full\|four' "$dir/P5.log" || fail "the fifth is not told why: $(cat "$dir/P5.log")"
}

two_peers_call_by_json() {
    timeout $((60 * slow)) python3 "$here/peers.py" "$bin/quartet" VP8 || fail 'quartet peer'
}

# refused CODE WORDS COMMAND...: exits so, and says so in one line
refused() {
    local code=$1 words=$2 got
    shift 2
    timeout $((20 * slow)) "$@" >"$dir/refused.log" 2>&1
    got=$?
    expect "exit code of $(basename "$1") ${*:2:3}" "$code" "$got"
    expect "lines said by $(basename "$1") ${*:2:3}" 1 "$(wc -l <"$dir/refused.log")"
    grep -qi -- "$words" "$dir/refused.log" || fail "no \"$words\" in: $(cat "$dir/refused.log")"
}

what_cannot_be_is_said_in_one_line() {
    refused 1 'is quartetd running' "$bin/quartet" join ws://127.0.0.1:1/room
    refused 1 'address of a room' "$bin/quartet" join nonsense
    refused 3 'no such camera' "$bin/quartet" join "$url/x" --camera /dev/video99
    refused 3 'no such file' "$bin/quartet" join "$url/x" --camera /nowhere.y4m
    refused 3 'no such file' "$bin/quartet" join "$url/x" --mic /nowhere.wav
    refused 3 'no such folder' "$bin/quartet" demo "$url/x" --media /nowhere
    refused 3 'cannot be made' "$bin/quartet" join "$url/x" --record /proc/nowhere
    refused 2 '--frobnicate' "$bin/quartet" join "$url/x" --frobnicate
    refused 2 '--fps' "$bin/quartet" join "$url/x" --fps many
    refused 1 'port' "$bin/quartetd" --port "${url##*:}"
}

what_cannot_be_is_said_in_one_line
a_call_of_two_is_recorded
four_bots_see_and_hear_each_other
who_says_goodbye_is_gone_at_once
a_fifth_finds_the_room_full
two_peers_call_by_json
who_is_killed_is_gone_within_the_timeouts
kill -0 "$server" 2>/dev/null || fail 'quartetd did not live through it'
[ "$failures" = 0 ]
