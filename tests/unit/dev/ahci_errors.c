#include "dev/sata_guest.h"

TEST(an_error_stops_the_list_until_the_driver_starts_it_again)
{
    struct sata s;
    uint64_t data;

    create(&s, "");
    start(&s);
    data = guest_alloc(&s.g, 512);
    command(&s, 0, 0x25, 2048, 1, data, 512, false);    /* beyond the end */
    command(&s, 1, 0x25, 0, 1, data, 512, false);
    issue(&s, 3, 0);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_TASK_FILE);
    CHECK_EQ(port_get(&s, PORT_TFD), (ATA_NOT_FOUND << 8 | ATA_READY | ATA_ERROR));
    CHECK_EQ(port_get(&s, PORT_CI), 3);
    CHECK_EQ(port_get(&s, PORT_CMD) >> 8 & 31, 0);      /* the slot that failed */
    recover(&s);
    issue(&s, 2, 0);
    CHECK_EQ(port_get(&s, PORT_CI), 0);
    CHECK_EQ(port_get(&s, PORT_TFD), ATA_READY);
    command(&s, 0, 0xA0, 0, 0, 0, 0, false);            /* PACKET: this is a disk */
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_TFD) >> 8, ATA_ABORTED);
    guest_destroy(&s.g);
}

TEST(a_failed_queued_command_is_in_the_log_and_the_disk_waits_until_it_is_read)
{
    struct sata s;
    const uint8_t *log;
    uint64_t data;
    uint8_t sum = 0;

    create(&s, "");
    start(&s);
    data = guest_alloc(&s.g, 1024);
    s.slow->hold = true;
    queued(&s, 5, false, 77, 1, data);
    queued(&s, 6, false, 78, 1, data + 512);
    issue(&s, 3u << 5, 3u << 5);
    s.slow->result = DISK_FAILED;
    slow_release(s.slow);
    s.slow->result = DISK_DONE;
    CHECK_EQ(port_get(&s, PORT_IS), PIS_TASK_FILE);
    CHECK_EQ(port_get(&s, PORT_SACT), 3u << 5);
    recover(&s);
    command(&s, 0, 0xEC, 0, 0, data, 512, false);       /* nothing else is taken now */
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_TFD) >> 8, ATA_ABORTED);
    recover(&s);
    command(&s, 0, 0x2F, 0x10, 1, data, 512, false);
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_PIO);
    log = guest_at(&s.g, data);
    CHECK_EQ(log[0], 5);
    CHECK_EQ(log[3], ATA_UNCORRECTABLE);
    CHECK_EQ(log[4], 77);
    for (unsigned i = 0; i < 512; i++)
        sum = (uint8_t)(sum + log[i]);
    CHECK_EQ(sum, 0);
    queued(&s, 5, false, 77, 1, data);
    issue(&s, 1u << 5, 1u << 5);
    CHECK_EQ(port_get(&s, PORT_SACT), 0);
    guest_destroy(&s.g);
}

TEST(stopping_the_list_ends_what_is_under_way_and_a_link_reset_brings_the_signature)
{
    struct sata s;
    uint64_t data;

    create(&s, "");
    start(&s);
    data = guest_alloc(&s.g, 512);
    s.slow->hold = true;
    queued(&s, 1, false, 0, 1, data);
    issue(&s, 2, 2);
    port_set(&s, PORT_CMD, PCMD_FIS);
    CHECK_EQ(s.slow->cancelled, 1);
    CHECK_EQ(port_get(&s, PORT_SACT), 0);
    CHECK_EQ(s.g.messages, 0);
    s.slow->hold = false;
    port_set(&s, PORT_SCTL, 1);
    CHECK_EQ(port_get(&s, PORT_SSTS), 0);
    CHECK_EQ(port_get(&s, PORT_TFD) & 0xFF, 0x7F);
    port_set(&s, PORT_SCTL, 0);
    CHECK_EQ(port_get(&s, PORT_SSTS), 0x133);
    CHECK_EQ(port_get(&s, PORT_TFD), 0x150);
    CHECK(port_get(&s, PORT_IS) & PIS_CONNECT);
    port_set(&s, PORT_SERR, UINT32_MAX);
    CHECK_EQ(port_get(&s, PORT_IS) & PIS_CONNECT, 0);
    port_set(&s, PORT_CMD, PCMD_FIS | PCMD_START);
    identify(&s);
    guest_destroy(&s.g);
}

