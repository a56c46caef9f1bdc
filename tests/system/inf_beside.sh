#!/bin/sh
# Which INF beside a driver is its own: names tell no case apart, and a package may name its INF as it likes.
. tests/system/lib.sh
needs "$VIONET"
inf=${VIONET%.sys}.inf

try() {     # NAME SYS INF
    mkdir -p "$TMP/$1"
    cp "$VIONET" "$TMP/$1/$2" && cp "$inf" "$TMP/$1/$3"
    expect "$1" 0 'driver vionet,' "$RING3" run "$TMP/$1/$2" --nic=null --no-tcpip --for=10ms --clock=virtual
}

try 'the same name' vionet.sys vionet.inf
try 'another case' vionet.sys VioNet.INF
try 'a driver in capitals' VIONET.SYS vionet.inf
try 'a package of another name' vionet.sys netcard.inf

mkdir -p "$TMP/strange"
cp "$VIONET" "$TMP/strange/" && sed 's/vionet\.sys/other.sys/g' "$inf" >"$TMP/strange/other.inf"
printf '[Odd' >"$TMP/strange/broken.inf"
expect 'the INF of another driver counts as none' 0 'vionet: there is no INF beside it' "$RING3" run "$TMP/strange/vionet.sys" --nic=null --no-tcpip --for=10ms --clock=virtual

mkdir -p "$TMP/inx"
cp "$VIONET" "$TMP/inx/" && sed 's/NTamd64/NT$ARCH$/' "$inf" >"$TMP/inx/vionet.inx"
"$RING3" run "$TMP/inx/vionet.sys" --nic=null --no-tcpip --for=10ms --clock=virtual >"$TMP/out" 2>&1
if grep -q 'driver vionet' "$TMP/out" && ! grep -q 'no INF' "$TMP/out"; then ok 'an INX that was not stamped'
else bad 'an INX that was not stamped'; sed 's/^/    /' "$TMP/out"; fi
finish
