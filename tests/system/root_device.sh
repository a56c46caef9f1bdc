#!/bin/sh
# A driver whose INF installs it for a device without hardware gets one by itself, but only when no device of the computer is its.
. tests/system/lib.sh
RAMLUN=$BUILD/drivers/ramlun/ramlun.sys
needs "$RAMLUN"
needs "$VIONET"
run() { timeout -k 5 20 "$RING3" run "$@" --for=100ms --clock=virtual --log=info; }

expect 'a virtual miniport alone has its disk' 0 'PhysicalDrive0: ring3 RAM disk' run "$RAMLUN" --no-tcpip
expect 'and says where it comes from' 0 'ramlun: no device is for it; ROOT\RAMLUN is installed' run "$RAMLUN" --no-tcpip
run "$RAMLUN" '--root-device=ROOT\RAMLUN' --no-tcpip >"$TMP/out" 2>&1
if grep -q PhysicalDrive0 "$TMP/out" && ! grep -q -e PhysicalDrive1 -e 'is installed' "$TMP/out"; then ok 'a device that was asked for is the only one'
else bad 'a device that was asked for is the only one'; sed 's/^/    /' "$TMP/out"; fi

FILTER=$BUILD/drivers/lwfcount/lwfcount.sys
if [ -f "$FILTER" ]; then
    run "$RAMLUN" "$FILTER" '--root-device=ROOT\RAMLUN' --no-tcpip >"$TMP/out" 2>&1
    if grep -q PhysicalDrive0 "$TMP/out" && ! grep -q -e PhysicalDrive1 -e 'is installed' "$TMP/out"; then
        ok 'nor is there another one when a filter is loaded last'
    else bad 'nor is there another one when a filter is loaded last'; sed 's/^/    /' "$TMP/out"; fi
fi

mkdir "$TMP/both" && cp "$VIONET" "$TMP/both/"
sed 's/PCI.VEN_1AF4&DEV_1041/&\n%VioNet.Description% = VioNet.Install, ROOT\\VIONET/' "${VIONET%.sys}.inf" >"$TMP/both/vionet.inf"
run "$TMP/both/vionet.sys" --nic=null --no-tcpip >"$TMP/out" 2>&1
if grep -q 'driver vionet,' "$TMP/out" && ! grep -q 'is installed' "$TMP/out"; then ok 'a driver with a card gets no other device'
else bad 'a driver with a card gets no other device'; sed 's/^/    /' "$TMP/out"; fi
run "$TMP/both/vionet.sys" --no-tcpip >"$TMP/out" 2>&1
if grep -q 'ROOT.VIONET is installed' "$TMP/out"; then ok 'without its card it does'; else bad 'without its card it does'; fi

VHUB=$BUILD/drivers/vhub/vhub.sys
if [ -f "$VHUB" ]; then
    mkdir "$TMP/long" && cp "$VHUB" "$TMP/long/"
    sed 's/"ring3 virtual hub port"/"a port of a hub whose description is longer than others (NDIS 6.0)"/' "${VHUB%.sys}.inf" >"$TMP/long/vhub.inf"
    expect 'a long description is shown whole' 0 'longer than others (NDIS 6.0), driver vhub' run "$TMP/long/vhub.sys" '--root-device=ROOT\VHUB' --no-tcpip
fi
finish
