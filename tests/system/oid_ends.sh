#!/usr/bin/env bash
# Drivers of ours with one mistake each: OID requests that are completed twice, or never, are named with their driver.
. tests/system/lib.sh
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || skip 'clang-19 and lld-19 are not installed'
needs "$BUILD/drivers/vhub/vhub.sys"

broken() {  # DRIVER FILE SED: builds DRIVER with this change in FILE
    rm -rf "$TMP/$1" && cp -r "drivers/$1" "$TMP/$1"
    sed "$3" "drivers/$1/$2" >"$TMP/$1/$2"
    cmp -s "drivers/$1/$2" "$TMP/$1/$2" && { bad "the change of $1 changes nothing"; return; }
    "$RING3" build "$TMP/$1" --out="$TMP/out/$1" >"$TMP/log" 2>&1 || { bad "$1 does not build"; head -n 5 "$TMP/log"; }
}
sys() { [ -e "$TMP/out/$1/$1.sys" ] && echo "$TMP/out/$1/$1.sys" || echo "$BUILD/drivers/$1/$1.sys"; }
hub() {     # NAME PATTERN DRIVER...
    name=$1 pattern=$2
    shift 2
    timeout -s KILL 5 "$RING3" run "$(sys vhub)" "$@" --root-device='ROOT\VHUB' --clock=virtual --for=300ms --ctl=off >"$TMP/log" 2>&1
    if grep -q "oid-completion: $pattern" "$TMP/log"; then ok "$name"; else bad "$name: no '$pattern' in"; grep -A4 finding: "$TMP/log" | head -n 12 | sed 's/^/    /'; fi
}

timeout 20 "$RING3" run "$(sys vhub)" "$(sys lwfcount)" --root-device='ROOT\VHUB' --clock=virtual --for=300ms >"$TMP/log" 2>&1 &&
    ok 'good drivers are no finding' || bad 'good drivers are no finding'

broken vhub oid.c 's/^    NdisMOidRequestComplete(Port->Adapter, request, Set(Port, request));/&\n    NdisMOidRequestComplete(Port->Adapter, request, NDIS_STATUS_SUCCESS);/'
hub 'a request that is completed twice' 'miniport vhub.sys completes request 0x[0-9a-f]* (OID [0-9a-f]*) a second time: the first was at'
broken vhub oid.c 's/^    NdisMOidRequestComplete(Port->Adapter, request, Set(Port, request));/    if (request->DATA.SET_INFORMATION.Oid != OID_GEN_CURRENT_PACKET_FILTER || *(PULONG)request->DATA.SET_INFORMATION.InformationBuffer != 0)\n&/'
hub 'a request that is never completed' 'the adapter is being halted for ten seconds, and miniport vhub.sys has not completed request 0x[0-9a-f]* (OID 0001010e), which it was given at'
rm -r "$TMP/out/vhub"
broken lwfcount oid.c 's/^    NdisFOidRequestComplete(module->Handle, original, Status);/&\n    NdisFOidRequestComplete(module->Handle, original, Status);/'
hub 'a filter module that completes twice' 'filter module lwfcount.sys completes request 0x[0-9a-f]* (OID [0-9a-f]*) a second time' "$(sys lwfcount)"
finish
