/* What the computer does not have: performance counters of the processor, page faults of file I/O; and functions that headers have inline. */
#include "nt/event.h"
#include "nt/ke.h"
#include "ntstatus.h"
#include "ring3/ex_pool.h"
#include "ring3/nt_power.h"

#define MAX_HW_COUNTERS 16

/* None is set. <= APC_LEVEL. docs: ntddk/nf-ntddk-kequeryhardwarecounterconfiguration */
NTSTATUS NTAPI KeQueryHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray, ULONG MaximumCount, PULONG Count)
{
    (void)CounterArray;
    (void)MaximumCount;
    *Count = 0;
    return STATUS_SUCCESS;
}

/* STATUS_NOT_IMPLEMENTED for this processor; STATUS_INVALID_PARAMETER for more than there can be.
 * <= APC_LEVEL. docs: ntddk/nf-ntddk-kesethardwarecounterconfiguration */
NTSTATUS NTAPI KeSetHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray, ULONG Count)
{
    (void)CounterArray;
    return Count > MAX_HW_COUNTERS ? STATUS_INVALID_PARAMETER : STATUS_NOT_IMPLEMENTED;
}

/* STATUS_INSUFFICIENT_RESOURCES: never available. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-halallocatehardwarecounters */
NTSTATUS NTAPI HalAllocateHardwareCounters(PGROUP_AFFINITY GroupAffinity, ULONG GroupCount, PVOID ResourceList, PHANDLE CounterSetHandle)
{
    (void)ResourceList;
    if (CounterSetHandle == NULL || (GroupAffinity == NULL) != (GroupCount == 0))
        return STATUS_INVALID_PARAMETER;
    *CounterSetHandle = NULL;
    return STATUS_INSUFFICIENT_RESOURCES;
}

/* No handle was given out. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-halfreehardwarecounters */
NTSTATUS NTAPI HalFreeHardwareCounters(HANDLE CounterSetHandle)
{
    (void)CounterSetHandle;
    return STATUS_INVALID_PARAMETER;
}

PVOID NTAPI ex_allocate_from_paged(PPAGED_LOOKASIDE_LIST list);
VOID NTAPI ex_free_to_paged(PPAGED_LOOKASIDE_LIST list, PVOID entry);
VOID NTAPI crt_purecall(void);

/* FALSE: memory never faults for file I/O. <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-mmisrecursiveiofault */
BOOLEAN NTAPI MmIsRecursiveIoFault(VOID)
{
    return FALSE;
}

/* The exports behind the inline functions. <= APC_LEVEL. docs: wdm/nf-wdm-exallocatefrompagedlookasidelist */
PVOID NTAPI ex_allocate_from_paged(PPAGED_LOOKASIDE_LIST list)
{
    return ExAllocateFromPagedLookasideList(list);
}

/* <= APC_LEVEL. docs: wdm/nf-wdm-exfreetopagedlookasidelist */
VOID NTAPI ex_free_to_paged(PPAGED_LOOKASIDE_LIST list, PVOID entry)
{
    ExFreeToPagedLookasideList(list, entry);
}

/* A C++ driver called a pure virtual function: stops the system. Any IRQL. docs: cpp-docs/c-runtime-library/reference/purecall */
VOID NTAPI crt_purecall(void)
{
    KeBugCheckEx(0x1E, (ULONG_PTR)(ULONG)STATUS_NOT_IMPLEMENTED, (ULONG_PTR)__builtin_return_address(0), 0, 0);
}
