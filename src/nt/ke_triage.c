/* Data that a driver marks for a crash dump, bounds callbacks, and the headers of images. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "ntstatus.h"
#include "ring3/nt_more.h"

/* Size: bytes of the whole array, which holds as many blocks as fit. STATUS_BUFFER_TOO_SMALL. Any IRQL.
 * docs: wdm/nf-wdm-keinitializetriagedumpdataarray */
NTSTATUS NTAPI KeInitializeTriageDumpDataArray(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, ULONG Size)
{
    if (Size < sizeof(KTRIAGE_DUMP_DATA_ARRAY))
        return STATUS_BUFFER_TOO_SMALL;
    memset(KtriageDumpDataArray, 0, sizeof(*KtriageDumpDataArray));
    KtriageDumpDataArray->List.Flink = KtriageDumpDataArray->List.Blink = &KtriageDumpDataArray->List;
    KtriageDumpDataArray->NumBlocksTotal = (ULONG)((Size - offsetof(KTRIAGE_DUMP_DATA_ARRAY, Blocks)) / sizeof(KADDRESS_RANGE));
    return STATUS_SUCCESS;
}

/* A range of memory for the dump; one that is inside another is there already. STATUS_INSUFFICIENT_RESOURCES: the array is full;
 * STATUS_INVALID_PARAMETER. Any IRQL. docs: wdm/nf-wdm-keaddtriagedumpdatablock */
NTSTATUS NTAPI KeAddTriageDumpDataBlock(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, PVOID Address, SIZE_T Size)
{
    uintptr_t start = (uintptr_t)Address;

    if (Address == NULL || Size == 0 || Size > 0x7FFFFFFF || start + Size < start)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < KtriageDumpDataArray->NumBlocksUsed; i++) {
        uintptr_t have = (uintptr_t)KtriageDumpDataArray->Blocks[i].Address;

        if (start >= have && start + Size <= have + KtriageDumpDataArray->Blocks[i].Size)
            return STATUS_SUCCESS;
    }
    if (KtriageDumpDataArray->NumBlocksUsed >= KtriageDumpDataArray->NumBlocksTotal ||
        (KtriageDumpDataArray->MaxDataSize != 0 && KtriageDumpDataArray->DataSize + Size > KtriageDumpDataArray->MaxDataSize))
        return STATUS_INSUFFICIENT_RESOURCES;
    KtriageDumpDataArray->Blocks[KtriageDumpDataArray->NumBlocksUsed++] = (KADDRESS_RANGE){ Address, Size };
    KtriageDumpDataArray->DataSize += (ULONG)Size;
    return STATUS_SUCCESS;
}

/* ---- bounds exceptions of user mode, which there is none of: the routine is kept and never called ---- */

struct bound_callback {
    PBOUND_CALLBACK routine;
};
static struct bound_callback bound_callbacks[8];

/* A handle for KeDeregisterBoundCallback, NULL when eight are registered. Any IRQL. docs: wdm/nf-wdm-keregisterboundcallback */
PVOID NTAPI KeRegisterBoundCallback(PBOUND_CALLBACK CallbackRoutine)
{
    for (unsigned i = 0; CallbackRoutine != NULL && i < 8; i++)
        if (bound_callbacks[i].routine == NULL) {
            bound_callbacks[i].routine = CallbackRoutine;
            return &bound_callbacks[i];
        }
    return NULL;
}

/* STATUS_INVALID_HANDLE. Any IRQL. docs: wdm/nf-wdm-kederegisterboundcallback */
NTSTATUS NTAPI KeDeregisterBoundCallback(PVOID Handle)
{
    struct bound_callback *callback = Handle;

    if (callback < bound_callbacks || callback >= bound_callbacks + 8 || callback->routine == NULL)
        return STATUS_INVALID_HANDLE;
    callback->routine = NULL;
    return STATUS_SUCCESS;
}

/* ---- images: facts of the PE format ---- */

/* The IMAGE_NT_HEADERS of an image in memory, or NULL. */
PVOID NTAPI RtlImageNtHeader(PVOID Base)
{
    const uint8_t *image = Base;
    uint32_t offset;

    if (Base == NULL || Base == (PVOID)-1 || image[0] != 'M' || image[1] != 'Z')
        return NULL;
    memcpy(&offset, image + 0x3c, sizeof(offset));
    return offset < 0x10000000 && !memcmp(image + offset, "PE\0", 4) ? (PVOID)(uintptr_t)(image + offset) : NULL;
}

/* A directory of a PE32+ image mapped as an image (MappedAsImage FALSE, or the low bit of Base: as a file, sections are followed). NULL and
 * *Size 0: it has none. */
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT DirectoryEntry, PULONG Size)
{
    uint8_t *image = (uint8_t *)((uintptr_t)Base & ~(uintptr_t)3), *headers = RtlImageNtHeader(image);
    uint32_t rva, count;
    uint16_t optional_size, sections;

    *Size = 0;
    if (headers == NULL || headers[24] != 0x0b || headers[25] != 0x02)
        return NULL;
    memcpy(&count, headers + 24 + 108, 4);
    if (DirectoryEntry >= count || DirectoryEntry >= 16)
        return NULL;
    memcpy(&rva, headers + 24 + 112 + 8 * DirectoryEntry, 4);
    if (rva == 0)
        return NULL;
    memcpy(Size, headers + 24 + 116 + 8 * DirectoryEntry, 4);
    if (MappedAsImage && !((uintptr_t)Base & 1))
        return image + rva;
    memcpy(&sections, headers + 6, 2);
    memcpy(&optional_size, headers + 20, 2);
    for (unsigned i = 0; i < sections; i++) {
        uint32_t section[4];

        memcpy(section, headers + 24 + optional_size + 40 * i + 8, sizeof(section));
        if (rva >= section[1] && rva < section[1] + section[2])
            return image + section[3] + (rva - section[1]);
    }
    *Size = 0;
    return NULL;
}
