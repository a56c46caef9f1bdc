/* Function codes about the device, processors, performance, requests and logs. docs: storport */
#include "storport/extended.h"

#include <string.h>

#include "nt/cm.h"
#include "nt/io.h"
#include "nt/pnp.h"

#define NO(status) ((ULONG)STOR_STATUS_##status)

SP_HANDLER(ext_silent)
{
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_device_objects)
{
    PVOID *adapter = ARG(PVOID *), *physical = ARG(PVOID *), *lower = ARG(PVOID *);

    if (!adapter && !physical && !lower)
        return NO(INVALID_PARAMETER);
    if (adapter)
        *adapter = a->fdo;
    if (physical)
        *physical = a->pdo;
    if (lower)
        *lower = a->next;
    return STOR_STATUS_SUCCESS;
}

/* The virtual miniport has answered an IRP that HwStorProcessServiceRequest gave it.
 * docs: storport/nf-storport-storportcompleteserviceirp */
SP_HANDLER(ext_complete_service_irp)
{
    PIRP irp = ARG(PVOID);

    if (!irp)
        return NO(INVALID_PARAMETER);
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return STOR_STATUS_SUCCESS;
}

/* --- messages ----------------------------------------------------------------------------------------------------------- */

SP_HANDLER(ext_message_info)
{
    ULONG message = ARG(ULONG);
    PMESSAGE_INTERRUPT_INFORMATION out = ARG(PMESSAGE_INTERRUPT_INFORMATION);

    if (!out)
        return NO(INVALID_PARAMETER);
    if (a->messages && message < a->message_count) {
        const IO_INTERRUPT_MESSAGE_INFO_ENTRY *m = &a->messages->MessageInfo[message];
        *out = (MESSAGE_INTERRUPT_INFORMATION){ message, m->MessageData, m->MessageAddress, m->Vector, m->Irql, m->Mode };
        return STOR_STATUS_SUCCESS;
    }
    /* In HwStorFindAdapter the interrupt is not connected yet: what the device was given. Who has its line has no messages. */
    struct pnp_node *node = a->pdo && !a->line ? pnp_node_of(a->pdo) : NULL;
    if (!node || !node->message_count)
        return NO(INVALID_DEVICE_REQUEST);
    if (message >= node->message_count)
        return NO(INVALID_PARAMETER);
    const struct pnp_message *m = &node->messages[message];
    *out = (MESSAGE_INTERRUPT_INFORMATION){ message, m->data, { .QuadPart = (LONGLONG)m->address }, m->vector, m->irql, Latched };
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_message_of_processor)
{
    ULONG processor = ARG(ULONG);
    PULONG out = ARG(PULONG);

    if (!out || processor >= ke.cpu_count)
        return NO(INVALID_PARAMETER);
    if (!a->message_count)
        return NO(UNSUCCESSFUL);
    *out = processor % a->message_count;
    return STOR_STATUS_SUCCESS;
}

/* --- performance ----------------------------------------------------------------------------------------------------------- */

static ULONG perf_flags(ULONG version)
{
    ULONG flags = STOR_PERF_DPC_REDIRECTION | STOR_PERF_CONCURRENT_CHANNELS | STOR_PERF_INTERRUPT_MESSAGE_RANGES;

    if (version >= STOR_PERF_VERSION_3)
        flags |= STOR_PERF_ADV_CONFIG_LOCALITY | STOR_PERF_OPTIMIZE_FOR_COMPLETION_DURING_STARTIO;
    if (version >= STOR_PERF_VERSION_4)
        flags |= STOR_PERF_DPC_REDIRECTION_CURRENT_CPU;
    if (version >= STOR_PERF_VERSION_5)
        flags |= STOR_PERF_NO_SGL;
    return flags;
}

/* A message's processor: where the HAL sends it. */
static void fill_targets(struct adapter *a, PPERF_CONFIGURATION_DATA data)
{
    struct pnp_node *node = pnp_node_of(a->pdo);

    for (ULONG m = data->FirstRedirectionMessageNumber; node && m <= data->LastRedirectionMessageNumber; m++)
        if (m < node->message_count)
            data->MessageTargets[m - data->FirstRedirectionMessageNumber] =
                (GROUP_AFFINITY){ .Mask = 1ull << node->messages[m].cpu };
}

