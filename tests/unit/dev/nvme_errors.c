#include "dev/nvme_guest.h"

static uint64_t number(const uint8_t *block, unsigned offset, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, block + offset, bytes);
    return value;
}

TEST(a_configuration_that_cannot_work_is_fatal_until_the_controller_is_reset)
{
    static const struct { uint32_t aqa, cc; uint64_t asq; } bad[] = {
        { 7 | 7u << 16, CC_ENABLE | 1u << 4, RAM_BASE }, { 7 | 7u << 16, CC_ENABLE | 5u << 7, RAM_BASE },
        { 7 | 7u << 16, CC_ENABLE | 1u << 11, RAM_BASE }, { 0 | 7u << 16, CC_ENABLE, RAM_BASE }, { 7, CC_ENABLE, RAM_BASE },
        { 7 | 7u << 16, CC_ENABLE, 0x1000 }, { 7 | 7u << 16, CC_ENABLE | 4u << 7, RAM_BASE + 0x1000 },
    };
    struct drive d;

    create(&d, "");
    for (unsigned i = 0; i < countof(bad); i++) {
        set(&d, NVME_AQA, bad[i].aqa);
        set64(&d, NVME_ASQ, bad[i].asq);
        set64(&d, NVME_ACQ, RAM_BASE + 0x10000);
        set(&d, NVME_CC, bad[i].cc);
        CHECK_EQ(get(&d, NVME_CSTS), CSTS_FATAL);
        set(&d, NVME_CC, 0);
        CHECK_EQ(get(&d, NVME_CSTS), 0);
    }
    start(&d);
    guest_destroy(&d.g);
}

TEST(queues_that_cannot_be_are_refused_each_with_its_status)
{
    struct drive d;
    uint64_t pa;

    create(&d, "queues=2,depth=64");
    start(&d);
    pa = pages(&d, 1);
    CHECK_EQ(create_cq(&d, pa, 0, 8, 1).status, NVME_QUEUE_ID);
    CHECK_EQ(create_cq(&d, pa, 1, 8, 1).status, NVME_QUEUE_ID);
    CHECK_EQ(create_cq(&d, pa, 3, 8, 1).status, NVME_QUEUE_ID);
    CHECK_EQ(create_cq(&d, pa, 2, 1, 1).status, NVME_QUEUE_SIZE);
    CHECK_EQ(create_cq(&d, pa, 2, 65, 1).status, NVME_QUEUE_SIZE);
    CHECK_EQ(create_cq(&d, pa, 2, 8, 0).status, NVME_INVALID_FIELD);
    CHECK_EQ(create_cq(&d, pa, 2, 8, 3u << 16 | 1).status, NVME_VECTOR);
    CHECK_EQ(create_cq(&d, pa + 64, 2, 8, 1).status, NVME_PRP_OFFSET);
    CHECK_EQ(create_cq(&d, 0x1000, 2, 8, 1).status, NVME_INVALID_FIELD);
    CHECK_EQ(create_sq(&d, pa, 2, 8, 2u << 16 | 1).status, NVME_CQ_INVALID);
    CHECK_EQ(create_sq(&d, pa, 2, 8, 0 << 16 | 1).status, NVME_QUEUE_ID);
    CHECK_EQ(create_sq(&d, pa, 2, 8, 9u << 16 | 1).status, NVME_QUEUE_ID);
    CHECK_EQ(create_sq(&d, pa, 1, 8, 1u << 16 | 1).status, NVME_QUEUE_ID);
    CHECK_EQ(create_sq(&d, pa, 2, 1, 1u << 16 | 1).status, NVME_QUEUE_SIZE);
    CHECK_EQ(create_sq(&d, pa + 8, 2, 8, 1u << 16 | 1).status, NVME_PRP_OFFSET);
    CHECK_EQ(admin(&d, ADMIN_DELETE_CQ, 0, 1, 0).status, NVME_QUEUE_DELETION);
    CHECK_EQ(admin(&d, ADMIN_DELETE_CQ, 0, 2, 0).status, NVME_QUEUE_ID);
    CHECK_EQ(admin(&d, ADMIN_DELETE_CQ, 0, 0, 0).status, NVME_QUEUE_ID);
    CHECK_EQ(admin(&d, ADMIN_DELETE_SQ, 0, 0, 0).status, NVME_QUEUE_ID);
    CHECK_EQ(admin(&d, ADMIN_DELETE_SQ, 0, 0xFFFF, 0).status, NVME_QUEUE_ID);
    CHECK_EQ(admin(&d, ADMIN_DELETE_SQ, 0, 1, 0).status, NVME_GOOD);
    CHECK_EQ(admin(&d, ADMIN_DELETE_CQ, 0, 1, 0).status, NVME_GOOD);
    start_queue(&d, &d.io, 1, 8, 1);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_GOOD);
    guest_destroy(&d.g);
}

