#!/bin/sh
# A driver built as with cl: clang's cl driver in its hosted mode, its own headers before the SDK's, /kernel /GS /guard:cf, and lld-link.
. tests/system/lib.sh
needs "$BUILD/sdk/lib/ntoskrnl.lib"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || skip 'clang-19 and lld-19 are not installed'
cat >"$TMP/cl.c" <<'C'
#include <ntifs.h>
#include <wdm.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdlib.h>
#include <ntstrsafe.h>

static jmp_buf back;
static DRIVER_UNLOAD Unload;

static VOID Unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    DbgPrint("cl goodbye\n");
}

static __declspec(noinline) ULONG Sum(ULONG count)
{
    ULONG *on_stack = (ULONG *)_alloca(count * sizeof(ULONG)), sum = 0, i;

    for (i = 0; i < count; i++)
        on_stack[i] = i;
    for (i = 0; i < count; i++)
        sum += on_stack[i];
    return sum;
}

static __declspec(noinline) int Jump(int value)
{
    longjmp(back, value);
}

static volatile int *volatile nowhere = (int *)16;
static wint_t letter = L'r';
static errno_t error;

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    CHAR text[40];
    volatile int jumped = setjmp(back);

    UNREFERENCED_PARAMETER(path);
    if (jumped == 0)
        Jump(7);
    if (!NT_SUCCESS(RtlStringCbPrintfA(text, sizeof text, "cl %lu %d %c %d", Sum(3000), jumped, letter, error)))
        return STATUS_UNSUCCESSFUL;
    __try {
        *nowhere = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("%s caught\n", text);
    }
    driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
C
sdk=$BUILD/sdk
clang-19 --driver-mode=cl --target=x86_64-pc-windows-msvc /nologo /c /kernel /GS /guard:cf -Xclang -fasync-exceptions -Xclang -fexceptions /Zi /O2 /W4 /WX /D_AMD64_ /D_WIN64 /DNTDDI_VERSION=0x0A00000C /X \
    /imsvc "$sdk/include" /imsvc "$sdk/include/crt" -Wno-unused-command-line-argument "/Fo$TMP/cl.obj" "$TMP/cl.c" >"$TMP/log" 2>&1 &&
    lld-link-19 /nologo /driver /kernel /subsystem:native /entry:GsDriverEntry /nodefaultlib /guard:cf /WX "/out:$TMP/cl.sys" "$TMP/cl.obj" \
        "$sdk/lib/ring3drv.lib" "$sdk/lib/ntoskrnl.lib" "$sdk/lib/hal.lib" >>"$TMP/log" 2>&1 && ok 'it builds without a warning' || { bad 'it does not build without a warning'; cat "$TMP/log"; }
expect 'and runs' 0 'cl 4498500 7 r 0 caught' "$RING3" run "$TMP/cl.sys" --for=1ms
if command -v llvm-readobj-19 >/dev/null; then
    expect 'its load configuration says that it is guarded' 0 'CF_INSTRUMENTED' llvm-readobj-19 --coff-load-config "$TMP/cl.sys"
fi
finish
