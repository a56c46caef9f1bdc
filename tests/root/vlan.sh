#!/bin/sh
# As root: Linux makes VLANs on a TAP interface (`ip link add link ... type vlan`) and floods with pings what vlanmux shows for
# each of them: one virtual adapter with an address of its own. Once vionet inserts and strips the tags, once vlanmux has to.
# Where Linux has no VLANs (a container's kernel without 8021q) the test runs in a virtual machine, with fewer pings.
. tests/system/lib.sh
MUX=$BUILD/drivers/vlanmux/vlanmux.sys
LWF=$BUILD/drivers/lwfcount/lwfcount.sys
needs "$VIONET"
needs "$MUX"
[ "$(id -u)" -eq 0 ] || skip 'needs root'
for tool in ip ping unshare; do command -v $tool >/dev/null || skip "$tool is not installed"; done
[ -c /dev/net/tun ] || skip 'there is no /dev/net/tun'
unshare -n true 2>/dev/null || skip 'network namespaces are not allowed'

if [ "${IN_VM:-}" != 1 ] && ! unshare -n sh -c 'ip link add base type dummy && ip link add link base name base.1 type vlan id 1' 2>/dev/null
then
    PINGS=${PINGS:-500} exec tests/vm --modules='tun 8021q' tests/root/vlan.sh "$VIONET" "${VIONET%.sys}.inf" "$MUX" "${MUX%.sys}"*.inf \
        "$LWF" "${LWF%.sys}.inf"
fi
if [ "${INSIDE:-}" != 1 ]; then
    INSIDE=1 TMP=$TMP unshare -n "$0"
    exit $?
fi

PINGS=${PINGS:-5000}
all="$PINGS packets transmitted, $PINGS received"
clean='left over: 0 bytes of pool in 0 allocations; findings 0'

flood() {   # KIND OPTIONS...
    kind=$1
    shift
    "$RING3" run "$VIONET" "$MUX" "$LWF" --nic=tap:r3vlan,ip=10.77.0.1/24 --virtual=vlanmux --virtual=vlanmux,VlanID=10 \
        --virtual=vlanmux,VlanID=20 --ip=10.77.0.2/24 --ip=10.77.10.2/24 --ip=10.77.20.2/24 --for=600s "$@" >"$TMP/run" 2>&1 &
    run=$!
    for _ in $(seq 200); do ip link show r3vlan >/dev/null 2>&1 && break; sleep 0.05; done
    for id in 10 20; do
        ip link add link r3vlan name r3vlan.$id type vlan id $id || { kill -INT $run; wait $run; skip 'Linux has no VLANs here'; }
        ip address add 10.77.$id.1/24 dev r3vlan.$id
        ip link set r3vlan.$id up
    done
    for address in 10.77.0.2 10.77.10.2 10.77.20.2; do
        for _ in $(seq 100); do ping -c 1 -W 1 $address >/dev/null 2>&1 && break; sleep 0.05; done
    done
    for address in 10.77.0.2 10.77.10.2 10.77.20.2; do
        expect "$kind: $address answers a flood of $PINGS pings without loss" 0 "$all" \
            ping -f -q -c "$PINGS" -s 1400 $address
    done
    for id in 10 20; do
        ping -f -q -c "$PINGS" -s 1000 10.77.$id.2 >"$TMP/flood$id" 2>&1 &
        eval "ping$id=\$!"
    done
    wait "$ping10" "$ping20"
    if grep -q "$all" "$TMP/flood10" &&
        grep -q "$all" "$TMP/flood20"
    then ok "$kind: both VLANs at once, without loss"; else bad "$kind: loss"; cat "$TMP/flood10" "$TMP/flood20"; fi
    expect "$kind: a VLAN does not hear the other's address" 1 '100% packet loss' ping -c 2 -W 1 -I r3vlan.10 10.77.20.2
    kill -INT $run
    if wait $run; then ok "$kind: it ends cleanly at SIGINT"; else bad "$kind: exit code $?"; sed 's/^/    /' "$TMP/run"; fi
    if grep -qF "$clean" "$TMP/run" && [ "$(grep -c '^virtual adapter' "$TMP/run")" -eq 3 ]; then ok "$kind: nothing is left over"
    else bad "$kind: left over, or not three adapters"; sed 's/^/    /' "$TMP/run"; fi
}

ip link set lo up
flood 'tags by vionet'
flood 'tags by vlanmux' '--parameter=*PriorityVLANTag=0'
finish
