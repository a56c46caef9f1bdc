#include "dev/nvme_guest.h"

static uint64_t number(const uint8_t *block, unsigned offset, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, block + offset, bytes);
    return value;
}

TEST(the_controller_says_what_it_is)
{
    struct drive d;
    uint64_t cap;

    create(&d, "depth=128");
    CHECK_EQ(pci_config_read(d.g.device, 8, 4) >> 8, 0x010802);
    cap = get64(&d, NVME_CAP);
    CHECK_EQ(cap & 0xFFFF, 127);
    CHECK_EQ(cap >> 16 & 1, 1);                         /* queues are contiguous */
    CHECK_EQ(cap >> 32 & 15, 0);                        /* doorbells 4 bytes apart */
    CHECK_EQ(cap >> 37 & 0xFF, 1);                      /* the NVM command set */
    CHECK_EQ(cap >> 48 & 15, 0);
    CHECK_EQ(cap >> 52 & 15, 4);
    CHECK_EQ(get(&d, NVME_VS), 0x10400);
    CHECK_EQ(get(&d, NVME_CSTS), 0);
    CHECK_EQ(get(&d, NVME_CC), 0);
    guest_destroy(&d.g);
}

TEST(the_controller_and_its_namespace_identify_themselves)
{
    struct drive d;
    const uint8_t *id;

    create(&d, "");
    start(&d);
    id = identify(&d, 1, 0);
    CHECK(memcmp(id + 4, "SERIAL-1            ", 20) == 0);
    CHECK_EQ(id[77], NVME_MDTS);
    CHECK_EQ(number(id, 80, 4), 0x10400);
    CHECK_EQ(id[512], 0x66);
    CHECK_EQ(id[513], 0x44);
    CHECK_EQ(number(id, 516, 4), 1);
    CHECK_EQ(id[525], 7);
    CHECK_EQ(number(id, 280, 8), 1 << 20);
    id = identify(&d, 0, 1);
    CHECK_EQ(number(id, 0, 8), 2048);
    CHECK_EQ(number(id, 8, 8), 2048);
    CHECK_EQ(id[25], 0);
    CHECK_EQ(id[130], 9);
    id = identify(&d, 2, 0);
    CHECK_EQ(number(id, 0, 8), 1);
    id = identify(&d, 2, 1);
    CHECK_EQ(number(id, 0, 8), 0);
    id = identify(&d, 3, 1);
    CHECK_EQ(id[0] | id[1] << 8, 1 | 8 << 8);
    CHECK(number(id, 4, 8) != 0);
    CHECK_EQ(id[12] | id[13], 0);
    CHECK_EQ(admin(&d, ADMIN_IDENTIFY, 2, 0, 0).status, NVME_INVALID_NAMESPACE);
    CHECK_EQ(admin(&d, ADMIN_IDENTIFY, 0, 0, 0).status, NVME_INVALID_NAMESPACE);
    CHECK_EQ(admin(&d, ADMIN_IDENTIFY, 0xFFFFFFFE, 2, 0).status, NVME_INVALID_NAMESPACE);
    CHECK_EQ(admin(&d, ADMIN_IDENTIFY, 1, 0x77, 0).status, NVME_INVALID_FIELD);
    guest_destroy(&d.g);
    create(&d, "block=4096");
    start(&d);
    id = identify(&d, 0, 1);
    CHECK_EQ(number(id, 0, 8), 256);
    CHECK_EQ(id[130], 12);
    guest_destroy(&d.g);
}

