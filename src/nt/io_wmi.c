/* WMI: which devices registered as providers. Their data blocks are asked for with IRP_MJ_SYSTEM_CONTROL. */
#include "base/log.h"
#include "nt/pnp_internal.h"
#include "nt/wmi.h"

/* Registers, changes or takes away a device as a WMI provider. With WMIREG_FLAG_CALLBACK DeviceObject is no device but the
 * control block of a driver built with the trace preprocessor: nobody asks it for its GUIDs. PASSIVE_LEVEL.
 * STATUS_INVALID_PARAMETER. docs: wdm/nf-wdm-iowmiregistrationcontrol */
NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action)
{
    struct io_device *host;

    if (Action & WMIREG_FLAG_CALLBACK)
        return (Action & 0xffff) - 1 < WMIREG_ACTION_BLOCK_IRPS ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (DeviceObject == NULL || DeviceObject->Type != IO_TYPE_DEVICE)
        return STATUS_INVALID_PARAMETER;
    host = io_device_of(DeviceObject);
    switch (Action) {
    case WMIREG_ACTION_REGISTER:
        host->wmi_registered = wmi_add(DeviceObject);
        return host->wmi_registered ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    case WMIREG_ACTION_DEREGISTER:
        wmi_remove(DeviceObject);
        host->wmi_registered = false;
        return STATUS_SUCCESS;
    case WMIREG_ACTION_REREGISTER:
    case WMIREG_ACTION_UPDATE_GUIDS:
        return wmi_changed(DeviceObject) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case WMIREG_ACTION_BLOCK_IRPS:
        return host->wmi_registered ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* An event for whoever listens (IoWMISetNotificationCallback): the WNODE, pool memory of the driver's, is taken, and freed when they
 * have been told. IRQL <= APC. docs: wdm/nf-wdm-iowmiwriteevent */
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem)
{
    PWNODE_HEADER node = WnodeEventItem;
    char guid[40];

    if (node->BufferSize < sizeof(*node))
        return STATUS_INVALID_PARAMETER;
    pnp_guid_text(&node->Guid, guid);
    log_debug("wmi", "event %s, %u bytes", guid, (unsigned)node->BufferSize);
    if (!wmi_tell(node))
        ExFreePool(WnodeEventItem);
    return STATUS_SUCCESS;
}

/* Instance numbers that no other device uses for the GUID. docs: wdm/nf-wdm-iowmiallocateinstanceids */
NTSTATUS NTAPI IoWMIAllocateInstanceIds(GUID *Guid, ULONG InstanceCount, ULONG *FirstInstanceId)
{
    static ULONG next;

    (void)Guid;
    *FirstInstanceId = next;
    next += InstanceCount;
    return STATUS_SUCCESS;
}

/* A static instance name in pool memory that the caller frees: the device's description. docs: wdm/nf-wdm-iowmisuggestinstancename */
NTSTATUS NTAPI IoWMISuggestInstanceName(PDEVICE_OBJECT PhysicalDeviceObject, PUNICODE_STRING SymbolicLinkName,
                                        BOOLEAN CombineNames, PUNICODE_STRING SuggestedInstanceName)
{
    struct pnp_node *node = pnp_node_of(PhysicalDeviceObject);

    (void)SymbolicLinkName;
    (void)CombineNames;
    if (node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    *SuggestedInstanceName = io_unicode(node->description);
    return SuggestedInstanceName->Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* docs: wdm/nf-wdm-iowmideviceobjecttoproviderid */
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject)
{
    return (ULONG)((ULONG_PTR)DeviceObject >> 4);
}
