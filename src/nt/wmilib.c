/* wmilib.sys: a provider's IRP_MJ_SYSTEM_CONTROL, taken apart into calls of its callbacks.
 *
 * The buffer of a query is a WNODE whose data start 8-byte aligned behind its fixed part. A callback that is short of
 * room says so, and the answer becomes a WNODE_TOO_SMALL with the size it takes. */
#include "nt/io_internal.h"
#include "wmilib.h"

#define WMI_TAG 0x4c696d57u             /* "WmiL" */

static ULONG aligned(ULONG value)
{
    return (value + 7) & ~7u;
}

/* ---- registration ---- */

static ULONG counted_size(const UNICODE_STRING *s)
{
    return s != NULL ? (ULONG)(sizeof(USHORT) + s->Length) : 0;
}

/* A USHORT length and the characters; returns the offset, 0 for none. */
static ULONG put_counted(char *buffer, ULONG *at, const UNICODE_STRING *s)
{
    ULONG offset = *at;

    if (s == NULL)
        return 0;
    memcpy(buffer + offset, &s->Length, sizeof(USHORT));
    if (s->Length != 0)
        memcpy(buffer + offset + sizeof(USHORT), s->Buffer, s->Length);
    *at += counted_size(s);
    return offset;
}

static NTSTATUS too_small(PIRP irp, PVOID buffer, ULONG needed)
{
    *(ULONG *)buffer = needed;
    irp->IoStatus.Information = sizeof(ULONG);
    return STATUS_BUFFER_TOO_SMALL;
}

struct reg_info {
    ULONG flags;
    UNICODE_STRING instance, mof, *registry;
    PDEVICE_OBJECT pdo;
};

static void put_guids(const WMILIB_CONTEXT *lib, PWMIREGINFOW info, const struct reg_info *r, ULONG base_name)
{
    for (ULONG i = 0; i < lib->GuidCount; i++) {
        PWMIREGGUIDW g = &info->WmiRegGuid[i];

        g->Guid = *lib->GuidList[i].Guid;
        g->Flags = lib->GuidList[i].Flags | r->flags;
        g->InstanceCount = lib->GuidList[i].InstanceCount;
        if (r->flags & WMIREG_FLAG_INSTANCE_PDO) {
            g->Pdo = (ULONG_PTR)r->pdo;
            ob_reference(r->pdo);
        } else {
            g->BaseNameOffset = base_name;
        }
    }
}

static NTSTATUS register_blocks(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION s)
{
    bool first = s->Parameters.WMI.DataPath == (PVOID)(ULONG_PTR)WMIREGISTER;
    struct reg_info r = { .flags = 0 };
    NTSTATUS status = lib->QueryWmiRegInfo(device, &r.flags, &r.instance, &r.registry, &r.mof, &r.pdo);
    PWMIREGINFOW info = s->Parameters.WMI.Buffer;
    ULONG base_name, needed, at;

    if (!NT_SUCCESS(status) || r.registry == NULL)
        return NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status;
    at = (ULONG)(sizeof(WMIREGINFOW) + lib->GuidCount * sizeof(WMIREGGUIDW));
    needed = at + (first ? counted_size(r.registry) + counted_size(&r.mof) : 0) + counted_size(&r.instance);
    if (s->Parameters.WMI.BufferSize < needed) {
        status = too_small(irp, info, needed);
    } else {
        memset(info, 0, needed);
        info->BufferSize = needed;
        info->GuidCount = lib->GuidCount;
        base_name = put_counted((char *)info, &at, &r.instance);
        if (first) {
            info->MofResourceName = put_counted((char *)info, &at, &r.mof);
            info->RegistryPath = put_counted((char *)info, &at, r.registry);
        }
        put_guids(lib, info, &r, base_name);
        irp->IoStatus.Information = needed;
    }
    if (r.instance.Buffer != NULL)
        ExFreePool(r.instance.Buffer);
    return status;
}

/* ---- queries and changes ---- */

static ULONG data_room(const PIO_STACK_LOCATION s, ULONG offset)
{
    return s->Parameters.WMI.BufferSize > offset ? s->Parameters.WMI.BufferSize - offset : 0;
}

static NTSTATUS query_all(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION s, ULONG index)
{
    PWNODE_ALL_DATA node = s->Parameters.WMI.Buffer;
    ULONG count = lib->GuidList[index].InstanceCount;
    ULONG offset = aligned((ULONG)(offsetof(WNODE_ALL_DATA, OffsetInstanceDataAndLength) +
                                   count * sizeof(OFFSETINSTANCEDATAANDLENGTH)));
    ULONG room = data_room(s, offset);

    node->WnodeHeader.Flags &= ~(ULONG)WNODE_FLAG_FIXED_INSTANCE_SIZE;
    node->InstanceCount = count;
    node->DataBlockOffset = offset;
    node->OffsetInstanceNameOffsets = 0;
    return lib->QueryWmiDataBlock(device, irp, index, 0, count,
                                  room != 0 ? &node->OffsetInstanceDataAndLength[0].OffsetInstanceData : NULL, room,
                                  room != 0 ? (PUCHAR)node + offset : NULL);
}

