/* Locks, lists, timers, work items, events and threads of a miniport.
 * Each function forwards to StorPortExtendedFunction or StorPortNotification and answers a STOR_STATUS. docs: storport */
#ifndef RING3_STORPORT_PORT_SYNC_H
#define RING3_STORPORT_PORT_SYNC_H

#include <storport/port_exports.h>

FORCEINLINE ULONG StorPortAcquireMSISpinLock(PVOID HwDeviceExtension, ULONG MessageId, PULONG OldIrql)
{
    return StorPortExtendedFunction(ExtFunctionAcquireMSISpinLock, HwDeviceExtension, MessageId, OldIrql);
}

FORCEINLINE ULONG StorPortReleaseMSISpinLock(PVOID HwDeviceExtension, ULONG MessageId, ULONG OldIrql)
{
    return StorPortExtendedFunction(ExtFunctionReleaseMSISpinLock, HwDeviceExtension, MessageId, OldIrql);
}

FORCEINLINE ULONG StorPortAcquireSpinLockEx(PVOID HwDeviceExtension, STOR_SPINLOCK SpinLock, PVOID LockContext,
                                            PSTOR_LOCK_HANDLE LockHandle)
{
    return StorPortExtendedFunction(ExtFunctionAcquireSpinLock, HwDeviceExtension, SpinLock, LockContext, LockHandle);
}

FORCEINLINE ULONG StorPortInitializeWorker(PVOID HwDeviceExtension, PVOID *Worker)
{
    return StorPortExtendedFunction(ExtFunctionInitializeWorker, HwDeviceExtension, Worker);
}

FORCEINLINE ULONG StorPortQueueWorkItem(PVOID HwDeviceExtension, PHW_WORKITEM WorkItemCallback, PVOID Worker,
                                        PVOID Context)
{
    return StorPortExtendedFunction(ExtFunctionQueueWorkItem, HwDeviceExtension, WorkItemCallback, Worker, Context);
}

FORCEINLINE ULONG StorPortFreeWorker(PVOID HwDeviceExtension, PVOID Worker)
{
    return StorPortExtendedFunction(ExtFunctionFreeWorker, HwDeviceExtension, Worker);
}

FORCEINLINE ULONG StorPortInitializeTimer(PVOID HwDeviceExtension, PVOID *TimerHandle)
{
    return StorPortExtendedFunction(ExtFunctionInitializeTimer, HwDeviceExtension, TimerHandle);
}

FORCEINLINE ULONG StorPortRequestTimer(PVOID HwDeviceExtension, PVOID TimerHandle, PHW_TIMER_EX TimerCallback,
                                       PVOID CallbackContext, ULONGLONG TimerValue, ULONGLONG TolerableDelay)
{
    return StorPortExtendedFunction(ExtFunctionRequestTimer, HwDeviceExtension, TimerHandle, TimerCallback,
                                    CallbackContext, TimerValue, TolerableDelay);
}

FORCEINLINE ULONG StorPortFreeTimer(PVOID HwDeviceExtension, PVOID TimerHandle)
{
    return StorPortExtendedFunction(ExtFunctionFreeTimer, HwDeviceExtension, TimerHandle);
}

FORCEINLINE ULONG StorPortInitializeHighResolutionTimer(PVOID HwDeviceExtension, PVOID *TimerHandle)
{
    return StorPortExtendedFunction(ExtFunctionInitializeHighResolutionTimer, HwDeviceExtension, TimerHandle);
}

FORCEINLINE ULONG StorPortRequestHighResolutionTimer(PVOID HwDeviceExtension, PVOID TimerHandle,
                                                     PHW_TIMER_EX TimerCallback, PVOID CallbackContext,
                                                     LONGLONG TimerValue)
{
    return StorPortExtendedFunction(ExtFunctionRequestHighResolutionTimer, HwDeviceExtension, TimerHandle, TimerCallback,
                                    CallbackContext, TimerValue);
}

FORCEINLINE ULONG StorPortCancelHighResolutionTimer(PVOID HwDeviceExtension, PVOID TimerHandle, PBOOLEAN ReturnValue)
{
    return StorPortExtendedFunction(ExtFunctionCancelHighResolutionTimer, HwDeviceExtension, TimerHandle, ReturnValue);
}

FORCEINLINE ULONG StorPortFreeHighResolutionTimer(PVOID HwDeviceExtension, PVOID TimerHandle)
{
    return StorPortExtendedFunction(ExtFunctionFreeHighResolutionTimer, HwDeviceExtension, TimerHandle);
}

FORCEINLINE ULONG StorPortInitializeSListHead(PVOID HwDeviceExtension, PSTOR_SLIST_HEADER SListHead)
{
    return StorPortExtendedFunction(ExtFunctionInitializeSListHead, HwDeviceExtension, SListHead);
}

