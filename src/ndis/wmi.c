/* An adapter as a WMI provider: standard OIDs and statuses, and those that the miniport names in OID_GEN_SUPPORTED_GUIDS, are data
 * blocks and events with one instance, named as the adapter.
 *
 * The form of the data: a list (fNDIS_GUID_ARRAY) has a ULONG with the number of its elements before it, strings are counted UTF-16,
 * all else is as the OID has it. A status is an event with the status buffer as its data; that of the link state has an
 * NDIS_WMI_EVENT_HEADER before it. docs: network/ndis-support-for-wmi, network/oid-gen-supported-guids */
#define INITGUID
#include <ndisguid.h>

#include "ndis/wmi_provider.h"

#include <stddef.h>
#include <string.h>

#include "ndis/event.h"
#include "nt/pool.h"

#define WMI_TAG NDIS_TAG('N', 'D', 'w', 'm')
#define DATA_MAX 16384u
#define OID_BLOCK(name, flags, size) { &GUID_NDIS_##name, OID_##name, size, fNDIS_GUID_TO_OID | (flags) }
#define OID_METHOD(name) OID_BLOCK(name, fNDIS_GUID_METHOD | fNDIS_GUID_SUPPORT_COMMON_HEADER, (ULONG)-1)
#define STATUS_EVENT(name) { &GUID_NDIS_STATUS_##name, (NDIS_OID)NDIS_STATUS_##name, (ULONG)-1, fNDIS_GUID_TO_STATUS }

static const struct {
    const GUID *guid;
    NDIS_OID oid;                       /* or status */
    ULONG size, flags;
} blocks[] = {
    OID_BLOCK(GEN_HARDWARE_STATUS, 0, 4), OID_BLOCK(GEN_MEDIA_SUPPORTED, fNDIS_GUID_ARRAY, 4),
    OID_BLOCK(GEN_MEDIA_IN_USE, fNDIS_GUID_ARRAY, 4), OID_BLOCK(GEN_MAXIMUM_LOOKAHEAD, 0, 4),
    OID_BLOCK(GEN_MAXIMUM_FRAME_SIZE, 0, 4), OID_BLOCK(GEN_LINK_SPEED, 0, 4), OID_BLOCK(GEN_TRANSMIT_BUFFER_SPACE, 0, 4),
    OID_BLOCK(GEN_RECEIVE_BUFFER_SPACE, 0, 4), OID_BLOCK(GEN_TRANSMIT_BLOCK_SIZE, 0, 4), OID_BLOCK(GEN_RECEIVE_BLOCK_SIZE, 0, 4),
    OID_BLOCK(GEN_VENDOR_ID, 0, 4), OID_BLOCK(GEN_VENDOR_DESCRIPTION, fNDIS_GUID_ANSI_STRING, (ULONG)-1),
    OID_BLOCK(GEN_CURRENT_PACKET_FILTER, 0, 4), OID_BLOCK(GEN_CURRENT_LOOKAHEAD, 0, 4), OID_BLOCK(GEN_DRIVER_VERSION, 0, 4),
    OID_BLOCK(GEN_MAXIMUM_TOTAL_SIZE, 0, 4), OID_BLOCK(GEN_MAC_OPTIONS, 0, 4), OID_BLOCK(GEN_MEDIA_CONNECT_STATUS, 0, 4),
    OID_BLOCK(GEN_MAXIMUM_SEND_PACKETS, 0, 4), OID_BLOCK(GEN_VENDOR_DRIVER_VERSION, 0, 4), OID_BLOCK(GEN_XMIT_OK, 0, 8),
    OID_BLOCK(GEN_RCV_OK, 0, 8), OID_BLOCK(GEN_XMIT_ERROR, 0, 8), OID_BLOCK(GEN_RCV_ERROR, 0, 8), OID_BLOCK(GEN_RCV_NO_BUFFER, 0, 8),
    OID_BLOCK(GEN_PHYSICAL_MEDIUM, 0, 4), OID_BLOCK(GEN_PHYSICAL_MEDIUM_EX, 0, 4), OID_BLOCK(802_3_PERMANENT_ADDRESS, 0, 6),
    OID_BLOCK(802_3_CURRENT_ADDRESS, 0, 6), OID_BLOCK(802_3_MULTICAST_LIST, fNDIS_GUID_ARRAY, 6),
    OID_BLOCK(802_3_MAXIMUM_LIST_SIZE, 0, 4), OID_BLOCK(802_3_RCV_ERROR_ALIGNMENT, 0, 4),
    OID_BLOCK(802_3_XMIT_ONE_COLLISION, 0, 4), OID_BLOCK(802_3_XMIT_MORE_COLLISIONS, 0, 4),
    OID_METHOD(GEN_LINK_STATE), OID_METHOD(GEN_STATISTICS), OID_METHOD(GEN_ENUMERATE_PORTS), OID_METHOD(GEN_INTERRUPT_MODERATION),
    OID_METHOD(GEN_LINK_PARAMETERS),
    STATUS_EVENT(RESET_START), STATUS_EVENT(RESET_END), STATUS_EVENT(MEDIA_CONNECT), STATUS_EVENT(MEDIA_DISCONNECT),
    STATUS_EVENT(LINK_STATE),
};
#define STANDARD (sizeof blocks / sizeof blocks[0])

