#!/bin/sh
# fio writes at random over NBD, through the disk stack and vioblk, and checks every block it reads back; mkfs.ext4 makes a file
# system that fsck finds whole after it was copied in and out.
. tests/system/lib.sh
VIOBLK=$BUILD/drivers/vioblk/vioblk.sys
needs "$VIOBLK"
command -v fio >/dev/null && fio --enghelp 2>/dev/null | grep -q nbd || skip 'fio with its nbd engine is not installed'
command -v nbdcopy >/dev/null || skip 'nbdcopy is not installed (Debian package libnbd-bin)'
uri="nbd+unix:///PhysicalDrive0?socket=$TMP/disk.sock"
"$RING3" run "$VIOBLK" --disk="file:$TMP/disk.img,size=64M,queues=2" --cpus=2 --nbd="$TMP/disk.sock" --for=120s >"$TMP/run.out" 2>&1 &
computer=$!
for _ in $(seq 100); do [ -S "$TMP/disk.sock" ] && break; sleep 0.05; done
cd "$TMP" || exit 1
timeout 100 fio --name=verify --ioengine=nbd --uri="$uri" --rw=randrw --bs=4k --iodepth=32 --size=64M --io_size=32M --verify=crc32c \
    --verify_state_save=0 --fsync=64 --output="$TMP/fio.out" && ok 'fio verifies what it wrote at depth 32' || { bad 'fio'; tail -n 20 "$TMP/fio.out"; }
if command -v mkfs.ext4 >/dev/null; then
    truncate -s 64M fs.img && mkfs.ext4 -q fs.img && timeout 60 nbdcopy --flush fs.img "$uri" && timeout 60 nbdcopy "$uri" back.img &&
        fsck.ext4 -fn back.img >fsck.out 2>&1 && ok 'a file system comes back whole' || bad 'a file system comes back whole'
fi
kill -INT $computer
wait $computer && grep -q 'left over: 0 bytes.*findings 0' "$TMP/run.out" && ok 'nothing is left over' || { bad 'nothing is left over'; tail "$TMP/run.out"; }
finish
