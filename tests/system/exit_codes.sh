#!/bin/sh
# Exit codes and sentences for what people get wrong.
. tests/system/lib.sh
needs "$BUILD/tests/guest/hello.sys"
hello=$BUILD/tests/guest/hello.sys

expect 'help' 0 'ring3 run' "$RING3" --help
expect 'help of a verb' 0 '--nic=SPEC' "$RING3" run --help
expect 'no verb' 2 'ring3 run' "$RING3"
expect 'an unknown verb' 2 "'fly' is no verb" "$RING3" fly
expect 'no driver' 2 'no driver' "$RING3" run
expect 'an unknown option' 2 '--nick is no option of ring3 run' "$RING3" run "$hello" --nick=slirp
expect 'an option without its value' 2 '--nic needs a value' "$RING3" run "$hello" --nic
expect 'a value where none belongs' 2 '--allow-missing takes no value' "$RING3" run "$hello" --allow-missing=yes
expect 'a time without meaning' 2 "'3x' is not a time" "$RING3" run "$hello" --for=3x
expect 'too many processors' 2 "'65' is not a number from 1 to 64" "$RING3" run "$hello" --cpus=65
expect 'an unknown clock' 2 'neither real nor virtual' "$RING3" run "$hello" --clock=cuckoo
expect 'an unknown wire' 2 'carrier-pigeon' "$RING3" run "$hello" --nic=carrier-pigeon
expect 'an unknown key of a wire' 4 'knot' "$RING3" run "$hello" --nic=null,knot=1
expect 'a wire of real time on a virtual clock' 4 'real clock' "$RING3" run "$hello" --nic=slirp --clock=virtual
expect 'an unknown disk' 2 'floppy' "$RING3" run "$hello" --disk=floppy:1
expect 'a disk that is not there' 4 'nowhere.img' "$RING3" run "$hello" --disk=file:"$TMP/nowhere.img"
expect 'a disk without a size' 4 'how large' "$RING3" run "$hello" --disk=mem
expect 'an unknown block card' 4 "no block card 'tape'" "$RING3" run "$hello" --disk=mem:1M,model=tape
expect 'a disk that no driver serves is only said' 0 'no driver serves disk 0' "$RING3" run "$hello" --disk=mem:1M --for=1ms --clock=virtual
expect 'an address without length' 2 'ADDRESS/LENGTH' "$RING3" run "$hello" --ip=10.0.0.1
expect 'a ping to nowhere' 2 'not an IPv4 or IPv6 address' "$RING3" run "$hello" --ping=example
expect 'a ping without a card' 1 'no driver brought a network interface' "$RING3" run "$hello" --ping=10.0.2.2 --clock=virtual
expect 'a driver that is not there' 2 'nowhere.sys' "$RING3" run "$TMP/nowhere.sys"
expect 'a registry file that is not there' 2 'nowhere.reg' "$RING3" run "$hello" --reg="$TMP/nowhere.reg"
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM]\n"a"=dword:xyz\n' >"$TMP/bad.reg"
expect 'a registry file with a mistake' 2 'bad.reg:4' "$RING3" run "$hello" --reg="$TMP/bad.reg"
expect 'a capture without a card' 2 '--capture needs a --nic' "$RING3" run "$hello" --capture="$TMP/x.pcapng"

expect 'one driver twice' 2 "'hello' is loaded already" "$RING3" run "$hello" "$hello" --for=1ms --clock=virtual
mkdir -p "$TMP/folder.sys"
: >"$TMP/empty.sys"
expect 'a directory as a driver' 2 'is a directory' "$RING3" run "$TMP/folder.sys"
expect 'an empty file as a driver' 2 'does not begin with MZ' "$RING3" run "$TMP/empty.sys"

echo 'this is no driver' >"$TMP/text.sys"
expect 'a text as a driver' 2 'text.sys' "$RING3" run "$TMP/text.sys"
head -c 600 "$hello" >"$TMP/short.sys"
expect 'half a driver' 2 'short.sys' "$RING3" run "$TMP/short.sys"
cp "$hello" "$TMP/odd.sys"
printf '[Version]\nSignature="$Windows NT$"\n[Odd\n' >"$TMP/odd.inf"
expect 'a malformed INF beside a driver' 2 'odd.inf' "$RING3" run "$TMP/odd.sys"

expect 'exports of a module' 0 'ntoskrnl.exe	DbgPrint	' "$RING3" exports ntoskrnl.exe
expect 'exports of nobody' 2 'nosuch.sys' "$RING3" exports nosuch.sys
expect 'coverage' 0 'ndis.sys' "$RING3" exports --coverage
finish
