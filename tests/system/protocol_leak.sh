#!/usr/bin/env bash
# A protocol driver that leaves its registration behind is named by the leak rule, unbound, and called no more.
. tests/system/lib.sh
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || skip 'clang-19 and lld-19 are not installed'
needs "$VIONET"
cp -r drivers/macswap "$TMP/macswap"
sed 's/^    NdisDeregisterProtocolDriver(MacswapProtocol);/    (void)0;/' drivers/macswap/driver.c >"$TMP/macswap/driver.c"
"$RING3" build "$TMP/macswap" --out="$TMP/built" >"$TMP/log" 2>&1 || { bad 'the driver builds'; head -n 5 "$TMP/log"; }
run() { timeout -k 5 30 "$RING3" run "$VIONET" "$TMP/built/macswap.sys" --nic=null,source=64 --for=300ms --ctl=off; }
expect 'a registration left behind is a finding' 1 'macswap left a protocol' run
run >"$TMP/log" 2>&1
grep -q 'STOP' "$TMP/log" && bad 'a driver that is gone is not called' || ok 'a driver that is gone is not called'
grep -q 'nic 0: virtio-net' "$TMP/log" && ok 'and the computer ends as others do' || bad 'and the computer ends as others do'
finish
