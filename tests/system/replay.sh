#!/bin/sh
# A capture is replayed into the driver on the virtual clock; two runs with one seed give the same bytes.
. tests/system/lib.sh
needs "$VIONET"

record() {   # SECONDS MICROSECONDS LENGTH-IN-HEX-LE: the head of a frame
    hex $1 $2 $3 00 00 $3 00 00
}
{
    hex d4 c3 b2 a1 02 00 04 00 00 00 00 00 00 00 00 00 ff ff 00 00 01 00 00 00
    # a frame that is too early for anybody: the first one comes as soon as the card is ready
    record '01 00 00 00' '00 00 00 00' '3c 00'
    hex ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 01 0a 4d 00 01 00 00 00 00 00 00 0a 4d 00 02
    hex 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    # 3 s later: who has 10.77.0.2? tell 10.77.0.1 (02:00:00:00:00:01)
    record '04 00 00 00' '00 00 00 00' '3c 00'
    hex ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 01 0a 4d 00 01 00 00 00 00 00 00 0a 4d 00 02
    hex 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    # an echo request of 10.77.0.1 to 10.77.0.2, as a broadcast frame, 10 ms later
    record '04 00 00 00' '10 27 00 00' '3c 00'
    hex ff ff ff ff ff ff 02 00 00 00 00 01 08 00 45 00 00 1c 00 01 00 00 40 01 66 44 0a 4d 00 01 0a 4d 00 02 08 00 f7 fd 00 01 00 01
    hex 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
} >"$TMP/in.pcap"

for n in 1 2; do
    expect "replay $n" 0 'ended by idle' "$RING3" run "$VIONET" --nic=pcap:"$TMP/in.pcap",out="$TMP/out$n.pcapng" \
        --ip=10.77.0.2/24 --clock=virtual --seed=7
    sed "s/out$n.pcapng/out/" "$TMP/out" >"$TMP/text$n"
done
if cmp "$TMP/out1.pcapng" "$TMP/out2.pcapng"; then ok 'the frames are the same, byte by byte'; else bad 'the frames differ'; fi
if cmp "$TMP/text1" "$TMP/text2"; then ok 'the report is the same'; else bad 'the reports differ'; fi
if command -v tshark >/dev/null; then
    for filter in 'arp.opcode == 2' 'icmp.type == 0' 'arp.src.proto_ipv4 == 10.77.0.2'; do
        if [ -n "$(tshark -r "$TMP/out1.pcapng" -Y "$filter" 2>/dev/null)" ]; then ok "tshark: $filter"; else bad "tshark: no $filter"; fi
    done
fi
finish
