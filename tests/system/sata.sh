#!/bin/sh
# The SATA miniport on the AHCI card: real NBD clients copy through it with and without a queue, by message and by line, over a disk that
# fails and one that loses power, and while the card is pulled out.
. tests/system/lib.sh
MINIPORT=$BUILD/drivers/sata/sata.sys
NAMED='ATA ring3 SATA disk'
. tests/system/disk_lib.sh

round queues --disk="file:$TMP/disk.img,size=$size,model=ahci" --cpus=2
round line --disk="file:$TMP/disk.img,size=$size,model=ahci,interrupts=line"
round 'no queue, large blocks' --disk="file:$TMP/disk.img,size=$size,model=ahci,depth=1,block=4096"
round 'four slots of a slow disk' --disk="file:$TMP/disk.img,size=$size,model=ahci,depth=4,delay=1ms" --cpus=4
round 'failing requests are repeated' --disk="file:$TMP/disk.img,size=$size,model=ahci,error=seed:5"
grep -q 'failed [1-9]' "$TMP/run.out" && ok 'the disk did fail' || bad 'the disk never failed'

cut=0
for seed in 1 2 3 4 5 6; do
    rm -f "$TMP/disk.img" "$TMP/disk.sock"
    "$RING3" run "$MINIPORT" --no-tcpip --disk="file:$TMP/disk.img,size=$size,model=ahci,cut=seed:$seed,cutwithin=800" --nbd="$TMP/disk.sock" --for=30s >"$TMP/run.out" 2>&1 &
    computer=$!
    for _ in $(seq 100); do [ -S "$TMP/disk.sock" ] && break; sleep 0.05; done
    if timeout 20 nbdcopy --request-size=65536 --flush "$TMP/in.img" "$uri" >"$TMP/out" 2>&1; then
        kill -KILL $computer
        wait $computer 2>/dev/null
        cmp -s "$TMP/in.img" "$TMP/disk.img" || bad "seed $seed: what was flushed is not there"
    else
        wait $computer
        code=$?
        [ $code -eq 0 ] && grep -q 'ended by power cut' "$TMP/run.out" && cut=$((cut + 1)) || { bad "seed $seed: exit code $code"; tail -n 5 "$TMP/run.out"; }
    fi
done
[ $cut -gt 0 ] && ok "power was cut in $cut runs, and what was flushed is there" || bad 'power was never cut'

for how in --surprise ''; do
    start --disk="mem:$size,model=ahci,delay=10ms" --cpus=2
    timeout 40 nbdcopy --connections=2 --requests=4 "$TMP/in.img" "$uri" >/dev/null 2>&1 &
    copy=$!
    sleep 0.1
    "$RING3" ctl --socket="$TMP/ctl.sock" unplug disk 0 $how >"$TMP/ctl.out" 2>&1 || { bad 'the card cannot be unplugged'; cat "$TMP/ctl.out"; }
    wait $copy && bad "unplugged ${how:-in order}: the copy succeeded without its disk" || ok "unplugged ${how:-in order}: the copy fails"
    expect "unplugged ${how:-in order}: later clients find no disk" 1 'No such file or directory' timeout 20 nbdinfo "$uri"
    stop "unplugged ${how:-in order}: nothing is left over"
done
finish
