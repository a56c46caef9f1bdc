/* Timers, locks, lists, events, DPCs, threads. */
#include "storcheck.h"

typedef struct _FIRED {
    STOR_EVENT Event;
    volatile LONG Count;
    KIRQL Irql;
} FIRED, *PFIRED;

static LONGLONG Second = -10000000;

static VOID Fire(PVOID extension, PVOID context)
{
    PFIRED fired = context;

    StorPortGetCurrentIrql(extension, &fired->Irql);
    InterlockedIncrement(&fired->Count);
    StorPortSetEvent(extension, &fired->Event);
}

static ULONG Await(PVOID device, PFIRED fired)
{
    LARGE_INTEGER second = { .QuadPart = Second };

    return StorPortWaitForSingleObject(device, &fired->Event, FALSE, &second);
}

static ULONG OneTimer(PVOID device, PFIRED fired, PVOID timer, BOOLEAN fine)
{
    LARGE_INTEGER before, after, frequency;

    ANSWERS(StorPortQueryPerformanceCounter(device, &frequency, &before), STOR_STATUS_SUCCESS);
    if (fine) {
        ANSWERS(StorPortRequestHighResolutionTimer(device, timer, Fire, fired, 2000), STOR_STATUS_SUCCESS);
    } else {
        ANSWERS(StorPortRequestTimer(device, timer, Fire, fired, 2000, 0), STOR_STATUS_SUCCESS);
        ANSWERS(StorPortRequestTimer(device, timer, Fire, fired, 2000, 0), STOR_STATUS_BUSY);
    }
    ANSWERS(Await(device, fired), STOR_STATUS_SUCCESS);
    HOLDS(fired->Irql == DISPATCH_LEVEL);
    ANSWERS(StorPortQueryPerformanceCounter(device, NULL, &after), STOR_STATUS_SUCCESS);
    HOLDS((after.QuadPart - before.QuadPart) * 1000000 / frequency.QuadPart >= 2000);
    return 0;
}

ULONG CheckTimers(PCHECK_CONTEXT context)
{
    PVOID device = context->Device, timer = NULL, fine = NULL;
    FIRED fired = { .Count = 0 };
    BOOLEAN canceled = FALSE;
    ULONG least = 0, line;

    ANSWERS(StorPortInitializeEvent(device, &fired.Event, StorSynchronizationEvent, FALSE), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortInitializeTimer(device, NULL), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortInitializeTimer(device, &timer), STOR_STATUS_SUCCESS);
    if ((line = OneTimer(device, &fired, timer, FALSE)) != 0)
        return line;
    ANSWERS(StorPortRequestTimer(device, timer, Fire, &fired, 1000000, 0), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortRequestTimer(device, timer, Fire, &fired, 0, 0), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortFreeTimer(device, timer), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortInitializeHighResolutionTimer(device, &fine), STOR_STATUS_SUCCESS);
    if ((line = OneTimer(device, &fired, fine, TRUE)) != 0)
        return line;
    ANSWERS(StorPortRequestHighResolutionTimer(device, fine, Fire, &fired, 1000000), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortCancelHighResolutionTimer(device, fine, &canceled), STOR_STATUS_SUCCESS);
    HOLDS(canceled);
    ANSWERS(StorPortFreeHighResolutionTimer(device, fine), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortQueryTimerMinInterval(device, &least), STOR_STATUS_SUCCESS);
    HOLDS(fired.Count == 2);
    ANSWERS(StorPortDelayExecution(device, 100), STOR_STATUS_SUCCESS);
    return 0;
}

static BOOLEAN Synchronized(PVOID extension, PVOID context)
{
    UNREFERENCED_PARAMETER(extension);
    *(PKIRQL)context = KeGetCurrentIrql();
    return TRUE;
}

