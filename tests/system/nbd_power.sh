#!/bin/sh
# Power goes while an NBD client writes, flushes and writes through, with requests in flight: nothing that was answered as durable is lost.
# CUTS says how many computers lose their power (25).
. tests/system/lib.sh
VIOBLK=$BUILD/drivers/vioblk/vioblk.sys
needs "$VIOBLK"
command -v perl >/dev/null || skip 'perl is not installed'
cuts=${CUTS:-25} size=49152
: >"$TMP/tally"
for seed in $(seq "$cuts"); do
    rm -f "$TMP/disk.img" "$TMP/disk.sock"
    timeout -k 5 30 "$RING3" run "$VIOBLK" --disk="file:$TMP/disk.img,size=$size,queues=$((seed % 3 + 1)),cut=seed:$seed,cutwithin=600" \
        --cpus=$((seed % 2 + 1)) --no-tcpip --nbd="$TMP/disk.sock" --for=20s >"$TMP/run.out" 2>&1 &
    computer=$!
    timeout 20 perl tests/system/nbd_power.pl "$TMP/disk.sock" "$TMP/disk.img" "$seed" >>"$TMP/tally" 2>"$TMP/client.out"
    client=$?
    wait $computer
    code=$?
    if [ $client -ne 0 ] || [ $code -ne 0 ] || ! grep -q 'ended by power cut' "$TMP/run.out"; then
        bad "seed $seed: client $client, computer $code"
        head -n 5 "$TMP/client.out" | sed 's/^/    /'
        tail -n 5 "$TMP/run.out" | sed 's/^/    /'
    fi
done
awk -v cuts="$cuts" '{ answers += $1; flushes += $2; lost += $3; torn += $4 } END {
    printf "%d cuts: %d requests answered, %d of them flushes; %d blocks lost their last version, %d torn\n", cuts, answers, flushes, lost, torn
    exit !(NR == cuts && answers > 20 * cuts && flushes && lost && torn) }' "$TMP/tally" >"$TMP/sum" &&
    ok "nothing that was flushed or written through is lost: $(cat "$TMP/sum")" || bad "too little happened: $(cat "$TMP/sum")"
finish
