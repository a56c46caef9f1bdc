/* The auxiliary kernel-mode library, on what the kernel exports. */
#include <aux_klib.h>

#define EXPORT_DIRECTORY 0

RING3_DATA_POINTER(ULONG_PTR, KiBugCheckData);

NTSTATUS NTAPI AuxKlibInitialize(VOID)
{
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo)
{
    return RtlQueryModuleInformation(BufferSize, ElementSize, QueryInfo);
}

PVOID NTAPI AuxKlibGetImageExportDirectory(PVOID ImageBase)
{
    ULONG size;

    return RtlImageDirectoryEntryToData(ImageBase, TRUE, EXPORT_DIRECTORY, &size);
}

NTSTATUS NTAPI AuxKlibGetBugCheckData(PKBUGCHECK_DATA BugCheckData)
{
    if (BugCheckData->BugCheckDataSize != sizeof(*BugCheckData))
        return STATUS_INFO_LENGTH_MISMATCH;
    BugCheckData->BugCheckCode = (ULONG)KiBugCheckData[0];
    BugCheckData->Parameter1 = KiBugCheckData[1];
    BugCheckData->Parameter2 = KiBugCheckData[2];
    BugCheckData->Parameter3 = KiBugCheckData[3];
    BugCheckData->Parameter4 = KiBugCheckData[4];
    return STATUS_SUCCESS;
}

static NTSTATUS no_provider(PULONG length)
{
    if (length != NULL)
        *length = 0;
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI AuxKlibEnumerateSystemFirmwareTables(ULONG FirmwareTableProviderSignature, PVOID FirmwareTableBuffer, ULONG BufferLength,
                                                    PULONG ReturnLength)
{
    (void)FirmwareTableProviderSignature;
    (void)FirmwareTableBuffer;
    (void)BufferLength;
    return no_provider(ReturnLength);
}

NTSTATUS NTAPI AuxKlibGetSystemFirmwareTable(ULONG FirmwareTableProviderSignature, ULONG FirmwareTableID, PVOID FirmwareTableBuffer,
                                             ULONG BufferLength, PULONG ReturnLength)
{
    (void)FirmwareTableProviderSignature;
    (void)FirmwareTableID;
    (void)FirmwareTableBuffer;
    (void)BufferLength;
    return no_provider(ReturnLength);
}
