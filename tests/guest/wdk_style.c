/* A source as written for the WDK, in one file: includes, pragmas, annotations old and new, role types, macros and inline
 * functions. What counts is that it compiles, as C here and as C++ in tests/system/sdk_cplusplus.sh; one case looks at
 * what the macros made. Nothing below the line is ever called. */
#include "testing.h"
#include <ntifs.h>
#include <ntddk.h>
#include <wdm.h>
#include <initguid.h>
#include <ntstrsafe.h>
#include <ntintsafe.h>
#include <wdmsec.h>
#include <wdmguid.h>
#include <wmilib.h>
#include <wmistr.h>
#include <evntrace.h>
#include <devioctl.h>
#include <dontuse.h>
#include <suppress.h>
#include <driverspecs.h>
#include <poclass.h>
#include <ndisguid.h>
#include <devpkey.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#pragma warning(disable:4201)
#pragma warning(push)
#pragma warning(disable:4214 4100)
#pragma prefast(disable:28110, "an analyser's business")

EXTERN_C_START
DRIVER_INITIALIZE EntryOnce;
DRIVER_UNLOAD UnloadPaged;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH DispatchControl;
EXTERN_C_END
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH DispatchCreate;
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH_PAGED DispatchRead;
DRIVER_ADD_DEVICE AddDevice;
DRIVER_STARTIO StartIo;
DRIVER_CANCEL CancelRoutine;
IO_COMPLETION_ROUTINE Completion;
IO_WORKITEM_ROUTINE WorkItem;
IO_WORKITEM_ROUTINE_EX WorkItemEx;
IO_DPC_ROUTINE DpcForIsr;
KDEFERRED_ROUTINE CustomDpc;
KSTART_ROUTINE ThreadProc;
KSERVICE_ROUTINE Isr;
KMESSAGE_SERVICE_ROUTINE MsgIsr;
KSYNCHRONIZE_ROUTINE SyncRoutine;
IO_CSQ_INSERT_IRP CsqInsert;
IO_CSQ_INSERT_IRP_EX CsqInsertEx;
IO_CSQ_REMOVE_IRP CsqRemove;
IO_CSQ_PEEK_NEXT_IRP CsqPeek;
IO_CSQ_ACQUIRE_LOCK CsqAcquire;
IO_CSQ_RELEASE_LOCK CsqRelease;
IO_CSQ_COMPLETE_CANCELED_IRP CsqComplete;
REQUEST_POWER_COMPLETE PowerComplete;
DRIVER_NOTIFICATION_CALLBACK_ROUTINE NotifyRoutine;
RTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
DRIVER_LIST_CONTROL ListControl;
DRIVER_CONTROL AdapterControl;
DRIVER_REINITIALIZE Reinit;
IO_TIMER_ROUTINE TimerRoutine;
EXT_CALLBACK ExtCallback;
CALLBACK_FUNCTION PowerStateCallback;
POWER_SETTING_CALLBACK SettingCallback;
KBUGCHECK_CALLBACK_ROUTINE BugcheckCb;
KBUGCHECK_REASON_CALLBACK_ROUTINE BugcheckReason;
KIPI_BROADCAST_WORKER IpiWorker;
PROCESSOR_CALLBACK_FUNCTION ProcCallback;
ALLOCATE_FUNCTION_EX AllocEx;
FREE_FUNCTION_EX FreeEx;
WORKER_THREAD_ROUTINE ExWorker;
RTL_AVL_COMPARE_ROUTINE AvlCompare;
RTL_AVL_ALLOCATE_ROUTINE AvlAllocate;
RTL_AVL_FREE_ROUTINE AvlFree;
RTL_GENERIC_COMPARE_ROUTINE GenCompare;
EX_CALLBACK_FUNCTION RegCallback;
WMI_QUERY_REGINFO_CALLBACK QueryRegInfo;
PCREATE_PROCESS_NOTIFY_ROUTINE_EX procNotify;
PLOAD_IMAGE_NOTIFY_ROUTINE imgNotify;
ETWENABLECALLBACK EtwCb;
RTL_RUN_ONCE_INIT_FN OnceInit;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, EntryOnce)
#pragma alloc_text(PAGE, UnloadPaged)
#pragma alloc_text(PAGE, DispatchControl)
#endif
#pragma code_seg("PAGE")
#pragma code_seg()
#pragma data_seg("PAGEDATA")
static ULONG g_paged = 1;
#pragma data_seg()