TEST(what_is_written_is_read_back)
{
    struct drive d;
    struct answer answer;

    create(&d, "");
    start(&d);
    for (unsigned i = 0; i < 2 * PAGE; i++)
        at(&d, d.data)[i] = (uint8_t)(i * 7);
    answer = move(&d, IO_WRITE, 100, 16, d.data, d.data + PAGE);
    CHECK_EQ(answer.status, NVME_GOOD);
    CHECK_EQ(answer.queue, 1);
    CHECK_EQ(answer.head, 1);
    CHECK_EQ(move(&d, IO_READ, 100, 16, d.data + 4 * PAGE, d.data + 5 * PAGE).status, NVME_GOOD);
    CHECK(memcmp(at(&d, d.data), at(&d, d.data + 4 * PAGE), 2 * PAGE) == 0);
    CHECK_EQ(move(&d, IO_READ, 107, 1, d.data + 8 * PAGE, 0).status, NVME_GOOD);
    CHECK(memcmp(at(&d, d.data + 7 * 512), at(&d, d.data + 8 * PAGE), 512) == 0);
    guest_destroy(&d.g);
}

TEST(a_queue_wraps_and_its_phase_changes)
{
    struct drive d;

    create(&d, "");
    enable(&d);
    start_queue(&d, &d.io, 1, 4, 0);
    for (unsigned i = 0; i < 50; i++) {
        memset(at(&d, d.data), (int)i, 512);
        CHECK_EQ(move(&d, IO_WRITE, i, 1, d.data, 0).status, NVME_GOOD);
        memset(at(&d, d.data), 0xFF, 512);
        CHECK_EQ(move(&d, IO_READ, i, 1, d.data, 0).status, NVME_GOOD);
        CHECK_EQ(at(&d, d.data)[511], i);
    }
    guest_destroy(&d.g);
}

/* Three commands in a queue of answers with room for one. */
TEST(a_full_completion_queue_stops_its_submission_queues)
{
    struct drive d;
    struct queue small;

    create(&d, "");
    enable(&d);
    make_queue(&d, &small, 1, 2);
    make_queue(&d, &d.io, 1, 8);
    CHECK_EQ(create_cq(&d, small.completion, 1, 2, 3).status, NVME_GOOD);
    CHECK_EQ(create_sq(&d, d.io.submission, 1, 8, 1u << 16 | 1).status, NVME_GOOD);
    for (unsigned i = 0; i < 3; i++)
        blocks(&d, IO_READ, i, 1, d.data, 0);
    ring(&d, &d.io);
    for (unsigned i = 0; i < 3; i++) {
        struct answer answer = take_answer(&d, &small, false);

        CHECK_EQ(answer.status, NVME_GOOD);
        CHECK(!has_answer(&d, &small));
        set(&d, NVME_DOORBELLS + 12, small.head);
    }
    CHECK(!has_answer(&d, &small));
    guest_destroy(&d.g);
}

TEST(each_queue_has_its_vector_and_a_burst_one_message)
{
    struct drive d;
    struct queue second;

    create(&d, "");
    msix_on(&d);
    enable(&d);
    start_queue(&d, &d.io, 1, 64, 1);
    start_queue(&d, &second, 2, 64, 2);
    d.g.messages = 0;
    d.slow->hold = true;
    for (unsigned i = 0; i < 10; i++)
        blocks(&d, IO_READ, i, 1, d.data, 0);
    ring(&d, &d.io);
    CHECK_EQ(d.g.messages, 0);
    slow_release(d.slow);
    CHECK_EQ(d.g.messages, 1);
    CHECK_EQ(d.g.last_data, 101);
    put_command(&d, &second, IO_FLUSH, 1, 0, 0);
    ring(&d, &second);
    CHECK_EQ(d.g.messages, 2);
    CHECK_EQ(d.g.last_data, 102);
    CHECK_EQ(take_answer(&d, &second, true).queue, 2);
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(take_answer(&d, &d.io, true).status, NVME_GOOD);
    CHECK_EQ(d.g.messages, 2);
    guest_destroy(&d.g);
}

static void read_one(struct drive *d)
{
    blocks(d, IO_READ, 0, 1, d->data, 0);
    ring(d, &d->io);
}

