/* Strings. */
#ifndef WDF_WDFSTRING_H
#define WDF_WDFSTRING_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

WDF_SLOT(NTSTATUS, WdfStringCreate, (PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES StringAttributes,
         WDFSTRING *String), (UnicodeString, StringAttributes, String))
WDF_SLOT(VOID, WdfStringGetUnicodeString, (WDFSTRING String, PUNICODE_STRING UnicodeString), (String, UnicodeString))

RING3_END_C

#endif
