/* Remove locks: how many operations use a device, and waiting until none does.
 *
 * IoCount starts at 1 and counts acquisitions on top. IoReleaseRemoveLockAndWait sets Removed, drops its own acquisition
 * and that 1, and waits for RemoveEvent, which the last release sets. */
#include "nt/io_internal.h"

/* RemlockSize tells whether the driver was built with DBG; both kinds work alike. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-ioinitializeremovelock */
VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes, ULONG HighWatermark,
                                    ULONG RemlockSize)
{
    memset(Lock, 0, RemlockSize);
    Lock->Common.IoCount = 1;
    KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
    if (RemlockSize >= sizeof(IO_REMOVE_LOCK_COMMON_BLOCK) + sizeof(IO_REMOVE_LOCK_DBG_BLOCK)) {
        IO_REMOVE_LOCK_DBG_BLOCK *dbg = (IO_REMOVE_LOCK_DBG_BLOCK *)(void *)(&Lock->Common + 1);

        dbg->AllocateTag = (LONG)AllocateTag;
        dbg->HighWatermark = HighWatermark;
        dbg->MaxLockedTicks = (LONGLONG)MaxLockedMinutes * 60 * 10000000;
        nt_list_init(&dbg->LockList);
    }
}

/* One more user. STATUS_DELETE_PENDING when the device is being removed: the caller then completes the request with it.
 * Tag, File, Line: for reports. IRQL <= DISPATCH. docs: wdm/nf-wdm-ioacquireremovelock */
NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line, ULONG RemlockSize)
{
    (void)Tag;
    (void)File;
    (void)Line;
    (void)RemlockSize;
    if (RemoveLock->Common.Removed)
        return STATUS_DELETE_PENDING;
    RemoveLock->Common.IoCount++;
    return STATUS_SUCCESS;
}

/* One user less. IRQL <= DISPATCH. docs: wdm/nf-wdm-ioreleaseremovelock */
VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    LONG left = --RemoveLock->Common.IoCount;

    (void)RemlockSize;
    if (left < 0 || (left == 0 && !RemoveLock->Common.Removed)) {
        NT_EMIT(NT_EVENT_MISUSE, "IoReleaseRemoveLock without an acquisition", RemoveLock, Tag, PE_CALLER());
        RemoveLock->Common.IoCount = RemoveLock->Common.Removed ? 0 : 1;
        return;
    }
    if (left == 0)
        KeSetEvent(&RemoveLock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

/* Refuses new users and waits until all are gone; the caller is one. From IRP_MN_REMOVE_DEVICE. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-ioreleaseremovelockandwait */
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    (void)Tag;
    (void)RemlockSize;
    RemoveLock->Common.Removed = TRUE;
    RemoveLock->Common.IoCount -= 2;
    if (RemoveLock->Common.IoCount > 0)
        ke_wait(&RemoveLock->Common.RemoveEvent);
}
