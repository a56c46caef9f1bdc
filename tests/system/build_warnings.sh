#!/usr/bin/env bash
# WarningLevel, TreatWarningAsError, DisableSpecificWarnings, as far as clang's warnings are cl's; and files that assembler sources and resource scripts include.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
mkdir w
source() {      # PRAGMA
    cat >w/w.c <<C
#include <ntddk.h>
$1
static int Odd(int unused) { int value; return value; }
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) { return driver && path && Odd(1) == 77 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; }
C
}
project() {     # METADATA
    cat >w/w.vcxproj <<X
<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>
<ItemDefinitionGroup><ClCompile>$1</ClCompile></ItemDefinitionGroup><ItemGroup><ClCompile Include="w.c" /></ItemGroup></Project>
X
    "$RING3" build w/w.vcxproj --out=wo >w.log 2>&1
}
says() { grep -q -- "$1" w.log; }
source ''
project '' && says 'Wuninitialized' && ! says 'Wunused-parameter' && ok 'a project that says nothing gets warnings' || { bad 'a project that says nothing'; cat w.log; }
project '<WarningLevel>Level4</WarningLevel>' && says 'Wuninitialized' && says 'Wunused-parameter' && ok 'level 4 says what is only there' || { bad 'level 4'; cat w.log; }
project '<WarningLevel>Level3</WarningLevel>' && says 'Wuninitialized' && ! says 'Wunused-parameter' && ok 'level 3 does not' || { bad 'level 3'; cat w.log; }
project '<WarningLevel>TurnOffAllWarnings</WarningLevel>' && ! says 'warning' && ok 'no warnings are none' || { bad 'no warnings'; cat w.log; }
! project '<WarningLevel>Level3</WarningLevel><TreatWarningAsError>true</TreatWarningAsError>' && says 'error: .*Wuninitialized' && ok 'warnings are errors' || { bad 'warnings are no errors'; cat w.log; }
project '<WarningLevel>Level3</WarningLevel><TreatWarningAsError>true</TreatWarningAsError><DisableSpecificWarnings>4700;4201</DisableSpecificWarnings>' && ! says uninitialized && ok 'one that is disabled is none' || { bad 'one that is disabled'; cat w.log; }
! project '<WarningLevel>Level4</WarningLevel><TreatSpecificWarningsAsErrors>4100</TreatSpecificWarningsAsErrors>' && says 'error: .*Wunused-parameter' && says 'warning: .*Wuninitialized' && ok 'one alone can be an error' || { bad 'one alone'; cat w.log; }
source '#pragma warning(disable: 4700 4100)'
project '<WarningLevel>Level4</WarningLevel><TreatWarningAsError>true</TreatWarningAsError>' && ! says uninitialized && ok 'the source can disable it, too' || { bad 'the source cannot disable it'; cat w.log; }

# A forced header, by its place.
mkdir -p w/sub
echo '#define FORCED 1' >w/sub/Forced.h
printf '#include <ntddk.h>\n#if FORCED != 1\n#error not forced\n#endif\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { return d && p ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; }\n' >w/w.c
project '<ForcedIncludeFiles>sub\forced.h</ForcedIncludeFiles>' && ok 'a forced header is found by its place' || { bad 'a forced header'; cat w.log; }

command -v llvm-ml-19 >/dev/null || { echo 'skip: llvm-ml-19 is not installed'; finish; }
mkdir -p m/inc
printf 'include values.inc\n.code\nValue PROC\n mov eax, FIRST + SECOND\n ret\nValue ENDP\nEND\n' >m/value.asm
printf 'include <deep.inc>\nFIRST EQU 1\n' >m/inc/values.inc
printf 'SECOND EQU 2\n' >m/inc/deep.inc
printf '#include <ntddk.h>\nint Value(void);\nstatic VOID Unload(PDRIVER_OBJECT d) { UNREFERENCED_PARAMETER(d); }\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p)\n{\n UNREFERENCED_PARAMETER(p);\n d->DriverUnload = Unload;\n DbgPrint("value %%d\\n", Value());\n return STATUS_SUCCESS;\n}\n' >m/m.c
printf 'include = inc\n' >m/ring3.build
expect 'an assembler source with includes is built' 0 'm.sys' "$RING3" build m --out=mo
expect 'it has what they say' 0 'value 3' "$RING3" run mo/m.sys --for=1ms
sleep 0.02
printf 'SECOND EQU 40\n' >m/inc/deep.inc
"$RING3" build m --out=mo >/dev/null
expect 'a changed include of an include is noticed' 0 'value 41' "$RING3" run mo/m.sys --for=1ms
before=$(stat -c %y mo/m.sys)
"$RING3" build m --out=mo >/dev/null
[ "$(stat -c %y mo/m.sys)" = "$before" ] && ok 'an unchanged one is not built again' || bad 'an unchanged one is built again'
command -v llvm-rc-19 >/dev/null || finish
printf '#include "text.h"\nSTRINGTABLE BEGIN 1 TEXT END\n' >m/m.rc
echo '#define TEXT "first words"' >m/inc/text.h
"$RING3" build m --out=mo >/dev/null && strings -el mo/m.sys | grep -q 'first words' || bad 'a resource script with an include is not built'
sleep 0.02
echo '#define TEXT "other words"' >m/inc/text.h
"$RING3" build m --out=mo >/dev/null
strings -el mo/m.sys | grep -q 'other words' && ok 'a changed include of a resource script is noticed' || bad 'a changed include of a resource script is not noticed'
finish
