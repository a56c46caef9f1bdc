/* What kind of disk it is: capacity, caching, provisioning. docs: scsi, ntddstor */
#include "storport/disk_class.h"

#include <stdio.h>
#include <string.h>

#include "nt/cm.h"
#include "nt/pool.h"
#include "nt/ram.h"

#define TRIES 10
#define DEFAULT_TIMEOUT 60              /* seconds: TimeOutValue of disk.sys */

/* *kept: the request, for who wants status and sense; the caller releases it. */
NTSTATUS disk_command(struct disk *disk, const void *cdb, unsigned cdb_length, void *buffer, uint32_t *length, bool out,
                      struct request **kept)
{
    LARGE_INTEGER moment = { .QuadPart = -5000000 };
    NTSTATUS status;

    for (unsigned n = 0;; n++) {
        struct request *r = disk->unit ? request_take(disk->unit) : NULL;
        if (!r)
            return disk->unit ? STATUS_DEVICE_BUSY : STATUS_DEVICE_DOES_NOT_EXIST;
        uint32_t flags = *length ? (out ? SRB_FLAGS_DATA_OUT : SRB_FLAGS_DATA_IN) : 0;
        request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI, flags, *length ? buffer : NULL, *length, disk->timeout);
        request_set_cdb(r, cdb, cdb_length);
        request_wait(r);
        enum sense_action action = sense_judge(r, &status);
        uint32_t got = SrbGetDataTransferLength(r->srb);
        if (action == SENSE_GOOD || request_srb_status(r) == SRB_STATUS_DATA_OVERRUN) {
            *length = got;
            status = STATUS_SUCCESS;
            action = SENSE_GOOD;
        }
        if (kept && (action == SENSE_GOOD || action == SENSE_FAIL || n == TRIES)) {
            *kept = r;
            return status;
        }
        request_release(r);
        if (action == SENSE_GOOD || action == SENSE_FAIL || n == TRIES)
            return status;
        if (action == SENSE_RETRY_LATER)
            KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
}

static NTSTATUS read_capacity(struct disk *disk, uint8_t *answer)
{
    uint8_t cdb[16] = { SCSIOP_READ_CAPACITY16, SERVICE_ACTION_READ_CAPACITY16 };
    uint64_t last;
    uint32_t length = 32, sector, exponent = 0;

    put_be32(cdb + 10, 32);
    if (NT_SUCCESS(disk_command(disk, cdb, 16, answer, &length, false, NULL)) && length >= 12) {
        last = get_be64(answer);
        sector = get_be32(answer + 8);
        exponent = length > 13 ? answer[13] & 0xf : 0;
        disk->info.block_status = length > 14 && (answer[14] & 0x80);
        disk->reads_zeroes = length > 14 && (answer[14] & 0x40);
        disk->big = true;
    } else {
        uint8_t small[10] = { SCSIOP_READ_CAPACITY };
        length = 8;
        NTSTATUS status = disk_command(disk, small, 10, answer, &length, false, NULL);
        if (!NT_SUCCESS(status))
            return status;
        if (length < 8)
            return STATUS_IO_DEVICE_ERROR;
        last = get_be32(answer);
        sector = get_be32(answer + 4);
    }
    if (sector < 512 || sector > RAM_PAGE || (sector & (sector - 1)) || last >= UINT64_MAX / sector)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    disk->info.sector_size = sector;
    disk->info.physical_sector_size = sector << exponent;
    disk->info.bytes = (last + 1) * sector;
    disk->shift = (unsigned)__builtin_ctz(sector);
    return STATUS_SUCCESS;
}

static void read_modes(struct disk *disk, uint8_t *answer)
{
    uint8_t cdb[6] = { SCSIOP_MODE_SENSE, 0, MODE_PAGE_CACHING, 0, 192, 0 };
    uint32_t length = 192;

    memset(answer, 0, 192);
    if (!NT_SUCCESS(disk_command(disk, cdb, 6, answer, &length, false, NULL)) || length < 4)
        return;
    disk->info.read_only = (answer[2] & MODE_DSP_WRITE_PROTECT) != 0;
    disk->info.fua = (answer[2] & MODE_DSP_FUA_SUPPORTED) != 0;
    uint32_t page = 4u + answer[3];
    if (page + 3 <= length && (answer[page] & 0x3f) == MODE_PAGE_CACHING)
        disk->info.write_cache = (answer[page + 2] & 4) != 0;
}

static uint32_t read_page(struct disk *disk, uint8_t page, uint8_t *answer)
{
    uint8_t cdb[6] = { SCSIOP_INQUIRY, 1, page, 0, 252, 0 };
    uint32_t length = 252;

    memset(answer, 0, 252);
    if (!NT_SUCCESS(disk_command(disk, cdb, 6, answer, &length, false, NULL)) || length < 4 || answer[1] != page)
        return 0;
    return (uint32_t)min_u64(length, 4u + answer[3] + 256u * answer[2]);
}

