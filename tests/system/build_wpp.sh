#!/bin/sh
# ring3 build: a source that includes a .tmh gets one, and its messages come out with their arguments.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
mkdir -p "$TMP/traced"
cat >"$TMP/traced/trace.h" <<'C'
#define WPP_CONTROL_GUIDS \
    WPP_DEFINE_CONTROL_GUID(TracedGuid, (11111111, 2222, 3333, 4444, 555555555555), WPP_DEFINE_BIT(TRACE_ALL))
#define WPP_LEVEL_FLAGS_LOGGER(Level, Flags) WPP_LEVEL_LOGGER(Flags)
// begin_wpp config
// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
// FUNC TraceError{FLAG=TRACE_ALL}(MSG, ...);
// FUNC Broken(LEVEL
// end_wpp
C
cat >"$TMP/traced/traced.c" <<'C'
#include <ntddk.h>
#include "trace.h"
#include "traced.tmh"

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    DoTraceMessage(TRACE_ALL, "100%% of %d", 7);
    WPP_CLEANUP(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    DriverObject->DriverUnload = Unload;
    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_ALL, "%!FUNC! says %!STATUS! and %s", STATUS_PENDING, "text");
    TraceError("no arguments");
    return STATUS_SUCCESS;
}
C
expect 'a driver with trace messages is built' 0 'traced.sys' "$RING3" build "$TMP/traced" --out="$TMP/built"
expect 'a message of its own function comes out' 0 'DriverEntry says 0x00000103 and text' \
    "$RING3" run "$TMP/built/traced.sys" --for=1ms --log=debug
"$RING3" run "$TMP/built/traced.sys" --for=1ms --log=debug >"$TMP/log" 2>&1
if grep -q 'DriverEntry: no arguments' "$TMP/log" && grep -q 'Unload: 100% of 7' "$TMP/log"; then ok 'and the others'
else bad 'the others'; cat "$TMP/log"; fi
touch -d '2001-01-01' "$TMP/built/traced.tmh"
"$RING3" build "$TMP/traced" --out="$TMP/built" >/dev/null
if [ -n "$(find "$TMP/built/traced.tmh" -not -newermt 2002-01-01)" ]; then ok 'a .tmh that has not changed is left alone'
else bad 'the .tmh was written again'; fi

# What a project says: a scanned file elsewhere, messages with prefix and suffix, functions without a message.
mkdir -p "$TMP/proj/inc" "$TMP/proj/src" "$TMP/proj/pch"
cat >"$TMP/proj/inc/conf.h" <<'C'
#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(G, (11111111, 2222, 3333, 4444, 555555555555), WPP_DEFINE_BIT(ALL))
/* begin_wpp config
   FUNC Enter{LEVEL=TRACE_LEVEL_VERBOSE}(FLAGS);
   USESUFFIX (Enter, "==> %!FUNC!");
   FUNC Leave{LEVEL=TRACE_LEVEL_VERBOSE}(FLAGS, (RESULT));
   USEPREFIX (Leave, "%!STDPREFIX!<-- ");
   USESUFFIX (Leave, "with (%!STATUS!)", RESULT);
   FUNC Tell(NUMBER, MSG, ...);
   USEPREFIX (Tell, "[%d] ", NUMBER);
   end_wpp */
C
printf '#pragma once\n#include <ntddk.h>\n#include "conf.h"\n#define ANSWER 42\n' >"$TMP/proj/pch/precomp.h"
printf '#include "precomp.h"\n' >"$TMP/proj/pch/precompsrc.c"
cat >"$TMP/proj/src/proj.c" <<'C'
#include "precomp.h"
#include "proj.tmh"
static VOID Unload(PDRIVER_OBJECT DriverObject) { WPP_CLEANUP(DriverObject); }
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    DriverObject->DriverUnload = Unload;
    Enter(ALL);
    Tell(7, "of %s, %d", "many", ANSWER);
    Leave(ALL, STATUS_PENDING);
    return STATUS_SUCCESS;
}
C
cat >"$TMP/proj/proj.vcxproj" <<'X'
<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>
<ItemDefinitionGroup><ClCompile><WppEnabled>true</WppEnabled><WppScanConfigurationData>inc\conf.h</WppScanConfigurationData>
<AdditionalIncludeDirectories>inc</AdditionalIncludeDirectories><PrecompiledHeader>Use</PrecompiledHeader><PrecompiledHeaderFile>precomp.h</PrecompiledHeaderFile></ClCompile></ItemDefinitionGroup>
<ItemGroup><ClCompile Include="src\proj.c" /><ClCompile Include="pch\precompsrc.c"><PrecompiledHeader>Create</PrecompiledHeader></ClCompile></ItemGroup></Project>
X
expect 'a project whose configuration is scanned, with a precompiled header, is built' 0 'proj.sys' "$RING3" build "$TMP/proj/proj.vcxproj" --out="$TMP/projout"
"$RING3" run "$TMP/projout/proj.sys" --for=1ms --log=debug >"$TMP/log" 2>&1
for text in 'DriverEntry: ==> DriverEntry' 'DriverEntry: [7] of many, 42' 'DriverEntry: <-- with (0x00000103)'; do
    if grep -qF -- "$text" "$TMP/log"; then ok "it says '$text'"; else bad "it does not say '$text'"; grep proj "$TMP/log" | head -5 | sed 's/^/    /'; fi
done
finish
