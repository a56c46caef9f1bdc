# What the system tests of physical storage miniports share; sourced after lib.sh. MINIPORT is the driver, NAMED what nbdinfo says of its disk.
needs "$MINIPORT"
command -v nbdcopy >/dev/null && command -v nbdinfo >/dev/null || skip 'nbdcopy and nbdinfo are not installed (Debian package libnbd-bin)'
size=33554432
uri="nbd+unix:///PhysicalDrive0?socket=$TMP/disk.sock"
head -c $size /dev/urandom >"$TMP/in.img"

start() {   # OPTIONS...: a computer in the background, its socket there
    rm -f "$TMP/disk.sock" "$TMP/ctl.sock"
    timeout -k 5 90 "$RING3" run "$MINIPORT" --no-tcpip --nbd="$TMP/disk.sock" --ctl="$TMP/ctl.sock" --for=60s "$@" >"$TMP/run.out" 2>&1 &
    computer=$!
    for _ in $(seq 100); do [ -S "$TMP/disk.sock" ] && [ -S "$TMP/ctl.sock" ] && break; sleep 0.05; done
}

stop() {    # NAME
    "$RING3" ctl --socket="$TMP/ctl.sock" shutdown >/dev/null 2>&1 || kill -INT $computer
    wait $computer
    code=$?
    if [ $code -eq 0 ] && grep -q 'left over: 0 bytes.*findings 0' "$TMP/run.out"; then ok "$1"
    else bad "$1: exit code $code"; tail -n 15 "$TMP/run.out" | sed 's/^/    /'; fi
}

round() {   # NAME OPTIONS...: an image in, compared in the file, and out again
    what=$1
    shift
    rm -f "$TMP/disk.img" "$TMP/out.img"
    start "$@"
    timeout 60 nbdcopy --flush "$TMP/in.img" "$uri" >"$TMP/copy.out" 2>&1 && cmp -s "$TMP/in.img" "$TMP/disk.img" && ok "$what: the bytes in the file are the bytes written" ||
        { bad "$what: the image is not in the file"; head -n 5 "$TMP/copy.out"; }
    timeout 60 nbdcopy "$uri" "$TMP/out.img" && cmp -s "$TMP/in.img" "$TMP/out.img" && ok "$what: the bytes read are the bytes written" || bad "$what: other bytes are read"
    [ "$what" != queues ] || expect 'the disk is named by what it says of itself' 0 "$NAMED" timeout 20 nbdinfo --list "$uri"
    stop "$what: nothing is left over"
}