static bool lists_page(const uint8_t *pages, uint32_t length, uint8_t page)
{
    for (uint32_t i = 4; i < length; i++)
        if (pages[i] == page)
            return true;
    return false;
}

static void read_provisioning(struct disk *disk, uint8_t *answer)
{
    bool unmaps = false, same = false;
    uint8_t pages[256];
    uint32_t length = read_page(disk, VPD_SUPPORTED_PAGES, pages);
    bool limits = lists_page(pages, length, VPD_BLOCK_LIMITS), lbp = lists_page(pages, length, VPD_LOGICAL_BLOCK_PROVISIONING);

    disk->info.discard_granularity = disk->info.sector_size;
    if (lbp && read_page(disk, VPD_LOGICAL_BLOCK_PROVISIONING, answer) > 5) {
        unmaps = (answer[5] & 0x80) != 0;
        same = (answer[5] & 0x40) != 0;
    }
    if (limits && read_page(disk, VPD_BLOCK_LIMITS, answer) >= 44) {
        uint32_t granularity = get_be32(answer + 28), most = get_be32(answer + 20);
        uint64_t same_most = get_be64(answer + 36);

        unmaps = unmaps && most;
        disk->max_unmap = most;
        disk->max_unmap_ranges = get_be32(answer + 24);
        disk->alignment_valid = (answer[32] & 0x80) != 0;
        disk->alignment = get_be32(answer + 32) & 0x7fffffff;
        disk->max_write_same = (uint32_t)min_u64(same_most, UINT32_MAX);
        if (granularity && granularity <= UINT32_MAX / disk->info.sector_size)
            disk->info.discard_granularity = granularity * disk->info.sector_size;
    }
    disk->info.discard = unmaps;
    disk->info.write_zeroes = same;
}

/* Not every device that provisions thinly knows GET LBA STATUS. */
static void try_status(struct disk *disk, uint8_t *answer)
{
    uint8_t cdb[16] = { SCSIOP_GET_LBA_STATUS, SERVICE_ACTION_GET_LBA_STATUS };
    uint32_t length = 24;

    put_be32(cdb + 10, length);
    if (disk->info.block_status)
        disk->info.block_status = NT_SUCCESS(disk_command(disk, cdb, sizeof cdb, answer, &length, false, NULL)) && length >= 24;
}

static void copy_trimmed(char *to, const UCHAR *from, size_t length)
{
    while (length && (from[length - 1] == ' ' || !from[length - 1]))
        length--;
    for (size_t i = 0; i < length; i++)
        to[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
    to[length] = 0;
}

/* Services\<miniport>\Parameters\IoTimeoutValue, else Services\disk\TimeOutValue. */
static uint32_t timeout_of(const struct disk *disk)
{
    char path[200];
    struct cm_key *key;
    uint32_t value;

    snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s\\Parameters", disk->info.driver);
    key = cm_key(NULL, path, false);
    if (key && cm_get_dword(key, "IoTimeoutValue", &value) && value)
        return value;
    key = cm_key(NULL, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\disk", false);
    if (key && cm_get_dword(key, "TimeOutValue", &value) && value)
        return value;
    return DEFAULT_TIMEOUT;
}

NTSTATUS disk_setup(struct disk *disk)
{
    uint8_t *answer = pool_alloc(NonPagedPoolNx, 512, SP_TAG, NULL);
    struct unit *u = disk->unit;

    if (!answer || !u) {
        if (answer)
            pool_free(answer, SP_TAG, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    snprintf(disk->info.driver, sizeof disk->info.driver, "%s", u->adapter->driver->name);
    disk->timeout = timeout_of(disk);
    copy_trimmed(disk->info.vendor, u->inquiry.VendorId, 8);
    copy_trimmed(disk->info.product, u->inquiry.ProductId, 16);
    copy_trimmed(disk->info.revision, u->inquiry.ProductRevisionLevel, 4);
    memcpy(disk->info.serial, u->serial, sizeof disk->info.serial);
    disk->info.max_transfer = u->adapter->max_transfer;
    NTSTATUS status = read_capacity(disk, answer);
    if (NT_SUCCESS(status)) {
        read_modes(disk, answer);
        read_provisioning(disk, answer);
        try_status(disk, answer);
        disk->ready = true;
    } else {
        log_warn("disk", "%s %s: the capacity cannot be read: 0x%08x", disk->info.vendor, disk->info.product, (unsigned)status);
    }
    pool_free(answer, SP_TAG, NULL);
    return status;
}