TEST(a_queue_is_deleted_when_its_commands_have_ended)
{
    struct drive d;
    uint16_t cid;

    create(&d, "");
    start(&d);
    d.slow->hold = true;
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    ring(&d, &d.io);
    cid = d.next;
    put_command(&d, &d.admin, ADMIN_DELETE_SQ, 0, 0, 0)[10] = 1;
    ring(&d, &d.admin);
    CHECK(!has_answer(&d, &d.admin));
    slow_release(d.slow);
    CHECK_EQ(take_answer(&d, &d.io, true).status, NVME_GOOD);
    CHECK_EQ(take_answer(&d, &d.admin, true).cid, cid);
    CHECK_EQ(admin(&d, ADMIN_DELETE_CQ, 0, 1, 0).status, NVME_GOOD);
    guest_destroy(&d.g);
}

TEST(the_second_entry_is_a_page_or_a_list_and_lists_go_on_in_other_pages)
{
    struct drive d;
    uint64_t list, more, data;
    uint64_t *entries;

    create_on(&d, "mem:8M", "");
    start(&d);
    data = pages(&d, 300);
    list = pages(&d, 1);
    more = pages(&d, 1);
    for (unsigned i = 0; i < 256 * PAGE; i++)
        at(&d, data)[i] = (uint8_t)(i / PAGE + i % 251);
    entries = (uint64_t *)at(&d, list);
    for (unsigned i = 1; i < 256; i++)
        entries[i - 1] = data + i * PAGE;
    CHECK_EQ(move(&d, IO_WRITE, 0, 2048, data, list).status, NVME_GOOD);        /* 1 MiB: MDTS */
    CHECK_EQ(move(&d, IO_WRITE, 0, 2049, data, list).status, NVME_INVALID_FIELD);
    /* the same 1 MiB from the middle of a page, with a list whose page has room for two entries only */
    ((uint64_t *)at(&d, list))[510] = data + PAGE;
    ((uint64_t *)at(&d, list))[511] = more;
    for (unsigned i = 2; i <= 256; i++)
        ((uint64_t *)at(&d, more))[i - 2] = data + i * PAGE;
    memset(at(&d, data), 0, 300 * PAGE);
    CHECK_EQ(move(&d, IO_READ, 0, 2048, data + 512, list + 510 * 8).status, NVME_GOOD);
    for (unsigned i = 0; i < 256 * PAGE; i++)
        if (at(&d, data + 512)[i] != (uint8_t)(i / PAGE + i % 251))
            CHECK_EQ(i, UINT32_MAX);
    CHECK_EQ(at(&d, data)[511], 0);
    guest_destroy(&d.g);
}

TEST(entries_in_the_middle_of_a_page_or_outside_memory_are_refused)
{
    struct drive d;
    uint64_t list, *entries;

    create(&d, "");
    start(&d);
    list = pages(&d, 1);
    entries = (uint64_t *)at(&d, list);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data + 2, 0).status, NVME_PRP_OFFSET);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data + 4, 0).status, NVME_GOOD);
    CHECK_EQ(move(&d, IO_READ, 0, 16, d.data, d.data + PAGE + 512).status, NVME_PRP_OFFSET);
    CHECK_EQ(move(&d, IO_READ, 0, 24, d.data, list + 4).status, NVME_PRP_OFFSET);
    entries[0] = d.data + PAGE;
    entries[1] = d.data + 2 * PAGE + 8;
    CHECK_EQ(move(&d, IO_READ, 0, 24, d.data, list).status, NVME_PRP_OFFSET);
    CHECK_EQ(move(&d, IO_READ, 0, 1, 0x1000, 0).status, NVME_DATA_ERROR);
    CHECK_EQ(move(&d, IO_READ, 0, 16, d.data, 0xFFFFFFFFFFFFF000).status, NVME_DATA_ERROR);
    CHECK_EQ(move(&d, IO_READ, 0, 24, d.data, 0x1000).status, NVME_DATA_ERROR);
    entries[511] = list + 511 * 8;                      /* a list that begins in its own last entry */
    CHECK_EQ(move(&d, IO_READ, 0, 24, d.data, list + 511 * 8).status, NVME_PRP_OFFSET);
    entries[511] = list;                                /* one that goes on in itself, where entry 1 is in a page's middle */
    CHECK_EQ(move(&d, IO_READ, 0, 24, d.data, list + 511 * 8).status, NVME_PRP_OFFSET);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_GOOD);
    guest_destroy(&d.g);
}