static NTSTATUS query_one(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION s, ULONG index)
{
    PWNODE_SINGLE_INSTANCE node = s->Parameters.WMI.Buffer;
    ULONG offset = aligned(offsetof(WNODE_SINGLE_INSTANCE, VariableData)), room = data_room(s, offset);

    node->DataBlockOffset = offset;
    return lib->QueryWmiDataBlock(device, irp, index, node->InstanceIndex, 1, room != 0 ? &node->SizeDataBlock : NULL,
                                  room, room != 0 ? (PUCHAR)node + offset : NULL);
}

static NTSTATUS set_one(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION s, ULONG index)
{
    PWNODE_SINGLE_INSTANCE node = s->Parameters.WMI.Buffer;

    if (lib->SetWmiDataBlock == NULL)
        return WmiCompleteRequest(device, irp, STATUS_WMI_READ_ONLY, 0, IO_NO_INCREMENT);
    return lib->SetWmiDataBlock(device, irp, index, node->InstanceIndex, node->SizeDataBlock,
                                (PUCHAR)node + node->DataBlockOffset);
}

static NTSTATUS set_item(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION s, ULONG index)
{
    PWNODE_SINGLE_ITEM node = s->Parameters.WMI.Buffer;

    if (lib->SetWmiDataItem == NULL)
        return WmiCompleteRequest(device, irp, STATUS_WMI_READ_ONLY, 0, IO_NO_INCREMENT);
    return lib->SetWmiDataItem(device, irp, index, node->InstanceIndex, node->ItemId, node->SizeDataItem,
                               (PUCHAR)node + node->DataBlockOffset);
}

static NTSTATUS execute(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION s, ULONG index)
{
    PWNODE_METHOD_ITEM node = s->Parameters.WMI.Buffer;

    if (lib->ExecuteWmiMethod == NULL)
        return WmiCompleteRequest(device, irp, STATUS_INVALID_DEVICE_REQUEST, 0, IO_NO_INCREMENT);
    return lib->ExecuteWmiMethod(device, irp, index, node->InstanceIndex, node->MethodId, node->SizeDataBlock,
                                 data_room(s, node->DataBlockOffset), (PUCHAR)node + node->DataBlockOffset);
}

static NTSTATUS control(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, UCHAR minor, ULONG index)
{
    bool events = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_DISABLE_EVENTS;
    bool enable = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_ENABLE_COLLECTION;

    if (lib->WmiFunctionControl == NULL)
        return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
    return lib->WmiFunctionControl(device, irp, index, events ? WmiEventControl : WmiDataBlockControl, enable);
}

static NTSTATUS dispatch(const WMILIB_CONTEXT *lib, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION s, ULONG index)
{
    switch (s->MinorFunction) {
    case IRP_MN_QUERY_ALL_DATA:
        return query_all(lib, device, irp, s, index);
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        return query_one(lib, device, irp, s, index);
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        return set_one(lib, device, irp, s, index);
    case IRP_MN_CHANGE_SINGLE_ITEM:
        return set_item(lib, device, irp, s, index);
    case IRP_MN_EXECUTE_METHOD:
        return execute(lib, device, irp, s, index);
    default:
        return control(lib, device, irp, s->MinorFunction, index);
    }
}

static bool find_guid(const WMILIB_CONTEXT *lib, const GUID *guid, ULONG *index)
{
    for (*index = 0; *index < lib->GuidCount; ++*index)
        if (memcmp(lib->GuidList[*index].Guid, guid, sizeof(*guid)) == 0)
            return true;
    return false;
}

/* Handles a WMI request with the driver's callbacks; *IrpDisposition says who completes the IRP. PASSIVE_LEVEL.
 * docs: wmilib/nf-wmilib-wmisystemcontrol */
NTSTATUS NTAPI WmiSystemControl(PWMILIB_CONTEXT WmiLibInfo, PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                PSYSCTL_IRP_DISPOSITION IrpDisposition)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status;
    ULONG index;

    if (s->MinorFunction > IRP_MN_REGINFO_EX || s->MinorFunction == 0x0a) {
        *IrpDisposition = IrpNotWmi;
        return STATUS_SUCCESS;
    }
    if ((PDEVICE_OBJECT)s->Parameters.WMI.ProviderId != DeviceObject) {
        *IrpDisposition = IrpForward;
        return STATUS_SUCCESS;
    }
    *IrpDisposition = IrpNotCompleted;
    if (s->MinorFunction == IRP_MN_REGINFO || s->MinorFunction == IRP_MN_REGINFO_EX) {
        status = register_blocks(WmiLibInfo, DeviceObject, Irp, s);
        Irp->IoStatus.Status = status;
        return status;
    }
    if (!find_guid(WmiLibInfo, s->Parameters.WMI.DataPath, &index)) {
        Irp->IoStatus.Status = STATUS_WMI_GUID_NOT_FOUND;
        Irp->IoStatus.Information = 0;
        return STATUS_WMI_GUID_NOT_FOUND;
    }
    *IrpDisposition = IrpProcessed;
    return dispatch(WmiLibInfo, DeviceObject, Irp, s, index);
}

