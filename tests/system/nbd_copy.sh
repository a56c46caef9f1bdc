#!/bin/sh
# Real NBD clients copy an image through vioblk and the disk stack, in and out; the bytes in the file are the bytes written.
. tests/system/lib.sh
VIOBLK=$BUILD/drivers/vioblk/vioblk.sys
needs "$VIOBLK"
command -v nbdcopy >/dev/null && command -v nbdinfo >/dev/null || skip 'nbdcopy and nbdinfo are not installed (Debian package libnbd-bin)'
size=67108864
uri="nbd+unix:///PhysicalDrive0?socket=$TMP/disk.sock"

start() {   # OPTIONS...: a computer in the background, its socket there
    "$RING3" run "$VIOBLK" --nbd="$TMP/disk.sock" --for=60s --log=info "$@" >"$TMP/run.out" 2>&1 &
    computer=$!
    for _ in $(seq 100); do [ -S "$TMP/disk.sock" ] && break; sleep 0.05; done
}

stop() {    # NAME: ends it, and expects exit code 0 and nothing left over
    kill -INT $computer
    wait $computer
    code=$?
    if [ $code -eq 0 ] && grep -q 'left over: 0 bytes.*findings 0' "$TMP/run.out"; then ok "$1"
    else bad "$1: exit code $code"; tail -n 15 "$TMP/run.out" | sed 's/^/    /'; fi
}

good() {    # NAME COMMAND...
    name=$1
    shift
    if "$@" >"$TMP/out" 2>&1; then ok "$name"; else bad "$name"; head -n 5 "$TMP/out" | sed 's/^/    /'; fi
}

same() {    # NAME FILE FILE
    if cmp -s "$2" "$3"; then ok "$1"; else bad "$1"; fi
}

head -c $size /dev/urandom >"$TMP/in.img"
start --disk="file:$TMP/disk.img,size=$size,serial=SERIAL" --cpus=2
expect 'nbdinfo finds the disk and its properties' 0 'block_size_minimum: 512' timeout 20 nbdinfo "$uri"
expect 'the disk is named by its inquiry data' 0 'RING3 VIRTIO-BLK on vioblk' timeout 20 nbdinfo --list "$uri"
good 'nbdcopy copies an image in' timeout 60 nbdcopy --flush "$TMP/in.img" "$uri"
same 'the bytes in the file are the bytes written' "$TMP/in.img" "$TMP/disk.img"
good 'nbdcopy copies it out' timeout 60 nbdcopy "$uri" "$TMP/out.img"
same 'the bytes read are the bytes written' "$TMP/in.img" "$TMP/out.img"
expect 'there is no second disk' 1 'No such file or directory for export' timeout 20 nbdinfo "nbd+unix:///PhysicalDrive1?socket=$TMP/disk.sock"
perl -MIO::Socket::UNIX -e 'for (1 .. 20) { my $s = IO::Socket::UNIX->new($ARGV[0]) or die; $s->syswrite(pack "N*", map { rand 2**32 } 1 .. 64) }' \
    "$TMP/disk.sock"
expect 'after clients that talk nonsense the disk still answers' 0 'export-size' timeout 20 nbdinfo "$uri"
stop 'the computer ends with nothing left over'
[ -e "$TMP/disk.sock" ] && bad 'the socket is removed' || ok 'the socket is removed'

rm -f "$TMP/out.img"
start --disk="file:$TMP/disk.img,queues=4,block=4096" --cpus=4
good 'nbdcopy copies out by four queues in blocks of 4096' timeout 60 nbdcopy "$uri" "$TMP/out.img"
same 'the bytes are the same' "$TMP/in.img" "$TMP/out.img"
good 'holes are written, too' timeout 60 nbdcopy --destination-is-zero --allocated "$TMP/in.img" "$uri"
stop 'it ends with nothing left over'

start --disk="file:$TMP/disk.img,ro=on"
expect 'a read-only disk says so' 0 'is_read_only: true' timeout 20 nbdinfo "$uri"
expect 'and is not written' 1 'nbd' timeout 20 nbdcopy "$TMP/in.img" "$uri"
stop 'it ends with nothing left over after refused writes'

start --disk="mem:16M,delay=5ms"
head -c 16777216 "$TMP/in.img" >"$TMP/small.img"
good 'a slow disk is copied to' timeout 60 nbdcopy "$TMP/small.img" "$uri"
good 'and from' timeout 60 nbdcopy "$uri" "$TMP/out.img"
same 'with the same bytes' "$TMP/small.img" "$TMP/out.img"
stop 'a slow disk ends with nothing left over'
finish