/* Interrupts of more than 3 answers, or 200 us after the first. */
TEST(answers_are_collected_for_one_interrupt_when_the_driver_wants_it)
{
    struct drive d;

    create(&d, "");
    msix_on(&d);
    enable(&d);
    start_queue(&d, &d.io, 1, 64, 1);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_COALESCING, 2u << 8 | 3).status, NVME_GOOD);
    d.g.messages = 0;
    for (unsigned i = 0; i < 3; i++)
        read_one(&d);
    CHECK_EQ(d.g.messages, 0);
    CHECK_EQ(d.g.due, 200000);
    read_one(&d);
    CHECK_EQ(d.g.messages, 1);
    CHECK_EQ(d.g.due, UINT64_MAX);
    d.g.now = 1000000;
    read_one(&d);
    CHECK_EQ(d.g.due, 1200000);
    d.g.timer->expired(d.g.timer);
    CHECK_EQ(d.g.messages, 2);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_QUEUES, 0).status, NVME_GOOD);
    CHECK_EQ(d.g.messages, 3);                          /* the admin queue's come at once */
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_VECTOR, 1u << 16 | 1).status, NVME_GOOD);
    d.g.messages = 0;
    read_one(&d);
    CHECK_EQ(d.g.messages, 1);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_VECTOR, 1).status, NVME_GOOD);
    read_one(&d);
    set(&d, NVME_CC, 0);                                /* what is held back goes with a reset */
    CHECK_EQ(d.g.due, UINT64_MAX);
    guest_destroy(&d.g);
}

TEST(the_line_is_asserted_while_answers_wait_and_the_mask_holds_it_back)
{
    struct drive d;

    create(&d, "interrupts=line");
    start(&d);
    CHECK(!d.g.line);
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    ring(&d, &d.io);
    CHECK(d.g.line);
    set(&d, NVME_INTMS, 1);
    CHECK(!d.g.line);
    CHECK_EQ(get(&d, NVME_INTMC), 1);
    set(&d, NVME_INTMC, 1);
    CHECK(d.g.line);
    take_answer(&d, &d.io, true);
    CHECK(!d.g.line);
    CHECK_EQ(create_cq(&d, pages(&d, 1), 2, 8, 1u << 16 | 3).status, NVME_VECTOR);
    guest_destroy(&d.g);
}

TEST(a_driver_that_enables_no_messages_gets_the_line_of_a_card_that_has_them)
{
    struct drive d;

    create(&d, "");
    start(&d);
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    ring(&d, &d.io);
    CHECK(d.g.line);
    CHECK(pci_config_read(d.g.device, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    pci_config_write(d.g.device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
    CHECK(!d.g.line);
    pci_config_write(d.g.device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    CHECK(d.g.line);
    msix_on(&d);
    CHECK(!d.g.line);
    take_answer(&d, &d.io, true);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_GOOD);
    CHECK(!d.g.line);
    CHECK_EQ(d.g.messages, 1);
    guest_destroy(&d.g);
}

TEST(msi_has_a_message_for_each_vector_and_the_mask_registers)
{
    struct drive d;
    unsigned msi;

    create(&d, "interrupts=msi");
    msi = nvme_of(d.g.device)->msi.capability;
    pci_config_write(d.g.device, msi + MSI_ADDRESS, 4, 0xFEE00000u);
    pci_config_write(d.g.device, msi + MSI_DATA, 2, 0x40);
    pci_config_write(d.g.device, msi + MSI_CONTROL, 2, MSI_CONTROL_ENABLE | 4u << 4);
    enable(&d);
    start_queue(&d, &d.io, 1, 16, 1);
    d.g.messages = 0;
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    ring(&d, &d.io);
    CHECK_EQ(d.g.messages, 1);
    CHECK_EQ(d.g.last_data, 0x41);
    take_answer(&d, &d.io, true);
    set(&d, NVME_INTMS, 2);
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    ring(&d, &d.io);
    CHECK_EQ(d.g.messages, 1);
    set(&d, NVME_INTMC, 2);
    CHECK_EQ(d.g.messages, 2);
    guest_destroy(&d.g);
}

TEST(zeroes_are_written_and_ranges_deallocated)
{
    struct drive d;
    struct nvme_range *ranges;
    uint32_t *dw;

    create(&d, "");
    start(&d);
    memset(at(&d, d.data), 0xAB, 4 * 512);
    CHECK_EQ(move(&d, IO_WRITE, 8, 4, d.data, 0).status, NVME_GOOD);
    blocks(&d, IO_WRITE_ZEROES, 8, 1, 0, 0);
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_GOOD);
    ranges = (struct nvme_range *)at(&d, d.data);
    memset(ranges, 0, 4096);
    ranges[1] = (struct nvme_range){ .lba = 9, .count = 1 };
    ranges[2] = (struct nvme_range){ .lba = 10, .count = 1 };
    dw = put_command(&d, &d.io, IO_DATASET, 1, d.data, 0);
    dw[10] = 2;
    dw[11] = 4;
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_GOOD);
    CHECK_EQ(move(&d, IO_READ, 8, 4, d.data, 0).status, NVME_GOOD);
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(at(&d, d.data)[512 * i], i == 3 ? 0xAB : 0);
    memset(ranges, 0, 4096);
    ranges[0] = (struct nvme_range){ .lba = 2047, .count = 2 };
    dw = put_command(&d, &d.io, IO_DATASET, 1, d.data, 0);
    dw[11] = 4;
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_LBA_RANGE);
    guest_destroy(&d.g);
}

