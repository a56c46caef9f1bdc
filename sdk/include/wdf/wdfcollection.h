/* Collections of framework objects. */
#ifndef WDF_WDFCOLLECTION_H
#define WDF_WDFCOLLECTION_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

WDF_SLOT(NTSTATUS, WdfCollectionCreate, (PWDF_OBJECT_ATTRIBUTES CollectionAttributes, WDFCOLLECTION *Collection),
         (CollectionAttributes, Collection))
WDF_SLOT(ULONG, WdfCollectionGetCount, (WDFCOLLECTION Collection), (Collection))
WDF_SLOT(NTSTATUS, WdfCollectionAdd, (WDFCOLLECTION Collection, WDFOBJECT Object), (Collection, Object))
WDF_SLOT(VOID, WdfCollectionRemove, (WDFCOLLECTION Collection, WDFOBJECT Item), (Collection, Item))
WDF_SLOT(VOID, WdfCollectionRemoveItem, (WDFCOLLECTION Collection, ULONG Index), (Collection, Index))
WDF_SLOT(WDFOBJECT, WdfCollectionGetItem, (WDFCOLLECTION Collection, ULONG Index), (Collection, Index))
WDF_SLOT(WDFOBJECT, WdfCollectionGetFirstItem, (WDFCOLLECTION Collection), (Collection))
WDF_SLOT(WDFOBJECT, WdfCollectionGetLastItem, (WDFCOLLECTION Collection), (Collection))

RING3_END_C

#endif
