#!/bin/sh
# Power goes while an image is copied in through vioblk: a copy whose flush was answered is all there afterwards.
. tests/system/lib.sh
VIOBLK=$BUILD/drivers/vioblk/vioblk.sys
needs "$VIOBLK"
command -v nbdcopy >/dev/null || skip 'nbdcopy is not installed (Debian package libnbd-bin)'
size=4194304
uri="nbd+unix:///?socket=$TMP/disk.sock"
cut=0 whole=0
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    head -c $size /dev/urandom >"$TMP/in.img"
    rm -f "$TMP/disk.img" "$TMP/disk.sock"
    "$RING3" run "$VIOBLK" --disk="file:$TMP/disk.img,size=$size,cut=seed:$seed,cutwithin=250" --nbd="$TMP/disk.sock" --for=30s \
        >"$TMP/run.out" 2>&1 &
    computer=$!
    for _ in $(seq 100); do [ -S "$TMP/disk.sock" ] && break; sleep 0.05; done
    if timeout 20 nbdcopy --request-size=65536 --flush "$TMP/in.img" "$uri" >"$TMP/out" 2>&1; then
        whole=$((whole + 1))
        kill -KILL $computer            # power goes without a warning, too
        wait $computer 2>/dev/null
        cmp -s "$TMP/in.img" "$TMP/disk.img" || bad "seed $seed: what was flushed is not there"
    else
        wait $computer
        code=$?
        [ $code -eq 0 ] && grep -q 'ended by power cut' "$TMP/run.out" && cut=$((cut + 1)) ||
            { bad "seed $seed: exit code $code"; tail -n 5 "$TMP/run.out" | sed 's/^/    /'; }
    fi
done
[ $cut -gt 0 ] && ok "power was cut in $cut runs" || bad 'power was never cut'
[ $whole -gt 0 ] && ok "$whole copies were flushed before it went" || bad 'no copy was ever whole'
finish