/* What a flag takes to make sense. */
static bool consistent(const PERF_CONFIGURATION_DATA *data)
{
    ULONG flags = data->Flags, need_redirection = STOR_PERF_INTERRUPT_MESSAGE_RANGES | STOR_PERF_ADV_CONFIG_LOCALITY |
                                                  STOR_PERF_OPTIMIZE_FOR_COMPLETION_DURING_STARTIO |
                                                  STOR_PERF_DPC_REDIRECTION_CURRENT_CPU;

    if ((flags & STOR_PERF_CONCURRENT_CHANNELS) && !data->ConcurrentChannels)
        return false;
    if ((flags & STOR_PERF_ADV_CONFIG_LOCALITY) && !(flags & STOR_PERF_INTERRUPT_MESSAGE_RANGES))
        return false;
    return !(flags & need_redirection) || (flags & STOR_PERF_DPC_REDIRECTION);
}

/* Query: says what can be asked for; otherwise takes it. Only from HwStorInitialize and HwStorPassiveInitializeRoutine. docs: storport/nf-storport-storportinitializeperfopts */
SP_HANDLER(ext_perf_opts)
{
    BOOLEAN query = ARG(int) & 0xff;
    PPERF_CONFIGURATION_DATA data = ARG(PPERF_CONFIGURATION_DATA);

    if (!data)
        return NO(INVALID_PARAMETER);
    if (data->Version < STOR_PERF_VERSION_2 || data->Version > STOR_PERF_VERSION)
        return NO(UNSUPPORTED_VERSION);
    if (!a->initializing)
        return NO(UNSUCCESSFUL);
    if (query) {
        data->Flags = perf_flags(data->Version);
        data->ConcurrentChannels = ke.cpu_count;
        return STOR_STATUS_SUCCESS;
    }
    if (data->Flags & ~perf_flags(data->Version))
        return NO(UNSUCCESSFUL);
    if (!consistent(data))
        return NO(INVALID_PARAMETER);
    data->DeviceNode = 0;
    if ((data->Flags & STOR_PERF_ADV_CONFIG_LOCALITY) && data->MessageTargets)
        fill_targets(a, data);
    a->perf = *data;
    a->perf_set = true;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_start_io_perf)
{
    struct request *r = request_of(a, ARG(PVOID));
    PSTARTIO_PERFORMANCE_PARAMETERS out = ARG(PSTARTIO_PERFORMANCE_PARAMETERS);
    ULONG channels = a->perf_set && (a->perf.Flags & STOR_PERF_CONCURRENT_CHANNELS) ? a->perf.ConcurrentChannels : 1;

    if (!r || !out || out->Size < sizeof *out)
        return NO(INVALID_PARAMETER);
    out->Version = 1;
    out->ChannelNumber = this_cpu->number % channels;
    out->MessageNumber = 0;
    if (a->perf_set && (a->perf.Flags & STOR_PERF_INTERRUPT_MESSAGE_RANGES)) {
        ULONG first = a->perf.FirstRedirectionMessageNumber, count = a->perf.LastRedirectionMessageNumber - first + 1;
        out->MessageNumber = first + this_cpu->number % (count ? count : 1);
    }
    return STOR_STATUS_SUCCESS;
}

/* --- processors -------------------------------------------------------------------------------------------------------------- */

SP_HANDLER(ext_processor)
{
    PPROCESSOR_NUMBER out = ARG(PPROCESSOR_NUMBER);

    if (!out)
        return NO(INVALID_PARAMETER);
    KeGetCurrentProcessorNumberEx(out);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_processor_index)
{
    PULONG out = ARG(PULONG);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = this_cpu->number;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_index_of_number)
{
    PPROCESSOR_NUMBER number = ARG(PPROCESSOR_NUMBER);
    PULONG out = ARG(PULONG);

    if (!number || !out || number->Group || number->Number >= ke.cpu_count)
        return NO(INVALID_PARAMETER);
    *out = number->Number;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_processor_count)
{
    PULONG out = ARG(PULONG);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = ke.cpu_count;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_groups)
{
    PUSHORT out = ARG(PUSHORT);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = 1;
    return STOR_STATUS_SUCCESS;
}

static KAFFINITY everybody(void)
{
    return ke.cpu_count == 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << ke.cpu_count) - 1;
}

