#!/bin/sh
# ring3 build: assembler sources and message files of a project; what they define is there.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
command -v llvm-ml-19 >/dev/null || skip 'llvm-ml-19 is not installed'
command -v x86_64-w64-mingw32-windmc >/dev/null || skip 'windmc is not installed'
mkdir -p "$TMP/masm/inc"
cat >"$TMP/masm/masm.vcxproj" <<'X'
<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>
<ItemGroup><ClCompile Include="masm.c" /><MASM Include="add.asm"><PreprocessorDefinitions>BONUS=3;%(PreprocessorDefinitions)</PreprocessorDefinitions><IncludePaths>inc</IncludePaths></MASM><MessageCompile Include="events.mc" /></ItemGroup></Project>
X
cat >"$TMP/masm/inc/macros.inc" <<'X'
BASE_VALUE EQU 40
X
cat >"$TMP/masm/add.asm" <<'X'
include macros.inc
.data
counter dq 0
.code
PUBLIC AddTwo
AddTwo PROC FRAME
    sub rsp, 28h
    .allocstack 28h
    .endprolog
    mov eax, ecx
    add eax, edx
ifdef BONUS
    add eax, BONUS
endif
    add eax, BASE_VALUE
    inc counter
    add rsp, 28h
    ret
AddTwo ENDP
ReadCounter PROC
    mov rax, counter
    ret
ReadCounter ENDP
END
X
cat >"$TMP/masm/events.mc" <<'X'
MessageIdTypedef=NTSTATUS
SeverityNames=(Success=0x0:STATUS_SEVERITY_SUCCESS
               Error=0x3:STATUS_SEVERITY_ERROR)
FacilityNames=(System=0x0
               Mine=0x7:FACILITY_MINE)
LanguageNames=(English=0x409:MSG00409)

MessageId=0x0001 Facility=Mine Severity=Error SymbolicName=MINE_BROKEN
Language=English
The thing %2 is broken.
.
X
cat >"$TMP/masm/masm.c" <<'X'
#include <ntddk.h>
#include "events.h"
ULONG AddTwo(ULONG a, ULONG b);
ULONGLONG ReadCounter(VOID);
static VOID Unload(PDRIVER_OBJECT d) { (void)d; }
NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r)
{
    ULONG sum = AddTwo(1, 2);
    d->DriverUnload = Unload;
    DbgPrint("sum %lu counter %llu code %08lx\n", sum, ReadCounter(), (ULONG)MINE_BROKEN);
    return STATUS_SUCCESS;
}
X
expect 'a project with an assembler source and a message file is built' 0 'masm.sys' "$RING3" build "$TMP/masm/masm.vcxproj" --out="$TMP/built"
expect 'its function, its include file, its define and its message are there' 0 'sum 46 counter 1 code c0070001' "$RING3" run "$TMP/built/masm.sys" --for=1ms --log=info
sed -i 's/BONUS=3;//' "$TMP/masm/masm.vcxproj"
"$RING3" build "$TMP/masm/masm.vcxproj" --out="$TMP/built" >/dev/null
expect 'another define assembles it again' 0 'sum 43' "$RING3" run "$TMP/built/masm.sys" --for=1ms --log=info
printf '.code\nnonsense eax, 1\nend\n' >"$TMP/masm/add.asm"
expect 'an error is told with file and line' 4 'add.asm:2:' "$RING3" build "$TMP/masm/masm.vcxproj" --out="$TMP/built"
finish
