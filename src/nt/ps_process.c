/* The System process, which every thread belongs to, and notification routines. */
#include "nt/ps.h"

#include "nt/ke_callbacks.h"
#include "nt/ke_park.h"
#include "nt/ke_spinlock.h"
#include "nt/ke_timer.h"
#include "nt/mm.h"
#include "nt/mm_region.h"
#include "nt/ob.h"
#include "nt/worker.h"

#define SYSTEM_PROCESS_ID 4
#define MAX_NOTIFY 64

struct ps_process {
    DISPATCHER_HEADER header;
    uint64_t create_time;
    uint64_t quota;                     /* bytes charged with PsChargePoolQuota */
};

PEPROCESS PsInitialSystemProcess;

static PCREATE_THREAD_NOTIFY_ROUTINE thread_notify[MAX_NOTIFY];
static PLOAD_IMAGE_NOTIFY_ROUTINE image_notify[MAX_NOTIFY];
static PCREATE_PROCESS_NOTIFY_ROUTINE process_notify[MAX_NOTIFY];
static PCREATE_PROCESS_NOTIFY_ROUTINE_EX process_notify_ex[MAX_NOTIFY];

void ps_threads_start(void);
void ps_threads_stop(void);
void ps_notify_thread(struct ps_thread *thread, bool create);

static void *current_process(void)
{
    return PsInitialSystemProcess;
}

static void *current_thread(void)
{
    return ke_current();
}

NTSTATUS ps_start(void)
{
    void *body;
    NTSTATUS status = ob_create(PsProcessType, sizeof(struct ps_process), &body);

    if (!NT_SUCCESS(status))
        return status;
    struct ps_process *process = body;
    ke_header_init(&process->header, ProcessObject, sizeof process->header, 0);
    process->create_time = ke_system_time();
    PsInitialSystemProcess = body;
    KeNumberProcessors = (CCHAR)ke.cpu_count;
    ob_set_current(current_process, current_thread);
    ps_threads_start();
    return mm_sections_start();
}

void ps_stop(void)
{
    if (PsInitialSystemProcess)
        ob_dereference(PsInitialSystemProcess);
    PsInitialSystemProcess = NULL;
    for (int i = 0; i < MAX_NOTIFY; i++) {
        thread_notify[i] = NULL;
        image_notify[i] = NULL;
        process_notify[i] = NULL;
        process_notify_ex[i] = NULL;
    }
    ke_timers_close();
    ke_spin_numbered_reset();
    list_init(&ke_parked);
    mm_regions_stop();
    mm_close();
    ke_callbacks_close();
    ex_workers_reset();
    ps_threads_stop();
}

static struct ps_process *process_of(PEPROCESS process)
{
    return (struct ps_process *)process;
}

/* docs: wdm/nf-wdm-iogetcurrentprocess */
PEPROCESS NTAPI PsGetCurrentProcess(VOID)
{
    return PsInitialSystemProcess;
}

/* Windows 10, version 22H2. TRUE: a free build. Any argument may be NULL. docs: wdm/nf-wdm-psgetversion */
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion)
{
    if (MajorVersion)
        *MajorVersion = 10;
    if (MinorVersion)
        *MinorVersion = 0;
    if (BuildNumber)
        *BuildNumber = NtBuildNumber & 0xffff;
    if (CSDVersion)
        CSDVersion->Length = 0;
    return FALSE;
}

/* docs: ntddk/nf-ntddk-psgetcurrentprocessid */
HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
    return (HANDLE)(ULONG_PTR)SYSTEM_PROCESS_ID;
}

/* docs: ntddk/nf-ntddk-psgetprocessid */
HANDLE NTAPI PsGetProcessId(PEPROCESS Process)
{
    (void)Process;
    return (HANDLE)(ULONG_PTR)SYSTEM_PROCESS_ID;
}

/* *Process comes referenced. STATUS_INVALID_CID for any but the System process.
 * docs: ntifs/nf-ntifs-pslookupprocessbyprocessid */
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process)
{
    if (ProcessId != (HANDLE)(ULONG_PTR)SYSTEM_PROCESS_ID)
        return STATUS_INVALID_CID;
    ob_reference(PsInitialSystemProcess);
    *Process = PsInitialSystemProcess;
    return STATUS_SUCCESS;
}

/* 100 ns units since 1601. docs: ntddk/nf-ntddk-psgetprocesscreatetimequadpart */
LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS Process)
{
    return (LONGLONG)process_of(Process)->create_time;
}

/* docs: ntddk/nf-ntddk-psgetprocessexitstatus */
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process)
{
    (void)Process;
    return STATUS_PENDING;
}

/* Unique for the life of the computer. docs: ntddk/nf-ntddk-psgetprocessstartkey */
ULONGLONG NTAPI PsGetProcessStartKey(PEPROCESS Process)
{
    (void)Process;
    return 1ull << 48 | SYSTEM_PROCESS_ID;
}

/* Charges are counted and never refused. docs: ntifs/nf-ntifs-pschargepoolquota */
VOID NTAPI PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    (void)PoolType;
    process_of(Process)->quota += Amount;
}

/* docs: ntifs/nf-ntifs-psreturnpoolquota */
VOID NTAPI PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    (void)PoolType;
    process_of(Process)->quota -= Amount;
}

/* docs: ntifs/nf-ntifs-psisdiskcountersenabled */
BOOLEAN NTAPI PsIsDiskCountersEnabled(VOID)
{
    return FALSE;
}

/* --- address spaces: there is one, so attaching changes nothing but is checked for pairing ----------------------- */

