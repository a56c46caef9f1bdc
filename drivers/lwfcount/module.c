/* A module's life. */
#include "lwfcount.h"

static VOID FreeModule(PMODULE Module)
{
    if (Module->SendTimer != NULL)
        NdisFreeTimerObject(Module->SendTimer);
    if (Module->ReceiveTimer != NULL)
        NdisFreeTimerObject(Module->ReceiveTimer);
    if (Module->Pool != NULL)
        NdisFreeNetBufferListPool(Module->Pool);
    if (Module->Counters != NULL)
        NdisFreeMemory(Module->Counters, 0, 0);
    NdisFreeSpinLock(&Module->Lock);
    NdisFreeMemory(Module, 0, 0);
}

static BOOLEAN AllocateTimer(PMODULE Module, PNDIS_TIMER_FUNCTION Function, PNDIS_HANDLE Timer)
{
    NDIS_TIMER_CHARACTERISTICS timer;

    NdisZeroMemory(&timer, sizeof(timer));
    timer.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    timer.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    timer.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    timer.AllocationTag = LWF_TAG;
    timer.TimerFunction = Function;
    timer.FunctionContext = Module;
    return NdisAllocateTimerObject(Module->Handle, &timer, Timer) == NDIS_STATUS_SUCCESS;
}

static BOOLEAN AllocateAll(PMODULE Module)
{
    NET_BUFFER_LIST_POOL_PARAMETERS pool;
    ULONG size = Module->Processors * sizeof(COUNTERS);

    Module->Counters = NdisAllocateMemoryWithTagPriority(Module->Handle, size, LWF_TAG, NormalPoolPriority);
    if (Module->Counters == NULL)
        return FALSE;
    NdisZeroMemory(Module->Counters, size);
    NdisZeroMemory(&pool, sizeof(pool));
    pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.fAllocateNetBuffer = TRUE;
    pool.DataSize = LWF_FRAME_SIZE;
    pool.PoolTag = LWF_TAG;
    Module->Pool = NdisAllocateNetBufferListPool(Module->Handle, &pool);
    return Module->Pool != NULL && AllocateTimer(Module, DelaySendDue, &Module->SendTimer) &&
           AllocateTimer(Module, DelayReceiveDue, &Module->ReceiveTimer);
}