static NDIS_GUID standard[STANDARD];    /* the same, in the form that miniports have */

/* --- what there is -------------------------------------------------------------------------------------------------------------- */

static uint32_t guid_count(const struct adapter *a)
{
    return (uint32_t)STANDARD + a->wmi.count;
}

static const NDIS_GUID *guid_at(const struct adapter *a, uint32_t i)
{
    return i < STANDARD ? &standard[i] : &a->wmi.custom[i - STANDARD];
}

static const NDIS_GUID *find(const struct adapter *a, const GUID *guid, ULONG flag)
{
    for (uint32_t i = 0; guid && i < guid_count(a); i++)
        if (!memcmp(&guid_at(a, i)->Guid, guid, sizeof *guid) && (guid_at(a, i)->Flags & flag))
            return guid_at(a, i);
    return NULL;
}

static bool has_custom(const struct adapter *a)
{
    for (uint32_t i = 0; i < a->oid_count; i++)
        if (a->oids[i] == OID_GEN_SUPPORTED_GUIDS)
            return true;
    return false;
}

static void ask_for_custom(struct adapter *a)
{
    if (!has_custom(a))
        return;
    PNDIS_GUID list = pool_alloc(NonPagedPoolNx, DATA_MAX, WMI_TAG, NULL);
    uint32_t written = 0;

    a->wmi.count = 0;
    a->wmi.custom = list;
    if (list && oid_ask(a, NdisRequestQueryInformation, OID_GEN_SUPPORTED_GUIDS, list, DATA_MAX, &written) == NDIS_STATUS_SUCCESS)
        a->wmi.count = written / (uint32_t)sizeof(NDIS_GUID);
    if (!list || a->wmi.count)
        return;
    pool_free(list, 0, NULL);
    a->wmi.custom = NULL;
}

void wmi_provide(struct adapter *a)
{
    if (a->wmi.registered)
        return;
    for (size_t i = 0; i < STANDARD; i++)
        standard[i] = (NDIS_GUID){ *blocks[i].guid, { blocks[i].oid }, blocks[i].size, blocks[i].flags };
    ask_for_custom(a);
    a->wmi.registered = NT_SUCCESS(IoWMIRegistrationControl(a->fdo, WMIREG_ACTION_REGISTER));
}

void wmi_withdraw(struct adapter *a)
{
    if (a->wmi.registered)
        IoWMIRegistrationControl(a->fdo, WMIREG_ACTION_DEREGISTER);
    if (a->wmi.custom)
        pool_free(a->wmi.custom, 0, NULL);
    a->wmi.registered = false;
    a->wmi.custom = NULL;
    a->wmi.count = 0;
}