TEST(commands_that_are_not_there_or_are_wrong_have_the_status_of_the_specification)
{
    static const uint8_t admin_codes[] = { 0x0D, 0x10, 0x11, 0x14, 0x15, 0x18, 0x7C, 0x81, 0x82, 0x84, 0xC0 };
    static const uint8_t io_codes[] = { 0x04, 0x0C, 0x0D, 0x0E, 0x11, 0x15, 0x80 };
    struct drive d;
    struct answer answer;

    create(&d, "");
    start(&d);
    for (unsigned i = 0; i < countof(admin_codes); i++)
        CHECK_EQ(admin(&d, admin_codes[i], 0, 0, 0).status, NVME_INVALID_OPCODE);
    for (unsigned i = 0; i < countof(io_codes); i++) {
        put_command(&d, &d.io, io_codes[i], 1, d.data, 0);
        answer = answer_of(&d, &d.io);
        CHECK_EQ(answer.status, NVME_INVALID_OPCODE);
        CHECK(!answer.again && answer.logged);
    }
    CHECK_EQ(move(&d, IO_READ, 2048, 1, d.data, 0).status, NVME_LBA_RANGE);
    CHECK_EQ(move(&d, IO_READ, 2047, 2, d.data, 0).status, NVME_LBA_RANGE);
    CHECK_EQ(move(&d, IO_READ, UINT64_MAX, 2, d.data, 0).status, NVME_LBA_RANGE);
    blocks(&d, IO_READ, 0, 1, d.data, 0)[1] = 0;
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_INVALID_NAMESPACE);
    blocks(&d, IO_READ, 0, 1, d.data, 0)[1] = 2;
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_INVALID_NAMESPACE);
    blocks(&d, IO_READ, 0, 1, d.data, 0)[0] |= 1u << 14;        /* SGL */
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_INVALID_FIELD);
    blocks(&d, IO_READ, 0, 1, d.data, 0)[0] |= 1u << 8;         /* fused */
    CHECK_EQ(answer_of(&d, &d.io).status, NVME_INVALID_FIELD);
    CHECK_EQ(admin(&d, ADMIN_GET_LOG, 0, 0x70 | 3u << 16, 0).status, NVME_LOG_PAGE);
    guest_destroy(&d.g);
}

TEST(two_commands_under_way_cannot_have_one_identifier)
{
    struct drive d;

    create(&d, "");
    start(&d);
    d.slow->hold = true;
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    d.next--;
    blocks(&d, IO_READ, 1, 1, d.data, 0);
    ring(&d, &d.io);
    CHECK_EQ(take_answer(&d, &d.io, true).status, NVME_ID_CONFLICT);
    slow_release(d.slow);
    CHECK_EQ(take_answer(&d, &d.io, true).status, NVME_GOOD);
    d.next--;
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_GOOD);
    guest_destroy(&d.g);
}

