/* Handlers of StorPortExtendedFunction: one for each function code that is done. Each takes the arguments behind the device
 * extension in the order in which the header's inline function passes them, and answers a STOR_STATUS. */
#ifndef STORPORT_EXTENDED_H
#define STORPORT_EXTENDED_H

#include "storport/adapter.h"

typedef __builtin_ms_va_list sp_arguments;
typedef ULONG sp_handler(struct adapter *a, sp_arguments *list, struct pe_caller caller);

#define ARG(type) __builtin_va_arg(*list, type)
#define SP_HANDLER(name) ULONG name(struct adapter *a, sp_arguments *list, struct pe_caller caller)

/* ext_memory.c */
sp_handler ext_allocate_pool, ext_free_pool, ext_allocate_mdl, ext_free_mdl, ext_build_mdl, ext_system_address, ext_original_mdl,
    ext_build_sgl, ext_put_sgl, ext_allocate_contiguous, ext_free_contiguous, ext_allocate_dma, ext_free_dma, ext_pfns,
    ext_flush_mdl, ext_mark_dump, ext_in_mdl, ext_in_address, ext_in_sgl;
/* ext_sync.c */
sp_handler ext_acquire_msi, ext_release_msi, ext_acquire_lock, ext_worker, ext_queue_worker, ext_free_worker, ext_timer,
    ext_request_timer, ext_free_timer, ext_hr_timer, ext_request_hr_timer, ext_cancel_hr_timer, ext_slist, ext_flush_slist,
    ext_pop_slist, ext_push_slist, ext_depth_slist, ext_insert_head, ext_insert_tail, ext_remove_head, ext_init_lock,
    ext_init_event, ext_wait_event, ext_set_event, ext_cancel_dpc, ext_delay, ext_performance_counter, ext_watchdog, ext_irql,
    ext_timer_interval;
/* ext_system.c */
sp_handler ext_device_objects, ext_message_info, ext_perf_opts, ext_start_io_perf, ext_log_event, ext_processor, ext_groups,
    ext_group_affinity, ext_nodes, ext_node_affinity, ext_highest_node, ext_relationship, ext_request_info, ext_activity_id,
    ext_port_number, ext_unit_attributes, ext_processor_index, ext_index_of_number, ext_processor_count, ext_bus_type,
    ext_max_io, ext_upgrade, ext_operation_allowed, ext_silent, ext_read_key, ext_write_key, ext_complete_service_irp,
    ext_message_of_processor, ext_feature_list, ext_max_io_info;
/* ext_thread.c */
sp_handler ext_create_thread, ext_thread_priority, ext_thread_affinity, ext_thread_revert;
/* ext_power.c */
sp_handler ext_pofx_initialize, ext_pofx_activate, ext_pofx_idle, ext_pofx_latency, ext_pofx_residency, ext_pofx_control,
    ext_pofx_timeout, ext_pofx_perf_state;
/* ext_platform.c */
sp_handler ext_acpi, ext_device_reset, ext_mask_msix, ext_query_configuration, ext_d3_cold, ext_power_settings,
    ext_registry_notification, ext_allocate_hmb, ext_free_hmb, ext_live_dump;
/* registry.c */
sp_handler ext_read_registry_key;

#endif
