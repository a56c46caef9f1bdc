/* Work items. */
#ifndef WDF_WDFWORKITEM_H
#define WDF_WDFWORKITEM_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

typedef VOID NTAPI EVT_WDF_WORKITEM(WDFWORKITEM WorkItem);
typedef EVT_WDF_WORKITEM *PFN_WDF_WORKITEM;

typedef struct _WDF_WORKITEM_CONFIG {
    ULONG Size;
    PFN_WDF_WORKITEM EvtWorkItemFunc;
    BOOLEAN AutomaticSerialization;
} WDF_WORKITEM_CONFIG, *PWDF_WORKITEM_CONFIG;

FORCEINLINE VOID WDF_WORKITEM_CONFIG_INIT(PWDF_WORKITEM_CONFIG Config, PFN_WDF_WORKITEM EvtWorkItemFunc)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_WORKITEM_CONFIG);
    Config->EvtWorkItemFunc = EvtWorkItemFunc;
    Config->AutomaticSerialization = TRUE;
}

WDF_SLOT(NTSTATUS, WdfWorkItemCreate, (PWDF_WORKITEM_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
         WDFWORKITEM *WorkItem), (Config, Attributes, WorkItem))
WDF_SLOT(VOID, WdfWorkItemEnqueue, (WDFWORKITEM WorkItem), (WorkItem))
WDF_SLOT(WDFOBJECT, WdfWorkItemGetParentObject, (WDFWORKITEM WorkItem), (WorkItem))
WDF_SLOT(VOID, WdfWorkItemFlush, (WDFWORKITEM WorkItem), (WorkItem))

RING3_END_C

#endif
