#!/bin/sh
# wskget.sys resolves a name and fetches 100 MiB over HTTP from a server on the host; the hash is right. The name comes from a
# server of the test's own on loopback (by UDP, and by TCP when the answer is cut short), and through slirp's resolver.
. tests/system/lib.sh
GET=$BUILD/drivers/wskget/wskget.sys
needs "$VIONET"
needs "$GET"
command -v perl >/dev/null || skip 'perl is not installed'
set -- $(free_ports 2)
web=$1 dns=$2
head -c 104857600 /dev/urandom >"$TMP/file"
hash=$(sha256sum "$TMP/file" | cut -d' ' -f1)
perl tests/system/http_server.pl $web "$TMP/file" >"$TMP/web" &
servers=$!
perl tests/system/dns_server.pl $dns files.test=10.0.2.2 big.files.test=10.0.2.2 >"$TMP/dns" &
servers="$servers $!"
for _ in $(seq 100); do [ -s "$TMP/web" ] && [ -s "$TMP/dns" ] && break; sleep 0.1; done

fetch() {   # NAME ARGUMENTS...: prints what wskget said
    printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\wskget\\Parameters]\r\n"Host"="%s"\r\n"Port"=dword:%08x\r\n"Path"="/file"\r\n' \
        "$1" $web >"$TMP/get.reg"
    shift
    : >"$TMP/log"
    "$RING3" run "$VIONET" "$GET" --nic=slirp --reg="$TMP/get.reg" --for=60s "$@" >"$TMP/log" 2>&1 &
    ring3=$!
    for _ in $(seq 550); do
        grep -q 'wskget: [sc]' "$TMP/log" && break
        sleep 0.1
    done
    kill -INT $ring3
    wait $ring3 || { cat "$TMP/log"; return 1; }
    grep 'wskget: \|left over' "$TMP/log"
}

expect 'a name from a server on loopback' 0 "104857600 bytes" fetch files.test --dns=10.0.2.2:$dns
grep -q "sha256 $hash" "$TMP/out" && ok 'and the hash is right' || bad "not $hash"
expect 'an answer cut short is asked for by TCP' 0 "sha256 $hash" fetch big.files.test --dns=10.0.2.2:$dns
expect 'an address needs no server' 0 "sha256 $hash" fetch 10.0.2.2
expect 'a name that does not exist is said to be unknown' 0 'cannot resolve nowhere.test (status 0xc0000272)' \
    fetch nowhere.test --dns=10.0.2.2:$dns
expect 'nothing is left over' 0 'left over: 0 bytes of pool in 0 allocations; findings 0' cat "$TMP/log"
kill $servers 2>/dev/null
finish
