#!/bin/sh
# The virtio-scsi miniport on the virtio-scsi card: real NBD clients copy through it by message and by line, over a disk that fails and one that loses
# power, on a target that comes later and one that leaves, and while the card is pulled out.
. tests/system/lib.sh
MINIPORT=$BUILD/drivers/vscsi/vscsi.sys
NAMED='RING3 SCSI DISK on vscsi'
. tests/system/disk_lib.sh

round queues --disk="file:$TMP/disk.img,size=$size,model=virtio-scsi,queues=4" --cpus=4
round line --disk="file:$TMP/disk.img,size=$size,model=virtio-scsi,interrupts=line" --cpus=2
round msi --disk="file:$TMP/disk.img,size=$size,model=virtio-scsi,interrupts=msi" --cpus=2
round 'one small queue, large blocks' --disk="file:$TMP/disk.img,size=$size,model=virtio-scsi,ring=4,block=4096,delay=200us" --cpus=4
round 'failing requests are repeated' --disk="file:$TMP/disk.img,size=$size,model=virtio-scsi,error=seed:5" --cpus=2
grep -q 'failed [1-9]' "$TMP/run.out" && ok 'the disk did fail' || bad 'the disk never failed'

start --disk="file:$TMP/disk.img,size=$size,model=virtio-scsi,appears=1s,leaves=6s" --cpus=2
for _ in $(seq 60); do timeout 5 nbdinfo "$uri" >/dev/null 2>&1 && break; sleep 0.1; done
timeout 60 nbdcopy --flush "$TMP/in.img" "$uri" && cmp -s "$TMP/in.img" "$TMP/disk.img" && ok 'the target that came later has the bytes written to it' ||
    bad 'the target that came later has other bytes'
for _ in $(seq 100); do timeout 5 nbdinfo "$uri" >/dev/null 2>&1 || break; sleep 0.1; done
expect 'when the target has left there is no disk' 1 'No such file or directory' timeout 20 nbdinfo "$uri"
stop 'a target that comes and goes: nothing is left over'
grep -qE '^\[ *[1-9][0-9]*\.[0-9]*\] disk: PhysicalDrive0' "$TMP/run.out" && ok 'the target did come later' || bad 'the target was there from the beginning'

rm -f "$TMP/disk.img"
truncate -s $size "$TMP/disk.img"
start --disk="file:$TMP/disk.img,ro=on,model=virtio-scsi"
expect 'a write-protected disk says so' 0 'is_read_only: true' timeout 20 nbdinfo "$uri"
timeout 20 nbdcopy "$TMP/in.img" "$uri" >/dev/null 2>&1 && bad 'a write-protected disk was written' || ok 'a write-protected disk refuses to be written'
stop 'write-protected: nothing is left over'

cut=0
for seed in 1 2 3 4 5 6; do
    rm -f "$TMP/disk.img" "$TMP/disk.sock"
    "$RING3" run "$MINIPORT" --no-tcpip --disk="file:$TMP/disk.img,size=$size,model=virtio-scsi,cut=seed:$seed,cutwithin=800" --nbd="$TMP/disk.sock" --for=30s >"$TMP/run.out" 2>&1 &
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
    start --disk="mem:$size,model=virtio-scsi,delay=10ms" --cpus=2
    timeout 40 nbdcopy --connections=2 --requests=4 "$TMP/in.img" "$uri" >/dev/null 2>&1 &
    copy=$!
    sleep 0.1
    "$RING3" ctl --socket="$TMP/ctl.sock" unplug disk 0 $how >"$TMP/ctl.out" 2>&1 || { bad 'the card cannot be unplugged'; cat "$TMP/ctl.out"; }
    wait $copy && bad "unplugged ${how:-in order}: the copy succeeded without its disk" || ok "unplugged ${how:-in order}: the copy fails"
    expect "unplugged ${how:-in order}: later clients find no disk" 1 'No such file or directory' timeout 20 nbdinfo "$uri"
    stop "unplugged ${how:-in order}: nothing is left over"
done
finish