/* --- requests --------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS reg_info(struct adapter *a, PIRP irp, PWMIREGINFOW info, ULONG room)
{
    const UNICODE_STRING *path = &a->driver->registry_path, *name = &a->instance_name;
    ULONG head = (ULONG)(sizeof *info + guid_count(a) * sizeof info->WmiRegGuid[0]);
    ULONG names = head, registry = names + 2 + name->Length, need = registry + 2 + path->Length;

    irp->IoStatus.Information = need;
    if (room < need) {
        if (room >= sizeof(ULONG))
            *(ULONG *)(void *)info = need;
        irp->IoStatus.Information = sizeof(ULONG);
        return STATUS_BUFFER_TOO_SMALL;
    }
    memset(info, 0, need);
    info->BufferSize = need;
    info->RegistryPath = registry;
    info->GuidCount = guid_count(a);
    memcpy((uint8_t *)info + names, &name->Length, 2);
    memcpy((uint8_t *)info + names + 2, name->Buffer, name->Length);
    memcpy((uint8_t *)info + registry, &path->Length, 2);
    memcpy((uint8_t *)info + registry + 2, path->Buffer, path->Length);
    for (uint32_t i = 0; i < guid_count(a); i++)
        info->WmiRegGuid[i] = (WMIREGGUIDW){
            .Guid = guid_at(a, i)->Guid,
            .Flags = WMIREG_FLAG_INSTANCE_LIST | (guid_at(a, i)->Flags & fNDIS_GUID_TO_STATUS ? WMIREG_FLAG_EVENT_ONLY_GUID : 0),
            .InstanceCount = 1,
            .InstanceNameList = names,
        };
    return STATUS_SUCCESS;
}

/* A counted UTF-16 string in place of what the OID gave. Returns its bytes. */
static uint32_t put_string(uint8_t *to, const uint8_t *from, uint32_t bytes, bool ansi)
{
    USHORT length = 0;

    for (uint32_t i = 0; i + (ansi ? 0 : 1) < bytes; i += ansi ? 1 : 2) {
        WCHAR c = ansi ? from[i] : (WCHAR)(from[i] | from[i + 1] << 8);

        if (!c)
            break;
        memcpy(to + 2 + length, &c, sizeof c);
        length += (USHORT)sizeof c;
    }
    memcpy(to, &length, sizeof length);
    return 2u + length;
}

/* An OID's answer in WMI's form: at `data`, where DATA_MAX bytes and some are. */
static uint32_t shape(const NDIS_GUID *g, uint8_t *data, const uint8_t *raw, uint32_t bytes)
{
    uint32_t count = g->Size && g->Size != (ULONG)-1 ? bytes / g->Size : bytes;

    if (g->Flags & (fNDIS_GUID_ANSI_STRING | fNDIS_GUID_UNICODE_STRING))
        return put_string(data, raw, bytes, g->Flags & fNDIS_GUID_ANSI_STRING);
    if (!(g->Flags & fNDIS_GUID_ARRAY)) {
        memcpy(data, raw, bytes);
        return bytes;
    }
    memcpy(data, &count, sizeof count);
    memcpy(data + sizeof count, raw, bytes);
    return bytes + (uint32_t)sizeof count;
}

/* Queries the OID: *bytes of data, in pool memory that the caller frees; NULL with *status. `input` goes along with a method. */
static uint8_t *query(struct adapter *a, const NDIS_GUID *g, const void *input, uint32_t input_bytes, uint32_t *bytes, NTSTATUS *status)
{
    uint8_t *raw = pool_alloc(NonPagedPoolNx, 3 * DATA_MAX, WMI_TAG, NULL);

    *status = STATUS_INSUFFICIENT_RESOURCES;
    if (!raw)
        return NULL;
    if (input_bytes)
        memcpy(raw, input, min_u64(input_bytes, DATA_MAX));
    *bytes = 0;
    *status = oid_ask(a, NdisRequestQueryStatistics, g->Oid, raw, DATA_MAX, bytes);
    if (NT_SUCCESS(*status)) {
        uint32_t size = shape(g, raw + DATA_MAX, raw, *bytes);

        memmove(raw, raw + DATA_MAX, size);
        *bytes = size;
        return raw;
    }
    pool_free(raw, 0, NULL);
    return NULL;
}

