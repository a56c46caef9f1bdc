/* Those who ask WMI: data block objects, queries, changes, methods. docs: kernel/wmi-kernel-mode-client (wdm/nf-wdm-iowmiopenblock) */
#include <stdlib.h>

#include "nt/pool.h"
#include "nt/wmi_client.h"

#define WMI_TAG 0x71696d57u             /* "Wmiq" */

/* --- data block objects ------------------------------------------------------------------------------------------------------- */

static void deleted(void *body)
{
    struct wmi_client *client = body;

    if (client->listening)
        wmi_stop_listening(client);
}

static const struct ob_ops client_ops = { .deleted = deleted };
static struct _OBJECT_TYPE client_type = { .name = "WmiGuid", .ops = &client_ops, .all = WMIGUID_ALL_ACCESS };

struct wmi_client *wmi_client_of(void *object, ULONG access, NTSTATUS *status)
{
    struct wmi_client *client = object;

    if (!object || ob_type(object) != &client_type) {
        *status = STATUS_OBJECT_TYPE_MISMATCH;
        return NULL;
    }
    *status = client->access & access ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    return client->access & access ? client : NULL;
}

static bool has_provider(const GUID *guid)
{
    list_each(it, &wmi_providers) {
        ULONG at = 0;

        if (wmi_find(container_of(it, struct wmi_provider, node), guid, &at))
            return true;
    }
    return false;
}

/* Opens a class. ObDereferenceObject closes it. A class that no device has is found only by who wants its events.
 * <= APC_LEVEL. STATUS_WMI_GUID_NOT_FOUND, STATUS_INSUFFICIENT_RESOURCES. docs: wdm/nf-wdm-iowmiopenblock */
NTSTATUS NTAPI IoWMIOpenBlock(LPCGUID Guid, ULONG DesiredAccess, PVOID *DataBlockObject)
{
    void *body;

    *DataBlockObject = NULL;
    if (!(DesiredAccess & WMIGUID_NOTIFICATION) && !has_provider(Guid))
        return STATUS_WMI_GUID_NOT_FOUND;
    NTSTATUS status = ob_create(&client_type, sizeof(struct wmi_client), &body);
    if (!NT_SUCCESS(status))
        return status;
    struct wmi_client *client = body;
    client->guid = *Guid;
    client->access = DesiredAccess;
    *DataBlockObject = client;
    return STATUS_SUCCESS;
}

/* --- queries -------------------------------------------------------------------------------------------------------------------- */

static ULONG aligned(ULONG value)
{
    return (value + 7) & ~7u;
}

/* The answer to a request that may want more room, in pool of its own: *size bytes. NULL: *status says why. */
static void *ask_with_room(struct wmi_provider *p, UCHAR minor, const void *node, ULONG head, ULONG room, ULONG *size,
                           NTSTATUS *status)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        PWNODE_HEADER answer = pool_alloc(NonPagedPoolNx, room, WMI_TAG, NULL);

        if (!answer) {
            *status = STATUS_INSUFFICIENT_RESOURCES;
            return NULL;
        }
        memset(answer, 0, room);
        memcpy(answer, node, head);
        answer->BufferSize = room;
        answer->ProviderId = IoWMIDeviceObjectToProviderId(p->device);
        *size = room;
        *status = wmi_send(p, minor, &answer->Guid, answer, size);
        bool small = NT_SUCCESS(*status) && (answer->Flags & WNODE_FLAG_TOO_SMALL);
        if (NT_SUCCESS(*status) && !small)
            return answer;
        room = small ? ((PWNODE_TOO_SMALL)answer)->SizeNeeded : 0;
        pool_free(answer, 0, NULL);
        if (!room)
            return NULL;
    }
    *status = STATUS_BUFFER_TOO_SMALL;
    return NULL;
}

