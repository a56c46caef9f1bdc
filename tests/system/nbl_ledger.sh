#!/usr/bin/env bash
# Drivers of ours with one mistake each: the ledger of NET_BUFFER_LISTs names the driver, what it did, and who has the list.
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
finds() {   # NAME PATTERN ARGUMENTS...
    name=$1 pattern=$2
    shift 2
    timeout -s KILL 20 "$RING3" run "$@" --for="$time" --ctl=off >"$TMP/log" 2>&1
    if grep -q "nbl-ownership: $pattern" "$TMP/log"; then ok "$name"; else bad "$name: no '$pattern' in"; grep -A4 finding: "$TMP/log" | head -n 12 | sed 's/^/    /'; fi
}
time=300ms
hub() { time=3s; finds "$1" "$2" "$(sys vhub)" "$(sys macswap)" --cards-first --root-device='ROOT\VHUB' --root-device='ROOT\VHUB' --ip=10.0.0.1/24 --ip=10.0.0.2/24 --clock=virtual; }
slow() { time=300ms; finds "$1" "$2" "$(sys vionet)" "$(sys lwfcount)" "$(sys macswap)" --nic=null,source=64 --parameter=DelaySend=50 --no-tcpip; }
card() { time=300ms; finds "$1" "$2" "$(sys vionet)" "$(sys macswap)" --nic=null,source=64 --no-tcpip; }

timeout 20 "$RING3" run "$(sys vhub)" "$(sys macswap)" --root-device='ROOT\VHUB' --root-device='ROOT\VHUB' --clock=virtual --for=300ms >"$TMP/log" 2>&1 &&
    ok 'good drivers are no finding' || bad 'good drivers are no finding'

broken vhub data.c 's/NdisMSendNetBufferListsComplete(port->Adapter, Lists,/NdisMSendNetBufferListsComplete(port->Adapter, Lists, 0);\n    &/'
hub 'a list that is completed twice' 'miniport vhub.sys completes NET_BUFFER_LIST'
broken vhub data.c 's/^        NdisFreeNetBufferList(Lists);/&\n        Lists->Scratch = NULL;/'
hub 'a list that is written to after it was freed' 'NET_BUFFER_LIST .* was written to after it was freed here'
broken vhub data.c 's/NDIS_TEST_SEND_AT_DISPATCH_LEVEL(Flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);/&\n    Lists->MiniportReserved[1] = port;/'
hub 'a list that is written to after it was completed' 'NET_BUFFER_LIST .* was written to after it was given back here'
broken vhub port.c 's/return idle ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;/return NDIS_STATUS_PENDING;/'
hub 'a pause that is never completed' 'miniport vhub.sys has not called NdisMPauseComplete for ten seconds'
rm -r "$TMP/out/vhub"

broken macswap echo.c 's/^    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags))/    if (0)/'
hub 'a protocol that keeps lists' 'ten seconds have passed in a pause of miniport vhub.sys and NET_BUFFER_LIST .*, received, is still with protocol macswap.sys'
broken macswap echo.c 's/^    binding->Echoed += used;/    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags)) NdisReturnNetBufferLists(binding->Handle, NetBufferLists, 0);\n&/'
card 'a list that is returned twice' 'protocol macswap.sys returns NET_BUFFER_LIST .*: it is back with who made it'
broken macswap echo.c 's/^    binding->Echoed += used;/    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags)) NetBufferLists->ProtocolReserved[2] = binding;\n&/'
card 'a list that is written to after it was returned' 'NET_BUFFER_LIST .* was written to after it was given back here'
broken macswap pool.c 's/^        NdisFreeNetBufferList(frame);/&\n        frame->ProtocolReserved[0] = Pool;/'
card 'a list that is written to after it was freed, and not allocated again' 'NET_BUFFER_LIST .* was written to after it was freed here'
broken macswap echo.c 's/^        NdisSendNetBufferLists(binding->Handle, chain, PortNumber, dispatch);/{ & & }/'
slow 'a list that is sent while it is out' 'protocol macswap.sys sends NET_BUFFER_LIST .*: filter module lwfcount.sys has it since'
broken macswap echo.c 's/^        NdisSendNetBufferLists(binding->Handle, chain, PortNumber, dispatch);/{ & NdisFreeNetBufferList(chain); }/'
slow 'a list that is freed while it is out' '.* frees NET_BUFFER_LIST .*: filter module lwfcount.sys has it since'
rm -r "$TMP/out/macswap"

file=$(grep -l 'NdisMFreeNetBufferSGList(' drivers/vionet/*.c | head -n 1)
broken vionet "${file##*/}" 's/^.*NdisMFreeNetBufferSGList(.*$/;/'
finds 'a scatter/gather list that is not freed' 'miniport vionet.sys has not freed a scatter/gather list and completes NET_BUFFER_LIST' "$(sys vionet)" --nic=null
finish
