/* virtio-scsi from the driver's side: configuration, commands, answers, task management. */
#include "vscsi_guest.h"

static const uint8_t ready[6], inquiry[6] = { SCSI_INQUIRY, 0, 0, 0, 36, 0 };

TEST(the_card_says_what_it_is_and_a_reset_restores_what_the_driver_wrote)
{
    struct scsi_guest s;

    create(&s, "queues=2");
    CHECK_EQ(pci_config_read(s.g.device, 0, 4), 0x10481AF4u);
    CHECK_EQ(pci_config_read(s.g.device, 8, 4) >> 8, 0x010000u);
    CHECK_EQ(reg_read(&s.g, 0x12, 2), 4);                               /* queues */
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 0, 4), 2);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 4, 4), QUEUE_SIZE - 2);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 16, 4), 16);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 20, 4), 96);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 24, 4), 32);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 28, 2), 0);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 30, 2), 255);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 32, 4), 16383);
    reg_write(&s.g, 0x00, 4, 0);
    CHECK_EQ(reg_read(&s.g, 0x04, 4) & 0xF, VSCSI_F_HOTPLUG | VSCSI_F_CHANGE);     /* neither INOUT nor T10_PI */
    reg_write(&s.g, VIRTIO_DEVICE + 20, 4, 18);
    reg_write(&s.g, VIRTIO_DEVICE + 24, 4, 16);
    reg_write(&s.g, VIRTIO_DEVICE + 0, 4, 99);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 20, 4), 18);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 24, 4), 16);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 0, 4), 2);
    reg_write(&s.g, 0x14, 1, 0);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 20, 4), 96);
    CHECK_EQ(reg_read(&s.g, VIRTIO_DEVICE + 24, 4), 32);
    guest_destroy(&s.g);
}

TEST(what_is_written_is_read_back_with_residuals_and_sense_data)
{
    struct scsi_guest s;
    struct vscsi_answer a;
    struct request w, r, bad;
    uint8_t data[64];

    create(&s, "");
    start(&s, 0, 1);
    a = command(&s, DISK_LUN, ready, 6, NULL, 0, false);                /* power on */
    CHECK_EQ(a.response, VSCSI_S_OK);
    CHECK_EQ(a.status, SCSI_CHECK_CONDITION);
    CHECK_EQ(a.sense_len, 18);
    w = offer_blocks(&s, 0, 1, false, 5, 3, 0x5A);
    r = offer_blocks(&s, 0, 2, true, 4, 5, 0);
    bad = offer_blocks(&s, 0, 3, true, 2047, 2, 0);
    s.g.messages = 0;
    guest_kick(&s.g, &s.ring[0]);
    CHECK_EQ(s.g.messages, 1);
    CHECK_EQ(s.g.last_data, 102);
    CHECK_EQ(answer_of(&s, w).response + answer_of(&s, w).status + answer_of(&s, w).residual, 0);
    CHECK_EQ(answer_of(&s, r).response + answer_of(&s, r).status + answer_of(&s, r).residual, 0);
    CHECK_EQ(((uint8_t *)guest_at(&s.g, r.data))[511], 0);
    CHECK_EQ(((uint8_t *)guest_at(&s.g, r.data))[512], 0x5A);
    CHECK_EQ(((uint8_t *)guest_at(&s.g, r.data))[4 * 512 - 1], 0x5A);
    CHECK_EQ(((uint8_t *)guest_at(&s.g, r.data))[4 * 512], 0);
    CHECK_EQ(guest_used_elem(&s.g, &s.ring[0], 1).length, 12 + SENSE);
    CHECK_EQ(guest_used_elem(&s.g, &s.ring[0], 2).length, 12 + SENSE + 5 * 512);
    CHECK_EQ(answer_of(&s, bad).status, SCSI_CHECK_CONDITION);
    CHECK_EQ(answer_of(&s, bad).residual, 1024);
    CHECK_EQ(sense_of(&s, bad)[2], SENSE_ILLEGAL_REQUEST);
    CHECK_EQ(sense_of(&s, bad)[12], 0x21);
    CHECK_EQ(sense_of(&s, bad)[SENSE - 1], 0);
    a = command(&s, DISK_LUN, (const uint8_t[]){ SCSI_INQUIRY, 1, 0x80, 0, 64, 0 }, 6, data, 64, true);
    CHECK_EQ(a.residual, 64 - 12);
    CHECK(memcmp(data + 4, "SERIAL-1", 8) == 0);
    guest_destroy(&s.g);
}

