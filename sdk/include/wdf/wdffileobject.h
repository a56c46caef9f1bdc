/* File objects. */
#ifndef WDF_WDFFILEOBJECT_H
#define WDF_WDFFILEOBJECT_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

WDF_SLOT(PUNICODE_STRING, WdfFileObjectGetFileName, (WDFFILEOBJECT FileObject), (FileObject))
WDF_SLOT(ULONG, WdfFileObjectGetFlags, (WDFFILEOBJECT FileObject), (FileObject))
WDF_SLOT(WDFDEVICE, WdfFileObjectGetDevice, (WDFFILEOBJECT FileObject), (FileObject))
WDF_SLOT(ULONG, WdfFileObjectGetInitiatorProcessId, (WDFFILEOBJECT FileObject), (FileObject))
WDF_SLOT(PFILE_OBJECT, WdfFileObjectWdmGetFileObject, (WDFFILEOBJECT FileObject), (FileObject))

RING3_END_C

#endif