ULONG CheckLocks(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    STOR_LOCK_HANDLE dpc, start, interrupt;
    STOR_DPC own;
    STOR_KSPIN_LOCK lock;
    KIRQL irql = PASSIVE_LEVEL;

    StorPortInitializeDpc(device, &own, NULL);
    StorPortAcquireSpinLock(device, DpcLock, &own, &dpc);
    HOLDS(KeGetCurrentIrql() == DISPATCH_LEVEL);
    StorPortAcquireSpinLock(device, StartIoLock, NULL, &start);
    StorPortAcquireSpinLock(device, InterruptLock, NULL, &interrupt);
    HOLDS(KeGetCurrentIrql() >= DISPATCH_LEVEL);
    StorPortReleaseSpinLock(device, &interrupt);
    StorPortReleaseSpinLock(device, &start);
    StorPortReleaseSpinLock(device, &dpc);
    HOLDS(KeGetCurrentIrql() == PASSIVE_LEVEL);
    ANSWERS(StorPortInitializeSpinlock(device, &lock), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortAcquireSpinLockEx(device, StartIoLock, NULL, &start), STOR_STATUS_SUCCESS);
    StorPortReleaseSpinLock(device, &start);
    ANSWERS(StorPortAcquireSpinLockEx(device, StartIoLock, NULL, NULL), STOR_STATUS_INVALID_PARAMETER);
    StorPortSynchronizeAccess(device, Synchronized, &irql);
    HOLDS(irql >= DISPATCH_LEVEL && KeGetCurrentIrql() == PASSIVE_LEVEL);
    return 0;
}

ULONG CheckLists(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    STOR_SLIST_HEADER head;
    DECLSPEC_ALIGN(16) STOR_SLIST_ENTRY entry[3];
    PSTOR_SLIST_ENTRY top = NULL;
    STOR_LIST_ENTRY list, node[2];
    PSTOR_LIST_ENTRY was = NULL;
    STOR_KSPIN_LOCK lock;
    SHORT depth = 99;

    ANSWERS(StorPortInitializeSListHead(device, &head), STOR_STATUS_SUCCESS);
    for (ULONG i = 0; i < 3; i++)
        ANSWERS(StorPortInterlockedPushEntrySList(device, &head, &entry[i], &top), STOR_STATUS_SUCCESS);
    HOLDS(top == &entry[1]);            /* the first one before the call */
    ANSWERS(StorPortQueryDepthSList(device, &head, &depth), STOR_STATUS_SUCCESS);
    HOLDS(depth == 3);
    ANSWERS(StorPortInterlockedPopEntrySList(device, &head, &top), STOR_STATUS_SUCCESS);
    HOLDS(top == &entry[2]);
    ANSWERS(StorPortInterlockedFlushSList(device, &head, &top), STOR_STATUS_SUCCESS);
    HOLDS(top == &entry[1] && top->Next == &entry[0]);
    ANSWERS(StorPortInterlockedPopEntrySList(device, &head, &top), STOR_STATUS_SUCCESS);
    HOLDS(top == NULL);
    ANSWERS(StorPortInitializeListHead(device, &list), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortInitializeSpinlock(device, &lock), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortInterlockedInsertHeadList(device, &list, &node[0], &was, &lock), STOR_STATUS_SUCCESS);
    HOLDS(was == NULL);                 /* the list was empty */
    ANSWERS(StorPortInterlockedInsertTailList(device, &list, &node[1], &was, &lock), STOR_STATUS_SUCCESS);
    HOLDS(was == &node[0]);
    ANSWERS(StorPortInterlockedRemoveHeadList(device, &list, &was, &lock), STOR_STATUS_SUCCESS);
    HOLDS(was == &node[0]);
    ANSWERS(StorPortInterlockedRemoveHeadList(device, &list, &was, &lock), STOR_STATUS_SUCCESS);
    HOLDS(was == &node[1]);
    ANSWERS(StorPortInterlockedRemoveHeadList(device, &list, &was, &lock), STOR_STATUS_SUCCESS);
    HOLDS(was == NULL);
    return 0;
}

