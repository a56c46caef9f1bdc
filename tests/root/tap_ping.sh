#!/bin/sh
# As root: the Linux host pings the computer through a TAP interface and vionet, 20000 times without a loss. Everything
# happens in a network namespace of its own.
. tests/system/lib.sh
needs "$VIONET"
[ "$(id -u)" -eq 0 ] || skip 'needs root'
for tool in ip ping unshare; do command -v $tool >/dev/null || skip "$tool is not installed"; done
[ -c /dev/net/tun ] || skip 'there is no /dev/net/tun'
unshare -n true 2>/dev/null || skip 'network namespaces are not allowed'

if [ "${INSIDE:-}" != 1 ]; then
    INSIDE=1 TMP=$TMP unshare -n "$0"
    exit $?
fi

ip link set lo up
"$RING3" run "$VIONET" --nic=tap:r3tap0,ip=10.77.0.1/24 --ip=10.77.0.2/24 --for=90s >"$TMP/run" 2>&1 &
run=$!
for _ in $(seq 100); do
    ping -c 1 -W 1 10.77.0.2 >/dev/null 2>&1 && break
    sleep 0.05
done
expect 'a flood of 20000 pings of 1400 bytes is answered without loss' 0 '20000 packets transmitted, 20000 received' \
    ping -f -q -c 20000 -s 1400 10.77.0.2
tail -n 2 "$TMP/out"
expect 'fragments: pings of 4000 bytes' 0 '100 packets transmitted, 100 received' ping -f -q -c 100 -s 4000 10.77.0.2
kill -INT $run
if wait $run; then ok 'it ends cleanly at SIGINT'; else bad "exit code $? at SIGINT"; sed 's/^/    /' "$TMP/run"; fi
if grep -qF 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/run"; then ok 'nothing is left over'
else bad 'something is left over'; tail -n 20 "$TMP/run" | sed 's/^/    /'; fi
finish
