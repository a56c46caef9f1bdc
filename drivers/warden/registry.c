/* The driver's settings. */
#include "model.h"

_Use_decl_annotations_
NTSTATUS PolicyRead(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(name, L"Policy");
    WDFKEY key;
    WDFMEMORY memory;
    ULONG type;
    size_t size;
    NTSTATUS status = WdfDriverOpenParametersRegistryKey(Driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key);

    if (!NT_SUCCESS(status))
        return STATUS_SUCCESS;          /* no Parameters, no rules */
    status = WdfRegistryQueryMemory(key, &name, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type);
    if (NT_SUCCESS(status)) {
        const WCHAR *wide = WdfMemoryGetBuffer(memory, &size);

        status = type == REG_MULTI_SZ || type == REG_SZ ? PolicySetWide(wide, size / sizeof(WCHAR)) : STATUS_OBJECT_TYPE_MISMATCH;
        WdfObjectDelete(memory);
    } else {
        status = status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
    }
    WdfRegistryClose(key);
    return status;
}
