/* Files of a miniport driver, such as the firmware of its card: they lie where the driver does. A file is read as a whole when it is
 * opened, and its memory is the driver's from then until it is closed. docs: ndis/nf-ndis-ndisopenfile */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "host/file.h"
#include "ndis/object.h"
#include "nt/text.h"

#define FILE_LIMIT (64u << 20)

struct file {
    struct ndis_object object;
    void *data;
    size_t size;
    bool mapped;
};

/* The path of `name` in the directory of a driver's image. False: a name that leads out of it, or too long a one. */
static bool path_of(const struct pe_image *image, const char *name, char *path, size_t size)
{
    const char *slash = strrchr(image->path, '/');
    int length = slash ? (int)(slash - image->path) + 1 : 0;

    if (!*name || strchr(name, '/') || strchr(name, '\\') || !strcmp(name, "..") || !strcmp(name, "."))
        return false;
    return (size_t)snprintf(path, size, "%.*s%s", length, image->path, name) < size;
}

/* Names are taken as they stand, then in lower case. */
static NDIS_STATUS read_file(const struct pe_image *image, char *name, uint8_t **data, size_t *size)
{
    char path[1024];

    for (int lower = 0; image && lower < 2; lower++) {
        for (char *c = name; lower && *c; c++)
            *c = (char)tolower((unsigned char)*c);
        if (!path_of(image, name, path, sizeof path))
            return NDIS_STATUS_FILE_NOT_FOUND;
        if (host_file_exists(path))
            return host_read_file(path, FILE_LIMIT, data, size) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_ERROR_READING_FILE;
    }
    return NDIS_STATUS_FILE_NOT_FOUND;
}

static NDIS_STATUS make(struct file **made, const uint8_t *data, size_t size, NDIS_PHYSICAL_ADDRESS highest, const void *caller)
{
    struct file *f = ndis_object_create(NDIS_FILE, sizeof *f, NDIS_TAG('N', 'D', 'f', 'l'), caller);

    if (!f)
        return NDIS_STATUS_RESOURCES;
    f->data = MmAllocateContiguousMemory(size ? size : 1, highest);
    if (!f->data) {
        ndis_object_destroy(f);
        return NDIS_STATUS_RESOURCES;
    }
    memcpy(f->data, data, size);
    f->size = size;
    *made = f;
    return NDIS_STATUS_SUCCESS;
}

/* Opens the file of this name in the calling driver's directory, and reads it into nonpaged memory at or below a physical address
 * (all bits set: anywhere). FileLength: bytes. Closed with NdisCloseFile. PASSIVE_LEVEL. NDIS_STATUS_FILE_NOT_FOUND (also for a
 * name with a directory in it), NDIS_STATUS_ERROR_READING_FILE (also above 64 MiB), NDIS_STATUS_RESOURCES.
 * docs: ndis/nf-ndis-ndisopenfile */
VOID NTAPI NdisOpenFile(PNDIS_STATUS Status, PNDIS_HANDLE FileHandle, PUINT FileLength, PNDIS_STRING FileName,
                        NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    const void *caller = NDIS_CALLER();
    struct file *f = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    char name[300];

    text_utf8(name, sizeof name, FileName);
    *Status = read_file(pe_image_at((uint64_t)(uintptr_t)caller), name, &data, &size);
    if (*Status == NDIS_STATUS_SUCCESS)
        *Status = make(&f, data, size, HighestAcceptableAddress, caller);
    if (*Status != NDIS_STATUS_SUCCESS)
        log_warn("ndis", "NdisOpenFile: %s beside the driver is not opened (status %08x)", name, (unsigned)*Status);
    free(data);
    *FileHandle = f;
    *FileLength = f ? (UINT)f->size : 0;
}

/* The file's bytes, for one caller at a time. <= DISPATCH_LEVEL. NDIS_STATUS_ALREADY_MAPPED: until NdisUnmapFile, and *MappedBuffer is
 * NULL. docs: ndis/nf-ndis-ndismapfile */
VOID NTAPI NdisMapFile(PNDIS_STATUS Status, PVOID *MappedBuffer, NDIS_HANDLE FileHandle)
{
    struct file *f = ndis_object_check(FileHandle, NDIS_FILE);

    *Status = f->mapped ? NDIS_STATUS_ALREADY_MAPPED : NDIS_STATUS_SUCCESS;
    *MappedBuffer = f->mapped ? NULL : f->data;
    f->mapped = true;
}

/* Ends what NdisMapFile began. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisunmapfile */
VOID NTAPI NdisUnmapFile(NDIS_HANDLE FileHandle)
{
    ((struct file *)ndis_object_check(FileHandle, NDIS_FILE))->mapped = false;
}

/* Frees the file's memory; it may be mapped. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisclosefile */
VOID NTAPI NdisCloseFile(NDIS_HANDLE FileHandle)
{
    struct file *f = ndis_object_check(FileHandle, NDIS_FILE);

    MmFreeContiguousMemory(f->data);
    ndis_object_destroy(f);
}