ULONG CheckEvents(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    LARGE_INTEGER moment = { .QuadPart = -10000 };
    STOR_EVENT event;

    ANSWERS(StorPortInitializeEvent(device, NULL, StorNotificationEvent, FALSE), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortInitializeEvent(device, &event, StorNotificationEvent, TRUE), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortWaitForSingleObject(device, &event, FALSE, &moment), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortWaitForSingleObject(device, &event, FALSE, &moment), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortInitializeEvent(device, &event, StorSynchronizationEvent, FALSE), STOR_STATUS_SUCCESS);
    HOLDS(StorPortWaitForSingleObject(device, &event, FALSE, &moment) != STOR_STATUS_SUCCESS);
    ANSWERS(StorPortSetEvent(device, &event), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortWaitForSingleObject(device, &event, FALSE, &moment), STOR_STATUS_SUCCESS);
    HOLDS(StorPortWaitForSingleObject(device, &event, FALSE, &moment) != STOR_STATUS_SUCCESS);
    return 0;
}

static VOID DpcFires(PSTOR_DPC dpc, PVOID extension, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(dpc);
    if (second == first)
        Fire(extension, first);
}

ULONG CheckDpc(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    FIRED fired = { .Count = 0 };
    BOOLEAN canceled = TRUE;
    STOR_DPC dpc;
    KIRQL old;
    BOOLEAN first, second;

    ANSWERS(StorPortInitializeEvent(device, &fired.Event, StorSynchronizationEvent, FALSE), STOR_STATUS_SUCCESS);
    StorPortInitializeDpc(device, &dpc, DpcFires);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    first = StorPortIssueDpc(device, &dpc, &fired, &fired);
    second = StorPortIssueDpc(device, &dpc, &fired, &fired);
    KeLowerIrql(old);
    HOLDS(first && !second);
    ANSWERS(Await(device, &fired), STOR_STATUS_SUCCESS);
    HOLDS(fired.Count == 1 && fired.Irql == DISPATCH_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    StorPortIssueDpc(device, &dpc, &fired, &fired);
    ANSWERS(StorPortCancelDpc(device, &dpc, &canceled), STOR_STATUS_SUCCESS);
    KeLowerIrql(old);
    HOLDS(canceled && fired.Count == 1);
    return 0;
}

typedef struct _THREAD {
    PVOID Device, Context;
    STOR_EVENT Go, Done;
    ULONG Line;
} THREAD, *PTHREAD;

static ULONG InThread(PTHREAD thread)
{
    STOR_GROUP_AFFINITY one = { .Mask = 1 }, before;
    LARGE_INTEGER second = { .QuadPart = Second };

    HOLDS(KeGetCurrentIrql() == PASSIVE_LEVEL);
    ANSWERS(StorPortSetSystemGroupAffinityThread(thread->Device, NULL, &one, &before), STOR_STATUS_SUCCESS);
    HOLDS(KeGetCurrentProcessorNumber() == 0);
    ANSWERS(StorPortRevertToUserGroupAffinityThread(thread->Device, NULL, &before), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortWaitForSingleObject(thread->Device, &thread->Go, FALSE, &second), STOR_STATUS_SUCCESS);
    return 0;
}

static VOID ThreadRoutine(PVOID context)
{
    PTHREAD thread = context;
    PVOID device = thread->Device, own = thread->Context;

    thread->Line = InThread(thread);
    StorPortSetEvent(device, &thread->Done);
    StorPortTerminateSystemThread(device, own);
}

ULONG CheckThreads(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    STOR_THREAD_PRIORITY priority = StorThreadPriorityCritical;
    THREAD thread = { .Device = device };
    LARGE_INTEGER second = { .QuadPart = Second };

    ANSWERS(StorPortInitializeEvent(device, &thread.Go, StorSynchronizationEvent, FALSE), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortInitializeEvent(device, &thread.Done, StorSynchronizationEvent, FALSE), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortCreateSystemThread(device, NULL, NULL, NULL, NULL), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortCreateSystemThread(device, ThreadRoutine, &thread, &priority, &thread.Context), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortSetPriorityThread(device, thread.Context, StorThreadPriorityNormal), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortSetEvent(device, &thread.Go), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortWaitForSingleObject(device, &thread.Done, FALSE, &second), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortDelayExecution(device, 1000), STOR_STATUS_SUCCESS);       /* it ends */
    return thread.Line;
}