#define TAG 'tseT'
#define DRIVER_NAME_A "test"
#define IOCTL_TEST_A CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_TEST_B CTL_CODE(40000, 0x901, METHOD_OUT_DIRECT, FILE_READ_DATA | FILE_WRITE_DATA)

typedef struct _DEVICE_EXTENSION {
    PDEVICE_OBJECT Self, Pdo, Lower;
    KSPIN_LOCK Lock;
    LIST_ENTRY List;
    _Guarded_by_(Lock) ULONG Count;
    IO_REMOVE_LOCK RemoveLock;
    KEVENT Event;
    KTIMER Timer;
    KDPC Dpc;
    KSEMAPHORE Semaphore;
    KMUTEX Mutex;
    FAST_MUTEX Fast;
    ERESOURCE Resource;
    EX_RUNDOWN_REF Rundown;
    NPAGED_LOOKASIDE_LIST Lookaside;
    LOOKASIDE_LIST_EX LookEx;
    SLIST_HEADER SList;
    IO_CSQ Csq;
    KQUEUE Queue;
    RTL_BITMAP Bitmap;
    RTL_AVL_TABLE Avl;
    EX_PUSH_LOCK Push;
    EX_SPIN_LOCK Spin;
    KGUARDED_MUTEX Guarded;
    RTL_GENERIC_TABLE Gen;
    RTL_RUN_ONCE Once;
    KLOCK_QUEUE_HANDLE Lqh;
    volatile LONG Refs;
    LONG64 volatile Big;
    PVOID volatile Ptr;
    UNICODE_STRING Link;
    DEVICE_POWER_STATE Power;
    DEVICE_CAPABILITIES Caps;
    _Field_size_bytes_(Length) PUCHAR Buffer;
    _Field_range_(0, 64) ULONG Length;
    KFLOATING_SAVE fs;
    XSTATE_SAVE xs;
    WMILIB_CONTEXT Wmi;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

C_ASSERT(FIELD_OFFSET(DEVICE_EXTENSION, Pdo) == sizeof(PVOID));
C_ASSERT(sizeof(UNICODE_STRING) == 16);

DECLARE_CONST_UNICODE_STRING(g_name, L"\\Device\\WdkStyle");
DECLARE_GLOBAL_CONST_UNICODE_STRING(g_global, L"\\DosDevices\\WdkStyle");
static const UNICODE_STRING g_rtl = RTL_CONSTANT_STRING(L"text");
static ANSI_STRING g_ansi = RTL_CONSTANT_STRING("text");
DEFINE_GUID(GUID_TEST, 0x12345678, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
DEFINE_DEVPROPKEY(DEVPKEY_Test, 0x12345678, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2);

__drv_maxIRQL(DISPATCH_LEVEL) static VOID OldStyle(__in PDEVICE_OBJECT d, __inout_opt PVOID p, __out_bcount(n) PVOID o,
                                                   __in ULONG n)
{
    UNREFERENCED_PARAMETER(d);
    UNREFERENCED_PARAMETER(p);
    RtlZeroMemory(o, n);
}

_Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) _Success_(return >= 0)
static NTSTATUS NewStyle(_In_ PDEVICE_OBJECT d, _Inout_opt_ VOID *a, _In_reads_bytes_(n) const VOID *in,
                         _Out_writes_bytes_to_(n, *got) PVOID out, _In_ ULONG n, _Out_ PULONG got,
                         _Outptr_result_maybenull_ PVOID *pp, _In_z_ PCWSTR s, _In_opt_z_ PCSTR t,
                         _Out_writes_z_(8) PWSTR w,
                         _When_(n > 0, _At_(*got, _Post_satisfies_(*got <= n))) _Reserved_ PVOID r)
{
    UNREFERENCED_PARAMETER(a);
    UNREFERENCED_PARAMETER(s);
    UNREFERENCED_PARAMETER(t);
    UNREFERENCED_PARAMETER(w);
    UNREFERENCED_PARAMETER(r);
    NT_ASSERT(d != NULL);
    ASSERT(d);
    ASSERTMSG("x", d != NULL);
    NT_VERIFY(d != NULL);
    NT_ASSERTMSG("m", d);
    NT_FRE_ASSERT(d != NULL);
    RtlCopyMemory(out, in, n);
    *got = n;
    *pp = NULL;
    _Analysis_assume_(n != 0);
    __analysis_assume(n != 0);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
NTSTATUS DispatchCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PAGED_CODE();
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(Irp);
    PDEVICE_EXTENSION e = (PDEVICE_EXTENSION)DeviceObject->DeviceExtension;
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;
    KLOCK_QUEUE_HANDLE h;
    LARGE_INTEGER t, due;
    ULONG u;
    PVOID p;
    ULONG_PTR up;
    SIZE_T sz;
    PKEVENT ev[2];
    PLIST_ENTRY le;
    WCHAR buf[64];
    CHAR abuf[64];
    UNICODE_STRING us;
    size_t cb;
    UCHAR b;
    switch (sp->MajorFunction) { case IRP_MJ_CREATE: case IRP_MJ_CLOSE: break; DEFAULT_UNREACHABLE; }
    KeAcquireSpinLock(&e->Lock, &irql);
    KeReleaseSpinLock(&e->Lock, irql);
    KeAcquireInStackQueuedSpinLock(&e->Lock, &h);
    KeReleaseInStackQueuedSpinLock(&h);
    InterlockedIncrement(&e->Refs);
    InterlockedExchangeAdd64(&e->Big, 1);
    InterlockedCompareExchangePointer(&e->Ptr, NULL, NULL);
    InterlockedExchangePointer((PVOID volatile *)&e->Ptr, NULL);
    InterlockedBitTestAndSet(&e->Refs, 3);
    InterlockedIncrement16((SHORT volatile *)&e->Refs);
    InterlockedOr(&e->Refs, 1);
    InterlockedAnd64(&e->Big, 1);
    InterlockedAdd(&e->Refs, 2);
    InterlockedIncrementAcquire(&e->Refs);
    InterlockedDecrementRelease(&e->Refs);
    _InterlockedIncrement(&e->Refs);
    _InterlockedExchange(&e->Refs, 3);
    _InterlockedCompareExchange64(&e->Big, 1, 2);
    _ReadWriteBarrier();
    _ReadBarrier();
    _WriteBarrier();
    u = ReadNoFence(&e->Refs);
    WriteNoFence(&e->Refs, 1);
    u = (ULONG)ReadAcquire(&e->Refs);
    WriteRelease(&e->Refs, 0);
    ReadPointerNoFence(&e->Ptr);
    WritePointerRelease(&e->Ptr, NULL);
    ReadULong64NoFence((ULONG64 volatile *)&e->Big);
    u = ReadULongNoFence((ULONG volatile *)&e->Refs);
    KeMemoryBarrier();
    MemoryBarrier();
    YieldProcessor();
    InitializeListHead(&e->List);
    IsListEmpty(&e->List);
    InsertTailList(&e->List, &e->List);
    RemoveEntryList(&e->List);
    le = RemoveHeadList(&e->List);
    UNREFERENCED_PARAMETER(le);
    KeInitializeEvent(&e->Event, NotificationEvent, FALSE);
    KeSetEvent(&e->Event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&e->Event);
    KeResetEvent(&e->Event);
    KeReadStateEvent(&e->Event);
    due.QuadPart = -10LL * 1000 * 1000;
    KeWaitForSingleObject(&e->Event, Executive, KernelMode, FALSE, &due);
    ev[0] = ev[1] = &e->Event;
    KeWaitForMultipleObjects(ARRAYSIZE(ev), (PVOID *)ev, WaitAny, Executive, KernelMode, FALSE, &due, NULL);
    KeInitializeTimerEx(&e->Timer, NotificationTimer);
    KeInitializeDpc(&e->Dpc, CustomDpc, e);
    KeSetTimer(&e->Timer, due, &e->Dpc);
    KeCancelTimer(&e->Timer);
    KeSetCoalescableTimer(&e->Timer, due, 0, 0, NULL);
    KeInitializeSemaphore(&e->Semaphore, 0, MAXLONG);
    KeReleaseSemaphore(&e->Semaphore, 0, 1, FALSE);
    KeInitializeMutex(&e->Mutex, 0);
    KeReleaseMutex(&e->Mutex, FALSE);
    ExInitializeFastMutex(&e->Fast);
    ExAcquireFastMutex(&e->Fast);
    ExReleaseFastMutex(&e->Fast);
    ExTryToAcquireFastMutex(&e->Fast);
    KeEnterCriticalRegion();
    ExInitializeResourceLite(&e->Resource);
    ExAcquireResourceExclusiveLite(&e->Resource, TRUE);
    ExReleaseResourceLite(&e->Resource);
    ExDeleteResourceLite(&e->Resource);
    KeLeaveCriticalRegion();
    ExEnterCriticalRegionAndAcquireResourceExclusive(&e->Resource);
    ExReleaseResourceAndLeaveCriticalRegion(&e->Resource);
    ExInitializeRundownProtection(&e->Rundown);
    ExAcquireRundownProtection(&e->Rundown);
    ExReleaseRundownProtection(&e->Rundown);
    ExWaitForRundownProtectionRelease(&e->Rundown);
    ExRundownCompleted(&e->Rundown);
    ExReInitializeRundownProtection(&e->Rundown);
    ExInitializePushLock(&e->Push);
    ExAcquirePushLockExclusive(&e->Push);
    ExReleasePushLockExclusive(&e->Push);
    ExAcquirePushLockShared(&e->Push);
    ExReleasePushLockShared(&e->Push);
    irql = ExAcquireSpinLockShared(&e->Spin);
    ExReleaseSpinLockShared(&e->Spin, irql);
    KeInitializeGuardedMutex(&e->Guarded);
    KeAcquireGuardedMutex(&e->Guarded);
    KeReleaseGuardedMutex(&e->Guarded);
    KeEnterGuardedRegion();
    KeLeaveGuardedRegion();
    KeQuerySystemTime(&t);
    KeQueryTickCount(&t);
    KeQueryPerformanceCounter(&t);
    KeQueryInterruptTime();
    KeQueryTimeIncrement();
    KeQuerySystemTimePrecise(&t);
    KeQueryInterruptTimePrecise((PULONG64)&up);
    KeQueryUnbiasedInterruptTime();
    KeDelayExecutionThread(KernelMode, FALSE, &due);
    KeStallExecutionProcessor(1);
    ExInitializeNPagedLookasideList(&e->Lookaside, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    p = ExAllocateFromNPagedLookasideList(&e->Lookaside);
    ExFreeToNPagedLookasideList(&e->Lookaside, p);
    ExDeleteNPagedLookasideList(&e->Lookaside);
    InitializeSListHead(&e->SList);
    ExInitializeSListHead(&e->SList);
    ExInterlockedPushEntrySList(&e->SList, (PSLIST_ENTRY)p, &e->Lock);
    InterlockedPushEntrySList(&e->SList, (PSLIST_ENTRY)p);
    InterlockedPopEntrySList(&e->SList);
    InterlockedFlushSList(&e->SList);
    QueryDepthSList(&e->SList);
    p = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, TAG);
    ExFreePool(p);
    p = ExAllocatePoolZero(PagedPool, 10, TAG);
    p = ExAllocatePoolUninitialized(NonPagedPool, 10, TAG);
    p = ExAllocatePoolQuotaZero(PagedPool, 10, TAG);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    p = ExAllocatePoolPriorityZero(PagedPool, 10, TAG, NormalPoolPriority);
    p = ExAllocatePool3(POOL_FLAG_PAGED, 10, TAG, NULL, 0);
    p = ExAllocatePoolQuotaUninitialized(PagedPool, 10, TAG);
    p = MmAllocateContiguousMemory(10, due);
    RtlInitUnicodeString(&us, L"abc");
    RtlInitEmptyUnicodeString(&us, buf, sizeof(buf));
    RtlAppendUnicodeToString(&us, L"x");
    RtlUnicodeStringPrintf(&us, L"%wZ %d", &g_name, 3);
    RtlUnicodeStringCopyString(&us, L"a");
    RtlUnicodeStringCatString(&us, L"b");
    RtlUnicodeStringCopy(&us, &g_rtl);
    RtlUnicodeStringInit(&us, L"c");
    RtlUnicodeStringValidate(&us);
    RtlUnicodeStringCbCopyN(&us, &g_rtl, 2);
    status = RtlStringCbPrintfW(buf, sizeof(buf), L"%s %d", L"a", 1);
    status = RtlStringCchPrintfA(abuf, RTL_NUMBER_OF(abuf), "%s", "a");
    status = RtlStringCbCopyW(buf, sizeof(buf), L"x");
    status = RtlStringCchCatW(buf, 64, L"y");
    status = RtlStringCbLengthW(buf, sizeof(buf), &cb);
    status = RtlStringCchCopyNA(abuf, 64, "abc", 2);
    status = RtlStringCbCatExA(abuf, sizeof(abuf), "z", NULL, &cb, STRSAFE_FILL_BEHIND_NULL);
    status = RtlStringCbVPrintfA(abuf, sizeof(abuf), "x", NULL);
    status = RtlStringCchLengthA(abuf, 64, &cb);
    status = RtlStringCbCopyUnicodeString(buf, sizeof(buf), &g_rtl);
    status = RtlStringCchCopyUnicodeString(buf, 64, &g_rtl);
    status = RtlULongAdd(1, 2, &u);
    status = RtlULongMult(1, 2, &u);
    status = RtlULongLongToULong(1, &u);
    status = RtlSizeTAdd(1, 2, &sz);
    status = RtlSizeTMult(1, 2, &sz);
    status = RtlULongPtrAdd(1, 2, &up);
    status = RtlULongSub(2, 1, &u);
    status = RtlUIntToUChar(3, &b);
    status = RtlSizeTToULong(3, &u);
    status = RtlUShortAdd(1, 2, (USHORT *)&b);
    status = RtlIntToULong(1, &u);
    status = RtlULongLongMult(1, 2, (ULONGLONG *)&up);
    status = RtlSizeTAdd(1, 2, &sz);
    status = RtlLongLongAdd(1, 2, (LONGLONG *)&up);
    u = ROUND_TO_PAGES(5);
    u = BYTE_OFFSET(p);
    u = (ULONG)ADDRESS_AND_SIZE_TO_SPAN_PAGES(p, 100);
    p = PAGE_ALIGN(p);
    u = (ULONG)BYTES_TO_PAGES(5);
    u = PAGE_SIZE + PAGE_SHIFT;
    u = RtlUlongByteSwap(u);
    _byteswap_ulong(u);
    _rotl(u, 3);
    u += __popcnt(u);
    _BitScanForward(&u, 3);
    _BitScanReverse(&u, 5);
    __rdtsc();
    _mm_pause();
    __nop();
    _BitScanForward64(&u, 8);
    if (BooleanFlagOn(sp->Flags, SL_PENDING_RETURNED) || FlagOn(u, 3)) SetFlag(u, 4);
    DbgPrint("%s\n", __FUNCTION__);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "x");
    KdPrint(("a %d", 1));
    KdPrintEx((DPFLTR_IHVNETWORK_ID, DPFLTR_INFO_LEVEL, "b"));
    vDbgPrintEx(1, 2, "x", NULL);
    KdBreakPoint();
    if (KD_DEBUGGER_NOT_PRESENT) {}
    __try {
        ProbeForRead(p, 1, 1);
        ProbeForWrite(p, 1, sizeof(UCHAR));
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    __try {
        u = 1;
        if (u)
            __leave;
    } __finally {
        if (AbnormalTermination())
            u = 2;
    }
    IoMarkIrpPending(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Completion, e, TRUE, TRUE, TRUE);
    IoSetCancelRoutine(Irp, CancelRoutine);
    IoGetNextIrpStackLocation(Irp);
    IoAcquireRemoveLock(&e->RemoveLock, Irp);
    IoReleaseRemoveLock(&e->RemoveLock, Irp);
    IoReleaseRemoveLockAndWait(&e->RemoveLock, Irp);
    IoInitializeRemoveLock(&e->RemoveLock, TAG, 1, 0);
    IoInitializeDpcRequest(DeviceObject, DpcForIsr);
    IoRequestDpc(DeviceObject, Irp, NULL);
    MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    MmGetMdlByteCount(Irp->MdlAddress);
    MmGetMdlVirtualAddress(Irp->MdlAddress);
    MmInitializeMdl(Irp->MdlAddress, p, 3);
    MmPrepareMdlForReuse(Irp->MdlAddress);
    READ_REGISTER_ULONG((PULONG)p);
    WRITE_PORT_UCHAR((PUCHAR)p, 1);
    READ_PORT_BUFFER_UCHAR((PUCHAR)p, &b, 1);
    status = IoCreateDeviceSecure(DeviceObject->DriverObject, 0, &us, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                  &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, &GUID_TEST, &DeviceObject);
#ifdef __cplusplus
    if (IsEqualGUID(GUID_TEST, GUID_BUS_TYPE_PCI) || GUID_TEST == GUID_BUS_TYPE_PCI)
        u = 3;
#else
    if (IsEqualGUID(&GUID_TEST, &GUID_BUS_TYPE_PCI) || InlineIsEqualGUID(&GUID_TEST, &GUID_BUS_TYPE_PCI))
        u = 3;
    u = max(1, 2) + min(3, 4);
#endif
    PsCreateSystemThread(&p, THREAD_ALL_ACCESS, NULL, NULL, NULL, ThreadProc, e);
    PsTerminateSystemThread(0);
    ObReferenceObjectByHandle(p, 0, *PsThreadType, KernelMode, &p, NULL);
    ObDereferenceObject(p);
    PsGetCurrentProcessId();
    PsGetCurrentThreadId();
    PsGetCurrentProcess();
    KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY);
    KeGetCurrentProcessorNumberEx(NULL);
    KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    ZwClose(NtCurrentProcess());
    RtlFreeUnicodeString(&us);
    RtlCompareMemory(&us, &us, 3);
    RtlSecureZeroMemory(&us, sizeof(us));
    RtlFillMemory(&us, 3, 1);
    RtlMoveMemory(&us, &us, 3);
    RtlCheckBit(&e->Bitmap, 3);
    sp->Parameters.Power.State.DeviceState = PowerDeviceD0;
    sp->Parameters.QueryDeviceRelations.Type = BusRelations;
    sp->Parameters.DeviceCapabilities.Capabilities->Version = 1;
    UNREFERENCED_PARAMETER(t);
    UNREFERENCED_PARAMETER(cb);
    DBG_UNREFERENCED_LOCAL_VARIABLE(u);
    OldStyle(DeviceObject, NULL, buf, 4);
    UNREFERENCED_PARAMETER(NewStyle);
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

_Use_decl_annotations_ VOID CustomDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

_Use_decl_annotations_ VOID DpcForIsr(PKDPC Dpc, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    IoStartNextPacket(DeviceObject, Irp->Cancel);
}

_Use_decl_annotations_ NTSTATUS Completion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    return STATUS_CONTINUE_COMPLETION;
}

