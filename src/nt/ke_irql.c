/* IRQL as exported functions, and critical and guarded regions. */
#include "nt/hot.h"
#include "nt/ke_apc.h"

/* Any IRQL. docs: wdm/nf-wdm-kegetcurrentirql */
KIRQL NTAPI KeGetCurrentIrql(VOID)
{
    return ke_irql();
}

/* Raises IRQL to NewIrql; returns the IRQL before. A lower one stops the system. docs: wdm/nf-wdm-keraiseirql */
KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql)
{
    KIRQL old = ke_irql();

    if (NewIrql < old || NewIrql > HIGH_LEVEL)
        KeBugCheckEx(IRQL_NOT_GREATER_OR_EQUAL, old, NewIrql, 0, 0x8);
    return ke_raise(NewIrql);
}

/* Restores an IRQL that a raise returned. A higher one stops the system. docs: wdm/nf-wdm-kelowerirql */
VOID NTAPI KeLowerIrql(KIRQL NewIrql)
{
    if (NewIrql > ke_irql())
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, NewIrql, ke_irql(), 0, (ULONG_PTR)__builtin_return_address(0));
    ke_lower(NewIrql);
}

/* <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keraiseirqltodpclevel */
KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID)
{
    return KfRaiseIrql(DISPATCH_LEVEL);
}

/* Above every device, below the clock. docs: wdm/nf-wdm-keraiseirql */
KIRQL NTAPI KeRaiseIrqlToSynchLevel(VOID)
{
    return KfRaiseIrql(12);
}

/* Normal kernel APCs are held back until the matching leave. <= APC_LEVEL. docs: ntddk/nf-ntddk-keentercriticalregion */
VOID NTAPI KeEnterCriticalRegion(VOID)
{
    ke_current()->kernel_apc_disable--;
}

/* APCs that the region held back. */
COLD static void left_region(void)
{
    ke_apc_note(ke_current());
    ke_settle();
}

/* Ends the region; what it held back runs. <= APC_LEVEL. docs: ntddk/nf-ntddk-keleavecriticalregion */
VOID NTAPI KeLeaveCriticalRegion(VOID)
{
    struct thread *thread = ke_current();

    if (++thread->kernel_apc_disable > 0)
        KeBugCheckEx(APC_INDEX_MISMATCH, (ULONG_PTR)__builtin_return_address(0), 0,
                     (USHORT)thread->kernel_apc_disable, 1);
    if (unlikely(thread->apc_count))
        left_region();
}

/* All APCs are held back until the matching leave. <= APC_LEVEL. docs: wdm/nf-wdm-keenterguardedregion */
VOID NTAPI KeEnterGuardedRegion(VOID)
{
    ke_current()->special_apc_disable--;
}

/* Ends the region; what it held back runs. <= APC_LEVEL. docs: wdm/nf-wdm-keleaveguardedregion */
VOID NTAPI KeLeaveGuardedRegion(VOID)
{
    struct thread *thread = ke_current();

    if (++thread->special_apc_disable > 0)
        KeBugCheckEx(APC_INDEX_MISMATCH, (ULONG_PTR)__builtin_return_address(0), 0,
                     (ULONG)(USHORT)thread->special_apc_disable << 16, 1);
    if (unlikely(thread->apc_count))
        left_region();
}

/* TRUE inside a critical or guarded region. <= DISPATCH_LEVEL. docs: ntddk/nf-ntddk-keareapcsdisabled */
BOOLEAN NTAPI KeAreApcsDisabled(VOID)
{
    return ke_current()->kernel_apc_disable != 0 || ke_current()->special_apc_disable != 0;
}

/* TRUE inside a guarded region or at APC_LEVEL and above. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keareallapcsdisabled */
BOOLEAN NTAPI KeAreAllApcsDisabled(VOID)
{
    return ke_current()->special_apc_disable != 0 || ke_irql() >= APC_LEVEL;
}
