/* Times the primitives every driver stands on, and prints nanoseconds per operation through DbgPrint:
 * `corebench NAME VALUE`. Runs in DriverEntry; nothing stays behind but the driver itself. */
#include <wdm.h>

#define ROUNDS 2000000
#define REPEATS 5

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

typedef VOID OPERATION(ULONG Rounds);

static volatile LONG Sink;
static KSPIN_LOCK Lock;
static KEVENT Event;
static NPAGED_LOOKASIDE_LIST Lookaside;
static KDPC Dpc;

static DECLSPEC_NOINLINE LONG PlainFunction(PKEVENT Target)
{
    Sink = Target->Header.SignalState;
    return Sink;
}

static VOID PlainCall(ULONG Rounds)
{
    LONG (*volatile call)(PKEVENT) = PlainFunction;

    while (Rounds--)
        call(&Event);
}

static VOID ExportCall(ULONG Rounds)
{
    while (Rounds--)
        KeReadStateEvent(&Event);
}

static VOID SpinLock(ULONG Rounds)
{
    KIRQL oldIrql;

    while (Rounds--) {
        KeAcquireSpinLock(&Lock, &oldIrql);
        KeReleaseSpinLock(&Lock, oldIrql);
    }
}

static VOID SpinLockAtDpc(ULONG Rounds)
{
    while (Rounds--) {
        KeAcquireSpinLockAtDpcLevel(&Lock);
        KeReleaseSpinLockFromDpcLevel(&Lock);
    }
}

static VOID RaiseAndLower(ULONG Rounds)
{
    KIRQL oldIrql;

    while (Rounds--) {
        KeRaiseIrql(DISPATCH_LEVEL, &oldIrql);
        KeLowerIrql(oldIrql);
    }
}

static VOID SetEvent(ULONG Rounds)
{
    while (Rounds--)
        KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
}

static VOID PoolSmall(ULONG Rounds)
{
    while (Rounds--) {
        PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 64, 'hcnB');
        if (block != NULL)
            ExFreePoolWithTag(block, 'hcnB');
    }
}

static VOID LookasidePair(ULONG Rounds)
{
    while (Rounds--) {
        PVOID block = ExAllocateFromNPagedLookasideList(&Lookaside);
        if (block != NULL)
            ExFreeToNPagedLookasideList(&Lookaside, block);
    }
}

static VOID CountDpc(PKDPC ThisDpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(ThisDpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Sink++;
}

static VOID QueueDpc(ULONG Rounds)
{
    while (Rounds--)
        KeInsertQueueDpc(&Dpc, NULL, NULL);
}

/* The best of REPEATS runs, in hundredths of a nanosecond for one operation. */
static ULONGLONG Measure(OPERATION *Operation, ULONG Rounds)
{
    LARGE_INTEGER frequency;
    ULONGLONG best = ~0ull;

    for (ULONG i = 0; i < REPEATS; i++) {
        LONGLONG start = KeQueryPerformanceCounter(&frequency).QuadPart;
        Operation(Rounds);
        ULONGLONG ticks = (ULONGLONG)(KeQueryPerformanceCounter(NULL).QuadPart - start);
        ULONGLONG each = ticks * 1000000000ull / (ULONGLONG)frequency.QuadPart * 100 / Rounds;
        if (each < best)
            best = each;
    }
    return best;
}

static VOID Report(PCSTR Name, OPERATION *Operation, ULONG Rounds)
{
    ULONGLONG each = Measure(Operation, Rounds);

    DbgPrint("corebench %s %I64u.%02I64u\n", Name, each / 100, each % 100);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KIRQL oldIrql;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeSpinLock(&Lock);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeInitializeDpc(&Dpc, CountDpc, NULL);
    ExInitializeNPagedLookasideList(&Lookaside, NULL, NULL, 0, 64, 'hcnB', 0);

    Report("plain-call", PlainCall, ROUNDS);
    Report("export-call", ExportCall, ROUNDS);
    Report("spin-lock", SpinLock, ROUNDS);
    KeRaiseIrql(DISPATCH_LEVEL, &oldIrql);
    Report("spin-lock-at-dpc", SpinLockAtDpc, ROUNDS);
    KeLowerIrql(oldIrql);
    Report("raise-lower-irql", RaiseAndLower, ROUNDS);
    Report("set-event", SetEvent, ROUNDS);
    Report("pool-64", PoolSmall, ROUNDS / 4);
    Report("lookaside-64", LookasidePair, ROUNDS);
    Report("dpc", QueueDpc, ROUNDS / 4);

    ExDeleteNPagedLookasideList(&Lookaside);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
