#!/bin/sh
# Adapters without hardware: two ports of the virtual hub, an NDIS 6.0 miniport that pends, lends and copies. A frame that one
# protocol asks with goes round between the two ports for as long as the run lasts, and none is lost.
. tests/system/lib.sh
VHUB=$BUILD/drivers/vhub/vhub.sys
MACSWAP=$BUILD/drivers/macswap/macswap.sys
needs "$VHUB"
needs "$MACSWAP"

for options in "--cpus=1" "--cpus=2" "--cpus=4 --seed=3" "--cpus=2 --seed=4"; do
    timeout -k 5 60 "$RING3" run "$MACSWAP" "$VHUB" '--root-device=ROOT\VHUB' '--root-device=ROOT\VHUB' --ip=10.0.0.1/24 \
        --ip=10.0.0.2/24 --ping=10.0.0.77,count=1,timeout=10ms --for=20ms --clock=virtual --log=info $options >"$TMP/out" 2>&1
    code=$?
    # code 1: nobody answers the ping
    rounds=$(sed -n 's/.*macswap received \([0-9]*\) echoed.*/\1/p' "$TMP/out" | sort -n | head -n 1)
    if [ $code -eq 1 ] && [ "${rounds:-0}" -gt 1000 ] && [ "$(grep -c 'vhub: port 0[12] sent .* lost 0$' "$TMP/out")" -eq 2 ] &&
       [ "$(grep -c 'echoed .* dropped 0$' "$TMP/out")" -eq 2 ] && grep -q 'left over: 0 bytes.*findings 0' "$TMP/out"; then
        ok "two ports exchange frames ($options)"
    else
        bad "two ports ($options): exit code $code, $rounds rounds"
        tail -n 20 "$TMP/out"
    fi
done
finish