TEST(compare_tells_whether_the_disk_has_the_same)
{
    struct drive d;
    struct answer answer;

    create(&d, "");
    start(&d);
    memset(at(&d, d.data), 0x5A, 3 * PAGE);
    CHECK_EQ(move(&d, IO_WRITE, 0, 16, d.data, d.data + PAGE).status, NVME_GOOD);
    CHECK_EQ(move(&d, IO_COMPARE, 0, 16, d.data, d.data + 2 * PAGE).status, NVME_GOOD);
    at(&d, d.data + 2 * PAGE)[4095] = 0;
    answer = move(&d, IO_COMPARE, 0, 16, d.data, d.data + 2 * PAGE);
    CHECK_EQ(answer.status, NVME_COMPARE_FAILED);
    guest_destroy(&d.g);
}

TEST(without_the_write_cache_or_with_fua_a_write_is_durable)
{
    struct drive d;

    create(&d, "");
    start(&d);
    for (unsigned step = 0; step < 3; step++) {
        uint32_t *dw;

        if (step == 2)
            CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_WRITE_CACHE, 0).status, NVME_GOOD);
        d.slow->hold = true;
        dw = blocks(&d, IO_WRITE, 0, 1, d.data, 0);
        dw[12] |= step == 1 ? 1u << 30 : 0;
        ring(&d, &d.io);
        CHECK_EQ(list_first(&d.slow->held, struct disk_io, link)->fua, step > 0);
        slow_release(d.slow);
        CHECK_EQ(take_answer(&d, &d.io, true).status, NVME_GOOD);
    }
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_WRITE_CACHE, 0).result, 0);
    guest_destroy(&d.g);
}

TEST(a_second_disk_is_a_namespace_and_its_arrival_an_event)
{
    struct drive d;
    struct spec spec;
    struct answer answer;
    const uint8_t *log;

    create(&d, "namespaces=2");
    start(&d);
    CHECK_EQ(number(identify(&d, 1, 0), 516, 4), 2);
    CHECK_EQ(number(identify(&d, 0, 2), 0, 8), 0);      /* not active */
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_EVENTS, NVME_EVENT_NOTICE_NAMESPACES).status, NVME_GOOD);
    put_command(&d, &d.admin, ADMIN_EVENT, 0, 0, 0);
    ring(&d, &d.admin);
    CHECK(!has_answer(&d, &d.admin));
    CHECK(nvme_attach(d.g.device, open_disk(&d, "mem:2M,block=4096", &spec)));
    answer = take_answer(&d, &d.admin, true);
    CHECK_EQ(answer.result, 2 | NVME_LOG_CHANGED << 16);
    log = read_log(&d, NVME_LOG_CHANGED, 4096, false);
    CHECK_EQ(number(log, 0, 8), 2);
    CHECK_EQ(number(read_log(&d, NVME_LOG_CHANGED, 4096, false), 0, 8), 0);
    CHECK_EQ(number(identify(&d, 0, 2), 0, 8), 512);
    CHECK_EQ(number(identify(&d, 2, 0), 0, 8), 1 | 2ull << 32);
    memset(at(&d, d.data), 0x77, PAGE);
    blocks(&d, IO_WRITE, 511, 1, d.data, 0)[1] = 2;
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_GOOD);
    blocks(&d, IO_READ, 511, 1, d.data + PAGE, 0)[1] = 2;
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_GOOD);
    CHECK_EQ(at(&d, d.data + PAGE)[PAGE - 1], 0x77);
    put_command(&d, &d.io, IO_FLUSH, NVME_ALL_NAMESPACES, 0, 0);
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_GOOD);
    guest_destroy(&d.g);
}