FORCEINLINE ULONG StorPortInterlockedFlushSList(PVOID HwDeviceExtension, PSTOR_SLIST_HEADER SListHead,
                                                PSTOR_SLIST_ENTRY *Result)
{
    return StorPortExtendedFunction(ExtFunctionInterlockedFlushSList, HwDeviceExtension, SListHead, Result);
}

FORCEINLINE ULONG StorPortInterlockedPopEntrySList(PVOID HwDeviceExtension, PSTOR_SLIST_HEADER SListHead,
                                                   PSTOR_SLIST_ENTRY *Result)
{
    return StorPortExtendedFunction(ExtFunctionInterlockedPopEntrySList, HwDeviceExtension, SListHead, Result);
}

FORCEINLINE ULONG StorPortInterlockedPushEntrySList(PVOID HwDeviceExtension, PSTOR_SLIST_HEADER SListHead,
                                                    PSTOR_SLIST_ENTRY SListEntry, PSTOR_SLIST_ENTRY *Result)
{
    return StorPortExtendedFunction(ExtFunctionInterlockedPushEntrySList, HwDeviceExtension, SListHead, SListEntry,
                                    Result);
}

FORCEINLINE ULONG StorPortQueryDepthSList(PVOID HwDeviceExtension, PSTOR_SLIST_HEADER SListHead, PSHORT Result)
{
    return StorPortExtendedFunction(ExtFunctionQueryDepthSList, HwDeviceExtension, SListHead, Result);
}

FORCEINLINE ULONG StorPortInterlockedInsertHeadList(PVOID HwDeviceExtension, PSTOR_LIST_ENTRY ListHead,
                                                    PSTOR_LIST_ENTRY ListEntry, PSTOR_LIST_ENTRY *Result,
                                                    PSTOR_KSPIN_LOCK Lock)
{
    return StorPortExtendedFunction(ExtFunctionInterlockedInsertHeadList, HwDeviceExtension, ListHead, ListEntry, Result,
                                    Lock);
}

FORCEINLINE ULONG StorPortInterlockedInsertTailList(PVOID HwDeviceExtension, PSTOR_LIST_ENTRY ListHead,
                                                    PSTOR_LIST_ENTRY ListEntry, PSTOR_LIST_ENTRY *Result,
                                                    PSTOR_KSPIN_LOCK Lock)
{
    return StorPortExtendedFunction(ExtFunctionInterlockedInsertTailList, HwDeviceExtension, ListHead, ListEntry, Result,
                                    Lock);
}

FORCEINLINE ULONG StorPortInterlockedRemoveHeadList(PVOID HwDeviceExtension, PSTOR_LIST_ENTRY ListHead,
                                                    PSTOR_LIST_ENTRY *Result, PSTOR_KSPIN_LOCK Lock)
{
    return StorPortExtendedFunction(ExtFunctionInterlockedRemoveHeadList, HwDeviceExtension, ListHead, Result, Lock);
}

FORCEINLINE ULONG StorPortInitializeSpinlock(PVOID HwDeviceExtension, PSTOR_KSPIN_LOCK Lock)
{
    return StorPortExtendedFunction(ExtFunctionInitializeSpinlock, HwDeviceExtension, Lock);
}

FORCEINLINE ULONG StorPortInitializeEvent(PVOID HwDeviceExtension, PSTOR_EVENT Event, STOR_EVENT_TYPE Type, BOOLEAN State)
{
    return StorPortExtendedFunction(ExtFunctionInitializeEvent, HwDeviceExtension, Event, Type, State);
}

FORCEINLINE ULONG StorPortWaitForSingleObject(PVOID HwDeviceExtension, PVOID Object, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    return StorPortExtendedFunction(ExtFunctionWaitForEvent, HwDeviceExtension, Object, Alertable, Timeout);
}

FORCEINLINE ULONG StorPortSetEvent(PVOID HwDeviceExtension, PSTOR_EVENT Event)
{
    return StorPortExtendedFunction(ExtFunctionSetEvent, HwDeviceExtension, Event);
}

FORCEINLINE ULONG StorPortCancelDpc(PVOID HwDeviceExtension, PSTOR_DPC Dpc, PBOOLEAN ReturnValue)
{
    return StorPortExtendedFunction(ExtFunctionCancelDpc, HwDeviceExtension, Dpc, ReturnValue);
}

FORCEINLINE ULONG StorPortDelayExecution(PVOID HwDeviceExtension, ULONG DelayInMicroseconds)
{
    return StorPortExtendedFunction(ExtFunctionDelayExecution, HwDeviceExtension, DelayInMicroseconds);
}