SP_HANDLER(ext_group_affinity)
{
    USHORT group = (USHORT)ARG(int);
    PKAFFINITY out = ARG(PKAFFINITY);

    if (!out || group)
        return NO(INVALID_PARAMETER);
    *out = everybody();
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_nodes)
{
    PULONG out = ARG(PULONG);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = 1;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_node_affinity)
{
    ULONG node = ARG(ULONG);
    PGROUP_AFFINITY out = ARG(PGROUP_AFFINITY);

    if (!out || node)
        return NO(INVALID_PARAMETER);
    *out = (GROUP_AFFINITY){ .Mask = everybody() };
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_highest_node)
{
    PULONG out = ARG(PULONG);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = 0;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_relationship)
{
    PPROCESSOR_NUMBER number = ARG(PPROCESSOR_NUMBER);
    LOGICAL_PROCESSOR_RELATIONSHIP type = ARG(LOGICAL_PROCESSOR_RELATIONSHIP);
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX information = ARG(PVOID);
    PULONG length = ARG(PULONG);

    if (!length)
        return NO(INVALID_PARAMETER);
    NTSTATUS status = KeQueryLogicalProcessorRelationship(number, type, information, length);
    if (status == STATUS_INFO_LENGTH_MISMATCH)
        return NO(INVALID_BUFFER_SIZE);
    return NT_SUCCESS(status) ? STOR_STATUS_SUCCESS : NO(UNSUCCESSFUL);
}

/* --- requests and units -------------------------------------------------------------------------------------------------------- */

SP_HANDLER(ext_request_info)
{
    struct request *r = request_of(a, ARG(PVOID));
    PSTOR_REQUEST_INFO out = ARG(PSTOR_REQUEST_INFO);

    if (!r || !out)
        return NO(INVALID_PARAMETER);
    if (out->Version != STOR_REQUEST_INFO_VER_1 || out->Size < sizeof *out)
        return NO(UNSUPPORTED_VERSION);
    *out = (STOR_REQUEST_INFO){ .Version = STOR_REQUEST_INFO_VER_1, .Size = sizeof *out, .PriorityHint = 2 /* IoPriorityNormal */ };
    out->Length = r->length;
    out->IsWriteRequest = (SrbGetSrbFlags(r->srb) & SRB_FLAGS_DATA_OUT) != 0;
    return STOR_STATUS_SUCCESS;
}

/* Requests carry no activity. */
SP_HANDLER(ext_activity_id)
{
    struct request *r = request_of(a, ARG(PVOID));

    return r && ARG(PVOID) ? NO(UNSUCCESSFUL) : NO(INVALID_PARAMETER);
}

SP_HANDLER(ext_port_number)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);

    if (!address || address->Type != STOR_ADDRESS_TYPE_BTL8)
        return NO(INVALID_PARAMETER);
    address->Port = (USHORT)a->number;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_unit_attributes)
{
    struct unit *u = unit_of_address(a, ARG(PSTOR_ADDRESS));

    if (!u)
        return NO(INVALID_PARAMETER);
    u->attributes = ARG(STOR_UNIT_ATTRIBUTES);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_operation_allowed)
{
    (void)ARG(PVOID);
    (void)ARG(PVOID);
    PULONG out = ARG(PULONG);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = 1;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_upgrade)
{
    PBOOLEAN out = ARG(PBOOLEAN);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = FALSE;
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_bus_type)
{
    ULONG type = ARG(ULONG);

    if (type >= BusTypeMax)
        return NO(INVALID_PARAMETER);
    a->bus_type = (uint8_t)type;
    return STOR_STATUS_SUCCESS;
}

/* Only while the adapter initialises. docs: storport/nf-storport-storportupdateadaptermaxio */
SP_HANDLER(ext_max_io)
{
    ULONG most = ARG(ULONG);

    if (!most)
        return NO(INVALID_PARAMETER);
    if (!a->initializing)
        return NO(INVALID_DEVICE_REQUEST);
    a->max_io = most;
    return STOR_STATUS_SUCCESS;
}

/* The same with the units' limit. */
SP_HANDLER(ext_max_io_info)
{
    ULONG most = ARG(ULONG), per_unit = ARG(ULONG);

    if (!most || !per_unit)
        return NO(INVALID_PARAMETER);
    if (!a->initializing)
        return NO(INVALID_DEVICE_REQUEST);
    a->max_io = most;
    a->config->MaxIOsPerLun = per_unit;
    return STOR_STATUS_SUCCESS;
}

