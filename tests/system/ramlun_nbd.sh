#!/bin/sh
# Real NBD clients on a virtual miniport without a disk behind it.
. tests/system/lib.sh
RAMLUN=$BUILD/drivers/ramlun/ramlun.sys
needs "$RAMLUN"
command -v nbdcopy >/dev/null && command -v nbdinfo >/dev/null || skip 'nbdcopy and nbdinfo are not installed (Debian package libnbd-bin)'
uri="nbd+unix:///PhysicalDrive0?socket=$TMP/disk.sock"

printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\ramlun\\Parameters\\Device]\r\n"SizeMB"=dword:00000080\r\n"SectorSize"=dword:00001000\r\n' >"$TMP/size.reg"
"$RING3" run "$RAMLUN" --reg="$TMP/size.reg" --nbd="$TMP/disk.sock" --for=60s --cpus=2 >"$TMP/run.out" 2>&1 &
computer=$!
for _ in $(seq 100); do [ -S "$TMP/disk.sock" ] && break; sleep 0.05; done

head -c 50000000 /dev/urandom >"$TMP/in.img"
truncate -s 134217728 "$TMP/in.img"
expect 'the registry sets the size' 0 'export-size: 134217728' timeout 20 nbdinfo "$uri"
expect 'and the sector size' 0 'block_size_minimum: 4096' timeout 20 nbdinfo "$uri"
timeout 60 nbdcopy --flush "$TMP/in.img" "$uri" && timeout 60 nbdcopy "$uri" "$TMP/out.img"
if cmp -s "$TMP/in.img" "$TMP/out.img"; then ok 'an image comes back as it went in'; else bad 'an image comes back as it went in'; fi
expect 'what was never written is a hole' 0 'hole' timeout 20 nbdinfo --map "$uri"
kill -INT $computer
wait $computer
code=$?
if [ $code -eq 0 ] && grep -q 'left over: 0 bytes.*findings 0' "$TMP/run.out"; then ok 'nothing is left over'
else bad "exit code $code"; tail -n 15 "$TMP/run.out" | sed 's/^/    /'; fi
finish
