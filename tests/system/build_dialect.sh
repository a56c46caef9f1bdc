#!/usr/bin/env bash
# ring3 build of what Microsoft's compiler takes and the C standard does not: warned of with Microsoft's numbers, built, and run.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null && command -v llvm-pdbutil-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
mkdir drv
cat >drv/shape.h <<'C'
typedef union _SHAPE {
    struct { UCHAR Kind; UCHAR Rest; };
    struct { UCHAR Low : 4; UCHAR High : 4; UCHAR Kind : 3; UCHAR Top : 5; };
} SHAPE;
ULONG Sum(PVOID Box, ULONG Times);
VOID Note(_In_ PVOID Box,
          _In_ PVOID Text);
C
cat >drv/main.c <<'C'
#include <ntddk.h>
#include "shape.h"
typedef struct _BOX { ULONG Width; volatile ULONG Height; } BOX, *PBOX;
static ULONG Noted;
#define BUMP(P) InterlockedIncrement(P)

static VOID Unload(PDRIVER_OBJECT Driver) { UNREFERENCED_PARAMETER(Driver); }

static ULONG Casts(void)
{
    ULONG Numbers[4] = { 1, 2, 3, 4 };
    PUCHAR At = (PUCHAR)Numbers;
    BOX Box = { 5, 6 };

    ((ULONG *)At)++;                    /* the second number */
    (ULONG_PTR)At += sizeof(ULONG);     /* the third */
    BUMP(&(LONG)Box.Height);
    (LONG)Box.Width = -1;
    return *(ULONG *)At * 100 + Box.Height * 10 + (Box.Width == MAXULONG);
}

ULONG
Sum(
    _In_ PBOX Box,
    _In_ ULONG Times
    )
{
    return (Box->Width + Box->Height) * Times;
}

VOID Note(_In_ PBOX Box, _In_reads_(3) PCSTR Text) { Noted = Box->Width + Text[2]; }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    BOX Box = { 7, 8 };
    SHAPE Shape = { { 0x21, 0x43 } };

    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    Note(&Box, "ab!");
    DbgPrint("casts %u, sum %u, noted %u, kind %x\n", Casts(), Sum(&Box, 2), Noted, Shape.Kind);
    return STATUS_SUCCESS;
}
C
cp drv/main.c before.c
expect 'extensions of Microsoft C build' 0 'made/drv.sys' "$RING3" build drv --out=made
cp out said
told() { grep -qF -- "$2" said && ok "$1" || { bad "$1: no '$2' in:"; sed 's/^/    /' said; }; }
told 'an assigned cast has its number, file, line and what standard C has' 'main.c:16:5: warning C4213: a cast on an l-value'
told 'standard C is shown' '*(ULONG_PTR *)&At'
told 'a cast below an increment is one' 'main.c:15:6: warning C4213'
told 'a cast whose address is taken is one, also as an argument of a macro' 'main.c:17:10: warning C4213'
told 'a parameter of another type is told with both types' "main.c:23:1: warning C4028: formal parameter 1 of 'Sum' is 'PBOX', and 'PVOID' in the declaration"
told 'a member that hides another is told' "shape.h:3:"
cmp -s drv/main.c before.c && ok 'the source is as it was' || bad 'the source has been changed'
expect 'the driver computes what Microsoft C would' 0 'casts 371, sum 30, noted 40, kind 21' "$RING3" run made/drv.sys --for=1s
llvm-pdbutil-19 dump --files made/drv.pdb >files
grep -q '(None: ) .*drv/main\.c' files && ok 'debug information names the source, without the sum of a copy' || { bad 'debug information does not name the source'; cat files; }
grep -q '[^/]*\.dialect/' files && bad 'debug information names a copy' || ok 'and no copy'
before=$(stat -c %Y%y made/drv.sys)
"$RING3" build drv --out=made >/dev/null 2>&1
[ "$(stat -c %Y%y made/drv.sys)" = "$before" ] && ok 'nothing is made again without need' || bad 'an unchanged source is compiled again'
sed -i 's/Box.Height \* 10/Box.Height * 20/' drv/main.c
expect 'a changed source is built again' 0 'made/drv.sys' "$RING3" build drv --out=made
expect 'and shows' 0 'casts 441' "$RING3" run made/drv.sys --for=1s

mkdir bad
body() { printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)\n{\n%s\nreturn Driver && Path ? 0 : 1;\n}\n' "$1" >bad/bad.c; }
body 'ULONG One = 1; (USHORT)One = 2;'
expect 'a cast to another size is refused' 4 'another size than its operand' "$RING3" build bad --out=b
body 'ULONG One = 1; (LONG)One = 2; return Missing;'
expect 'a mistake beside an extension is told, and only that' 4 "undeclared identifier 'Missing'" "$RING3" build bad --out=b
grep -q 'error: assignment to cast' out && bad 'the extension is an error' || ok 'the extension is none'
printf '#include <ntddk.h>\nVOID Take(double Much);\nVOID Take(PVOID Much) { UNREFERENCED_PARAMETER(Much); }\n' >bad/bad.c
expect 'a parameter that goes in another register is refused' 4 "conflicting types for 'Take'" "$RING3" build bad --out=b
rm bad/bad.c
printf '#include <ntddk.h>\nextern "C" DRIVER_INITIALIZE DriverEntry;\nextern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) { ULONG One = 1; (LONG)One = 2; return One; }\n' >bad/bad.cpp
expect 'C++ has no such casts' 4 'assignment to cast is illegal' "$RING3" build bad --out=b
# Headers that sources name although ntddk.h brings what is in them, and the numbers of versions.
mkdir names
cat >names/main.c <<'C'
#include <sdkddkver.h>
#include <ntddk.h>
#include <ntpoapi.h>
#include <ioaccess.h>
#include <iointex.h>
#include <procgrp.h>
#include <nblapi.h>
#include <ndis/nbltimestamp.h>
#include <ndis/hashtypes.h>
#if OSVER(NTDDI_VERSION) != NTDDI_WIN10 || SPVER(NTDDI_WINXPSP2) != 2 || SUBVER(NTDDI_WIN10_CO) != 0xB
#error the numbers of versions
#endif
static VOID Unload(PDRIVER_OBJECT Driver) { UNREFERENCED_PARAMETER(Driver); }
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    WdmlibProcgrpInitialize();
    DbgPrint("%u processors\n", KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS));
    return STATUS_SUCCESS;
}
C
"$RING3" build names --out=named >log 2>&1 && "$RING3" run named/names.sys --cpus=2 --for=0s >log 2>&1 && grep -q '2 processors' log &&
    ok 'headers by their other names' || { bad 'headers by their other names'; head -n 8 log; }
finish
