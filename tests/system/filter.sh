#!/bin/sh
# lwfcount between TCP/IP and vionet: every frame passes it, in either order of loading, and its settings change what passes.
. tests/system/lib.sh
LWF=$BUILD/drivers/lwfcount/lwfcount.sys
needs "$VIONET"
needs "$LWF"
clean='left over: 0 bytes of pool in 0 allocations; findings 0'

layer() { sed -n "s/^ *$1 *\([0-9]*\) *[0-9]* *\([0-9]*\) .*/\1 \2/p" "$TMP/out"; }
has() { if grep -qF -- "$2" "$TMP/out"; then ok "$1"; else bad "$1: no '$2' in:"; sed 's/^/    /' "$TMP/out"; fi; }

expect 'the filter loaded last' 0 '4 sent, 4 answered' "$RING3" run "$VIONET" "$LWF" --nic=slirp --ping=10.0.2.2 --for=3s
has 'nothing is left over' "$clean"
expect 'the filter loaded first' 0 '4 sent, 4 answered' "$RING3" run "$LWF" "$VIONET" --nic=slirp --ping=10.0.2.2 --for=3s
has 'nothing is left over, again' "$clean"
if [ -n "$(layer lwfcount)" ] && [ "$(layer lwfcount)" = "$(layer miniport)" ] && [ "$(layer lwfcount)" = "$(layer protocol)" ]; then
    ok 'the filter saw every frame'
else
    bad "the filter saw $(layer lwfcount), the miniport $(layer miniport)"
fi
expect 'on four processors' 0 '20 sent, 20 answered' "$RING3" run "$LWF" "$VIONET" --cpus=4 --nic=slirp --ping=10.0.2.2,count=20,interval=1ms
expect 'two cards' 0 '2 answered' "$RING3" run "$LWF" "$VIONET" --nic=slirp --nic=null --ping=10.0.2.2,count=2,interval=10ms
expect 'a delay of 20 ms each way' 0 '3 answered' "$RING3" run "$LWF" "$VIONET" --nic=slirp --ping=10.0.2.2,count=3,interval=10ms \
    --parameter=DelaySend=20 --parameter=DelayReceive=20
has 'nothing is left of the delay' "$clean"
if [ "$(sed -n 's/.*round trip \([0-9]*\)\..*/\1/p' "$TMP/out")" -ge 40 ]; then ok 'the round trip takes it'; else bad 'the round trip does not take it'; fi
expect 'every second frame lost' 1 'unanswered' "$RING3" run "$LWF" "$VIONET" --nic=slirp --ping=10.0.2.2,count=10,interval=10ms,timeout=200ms \
    --parameter=DropReceive=2 --ip=10.0.2.15/24
has 'nothing is left of what was dropped' "$clean"
expect 'bypassed' 0 '2 answered' "$RING3" run "$LWF" "$VIONET" --nic=slirp --ping=10.0.2.2,count=2,interval=10ms --parameter=Enabled=0
if [ "$(layer lwfcount)" = '0 0' ]; then ok 'a bypassed filter sees nothing'; else bad "a bypassed filter saw $(layer lwfcount)"; fi
if command -v tshark >/dev/null; then
    "$RING3" run "$LWF" "$VIONET" --nic=null,mac=02:00:00:00:00:77 --ip=10.0.0.2/24 --clock=virtual --for=1s --capture="$TMP/e.pcapng" \
        --parameter=EditSend=1 --parameter=EditOffset=11 --parameter=EditValue=170 >"$TMP/out" 2>&1
    mac=$(tshark -r "$TMP/e.pcapng" -T fields -e eth.src 2>/dev/null | sort -u)
    if [ "$mac" = 02:00:00:00:00:aa ]; then ok 'an edited byte is on the wire'; else bad "the wire has $mac"; fi
    has 'nothing is left of the copies' "$clean"
fi
expect 'the first allocation fails' 1 'DriverEntry returned status 0xc000009a' \
    "$RING3" run "$LWF" "$VIONET" --nic=null --clock=virtual --for=10ms --fail-alloc=1
for n in 10 60 200 320; do
    expect "allocation $n fails" 0 "$clean" "$RING3" run "$LWF" "$VIONET" --nic=null --clock=virtual --for=10ms --fail-alloc=$n
done
sed 's/FilterRunType,    0x00010001, 2/FilterRunType,    0x00010001, 1/' "${LWF%.sys}.inf" >"$TMP/lwfcount.inf" && cp "$LWF" "$TMP/"
expect 'a mandatory filter' 0 '2 answered' "$RING3" run "$VIONET" "$TMP/lwfcount.sys" --nic=slirp --ping=10.0.2.2,count=2,interval=10ms
has 'nothing is left of the mandatory one' "$clean"
cp "$LWF" "$TMP/plain.sys"
rm "$TMP/lwfcount.inf"
expect 'a filter without INF' 0 '2 answered' "$RING3" run "$TMP/plain.sys" "$VIONET" --nic=slirp --ping=10.0.2.2,count=2,interval=10ms
if [ -n "$(layer plain)" ] && [ "$(layer plain)" != '0 0' ]; then ok 'it attaches, too'; else bad 'it does not attach'; fi
finish