TEST(addresses_that_are_not_there_are_told_apart)
{
    struct scsi_guest s;
    uint8_t data[36];

    create(&s, "");
    start(&s, 0, 1);
    CHECK_EQ(command(&s, 0x0101400000000000ull, inquiry, 6, data, 36, true).response, VSCSI_S_BAD_TARGET);
    CHECK_EQ(command(&s, 0x0200400000000000ull, inquiry, 6, data, 36, true).response, VSCSI_S_BAD_TARGET);
    CHECK_EQ(command(&s, 0x0100000000000000ull, inquiry, 6, data, 36, true).response, VSCSI_S_OK);
    CHECK_EQ(data[0], 0);
    CHECK_EQ(command(&s, 0x0100400100000000ull, inquiry, 6, data, 36, true).response, VSCSI_S_OK);
    CHECK_EQ(data[0], 0x7F);
    CHECK_EQ(command(&s, 0x0100400000010000ull, inquiry, 6, data, 36, true).response, VSCSI_S_OK);
    CHECK_EQ(data[0], 0x7F);
    CHECK_EQ(command(&s, 0xC101000000000000ull, inquiry, 6, data, 36, true).response, VSCSI_S_OK);
    CHECK_EQ(data[0], 0x1E);
    CHECK_EQ(command(&s, 0x0100C10100000000ull, inquiry, 6, data, 36, true).response, VSCSI_S_OK);
    CHECK_EQ(data[0], 0x1E);
    guest_destroy(&s.g);
}

TEST(too_little_room_overruns_and_both_ways_fail)
{
    struct scsi_guest s;
    struct vscsi_answer a;
    uint8_t data[512], cdb[10] = { SCSI_READ_10, 0, 0, 0, 0, 0, 0, 0, 2, 0 };
    struct request r;

    create(&s, "");
    start(&s, 0, 1);
    settle(&s);
    a = command(&s, DISK_LUN, cdb, 10, data, 512, true);
    CHECK_EQ(a.response, VSCSI_S_OVERRUN);
    CHECK_EQ(a.residual, 512);
    CHECK_EQ(s.slow->ops[DISK_READ], 0);
    r = offer_blocks(&s, 0, 1, false, 0, 1, 1);
    guest_desc(&s.g, &s.ring[0], (s.ring[0].free_desc + 14u) % 15)->length = 12 + SENSE + 512;
    guest_kick(&s.g, &s.ring[0]);
    CHECK_EQ(answer_of(&s, r).response, VSCSI_S_FAILURE);
    CHECK_EQ(s.slow->ops[DISK_WRITE], 0);
    guest_destroy(&s.g);
}

