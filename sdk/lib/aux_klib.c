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
