#!/bin/bash
# The real coturn on loopback: time-limited credentials, relays on both sides, nonces that go stale during the call.
bin=${1:?usage: coturn_test.sh BIN}
command -v turnserver >/dev/null || { echo 'skip: no turnserver (package coturn)'; exit 77; }
dir=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT
secret=$RANDOM$RANDOM port=$((20000 + RANDOM % 10000))
turnserver -n --listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --listening-port="$port" --min-port=40000 --max-port=40100 \
    --no-tls --no-dtls --no-cli --no-tcp --no-tcp-relay --allow-loopback-peers --realm=quartet.test --use-auth-secret \
    --static-auth-secret="$secret" --stale-nonce=2 --max-allocate-lifetime=6 --fingerprint --verbose --log-file="$dir/log" --simple-log --pidfile="$dir/pid" \
    --userdb="$dir/db" >"$dir/out" 2>&1 &
server=$!
for _ in $(seq 50); do
    grep -q ":$(printf %04X "$port") " /proc/net/udp && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$server" 2>/dev/null || { echo 'coturn did not start:'; tail -5 "$dir/out" "$dir/log"; exit 1; }
echo 'the right secret:'
"$bin/coturn_probe" 127.0.0.1 "$port" "$secret" 10 || { tail -20 "$dir/log"; exit 1; }
grep -q 'error 438: Stale nonce' "$dir"/log* || { echo 'no nonce went stale: the test missed its point'; exit 1; }
echo 'stale nonces were renewed'
echo 'a wrong secret:'
if "$bin/coturn_probe" 127.0.0.1 "$port" "not $secret" 2; then
    echo 'coturn relayed for someone without the secret'
    exit 1
fi
