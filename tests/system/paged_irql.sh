#!/bin/sh
# The first inline IRQL of a driver is read after DriverEntry, in a section that lies before a discarded one.
. tests/system/lib.sh
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || skip 'clang-19 or lld-19 is not installed'
mkdir -p "$TMP/paged"
for pad in 1 2; do      # one of them gives the code an odd length
    cat >"$TMP/paged/paged.c" <<C
#include <ntddk.h>

static KIRQL __declspec(noinline) PagedIrql(void);
#pragma alloc_text(PAGE, PagedIrql)
static KIRQL PagedIrql(void)
{
    KIRQL irql = (KIRQL)__readcr8();
    KeStallExecutionProcessor(1);
    __asm__ volatile(".fill $pad, 1, 0x90");
    return irql;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    for (ULONG i = 0; i < 20; i++)
        if (PagedIrql() != PASSIVE_LEVEL)
            DbgPrint("wrong\n");
    DbgPrint("read\n");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
C
    "$RING3" build "$TMP/paged" --out="$TMP/paged/out" --force >/dev/null 2>"$TMP/log"
    if timeout -k 5 20 "$RING3" run "$TMP/paged/out/paged.sys" --for=1ms >"$TMP/out" 2>&1 && grep -q 'paged: read' "$TMP/out" &&
       ! grep -q wrong "$TMP/out"; then
        ok "paged code reads the IRQL (padding $pad)"
    else
        bad "paged code reads the IRQL (padding $pad)"
        tail -n 10 "$TMP/log" "$TMP/out"
    fi
done
finish
