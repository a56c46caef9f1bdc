#!/bin/sh
# vlanmux between TCP/IP and vionet, with a filter module on each adapter: every layer sees every frame, in any order of loading.
. tests/system/lib.sh
MUX=$BUILD/drivers/vlanmux/vlanmux.sys
LWF=$BUILD/drivers/lwfcount/lwfcount.sys
needs "$VIONET"
needs "$MUX"
needs "$LWF"
clean='left over: 0 bytes of pool in 0 allocations; findings 0'

has() { if grep -qF -- "$2" "$TMP/out"; then ok "$1"; else bad "$1: no '$2' in:"; sed 's/^/    /' "$TMP/out"; fi; }
lacks() { if grep -qF -- "$2" "$TMP/out"; then bad "$1: '$2' in:"; sed 's/^/    /' "$TMP/out"; else ok "$1"; fi; }
# The frames sent and received at every layer of every table.
counts() { sed -n 's/^  \([a-z][a-z]*\) *\([0-9][0-9]*\) *[0-9][0-9]* *\([0-9][0-9]*\) .*/\2 \3/p' "$TMP/out"; }

for order in "$VIONET $MUX $LWF" "$VIONET $LWF $MUX" "$MUX $LWF $VIONET" "$LWF $VIONET $MUX" "$MUX $VIONET $LWF" "$LWF $MUX $VIONET"; do
    name=$(echo "$order" | sed 's/[^ ]*\///g; s/\.sys//g')
    # shellcheck disable=SC2086
    expect "$name" 0 '4 sent, 4 answered' "$RING3" run $order --nic=slirp --ping=10.0.2.2 --for=2s
    has "$name: nothing is left over" "$clean"
    if [ "$(counts | wc -l)" -eq 8 ] && [ "$(counts | sort -u | wc -l)" -eq 1 ] && [ "$(counts | head -n 1)" != '0 0' ]; then
        ok "$name: every layer saw every frame"
    else
        bad "$name: the layers differ"; sed 's/^/    /' "$TMP/out"
    fi
done

expect 'the card is not bound by TCP/IP' 0 'nic 0: virtio-net on slirp, driver vionet, no address' \
    "$RING3" run "$VIONET" "$MUX" --nic=slirp --ping=10.0.2.2,count=1 --for=1s
has 'its virtual adapter is' 'virtual adapter 0: ring3 virtual adapter, driver vlanmux, 10.0.2.15/24'
expect 'two cards have a virtual adapter each' 0 '2 answered' "$RING3" run "$VIONET" "$MUX" --nic=slirp --nic=null --ping=10.0.2.2,count=2,interval=10ms
has 'the second one is there' 'virtual adapter 1:'
expect 'one of two cards' 0 '2 answered' "$RING3" run "$VIONET" "$MUX" --nic=null --nic=slirp --virtual=vlanmux,nic=0 --ping=10.0.2.2,count=2,interval=10ms
lacks 'the other is left to TCP/IP' 'virtual adapter 1:'
has 'and has its address' 'nic 1: virtio-net on slirp, driver vionet, 10.0.2.15/24'
expect 'an address of its own' 0 '3 answered' "$RING3" run "$VIONET" "$MUX" --nic=slirp --virtual=vlanmux,NetworkAddress=02AABBCCDD01 --ping=10.0.2.2,count=3,interval=10ms
expect 'on four processors' 0 '50 answered' "$RING3" run "$VIONET" "$MUX" "$LWF" --cpus=4 --nic=slirp --ping=10.0.2.2,count=50,interval=1ms
expect 'the computer is turned off' 0 'ping 10.0.2.2' "$RING3" run "$VIONET" "$MUX" "$LWF" --nic=slirp --ping=10.0.2.2 --end=shutdown

# UpperBind overrules: TCP/IP on the card, beside the virtual adapter.
cat >"$TMP/bind.reg" <<'END'
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Class\{4d36e972-e325-11ce-bfc1-08002be10318}\0000\Linkage]
"UpperBind"=hex(7):54,00,43,00,50,00,49,00,50,00,00,00,00,00
END
expect 'UpperBind says TCP/IP' 0 'nic 0: virtio-net on slirp, driver vionet, 10.0.2.15/24' \
    "$RING3" run "$VIONET" "$MUX" --nic=slirp --reg="$TMP/bind.reg" --ping=10.0.2.2,count=2,interval=10ms
lacks 'and vlanmux is not bound' 'virtual adapter 0'

# A range of its own: TCP/IP does not belong on the virtual adapter.
cp "$MUX" "${MUX%.sys}.inf" "$TMP/"
sed 's/UpperRange, 0, "ndis5"/UpperRange, 0, "noupper"/' "${MUX%.sys}_mp.inf" >"$TMP/vlanmux_mp.inf"
expect 'a virtual adapter without upper range' 0 'virtual adapter 0: ring3 virtual adapter, driver vlanmux, no address' \
    "$RING3" run "$VIONET" "$TMP/vlanmux.sys" --nic=slirp --for=200ms
cp "${MUX%.sys}_mp.inf" "$TMP/"
sed 's/LowerRange, 0, "ndis5"/LowerRange, 0, "xx_private"/' "${MUX%.sys}.inf" >"$TMP/vlanmux.inf"
expect 'a protocol with a private lower range' 0 'nic 0: virtio-net on slirp, driver vionet, 10.0.2.15/24' \
    "$RING3" run "$VIONET" "$TMP/vlanmux.sys" --nic=slirp --ping=10.0.2.2,count=2,interval=10ms
lacks 'finds no adapter' 'virtual adapter 0'

# Two adapters of one VLAN: the second is not initialized.
expect 'two virtual adapters of one VLAN' 0 'a second virtual adapter of VLAN 7' \
    "$RING3" run "$VIONET" "$MUX" --nic=null --virtual=vlanmux,VlanID=7 --virtual=vlanmux,VlanID=7 --for=100ms
has 'nothing is left of them' "$clean"
finish
