/* DPCs. */
#ifndef WDF_WDFDPC_H
#define WDF_WDFDPC_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

typedef VOID NTAPI EVT_WDF_DPC(WDFDPC Dpc);
typedef EVT_WDF_DPC *PFN_WDF_DPC;

typedef struct _WDF_DPC_CONFIG {
    ULONG Size;
    PFN_WDF_DPC EvtDpcFunc;
    BOOLEAN AutomaticSerialization;
} WDF_DPC_CONFIG, *PWDF_DPC_CONFIG;

FORCEINLINE VOID WDF_DPC_CONFIG_INIT(PWDF_DPC_CONFIG Config, PFN_WDF_DPC EvtDpcFunc)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_DPC_CONFIG);
    Config->EvtDpcFunc = EvtDpcFunc;
    Config->AutomaticSerialization = TRUE;
}

WDF_SLOT(NTSTATUS, WdfDpcCreate, (PWDF_DPC_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFDPC *Dpc),
         (Config, Attributes, Dpc))
WDF_SLOT(BOOLEAN, WdfDpcEnqueue, (WDFDPC Dpc), (Dpc))
WDF_SLOT(BOOLEAN, WdfDpcCancel, (WDFDPC Dpc, BOOLEAN Wait), (Dpc, Wait))
WDF_SLOT(WDFOBJECT, WdfDpcGetParentObject, (WDFDPC Dpc), (Dpc))
WDF_SLOT(PKDPC, WdfDpcWdmGetDpc, (WDFDPC Dpc), (Dpc))

RING3_END_C

#endif
