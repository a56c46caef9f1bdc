/* StorPortExtendedFunction: what most of storport.h's inline functions end in. A code without a handler is refused with
 * STOR_STATUS_NOT_IMPLEMENTED, as a Windows that does not know it answers, and named in the log once. */
#include "storport/extended.h"

#include <stdio.h>

static sp_handler *const handlers[] = {
    [ExtFunctionAllocatePool] = ext_allocate_pool,
    [ExtFunctionFreePool] = ext_free_pool,
    [ExtFunctionAllocateMdl] = ext_allocate_mdl,
    [ExtFunctionFreeMdl] = ext_free_mdl,
    [ExtFunctionBuildMdlForNonPagedPool] = ext_build_mdl,
    [ExtFunctionGetSystemAddress] = ext_system_address,
    [ExtFunctionGetOriginalMdl] = ext_original_mdl,
    [ExtFunctionCompleteServiceIrp] = ext_complete_service_irp,
    [ExtFunctionGetDeviceObjects] = ext_device_objects,
    [ExtFunctionBuildScatterGatherList] = ext_build_sgl,
    [ExtFunctionPutScatterGatherList] = ext_put_sgl,
    [ExtFunctionAcquireMSISpinLock] = ext_acquire_msi,
    [ExtFunctionReleaseMSISpinLock] = ext_release_msi,
    [ExtFunctionGetMessageInterruptInformation] = ext_message_info,
    [ExtFunctionInitializePerformanceOptimizations] = ext_perf_opts,
    [ExtFunctionGetStartIoPerformanceParameters] = ext_start_io_perf,
    [ExtFunctionLogSystemEvent] = ext_log_event,
    [ExtFunctionGetCurrentProcessorNumber] = ext_processor,
    [ExtFunctionGetActiveGroupCount] = ext_groups,
    [ExtFunctionGetGroupAffinity] = ext_group_affinity,
    [ExtFunctionGetActiveNodeCount] = ext_nodes,
    [ExtFunctionGetNodeAffinity] = ext_node_affinity,
    [ExtFunctionGetHighestNodeNumber] = ext_highest_node,
    [ExtFunctionGetLogicalProcessorRelationship] = ext_relationship,
    [ExtFunctionAllocateContiguousMemorySpecifyCacheNode] = ext_allocate_contiguous,
    [ExtFunctionFreeContiguousMemorySpecifyCache] = ext_free_contiguous,
    [ExtFunctionGetRequestInfo] = ext_request_info,
    [ExtFunctionInitializeWorker] = ext_worker,
    [ExtFunctionQueueWorkItem] = ext_queue_worker,
    [ExtFunctionFreeWorker] = ext_free_worker,
    [ExtFunctionInitializeTimer] = ext_timer,
    [ExtFunctionRequestTimer] = ext_request_timer,
    [ExtFunctionFreeTimer] = ext_free_timer,
    [ExtFunctionInitializeHighResolutionTimer] = ext_timer,
    [ExtFunctionRequestHighResolutionTimer] = ext_request_hr_timer,
    [ExtFunctionCancelHighResolutionTimer] = ext_cancel_hr_timer,
    [ExtFunctionFreeHighResolutionTimer] = ext_free_timer,
    [ExtFunctionInitializeSListHead] = ext_slist,
    [ExtFunctionInterlockedFlushSList] = ext_flush_slist,
    [ExtFunctionInterlockedPopEntrySList] = ext_pop_slist,
    [ExtFunctionInterlockedPushEntrySList] = ext_push_slist,
    [ExtFunctionQueryDepthSList] = ext_depth_slist,
    [ExtFunctionInterlockedInsertHeadList] = ext_insert_head,
    [ExtFunctionInterlockedInsertTailList] = ext_insert_tail,
    [ExtFunctionInterlockedRemoveHeadList] = ext_remove_head,
    [ExtFunctionInitializeSpinlock] = ext_init_lock,
    [ExtFunctionAcquireSpinLock] = ext_acquire_lock,
    [ExtFunctionGetActivityId] = ext_activity_id,
    [ExtFunctionGetSystemPortNumber] = ext_port_number,
    [ExtFunctionGetDataInBufferMdl] = ext_in_mdl,
    [ExtFunctionGetDataInBufferSystemAddress] = ext_in_address,
    [ExtFunctionGetDataInBufferScatterGatherList] = ext_in_sgl,
    [ExtFunctionMarkDumpMemory] = ext_mark_dump,
    [ExtFunctionSetUnitAttributes] = ext_unit_attributes,
    [ExtFunctionQueryPerformanceCounter] = ext_performance_counter,
    [ExtFunctionFlushDataBufferMdl] = ext_flush_mdl,
    [ExtFunctionDeviceOperationAllowed] = ext_operation_allowed,
    [ExtFunctionGetProcessorIndexFromNumber] = ext_index_of_number,
    [ExtFunctionGetCurrentProcessorIndex] = ext_processor_index,
    [ExtFunctionGetProcessorCount] = ext_processor_count,
    [ExtFunctionGetMessageInterruptIDFromProcessorIndex] = ext_message_of_processor,
    [ExtFunctionCurrentOsInstallationUpgrade] = ext_upgrade,
    [ExtFunctionRegistryReadAdapterKey] = ext_read_key,
    [ExtFunctionRegistryWriteAdapterKey] = ext_write_key,
    [ExtFunctionReadRegistryKey] = ext_read_registry_key,
    [ExtFunctionSetAdapterBusType] = ext_bus_type,
    [ExtFunctionUpdateAdapterMaxIO] = ext_max_io,
    [ExtFunctionGetPfns] = ext_pfns,
    [ExtFunctionDelayExecution] = ext_delay,
    [ExtFunctionAllocateDmaMemory] = ext_allocate_dma,
    [ExtFunctionFreeDmaMemory] = ext_free_dma,
    [ExtFunctionCancelDpc] = ext_cancel_dpc,
    [ExtFunctionInitializeEvent] = ext_init_event,
    [ExtFunctionWaitForEvent] = ext_wait_event,
    [ExtFunctionSetEvent] = ext_set_event,
    [ExtFunctionSetFeatureList] = ext_feature_list,
    [ExtFunctionQueryDpcWatchdogInformation] = ext_watchdog,
    [ExtFunctionQueryTimerMinInterval] = ext_timer_interval,
    [ExtFunctionGetCurrentIrql] = ext_irql,
    [ExtFunctionUpdateAdapterMaxIOInfo] = ext_max_io_info,
    [ExtFunctionCreateSystemThread] = ext_create_thread,
    [ExtFunctionSetPriorityThread] = ext_thread_priority,
    [ExtFunctionSetSystemGroupAffinityThread] = ext_thread_affinity,
    [ExtFunctionRevertToUserGroupAffinityThread] = ext_thread_revert,
    [ExtFunctionInvokeAcpiMethod] = ext_acpi,
    [ExtFunctionDeviceReset] = ext_device_reset,
    [ExtFunctionMaskPciMsixEntry] = ext_mask_msix,
    [ExtFunctionQueryConfiguration] = ext_query_configuration,
    [ExtFunctionGetD3ColdSupport] = ext_d3_cold,
    [ExtFunctionSetPowerSettingNotificationGuids] = ext_power_settings,
    [ExtFunctionEnableRegistryKeyNotification] = ext_registry_notification,
    [ExtFunctionAllocateHmb] = ext_allocate_hmb,
    [ExtFunctionFreeHmb] = ext_free_hmb,
    [ExtFunctionCaptureLiveDump] = ext_live_dump,
    [ExtFunctionInitializePoFxPower] = ext_pofx_initialize,
    [ExtFunctionPoFxActivateComponent] = ext_pofx_activate,
    [ExtFunctionPoFxIdleComponent] = ext_pofx_idle,
    [ExtFunctionPoFxSetComponentLatency] = ext_pofx_latency,
    [ExtFunctionPoFxSetComponentResidency] = ext_pofx_residency,
    [ExtFunctionPoFxPowerControl] = ext_pofx_control,
    [ExtFunctionPoFxSetIdleTimeout] = ext_pofx_timeout,
    [ExtFunctionPoFxSetPerfState] = ext_pofx_perf_state,
    /* Events that nobody consumes: taken, and gone. */
    [ExtFunctionMiniportEtwEvent2] = ext_silent,
    [ExtFunctionMiniportEtwEvent4] = ext_silent,
    [ExtFunctionMiniportEtwEvent8] = ext_silent,
    [ExtFunctionMiniportChannelEtwEvent2] = ext_silent,
    [ExtFunctionMiniportChannelEtwEvent4] = ext_silent,
    [ExtFunctionMiniportChannelEtwEvent8] = ext_silent,
    [ExtFunctionMiniportTelemetry] = ext_silent,
    [ExtFunctionMiniportTelemetryEx] = ext_silent,
    [ExtFunctionMiniportLogByteStream] = ext_silent,
    [ExtFunctionLogHardwareError] = ext_silent,
};

/* FunctionCode: STORPORT_FUNCTION_CODE; the arguments of its inline function follow. STOR_STATUS_NOT_IMPLEMENTED for a code that is
 * not known, and what each function documents. docs: storport */
ULONG NTAPI StorPortExtendedFunction(STORPORT_FUNCTION_CODE FunctionCode, PVOID HwDeviceExtension, ...)
{
    struct pe_caller caller = PE_CALLER();
    struct adapter *a = adapter_find(HwDeviceExtension);
    ULONG status = (ULONG)STOR_STATUS_NOT_IMPLEMENTED;
    sp_arguments list;

    if (!a)
        return (ULONG)STOR_STATUS_INVALID_PARAMETER;
    if ((unsigned)FunctionCode >= countof(handlers) || !handlers[FunctionCode]) {
        char what[64];
        snprintf(what, sizeof what, "StorPortExtendedFunction(%u)", (unsigned)FunctionCode);
        sp_once(a->driver->name, what);
        return status;
    }
    __builtin_ms_va_start(list, HwDeviceExtension);
    status = handlers[FunctionCode](a, &list, caller);
    __builtin_ms_va_end(list);
    return status;
}
