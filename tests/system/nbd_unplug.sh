#!/bin/sh
# NBD clients are connected, and copy, while the card is pulled out or the miniport's unit goes: they get errors, later clients find no
# disk, and the computer ends with nothing left over.
. tests/system/lib.sh
VIOBLK=$BUILD/drivers/vioblk/vioblk.sys
RAMLUN=$BUILD/drivers/ramlun/ramlun.sys
needs "$VIOBLK"
needs "$RAMLUN"
command -v nbdcopy >/dev/null || skip 'nbdcopy is not installed (Debian package libnbd-bin)'
uri="nbd+unix:///PhysicalDrive0?socket=$TMP/disk.sock"
head -c 268435456 /dev/zero | tr '\0' 'x' >"$TMP/in.img"

begin() {   # ARGUMENTS...: a computer in the background
    rm -f "$TMP/disk.sock" "$TMP/ctl.sock"
    timeout -k 5 60 "$RING3" run --no-tcpip --nbd="$TMP/disk.sock" --ctl="$TMP/ctl.sock" --for=50s "$@" >"$TMP/run.out" 2>&1 &
    computer=$!
    for _ in $(seq 100); do [ -S "$TMP/disk.sock" ] && [ -S "$TMP/ctl.sock" ] && break; sleep 0.05; done
}

end() {     # NAME
    "$RING3" ctl --socket="$TMP/ctl.sock" shutdown >/dev/null 2>&1 || kill -INT $computer
    wait $computer
    code=$?
    if [ $code -eq 0 ] && grep -q 'left over: 0 bytes.*findings 0' "$TMP/run.out"; then ok "$1"
    else bad "$1: exit code $code"; tail -n 15 "$TMP/run.out" | sed 's/^/    /'; fi
}

pull() {    # NAME OPTION...: in the middle of two copies
    name=$1
    shift
    timeout 40 nbdcopy --connections=2 --requests=4 "$TMP/in.img" "$uri" >"$TMP/copy.out" 2>&1 &
    copy=$!
    timeout 40 nbdcopy "$uri" - 2>/dev/null | tail -c +200000000 >/dev/null &
    perl -MIO::Socket::UNIX -e 'for (1 .. 20) { my $s = IO::Socket::UNIX->new($ARGV[0]) or next; $s->syswrite(pack "N*", map { rand 2**32 } 1 .. 64) }' \
        "$TMP/disk.sock"
    sleep 0.25
    "$RING3" ctl --socket="$TMP/ctl.sock" unplug disk 0 "$@" >"$TMP/ctl.out" 2>&1 || { bad "$name: the card cannot be unplugged"; cat "$TMP/ctl.out"; }
    wait $copy && bad "$name: the copy succeeded without its disk" || ok "$name: the copy fails"
    expect "$name: later clients find no disk" 1 'No such file or directory' timeout 20 nbdinfo "$uri"
}

for queues in ${QUEUES:-1 4}; do
    begin "$VIOBLK" --disk="mem:256M,delay=10ms,queues=$queues" --cpus=$queues
    pull "surprise, $queues queues" --surprise
    end "a card pulled out with clients leaves nothing, $queues queues"
done
begin "$VIOBLK" --disk="mem:256M,delay=10ms" --cpus=2
pull 'orderly'
end 'a card unplugged in order with clients leaves nothing'
finish