TEST(a_soft_reset_is_two_control_fises)
{
    struct sata s;
    uint8_t *fis;

    create(&s, "");
    start(&s);
    fis = command(&s, 0, 0, 0, 0, 0, 0, false);
    fis[FIS_FLAGS] = 0;
    fis[FIS_CONTROL] = 4;
    ((uint32_t *)guest_at(&s.g, s.list))[0] |= 1u << 8 | 1u << 10;
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_CI), 0);
    CHECK_EQ(port_get(&s, PORT_IS), 0);
    fis = command(&s, 1, 0, 0, 0, 0, 0, false);
    fis[FIS_FLAGS] = 0;
    issue(&s, 2, 0);
    CHECK_EQ(port_get(&s, PORT_CI), 0);
    CHECK_EQ(port_get(&s, PORT_TFD), 0x150);
    CHECK_EQ(port_get(&s, PORT_SIG), 0x101);
    guest_destroy(&s.g);
}

TEST(a_reset_of_the_controller_forgets_everything)
{
    struct sata s;

    create(&s, "");
    start(&s);
    set(&s, AHCI_GHC, GHC_RESET);
    CHECK_EQ(get(&s, AHCI_GHC), GHC_AHCI);              /* the bit is clear: it is over */
    CHECK_EQ(port_get(&s, PORT_CLB) | port_get(&s, PORT_FB) | port_get(&s, PORT_IE), 0);
    CHECK_EQ(port_get(&s, PORT_CMD) & (PCMD_START | PCMD_FIS | PCMD_FIS_RUNS | PCMD_LIST_RUNS), 0);
    start(&s);
    identify(&s);
    guest_destroy(&s.g);
}

TEST(addresses_outside_memory_and_broken_commands_stop_the_port)
{
    struct sata s;
    uint64_t data;

    create(&s, "");
    start(&s);
    data = guest_alloc(&s.g, 512);
    command(&s, 0, 0x25, 0, 1, 0x10, 512, false);       /* below the memory */
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_HOST_BUS);
    recover(&s);
    command(&s, 0, 0x25, 0, 2, data, 512, false);       /* a region too small for the command */
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_OVERFLOW);
    recover(&s);
    ((uint32_t *)guest_at(&s.g, s.list))[2] = 0xFFFFFF80;
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_HOST_BUS);
    recover(&s);
    command(&s, 0, 0xEC, 0, 0, data, 512, false)[FIS_TYPE] = 0x34;
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_INTERFACE);
    recover(&s);
    queued(&s, 3, false, 0, 1, data)[FIS_COUNT] = 4 << 3;       /* another slot's tag */
    issue(&s, 1u << 3, 1u << 3);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_TASK_FILE);
    recover(&s);
    identify(&s);
    guest_destroy(&s.g);
}

TEST(registers_and_commands_of_every_kind_never_leave_the_controller_broken)
{
    struct sata s;
    uint64_t random = 88172645463325252ull;

    create(&s, "");
    start(&s);
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t *table;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if (i % 4 == 0 && s.list) {
            command(&s, random % 32, (uint8_t)(random >> 8), random >> 16 & 0xFFF, (unsigned)(random >> 28 & 0x1FF),
                    s.list + (random >> 40 & 0xFFFF), (uint32_t)(random >> 30 & 0xFFFF), false);
            table = guest_at(&s.g, s.table[random % 32]);
            if (i % 3 == 0)
                table[FIS_FEATURE] = (uint8_t)(random >> 50), table[FIS_COUNT] = (uint8_t)((random % 32) << 3);
        }
        s.slow->hold = random >> 60 & 1;
        pci_bar_write(s.g.device, AHCI_BAR, random % 8 ? AHCI_PORT + (random >> 10) % 0x40 / 4 * 4 : (random >> 10) % 0x20 / 4 * 4, 4,
                      random % 3 ? 1u << (random >> 20) % 32 : (uint32_t)(random >> 24));
        if (i % 64 == 0) {
            port_set(&s, PORT_CLB, (uint32_t)s.list);
            port_set(&s, PORT_FB, (uint32_t)s.received);
            port_set(&s, PORT_CMD, PCMD_FIS | PCMD_START);
        }
        if (i % 97 == 0)
            slow_release(s.slow);
    }
    s.slow->hold = false;
    slow_release(s.slow);
    set(&s, AHCI_GHC, GHC_RESET);
    s.g.top = RAM_BASE;
    memset(s.table, 0, sizeof s.table);
    start(&s);
    identify(&s);
    guest_destroy(&s.g);
}
