/* The device is NDIS's: the framework gets it to hang its objects below, and sees none of its IRPs. */
#include "vhub.h"

#include <wdfminiport.h>

typedef struct _WORK {
    PPORT Port;
} WORK, *PWORK;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(WORK, WorkOf)

static EVT_WDF_WORKITEM Work;

_Use_decl_annotations_
static VOID Work(WDFWORKITEM WorkItem)
{
    PortWork(WorkOf(WorkItem)->Port);
}

static NTSTATUS CreateWork(_Inout_ PPORT Port)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_WORKITEM_CONFIG config;
    NTSTATUS status;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, WORK);
    attributes.ParentObject = Port->Lower.Device;
    WDF_WORKITEM_CONFIG_INIT(&config, Work);
    config.AutomaticSerialization = FALSE;
    status = WdfWorkItemCreate(&config, &attributes, &Port->Lower.WorkItem);
    if (NT_SUCCESS(status))
        WorkOf(Port->Lower.WorkItem)->Port = Port;
    return status;
}

_Use_decl_annotations_
NDIS_STATUS LowerCreate(PPORT Port)
{
    PDEVICE_OBJECT pdo, fdo, next;
    NTSTATUS status;

    NdisMGetDeviceProperty(Port->Adapter, &pdo, &fdo, &next, NULL, NULL);
    status = WdfDeviceMiniportCreate(WdfGetDriver(), WDF_NO_OBJECT_ATTRIBUTES, fdo, next, pdo, &Port->Lower.Device);
    if (!NT_SUCCESS(status)) {
        Port->Lower.Device = NULL;
        return NDIS_STATUS_FAILURE;
    }
    return NT_SUCCESS(CreateWork(Port)) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* The work item goes with the device. */
_Use_decl_annotations_
VOID LowerDelete(PPORT Port)
{
    if (Port->Lower.WorkItem != NULL)
        WdfWorkItemFlush(Port->Lower.WorkItem);
    if (Port->Lower.Device != NULL)
        WdfObjectDelete(Port->Lower.Device);
}

_Use_decl_annotations_
VOID LowerQueue(PPORT Port)
{
    WdfWorkItemEnqueue(Port->Lower.WorkItem);
}