TEST(features_have_current_and_default_values_and_refuse_what_they_cannot)
{
    struct drive d;
    uint64_t timestamp = 1000;

    create(&d, "queues=4");
    enable(&d);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_QUEUES, 0xFFFF).status, NVME_INVALID_FIELD);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_QUEUES, 63 | 63u << 16).result, 3 | 3u << 16);
    start_queue(&d, &d.io, 1, 8, 1);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_QUEUES, 0).status, NVME_SEQUENCE);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_ARBITRATION, 5).status, NVME_GOOD);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_ARBITRATION, 0).result, 5);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_ARBITRATION | 1u << 8, 0).result, 3);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_ARBITRATION | 3u << 8, 0).result, 4);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_ARBITRATION | 1u << 31, 5).status, NVME_NOT_SAVEABLE);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 1, FEATURE_ARBITRATION, 5).status, NVME_NOT_NAMESPACE);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_POWER, 1).status, NVME_INVALID_FIELD);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 1, FEATURE_RECOVERY, 7).status, NVME_GOOD);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 1, FEATURE_RECOVERY, 0).result, 7);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 9, FEATURE_RECOVERY, 0).status, NVME_INVALID_NAMESPACE);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_COALESCING, 0x0102).status, NVME_GOOD);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_COALESCING, 0).result, 0x0102);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_VECTOR, 1u << 16 | 2).status, NVME_GOOD);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_VECTOR, 2).result, 1u << 16 | 2);
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_VECTOR, 5).status, NVME_INVALID_FIELD);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, 0x0D, 0).status, NVME_INVALID_FIELD);     /* host memory buffer */
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, 0x0F, 0).status, NVME_INVALID_FIELD);     /* keep alive timer */
    memcpy(at(&d, d.data), &timestamp, 8);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_TIMESTAMP, 0).status, NVME_GOOD);
    d.g.now += 5000000000;
    CHECK_EQ(admin(&d, ADMIN_GET_FEATURES, 0, FEATURE_TIMESTAMP, 0).status, NVME_GOOD);
    CHECK_EQ(number(at(&d, d.data), 0, 6), 6000);
    CHECK_EQ(at(&d, d.data)[6], 2);                     /* set by the host */
    guest_destroy(&d.g);
}

TEST(a_wrong_doorbell_is_an_event_and_in_the_error_log)
{
    struct drive d;
    struct answer answer;
    const uint8_t *log;

    create(&d, "");
    start(&d);
    put_command(&d, &d.admin, ADMIN_EVENT, 0, 0, 0);
    put_command(&d, &d.admin, ADMIN_EVENT, 0, 0, 0);
    ring(&d, &d.admin);
    set(&d, NVME_DOORBELLS + 8, 64);                    /* the queue has 64 entries */
    answer = take_answer(&d, &d.admin, true);
    CHECK_EQ(answer.result, 0 | 1u << 8 | NVME_LOG_ERRORS << 16);
    set(&d, NVME_DOORBELLS + 8 * 5, 0);                 /* there is no queue 5 */
    set(&d, NVME_DOORBELLS + 12, 3);                    /* acknowledges answers that are not there */
    CHECK(!has_answer(&d, &d.admin));                   /* masked until the log is read */
    log = read_log(&d, NVME_LOG_ERRORS, 256, true);
    CHECK_EQ(number(log, 0, 8), 3);
    CHECK_EQ(number(log, 8, 4), UINT32_MAX);
    CHECK_EQ(number(log, 64, 8), 2);
    CHECK_EQ(number(log, 192, 8), 0);
    CHECK(!has_answer(&d, &d.admin));                   /* the event was retained */
    read_log(&d, NVME_LOG_ERRORS, 64, false);
    CHECK_EQ(take_answer(&d, &d.admin, true).result & 0xFF, 0);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_GOOD);
    guest_destroy(&d.g);
}

TEST(event_requests_are_few_and_can_be_aborted)
{
    struct drive d;
    struct answer answer;
    uint16_t cid;

    create(&d, "");
    start(&d);
    cid = d.next;
    for (unsigned i = 0; i < NVME_EVENTS_MAX; i++) {
        put_command(&d, &d.admin, ADMIN_EVENT, 0, 0, 0);
        ring(&d, &d.admin);
    }
    CHECK_EQ(admin(&d, ADMIN_EVENT, 0, 0, 0).status, NVME_EVENT_LIMIT);
    put_command(&d, &d.admin, ADMIN_ABORT, 0, 0, 0)[10] = (uint32_t)(cid + 1) << 16;
    ring(&d, &d.admin);
    answer = take_answer(&d, &d.admin, true);
    CHECK_EQ(answer.status, NVME_ABORTED);
    CHECK_EQ(answer.cid, cid + 1);
    CHECK_EQ(take_answer(&d, &d.admin, true).result, 0);
    put_command(&d, &d.admin, ADMIN_ABORT, 0, 0, 0)[10] = 1;
    CHECK_EQ(answer_of(&d, &d.admin).result, 1);        /* nothing of that name is to be had */
    guest_destroy(&d.g);
}

