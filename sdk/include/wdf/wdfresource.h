/* Hardware resource lists. */
#ifndef WDF_WDFRESOURCE_H
#define WDF_WDFRESOURCE_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

#define WDF_INSERT_AT_END ((ULONG)-1)

WDF_SLOT(VOID, WdfIoResourceRequirementsListSetSlotNumber, (WDFIORESREQLIST RequirementsList, ULONG SlotNumber),
         (RequirementsList, SlotNumber))
WDF_SLOT(VOID, WdfIoResourceRequirementsListSetInterfaceType, (WDFIORESREQLIST RequirementsList,
         INTERFACE_TYPE InterfaceType), (RequirementsList, InterfaceType))
WDF_SLOT(NTSTATUS, WdfIoResourceRequirementsListAppendIoResList, (WDFIORESREQLIST RequirementsList,
         WDFIORESLIST IoResList), (RequirementsList, IoResList))
WDF_SLOT(NTSTATUS, WdfIoResourceRequirementsListInsertIoResList, (WDFIORESREQLIST RequirementsList,
         WDFIORESLIST IoResList, ULONG Index), (RequirementsList, IoResList, Index))
WDF_SLOT(ULONG, WdfIoResourceRequirementsListGetCount, (WDFIORESREQLIST RequirementsList), (RequirementsList))
WDF_SLOT(WDFIORESLIST, WdfIoResourceRequirementsListGetIoResList, (WDFIORESREQLIST RequirementsList, ULONG Index),
         (RequirementsList, Index))
WDF_SLOT(VOID, WdfIoResourceRequirementsListRemove, (WDFIORESREQLIST RequirementsList, ULONG Index),
         (RequirementsList, Index))
WDF_SLOT(VOID, WdfIoResourceRequirementsListRemoveByIoResList, (WDFIORESREQLIST RequirementsList,
         WDFIORESLIST IoResList), (RequirementsList, IoResList))
WDF_SLOT(NTSTATUS, WdfIoResourceListCreate, (WDFIORESREQLIST RequirementsList, PWDF_OBJECT_ATTRIBUTES Attributes,
         WDFIORESLIST *ResourceList), (RequirementsList, Attributes, ResourceList))
WDF_SLOT(NTSTATUS, WdfIoResourceListAppendDescriptor, (WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor),
         (ResourceList, Descriptor))
WDF_SLOT(NTSTATUS, WdfIoResourceListInsertDescriptor, (WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor,
         ULONG Index), (ResourceList, Descriptor, Index))
WDF_SLOT(VOID, WdfIoResourceListUpdateDescriptor, (WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor,
         ULONG Index), (ResourceList, Descriptor, Index))
WDF_SLOT(ULONG, WdfIoResourceListGetCount, (WDFIORESLIST ResourceList), (ResourceList))
WDF_SLOT(PIO_RESOURCE_DESCRIPTOR, WdfIoResourceListGetDescriptor, (WDFIORESLIST ResourceList, ULONG Index),
         (ResourceList, Index))
WDF_SLOT(VOID, WdfIoResourceListRemove, (WDFIORESLIST ResourceList, ULONG Index), (ResourceList, Index))
WDF_SLOT(VOID, WdfIoResourceListRemoveByDescriptor, (WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor),
         (ResourceList, Descriptor))
WDF_SLOT(NTSTATUS, WdfCmResourceListAppendDescriptor, (WDFCMRESLIST List, PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor),
         (List, Descriptor))
WDF_SLOT(NTSTATUS, WdfCmResourceListInsertDescriptor, (WDFCMRESLIST List, PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor,
         ULONG Index), (List, Descriptor, Index))
WDF_SLOT(ULONG, WdfCmResourceListGetCount, (WDFCMRESLIST List), (List))
WDF_SLOT(PCM_PARTIAL_RESOURCE_DESCRIPTOR, WdfCmResourceListGetDescriptor, (WDFCMRESLIST List, ULONG Index),
         (List, Index))
WDF_SLOT(VOID, WdfCmResourceListRemove, (WDFCMRESLIST List, ULONG Index), (List, Index))
WDF_SLOT(VOID, WdfCmResourceListRemoveByDescriptor, (WDFCMRESLIST List, PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor),
         (List, Descriptor))

RING3_END_C

#endif