TEST(a_buffer_may_be_cut_anywhere_and_have_other_sizes)
{
    static const uint32_t cuts[] = { 1, 11, 12, 13, 30, 31, 40 };
    struct scsi_guest s;
    struct guest *g = &s.g;
    struct vscsi_command command = { .lun = { 1, 0, 0x40 }, .id = 9 };

    for (unsigned c = 0; c < countof(cuts); c++) {
        create(&s, "");
        guest_msix(g);
        guest_features(g, 0);
        reg_write(g, VIRTIO_DEVICE + VSCSI_CONFIG_SENSE_SIZE, 4, 18);
        reg_write(g, VIRTIO_DEVICE + VSCSI_CONFIG_CDB_SIZE, 4, 10);
        guest_queue(g, &s.ring[0], 2, 2);
        reg_write(g, 0x14, 1, 15);
        uint64_t out = guest_alloc(g, 29), in = guest_alloc(g, 30 + 512);
        memcpy(guest_at(g, out), &command, sizeof command);
        memcpy(guest_at(g, out + sizeof command), (const uint8_t[]){ SCSI_READ_10, 0, 0, 0, 0, 0, 0, 0, 1, 0 }, 10);
        *guest_desc(g, &s.ring[0], 0) = (struct virtq_desc){ out, 7, 1, 1 };
        *guest_desc(g, &s.ring[0], 1) = (struct virtq_desc){ out + 7, 22, 1, 2 };
        *guest_desc(g, &s.ring[0], 2) = (struct virtq_desc){ in, cuts[c], 3, 3 };
        *guest_desc(g, &s.ring[0], 3) = (struct virtq_desc){ in + cuts[c], 100 - cuts[c], 3, 4 };
        *guest_desc(g, &s.ring[0], 4) = (struct virtq_desc){ in + 100, 30 + 512 - 100, 2, 0 };
        for (unsigned i = 0; i < 2; i++) {
            memset(guest_at(g, in), 0xEE, 30 + 512);
            guest_offer(g, &s.ring[0], 0);
            guest_kick(g, &s.ring[0]);
            CHECK_EQ(guest_used(g, &s.ring[0]), i + 1);
            struct vscsi_answer *a = guest_at(g, in);
            CHECK_EQ(a->response, VSCSI_S_OK);
            CHECK_EQ(a->status, i ? SCSI_GOOD : SCSI_CHECK_CONDITION);
            CHECK_EQ(a->sense_len, i ? 0 : 18);
            CHECK_EQ(((uint8_t *)guest_at(g, in))[30], i ? 0 : 0xEE);
            CHECK_EQ(((uint8_t *)guest_at(g, in))[30 + 511], i ? 0 : 0xEE);
        }
        guest_destroy(g);
    }
}

TEST(buffers_that_are_too_small_or_offered_twice_break_the_device)
{
    struct scsi_guest s;

    create(&s, "");
    start(&s, 0, 1);
    settle(&s);
    s.slow->hold = true;
    offer_blocks(&s, 0, 1, true, 0, 1, 0);
    guest_offer(&s.g, &s.ring[0], (uint16_t)((s.ring[0].free_desc + 12) % 15));
    guest_kick(&s.g, &s.ring[0]);
    CHECK(guest_status(&s.g) & VIRTIO_S_NEEDS_RESET);
    slow_release(s.slow);
    start(&s, 0, 1);
    guest_add(&s.g, &s.ring[0], 19 + CDB, false);
    guest_kick(&s.g, &s.ring[0]);
    CHECK(guest_status(&s.g) & VIRTIO_S_NEEDS_RESET);
    start(&s, 0, 1);
    guest_add(&s.g, &s.control, 3, false);
    guest_kick(&s.g, &s.control);
    CHECK(guest_status(&s.g) & VIRTIO_S_NEEDS_RESET);
    start(&s, 0, 1);
    reg_write(&s.g, VIRTIO_DEVICE + VSCSI_CONFIG_CDB_SIZE, 4, 0xFFFFFFFF);      /* nobody sends such a CDB */
    offer_blocks(&s, 0, 1, true, 0, 1, 0);
    guest_kick(&s.g, &s.ring[0]);
    CHECK(guest_status(&s.g) & VIRTIO_S_NEEDS_RESET);
    guest_destroy(&s.g);
}