/* Static names go behind the data: an array of offsets, then counted strings. Returns the new size. */
static ULONG names_size(const struct wmi_block *b, ULONG size)
{
    ULONG bytes = aligned(size) + (b->names ? b->instances * (ULONG)sizeof(ULONG) : 0);

    for (ULONG n = 0; b->names && n < b->instances; n++)
        for (const WCHAR *c = (bytes += sizeof(USHORT), b->names[n]); c && *c; c++)
            bytes += sizeof(WCHAR);
    return aligned(bytes);
}

static void put_names(const struct wmi_block *b, PWNODE_ALL_DATA node, ULONG size)
{
    ULONG offsets = aligned(size), at = offsets + b->instances * (ULONG)sizeof(ULONG);

    if (!b->names)
        return;
    node->OffsetInstanceNameOffsets = offsets;
    for (ULONG n = 0; n < b->instances; n++) {
        USHORT bytes = 0;

        ((ULONG *)(void *)((uint8_t *)node + offsets))[n] = at;
        for (const WCHAR *c = b->names[n]; c && *c; c++)
            bytes += sizeof(WCHAR);
        memcpy((uint8_t *)node + at, &bytes, sizeof bytes);
        if (bytes)
            memcpy((uint8_t *)node + at + sizeof bytes, b->names[n], bytes);
        at += (ULONG)sizeof bytes + bytes;
    }
}

/* One provider's data go to `to`, as far as there is room. Returns the bytes they take, 0: it answered with an error. */
static ULONG all_of(struct wmi_provider *p, const struct wmi_block *b, uint8_t *to, ULONG room)
{
    WNODE_ALL_DATA head = {
        .WnodeHeader = { .Guid = b->guid, .Flags = WNODE_FLAG_ALL_DATA | (b->names ? WNODE_FLAG_STATIC_INSTANCE_NAMES : 0) },
    };
    NTSTATUS status;
    ULONG size, whole;
    PWNODE_ALL_DATA answer = ask_with_room(p, IRP_MN_QUERY_ALL_DATA, &head, sizeof head, 512, &size, &status);

    if (!answer)
        return 0;
    whole = names_size(b, size);
    if (whole <= room) {
        memset(to, 0, whole);
        memcpy(to, answer, size);
        put_names(b, (PWNODE_ALL_DATA)(void *)to, size);
        ((PWNODE_HEADER)(void *)to)->BufferSize = whole;
        ((PWNODE_HEADER)(void *)to)->Linkage = 0;
    }
    pool_free(answer, 0, NULL);
    return whole;
}

/* The data of every device that has the class: a chain of WNODE_ALL_DATA in the buffer. InOutBufferSize: bytes there, then bytes
 * written or needed. <= APC_LEVEL. STATUS_WMI_GUID_NOT_FOUND, STATUS_BUFFER_TOO_SMALL. docs: wdm/nf-wdm-iowmiqueryalldata */
