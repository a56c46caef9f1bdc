#!/bin/sh
# The filter engine's life on the path of real clients: a boot-time filter of the store blocks until the engine starts, and a persistent one
# from then on; `ring3 ctl bfe` and `ring3 wfp` tell the state; a bad store is refused.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
needs "$VIONET"
needs "$ECHO"
command -v perl >/dev/null || skip 'perl is not installed'
port=$(free_ports 1)
client() { timeout 20 perl tests/system/echo_client.pl 127.0.0.1 $port "$@"; }
ctl() { "$RING3" ctl --socket="$TMP/ctl" "$@"; }
served() { if client line >"$TMP/out" 2>&1; then ok "$1"; else bad "$1"; head -n 5 "$TMP/out"; fi }
refused() { if client line >"$TMP/out" 2>&1; then bad "$1"; else ok "$1"; fi }

cat >"$TMP/store" <<'END'
ring3 filter engine store 1
# the echo's port is closed until the engine runs
filter {7b0d2f50-0000-0000-0000-000000000001}
  name "closed at boot"
  flags 2                                       # boot-time
  layer ALE_AUTH_RECV_ACCEPT_V4
  action block
  condition IP_LOCAL_PORT EQUAL UINT16 7
  condition IP_PROTOCOL EQUAL UINT8 6
END

"$RING3" run "$VIONET" "$ECHO" --nic=slirp,hostfwd=tcp:127.0.0.1:$port:7,hostfwd=udp:127.0.0.1:$port:7 --bfe=stopped,store="$TMP/store" \
    --ctl="$TMP/ctl" --for=120s >"$TMP/log" 2>&1 &
ring3=$!
for _ in $(seq 100); do
    client udp 1 >/dev/null 2>&1 && break
    sleep 0.1
done
expect 'the engine is stopped' 0 'stopped' ctl bfe
refused 'a boot-time filter blocks before the engine runs'
expect 'it is seen' 0 'closed at boot' ctl wfp
expect 'a stopped engine cannot be stopped' 2 'the filter engine is stopped' ctl bfe stop
expect 'it starts' 0 'running' ctl bfe start
served 'the boot-time filter ends when the engine runs'
expect 'it is kept and seen' 0 'boot-time: "closed at boot"' ctl wfp
expect 'JSON tells the state' 0 '"engine":"running"' ctl wfp --format=json
expect 'it stops' 0 'stopped' ctl bfe stop
served 'no filter is left when the engine is stopped'
expect 'another action is refused' 2 'is not start or stop' ctl bfe pause
kill -INT $ring3
wait $ring3
code=$?
[ $code -eq 0 ] && ok 'it ends cleanly' || { bad "exit code $code"; tail -n 30 "$TMP/log"; }

WARDEN=$BUILD/drivers/warden/warden.sys
needs "$WARDEN"
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\warden\\Parameters]\n"Policy"="block in tcp 7"\n' \
    >"$TMP/p.reg"
"$RING3" run "$VIONET" "$ECHO" "$WARDEN" --nic=slirp,hostfwd=tcp:127.0.0.1:$port:7,hostfwd=udp:127.0.0.1:$port:7 --bfe=stopped \
    --reg="$TMP/p.reg" --ctl="$TMP/ctl" --for=120s >"$TMP/log" 2>&1 &
ring3=$!
for _ in $(seq 100); do
    client udp 1 >/dev/null 2>&1 && break
    sleep 0.1
done
served 'warden loads before the engine runs, and has no say'
expect 'the engine starts under warden' 0 'running' ctl bfe start
refused 'warden blocks when the engine runs'
expect 'the engine stops under warden' 0 'stopped' ctl bfe stop
served 'warden has no say when the engine is stopped'
expect 'the engine starts under warden again' 0 'running' ctl bfe start
refused 'warden blocks when the engine runs again'
kill -INT $ring3
wait $ring3
code=$?
if [ $code -eq 0 ] && grep -qF 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/log"; then ok 'warden ends cleanly'
else bad "warden: exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi

REDIRECT=$BUILD/drivers/redirect/redirect.sys EDIT=$BUILD/drivers/streamedit/streamedit.sys
needs "$REDIRECT"
needs "$EDIT"
cat >"$TMP/p.reg" <<'END'
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\redirect\Parameters]
"Port"=dword:50
"Target"="127.0.0.1"
"TargetPort"=dword:7

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\streamedit\Parameters]
"Find"="a"
"Replace"="b"
END
"$RING3" run "$VIONET" "$REDIRECT" "$EDIT" --nic=null --bfe=stopped --reg="$TMP/p.reg" --ctl="$TMP/ctl" --for=60s >"$TMP/log" 2>&1 &
ring3=$!
for _ in $(seq 100); do
    ctl bfe >"$TMP/out" 2>/dev/null && break
    sleep 0.1
done
ctl wfp >"$TMP/out"
if grep -qE '"redirect"|"streamedit"' "$TMP/out"; then bad 'redirect and streamedit add nothing yet'; else ok 'redirect and streamedit add nothing yet'; fi
for time in first second; do
    ctl bfe start >/dev/null
    expect "redirect's filter is there, the $time time" 0 '"redirect", if IP_REMOTE_PORT = 80' ctl wfp
    expect "streamedit's filter is there, the $time time" 0 '"streamedit"' ctl wfp
    ctl bfe stop >/dev/null
done
kill -INT $ring3
wait $ring3
code=$?
if [ $code -eq 0 ] && grep -qF 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/log"; then ok 'redirect and streamedit end cleanly'
else bad "exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi

expect 'another state is refused' 2 'neither running nor stopped' "$RING3" run "$VIONET" --bfe=late --for=1ms
echo '  color red' >>"$TMP/store"
expect 'a bad store is refused with file, line and reason' 2 "$TMP/store, line 10: a filter has no 'color'" \
    "$RING3" run "$VIONET" --bfe=running,store="$TMP/store" --for=1ms
expect 'a store that is not there is empty' 0 'findings 0' "$RING3" run "$VIONET" --bfe=running,store="$TMP/none" --for=1ms
finish