/* The list says of each STORPORT_FEATURE_TYPE whether the miniport has it. docs: storport/nf-storport-storportsetfeaturelist */
SP_HANDLER(ext_feature_list)
{
    ULONG count = ARG(ULONG);
    const BOOLEAN *features = ARG(const BOOLEAN *);

    if (!features || !count || count > StorportFeatureMax)
        return NO(INVALID_PARAMETER);
    a->features = 0;
    for (ULONG i = 0; i < count; i++)
        a->features |= features[i] ? 1u << i : 0;
    return STOR_STATUS_SUCCESS;
}

/* --- log and registry ------------------------------------------------------------------------------------------------------------ */

/* docs: storport/nf-storport-storportlogsystemevent */
SP_HANDLER(ext_log_event)
{
    PSTOR_LOG_EVENT_DETAILS details = ARG(PSTOR_LOG_EVENT_DETAILS);
    PULONG most = ARG(PULONG);

    if (!details || !most)
        return NO(INVALID_PARAMETER);
    if (details->InterfaceRevision >> 8 > STOR_CURRENT_LOG_INTERFACE_REVISION >> 8) {
        details->InterfaceRevision = STOR_CURRENT_LOG_INTERFACE_REVISION;
        return NO(UNSUPPORTED_VERSION);
    }
    if (details->DumpDataSize > 150) {
        *most = 150;
        return NO(INVALID_BUFFER_SIZE);
    }
    log_info(a->driver->name, "event 0x%08x (%u) for path %u target %u lun %u", details->ErrorCode, details->UniqueId,
             details->PathId, details->TargetId, details->LunId);
    return STOR_STATUS_SUCCESS;
}

/* The adapter's own key: ...\Enum\<instance>\Device Parameters\<SubKeyName>. */
static struct cm_key *adapter_key(struct adapter *a, const char *sub, bool create, HANDLE *handle)
{
    struct pnp_node *node = pnp_node_of(a->pdo);
    struct cm_key *key = NULL;

    *handle = NULL;
    if (!node || !NT_SUCCESS(pnp_open_hardware_key(node, KEY_ALL_ACCESS, handle)) ||
        !NT_SUCCESS(cm_from_handle(*handle, KEY_ALL_ACCESS, &key)))
        return NULL;
    return sub && sub[0] ? cm_key(key, sub, create) : key;
}

/* *data: NULL, or a pool block of *length bytes; then the block is what the caller frees with StorPortFreePool.
 * docs: storport/nf-storport-storportregistryreadadapterkey */
SP_HANDLER(ext_read_key)
{
    const char *sub = ARG(const char *), *name = ARG(const char *);
    ULONG type = ARG(ULONG);
    PVOID *data = ARG(PVOID *);
    PULONG length = ARG(PULONG);
    struct cm_value value;
    ULONG status = NO(UNSUCCESSFUL);
    HANDLE handle;

    if (!name || !data || !length)
        return NO(INVALID_PARAMETER);
    if (ke_irql() != PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    struct cm_key *key = adapter_key(a, sub, false, &handle);
    if (key && cm_get(key, name, &value) && value.type == type) {
        if (!*data || *length < value.size) {
            *length = (ULONG)value.size;
            status = NO(BUFFER_TOO_SMALL);
        } else {
            memcpy(*data, value.data, value.size);
            *length = (ULONG)value.size;
            status = STOR_STATUS_SUCCESS;
        }
    }
    if (handle)
        ZwClose(handle);
    return status;
}

/* docs: storport/nf-storport-storportregistrywriteadapterkey */
SP_HANDLER(ext_write_key)
{
    const char *sub = ARG(const char *), *name = ARG(const char *);
    ULONG type = ARG(ULONG);
    PVOID data = ARG(PVOID);
    ULONG length = ARG(ULONG);
    HANDLE handle;

    if (!name || !data)
        return NO(INVALID_PARAMETER);
    if (ke_irql() != PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    struct cm_key *key = adapter_key(a, sub, true, &handle);
    bool good = key && cm_set(key, name, type, data, length);
    if (handle)
        ZwClose(handle);
    return good ? STOR_STATUS_SUCCESS : NO(UNSUCCESSFUL);
}
