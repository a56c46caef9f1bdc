/* The commands of the SCSI disk, and REPORT SUPPORTED OPERATION CODES, which shows the table. */
#include <string.h>

#include "base/util.h"
#include "dev/scsi_disk.h"

#define ANY SCSI_DURING_ATTENTION
#define MEDIUM SCSI_NEEDS_MEDIUM
#define CHANGE (SCSI_NEEDS_MEDIUM | SCSI_CHANGES_MEDIUM)
#define THIN SCSI_NEEDS_THIN
#define NONE SCSI_NO_ACTION
#define LBA4 0xFF, 0xFF, 0xFF, 0xFF
#define LBA8 LBA4, LBA4

/* Rows of one operation code stand together. */
static const struct scsi_command table[] = {
    { SCSI_TEST_UNIT_READY, NONE, MEDIUM, scsi_do_ready, { 0x00, 0, 0, 0, 0, 0x04 } },
    { SCSI_REQUEST_SENSE, NONE, ANY, scsi_do_request_sense, { 0x03, 0x01, 0, 0, 0xFF, 0x04 } },
    { SCSI_READ_6, NONE, MEDIUM, scsi_do_read, { 0x08, 0x1F, 0xFF, 0xFF, 0xFF, 0x04 } },
    { SCSI_WRITE_6, NONE, CHANGE, scsi_do_write, { 0x0A, 0x1F, 0xFF, 0xFF, 0xFF, 0x04 } },
    { SCSI_INQUIRY, NONE, ANY, scsi_do_inquiry, { 0x12, 0x01, 0xFF, 0xFF, 0xFF, 0x04 } },
    { SCSI_MODE_SELECT_6, NONE, 0, scsi_do_mode_select, { 0x15, 0x11, 0, 0, 0xFF, 0x04 } },
    { SCSI_MODE_SENSE_6, NONE, 0, scsi_do_mode_sense, { 0x1A, 0x08, 0xFF, 0xFF, 0xFF, 0x04 } },
    { SCSI_START_STOP_UNIT, NONE, 0, scsi_do_start_stop, { 0x1B, 0x01, 0, 0, 0xF7, 0x04 } },
    { SCSI_PREVENT_ALLOW, NONE, 0, scsi_do_prevent, { 0x1E, 0, 0, 0, 0x03, 0x04 } },
    { SCSI_READ_CAPACITY_10, NONE, MEDIUM, scsi_do_capacity_10, { 0x25, 0, LBA4, 0, 0, 0x01, 0x04 } },
    { SCSI_READ_10, NONE, MEDIUM, scsi_do_read, { 0x28, 0xF8, LBA4, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_WRITE_10, NONE, CHANGE, scsi_do_write, { 0x2A, 0xF8, LBA4, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_VERIFY_10, NONE, MEDIUM, scsi_do_verify, { 0x2F, 0xF6, LBA4, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_SYNCHRONIZE_10, NONE, MEDIUM, scsi_do_flush, { 0x35, 0x02, LBA4, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_WRITE_SAME_10, NONE, CHANGE, scsi_do_write_same, { 0x41, 0xF8, LBA4, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_UNMAP, NONE, CHANGE | THIN, scsi_do_unmap, { 0x42, 0x01, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_MODE_SELECT_10, NONE, 0, scsi_do_mode_select, { 0x55, 0x11, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_MODE_SENSE_10, NONE, 0, scsi_do_mode_sense, { 0x5A, 0x18, 0xFF, 0xFF, 0, 0, 0, 0xFF, 0xFF, 0x04 } },
    { SCSI_READ_16, NONE, MEDIUM, scsi_do_read, { 0x88, 0xF8, LBA8, LBA4, 0, 0x04 } },
    { SCSI_WRITE_16, NONE, CHANGE, scsi_do_write, { 0x8A, 0xF8, LBA8, LBA4, 0, 0x04 } },
    { SCSI_VERIFY_16, NONE, MEDIUM, scsi_do_verify, { 0x8F, 0xF6, LBA8, LBA4, 0, 0x04 } },
    { SCSI_SYNCHRONIZE_16, NONE, MEDIUM, scsi_do_flush, { 0x91, 0x02, LBA8, LBA4, 0, 0x04 } },
    { SCSI_WRITE_SAME_16, NONE, CHANGE, scsi_do_write_same, { 0x93, 0xF9, LBA8, LBA4, 0, 0x04 } },
    { SCSI_SERVICE_IN_16, SCSI_ACTION_READ_CAPACITY_16, MEDIUM, scsi_do_capacity_16, { 0x9E, 0x10, LBA8, LBA4, 0x01, 0x04 } },
    { SCSI_SERVICE_IN_16, SCSI_ACTION_LBA_STATUS, MEDIUM | THIN, scsi_do_lba_status, { 0x9E, 0x12, LBA8, LBA4, 0, 0x04 } },
    { SCSI_REPORT_LUNS, NONE, ANY, scsi_do_report_luns, { 0xA0, 0, 0xFF, 0, 0, 0, LBA4, 0, 0x04 } },
    { SCSI_MAINTENANCE_IN, SCSI_ACTION_OPERATION_CODES, 0, scsi_do_operation_codes, { 0xA3, 0x0C, 0x87, 0xFF, 0xFF, 0xFF, LBA4, 0, 0x04 } },
    { SCSI_MAINTENANCE_IN, SCSI_ACTION_TASK_FUNCTIONS, 0, scsi_do_task_functions, { 0xA3, 0x0D, 0x80, 0, 0, 0, LBA4, 0, 0x04 } },
    { SCSI_READ_12, NONE, MEDIUM, scsi_do_read, { 0xA8, 0xF8, LBA4, LBA4, 0, 0x04 } },
    { SCSI_WRITE_12, NONE, CHANGE, scsi_do_write, { 0xAA, 0xF8, LBA4, LBA4, 0, 0x04 } },
    { SCSI_VERIFY_12, NONE, MEDIUM, scsi_do_verify, { 0xAF, 0xF6, LBA4, LBA4, 0, 0x04 } },
};

/* The first row of each operation code, and one. */
static uint8_t first_row[256];

__attribute__((constructor)) static void index_table(void)
{
    for (unsigned i = countof(table); i--;)
        first_row[table[i].opcode] = (uint8_t)(i + 1);
}

const struct scsi_command *scsi_row(unsigned n)
{
    return n < countof(table) ? &table[n] : NULL;
}

static bool there(const struct scsi_disk *unit, const struct scsi_command *command)
{
    return !(command->flags & SCSI_NEEDS_THIN) || scsi_thin(unit);
}

const struct scsi_command *scsi_find(const struct scsi_disk *unit, const uint8_t *cdb, bool *action)
{
    unsigned at = first_row[cdb[0]];

    *action = false;
    for (; at && at <= countof(table) && table[at - 1].opcode == cdb[0]; at++) {
        const struct scsi_command *command = &table[at - 1];

        if (!there(unit, command))
            continue;
        *action = command->action != SCSI_NO_ACTION;
        if (!*action || command->action == (cdb[1] & 0x1F))
            return command;
    }
    return NULL;
}

/* ---- REPORT SUPPORTED OPERATION CODES ---- */

#define TIMEOUTS 12u

/* A command timeouts descriptor that names none. */
static unsigned timeouts(uint8_t *to, bool wanted)
{
    if (wanted)
        scsi_put(to, 2, TIMEOUTS - 2);
    return wanted ? TIMEOUTS : 0;
}

static void list_all(struct scsi_disk *unit, struct scsi_task *task, bool times)
{
    uint8_t data[4 + countof(table) * (8 + TIMEOUTS)] = { 0 };
    unsigned at = 4;

    for (unsigned i = 0; i < countof(table); i++) {
        const struct scsi_command *command = &table[i];

        if (!there(unit, command))
            continue;
        data[at] = command->opcode;
        data[at + 3] = command->action == SCSI_NO_ACTION ? 0 : (uint8_t)command->action;
        data[at + 5] = (uint8_t)((command->action != SCSI_NO_ACTION) | (times ? 2 : 0));
        scsi_put(data + at + 6, 2, scsi_cdb_length(command->opcode));
        at += 8;
        at += timeouts(data + at, times);
    }
    scsi_put(data, 4, at - 4);
    scsi_reply(task, data, at, (uint32_t)scsi_get(task->cdb + 6, 4));
}

static void show_one(struct scsi_task *task, const struct scsi_command *command, bool times)
{
    uint8_t data[4 + 16 + TIMEOUTS] = { 0 };
    unsigned length = command ? scsi_cdb_length(command->opcode) : 0;

    data[1] = command ? 3 : 1;          /* as the standard has it; not there */
    if (command) {
        data[1] |= times ? 0x80 : 0;
        scsi_put(data + 2, 2, length);
        memcpy(data + 4, command->usage, length);
        length += timeouts(data + 4 + length, times);
    }
    scsi_reply(task, data, 4 + length, (uint32_t)scsi_get(task->cdb + 6, 4));
}

void scsi_do_operation_codes(struct scsi_disk *unit, struct scsi_task *task)
{
    uint8_t asked[2] = { task->cdb[3], task->cdb[5] & 0x1F };
    unsigned options = task->cdb[2] & 7;
    bool times = task->cdb[2] & 0x80, action;
    const struct scsi_command *command = scsi_find(unit, asked, &action);

    if (action && scsi_get(task->cdb + 4, 2) > 0x1F)
        command = NULL;
    if (options == 0)
        list_all(unit, task, times);
    else if (options > 3)
        scsi_bad_cdb(task, 2);
    else if (options != 3 && (command || action) && action != (options == 2))
        scsi_bad_cdb(task, 3);          /* asked with a service action for a command that has none, or the other way round */
    else if (options == 3 && command && !action && scsi_get(task->cdb + 4, 2) != 0)
        show_one(task, NULL, times);
    else
        show_one(task, command, times);
}

void scsi_do_task_functions(struct scsi_disk *unit, struct scsi_task *task)
{
    bool extended = task->cdb[2] & 0x80;
    uint8_t data[16] = { 0 };

    data[0] = 0x80 | 0x40 | 0x10 | 0x08 | 0x04;         /* abort task, abort task set, clear task set, unit reset, query task */
    data[1] = 0x02 | 0x01;                              /* query task set, I_T nexus reset */
    data[3] = extended ? 12 : 0;
    scsi_reply(task, data, extended ? 16 : 4, (uint32_t)scsi_get(task->cdb + 6, 4));
}