/* docs: ntifs/nf-ntifs-keattachprocess */
VOID NTAPI KeAttachProcess(PRKPROCESS Process)
{
    (void)Process;
}

/* docs: ntifs/nf-ntifs-kedetachprocess */
VOID NTAPI KeDetachProcess(VOID)
{
}

/* ApcState: the caller's, for KeUnstackDetachProcess. <= APC_LEVEL. docs: ntifs/nf-ntifs-kestackattachprocess */
VOID NTAPI KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState)
{
    nt_list_init(&ApcState->ApcListHead[0]);
    nt_list_init(&ApcState->ApcListHead[1]);
    ApcState->Process = Process;
    ApcState->InProgressFlags = ApcState->KernelApcPending = ApcState->UserApcPending = 0;
}

/* docs: ntifs/nf-ntifs-keunstackdetachprocess */
VOID NTAPI KeUnstackDetachProcess(PRKAPC_STATE ApcState)
{
    ApcState->Process = NULL;
}

/* --- notifications ---------------------------------------------------------------------------------------------- */

static NTSTATUS add(void **table, void *routine)
{
    for (int i = 0; i < MAX_NOTIFY; i++) {
        if (!table[i]) {
            table[i] = routine;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS take_out(void **table, void *routine)
{
    for (int i = 0; i < MAX_NOTIFY; i++) {
        if (table[i] == routine) {
            table[i] = NULL;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_PROCEDURE_NOT_FOUND;
}

void ps_notify_thread(struct ps_thread *thread, bool create)
{
    for (int i = 0; i < MAX_NOTIFY; i++)
        if (thread_notify[i])
            thread_notify[i](PsGetCurrentProcessId(), PsGetThreadId((PETHREAD)thread), create);
}

void ps_notify_image(const UNICODE_STRING *name, void *base, size_t size)
{
    IMAGE_INFO info = { .ImageBase = base, .ImageSize = size };

    info.ImageAddressingMode = 3;       /* IMAGE_ADDRESSING_MODE_32BIT, as 64-bit images carry it, too */
    info.SystemModeImage = 1;
    for (int i = 0; i < MAX_NOTIFY; i++)
        if (image_notify[i])
            image_notify[i]((PUNICODE_STRING)name, NULL, &info);
}

/* NotifyRoutine is called in every new and every ending thread. PASSIVE_LEVEL.
 * docs: ntddk/nf-ntddk-pssetcreatethreadnotifyroutine */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    return add((void **)thread_notify, (void *)NotifyRoutine);
}

/* docs: ntddk/nf-ntddk-psremovecreatethreadnotifyroutine */
NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    return take_out((void **)thread_notify, (void *)NotifyRoutine);
}

/* NotifyRoutine is called for every driver that is loaded. PASSIVE_LEVEL.
 * docs: ntddk/nf-ntddk-pssetloadimagenotifyroutine */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    return add((void **)image_notify, (void *)NotifyRoutine);
}

/* docs: ntddk/nf-ntddk-psremoveloadimagenotifyroutine */
NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    return take_out((void **)image_notify, (void *)NotifyRoutine);
}

/* Kept and never called: no process is created here. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-pssetcreateprocessnotifyroutine */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove)
{
    NTSTATUS status = Remove ? take_out((void **)process_notify, (void *)NotifyRoutine)
                             : add((void **)process_notify, (void *)NotifyRoutine);

    return NT_SUCCESS(status) ? status : STATUS_INVALID_PARAMETER;
}

/* The same for the extended form. docs: ntddk/nf-ntddk-pssetcreateprocessnotifyroutineex */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove)
{
    NTSTATUS status = Remove ? take_out((void **)process_notify_ex, (void *)NotifyRoutine)
                             : add((void **)process_notify_ex, (void *)NotifyRoutine);

    return NT_SUCCESS(status) ? status : STATUS_INVALID_PARAMETER;
}

/* The same for subsystem processes, of which there are none. docs: ntddk/nf-ntddk-pssetcreateprocessnotifyroutineex2 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType, PVOID NotifyInformation,
                                                  BOOLEAN Remove)
{
    if (NotifyType != PsCreateProcessNotifySubsystems)
        return STATUS_INVALID_PARAMETER;
    return PsSetCreateProcessNotifyRoutineEx((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)NotifyInformation, Remove);
}

/* Called like the plain form's: every thread here is a system thread, so PsCreateThreadNotifyNonSystem never calls.
 * docs: ntddk/nf-ntddk-pssetcreatethreadnotifyroutineex */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation)
{
    if (NotifyType == PsCreateThreadNotifySubsystems)
        return PsSetCreateThreadNotifyRoutine((PCREATE_THREAD_NOTIFY_ROUTINE)NotifyInformation);
    return NotifyType == PsCreateThreadNotifyNonSystem ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* Flags: images of another architecture, too, which are never loaded. docs: ntddk/nf-ntddk-pssetloadimagenotifyroutineex */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags)
{
    if (Flags & ~(ULONG_PTR)PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE)
        return STATUS_INVALID_PARAMETER_2;
    return PsSetLoadImageNotifyRoutine(NotifyRoutine);
}

/* Nanoseconds since it was made. docs: wdm/nf-wdm-psquerytotalcycletimeprocess */
ULONG64 NTAPI PsQueryTotalCycleTimeProcess(PEPROCESS Process, PULONG64 CycleTimeStamp)
{
    (void)Process;
    *CycleTimeStamp = ke_now();
    return *CycleTimeStamp;
}
