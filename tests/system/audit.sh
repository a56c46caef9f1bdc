#!/usr/bin/env bash
# ring3 audit: each rule with an image that breaks it and one that keeps it.
set -u
. "$(dirname "$0")/lib.sh"
needs "$VIONET"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 VIONET=$PWD/$VIONET ;; esac
cd "$TMP" || exit 1
mkdir good bad
cat >good/good.c <<'C'
#include <ntddk.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) { return driver && path ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }
C
cat >good/good.rc <<'C'
#include <windows.h>
#define VER_FILETYPE VFT_DRV
#define VER_FILESUBTYPE VFT2_DRV_SYSTEM
#define VER_FILEDESCRIPTION_STR "x"
#define VER_INTERNALNAME_STR "good.sys"
#define VER_FILEVERSION 1,2,3,4
#define VER_FILEVERSION_STR "1.2.3.4"
#include "common.ver"
C
printf '[Version]\nSignature="$Windows NT$"\nDriverVer=01/01/2026,1.2.3.4\n' >good/good.inf
cat >bad/bad.c <<'C'
#include <ntddk.h>
#include <string.h>
static char text[8];
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PVOID memory = ExAllocatePoolWithTag(NonPagedPoolNx, 8, 'x');
    if (memory)
        ExFreePoolWithTag(memory, 'x');
    strcpy(text, "x");
    return driver && path ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
C
"$RING3" build good --out=g --release >/dev/null || bad 'the good driver does not build'
"$RING3" build bad --out=b --release >/dev/null || bad 'the bad driver does not build'
expect 'a driver that keeps the rules has no warning' 0 '0 errors, 0 warnings' "$RING3" audit g/good.sys --strict
expect 'deprecated calls are told with what replaces them' 0 'import.deprecated: ExAllocatePoolWithTag is deprecated; ExAllocatePool2' "$RING3" audit b/bad.sys
expect 'banned calls are told' 1 'import.banned: strcpy' "$RING3" audit b/bad.sys --strict
expect 'a missing version resource is told' 0 'version.missing' "$RING3" audit b/bad.sys
sed -i 's/1.2.3.4/9.9.9.9/' g/good.inf
expect 'an INF of another version is told' 0 'DriverVer says 9.9.9.9' "$RING3" audit g/good.sys
expect 'the kind is taken from the imports' 0 'ndis driver' "$RING3" audit "$VIONET"
expect 'as a Storport miniport it would be wrong' 1 'storport.no-initialize' "$RING3" audit "$VIONET" --kind=storport
expect 'JSON' 0 '"kind": "ndis"' "$RING3" audit "$VIONET" --format=json

cp g/good.sys h.sys
printf '\x90' | dd of=h.sys bs=1 seek=1100 conv=notrunc status=none
expect 'a changed file has a wrong checksum' 1 'image.checksum' "$RING3" audit h.sys
# The header's flags, one by one.
flags() { perl -e 'my ($f, $v) = @ARGV; open my $h, "+<:raw", $f; local $/; my $d = <$h>; my $pe = unpack "V", substr $d, 60, 4; substr($d, $pe + 24 + 70, 2) = pack "v", $v; seek $h, 0, 0; print $h $d' "$1" "$2"; }
cp g/good.sys i.sys; flags i.sys 0
expect 'no protections' 1 'image.nx' "$RING3" audit i.sys
expect 'no random address' 1 'image.dynamic-base' "$RING3" audit i.sys
section() { perl -e 'my ($f, $n, $v) = @ARGV; open my $h, "+<:raw", $f; local $/; my $d = <$h>; my $at = index($d, $n); substr($d, $at + 36, 4) = pack "V", $v; seek $h, 0, 0; print $h $d' "$@"; }
cp g/good.sys j.sys; section j.sys .text $((0xe0000020))
expect 'a writable and executable section is an error' 1 'section.write-execute' "$RING3" audit j.sys
cp "$VIONET" k.sys; section k.sys .rdata $((0x60000040))
expect 'an import table in an executable section is an error' 1 'section.iat' "$RING3" audit k.sys
head -c 3000 "$VIONET" >l.sys
expect 'a cut image is refused' 4 'l.sys' "$RING3" audit l.sys
expect 'text is refused' 4 'MZ' "$RING3" audit good/good.c
finish
