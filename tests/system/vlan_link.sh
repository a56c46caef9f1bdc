#!/bin/sh
# Two computers on one cable with VLANs 10 and 20 and what has no tag: one lets vionet insert and strip tags, the other vlanmux.
# Pings and TCP in each VLAN; nothing crosses from one into the other.
. tests/system/lib.sh
MUX=$BUILD/drivers/vlanmux/vlanmux.sys
needs "$VIONET"
needs "$MUX"
socket=$TMP/wire.sock
clean='left over: 0 bytes of pool in 0 allocations; findings 0'

side() {        # NUMBER OPTIONS...
    n=$1
    shift
    timeout 60 "$RING3" run "$VIONET" "$MUX" --nic=link:"$socket" --virtual=vlanmux --virtual=vlanmux,VlanID=10 --virtual=vlanmux,VlanID=20 \
        --ip=10.9.0.$n/24 --ip=10.9.10.$n/24 --ip=10.9.20.$n/24 "$@"
}

side 1 '--parameter=*PriorityVLANTag=0' --tcp-serve=5001 --tcp-serve=5002 --capture="$TMP/wire.pcapng" --for=8s >"$TMP/serve" 2>&1 &
server=$!
side 2 --ping=10.9.0.1,count=500,interval=2ms --ping=10.9.10.1,count=500,interval=2ms,size=1400 --ping=10.9.20.1,count=500,interval=2ms \
    --tcp-send=10.9.10.1:5001,bytes=16M --tcp-send=10.9.20.1:5002,bytes=16M >"$TMP/send" 2>&1
code=$?
wait $server
served=$?
cat "$TMP/send" "$TMP/serve"
if [ $code -eq 0 ] && [ "$(grep -c '500 sent, 500 answered' "$TMP/send")" -eq 3 ]; then ok 'every ping is answered in every VLAN'
else bad "exit code $code"; fi
if [ $served -eq 0 ]; then ok 'the other side is content'; else bad "the other side ended with $served"; fi
for file in send serve; do
    if grep -qF "$clean" "$TMP/$file"; then ok "$file: nothing is left over"; else bad "$file: left over"; fi
done
if [ "$(sed -n 's/.*checksum \([0-9a-f]*\).*/\1/p' "$TMP/send" "$TMP/serve" | sort | uniq -c | awk '$1 == 4' | wc -l)" -eq 1 ]; then
    ok 'the bytes are the same at both ends'
else
    bad 'the checksums differ'
fi
if command -v tshark >/dev/null; then
    ids=$(tshark -r "$TMP/wire.pcapng" -T fields -e vlan.id 2>/dev/null | sort -n | uniq | tr '\n' ' ')
    if [ "$ids" = ' 10 20 ' ]; then ok 'on the wire are both VLANs and untagged frames'; else bad "on the wire are VLANs '$ids'"; fi
    if [ "$(tshark -r "$TMP/wire.pcapng" -Y 'vlan.id==10 and ip and !(ip.addr==10.9.10.0/24)' 2>/dev/null | wc -l)" -eq 0 ]; then
        ok 'VLAN 10 has its own addresses alone'
    else
        bad 'VLAN 10 has foreign addresses'
    fi
fi

# An address of the other VLAN is not answered: no router, no leak.
side 1 --for=4s >"$TMP/serve" 2>&1 &
server=$!
timeout 60 "$RING3" run "$VIONET" "$MUX" --nic=link:"$socket" --virtual=vlanmux,VlanID=20 --ip=10.9.10.2/24 \
    --ping=10.9.10.1,count=3,interval=10ms,timeout=300ms >"$TMP/send" 2>&1
if [ $? -eq 1 ] && grep -q '3 sent, 0 answered' "$TMP/send"; then ok 'a VLAN does not hear the other'; else bad 'a VLAN hears the other'; cat "$TMP/send"; fi
wait $server
finish