static void too_small(PIRP irp, PWNODE_HEADER node, ULONG need)
{
    node->BufferSize = sizeof(WNODE_TOO_SMALL);
    node->Flags |= WNODE_FLAG_TOO_SMALL;
    ((PWNODE_TOO_SMALL)node)->SizeNeeded = need;
    irp->IoStatus.Information = sizeof(WNODE_TOO_SMALL);
}

static NTSTATUS query_block(struct adapter *a, PIRP irp, const NDIS_GUID *g, void *buffer, ULONG room, bool all)
{
    PWNODE_ALL_DATA every = buffer;
    PWNODE_SINGLE_INSTANCE one = buffer;
    ULONG at = all ? (ULONG)sizeof *every : one->DataBlockOffset;
    NTSTATUS status;
    uint32_t bytes;

    if (!all && one->InstanceIndex)
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    uint8_t *data = query(a, g, NULL, 0, &bytes, &status);
    if (!data)
        return status;
    if (at + bytes > room) {
        too_small(irp, buffer, at + bytes);
    } else {
        if (all) {
            every->WnodeHeader.Flags &= ~(ULONG)WNODE_FLAG_FIXED_INSTANCE_SIZE;
            every->DataBlockOffset = at;
            every->InstanceCount = 1;
            every->OffsetInstanceNameOffsets = 0;
            every->OffsetInstanceDataAndLength[0] = (OFFSETINSTANCEDATAANDLENGTH){ at, bytes };
        } else {
            one->SizeDataBlock = bytes;
        }
        memcpy((uint8_t *)buffer + at, data, bytes);
        ((PWNODE_HEADER)buffer)->BufferSize = at + bytes;
        irp->IoStatus.Information = at + bytes;
    }
    pool_free(data, 0, NULL);
    return STATUS_SUCCESS;
}

/* The data behind the header that NDIS 6 has before sets and methods (NDIS_WMI_SET_HEADER and NDIS_WMI_METHOD_HEADER are alike). */
static uint8_t *behind_header(const NDIS_GUID *g, uint8_t *data, ULONG *bytes)
{
    if (!(g->Flags & fNDIS_GUID_SUPPORT_COMMON_HEADER) || *bytes < sizeof(NDIS_WMI_SET_HEADER))
        return data;
    *bytes -= (ULONG)sizeof(NDIS_WMI_SET_HEADER);
    return data + sizeof(NDIS_WMI_SET_HEADER);
}

static NTSTATUS change(struct adapter *a, const NDIS_GUID *g, PWNODE_SINGLE_INSTANCE node, ULONG room)
{
    ULONG bytes = node->SizeDataBlock;

    if (node->InstanceIndex)
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    if (node->DataBlockOffset > room || bytes > room - node->DataBlockOffset)
        return STATUS_INVALID_PARAMETER;
    uint8_t *data = behind_header(g, (uint8_t *)node + node->DataBlockOffset, &bytes);
    if (g->Flags & fNDIS_GUID_ARRAY) {
        data += min_u64(bytes, sizeof(ULONG));
        bytes -= (ULONG)min_u64(bytes, sizeof(ULONG));
    }
    return oid_ask(a, NdisRequestSetInformation, g->Oid, data, bytes, NULL);
}