TEST(a_temperature_beyond_its_threshold_is_an_event)
{
    struct drive d;

    create(&d, "");
    start(&d);
    CHECK_EQ(admin(&d, ADMIN_SET_FEATURES, 0, FEATURE_EVENTS, WARNING_TEMPERATURE).status, NVME_GOOD);
    put_command(&d, &d.admin, ADMIN_EVENT, 0, 0, 0);
    ring(&d, &d.admin);
    CHECK(!has_answer(&d, &d.admin));
    put_command(&d, &d.admin, ADMIN_SET_FEATURES, 0, 0, 0)[10] = FEATURE_TEMPERATURE;
    ((uint32_t *)at(&d, d.admin.submission))[16 * ((d.admin.tail + ADMIN_ENTRIES - 1) % ADMIN_ENTRIES) + 11] = NVME_TEMPERATURE - 1;
    ring(&d, &d.admin);
    CHECK_EQ(take_answer(&d, &d.admin, true).result, 1 | 1u << 8 | NVME_LOG_HEALTH << 16);
    CHECK_EQ(take_answer(&d, &d.admin, true).status, NVME_GOOD);
    CHECK_EQ(read_log(&d, NVME_LOG_HEALTH, 512, false)[0], WARNING_TEMPERATURE);
    guest_destroy(&d.g);
}

TEST(errors_of_the_medium_are_media_errors_and_counted)
{
    struct drive d;
    struct answer answer;

    create(&d, "");
    start(&d);
    d.slow->result = DISK_FAILED;
    answer = move(&d, IO_READ, 5, 1, d.data, 0);
    CHECK_EQ(answer.status, NVME_READ_ERROR);
    CHECK(answer.again);
    CHECK_EQ(move(&d, IO_WRITE, 5, 1, d.data, 0).status, NVME_WRITE_FAULT);
    d.slow->result = DISK_NO_SPACE;
    CHECK_EQ(move(&d, IO_WRITE, 5, 1, d.data, 0).status, NVME_CAPACITY);
    d.slow->result = DISK_DONE;
    CHECK_EQ(number(read_log(&d, NVME_LOG_HEALTH, 512, false), 160, 8), 2);
    CHECK_EQ(number(read_log(&d, NVME_LOG_ERRORS, 64, false), 16, 8), 5);
    d.slow->wrapper.disk.read_only = true;
    CHECK_EQ(move(&d, IO_WRITE, 5, 1, d.data, 0).status, NVME_WRITE_PROTECTED);
    CHECK_EQ(identify(&d, 0, 1)[99], 1);
    guest_destroy(&d.g);
}

TEST(a_controller_reset_drains_the_disk_and_forgets_the_queues)
{
    struct drive d;
    uint64_t asq;

    create(&d, "");
    start(&d);
    asq = get64(&d, NVME_ASQ);
    d.slow->hold = true;
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    ring(&d, &d.io);
    set(&d, NVME_CC, 6u << 16 | 4u << 20);
    CHECK_EQ(get(&d, NVME_CSTS), 0);
    CHECK_EQ(d.slow->cancelled, 1);
    CHECK(!has_answer(&d, &d.io));
    CHECK_EQ(get64(&d, NVME_ASQ), asq);
    ring(&d, &d.io);                                    /* nobody listens */
    d.slow->hold = false;
    enable(&d);
    CHECK_EQ(admin(&d, ADMIN_DELETE_SQ, 0, 1, 0).status, NVME_QUEUE_ID);
    start_queue(&d, &d.io, 1, 16, 0);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_GOOD);
    set(&d, NVME_NSSR, 0x4E564D65);
    CHECK_EQ(get(&d, NVME_CSTS), CSTS_SUBSYSTEM_RESET);
    CHECK_EQ(get64(&d, NVME_ASQ) | get(&d, NVME_AQA) | get(&d, NVME_CC), 0);
    set(&d, NVME_CSTS, CSTS_SUBSYSTEM_RESET);
    CHECK_EQ(get(&d, NVME_CSTS), 0);
    start(&d);
    CHECK_EQ(number(read_log(&d, NVME_LOG_HEALTH, 512, false), 144, 8), 1);     /* unsafe shutdowns */
    guest_destroy(&d.g);
}

