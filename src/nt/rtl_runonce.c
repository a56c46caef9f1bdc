/* One-time initialisation. The low two bits of the word are its state: 0 not begun, 1 under way, 2 done; the rest is the
 * caller's context, when done. A caller that finds it under way waits by giving up the processor. */
#include <stdint.h>

#include "nt/ke.h"
#include "ntstatus.h"
#include "ring3/rtl_misc.h"

#define STATE(once) ((once)->Value & 3)

/* docs: ntddk/nf-ntddk-rtlrunonceinitialize */
VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce)
{
    RunOnce->Value = 0;
}

/* STATUS_PENDING: the caller initialises and then calls RtlRunOnceComplete. STATUS_SUCCESS: it is done, *Context is valid.
 * STATUS_UNSUCCESSFUL: with RTL_RUN_ONCE_CHECK_ONLY, it is not done. IRQL <= APC_LEVEL.
 * docs: ntddk/nf-ntddk-rtlrunoncebegininitialize */
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context)
{
    if ((Flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC)) || Flags == (RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER;
    if (Flags & RTL_RUN_ONCE_CHECK_ONLY && STATE(RunOnce) != 2)
        return STATUS_UNSUCCESSFUL;
    while (STATE(RunOnce) == 1 && !(Flags & RTL_RUN_ONCE_ASYNC))
        ke_spin_turn();
    if (STATE(RunOnce) != 2) {
        RunOnce->Value = 1;
        return STATUS_PENDING;
    }
    if (Context != NULL)
        *Context = (PVOID)(RunOnce->Value & ~(ULONG_PTR)3);
    return STATUS_SUCCESS;
}

/* Context: its low two bits are 0. RTL_RUN_ONCE_INIT_FAILED lets the next caller try again.
 * docs: ntddk/nf-ntddk-rtlrunoncecomplete */
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context)
{
    if ((Flags & RTL_RUN_ONCE_INIT_FAILED) && ((Flags & RTL_RUN_ONCE_ASYNC) || Context != NULL))
        return STATUS_INVALID_PARAMETER;
    if ((ULONG_PTR)Context & 3)
        return STATUS_INVALID_PARAMETER;
    if (STATE(RunOnce) == 2 && (Flags & RTL_RUN_ONCE_ASYNC))
        return STATUS_OBJECT_NAME_COLLISION;
    if (STATE(RunOnce) != 1)
        return STATUS_UNSUCCESSFUL;
    RunOnce->Value = Flags & RTL_RUN_ONCE_INIT_FAILED ? 0 : (ULONG_PTR)Context | 2;
    return STATUS_SUCCESS;
}

/* InitFn returns nonzero for success. STATUS_UNSUCCESSFUL when it failed. docs: ntddk/nf-ntddk-rtlrunonceexecuteonce */
NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID *Context)
{
    PVOID result = NULL;
    NTSTATUS status = RtlRunOnceBeginInitialize(RunOnce, 0, Context);

    if (status != STATUS_PENDING)
        return status;
    if (InitFn(RunOnce, Parameter, &result) == 0) {
        RtlRunOnceComplete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    if (Context != NULL)
        *Context = result;
    return RtlRunOnceComplete(RunOnce, 0, result);
}
