/* ATA commands to a logical unit: IOCTL_ATA_PASS_THROUGH becomes SCSI's ATA PASS-THROUGH (16), whose sense data brings the task file back
 * (T10 SAT); the SMART control codes become the miniport's own, signature SCSIDISK. A unit that is no ATA disk refuses both.
 * docs: ntddscsi/ni-ntddscsi-ioctl_ata_pass_through, ntdddisk/ni-ntdddisk-smart_get_version */
#include "storport/disk_ioctl.h"

#include <string.h>

#include "nt/pool.h"
#include "nt/ram.h"

enum { NO_DATA = 3, PIO_IN = 4, PIO_OUT = 5, DMA = 6 };
enum { FEATURES, COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE, COMMAND };

/* --- pass-through ----------------------------------------------------------------------------------------------------- */

struct ata {
    USHORT flags;
    UCHAR *previous, *current;
    void *data;
    uint32_t length, timeout;
};

static bool sound(const struct ata *a, const struct unit *u)
{
    bool in = a->flags & ATA_FLAGS_DATA_IN, out = a->flags & ATA_FLAGS_DATA_OUT;

    return a->timeout && a->length <= u->adapter->max_transfer && !(in && out) && (a->length != 0) == (in || out);
}

static void make_cdb(const struct ata *a, uint8_t *cdb)
{
    bool in = a->flags & ATA_FLAGS_DATA_IN, dma = a->flags & ATA_FLAGS_USE_DMA, big = a->flags & ATA_FLAGS_48BIT_COMMAND;
    unsigned protocol = !a->length ? NO_DATA : dma ? DMA : in ? PIO_IN : PIO_OUT;

    cdb[0] = SCSIOP_ATA_PASSTHROUGH16;
    cdb[1] = (uint8_t)(protocol << 1 | big);
    cdb[2] = (uint8_t)(0x20 | (a->length ? (in ? 0x08 : 0) | 0x04 | 0x02 : 0));     /* CK_COND; blocks, counted by COUNT */
    for (unsigned i = FEATURES; i <= LBA_HIGH; i++) {
        cdb[3 + 2 * i] = big ? a->previous[i] : 0;
        cdb[4 + 2 * i] = a->current[i];
    }
    cdb[13] = a->current[DEVICE];
    cdb[14] = a->current[COMMAND];
}

/* The ATA Status Return descriptor of descriptor-format sense data. */
static bool take_registers(const struct ata *a, const uint8_t *sense, unsigned length)
{
    const uint8_t *d = sense + 8;

    if (length < 22 || (sense[0] & 0x7e) != 0x72 || d[0] != 0x09 || d[1] != 12)
        return false;
    for (unsigned i = COUNT; i <= LBA_HIGH; i++) {
        a->previous[i] = d[2 + 2 * i];
        a->current[i] = d[3 + 2 * i];
    }
    a->current[FEATURES] = d[3];        /* error register */
    a->current[DEVICE] = d[12];
    a->current[COMMAND] = d[13];        /* status register */
    return true;
}

