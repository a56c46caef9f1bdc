#!/bin/sh
# As root: wskget.sys resolves a name through slirp's own resolver, which asks the host's name server. In a name space whose
# host has a name server of the test's own on loopback.
. tests/system/lib.sh
GET=$BUILD/drivers/wskget/wskget.sys
needs "$VIONET"
needs "$GET"
[ "$(id -u)" -eq 0 ] || skip 'needs root'
for tool in ip unshare mount perl; do command -v $tool >/dev/null || skip "$tool is not installed"; done
unshare -n -m true 2>/dev/null || skip 'name spaces are not allowed'

if [ "${INSIDE:-}" != 1 ]; then
    INSIDE=1 TMP=$TMP unshare -n -m "$0"
    exit $?
fi

ip link set lo up
echo 'nameserver 127.0.0.1' >"$TMP/resolv.conf"
mount --bind "$TMP/resolv.conf" "$(readlink -f /etc/resolv.conf)" || skip 'nothing can be mounted over resolv.conf'
head -c 1000000 /dev/urandom >"$TMP/file"
hash=$(sha256sum "$TMP/file" | cut -d' ' -f1)
perl tests/system/http_server.pl 8080 "$TMP/file" >"$TMP/web" &
servers=$!
perl tests/system/dns_server.pl 53 files.test=10.0.2.2 >"$TMP/dns" &
servers="$servers $!"
for _ in $(seq 100); do [ -s "$TMP/web" ] && [ -s "$TMP/dns" ] && break; sleep 0.1; done
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\wskget\\Parameters]\r\n"Host"="files.test"\r\n"Port"=dword:00001f90\r\n"Path"="/file"\r\n' >"$TMP/get.reg"
expect 'the name is resolved by slirp, and the file is whole' 0 "sha256 $hash" \
    "$RING3" run "$VIONET" "$GET" --nic=slirp --reg="$TMP/get.reg" --for=5s
kill $servers
finish
