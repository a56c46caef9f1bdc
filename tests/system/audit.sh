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
printf 'int DriverEntry(void) { return 0; }\n' >still.c
clang-19 --target=x86_64-pc-windows-msvc -c still.c -o still.o
still() { lld-link-19 /driver /subsystem:native /nodefaultlib /entry:DriverEntry still.o /out:still.sys "$@"; "$RING3" audit still.sys | grep -q image.relocations; }
still && bad 'an image that has nothing to relocate may lie anywhere' || ok 'an image that has nothing to relocate may lie anywhere'
still /fixed && ok 'one whose relocations were stripped may not' || bad 'one whose relocations were stripped may not'
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

# A driver that breaks each rule about code, pairs and age; and the same with what mends it.
make_driver() {   # NAME: source on stdin
    mkdir -p "$1" && cat >"$1/$1.c" && "$RING3" build "$1" --out="$1.out" --release >"$1.log" 2>&1 || { bad "$1 does not build"; tail -5 "$1.log"; }
}
entry='NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)'
make_driver x87 <<C
#include <ntddk.h>
__declspec(noinline) double Half(double x) { long double y; __asm__ volatile("fld1\n\tfstp %%st(0)" ::: "memory"); y = x; return (double)(y / 2); }
$entry { return driver && path && Half(2.0) > 0.5 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }
C
expect 'x87 registers are told' 0 'code.x87' "$RING3" audit x87.out/x87.sys
make_driver avx <<C
#include <ntddk.h>
static volatile int big[8];
__declspec(noinline) void Clear(void) { __asm__ volatile("vxorps %%ymm0,%%ymm0,%%ymm0\n\tvmovups %%ymm0,%0" : "=m"(*big)); }
$entry { Clear(); return driver && path ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }
C
expect 'AVX registers that are not saved are told' 0 'code.avx' "$RING3" audit avx.out/avx.sys
make_driver avxsaved <<C
#include <ntddk.h>
static volatile int big[8];
__declspec(noinline) void Clear(void) { __asm__ volatile("vxorps %%ymm0,%%ymm0,%%ymm0\n\tvmovups %%ymm0,%0" : "=m"(*big)); }
$entry {
    XSTATE_SAVE save;
    if (NT_SUCCESS(KeSaveExtendedProcessorState(XSTATE_MASK_GSSE, &save))) { Clear(); KeRestoreExtendedProcessorState(&save); }
    return driver && path ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
C
"$RING3" audit avxsaved.out/avxsaved.sys >out 2>&1 && ! grep -q 'code.avx\|unpaired' out && ok 'AVX registers that are saved are not' || { bad 'AVX registers that are saved are not'; cat out; }
make_driver pairs <<C
#include <ntddk.h>
$entry {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\\\Device\\\\x"), link = RTL_CONSTANT_STRING(L"\\\\DosDevices\\\\x");
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    (void)path;
    return NT_SUCCESS(status) ? IoCreateSymbolicLink(&link, &name) : status;
}
C
expect 'what is never given back is told' 0 'import.unpaired: it calls IoCreateDevice and never gives back what it got; IoDeleteDevice' "$RING3" audit pairs.out/pairs.sys
expect 'a device that does not ask for 32-bit programs is told' 0 'device.32-bit' "$RING3" audit pairs.out/pairs.sys
make_driver groups <<C
#include <ntddk.h>
$entry { return driver && path && KeQueryActiveProcessors() ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }
C
expect 'functions for 64 processors are told' 0 'import.one-group: KeQueryActiveProcessors' "$RING3" audit groups.out/groups.sys
expect 'SARIF' 0 '"ruleId": "import.one-group", "level": "warning"' "$RING3" audit groups.out/groups.sys --format=sarif
cp x87.out/x87.pdb groups.out/groups.pdb
expect 'symbols of another build are told' 0 'groups.pdb belongs to another build' "$RING3" audit groups.out/groups.sys
head -c 100 /dev/zero >groups.out/groups.pdb
expect 'what is no PDB is told' 0 'not a program database' "$RING3" audit groups.out/groups.sys
if command -v x86_64-w64-mingw32-gcc >/dev/null; then
    old() {   # NAME FUNCTION..: a driver that imports these from ndis.sys
        name=$1; shift
        { echo 'LIBRARY "ndis.sys"'; echo EXPORTS; printf '%s\n' "$@"; } >$name.def
        { printf 'void %s(void);\n' "$@"; echo 'int DriverEntry(void *d, void *p) {'; printf '%s();\n' "$@"; echo 'return d == p; }'; } >$name.c
        x86_64-w64-mingw32-dlltool -d $name.def -l $name.a && x86_64-w64-mingw32-gcc -w -shared -nostdlib -Wl,--subsystem,native -Wl,-e,DriverEntry -Wl,--dynamicbase -o $name.sys $name.c $name.a 2>$name.log || { bad "$name: mingw does not build it"; cat $name.log; }
    }
    old five NdisMRegisterMiniport NdisAllocatePacket NdisIMRegisterLayeredMiniport
    expect 'NDIS 5 is an error, with what takes its place' 1 'import.obsolete: NdisMRegisterMiniport belongs to NDIS 5, which Windows 8 and later do not have; NdisMRegisterMiniportDriver' "$RING3" audit five.sys
    grep -q 'NdisAllocatePacket belongs to NDIS 5' "$TMP/out" && grep -q 'NdisIMRegisterLayeredMiniport belongs' "$TMP/out" && ok 'so are packets and layered miniports' || bad 'so are packets and layered miniports'
    old six NdisMRegisterMiniportDriver NdisMDeregisterMiniportDriver NdisAcquireReadWriteLock NdisGetProcessorInformation NdisMQueueDpc
    expect 'what NDIS 6.20 made obsolete is told' 0 'import.ndis620: NdisAcquireReadWriteLock' "$RING3" audit six.sys
    grep -q 'NdisGetProcessorInformationEx' "$TMP/out" && grep -q 'NdisMQueueDpcEx' "$TMP/out" && ok 'with its replacement' || bad 'with its replacement'
    old none NdisAllocateMemoryWithTagPriority
    expect 'an NDIS driver that registers nothing is an error' 1 'ndis.no-register' "$RING3" audit none.sys
fi
# A section alignment below a page; a relocation of 32 bits.
field() { perl -e 'my ($f, $o, $n, $v) = @ARGV; open my $h, "+<:raw", $f; local $/; my $d = <$h>; my $pe = unpack "V", substr $d, 60, 4; substr($d, $pe + 24 + $o, $n) = substr pack("V", $v), 0, $n; seek $h, 0, 0; print $h $d' "$@"; }
cp g/good.sys m.sys; field m.sys 32 4 128
expect 'sections closer than pages are an error' 1 'section.alignment' "$RING3" audit m.sys
cp "$VIONET" n.sys
perl -e 'open my $h, "+<:raw", $ARGV[0]; local $/; my $d = <$h>; my $at = index($d, ".reloc\0\0"); my $raw = unpack "V", substr $d, $at + 20, 4;
    substr($d, $raw + 8, 2) = pack "v", 0x3000 | (unpack("v", substr $d, $raw + 8, 2) & 0xfff); seek $h, 0, 0; print $h $d' n.sys
expect 'an address in 32 bits is an error' 1 'image.short-address' "$RING3" audit n.sys
head -c 3000 "$VIONET" >l.sys
expect 'a cut image is refused' 4 'l.sys' "$RING3" audit l.sys
expect 'text is refused' 4 'MZ' "$RING3" audit good/good.c
finish
