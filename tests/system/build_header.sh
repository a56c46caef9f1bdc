#!/usr/bin/env bash
# ring3 build: a project's precompiled header is made once when enough sources use it, is made again when it changes, and one that
# clang cannot precompile is included.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
mkdir -p p/inc
printf '#pragma once\n#include <ntifs.h>\n#include <ndis.h>\n#include "answer.h"\n' >p/inc/precomp.h
echo '#define ANSWER 42' >p/inc/answer.h
echo '#include "precomp.h"' >p/precompsrc.c
for n in 1 2 3 4 5 6; do
    printf '#include "precomp.h"\nint Part%d(void);\nint Part%d(void) { return ANSWER + %d; }\n' $n $n $n >p/part$n.c
done
cat >p/main.c <<'C'
#include "precomp.h"
int Part1(void), Part6(void);
static VOID Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = Unload;
    DbgPrint("parts %d %d\n", Part1(), Part6());
    return STATUS_SUCCESS;
}
C
cat >p/p.vcxproj <<'X'
<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>
<ItemDefinitionGroup><ClCompile><AdditionalIncludeDirectories>inc</AdditionalIncludeDirectories><PrecompiledHeader>Use</PrecompiledHeader>
<PrecompiledHeaderFile>precomp.h</PrecompiledHeaderFile></ClCompile></ItemDefinitionGroup>
<ItemGroup><ClCompile Include="main.c;part*.c" /><ClCompile Include="precompsrc.c"><PrecompiledHeader>Create</PrecompiledHeader></ClCompile></ItemGroup></Project>
X
build() { "$RING3" build p/p.vcxproj --out=o "$@" >log 2>&1; }
build && [ -s o/header-1.pch ] && grep -q include-pch o/part1.obj.args && ok 'the header is precompiled' || { bad 'the header is not precompiled'; tail -5 log; }
expect 'and the driver has what it says' 0 'parts 43 48' "$RING3" run o/p.sys --for=1ms
before=$(stat -c %y o/p.sys o/header-1.pch)
build && [ "$(stat -c %y o/p.sys o/header-1.pch)" = "$before" ] && ok 'nothing is made again without need' || bad 'it is made again without need'
sleep 0.02
echo '#define ANSWER 50' >p/inc/answer.h
build || { bad 'a changed header stops the build'; tail -5 log; }
expect 'what the header includes is followed' 0 'parts 51 56' "$RING3" run o/p.sys --for=1ms
sleep 0.02
printf '#include "precomp.h"\nint Part1(void);\nint Part1(void) { return ANSWER * oops; }\n' >p/part1.c
! build && grep -q 'part1.c:3.*oops' log && [ "$(grep -c 'part1.c:3' log)" -le 1 ] && ok 'an error is told once, with its line' || { bad 'an error is not told once'; cat log; }
printf '#include "precomp.h"\nint Part1(void);\nint Part1(void) { return ANSWER + 1; }\n' >p/part1.c
printf '/* "precomp.h"\n#include "precomp.h" */\n#define PART 1000\nthis is no C\n#include <PreComp.h>\n#include "own.h"\n#ifndef PART\n#define PART 1\n#endif\nint Part1(void);\nint Part1(void) { return ANSWER + PART + OWN + __LINE__ - 11; }\n' >p/part1.c
echo '#define OWN 0' >p/own.h
build && ok 'text before the header is passed over' || { bad 'text before the header is not passed over'; tail -5 log; }
expect 'and lines keep their numbers' 0 'parts 51 56' "$RING3" run o/p.sys --for=1ms
sed -i 's/__LINE__ - 11/oops/' p/part1.c
! build && grep -q 'p/part1.c:11:.*oops' log && ok 'as errors do' || { bad 'errors do not'; cat log; }
printf '// comments only\n/* of both kinds */\n#include "precomp.h"\nint Part1(void);\nint Part1(void) { return ANSWER + 1; }\n' >p/part1.c
build && [ ! -e o/copies/part1.c ] || grep -q 'p/part1.c' o/part1.obj.args && ok 'comments before it are none' || bad 'comments before it make a copy'
printf 'struct only_once { int x; };\n#include <ntifs.h>\n#include "answer.h"\n' >p/inc/precomp.h
build && ok 'a header that may be included only once does no harm' || { bad 'a header that may be included only once does harm'; tail -5 log; }
expect 'and the driver is the same' 0 'parts 51 56' "$RING3" run o/p.sys --for=1ms
printf '#pragma once\n#include <ntifs.h>\n#include "answer.h"\nint Odd(int x);\n#define Odd 5 +\nint Odd(int x);\n' >p/inc/precomp.h
! build && grep -q 'precomp.h:6' log && ok 'what is wrong in a header is told with its line' || { bad 'what is wrong in a header is not told'; tail -5 log; }
finish
