/* The work item is NDIS's. */
#include "vhub.h"

static NDIS_IO_WORKITEM_FUNCTION Work;

_Use_decl_annotations_
static VOID NTAPI Work(PVOID Context, NDIS_HANDLE WorkItem)
{
    UNREFERENCED_PARAMETER(WorkItem);
    PortWork(Context);
}

_Use_decl_annotations_
NDIS_STATUS LowerCreate(PPORT Port)
{
    Port->Lower.WorkItem = NdisAllocateIoWorkItem(Port->Adapter);
    return Port->Lower.WorkItem != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

_Use_decl_annotations_
VOID LowerDelete(PPORT Port)
{
    if (Port->Lower.WorkItem != NULL)
        NdisFreeIoWorkItem(Port->Lower.WorkItem);
}

_Use_decl_annotations_
VOID LowerQueue(PPORT Port)
{
    NdisQueueIoWorkItem(Port->Lower.WorkItem, Work, Port);
}