TEST(format_erases_the_namespace_and_other_commands_wait_for_it)
{
    struct drive d;

    create(&d, "");
    start(&d);
    memset(at(&d, d.data), 0x11, 512);
    CHECK_EQ(move(&d, IO_WRITE, 2047, 1, d.data, 0).status, NVME_GOOD);
    CHECK_EQ(admin(&d, ADMIN_FORMAT, 1, 1, 0).status, NVME_FORMAT_INVALID);
    CHECK_EQ(admin(&d, ADMIN_FORMAT, 1, 2u << 9, 0).status, NVME_INVALID_FIELD);
    CHECK_EQ(admin(&d, ADMIN_FORMAT, 2, 0, 0).status, NVME_INVALID_NAMESPACE);
    d.slow->hold = true;
    put_command(&d, &d.admin, ADMIN_FORMAT, 1, 0, 0)[10] = 1u << 9;
    ring(&d, &d.admin);
    CHECK(!has_answer(&d, &d.admin));
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_FORMATTING);
    CHECK_EQ(admin(&d, ADMIN_FORMAT, 1, 0, 0).status, NVME_FORMATTING);
    slow_release(d.slow);
    CHECK_EQ(take_answer(&d, &d.admin, true).status, NVME_GOOD);
    CHECK_EQ(move(&d, IO_READ, 2047, 1, d.data, 0).status, NVME_GOOD);
    CHECK_EQ(at(&d, d.data)[0], 0);
    guest_destroy(&d.g);
}

TEST(the_health_log_counts_what_was_moved)
{
    struct drive d;
    const uint8_t *log;

    create(&d, "");
    start(&d);
    for (unsigned i = 0; i < 3; i++)
        move(&d, IO_WRITE, 0, 8, d.data, 0);
    move(&d, IO_READ, 0, 1, d.data, 0);
    d.g.now = 7200ull * 1000000000;
    log = read_log(&d, NVME_LOG_HEALTH, 512, false);
    CHECK_EQ(log[0], 0);
    CHECK_EQ(number(log, 1, 2), NVME_TEMPERATURE);
    CHECK_EQ(number(log, 32, 8), 1);                    /* thousands of 512 bytes, rounded up */
    CHECK_EQ(number(log, 48, 8), 1);
    CHECK_EQ(number(log, 64, 8), 1);
    CHECK_EQ(number(log, 80, 8), 3);
    CHECK_EQ(number(log, 112, 8), 1);
    CHECK_EQ(number(log, 128, 8), 2);
    log = read_log(&d, NVME_LOG_FIRMWARE, 512, false);
    CHECK_EQ(log[0], 1);
    log = read_log(&d, NVME_LOG_EFFECTS, 4096, false);
    CHECK_EQ(log[4 * ADMIN_IDENTIFY], 1);
    CHECK_EQ(log[1024 + 4 * IO_WRITE], 3);
    CHECK_EQ(log[1024 + 4 * 0x0D], 0);                  /* reservations */
    guest_destroy(&d.g);
}
