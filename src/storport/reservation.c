/* Persistent reservations, by PERSISTENT RESERVE IN and OUT. docs: ntddstor */
#include "storport/disk_ioctl.h"

#include <string.h>

#include "nt/pool.h"

/* docs: ntddstor/ni-ntddstor-ioctl_storage_persistent_reserve_in */
NTSTATUS disk_reserve_in(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PPERSISTENT_RESERVE_COMMAND asked = buffer;
    uint32_t length = asked->PR_IN.AllocationLength;
    uint8_t cdb[10] = { SCSIOP_PERSISTENT_RESERVE_IN, asked->PR_IN.ServiceAction };

    if (asked->Size < sizeof *asked || !length || length > out)
        return STATUS_INVALID_PARAMETER;
    put_be16(cdb + 7, length);
    void *data = pool_alloc(NonPagedPoolNx, length, SP_TAG, NULL);
    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = disk_command(disk, cdb, sizeof cdb, data, &length, false, NULL);
    if (NT_SUCCESS(status)) {
        memcpy(buffer, data, length);
        *done = length;
    }
    pool_free(data, SP_TAG, NULL);
    return status;
}

/* docs: ntddstor/ni-ntddstor-ioctl_storage_persistent_reserve_out */
NTSTATUS disk_reserve_out(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PPERSISTENT_RESERVE_COMMAND asked = buffer;
    ULONG head = offsetof(PERSISTENT_RESERVE_COMMAND, PR_OUT.ParameterList);
    uint32_t length = in > head ? in - head : 0;
    uint8_t cdb[10] = { SCSIOP_PERSISTENT_RESERVE_OUT, asked->PR_OUT.ServiceAction,
                        (uint8_t)(asked->PR_OUT.Scope << 4 | asked->PR_OUT.Type) };

    if (asked->Size < sizeof *asked || length < sizeof(PRO_PARAMETER_LIST) || length > 4096)
        return STATUS_INVALID_PARAMETER;
    put_be32(cdb + 5, length);
    void *data = pool_alloc(NonPagedPoolNx, length, SP_TAG, NULL);
    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(data, (uint8_t *)buffer + head, length);
    NTSTATUS status = disk_command(disk, cdb, sizeof cdb, data, &length, true, NULL);
    pool_free(data, SP_TAG, NULL);
    return status;
}
