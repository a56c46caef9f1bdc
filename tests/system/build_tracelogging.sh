#!/bin/sh
# ring3 build: drivers with TraceLogging's macros, in C and in C++; their events come out in the log with names and values.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
mkdir -p "$TMP/tlg" "$TMP/tlgxx"
cat >"$TMP/tlg/trace.h" <<'C'
#include <ntddk.h>
#include <TraceLoggingProvider.h>
TRACELOGGING_DECLARE_PROVIDER(Provider);
VOID Elsewhere(VOID);
C
cat >"$TMP/tlg/elsewhere.c" <<'C'
#include "trace.h"
VOID Elsewhere(VOID)
{
    TraceLoggingWrite(Provider, "Bare");
    TraceLoggingWrite(Provider, "Attributes only", TraceLoggingLevel(2), TraceLoggingKeyword(0x10), TraceLoggingDescription("of nothing"));
}
C
cat >"$TMP/tlg/driver.c" <<'C'
#include "trace.h"
TRACELOGGING_DEFINE_PROVIDER(Provider, "Test.Provider", (0x11111111, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55));

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    TraceLoggingWrite(Provider, "Goodbye", TraceLoggingBoolean(TRUE, "clean"));
    TraceLoggingUnregister(Provider);
    TraceLoggingWrite(Provider, "Too late");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UCHAR bytes[] = { 1, 2, 254 };
    static const INT32 numbers[] = { -1, 20, 300 };
    static const GUID guid = { 0x01020304, 0x0506, 0x0708, { 9, 10, 11, 12, 13, 14, 15, 16 } };
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"wide");
    INT32 count = -7;

    DriverObject->DriverUnload = Unload;
    TraceLoggingWrite(Provider, "Before anybody listens");
    if (!NT_SUCCESS(TraceLoggingRegister(Provider)))
        return STATUS_UNSUCCESSFUL;
    TraceLoggingWrite(Provider, "Numbers", TraceLoggingLevel(4), TraceLoggingInt32(count), TraceLoggingUInt8(200, "small"),
                      TraceLoggingHexUInt64(0x123456789ull, "hex", "in sixteens"), TraceLoggingNTStatus(STATUS_PENDING, "status"),
                      TraceLoggingPointer((PVOID)0x1000, "pointer"), TraceLoggingInt64(-5000000000ll, "long"));
    TraceLoggingWrite(Provider, "Texts", TraceLoggingString("narrow", "s"), TraceLoggingWideString(L"\u00fcber", "w"), TraceLoggingUnicodeString(&name, "u"),
                      TraceLoggingCountedString("four and more", 4, "c"), TraceLoggingString(NULL, "none"));
    TraceLoggingWrite(Provider, "Others", TraceLoggingBinary(bytes, sizeof(bytes), "b"), TraceLoggingInt32FixedArray(numbers, 3, "a"),
                      TraceLoggingGuid(guid, "g"), TraceLoggingStruct(2, "both"), TraceLoggingUInt16(1, "x"), TraceLoggingUInt16(2, "y"), TraceLoggingUInt16(3, "z"));
    TraceLoggingWrite(Provider, "Chosen", TraceLoggingValue(count), TraceLoggingValue("text", "t"), TraceLoggingValue((UCHAR)9, "n"));
    if (TraceLoggingProviderEnabled(Provider, 5, 0))
        Elsewhere();
    return STATUS_SUCCESS;
}
C
run() { "$RING3" run "$TMP/$1/$2.sys" --for=1ms --log=debug; }
expect 'a driver with trace macros is built' 0 'tlg.sys' "$RING3" build "$TMP/tlg" --out="$TMP/built"
run built tlg >"$TMP/log" 2>&1
line() { if grep -qF -- "$2" "$TMP/log"; then ok "$1"; else bad "$1: no '$2' in:"; grep -F Test.Provider "$TMP/log" | sed 's/^/    /'; fi; }
line 'numbers come out as they are shown' 'Test.Provider: Numbers: count=-7 small=200 hex=0x123456789 status=0x103 pointer=0x1000 long=-5000000000'
line 'texts, counted and not' 'Texts: s="narrow" w="über" u="wide" c="four" none=""'
line 'bytes, arrays, identifiers and structures' 'Others: b=0102fe a=[-1,20,300] g={01020304-0506-0708-090a-0b0c0d0e0f10} both={ x=1 y=2 } z=3'
line 'a value chooses its kind' 'Chosen: count=-7 t="text" n=9'
line 'an event of another file without fields' 'Test.Provider: Bare:'
line 'one with attributes only' 'Attributes only:'
line 'one while it unloads' 'Goodbye: clean=TRUE'
if grep -qE 'Before anybody|Too late' "$TMP/log"; then bad 'events outside registration'; else ok 'none outside registration'; fi
"$RING3" run "$TMP/built/tlg.sys" --for=1ms --log=info >"$TMP/log" 2>&1
if grep -q 'Test.Provider' "$TMP/log"; then bad 'nobody listens at another level'; else ok 'nobody listens at another level'; fi

cat >"$TMP/tlgxx/driver.cpp" <<'C'
#include <ntddk.h>
#include <TraceLoggingProvider.h>
TRACELOGGING_DEFINE_PROVIDER(Provider, "Test.PlusPlus", (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), TraceLoggingOptionGroup(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
static VOID Unload(PDRIVER_OBJECT) { TraceLoggingUnregister(Provider); }
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING)
{
    ULONG size = 12;
    bool good = true;

    DriverObject->DriverUnload = Unload;
    NTSTATUS status = TraceLoggingRegister(Provider);
    TraceLoggingWrite(Provider, "Chosen", TraceLoggingValue(size), TraceLoggingValue(good, "good"), TraceLoggingValue(L"wide", "w"), TraceLoggingInt32(5, "five"));
    return status;
}
C
expect 'C++ is built, too' 0 'tlgxx.sys' "$RING3" build "$TMP/tlgxx" --out="$TMP/builtxx"
expect 'and its events come out' 0 'Test.PlusPlus: Chosen: size=12 good=TRUE w="wide" five=5' run builtxx tlgxx
finish
