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
"$RING3" run "$TMP/projout/proj.sys" --for=1ms --log=trace >"$TMP/log" 2>&1
for text in 'DriverEntry: ==> DriverEntry' 'DriverEntry: [7] of many, 42' 'DriverEntry: <-- with (0x00000103)'; do
    if grep -qF -- "$text" "$TMP/log"; then ok "it says '$text'"; else bad "it does not say '$text'"; grep proj "$TMP/log" | head -5 | sed 's/^/    /'; fi
done

# Levels and flags: the log decides the level, a session in the registry decides both. The conditions are those of the functions' parameters.
mkdir -p "$TMP/levels"
cat >"$TMP/levels/levels.h" <<'C'
#define WPP_CONTROL_GUIDS \
    WPP_DEFINE_CONTROL_GUID(First, (0a1b2c3d, 1e5f, 2222, 9abc, 0123456789ab), WPP_DEFINE_BIT(INIT) WPP_DEFINE_BIT(DATA)) \
    WPP_DEFINE_CONTROL_GUID(Second, (aaaaaaaa, bbbb, cccc, dddd, eeeeeeeeeeee), WPP_DEFINE_BIT(OTHER))
#define WPP_LEVEL_FLAGS_ENABLED(lvl, flags) (WPP_LEVEL_ENABLED(flags) && WPP_CONTROL(WPP_BIT_ ## flags).Level >= lvl)
#define WPP_LEVEL_FLAGS_LOGGER(lvl, flags) WPP_LEVEL_LOGGER(flags)
#define WPP_COUNT_FLAGS_ENABLED(count, flags) (WPP_FLAG_ENABLED(flags) && (count) > 2)
#define WPP_COUNT_FLAGS_PRE(count, flags) do { before++;
#define WPP_COUNT_FLAGS_POST(count, flags) ; } while (0)
// begin_wpp config
// FUNC Loud{LEVEL=TRACE_LEVEL_ERROR}(FLAGS, MSG, ...);
// FUNC Many(COUNT, FLAGS, MSG, ...);
// end_wpp
C
cat >"$TMP/levels/levels.c" <<'C'
#include <ntddk.h>
#include "levels.h"
#include "levels.tmh"
static int before;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    WPP_CLEANUP(DriverObject);
    Loud(INIT, "after the end");
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Loud(INIT, "before the beginning");
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    DriverObject->DriverUnload = Unload;
    Loud(INIT, "loud init");
    Loud(OTHER, "loud other");
    TraceEvents(TRACE_LEVEL_WARNING, DATA, "warning %d", 1);
    TraceEvents(TRACE_LEVEL_INFORMATION, DATA, "information");
    TraceEvents(TRACE_LEVEL_VERBOSE, INIT, "verbose");
    DoTraceMessage(DATA, "by flag");
    Many(2, DATA, "few");
    Many(3, DATA, "many");
    DbgPrint("bits %d %d %x, %d\n", WPP_BIT_INIT, WPP_BIT_DATA, WPP_BIT_OTHER, before);
    return STATUS_SUCCESS;
}
C
cat >"$TMP/levels/levels.vcxproj" <<'X'
<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>
<ItemDefinitionGroup><ClCompile><WppEnabled>true</WppEnabled><WppAdditionalOptions>-func:TraceEvents(LEVEL, FLAGS, MSG, ...) -km</WppAdditionalOptions></ClCompile></ItemDefinitionGroup>
<ItemGroup><ClCompile Include="levels.c" /></ItemGroup></Project>
X
expect 'functions of the command line, braces, own conditions, PRE and POST are understood' 0 'levels.sys' "$RING3" build "$TMP/levels/levels.vcxproj" --out="$TMP/levelsout"
says() {    # SENTENCE WANTED OPTIONS...: the messages that come out, in their order
    "$RING3" run "$TMP/levelsout/levels.sys" --for=1ms "$@" >"$TMP/log" 2>&1
    grep -o 'DriverEntry: .*\|Unload: .*' "$TMP/log" | sed 's/^[A-Za-z]*: //' | paste -sd, -
}
same() {
    if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: '$2', expected '$3'"; fi
}
same 'an error log has errors' "$(says --log=error)" 'loud init,loud other'
same 'an ordinary log has warnings, too' "$(says --log=info)" 'loud init,loud other,warning 1'
grep -q 'bits 0 1 10000, 2' "$TMP/log" && ok 'bits have their places' || bad "bits have other places: $(grep bits "$TMP/log")"
same 'a debug log has information and what has only a flag' "$(says --log=debug)" 'loud init,loud other,warning 1,information,by flag,many'
same 'a trace log has all' "$(says --log=trace)" 'loud init,loud other,warning 1,information,verbose,by flag,many'
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\WMI\\Autologger\\Mine\\{0A1B2C3D-1E5F-2222-9ABC-0123456789AB}]\r\n"Enabled"=dword:1\r\n"EnableLevel"=dword:4\r\n"EnableFlags"=dword:2\r\n' >"$TMP/one.reg"
same 'a session chooses flags and level of its provider' "$(says --log=trace --reg="$TMP/one.reg")" 'loud other,warning 1,information,by flag,many'
sed -i 's/"Enabled"=dword:1/"Enabled"=dword:0/' "$TMP/one.reg"
same 'a provider that a session turns off is off' "$(says --log=trace --reg="$TMP/one.reg")" 'loud other'
mkdir -p "$TMP/recorder"
cat >"$TMP/recorder/recorder.c" <<'C'
#include <ntddk.h>
#include <WppRecorder.h>
#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(Rec, (0a1b2c3d,1e5f,2222,9abc,0123456789ac), WPP_DEFINE_BIT(DRIVER) WPP_DEFINE_BIT(DEVICE))
// begin_wpp config
// FUNC KdPrint{LEVEL=TRACE_LEVEL_ERROR, FLAGS=DRIVER}((MSG, ...));
// FUNC Hexdump((LEVEL, FLAGS, MSG, ...));
// FUNC PrintDevice{LEVEL=TRACE_LEVEL_ERROR, FLAGS=DEVICE}(IFRLOG, MSG, ...);
// end_wpp
#include "recorder.tmh"
static RECORDER_LOG log;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    WppRecorderLogDelete(log);
    WPP_CLEANUP(DriverObject);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    RECORDER_CONFIGURE_PARAMS configure;
    RECORDER_LOG_CREATE_PARAMS create;
    NTSTATUS status;

    WPP_INIT_TRACING(DriverObject, RegistryPath);
    WPP_SYSTEMCONTROL(DriverObject);
    RECORDER_CONFIGURE_PARAMS_INIT(&configure);
    configure.CreateDefaultLog = FALSE;
    WppRecorderConfigure(&configure);
    RECORDER_LOG_CREATE_PARAMS_INIT(&create, "a name longer than it may be");
    create.TotalBufferSize = 1024;
    create.UseTimeStamp = WppRecorderTrue;
    status = WppRecorderLogCreate(&create, &log);
    if (!NT_SUCCESS(status))
        return status;
    DriverObject->DriverUnload = Unload;
    KdPrint(("doubled %d %s", WppRecorderIsDefaultLogAvailable(), create.LogIdentifier));
    Hexdump((TRACE_LEVEL_ERROR, DEVICE, "levels, too %d", 2));
    PrintDevice(log, "to a log %!STATUS!", status);
    return STATUS_SUCCESS;
}
C
cat >"$TMP/recorder/recorder.vcxproj" <<'X'
<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>
<ItemDefinitionGroup><ClCompile><WppEnabled>true</WppEnabled><WppRecorderEnabled>true</WppRecorderEnabled></ClCompile></ItemDefinitionGroup>
<ItemGroup><ClCompile Include="recorder.c" /></ItemGroup></Project>
X
expect 'functions with doubled parentheses and recorder logs are understood' 0 'recorder.sys' "$RING3" build "$TMP/recorder/recorder.vcxproj" --out="$TMP/recorderout"
"$RING3" run "$TMP/recorderout/recorder.sys" --for=1ms >"$TMP/log" 2>&1
same 'and say what they say' "$(grep -o 'DriverEntry: .*' "$TMP/log" | sed 's/^[A-Za-z]*: //' | paste -sd,)" 'doubled 0 a name longer t,levels, too 2,to a log 0x00000000'
grep -q 'left over: 0 bytes' "$TMP/log" && ok 'a log is given back' || bad "a log is left: $(tail -2 "$TMP/log")"
finish