TEST(task_management_ends_tasks_before_it_is_answered)
{
    struct scsi_guest s;
    struct request r[3];

    create(&s, "queues=2");
    start(&s, 0, 2);
    settle(&s);
    s.slow->hold = true;
    r[0] = offer_blocks(&s, 0, 10, false, 0, 1, 1);
    r[1] = offer_blocks(&s, 1, 11, false, 1, 1, 2);
    r[2] = offer_blocks(&s, 1, 12, true, 2, 1, 3);
    guest_kick(&s.g, &s.ring[0]);
    guest_kick(&s.g, &s.ring[1]);
    CHECK_EQ(manage(&s, VSCSI_TMF_QUERY_TASK, DISK_LUN, 11), VSCSI_S_FUNCTION_SUCCEEDED);
    CHECK_EQ(manage(&s, VSCSI_TMF_QUERY_TASK, DISK_LUN, 99), VSCSI_S_OK);
    CHECK_EQ(manage(&s, VSCSI_TMF_QUERY_TASK_SET, DISK_LUN, 0), VSCSI_S_FUNCTION_SUCCEEDED);
    CHECK_EQ(manage(&s, VSCSI_TMF_ABORT_TASK, DISK_LUN, 11), VSCSI_S_OK);
    CHECK_EQ(answer_of(&s, r[1]).response, VSCSI_S_ABORTED);
    CHECK_EQ(answer_of(&s, r[1]).residual, 512);
    CHECK_EQ(guest_used(&s.g, &s.ring[1]), 1);
    CHECK_EQ(guest_used(&s.g, &s.ring[0]), 2);                          /* those of settle */
    CHECK_EQ(manage(&s, VSCSI_TMF_LOGICAL_UNIT_RESET, DISK_LUN, 0), VSCSI_S_OK);
    CHECK_EQ(answer_of(&s, r[0]).response, VSCSI_S_RESET);
    CHECK_EQ(answer_of(&s, r[2]).response, VSCSI_S_RESET);
    CHECK_EQ(guest_used(&s.g, &s.ring[0]), 3);
    CHECK_EQ(guest_used(&s.g, &s.ring[1]), 2);
    CHECK_EQ(manage(&s, VSCSI_TMF_QUERY_TASK_SET, DISK_LUN, 0), VSCSI_S_OK);
    s.slow->hold = false;
    settle(&s);
    CHECK_EQ(manage(&s, VSCSI_TMF_I_T_NEXUS_RESET, 0x0100400700000000ull, 0), VSCSI_S_OK);
    settle(&s);
    CHECK_EQ(manage(&s, VSCSI_TMF_LOGICAL_UNIT_RESET, 0x0100400700000000ull, 0), VSCSI_S_INCORRECT_LUN);
    CHECK_EQ(manage(&s, VSCSI_TMF_LOGICAL_UNIT_RESET, 0x0107400000000000ull, 0), VSCSI_S_BAD_TARGET);
    CHECK_EQ(manage(&s, VSCSI_TMF_CLEAR_ACA, DISK_LUN, 0), VSCSI_S_FUNCTION_REJECTED);
    CHECK_EQ(manage(&s, 77, DISK_LUN, 0), VSCSI_S_FUNCTION_REJECTED);
    CHECK_EQ(manage(&s, VSCSI_TMF_ABORT_TASK_SET, DISK_LUN, 0), VSCSI_S_OK);
    CHECK_EQ(manage(&s, VSCSI_TMF_CLEAR_TASK_SET, DISK_LUN, 0), VSCSI_S_OK);
    CHECK_EQ(command(&s, DISK_LUN, ready, 6, NULL, 0, false).status, SCSI_GOOD);
    guest_destroy(&s.g);
}