_Use_decl_annotations_ VOID CancelRoutine(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
}

_Use_decl_annotations_ VOID ThreadProc(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS NTAPI OpenThings(VOID)
{
    OBJECT_ATTRIBUTES attributes = RTL_CONSTANT_OBJECT_ATTRIBUTES(&g_name, OBJ_CASE_INSENSITIVE);
    RTL_QUERY_REGISTRY_TABLE query[2] = { 0 };
    RTL_OSVERSIONINFOEXW version = { sizeof(version) };
    IO_STATUS_BLOCK iosb;
    HANDLE handle = NULL;

    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)&g_name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ,
                 FILE_OPEN_IF, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    ZwOpenKey(&handle, KEY_READ, &attributes);
    RtlGetVersion((PRTL_OSVERSIONINFOW)&version);
    RtlIsNtDdiVersionAvailable(NTDDI_WIN10);
    return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, L"", query, NULL, NULL);
}
#pragma warning(pop)
/* ---- the end of what is never called ---- */

TEST_CASE(macros_make_what_they_say)
{
    WCHAR buffer[8];
    UNICODE_STRING text, rest;
    NTSTRSAFE_PWSTR end;
    size_t left;

    EXPECT_EQ(g_name.Length, 16 * sizeof(WCHAR));
    EXPECT_EQ(g_global.MaximumLength, g_global.Length + sizeof(WCHAR));
    EXPECT(g_rtl.Buffer[0] == L't' && g_ansi.Length == 4);
    RtlInitEmptyUnicodeString(&text, buffer, sizeof(buffer));
    EXPECT_EQ(RtlUnicodeStringCchCopyNEx(&text, &g_rtl, 2, &rest, 0), STATUS_SUCCESS);
    EXPECT_EQ(text.Length, 2 * sizeof(WCHAR));
    EXPECT_EQ(rest.MaximumLength, 6 * sizeof(WCHAR));
    EXPECT_EQ(RtlUnicodeStringCbCatStringNEx(&text, L"abcdefgh", 7 * sizeof(WCHAR), NULL, 0), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(text.Length, sizeof(buffer));
    EXPECT_EQ(RtlStringCchCopyUnicodeStringEx(buffer, 8, &g_rtl, &end, &left, 0), STATUS_SUCCESS);
    EXPECT(end == buffer + 4 && left == 4 && *end == 0);
    EXPECT_EQ(RtlStringCbCopyUnicodeStringEx(buffer, 6, &g_rtl, &end, &left, 0), STATUS_BUFFER_OVERFLOW);
    EXPECT(buffer[2] == 0 && buffer[1] == L'e');
    EXPECT_EQ(RtlUnalignedStringCchLengthW(L"four", 8, &left), STATUS_SUCCESS);
    EXPECT_EQ(left, 4);
    UNREFERENCED_PARAMETER(OpenThings);
    UNREFERENCED_PARAMETER(g_paged);
}
