/* The auxiliary kernel-mode library: loaded images and the bug check that happened. Linked statically. docs: aux_klib */
#ifndef RING3_AUX_KLIB_H
#define RING3_AUX_KLIB_H

#include <wdm.h>

#define AUX_KLIB_MODULE_PATH_LEN 256

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _AUX_MODULE_BASIC_INFO {
    PVOID ImageBase;
} AUX_MODULE_BASIC_INFO, *PAUX_MODULE_BASIC_INFO;

typedef struct _AUX_MODULE_EXTENDED_INFO {
    AUX_MODULE_BASIC_INFO BasicInfo;
    ULONG ImageSize;
    USHORT FileNameOffset;
    UCHAR FullPathName[AUX_KLIB_MODULE_PATH_LEN];
} AUX_MODULE_EXTENDED_INFO, *PAUX_MODULE_EXTENDED_INFO;
RING3_SIZE(AUX_MODULE_EXTENDED_INFO, 272);

typedef struct _KBUGCHECK_DATA {
    ULONG BugCheckDataSize;
    ULONG BugCheckCode;
    ULONG_PTR Parameter1;
    ULONG_PTR Parameter2;
    ULONG_PTR Parameter3;
    ULONG_PTR Parameter4;
} KBUGCHECK_DATA, *PKBUGCHECK_DATA;
RING3_SIZE(KBUGCHECK_DATA, 40);

/* Before the others. PASSIVE_LEVEL. */
NTSTATUS NTAPI AuxKlibInitialize(VOID);
/* ElementSize: of AUX_MODULE_BASIC_INFO or AUX_MODULE_EXTENDED_INFO. QueryInfo NULL: *BufferSize becomes the bytes that are needed. */
NTSTATUS NTAPI AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo);
/* An IMAGE_EXPORT_DIRECTORY; NULL for an image without exports. */
PVOID NTAPI AuxKlibGetImageExportDirectory(PVOID ImageBase);
/* From bug-check callbacks. STATUS_INFO_LENGTH_MISMATCH for a wrong BugCheckDataSize. */
NTSTATUS NTAPI AuxKlibGetBugCheckData(PKBUGCHECK_DATA BugCheckData);
/* The tables of a provider ('ACPI', 'FIRM', 'RSMB'), and one of them. The machine has no firmware, so no provider is there:
 * STATUS_INVALID_PARAMETER, and *ReturnLength (may be NULL) becomes 0. PASSIVE_LEVEL.
 * docs: aux_klib/nf-aux_klib-auxklibenumeratesystemfirmwaretables, aux_klib/nf-aux_klib-auxklibgetsystemfirmwaretable */
NTSTATUS NTAPI AuxKlibEnumerateSystemFirmwareTables(ULONG FirmwareTableProviderSignature, PVOID FirmwareTableBuffer, ULONG BufferLength,
                                                    PULONG ReturnLength);
NTSTATUS NTAPI AuxKlibGetSystemFirmwareTable(ULONG FirmwareTableProviderSignature, ULONG FirmwareTableID, PVOID FirmwareTableBuffer,
                                             ULONG BufferLength, PULONG ReturnLength);

#ifdef __cplusplus
}
#endif

#endif