NTSTATUS NTAPI IoWMIQueryAllData(PVOID DataBlockObject, PULONG InOutBufferSize, PVOID OutBuffer)
{
    NTSTATUS status;
    struct wmi_client *client = wmi_client_of(DataBlockObject, WMIGUID_QUERY, &status);
    ULONG room = OutBuffer ? *InOutBufferSize : 0, done = 0, last = 0;
    bool any = false;

    if (!client)
        return status;
    list_each_safe(it, &wmi_providers) {
        struct wmi_provider *p = container_of(it, struct wmi_provider, node);
        struct wmi_block *b;

        for (ULONG at = 0; (b = wmi_find(p, &client->guid, &at)) != NULL;) {
            ULONG size = all_of(p, b, (uint8_t *)OutBuffer + done, room > done ? room - done : 0);

            if (!size)
                continue;
            if (any && done + size <= room)
                ((PWNODE_HEADER)(void *)((uint8_t *)OutBuffer + last))->Linkage = done - last;
            any = true;
            last = done;
            done += size;
        }
    }
    *InOutBufferSize = done;
    if (!any)
        return STATUS_WMI_GUID_NOT_FOUND;
    return done <= room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/* --- one instance ------------------------------------------------------------------------------------------------------------------- */

struct instance_request {
    PWNODE_SINGLE_INSTANCE node;        /* with the name behind the fixed part, and `data` bytes behind that */
    ULONG head;                         /* bytes up to the data */
    struct wmi_provider *provider;
};

/* Every WNODE for an instance begins with the same members; `fixed` is the size of its fixed part. */
static NTSTATUS prepare(struct wmi_client *client, const UNICODE_STRING *name, ULONG flags, ULONG fixed, ULONG data,
                        struct instance_request *r)
{
    ULONG index;

    r->provider = wmi_find_instance(&client->guid, name, &index);
    if (!r->provider)
        return has_provider(&client->guid) ? STATUS_WMI_INSTANCE_NOT_FOUND : STATUS_WMI_GUID_NOT_FOUND;
    r->head = aligned(fixed + (ULONG)sizeof(USHORT) + name->Length);
    r->node = pool_alloc(NonPagedPoolNx, r->head + data, WMI_TAG, NULL);
    if (!r->node)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(r->node, 0, r->head + data);
    r->node->WnodeHeader.BufferSize = r->head + data;
    r->node->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(r->provider->device);
    r->node->WnodeHeader.Guid = client->guid;
    r->node->WnodeHeader.Flags = flags | (index != UINT32_MAX ? WNODE_FLAG_STATIC_INSTANCE_NAMES : 0);
    r->node->InstanceIndex = index != UINT32_MAX ? index : 0;
    r->node->OffsetInstanceName = fixed;
    memcpy((uint8_t *)r->node + fixed, &name->Length, sizeof(USHORT));
    memcpy((uint8_t *)r->node + fixed + sizeof(USHORT), name->Buffer, name->Length);
    return STATUS_SUCCESS;
}

/* The data of one instance: a WNODE_SINGLE_INSTANCE in the buffer. Sizes as above. <= APC_LEVEL. STATUS_WMI_GUID_NOT_FOUND,
 * STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_BUFFER_TOO_SMALL. docs: wdm/nf-wdm-iowmiquerysingleinstance */
NTSTATUS NTAPI IoWMIQuerySingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, PULONG InOutBufferSize, PVOID OutBuffer)
{
    struct instance_request r;
    NTSTATUS status;
    struct wmi_client *client = wmi_client_of(DataBlockObject, WMIGUID_QUERY, &status);
    ULONG size, room = OutBuffer ? *InOutBufferSize : 0;

    if (!client)
        return status;
    status = prepare(client, InstanceName, WNODE_FLAG_SINGLE_INSTANCE, offsetof(WNODE_SINGLE_INSTANCE, VariableData), 0, &r);
    if (!NT_SUCCESS(status))
        return status;
    r.node->DataBlockOffset = r.head;
    void *answer = ask_with_room(r.provider, IRP_MN_QUERY_SINGLE_INSTANCE, r.node, r.head, r.head + 512, &size, &status);
    pool_free(r.node, 0, NULL);
    if (!answer)
        return status;
    ((PWNODE_HEADER)answer)->BufferSize = size;
    if (size <= room)
        memcpy(OutBuffer, answer, size);
    pool_free(answer, 0, NULL);
    *InOutBufferSize = size;
    return size <= room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/* Changes one instance. <= APC_LEVEL. STATUS_WMI_GUID_NOT_FOUND, STATUS_WMI_INSTANCE_NOT_FOUND, what the provider says.
 * docs: wdm/nf-wdm-iowmisetsingleinstance */
NTSTATUS NTAPI IoWMISetSingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG Version, ULONG ValueBufferSize,
                                      PVOID ValueBuffer)
{
    struct instance_request r;
    NTSTATUS status;
    struct wmi_client *client = wmi_client_of(DataBlockObject, WMIGUID_SET, &status);
    ULONG size;

    if (!client)
        return status;
    status = prepare(client, InstanceName, WNODE_FLAG_SINGLE_INSTANCE, offsetof(WNODE_SINGLE_INSTANCE, VariableData), ValueBufferSize,
                     &r);
    if (!NT_SUCCESS(status))
        return status;
    r.node->WnodeHeader.Version = Version;
    r.node->DataBlockOffset = r.head;
    r.node->SizeDataBlock = ValueBufferSize;
    memcpy((uint8_t *)r.node + r.head, ValueBuffer, ValueBufferSize);
    size = r.node->WnodeHeader.BufferSize;
    status = wmi_send(r.provider, IRP_MN_CHANGE_SINGLE_INSTANCE, &r.node->WnodeHeader.Guid, r.node, &size);
    pool_free(r.node, 0, NULL);
    return status;
}