TEST(notifications_of_physical_interfaces_are_answered_with_none)
{
    struct scsi_guest s;
    struct vscsi_notification asked = { .type = VSCSI_T_AN_QUERY, .lun = { 1, 0, 0x40 }, .event_requested = 0x7E };
    uint8_t back[5], one;

    create(&s, "");
    start(&s, 0, 1);
    for (asked.type = VSCSI_T_AN_QUERY; asked.type <= VSCSI_T_AN_SUBSCRIBE; asked.type++) {
        control(&s, &asked, sizeof asked, back, 5);
        CHECK_EQ(back[0] | back[1] | back[2] | back[3], 0);
        CHECK_EQ(back[4], VSCSI_S_OK);
    }
    asked.lun[1] = 3;
    asked.type = VSCSI_T_AN_QUERY;
    control(&s, &asked, sizeof asked, back, 5);
    CHECK_EQ(back[4], VSCSI_S_BAD_TARGET);
    asked.type = 99;
    control(&s, &asked, sizeof asked, &one, 1);
    CHECK_EQ(one, VSCSI_S_FAILURE);
    guest_destroy(&s.g);
}

TEST(after_a_reset_no_earlier_request_is_answered)
{
    struct scsi_guest s;
    struct request r;

    create(&s, "");
    start(&s, 0, 1);
    settle(&s);
    s.slow->hold = true;
    r = offer_blocks(&s, 0, 1, true, 0, 1, 0);
    guest_kick(&s.g, &s.ring[0]);
    s.g.messages = 0;
    reg_write(&s.g, 0x14, 1, 0);
    CHECK_EQ(s.slow->cancelled, 1);
    CHECK_EQ(answer_of(&s, r).response, 0xEE);
    CHECK_EQ(guest_used(&s.g, &s.ring[0]), 2);
    CHECK_EQ(s.g.messages, 0);
    s.slow->hold = false;
    start(&s, 0, 1);
    settle(&s);
    guest_destroy(&s.g);
}

static struct scsi_guest *resetting;

/* A driver that resets the card as soon as it hears of a request queue. */
static void reset_on_interrupt(void *context, uint64_t address, uint32_t data)
{
    struct scsi_guest *s = resetting;

    resetting = NULL;
    if (s && data == 102)
        start(s, 0, 1);
}

TEST(a_reset_in_the_interrupt_of_an_ended_task_leaves_its_function_without_an_answer)
{
    struct scsi_guest s;
    struct request r;

    create(&s, "");
    start(&s, 0, 1);
    settle(&s);
    s.slow->hold = true;
    r = offer_blocks(&s, 0, 1, true, 0, 1, 0);
    guest_kick(&s.g, &s.ring[0]);
    s.g.host.raise_msi = reset_on_interrupt;
    resetting = &s;
    CHECK_EQ(manage(&s, VSCSI_TMF_LOGICAL_UNIT_RESET, DISK_LUN, 0), 0xEE);
    CHECK(!resetting);
    CHECK_EQ(answer_of(&s, r).response, VSCSI_S_RESET);
    CHECK_EQ(guest_used(&s.g, &s.control), 0);          /* of the card's next life */
    s.slow->hold = false;
    settle(&s);
    CHECK_EQ(manage(&s, VSCSI_TMF_QUERY_TASK_SET, DISK_LUN, 0), VSCSI_S_OK);
    guest_destroy(&s.g);
}

static uint8_t *add_event_buffer(struct scsi_guest *s, uint32_t size)
{
    uint8_t *at = guest_add(&s->g, &s->events, size, true);

    memset(at, 0xEE, size);
    return at;
}

