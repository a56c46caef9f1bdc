/* What is left of Ke and Kd: state saving, caches, stack expansion, processor topology, exported variables. */
#include "nt/ke.h"

#include <string.h>

#include "nt/pool.h"
#include "nt/ram.h"
#include "ring3/mm.h"

CCHAR KeNumberProcessors = 1;
ULONG NtBuildNumber = 0xF0000000 | 19045;
ULONG InitSafeBootMode;
BOOLEAN KdDebuggerEnabled = FALSE;
BOOLEAN KdDebuggerNotPresent = TRUE;
PVOID MmHighestUserAddress = (PVOID)(ULONG_PTR)(USER_PROBE_ADDRESS - 0x1ull);
PVOID MmSystemRangeStart = (PVOID)(ULONG_PTR)RAM_BASE;
ULONG_PTR MmUserProbeAddress = USER_PROBE_ADDRESS;

/* Threads keep their own state across switches and interrupts, so there is nothing to save. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-kesavefloatingpointstate */
NTSTATUS NTAPI KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    FloatSave->Dummy = 0;
    return STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-kerestorefloatingpointstate */
NTSTATUS NTAPI KeRestoreFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    (void)FloatSave;
    return STATUS_SUCCESS;
}

/* The same for the state that Mask names. docs: wdm/nf-wdm-kesaveextendedprocessorstate */
NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave)
{
    memset(XStateSave, 0, sizeof *XStateSave);
    XStateSave->Thread = KeGetCurrentThread();
    XStateSave->Level = ke_irql();
    XStateSave->XStateContext.Mask = Mask;
    return STATUS_SUCCESS;
}

/* In the thread that saved. docs: wdm/nf-wdm-kerestoreextendedprocessorstate */
VOID NTAPI KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave)
{
    if (XStateSave->Thread != KeGetCurrentThread())
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)XStateSave->Thread, (ULONG_PTR)KeGetCurrentThread(),
                     ke_irql(), 0);
}

/* docs: wdm/nf-wdm-kememorybarrier */
VOID NTAPI KeMemoryBarrier(VOID)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Devices see what processors write. docs: ntddk/nf-ntddk-keinvalidateallcaches */
BOOLEAN NTAPI KeInvalidateAllCaches(VOID)
{
    return TRUE;
}

/* docs: ntddk/nf-ntddk-keinvalidaterangeallcaches */
BOOLEAN NTAPI KeInvalidateRangeAllCaches(PVOID BaseAddress, ULONG Length)
{
    (void)BaseAddress;
    (void)Length;
    return TRUE;
}

/* Limits are off: all zero. docs: wdm/nf-wdm-kequerydpcwatchdoginformation */
NTSTATUS NTAPI KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation)
{
    memset(WatchdogInformation, 0, sizeof *WatchdogInformation);
    return STATUS_SUCCESS;
}

/* Nonzero when something else wants this processor. DISPATCH_LEVEL. docs: wdm/nf-wdm-keshouldyieldprocessor */
ULONG NTAPI KeShouldYieldProcessor(VOID)
{
    return (this_cpu->pending & ~(uint32_t)PENDING_APC) != 0;
}

/* Calls Callout(Parameter) with at least Size bytes of stack. STATUS_INVALID_PARAMETER_3 when Size is over
 * MAXIMUM_EXPANSION_SIZE, STATUS_NO_MEMORY when this stack has less left. <= APC_LEVEL.
 * docs: ntddk/nf-ntddk-keexpandkernelstackandcallout */
NTSTATUS NTAPI KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size)
{
    return KeExpandKernelStackAndCalloutEx(Callout, Parameter, Size, TRUE, NULL);
}

/* The same; Wait allows <= APC_LEVEL only, without it <= DISPATCH_LEVEL. docs: ntddk/nf-ntddk-keexpandkernelstackandcalloutex */
NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, BOOLEAN Wait,
                                               PVOID Context)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    if (Size > MAXIMUM_EXPANSION_SIZE)
        return STATUS_INVALID_PARAMETER_3;
    if (Context)
        return STATUS_INVALID_PARAMETER_5;
    if (Wait && ke_irql() > APC_LEVEL)
        return STATUS_INVALID_PARAMETER_4;
    if (here - ke_stack_limit() < Size)
        return STATUS_NO_MEMORY;
    Callout(Parameter);
    return STATUS_SUCCESS;
}

/* --- topology: one package of one die, a core with a cache of its own for every processor ------------------------------------------------------------ */

struct builder {
    char *at;
    ULONG room, used;
};

static PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX next(struct builder *b, LOGICAL_PROCESSOR_RELATIONSHIP kind, ULONG size)
{
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX entry = NULL;

    if (b->used + size <= b->room) {
        entry = (PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX)(b->at + b->used);
        memset(entry, 0, size);
        entry->Relationship = kind;
        entry->Size = size;
    }
    b->used += size;
    return entry;
}

#define PART(type) ((ULONG)(offsetof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor) + sizeof(type)))

static void add_processors(struct builder *b, LOGICAL_PROCESSOR_RELATIONSHIP kind, KAFFINITY mask)
{
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX e = next(b, kind, PART(PROCESSOR_RELATIONSHIP));

    if (e) {
        e->Processor.GroupCount = 1;
        e->Processor.GroupMask[0].Mask = mask;
    }
}

static void add_cache(struct builder *b, KAFFINITY mask)
{
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX e = next(b, RelationCache, PART(CACHE_RELATIONSHIP));

    if (e) {
        e->Cache = (CACHE_RELATIONSHIP){ .Level = 1, .Associativity = 8, .LineSize = 64, .CacheSize = 32768, .Type = CacheData,
                                         .GroupCount = 1 };
        e->Cache.GroupMask.Mask = mask;
    }
}

static void add_group(struct builder *b)
{
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX e = next(b, RelationGroup, PART(GROUP_RELATIONSHIP));

    if (e) {
        e->Group.MaximumGroupCount = e->Group.ActiveGroupCount = 1;
        e->Group.GroupInfo[0].MaximumProcessorCount = e->Group.GroupInfo[0].ActiveProcessorCount = (UCHAR)ke.cpu_count;
        e->Group.GroupInfo[0].ActiveProcessorMask = KeQueryActiveProcessors();
    }
}

static void add_node(struct builder *b)
{
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX e = next(b, RelationNumaNode, PART(NUMA_NODE_RELATIONSHIP));

    if (e) {
        e->NumaNode.GroupCount = 1;
        e->NumaNode.GroupMask.Mask = KeQueryActiveProcessors();
    }
}

/* Relations of one processor, or (NULL) of all. *Length: bytes of Information, then bytes used or needed.
 * STATUS_INFO_LENGTH_MISMATCH when it is too small. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-kequerylogicalprocessorrelationship */
NTSTATUS NTAPI KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber,
                                                   LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
                                                   PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information, PULONG Length)
{
    struct builder b = { (char *)Information, Information ? *Length : 0, 0 };
    bool all = RelationshipType == RelationAll;

    if (ProcessorNumber && KeGetProcessorIndexFromNumber(ProcessorNumber) == INVALID_PROCESSOR_INDEX)
        return STATUS_INVALID_PARAMETER;
    for (unsigned i = 0; i < ke.cpu_count; i++) {
        if (ProcessorNumber && ProcessorNumber->Number != i)
            continue;
        if (all || RelationshipType == RelationProcessorCore)
            add_processors(&b, RelationProcessorCore, 1ull << i);
        if (all || RelationshipType == RelationCache)
            add_cache(&b, 1ull << i);
    }
    if (all || RelationshipType == RelationProcessorPackage)
        add_processors(&b, RelationProcessorPackage, KeQueryActiveProcessors());
    if (all || RelationshipType == RelationProcessorDie)
        add_processors(&b, RelationProcessorDie, KeQueryActiveProcessors());
    if (all || RelationshipType == RelationNumaNode || RelationshipType == RelationNumaNodeEx)
        add_node(&b);
    if (all || RelationshipType == RelationGroup)
        add_group(&b);
    *Length = b.used;
    return b.used > b.room ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

/* --- the kernel debugger: none ------------------------------------------------------------------------------------ */

/* docs: wdm/nf-wdm-kddisabledebugger */
NTSTATUS NTAPI KdDisableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}

/* docs: wdm/nf-wdm-kdenabledebugger */
NTSTATUS NTAPI KdEnableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}

/* TRUE: no debugger is there. docs: wdm/nf-wdm-kdrefreshdebuggernotpresent */
BOOLEAN NTAPI KdRefreshDebuggerNotPresent(VOID)
{
    return TRUE;
}

/* docs: wdm/nf-wdm-kdchangeoption */
NTSTATUS NTAPI KdChangeOption(KD_OPTION Option, ULONG InBufferBytes, PVOID InBuffer, ULONG OutBufferBytes,
                              PVOID OutBuffer, PULONG OutBufferNeeded)
{
    (void)Option;
    (void)InBufferBytes;
    (void)InBuffer;
    (void)OutBufferBytes;
    (void)OutBuffer;
    if (OutBufferNeeded)
        *OutBufferNeeded = 0;
    return STATUS_DEBUGGER_INACTIVE;
}
