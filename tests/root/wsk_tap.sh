#!/bin/sh
# As root: wskecho.sys over a TAP interface in a network namespace, IPv4 and IPv6: 10 000 connections, a SYN flood from
# addresses that do not exist, a client that is killed in the middle; nothing is left over.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
needs "$VIONET"
needs "$ECHO"
[ "$(id -u)" -eq 0 ] || skip 'needs root'
for tool in ip unshare perl; do command -v $tool >/dev/null || skip "$tool is not installed"; done
[ -c /dev/net/tun ] || skip 'there is no /dev/net/tun'
unshare -n true 2>/dev/null || skip 'network namespaces are not allowed'

if [ "${INSIDE:-}" != 1 ]; then
    INSIDE=1 TMP=$TMP unshare -n "$0"
    exit $?
fi

ip link set lo up
"$RING3" run "$VIONET" "$ECHO" --nic=tap:r3tap0,ip=10.77.0.1/24,mac=02:00:00:00:00:02 --ip=10.77.0.2/24 --for=300s >"$TMP/log" 2>&1 &
ring3=$!
client() { perl tests/system/echo_client.pl "$@"; }
for _ in $(seq 100); do
    client 10.77.0.2 7 udp 1 >/dev/null 2>&1 && break
    sleep 0.1
done
# The link-local address that the card's own address makes (RFC 4291).
six=fe80::ff:fe00:2%r3tap0
for _ in $(seq 100); do
    client $six 7 udp 1 >/dev/null 2>&1 && break
    sleep 0.1
done

for address in 10.77.0.2 $six; do
    expect "$address: a line comes back" 0 'the line came back' client $address 7 line
    expect "$address: 200 connections at once" 0 '200 connections echoed' client $address 7 parallel 200
    expect "$address: 64 MiB come back in order" 0 'bytes echoed' client $address 7 bulk 67108864
    expect "$address: a client that stops sending first gets all it sent" 0 'then the end' client $address 7 half
    expect "$address: 50 connections are reset in the middle" 0 '50 connections reset' client $address 7 reset 50
    expect "$address: 300 datagrams come back" 0 '300 datagrams came back' client $address 7 udp 300
done
expect '10 000 connections are opened and closed' 0 '10000 connections opened' client 10.77.0.2 7 churn 10000

# A SYN flood: raw segments from 20 000 addresses that nobody has.
cat >"$TMP/flood.pl" <<'P'
use Socket;
socket(my $raw, AF_INET, SOCK_RAW, 255) or die "$!";
my $to = inet_aton("10.77.0.2");
sub sum { my $s = 0; $s += $_ for unpack "n*", $_[0] . (length($_[0]) & 1 ? "\0" : ""); $s = ($s & 0xffff) + ($s >> 16) while $s >> 16; return ~$s & 0xffff; }
for my $n (1 .. 20000) {
    my $from = pack("N", 0x0a4d0100 + $n % 60000);
    my $tcp = pack("nnNNnnnn", 1024 + $n % 60000, 7, $n * 77, 0, 0x5002, 65535, 0, 0);
    my $check = sum(pack("a4a4nn", $from, $to, 6, length $tcp) . $tcp);
    substr($tcp, 16, 2) = pack "n", $check;
    my $ip = pack("CCnnnCCna4a4", 0x45, 0, 20 + length $tcp, $n & 65535, 0, 64, 6, 0, $from, $to);
    send($raw, $ip . $tcp, 0, pack_sockaddr_in(0, $to));
}
print "flooded\n";
P
expect 'a SYN flood goes in' 0 'flooded' perl "$TMP/flood.pl"
expect 'a line comes back after the flood' 0 'the line came back' client 10.77.0.2 7 line

client 10.77.0.2 7 bulk 400000000 >/dev/null 2>&1 &
victim=$!
sleep 0.3
kill -KILL $victim
wait $victim 2>/dev/null
expect 'a client is killed in the middle: the next is served' 0 'the line came back' client 10.77.0.2 7 line

kill -INT $ring3
wait $ring3
code=$?
if [ $code -eq 0 ]; then ok 'it ends cleanly'; else bad "exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
if grep -qF 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/log"; then ok 'nothing is left over'
else bad 'something is left over'; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
finish