/* ---- completion ---- */

static ULONG say_too_small(PVOID buffer, ULONG size)
{
    PWNODE_TOO_SMALL node = buffer;

    node->WnodeHeader.BufferSize = sizeof(*node);
    node->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
    node->SizeNeeded = size;
    return sizeof(*node);
}

static ULONG finish_all(PWNODE_ALL_DATA node, ULONG room, NTSTATUS *status, ULONG used)
{
    ULONG size = node->DataBlockOffset + used, offset = node->DataBlockOffset;
    ULONG *lengths = &node->OffsetInstanceDataAndLength[0].OffsetInstanceData;

    if (*status == STATUS_BUFFER_TOO_SMALL || size > room) {
        *status = STATUS_SUCCESS;
        return say_too_small(node, size);
    }
    /* The callback wrote an array of lengths where pairs belong: spread it from the end, then add up the offsets. */
    for (ULONG i = node->InstanceCount; i-- != 0;)
        node->OffsetInstanceDataAndLength[i].LengthInstanceData = lengths[i];
    for (ULONG i = 0; i < node->InstanceCount; i++) {
        node->OffsetInstanceDataAndLength[i].OffsetInstanceData = offset;
        offset = aligned(offset + node->OffsetInstanceDataAndLength[i].LengthInstanceData);
    }
    node->WnodeHeader.BufferSize = size;
    return size;
}

static ULONG finish_one(PWNODE_SINGLE_INSTANCE node, ULONG room, NTSTATUS *status, ULONG used)
{
    ULONG size = node->DataBlockOffset + used;

    if (*status == STATUS_BUFFER_TOO_SMALL || size > room) {
        *status = STATUS_SUCCESS;
        return say_too_small(node, size);
    }
    node->SizeDataBlock = used;
    node->WnodeHeader.BufferSize = size;
    return size;
}

static ULONG finish_method(PWNODE_METHOD_ITEM node, ULONG room, NTSTATUS *status, ULONG used)
{
    ULONG size = node->DataBlockOffset + used;

    if (*status == STATUS_BUFFER_TOO_SMALL || size > room) {
        *status = STATUS_SUCCESS;
        return say_too_small(node, size);
    }
    node->SizeDataBlock = used;
    node->WnodeHeader.BufferSize = size;
    return size;
}

/* A callback is done: describes BufferUsed bytes of data (or, with STATUS_BUFFER_TOO_SMALL, the bytes it takes) in the
 * WNODE and completes the IRP. Returns Status. IRQL <= DISPATCH. docs: wmilib/nf-wmilib-wmicompleterequest */
NTSTATUS NTAPI WmiCompleteRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp, NTSTATUS Status, ULONG BufferUsed,
                                  CCHAR PriorityBoost)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(Irp);
    ULONG room = s->Parameters.WMI.BufferSize, size = 0;
    PVOID buffer = s->Parameters.WMI.Buffer;
    bool answer = NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL;

    (void)DeviceObject;
    if (answer && s->MinorFunction == IRP_MN_QUERY_ALL_DATA)
        size = finish_all(buffer, room, &Status, BufferUsed);
    else if (answer && s->MinorFunction == IRP_MN_QUERY_SINGLE_INSTANCE)
        size = finish_one(buffer, room, &Status, BufferUsed);
    else if (answer && s->MinorFunction == IRP_MN_EXECUTE_METHOD)
        size = finish_method(buffer, room, &Status, BufferUsed);
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = size;
    IofCompleteRequest(Irp, PriorityBoost);
    return Status;
}

/* Sends an event with EventDataSize bytes of pool memory, which is freed. IRQL <= DISPATCH. docs: wmilib/nf-wmilib-wmifireevent */
NTSTATUS NTAPI WmiFireEvent(PDEVICE_OBJECT DeviceObject, LPCGUID Guid, ULONG InstanceIndex, ULONG EventDataSize,
                            PVOID EventData)
{
    ULONG offset = aligned(offsetof(WNODE_SINGLE_INSTANCE, VariableData));
    PWNODE_SINGLE_INSTANCE node = pool_alloc(NonPagedPoolNx, offset + EventDataSize, WMI_TAG, NULL);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    if (node != NULL) {
        memset(node, 0, offset);
        node->WnodeHeader.BufferSize = offset + EventDataSize;
        node->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(DeviceObject);
        node->WnodeHeader.Guid = *Guid;
        node->WnodeHeader.Flags = WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES;
        node->InstanceIndex = InstanceIndex;
        node->DataBlockOffset = offset;
        node->SizeDataBlock = EventDataSize;
        if (EventData != NULL)
            memcpy((char *)node + offset, EventData, EventDataSize);
        status = IoWMIWriteEvent(node);
        if (!NT_SUCCESS(status))
            pool_free(node, WMI_TAG, NULL);
    }
    if (EventData != NULL)
        ExFreePool(EventData);
    return status;
}