TEST(shutdown_is_complete_when_the_disk_is_flushed)
{
    struct drive d;

    create(&d, "");
    start(&d);
    d.slow->hold = true;
    set(&d, NVME_CC, get(&d, NVME_CC) | 1u << 14);
    CHECK_EQ(get(&d, NVME_CSTS) & CSTS_SHUTDOWN_MASK, CSTS_SHUTDOWN_RUNS);
    CHECK_EQ(list_first(&d.slow->held, struct disk_io, link)->op, DISK_FLUSH);
    slow_release(d.slow);
    CHECK_EQ(get(&d, NVME_CSTS) & CSTS_SHUTDOWN_MASK, CSTS_SHUTDOWN_DONE);
    set(&d, NVME_CC, 0);
    CHECK_EQ(get(&d, NVME_CSTS), 0);
    start(&d);
    guest_destroy(&d.g);
}

TEST(in_d3_and_without_bus_mastering_nothing_moves)
{
    struct drive d;
    unsigned power;

    create(&d, "");
    start(&d);
    power = d.g.device->power + 4;
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    pci_config_write(d.g.device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    ring(&d, &d.io);
    CHECK(!has_answer(&d, &d.io));
    pci_config_write(d.g.device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    CHECK_EQ(take_answer(&d, &d.io, true).status, NVME_GOOD);
    d.slow->hold = true;
    blocks(&d, IO_READ, 0, 1, d.data, 0);
    ring(&d, &d.io);
    pci_config_write(d.g.device, power, 2, 3);
    slow_release(d.slow);
    CHECK(!has_answer(&d, &d.io));
    pci_config_write(d.g.device, power, 2, 0);
    CHECK_EQ(take_answer(&d, &d.io, true).status, NVME_GOOD);
    CHECK_EQ(get(&d, NVME_CSTS), CSTS_READY);
    guest_destroy(&d.g);
}

TEST(registers_and_commands_of_every_kind_never_leave_the_controller_broken)
{
    static const uint8_t opcodes[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 0x80 };
    struct drive d;
    uint64_t random = 88172645463325252ull;

    create(&d, "");
    start(&d);
    for (unsigned i = 0; i < 200000; i++) {
        struct queue *queue;
        uint32_t *dw;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        queue = random & 1 ? &d.io : &d.admin;
        if (i % 8) {
            dw = put_command(&d, queue, opcodes[(random >> 8) % countof(opcodes)], (uint32_t)(random >> 20) % 3, RAM_BASE + (random >> 24 & 0xFFFFF),
                             RAM_BASE + (random >> 40 & 0xFFFFF));
            dw[10] = (uint32_t)(random >> 16) & 0xFFF;
            dw[11] = (uint32_t)(random >> 50) & (random >> 48 & 1 ? 0xFFFF : 0);
            dw[12] = (uint32_t)(random >> 30) & 0x3FF;
            ring(&d, queue);
        } else {
            pci_bar_write(d.g.device, NVME_BAR, random % 4 ? NVME_DOORBELLS + (random >> 12) % 0x50 / 4 * 4 : (random >> 12) % 0x40 / 4 * 4, 4,
                          (uint32_t)(random >> 30));
        }
        d.slow->hold = random >> 60 & 1;
        if (i % 97 == 0)
            slow_release(d.slow);
        if (i % 500 == 0) {
            set(&d, NVME_CC, 0);
            d.g.top = RAM_BASE;
            d.data = pages(&d, 16);
            start(&d);
        }
    }
    d.slow->hold = false;
    slow_release(d.slow);
    set(&d, NVME_CC, 0);
    d.g.top = RAM_BASE;
    d.data = pages(&d, 16);
    start(&d);
    CHECK_EQ(move(&d, IO_READ, 0, 1, d.data, 0).status, NVME_GOOD);
    guest_destroy(&d.g);
}