/* Changes one item of an instance. As above. docs: wdm/nf-wdm-iowmisetsingleitem */
NTSTATUS NTAPI IoWMISetSingleItem(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG DataItemId, ULONG Version,
                                  ULONG ValueBufferSize, PVOID ValueBuffer)
{
    struct instance_request r;
    NTSTATUS status;
    struct wmi_client *client = wmi_client_of(DataBlockObject, WMIGUID_SET, &status);
    ULONG size;

    if (!client)
        return status;
    status = prepare(client, InstanceName, WNODE_FLAG_SINGLE_ITEM, offsetof(WNODE_SINGLE_ITEM, VariableData), ValueBufferSize, &r);
    if (!NT_SUCCESS(status))
        return status;
    PWNODE_SINGLE_ITEM item = (PWNODE_SINGLE_ITEM)r.node;
    item->WnodeHeader.Version = Version;
    item->ItemId = DataItemId;
    item->DataBlockOffset = r.head;
    item->SizeDataItem = ValueBufferSize;
    memcpy((uint8_t *)item + r.head, ValueBuffer, ValueBufferSize);
    size = item->WnodeHeader.BufferSize;
    status = wmi_send(r.provider, IRP_MN_CHANGE_SINGLE_ITEM, &item->WnodeHeader.Guid, item, &size);
    pool_free(item, 0, NULL);
    return status;
}

/* Runs a method of an instance; its input is in the buffer, which then has its output. OutBufferSize: room for the output, then
 * bytes written or needed. As above. docs: wdm/nf-wdm-iowmiexecutemethod */
NTSTATUS NTAPI IoWMIExecuteMethod(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG MethodId, ULONG InBufferSize,
                                  PULONG OutBufferSize, PUCHAR InOutBuffer)
{
    struct instance_request r;
    NTSTATUS status;
    struct wmi_client *client = wmi_client_of(DataBlockObject, WMIGUID_EXECUTE, &status);
    ULONG room = *OutBufferSize, size;

    if (!client)
        return status;
    status = prepare(client, InstanceName, WNODE_FLAG_METHOD_ITEM, offsetof(WNODE_METHOD_ITEM, VariableData),
                     InBufferSize > room ? InBufferSize : room, &r);
    if (!NT_SUCCESS(status))
        return status;
    PWNODE_METHOD_ITEM item = (PWNODE_METHOD_ITEM)r.node;
    item->MethodId = MethodId;
    item->DataBlockOffset = r.head;
    item->SizeDataBlock = InBufferSize;
    if (InBufferSize)
        memcpy((uint8_t *)item + r.head, InOutBuffer, InBufferSize);
    size = item->WnodeHeader.BufferSize;
    status = wmi_send(r.provider, IRP_MN_EXECUTE_METHOD, &item->WnodeHeader.Guid, item, &size);
    if (NT_SUCCESS(status) && (item->WnodeHeader.Flags & WNODE_FLAG_TOO_SMALL)) {
        *OutBufferSize = ((PWNODE_TOO_SMALL)item)->SizeNeeded - r.head;
        status = STATUS_BUFFER_TOO_SMALL;
    } else if (NT_SUCCESS(status)) {
        *OutBufferSize = item->SizeDataBlock < room ? item->SizeDataBlock : room;
        if (*OutBufferSize)
            memcpy(InOutBuffer, (uint8_t *)item + item->DataBlockOffset, *OutBufferSize);
    }
    pool_free(item, 0, NULL);
    return status;
}
