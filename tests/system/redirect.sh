#!/bin/sh
# redirect.sys sends the connect of wskget.sys to a server on the host instead of an address where nobody is.
. tests/system/lib.sh
GET=$BUILD/drivers/wskget/wskget.sys
REDIRECT=$BUILD/drivers/redirect/redirect.sys
needs "$VIONET"
needs "$GET"
needs "$REDIRECT"
command -v perl >/dev/null || skip 'perl is not installed'
web=$(free_ports 1)
head -c 300000 /dev/urandom >"$TMP/file"
hash=$(sha256sum "$TMP/file" | cut -d' ' -f1)
perl tests/system/http_server.pl $web "$TMP/file" >"$TMP/web" &
server=$!
for _ in $(seq 100); do [ -s "$TMP/web" ] && break; sleep 0.1; done
services='HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services'
printf "Windows Registry Editor Version 5.00\r\n\r\n[$services\\\\wskget\\\\Parameters]\r\n\"Host\"=\"192.0.2.80\"\r\n\"Port\"=dword:00000051\r\n\"Path\"=\"/file\"\r\n\r\n[$services\\\\redirect\\\\Parameters]\r\n\"Port\"=dword:00000051\r\n\"Target\"=\"10.0.2.2\"\r\n\"TargetPort\"=dword:%08x\r\n" $web >"$TMP/redirect.reg"

# A busy machine takes the processor away for longer than a classifyFn may take.
"$RING3" run "$VIONET" "$REDIRECT" "$GET" --nic=slirp --reg="$TMP/redirect.reg" --ignore=wfp-slow-classify --for=60s >"$TMP/log" 2>&1 &
ring3=$!
for _ in $(seq 300); do
    grep -q 'wskget: [sc]' "$TMP/log" && break
    sleep 0.1
done
kill -INT $ring3
wait $ring3
code=$?
kill $server 2>/dev/null
if [ $code -eq 0 ]; then ok 'it ends cleanly'; else bad "exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
expect 'the file comes from where the driver sent the client' 0 "sha256 $hash" cat "$TMP/log"
expect 'the driver counted it' 0 'redirect: 1 connects redirected, 0 restored' cat "$TMP/log"
expect 'nothing is left over' 0 'left over: 0 bytes of pool in 0 allocations; findings 0' cat "$TMP/log"
finish