static NTSTATUS execute(struct adapter *a, PIRP irp, const NDIS_GUID *g, PWNODE_METHOD_ITEM node, ULONG room)
{
    ULONG at = node->DataBlockOffset, input = node->SizeDataBlock;
    uint32_t bytes;
    NTSTATUS status;

    if (node->MethodId != NDIS_WMI_DEFAULT_METHOD_ID)
        return STATUS_WMI_ITEMID_NOT_FOUND;
    if (at > room || input > room - at)
        return STATUS_INVALID_PARAMETER;
    const uint8_t *from = behind_header(g, (uint8_t *)node + at, &input);
    uint8_t *data = query(a, g, from, input, &bytes, &status);
    if (!data)
        return status;
    if (at + bytes > room) {
        too_small(irp, &node->WnodeHeader, at + bytes);
    } else {
        memcpy((uint8_t *)node + at, data, bytes);
        node->SizeDataBlock = bytes;
        node->WnodeHeader.BufferSize = at + bytes;
        irp->IoStatus.Information = at + bytes;
    }
    pool_free(data, 0, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS block_request(struct adapter *a, PIRP irp, PIO_STACK_LOCATION s)
{
    const NDIS_GUID *g = find(a, s->Parameters.WMI.DataPath, fNDIS_GUID_TO_OID);
    void *buffer = s->Parameters.WMI.Buffer;
    ULONG room = s->Parameters.WMI.BufferSize;

    irp->IoStatus.Information = 0;
    if (!g)
        return STATUS_WMI_GUID_NOT_FOUND;
    switch (s->MinorFunction) {
    case IRP_MN_QUERY_ALL_DATA:
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        return query_block(a, irp, g, buffer, room, s->MinorFunction == IRP_MN_QUERY_ALL_DATA);
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        return change(a, g, buffer, room);
    case IRP_MN_EXECUTE_METHOD:
        return execute(a, irp, g, buffer, room);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS wmi_control(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    if (!a->wmi.registered || s->Parameters.WMI.ProviderId != (ULONG_PTR)a->fdo)
        return ndis_pass_down(a, irp);
    switch (s->MinorFunction) {
    case IRP_MN_REGINFO:
    case IRP_MN_REGINFO_EX:
        return ndis_complete_irp(irp, reg_info(a, irp, s->Parameters.WMI.Buffer, s->Parameters.WMI.BufferSize));
    case IRP_MN_ENABLE_EVENTS:
    case IRP_MN_DISABLE_EVENTS:
    case IRP_MN_ENABLE_COLLECTION:
    case IRP_MN_DISABLE_COLLECTION:
        return ndis_complete_irp(irp, STATUS_SUCCESS);
    default:
        return ndis_complete_irp(irp, block_request(a, irp, s));
    }
}

/* --- events ------------------------------------------------------------------------------------------------------------------------- */

static const NDIS_GUID *event_of(const struct adapter *a, NDIS_STATUS status)
{
    for (uint32_t i = 0; i < guid_count(a); i++)
        if ((guid_at(a, i)->Flags & fNDIS_GUID_TO_STATUS) && guid_at(a, i)->Status == status)
            return guid_at(a, i);
    return NULL;
}

void wmi_status(struct adapter *a, const NDIS_STATUS_INDICATION *indication)
{
    const NDIS_GUID *g = a->wmi.registered ? event_of(a, indication->StatusCode) : NULL;
    ULONG at = sizeof(WNODE_SINGLE_INSTANCE), bytes = indication->StatusBuffer ? indication->StatusBufferSize : 0;
    ULONG head = indication->StatusCode == NDIS_STATUS_LINK_STATE ? sizeof(NDIS_WMI_EVENT_HEADER) : 0;

    if (!g)
        return;
    PWNODE_SINGLE_INSTANCE node = ExAllocatePoolWithTag(NonPagedPoolNx, at + head + bytes, WMI_TAG);
    if (!node)
        return;
    memset(node, 0, at + head);
    node->WnodeHeader.BufferSize = at + head + bytes;
    node->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(a->fdo);
    node->WnodeHeader.Guid = g->Guid;
    node->WnodeHeader.Flags = WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES;
    node->DataBlockOffset = at;
    node->SizeDataBlock = head + bytes;
    if (head) {
        NDIS_WMI_EVENT_HEADER *event = (NDIS_WMI_EVENT_HEADER *)(void *)((uint8_t *)node + at);

        event->Header = (NDIS_OBJECT_HEADER){ NDIS_WMI_OBJECT_TYPE_EVENT, NDIS_WMI_EVENT_HEADER_REVISION_1,
                                              NDIS_SIZEOF_WMI_EVENT_HEADER_REVISION_1 };
        event->IfIndex = a->if_index;
        event->NetLuid = a->luid;
        event->PortNumber = indication->PortNumber;
    }
    if (bytes)
        memcpy((uint8_t *)node + at + head, indication->StatusBuffer, bytes);
    if (!NT_SUCCESS(IoWMIWriteEvent(node)))
        ExFreePool(node);
}