static NTSTATUS run(struct unit *u, struct ata *a)
{
    uint8_t cdb[16] = { 0 }, sense[64];
    uint8_t direction = a->flags & ATA_FLAGS_DATA_OUT ? SCSI_IOCTL_DATA_OUT : SCSI_IOCTL_DATA_IN;
    struct unit_command c = { .cdb = cdb, .cdb_length = sizeof cdb, .direction = direction, .data = a->data, .length = a->length,
                              .timeout = a->timeout, .sense_length = sizeof sense, .sense = sense };

    make_cdb(a, cdb);
    NTSTATUS status = unit_run(u, &c);
    if (!NT_SUCCESS(status))
        return status;
    a->length = c.length;
    if (take_registers(a, sense, c.sense_length))
        return STATUS_SUCCESS;
    return c.scsi_status == SCSISTAT_GOOD ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

NTSTATUS unit_ata_pass_through(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PATA_PASS_THROUGH_EX p = buffer;
    struct ata a = { p->AtaFlags, p->PreviousTaskFile, p->CurrentTaskFile, NULL, p->DataTransferLength, p->TimeOutValue };
    ULONG room = p->AtaFlags & ATA_FLAGS_DATA_OUT ? in : out;

    if (p->Length < sizeof *p || !sound(&a, u))
        return STATUS_INVALID_PARAMETER;
    if (a.length && (p->DataBufferOffset < sizeof *p || p->DataBufferOffset > room || a.length > room - p->DataBufferOffset))
        return STATUS_INVALID_PARAMETER;
    if (a.length && !(a.data = pool_alloc(NonPagedPoolNx, a.length, SP_TAG, NULL)))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (a.flags & ATA_FLAGS_DATA_OUT)
        memcpy(a.data, (uint8_t *)buffer + p->DataBufferOffset, a.length);
    NTSTATUS status = run(u, &a);
    if (NT_SUCCESS(status)) {
        p->DataTransferLength = a.length;
        *done = sizeof *p;
        if ((a.flags & ATA_FLAGS_DATA_IN) && a.length) {
            memcpy((uint8_t *)buffer + p->DataBufferOffset, a.data, a.length);
            *done = p->DataBufferOffset + a.length;
        }
    }
    if (a.data)
        pool_free(a.data, SP_TAG, NULL);
    return status;
}

NTSTATUS unit_ata_pass_through_direct(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PATA_PASS_THROUGH_DIRECT p = buffer;
    struct ata a = { p->AtaFlags, p->PreviousTaskFile, p->CurrentTaskFile, p->DataBuffer, p->DataTransferLength, p->TimeOutValue };
    uint64_t pa = a.length ? ram_pa(a.data) : 0;

    if (p->Length < sizeof *p || !sound(&a, u))
        return STATUS_INVALID_PARAMETER;
    if (a.length && (pa == UINT64_MAX || !(a.data = ram_va(pa, a.length))))
        return STATUS_INVALID_USER_BUFFER;
    if ((uintptr_t)a.data & u->adapter->config->AlignmentMask)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = run(u, &a);
    if (NT_SUCCESS(status)) {
        p->DataTransferLength = a.length;
        *done = sizeof *p;
    }
    return status;
}

/* --- SMART ------------------------------------------------------------------------------------------------------------- */

#define SCSIDISK_CODE(n) ((ULONG)FILE_DEVICE_SCSI << 16 | (0x0500 + (n)))
#define SMART_BLOCK 512u

static const struct smart {
    UCHAR command, feature;
    USHORT code;
    bool sends;
} smarts[] = {
    { ID_CMD, 0, 1, false },
    { SMART_CMD, READ_ATTRIBUTES, 2, false },
    { SMART_CMD, READ_THRESHOLDS, 3, false },
    { SMART_CMD, ENABLE_SMART, 4, true },
    { SMART_CMD, DISABLE_SMART, 5, true },
    { SMART_CMD, RETURN_SMART_STATUS, 6, true },
    { SMART_CMD, ENABLE_DISABLE_AUTOSAVE, 7, true },
    { SMART_CMD, SAVE_ATTRIBUTE_VALUES, 8, true },
    { SMART_CMD, EXECUTE_OFFLINE_DIAGS, 9, true },
    { SMART_CMD, SMART_READ_LOG, 11, false },
};

/* A control code of the miniport's with `size` bytes behind its head; they are replaced by the answer. */
static NTSTATUS ask_miniport(struct unit *u, ULONG code, void *data, ULONG size)
{
    ULONG length = (ULONG)sizeof(SRB_IO_CONTROL) + size;
    PSRB_IO_CONTROL head = pool_alloc(NonPagedPoolNx, length, SP_TAG, NULL);
    ULONG_PTR done = 0;

    if (!head)
        return STATUS_INSUFFICIENT_RESOURCES;
    *head = (SRB_IO_CONTROL){ .HeaderLength = sizeof *head, .Timeout = 10, .ControlCode = code, .Length = size };
    memcpy(head->Signature, "SCSIDISK", 8);
    memcpy(head + 1, data, size);
    NTSTATUS status = adapter_miniport_ioctl(u, head, length, length, &done);
    if (NT_SUCCESS(status) && head->ReturnCode)
        status = STATUS_IO_DEVICE_ERROR;
    if (NT_SUCCESS(status))
        memcpy(data, head + 1, size);
    pool_free(head, SP_TAG, NULL);
    return status;
}

NTSTATUS unit_smart_version(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    GETVERSIONINPARAMS version = { 0 };
    NTSTATUS status = ask_miniport(u, SCSIDISK_CODE(0), &version, sizeof version);

    if (NT_SUCCESS(status)) {
        memcpy(buffer, &version, sizeof version);
        *done = sizeof version;
    }
    return status;
}

static NTSTATUS smart(struct unit *u, void *buffer, bool sends, ULONG answer, ULONG out, ULONG_PTR *done)
{
    ULONG head = offsetof(SENDCMDINPARAMS, bBuffer), size = head + SMART_BLOCK;
    const IDEREGS *registers = &((PSENDCMDINPARAMS)buffer)->irDriveRegs;
    const struct smart *found = NULL;
    NTSTATUS status;

    for (unsigned i = 0; i < countof(smarts); i++)
        if (smarts[i].command == registers->bCommandReg && smarts[i].sends == sends &&
            (smarts[i].command == ID_CMD || smarts[i].feature == registers->bFeaturesReg))
            found = &smarts[i];
    if (!found)
        return STATUS_INVALID_PARAMETER;
    uint8_t *both = pool_alloc(NonPagedPoolNx, size, SP_TAG, NULL);
    if (!both)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(both, 0, size);
    memcpy(both, buffer, head);
    status = ask_miniport(u, SCSIDISK_CODE(found->code), both, size);
    if (NT_SUCCESS(status)) {
        *done = min_u64(out, offsetof(SENDCMDOUTPARAMS, bBuffer) + answer);
        memcpy(buffer, both, *done);
    }
    pool_free(both, SP_TAG, NULL);
    return status;
}

NTSTATUS unit_smart_send(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return smart(u, buffer, true, 0, out, done);
}

NTSTATUS unit_smart_receive(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return smart(u, buffer, false, SMART_BLOCK, out, done);
}
