#!/bin/sh
# Keywords reach the driver from --parameter, from a .reg file, or from neither; a driver without INF is given by name.
. tests/system/lib.sh
needs "$VIONET"
command -v tshark >/dev/null || skip 'tshark is not installed'

mac_of() {   # OPTIONS...: the address that the first frame comes from
    "$RING3" run "$VIONET" --nic=null,mac=02:00:00:00:00:77 --ip=10.0.0.2/24 --clock=virtual --for=1s --capture="$TMP/mac.pcapng" "$@" \
        >"$TMP/out" 2>&1 || cat "$TMP/out"
    tshark -r "$TMP/mac.pcapng" -T fields -e eth.src 2>/dev/null | head -n 1
}
check() {    # NAME EXPECTED OPTIONS...
    name=$1 expected=$2
    shift 2
    mac=$(mac_of "$@")
    if [ "$mac" = "$expected" ]; then ok "$name"; else bad "$name: $mac, expected $expected"; fi
}

check 'the card has the address of mac=' 02:00:00:00:00:77
check '--parameter=NetworkAddress' 02:01:02:03:04:05 --parameter=NetworkAddress=020102030405
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}\\0000]\n"NetworkAddress"="020a0b0c0d0e"\n' >"$TMP/mac.reg"
check '--reg with NetworkAddress' 02:0a:0b:0c:0d:0e --reg="$TMP/mac.reg"

cp "$VIONET" "$TMP/solo.sys"
expect 'a driver without INF gets the card by name' 0 '2 answered' "$RING3" run "$TMP/solo.sys" --nic=slirp,driver=solo --ping=10.0.2.2,count=2
expect 'but not the card of another name' 0 'no driver serves network card 0' \
    "$RING3" run "$TMP/solo.sys" --nic=null,driver=other --clock=virtual --for=1s
finish
