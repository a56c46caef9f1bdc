#!/bin/sh
# The main job: vionet gets an address from slirp's DHCP server and its gateway answers pings through the driver.
. tests/system/lib.sh
needs "$VIONET"
expect 'the command of make run' 0 '4 sent, 4 answered' "$RING3" run "$VIONET" --nic=slirp --ping=10.0.2.2 --for=3s
for line in 'driver vionet, 10.0.2.15/24, link up' 'left over: 0 bytes of pool in 0 allocations; findings 0'; do
    if grep -qF "$line" "$TMP/out"; then ok "$line"; else bad "no '$line'"; sed 's/^/    /' "$TMP/out"; fi
done
for layer in wire device miniport protocol; do
    if grep -Eq "^ +$layer +[1-9][0-9]* +[1-9][0-9]* +[1-9][0-9]* +[1-9]" "$TMP/out"; then ok "frames both ways at the $layer layer"
    else bad "no frames at the $layer layer"; fi
done
expect 'it ends by itself when all pings are answered' 0 'ended by idle' "$RING3" run "$VIONET" --nic=slirp --ping=10.0.2.2,count=2,interval=10ms
expect 'big pings' 0 '3 sent, 3 answered' "$RING3" run "$VIONET" --nic=slirp --ping=10.0.2.2,count=3,interval=10ms,size=1400
expect 'IPv6' 0 '2 sent, 2 answered' "$RING3" run "$VIONET" --nic=slirp --ping=fec0::2,count=2,interval=10ms
expect 'an address that nobody has' 1 '2 of 2 unanswered' "$RING3" run "$VIONET" --nic=slirp --ping=10.0.2.77,count=2,interval=10ms,timeout=200ms
expect 'on four processors' 0 '20 sent, 20 answered' "$RING3" run "$VIONET" --cpus=4 --nic=slirp --ping=10.0.2.2,count=20,interval=1ms
expect 'a capture' 0 'ended by idle' "$RING3" run "$VIONET" --nic=slirp --ping=10.0.2.2,count=2,interval=10ms --capture="$TMP/c.pcapng"
if [ -s "$TMP/c.pcapng" ]; then ok 'the capture has something in it'; else bad 'the capture is empty'; fi
if command -v tshark >/dev/null; then
    count=$(tshark -r "$TMP/c.pcapng" -Y icmp 2>/dev/null | wc -l)
    if [ "$count" -eq 4 ]; then ok 'tshark sees two echo requests and two replies'; else bad "tshark sees $count ICMP frames"; fi
fi
finish
