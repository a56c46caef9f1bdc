/* The SCSI disk's tasks: aborts, resets, other logical units. */
#include "scsi_unit.h"

static void start_write(struct scsi_disk *unit, struct command *c, uint64_t tag, uint8_t lba, uint8_t *data)
{
    make(c, (const uint8_t[]){ 0x2A, 0, 0, 0, 0, lba, 0, 0, 1, 0 }, 10, data, BLOCK, NULL, 0);
    c->task.tag = tag;
    run_at(unit, SCSI_THE_DISK, c);
    CHECK_EQ(c->ended, 0);
}

TEST(an_aborted_task_ends_and_the_others_go_on_as_if_nothing_had_been)
{
    uint8_t data[3][BLOCK], back[BLOCK];
    struct scsi_disk unit;
    struct command w[3], c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    slow->hold = true;
    for (unsigned i = 0; i < 3; i++) {
        fill(data[i], BLOCK, i);
        start_write(&unit, &w[i], 100 + i, (uint8_t)i, data[i]);
    }
    CHECK(scsi_disk_has_task(&unit, 101));
    scsi_disk_abort(&unit, 101);
    CHECK(!scsi_disk_has_task(&unit, 101));
    CHECK_EQ(w[1].ended, 1);
    CHECK_EQ(w[1].task.end, SCSI_ABORTED);
    CHECK_EQ(w[0].ended + w[2].ended, 0);
    CHECK_EQ(slow_held(slow), 2);
    scsi_disk_abort(&unit, 999);
    CHECK_EQ(slow->cancelled, 3);                               /* for nothing nothing is disturbed */
    slow->hold = false;
    slow_release(slow);
    for (unsigned i = 0; i < 3; i += 2) {
        CHECK_EQ(w[i].ended, 1);
        CHECK_EQ(w[i].task.status, SCSI_GOOD);
        CHECK_EQ(IN(back, BLOCK, 0x28, 0, 0, 0, 0, (uint8_t)i, 0, 0, 1, 0), SCSI_GOOD);
        CHECK(memcmp(back, data[i], BLOCK) == 0);
    }
    CHECK_EQ(IN(back, BLOCK, 0x28, 0, 0, 0, 0, 1, 0, 0, 1, 0), SCSI_GOOD);
    CHECK_EQ(back[5], 0);
    close_unit(slow);
}

TEST(a_reset_ends_every_task_and_leaves_a_unit_attention)
{
    uint8_t data[BLOCK] = { 0 };
    struct scsi_disk unit;
    struct command w[2], v, c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    slow->hold = true;
    start_write(&unit, &w[0], 1, 0, data);
    start_write(&unit, &w[1], 2, 1, data);
    make(&v, (const uint8_t[]){ 0x2F, 0, 0, 0, 0, 0, 0, 4, 0, 0 }, 10, NULL, 0, NULL, 0);
    run_at(&unit, SCSI_THE_DISK, &v);
    scsi_disk_reset(&unit, ASC_UNIT_RESET);
    CHECK_EQ(w[0].task.end, SCSI_RESET);
    CHECK_EQ(w[1].task.end, SCSI_RESET);
    CHECK_EQ(v.task.end, SCSI_RESET);
    CHECK_EQ(w[0].ended + w[1].ended + v.ended, 3);
    slow->hold = false;
    OUT(data, 0, 0, 0, 0, 0, 0, 0);
    FAILED(SENSE_UNIT_ATTENTION, ASC_UNIT_RESET);
    slow->hold = true;
    start_write(&unit, &w[0], 1, 0, data);
    scsi_disk_abort_all(&unit);
    CHECK_EQ(w[0].task.end, SCSI_ABORTED);
    slow->hold = false;
    CHECK_EQ(OUT(data, 0, 0, 0, 0, 0, 0, 0), SCSI_GOOD);        /* no attention for who asked */
    close_unit(slow);
}

TEST(other_logical_units_answer_as_the_standard_has_it)
{
    uint8_t data[36];
    struct scsi_disk unit;
    struct command c;
    struct slow *slow = open_unit(&unit, "mem:1M");

    make(&c, (const uint8_t[]){ 0x12, 0, 0, 0, 36, 0 }, 6, NULL, 0, data, 36);
    run_at(&unit, SCSI_NO_UNIT, &c);
    CHECK_EQ(c.task.status, SCSI_GOOD);
    CHECK_EQ(data[0], 0x7F);
    make(&c, (const uint8_t[]){ 0, 0, 0, 0, 0, 0 }, 6, NULL, 0, NULL, 0);
    run_at(&unit, SCSI_NO_UNIT, &c);
    FAILED(SENSE_ILLEGAL_REQUEST, ASC_NO_SUCH_UNIT);
    make(&c, (const uint8_t[]){ 0xA0, 0, 2, 0, 0, 0, 0, 0, 0, 24, 0, 0 }, 12, NULL, 0, data, 24);
    run_at(&unit, SCSI_REPORT_LUNS_UNIT, &c);
    CHECK_EQ(c.task.status, SCSI_GOOD);
    CHECK_EQ(scsi_get(data, 4), 16);
    CHECK_EQ(scsi_get(data + 16, 2), 0xC101);
    make(&c, (const uint8_t[]){ 0x12, 0, 0, 0, 36, 0 }, 6, NULL, 0, data, 36);
    run_at(&unit, SCSI_REPORT_LUNS_UNIT, &c);
    CHECK_EQ(data[0], 0x1E);
    close_unit(slow);
}
