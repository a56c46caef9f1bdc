/* The SCSI disk's commands, their data and their sense data. */
#include "scsi_unit.h"

TEST(every_form_of_write_is_read_back_by_every_form_of_read)
{
    static const uint8_t writes[][16] = {
        { 0x0A, 0, 0, 5, 2 }, { 0x2A, 0, 0, 0, 0, 5, 0, 0, 2 }, { 0xAA, 0, 0, 0, 0, 5, 0, 0, 0, 2 }, { 0x8A, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2 },
    };
    static const uint8_t reads[][16] = {
        { 0x08, 0, 0, 5, 2 }, { 0x28, 0, 0, 0, 0, 5, 0, 0, 2 }, { 0xA8, 0, 0, 0, 0, 5, 0, 0, 0, 2 }, { 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2 },
    };
    uint8_t data[2 * BLOCK], back[2 * BLOCK];
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    for (unsigned w = 0; w < countof(writes); w++)
        for (unsigned r = 0; r < countof(reads); r++) {
            fill(data, sizeof data, w * 16 + r);
            CHECK_EQ(out_command(&unit, &c, writes[w], 16, data, sizeof data), SCSI_GOOD);
            CHECK_EQ(c.task.moved, sizeof data);
            memset(back, 0, sizeof back);
            CHECK_EQ(in_command(&unit, &c, reads[r], 16, back, sizeof back), SCSI_GOOD);
            CHECK_EQ(c.task.moved, sizeof back);
            CHECK(memcmp(data, back, sizeof data) == 0);
        }
    close_unit(slow);
}

TEST(what_is_not_on_the_medium_or_not_in_the_buffer_is_refused)
{
    uint8_t data[4 * BLOCK] = { 0 };
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    IN(data, BLOCK, 0x28, 0, 0, 0, 8, 0, 0, 0, 1, 0);           /* block 2048 of 2048 */
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE);
    CHECK_EQ(c.task.sense[0], 0xF0);
    CHECK_EQ(scsi_get(c.task.sense + 3, 4), 2048);
    IN(data, 2 * BLOCK, 0x28, 0, 0, 0, 7, 0xFF, 0, 0, 2, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE);
    IN(data, BLOCK, 0x88, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE);
    CHECK_EQ(IN(data, 0, 0x28, 0, 0, 0, 8, 0, 0, 0, 0, 0), SCSI_GOOD);      /* nothing, right behind the end */
    IN(data, BLOCK, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0);
    CHECK_EQ(c.task.end, SCSI_OVERRUN);
    OUT(data, BLOCK, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);          /* the wrong way */
    CHECK_EQ(c.task.end, SCSI_OVERRUN);
    IN(data, BLOCK, 0x28, 0x20, 0, 0, 0, 0, 0, 0, 1, 0);        /* protection information */
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    CHECK_EQ(c.task.sense[15], 0xC0);
    CHECK_EQ(scsi_get(c.task.sense + 16, 2), 1);
    IN(data, BLOCK, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 4);           /* NACA */
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    IN(data, BLOCK, 0x3E, 0, 0, 0, 0, 0, 0, 0, 1, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_OPERATION_CODE);
    IN(data, 32, 0x9E, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32);          /* a service action that is not there */
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    make(&c, (const uint8_t[]){ 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 14, NULL, 0, data, BLOCK);
    c.task.cdb_size = 10;
    run_at(&unit, SCSI_THE_DISK, &c);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    CHECK_EQ(slow->ops[DISK_READ], 0);
    close_unit(slow);
}