TEST(a_target_that_comes_and_goes_and_grows_is_reported_as_events)
{
    struct scsi_guest s;
    struct vscsi_event *event[3];
    struct request r;
    uint8_t data[36], capacity[8];

    create(&s, "appears=1s,grows=2s,leaves=3s");
    start(&s, VSCSI_F_HOTPLUG | VSCSI_F_CHANGE, 1);
    for (unsigned i = 0; i < 3; i++)
        event[i] = (void *)add_event_buffer(&s, 16);
    guest_kick(&s.g, &s.events);
    CHECK_EQ(guest_used(&s.g, &s.events), 0);
    CHECK_EQ(command(&s, DISK_LUN, inquiry, 6, data, 36, true).response, VSCSI_S_BAD_TARGET);
    pass_time(&s, 1000000000);
    CHECK_EQ(s.g.last_data, 101);
    CHECK_EQ(event[0]->event, VSCSI_T_TRANSPORT_RESET);
    CHECK_EQ(event[0]->reason, VSCSI_EVT_RESET_RESCAN);
    CHECK_EQ(scsi_get(event[0]->lun, 8), DISK_LUN);
    settle(&s);
    CHECK_EQ(command(&s, DISK_LUN, (const uint8_t[10]){ SCSI_READ_CAPACITY_10 }, 10, capacity, 8, true).status, SCSI_GOOD);
    CHECK_EQ(scsi_get(capacity, 4), 1023);
    pass_time(&s, 1000000000);
    CHECK_EQ(event[1]->event, VSCSI_T_PARAM_CHANGE);
    CHECK_EQ(event[1]->reason, 0x092A);
    settle(&s);
    command(&s, DISK_LUN, (const uint8_t[10]){ SCSI_READ_CAPACITY_10 }, 10, capacity, 8, true);
    CHECK_EQ(scsi_get(capacity, 4), 2047);
    s.slow->hold = true;
    r = offer_blocks(&s, 0, 1, true, 0, 1, 0);
    guest_kick(&s.g, &s.ring[0]);
    pass_time(&s, 1000000000);
    CHECK_EQ(answer_of(&s, r).response, VSCSI_S_RESET);
    CHECK_EQ(event[2]->reason, VSCSI_EVT_RESET_REMOVED);
    CHECK_EQ(command(&s, DISK_LUN, inquiry, 6, data, 36, true).response, VSCSI_S_BAD_TARGET);
    guest_destroy(&s.g);
}

TEST(events_without_a_buffer_are_reported_as_missed_and_unasked_ones_never)
{
    struct scsi_guest s;
    struct vscsi_event *event;
    uint8_t *tiny;

    create(&s, "grows=1s,leaves=2s");
    start(&s, VSCSI_F_HOTPLUG | VSCSI_F_CHANGE, 1);
    pass_time(&s, 1000000000);
    event = (void *)add_event_buffer(&s, 20);
    guest_kick(&s.g, &s.events);
    CHECK_EQ(event->event, VSCSI_T_NO_EVENT | VSCSI_T_EVENTS_MISSED);
    CHECK_EQ(guest_used_elem(&s.g, &s.events, 0).length, 16);
    tiny = add_event_buffer(&s, 4);
    event = (void *)add_event_buffer(&s, 16);
    guest_kick(&s.g, &s.events);
    CHECK_EQ(guest_used(&s.g, &s.events), 1);
    pass_time(&s, 1000000000);
    CHECK_EQ(tiny[3], 0x80);                                            /* too short for an event */
    CHECK_EQ(event->event, 0xEEEEEEEE);
    guest_destroy(&s.g);

    create(&s, "grows=1s,leaves=2s");
    start(&s, 0, 1);
    add_event_buffer(&s, 16);
    guest_kick(&s.g, &s.events);
    pass_time(&s, 2000000000);
    CHECK_EQ(guest_used(&s.g, &s.events), 0);
    guest_destroy(&s.g);
}

TEST(keys_that_are_wrong_get_a_sentence)
{
    static const char *const bad[][2] = {
        { "mem:1M,queues=0", "1 to 64" }, { "mem:1M,ring=3", "power of two" }, { "mem:1M,serial=123456789012345678901", "at most 20" },
        { "mem:1M,interrupts=some", "msix, msi or line" }, { "mem:1M,appears=soon", "a time" },
    };
    struct guest g = { 0 };

    g.host.clock = &g.clock;
    for (size_t i = 0; i < countof(bad); i++) {
        struct spec spec;
        struct disk *disk;

        CHECK(spec_parse(&spec, bad[i][0]));
        disk = disk_open(&spec, &g.clock, false);
        CHECK(!virtio_scsi_create(&g.host, disk, &spec));
        CHECK_CONTAINS(error_text(), bad[i][1]);
        disk_close(disk);
    }
}
