#!/bin/sh
# Filter drivers whose INF is written for Hyper-V's extensible switch, which is not there.
. tests/system/lib.sh
LWF=$BUILD/drivers/lwfcount/lwfcount.sys
needs "$VIONET"
needs "$LWF"
variant() {     # NAME SED: lwfcount with an INF that is edited
    mkdir -p "$TMP/$1" && cp "$LWF" "$TMP/$1/" && sed "$2" "${LWF%.sys}.inf" >"$TMP/$1/lwfcount.inf"
}
run() { timeout -k 5 20 "$RING3" run "$TMP/$1/lwfcount.sys" "$VIONET" --nic=null --no-tcpip --clock=virtual --for=100ms --adapters; }

variant switch 's/"custom"/"ms_switch_forward"/; s/FilterMediaTypes, 0, *"ethernet"/FilterMediaTypes, 0, "vmnetextension"/'
expect 'an extension of the switch only is told that there is none' 0 'no extensible switch of Hyper-V' run switch
if ! grep -q 'filter lwfcount' "$TMP/out"; then ok 'and has no module'; else bad 'and has no module'; fi
variant both 's/"custom"/"ms_switch_filter"/; s/FilterMediaTypes, 0, *"ethernet"/FilterMediaTypes, 0, "ethernet, vmnetextension"/'
expect 'one for adapters, too, has its modules there, in its class' 0 'filter lwfcount (ms_switch_filter' run both
if ! grep -q 'no extensible switch' "$TMP/out"; then ok 'and nothing is said'; else bad 'and nothing is said'; fi
variant air 's/FilterMediaTypes, 0, *"ethernet"/FilterMediaTypes, 0, "wlan"/'
expect 'one for other media loads, too' 0 'miniport vionet' run air
expect 'the INF of an extension is in order' 0 'valid' "$RING3" inf check "$TMP/both/lwfcount.inf"
finish