_Use_decl_annotations_
NDIS_STATUS ModuleAttach(NDIS_HANDLE NdisFilterHandle, NDIS_HANDLE FilterDriverContext, PNDIS_FILTER_ATTACH_PARAMETERS AttachParameters)
{
    NDIS_FILTER_ATTRIBUTES attributes;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    PMODULE module;

    UNREFERENCED_PARAMETER(FilterDriverContext);
    if (AttachParameters->MiniportMediaType != NdisMedium802_3)
        return NDIS_STATUS_NOT_SUPPORTED;
    module = NdisAllocateMemoryWithTagPriority(NdisFilterHandle, sizeof(*module), LWF_TAG, NormalPoolPriority);
    if (module == NULL)
        return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(module, sizeof(*module));
    module->Handle = NdisFilterHandle;
    module->Processors = NdisGroupMaxProcessorCount(ALL_PROCESSOR_GROUPS);
    NdisAllocateSpinLock(&module->Lock);
    DelayInitialize(&module->Sends);
    DelayInitialize(&module->Receives);
    SettingsRead(&module->Settings, NdisFilterHandle);
    module->Changes = module->Settings.DropSend || module->Settings.DropReceive || module->Settings.DelaySend ||
                      module->Settings.DelayReceive || module->Settings.EditSend || module->Settings.EditReceive;
    if (AllocateAll(module)) {
        NdisZeroMemory(&attributes, sizeof(attributes));
        attributes.Header.Type = NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES;
        attributes.Header.Revision = NDIS_FILTER_ATTRIBUTES_REVISION_1;
        attributes.Header.Size = NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1;
        status = NdisFSetAttributes(NdisFilterHandle, module, &attributes);
    }
    if (status != NDIS_STATUS_SUCCESS) {
        FreeModule(module);
        return status;
    }
    NdisAcquireSpinLock(&Driver.Lock);
    InsertTailList(&Driver.Modules, &module->Link);
    NdisReleaseSpinLock(&Driver.Lock);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID ModuleDetach(NDIS_HANDLE FilterModuleContext)
{
    PMODULE module = (PMODULE)FilterModuleContext;
    COUNTERS sum;

    NdisAcquireSpinLock(&Driver.Lock);
    RemoveEntryList(&module->Link);
    NdisReleaseSpinLock(&Driver.Lock);
    ModuleSum(module, &sum);
    DbgPrint("lwfcount sent %llu received %llu dropped %llu delayed %llu edited %llu\n", sum.SentFrames, sum.ReceivedFrames,
             sum.Dropped, sum.Delayed, sum.Edited);
    FreeModule(module);
}

/* A module that is not to do anything takes its handlers for lists out of the way. */
_Use_decl_annotations_
NDIS_STATUS ModuleSetOptions(NDIS_HANDLE FilterModuleContext)
{
    PMODULE module = (PMODULE)FilterModuleContext;
    NDIS_FILTER_PARTIAL_CHARACTERISTICS none;

    if (module->Settings.Enabled)
        return NDIS_STATUS_SUCCESS;
    NdisZeroMemory(&none, sizeof(none));
    none.Header.Type = NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS;
    none.Header.Revision = NDIS_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1;
    none.Header.Size = NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1;
    return NdisSetOptionalHandlers(module->Handle, (PNDIS_DRIVER_OPTIONAL_HANDLERS)&none);
}

_Use_decl_annotations_
NDIS_STATUS ModuleRestart(NDIS_HANDLE FilterModuleContext, PNDIS_FILTER_RESTART_PARAMETERS RestartParameters)
{
    PMODULE module = (PMODULE)FilterModuleContext;

    UNREFERENCED_PARAMETER(RestartParameters);
    NdisAcquireSpinLock(&module->Lock);
    module->State = ModuleRunning;
    NdisReleaseSpinLock(&module->Lock);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
NDIS_STATUS ModulePause(NDIS_HANDLE FilterModuleContext, PNDIS_FILTER_PAUSE_PARAMETERS PauseParameters)
{
    PMODULE module = (PMODULE)FilterModuleContext;
    BOOLEAN wait;

    UNREFERENCED_PARAMETER(PauseParameters);
    NdisAcquireSpinLock(&module->Lock);
    module->State = ModulePausing;
    NdisReleaseSpinLock(&module->Lock);
    NdisCancelTimerObject(module->SendTimer);
    NdisCancelTimerObject(module->ReceiveTimer);
    DelayFlush(module);
    NdisAcquireSpinLock(&module->Lock);
    module->SendTimerSet = module->ReceiveTimerSet = FALSE;
    wait = module->Outstanding != 0;
    module->PausePending = wait;
    if (!wait)
        module->State = ModulePaused;
    NdisReleaseSpinLock(&module->Lock);
    return wait ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

VOID ModuleRelease(PMODULE Module, LONG Count)
{
    BOOLEAN paused;

    NdisAcquireSpinLock(&Module->Lock);
    Module->Outstanding -= Count;
    paused = Module->PausePending && Module->Outstanding == 0;
    if (paused) {
        Module->PausePending = FALSE;
        Module->State = ModulePaused;
    }
    NdisReleaseSpinLock(&Module->Lock);
    if (paused)
        NdisFPauseComplete(Module->Handle);
}

_Use_decl_annotations_
VOID ModuleStatus(NDIS_HANDLE FilterModuleContext, PNDIS_STATUS_INDICATION StatusIndication)
{
    NdisFIndicateStatus(((PMODULE)FilterModuleContext)->Handle, StatusIndication);
}

VOID ModuleSum(PMODULE Module, PCOUNTERS Sum)
{
    NdisZeroMemory(Sum, sizeof(*Sum));
    for (ULONG p = 0; p < Module->Processors; p++)
        for (ULONG i = 0; i < sizeof(*Sum) / sizeof(ULONG64); i++)
            ((PULONG64)Sum)[i] += ((PULONG64)&Module->Counters[p])[i];
}