TEST(inquiry_pages_and_capacities_describe_the_disk)
{
    uint8_t data[255];
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M,block=4096");

    CHECK_EQ(IN(data, 255, 0x12, 0, 0, 0, 255, 0), SCSI_GOOD);
    CHECK_EQ(c.task.moved, 96);
    CHECK_EQ(data[0], 0);
    CHECK(memcmp(data + 8, "RING3   SCSI DISK", 17) == 0);
    CHECK_EQ(IN(data, 5, 0x12, 0, 0, 0, 5, 0), SCSI_GOOD);
    CHECK_EQ(c.task.moved, 5);
    IN(data, 255, 0x12, 0, 0x80, 0, 255, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    CHECK_EQ(IN(data, 255, 0x12, 1, 0x00, 0, 255, 0), SCSI_GOOD);
    CHECK_EQ(data[3], 6);
    for (unsigned i = 0, pages[6] = { data[4], data[5], data[6], data[7], data[8], data[9] }; i < 6; i++) {
        CHECK_EQ(IN(data, 255, 0x12, 1, (uint8_t)pages[i], 0, 255, 0), SCSI_GOOD);
        CHECK_EQ(data[1], pages[i]);
        CHECK_EQ(c.task.moved, 4 + scsi_get(data + 2, 2));
    }
    CHECK_EQ(IN(data, 255, 0x12, 1, 0x80, 0, 255, 0), SCSI_GOOD);
    CHECK(memcmp(data + 4, "S-1", 3) == 0);
    CHECK_EQ(IN(data, 255, 0x12, 1, 0xB2, 0, 255, 0), SCSI_GOOD);
    CHECK_EQ(data[5], 0xE0);
    IN(data, 255, 0x12, 1, 0xB7, 0, 255, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    IN(data, 36, 0x12, 0, 0, 0, 255, 0);
    CHECK_EQ(c.task.end, SCSI_OVERRUN);
    CHECK_EQ(IN(data, 8, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), SCSI_GOOD);
    CHECK_EQ(scsi_get(data, 4), 255);
    CHECK_EQ(scsi_get(data + 4, 4), 4096);
    CHECK_EQ(IN(data, 32, 0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32), SCSI_GOOD);
    CHECK_EQ(scsi_get(data, 8), 255);
    CHECK_EQ(data[14], 0x80);
    CHECK_EQ(IN(data, 24, 0x9E, 0x12, 0, 0, 0, 0, 0, 0, 0, 250, 0, 0, 0, 24), SCSI_GOOD);
    CHECK_EQ(scsi_get(data + 8, 8), 250);
    CHECK_EQ(scsi_get(data + 16, 4), 6);
    CHECK_EQ(IN(data, 16, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 16), SCSI_GOOD);
    CHECK_EQ(scsi_get(data, 4), 8);
    CHECK_EQ(scsi_get(data + 8, 8), 0);
    IN(data, 15, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 15);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    close_unit(slow);
}

TEST(the_supported_operation_codes_are_the_ones_that_are_answered)
{
    uint8_t data[2000], one[64], buffer[16 * BLOCK] = { 0 };
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");
    bool listed[256] = { false };

    CHECK_EQ(IN(data, 2000, 0xA3, 0x0C, 0x80, 0, 0, 0, 0, 0, 7, 0xD0), SCSI_GOOD);
    CHECK_EQ(c.task.moved, 4 + scsi_get(data, 4));
    CHECK_EQ(scsi_get(data, 4) % 20, 0);
    for (unsigned at = 4, end = c.task.moved; at < end; at += 20) {
        const uint8_t *row = data + at;

        listed[row[0]] = true;
        make(&c, (const uint8_t[]){ 0xA3, 0x0C, row[5] & 1 ? 2 : 1, row[0], row[2], row[3], 0, 0, 0, 64 }, 10, NULL, 0, one, 64);
        run_at(&unit, SCSI_THE_DISK, &c);
        CHECK_EQ(c.task.status, SCSI_GOOD);
        CHECK_EQ(one[1], 3);
        CHECK_EQ(one[4], row[0]);
        CHECK_EQ(scsi_get(one + 2, 2), scsi_get(row + 6, 2));
        CHECK_EQ(c.task.moved, 4 + scsi_get(one + 2, 2));
    }
    for (unsigned code = 0; code < 256; code++) {
        make(&c, (const uint8_t[]){ (uint8_t)code }, 1, NULL, 0, buffer, sizeof buffer);
        run_at(&unit, SCSI_THE_DISK, &c);
        CHECK_EQ(c.ended, 1);
        CHECK_EQ(listed[code], c.task.end != SCSI_DONE || c.task.status == SCSI_GOOD || code_of(&c) != ASC_OPERATION_CODE);
        scsi_disk_power_on(&unit);
        unit.attention = 0;
    }
    CHECK_EQ(IN(one, 64, 0xA3, 0x0C, 3, 0x3E, 0, 0, 0, 0, 0, 64), SCSI_GOOD);
    CHECK_EQ(one[1], 1);
    IN(one, 64, 0xA3, 0x0C, 1, 0x9E, 0, 0x10, 0, 0, 0, 64);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    CHECK_EQ(IN(one, 16, 0xA3, 0x0D, 0, 0, 0, 0, 0, 0, 0, 16), SCSI_GOOD);
    CHECK_EQ(one[0] & 0xC8, 0xC8);
    close_unit(slow);
}

TEST(a_unit_attention_is_reported_once_and_not_to_inquiry)
{
    uint8_t data[255];
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    unit.attention = ASC_RESET;
    CHECK_EQ(IN(data, 36, 0x12, 0, 0, 0, 36, 0), SCSI_GOOD);
    CHECK_EQ(IN(data, 16, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 16), SCSI_GOOD);
    IN(data, BLOCK, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
    FAILED(SENSE_UNIT_ATTENTION, ASC_RESET);
    CHECK_EQ(OUT(data, 0, 0, 0, 0, 0, 0, 0), SCSI_GOOD);
    scsi_disk_reset(&unit, ASC_UNIT_RESET);
    CHECK_EQ(IN(data, 18, 0x03, 0, 0, 0, 18, 0), SCSI_GOOD);
    CHECK_EQ(data[2], SENSE_UNIT_ATTENTION);
    CHECK_EQ(scsi_get(data + 12, 2), ASC_UNIT_RESET);
    CHECK_EQ(IN(data, 18, 0x03, 0, 0, 0, 18, 0), SCSI_GOOD);
    CHECK_EQ(data[2], SENSE_NONE);
    scsi_disk_reset(&unit, ASC_NEXUS_LOSS);
    OUT(data, 0, 0, 0, 0, 0, 0, 0);
    FAILED(SENSE_UNIT_ATTENTION, ASC_NEXUS_LOSS);
    close_unit(slow);
}

TEST(what_the_disk_refuses_becomes_the_sense_data_of_the_standard)
{
    static const struct { bool write; enum disk_result result; uint8_t key; uint16_t code; } cases[] = {
        { false, DISK_FAILED, SENSE_MEDIUM_ERROR, ASC_READ_ERROR }, { true, DISK_FAILED, SENSE_MEDIUM_ERROR, ASC_WRITE_ERROR },
        { true, DISK_NO_SPACE, SENSE_DATA_PROTECT, ASC_NO_SPACE }, { true, DISK_READ_ONLY, SENSE_DATA_PROTECT, ASC_WRITE_PROTECTED },
        { false, DISK_BAD_REQUEST, SENSE_HARDWARE_ERROR, ASC_INTERNAL },
    };
    uint8_t data[BLOCK] = { 0 };
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    for (unsigned i = 0; i < countof(cases); i++) {
        slow->fail = cases[i].result;
        if (cases[i].write)
            OUT(data, BLOCK, 0x2A, 0, 0, 0, 0, 7, 0, 0, 1, 0);
        else
            IN(data, BLOCK, 0x28, 0, 0, 0, 0, 7, 0, 0, 1, 0);
        FAILED(cases[i].key, cases[i].code);
        CHECK_EQ(c.task.moved, 0);
        if (cases[i].key == SENSE_MEDIUM_ERROR)
            CHECK_EQ(scsi_get(c.task.sense + 3, 4), 7);
    }
    slow->fail = DISK_FAILED;
    OUT(data, 0, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    FAILED(SENSE_MEDIUM_ERROR, ASC_WRITE_ERROR);
    CHECK_EQ(unit.stats.failed, countof(cases) + 1);
    close_unit(slow);
}

TEST(a_read_only_disk_says_so_and_refuses_every_change)
{
    uint8_t data[BLOCK] = { 0 };
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    unit.disk->read_only = true;
    CHECK_EQ(IN(data, 64, 0x1A, 8, 0x3F, 0, 64, 0), SCSI_GOOD);
    CHECK_EQ(data[2], 0x90);
    CHECK_EQ(IN(data, 64, 0x5A, 8, 0x3F, 0, 0, 0, 0, 0, 64, 0), SCSI_GOOD);
    CHECK_EQ(data[3], 0x90);
    OUT(data, BLOCK, 0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0);
    FAILED(SENSE_DATA_PROTECT, ASC_WRITE_PROTECTED);
    OUT(data, BLOCK, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0);
    FAILED(SENSE_DATA_PROTECT, ASC_WRITE_PROTECTED);
    OUT(data, 24, 0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_OPERATION_CODE);          /* what is not written is not thin */
    CHECK_EQ(IN(data, BLOCK, 0x28, 8, 0, 0, 0, 0, 0, 0, 1, 0), SCSI_GOOD);
    CHECK_EQ(OUT(data, 0, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0), SCSI_GOOD);
    CHECK_EQ(OUT(data, 0, 0x1B, 0, 0, 0, 0, 0), SCSI_GOOD);
    CHECK_EQ(slow->ops[DISK_WRITE] + slow->ops[DISK_FLUSH] + slow->ops[DISK_WRITE_ZEROES], 0);
    close_unit(slow);
}

TEST(mode_pages_switch_the_cache_and_the_form_of_sense_data)
{
    uint8_t data[64], list[64] = { 0 }, block[BLOCK] = { 0 };
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    CHECK_EQ(IN(data, 64, 0x1A, 0, 0x08, 0, 64, 0), SCSI_GOOD);
    CHECK_EQ(c.task.moved, 4 + 8 + 20);
    CHECK_EQ(data[0], 31);
    CHECK_EQ(scsi_get(data + 9, 3), BLOCK);
    CHECK_EQ(data[14], 4);
    memcpy(list, data, 32);
    list[0] = list[2] = 0;
    list[14] = 0;                                               /* WCE off */
    CHECK_EQ(OUT(list, 32, 0x15, 0x10, 0, 0, 32, 0), SCSI_GOOD);
    CHECK_EQ(slow->ops[DISK_FLUSH], 1);
    CHECK_EQ(OUT(block, BLOCK, 0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0), SCSI_GOOD);
    CHECK_EQ(slow->fuas, 1);                                    /* write through */
    list[14] = 4;
    CHECK_EQ(OUT(list, 32, 0x15, 0x10, 0, 0, 32, 0), SCSI_GOOD);
    CHECK_EQ(OUT(block, BLOCK, 0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0), SCSI_GOOD);
    CHECK_EQ(slow->fuas, 1);
    CHECK_EQ(OUT(block, BLOCK, 0x2A, 8, 0, 0, 0, 0, 0, 0, 1, 0), SCSI_GOOD);
    CHECK_EQ(slow->fuas, 2);                                    /* FUA */
    list[15] = 1;                                               /* what cannot be changed */
    OUT(list, 32, 0x15, 0x10, 0, 0, 32, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_LIST);
    CHECK_EQ(scsi_get(c.task.sense + 16, 2), 15);
    OUT(list, 32, 0x15, 0x11, 0, 0, 32, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    OUT(list, 20, 0x15, 0x10, 0, 0, 20, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_LIST_LENGTH);
    IN(data, 64, 0x1A, 0, 0xC8, 0, 64, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_SAVING);
    IN(data, 64, 0x1A, 0, 0x1C, 0, 64, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);

    CHECK_EQ(IN(data, 64, 0x5A, 8, 0x0A, 0, 0, 0, 0, 0, 64, 0), SCSI_GOOD);
    CHECK_EQ(c.task.moved, 20);
    data[0] = data[1] = data[3] = 0;
    data[10] |= 4;                                              /* D_SENSE */
    CHECK_EQ(OUT(data, 20, 0x55, 0x10, 0, 0, 0, 0, 0, 0, 20, 0), SCSI_GOOD);
    IN(block, BLOCK, 0x88, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE);
    CHECK_EQ(c.task.sense[0], 0x72);
    CHECK_EQ(c.task.sense_size, 20);
    CHECK_EQ(scsi_get(c.task.sense + 12, 8), 1ull << 32);
    IN(block, BLOCK, 0x28, 0x20, 0, 0, 0, 0, 0, 0, 1, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    CHECK_EQ(c.task.sense[7], c.task.sense_size - 8);
    CHECK_EQ(c.task.sense[12], 0xC0);
    CHECK_EQ(scsi_get(c.task.sense + 13, 2), 1);
    close_unit(slow);
}

TEST(a_stopped_disk_is_not_ready_until_it_is_started)
{
    uint8_t data[BLOCK];
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    CHECK_EQ(OUT(data, 0, 0x1B, 0, 0, 0, 0, 0), SCSI_GOOD);
    CHECK_EQ(slow->ops[DISK_FLUSH], 1);
    IN(data, BLOCK, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
    FAILED(SENSE_NOT_READY, ASC_START_NEEDED);
    OUT(data, 0, 0, 0, 0, 0, 0, 0);
    FAILED(SENSE_NOT_READY, ASC_START_NEEDED);
    CHECK_EQ(IN(data, 18, 0x03, 0, 0, 0, 18, 0), SCSI_GOOD);
    CHECK_EQ(data[2], SENSE_NOT_READY);
    CHECK_EQ(IN(data, 36, 0x12, 0, 0, 0, 36, 0), SCSI_GOOD);
    CHECK_EQ(OUT(data, 0, 0x1B, 0, 0, 0, 1, 0), SCSI_GOOD);
    CHECK_EQ(IN(data, BLOCK, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0), SCSI_GOOD);
    OUT(data, 0, 0x1B, 0, 0, 0, 2, 0);                          /* nothing to eject */
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    CHECK_EQ(OUT(data, 0, 0x1E, 0, 0, 0, 1, 0), SCSI_GOOD);
    close_unit(slow);
}

TEST(verify_compares_with_the_buffer_or_reads_the_medium)
{
    static uint8_t data[300 * BLOCK];
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    fill(data, sizeof data, 3);
    CHECK_EQ(OUT(data, sizeof data, 0x2A, 0, 0, 0, 0, 0, 0, 1, 44, 0), SCSI_GOOD);
    CHECK_EQ(OUT(data, sizeof data, 0x2F, 2, 0, 0, 0, 0, 0, 1, 44, 0), SCSI_GOOD);
    CHECK_EQ(slow->ops[DISK_READ], 3);
    data[200 * BLOCK + 17] ^= 1;
    OUT(data, sizeof data, 0x2F, 2, 0, 0, 0, 0, 0, 1, 44, 0);
    FAILED(SENSE_MISCOMPARE, ASC_MISCOMPARE);
    CHECK_EQ(scsi_get(c.task.sense + 3, 4), 200);
    CHECK_EQ(OUT(data, 0, 0x8F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0), SCSI_GOOD);
    slow->fail = DISK_FAILED;
    OUT(data, 0, 0x2F, 0, 0, 0, 0, 9, 0, 0, 1, 0);
    FAILED(SENSE_MEDIUM_ERROR, ASC_READ_ERROR);
    memset(data, 0, BLOCK);
    CHECK_EQ(OUT(data, BLOCK, 0xAF, 6, 0, 0, 2, 0, 0, 0, 0, 100), SCSI_GOOD);       /* one block for all */
    OUT(data, BLOCK, 0xAF, 6, 0, 0, 1, 0, 0, 0, 0, 100);
    FAILED(SENSE_MISCOMPARE, ASC_MISCOMPARE);
    OUT(data, BLOCK, 0x2F, 4, 0, 0, 0, 0, 0, 0, 1, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    close_unit(slow);
}

TEST(write_same_and_unmap_change_what_they_name_and_nothing_else)
{
    static uint8_t all[BLOCKS * BLOCK], back[BLOCKS * BLOCK];
    uint8_t pattern[BLOCK], list[8 + 3 * 16] = { 0 };
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    fill(all, sizeof all, 9);
    fill(pattern, sizeof pattern, 77);
    CHECK_EQ(OUT(all, sizeof all, 0x8A, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0), SCSI_GOOD);
    CHECK_EQ(OUT(pattern, BLOCK, 0x41, 0, 0, 0, 0, 10, 0, 0, 29, 0), SCSI_GOOD);
    CHECK_EQ(slow->ops[DISK_WRITE], 1 + 4);                     /* eight parts at once */
    for (unsigned i = 10; i < 39; i++)
        memcpy(all + i * BLOCK, pattern, BLOCK);
    memset(pattern, 0, BLOCK);
    CHECK_EQ(OUT(pattern, BLOCK, 0x93, 8, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 5), SCSI_GOOD);
    CHECK_EQ(slow->unmaps, 1);
    CHECK_EQ(OUT(pattern, 0, 0x93, 1, 0, 0, 0, 0, 0, 0, 0, 105, 0, 0, 0, 5), SCSI_GOOD);
    CHECK_EQ(slow->unmaps, 1);
    memset(all + 100 * BLOCK, 0, 10 * BLOCK);
    OUT(pattern, BLOCK, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    OUT(pattern, BLOCK, 0x41, 0x10, 0, 0, 0, 0, 0, 0, 1, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);

    scsi_put(list, 2, 6 + 48);
    scsi_put(list + 2, 2, 48);
    scsi_put(list + 8, 8, 200);
    scsi_put(list + 16, 4, 3);
    scsi_put(list + 24, 8, 2048);                               /* no blocks behind the end: allowed */
    scsi_put(list + 40, 8, 2047);
    scsi_put(list + 48, 4, 1);
    CHECK_EQ(OUT(list, sizeof list, 0x42, 0, 0, 0, 0, 0, 0, 0, sizeof list, 0), SCSI_GOOD);
    CHECK_EQ(slow->ops[DISK_DISCARD], 2);
    memset(all + 200 * BLOCK, 0, 3 * BLOCK);
    memset(all + 2047 * BLOCK, 0, BLOCK);
    CHECK_EQ(IN(back, sizeof back, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0), SCSI_GOOD);
    CHECK(memcmp(all, back, sizeof all) == 0);
    scsi_put(list + 48, 4, 2);                                  /* refused as a whole */
    OUT(list, sizeof list, 0x42, 0, 0, 0, 0, 0, 0, 0, sizeof list, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE);
    CHECK_EQ(slow->ops[DISK_DISCARD], 2);
    OUT(list, sizeof list, 0x42, 0, 0, 0, 0, 0, 0, 0, 7, 0);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_LIST_LENGTH);
    CHECK_EQ(OUT(list, 0, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0), SCSI_GOOD);
    close_unit(slow);
}

TEST(a_pattern_over_a_large_disk_needs_no_stack)
{
    uint8_t pattern[BLOCK];
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "null:2G");

    memset(pattern, 1, sizeof pattern);
    CHECK_EQ(OUT(pattern, BLOCK, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0), SCSI_GOOD);
    CHECK_EQ(slow->ops[DISK_WRITE], (1u << 21) / PARTS);
    close_unit(slow);
}