FORCEINLINE ULONG StorPortQueryPerformanceCounter(PVOID HwDeviceExtension, PLARGE_INTEGER PerformanceFrequency,
                                                  PLARGE_INTEGER PerformanceCounter)
{
    return StorPortExtendedFunction(ExtFunctionQueryPerformanceCounter, HwDeviceExtension, PerformanceFrequency,
                                    PerformanceCounter);
}

FORCEINLINE ULONG StorPortQueryDpcWatchdogInformation(PVOID HwDeviceExtension,
                                                      PSTOR_DPC_WATCHDOG_INFORMATION DpcWatchdogInformation)
{
    return StorPortExtendedFunction(ExtFunctionQueryDpcWatchdogInformation, HwDeviceExtension, DpcWatchdogInformation);
}

FORCEINLINE ULONG StorPortQueryTimerMinInterval(PVOID HwDeviceExtension, PULONG TimerMinInterval)
{
    return StorPortExtendedFunction(ExtFunctionQueryTimerMinInterval, HwDeviceExtension, TimerMinInterval);
}

FORCEINLINE ULONG StorPortGetCurrentIrql(PVOID HwDeviceExtension, PKIRQL Irql)
{
    return StorPortExtendedFunction(ExtFunctionGetCurrentIrql, HwDeviceExtension, Irql);
}

FORCEINLINE ULONG StorPortCreateSystemThread(PVOID HwDeviceExtension, PSTOR_THREAD_START_ROUTINE StartRoutine,
                                             PVOID StartContext, PSTOR_THREAD_PRIORITY Priority, PVOID *ThreadContext)
{
    return StorPortExtendedFunction(ExtFunctionCreateSystemThread, HwDeviceExtension, StartRoutine, StartContext,
                                    Priority, ThreadContext);
}

FORCEINLINE ULONG StorPortSetPriorityThread(PVOID HwDeviceExtension, PVOID ThreadContext, STOR_THREAD_PRIORITY Priority)
{
    return StorPortExtendedFunction(ExtFunctionSetPriorityThread, HwDeviceExtension, ThreadContext, Priority);
}

FORCEINLINE ULONG StorPortSetSystemGroupAffinityThread(PVOID HwDeviceExtension, PVOID ThreadContext,
                                                       PSTOR_GROUP_AFFINITY Affinity,
                                                       PSTOR_GROUP_AFFINITY PreviousAffinity)
{
    return StorPortExtendedFunction(ExtFunctionSetSystemGroupAffinityThread, HwDeviceExtension, ThreadContext, Affinity,
                                    PreviousAffinity);
}

FORCEINLINE ULONG StorPortRevertToUserGroupAffinityThread(PVOID HwDeviceExtension, PVOID ThreadContext,
                                                          PSTOR_GROUP_AFFINITY PreviousAffinity)
{
    return StorPortExtendedFunction(ExtFunctionRevertToUserGroupAffinityThread, HwDeviceExtension, ThreadContext,
                                    PreviousAffinity);
}

FORCEINLINE VOID StorPortInitializeDpc(PVOID DeviceExtension, PSTOR_DPC Dpc, PHW_DPC_ROUTINE HwDpcRoutine)
{
    StorPortNotification(InitializeDpc, DeviceExtension, Dpc, HwDpcRoutine);
}

/* FALSE when it is queued already. */
FORCEINLINE BOOLEAN StorPortIssueDpc(PVOID DeviceExtension, PSTOR_DPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    LONG queued = FALSE;

    StorPortNotification(IssueDpc, DeviceExtension, Dpc, SystemArgument1, SystemArgument2, &queued);
    return (BOOLEAN)queued;
}

FORCEINLINE VOID StorPortAcquireSpinLock(PVOID DeviceExtension, STOR_SPINLOCK SpinLock, PVOID LockContext,
                                         PSTOR_LOCK_HANDLE LockHandle)
{
    StorPortNotification(AcquireSpinLock, DeviceExtension, SpinLock, LockContext, LockHandle);
}

FORCEINLINE VOID StorPortReleaseSpinLock(PVOID DeviceExtension, PSTOR_LOCK_HANDLE LockHandle)
{
    StorPortNotification(ReleaseSpinLock, DeviceExtension, LockHandle);
}

FORCEINLINE ULONG StorPortInitializeListHead(PVOID HwDeviceExtension, PSTOR_LIST_ENTRY ListHead)
{
    if (!HwDeviceExtension || !ListHead)
        return STOR_STATUS_INVALID_PARAMETER;
    ListHead->Flink = ListHead->Blink = ListHead;
    return STOR_STATUS_SUCCESS;
}

FORCEINLINE ULONG StorPortTerminateSystemThread(PVOID HwDeviceExtension, PVOID ThreadContext)
{
    ULONG status = STOR_STATUS_NOT_IMPLEMENTED;

    StorPortNotification(TerminateSystemThread, HwDeviceExtension, ThreadContext, &status);
    return status;
}

#endif
