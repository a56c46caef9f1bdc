/* The SCSI disk without a transport: what its tests share. */
#ifndef TESTS_UNIT_DEV_SCSI_UNIT_H
#define TESTS_UNIT_DEV_SCSI_UNIT_H

#include "dev/scsi_disk.h"

#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "scsi_medium.h"

#define BLOCK 512u
#define BLOCKS 2048u
#define PARTS 8

static struct clock no_clock;

/* A command with its buffer, split into uneven parts. */
struct command {
    struct scsi_task task;
    struct iovec data[2], parts[PARTS];
    unsigned ended;
};

static inline void ended(struct scsi_task *task)
{
    container_of(task, struct command, task)->ended++;
}

static inline struct slow *open_unit(struct scsi_disk *unit, const char *text)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct slow *slow;
    struct spec spec;

    log_configure(&quiet);
    CHECK(spec_parse(&spec, text));
    slow = slow_open(&spec, &no_clock);
    scsi_disk_init(unit, &slow->wrapper.disk, "S-1");
    CHECK_EQ(unit->attention, ASC_RESET);
    unit->attention = 0;                /* the tests that are about it set it */
    return slow;
}

static inline void close_unit(struct slow *slow)
{
    disk_close(&slow->wrapper.disk);
}

static inline void make(struct command *c, const void *cdb, unsigned size, void *out, uint32_t out_size, void *in, uint32_t in_size)
{
    uint8_t *bytes = out_size ? out : in;
    uint32_t total = out_size ? out_size : in_size, first = total > 3 ? 3 : total;

    memset(c, 0, sizeof *c);
    memcpy(c->task.cdb, cdb, size);
    c->task.cdb_size = SCSI_CDB_BYTES;
    c->data[0] = (struct iovec){ bytes, first };
    c->data[1] = (struct iovec){ bytes ? bytes + first : NULL, total - first };
    c->task.parts = c->parts;
    c->task.parts_max = PARTS;
    c->task.done = ended;
    *(out_size ? &c->task.out : &c->task.in) = c->data;
    *(out_size ? &c->task.out_count : &c->task.in_count) = (total != 0) + (total > first);
    c->task.out_size = out_size;
    c->task.in_size = in_size;
}

static inline void run_at(struct scsi_disk *unit, enum scsi_address address, struct command *c)
{
    scsi_disk_begin(unit);
    scsi_disk_start(unit, address, &c->task);
    scsi_disk_commit(unit);
}

static inline uint16_t code_of(const struct command *c)
{
    return c->task.sense[0] == 0x72 ? (uint16_t)scsi_get(c->task.sense + 2, 2) : (uint16_t)scsi_get(c->task.sense + 12, 2);
}

static inline uint8_t key_of(const struct command *c)
{
    return c->task.sense[0] == 0x72 ? c->task.sense[1] : c->task.sense[2];
}

/* Runs a command that ends at once; its status. */
static inline uint8_t out_command(struct scsi_disk *unit, struct command *c, const void *cdb, unsigned size, void *data, uint32_t length)
{
    make(c, cdb, size, data, length, NULL, 0);
    run_at(unit, SCSI_THE_DISK, c);
    CHECK_EQ(c->ended, 1);
    CHECK(list_empty(&unit->tasks));
    return c->task.status;
}

static inline uint8_t in_command(struct scsi_disk *unit, struct command *c, const void *cdb, unsigned size, void *data, uint32_t length)
{
    make(c, cdb, size, NULL, 0, data, length);
    run_at(unit, SCSI_THE_DISK, c);
    CHECK_EQ(c->ended, 1);
    CHECK(list_empty(&unit->tasks));
    return c->task.status;
}

#define OUT(data, length, ...) out_command(&unit, &c, (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }, data, length)
#define IN(data, length, ...) in_command(&unit, &c, (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }, data, length)
#define FAILED(sense_key, sense_code) \
    do { \
        CHECK_EQ(c.task.end, SCSI_DONE); \
        CHECK_EQ(c.task.status, SCSI_CHECK_CONDITION); \
        CHECK_EQ(key_of(&c), sense_key); \
        CHECK_EQ(code_of(&c), sense_code); \
    } while (0)

static inline void fill(uint8_t *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + seed + i / 256);
}

#endif
