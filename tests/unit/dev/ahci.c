#include "dev/sata_guest.h"

TEST(the_controller_says_what_it_is)
{
    struct sata s;

    create(&s, "depth=16");
    CHECK_EQ(pci_config_read(s.g.device, 8, 4) >> 8, 0x010601);
    CHECK_EQ(get(&s, AHCI_VS), 0x10301);
    CHECK_EQ(get(&s, AHCI_PI), 1);
    CHECK_EQ(get(&s, AHCI_CAP) & 31, 0);
    CHECK_EQ(get(&s, AHCI_CAP) >> 8 & 31, 15);
    CHECK(get(&s, AHCI_CAP) & 1u << 30);
    CHECK_EQ(get(&s, AHCI_GHC), GHC_AHCI);
    CHECK_EQ(port_get(&s, PORT_TFD) & 0xFF, 0x7F);      /* nothing was received yet */
    CHECK_EQ(port_get(&s, PORT_IS), PIS_CONNECT | PIS_PHY);
    guest_destroy(&s.g);
    create(&s, "depth=1");
    CHECK_EQ(get(&s, AHCI_CAP) & 1u << 30, 0);
    guest_destroy(&s.g);
}

TEST(the_disk_identifies_itself_with_a_right_checksum)
{
    struct sata s;
    const uint16_t *id;
    uint8_t sum = 0;

    create(&s, "");
    start(&s);
    id = identify(&s);
    CHECK(memcmp(&id[10], "ESIRLA1-            ", 20) == 0);    /* words have their first character in the high byte */
    CHECK_EQ(id[100], 2048);
    CHECK_EQ(id[60], 2048);
    CHECK_EQ(id[75], 31);
    CHECK_EQ(id[106], 0x6003);                          /* eight sectors of 512 in a page */
    CHECK_EQ(id[82] & 1u << 5, 1u << 5);
    CHECK_EQ(id[85] & 1u << 5, 1u << 5);
    for (unsigned i = 0; i < 512; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)id)[i]);
    CHECK_EQ(sum, 0);
    guest_destroy(&s.g);
    create(&s, "block=4096");
    start(&s);
    id = identify(&s);
    CHECK_EQ(id[100], 256);
    CHECK_EQ(id[106], 0x5000);
    CHECK_EQ(id[117], 2048);
    guest_destroy(&s.g);
}

TEST(what_is_written_is_read_back_by_every_protocol)
{
    static const struct { uint8_t write, read; uint32_t write_is, read_is; } pairs[] = {
        { 0xCA, 0xC8, PIS_D2H, PIS_D2H }, { 0x35, 0x25, PIS_D2H, PIS_D2H }, { 0x3D, 0x25, PIS_D2H, PIS_D2H },
        { 0x30, 0x20, PIS_D2H | PIS_PIO, PIS_PIO }, { 0x34, 0x24, PIS_D2H | PIS_PIO, PIS_PIO }, { 0xC5, 0xC4, PIS_D2H | PIS_PIO, PIS_PIO },
        { 0x39, 0x29, PIS_D2H | PIS_PIO, PIS_PIO },
    };
    struct sata s;
    uint64_t out, in;

    create(&s, "");
    start(&s);
    out = guest_alloc(&s.g, 1024);
    in = guest_alloc(&s.g, 1024);
    for (unsigned i = 0; i < countof(pairs); i++) {
        memset(guest_at(&s.g, out), (int)(0x10 + i), 1024);
        command(&s, 3, pairs[i].write, 100 + i, 2, out, 1024, true);
        issue(&s, 1u << 3, 0);
        CHECK_EQ(port_get(&s, PORT_CI), 0);
        CHECK_EQ(port_get(&s, PORT_IS), pairs[i].write_is);
        CHECK_EQ(moved(&s, 3), 1024);
        port_set(&s, PORT_IS, UINT32_MAX);
        command(&s, 4, pairs[i].read, 100 + i, 2, in, 1024, false);
        issue(&s, 1u << 4, 0);
        CHECK_EQ(port_get(&s, PORT_IS), pairs[i].read_is);
        CHECK_EQ(port_get(&s, PORT_TFD), ATA_READY);
        CHECK(memcmp(guest_at(&s.g, in), guest_at(&s.g, out), 1024) == 0);
        port_set(&s, PORT_IS, UINT32_MAX);
    }
    guest_destroy(&s.g);
}

TEST(queued_commands_leave_at_once_and_are_answered_together)
{
    struct sata s;
    uint64_t data;
    uint32_t done;

    create(&s, "");
    start(&s);
    msi_on(&s);
    data = guest_alloc(&s.g, 32 * 512);
    s.slow->hold = true;
    for (unsigned i = 0; i < 32; i++)
        queued(&s, i, true, i, 1, data + 512 * i);
    issue(&s, UINT32_MAX, UINT32_MAX);
    CHECK_EQ(port_get(&s, PORT_CI), 0);                 /* accepted */
    CHECK_EQ(port_get(&s, PORT_SACT), UINT32_MAX);      /* under way */
    CHECK_EQ(s.g.messages, 0);
    slow_release(s.slow);
    CHECK_EQ(port_get(&s, PORT_SACT), 0);
    CHECK_EQ(port_get(&s, PORT_IS), PIS_DEVICE_BITS);
    CHECK_EQ(s.g.messages, 1);
    memcpy(&done, (uint8_t *)guest_at(&s.g, s.received) + RECEIVED_SET_BITS + 4, 4);
    CHECK_EQ(done, UINT32_MAX);
    guest_destroy(&s.g);
}

TEST(a_bit_that_is_cleared_while_the_port_has_more_interrupts_again)
{
    struct sata s;

    create(&s, "");
    start(&s);
    msi_on(&s);
    command(&s, 0, 0xE5, 0, 0, 0, 0, false);
    issue(&s, 1, 0);
    CHECK_EQ(s.g.messages, 1);
    issue(&s, 1, 0);
    CHECK_EQ(s.g.messages, 1);                          /* the controller's bit is still set */
    set(&s, AHCI_IS, 1);
    CHECK_EQ(s.g.messages, 2);
    port_set(&s, PORT_IS, UINT32_MAX);
    set(&s, AHCI_IS, 1);
    CHECK_EQ(s.g.messages, 2);
    CHECK_EQ(get(&s, AHCI_IS), 0);
    guest_destroy(&s.g);
}

TEST(the_line_is_asserted_while_something_is_pending)
{
    struct sata s;

    create(&s, "interrupts=line");
    start(&s);
    command(&s, 0, 0xE7, 0, 0, 0, 0, false);
    issue(&s, 1, 0);
    CHECK(s.g.line);
    port_set(&s, PORT_IS, UINT32_MAX);
    CHECK(s.g.line);
    set(&s, AHCI_IS, 1);
    CHECK(!s.g.line);
    guest_destroy(&s.g);
}

TEST(a_trim_gives_its_ranges_back_and_refuses_what_is_beyond_the_end)
{
    struct sata s;
    uint64_t *ranges, data;
    uint8_t *fis;

    create(&s, "");
    start(&s);
    data = guest_alloc(&s.g, 512);
    memset(guest_at(&s.g, data), 0xAB, 512);
    command(&s, 0, 0x35, 9, 1, data, 512, true);
    issue(&s, 1, 0);
    ranges = guest_at(&s.g, data);
    memset(ranges, 0, 512);
    ranges[1] = 9 | 1ull << 48;                         /* the first entry has no sectors */
    fis = command(&s, 0, 0x06, 0, 1, data, 512, true);
    fis[FIS_FEATURE] = 1;
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_TFD), ATA_READY);
    command(&s, 0, 0x25, 9, 1, data, 512, false);
    issue(&s, 1, 0);
    CHECK_EQ(*(uint8_t *)guest_at(&s.g, data), 0);
    memset(ranges, 0, 512);
    ranges[63] = 2047 | 2ull << 48;
    fis = command(&s, 0, 0x06, 0, 1, data, 512, true);
    fis[FIS_FEATURE] = 1;
    issue(&s, 1, 0);
    CHECK_EQ(port_get(&s, PORT_TFD) >> 8, ATA_NOT_FOUND);
    guest_destroy(&s.g);
}

TEST(without_its_write_cache_every_write_is_durable)
{
    struct sata s;
    struct disk_io *io;
    uint64_t data;
    uint8_t *fis;

    create(&s, "");
    start(&s);
    data = guest_alloc(&s.g, 512);
    for (unsigned step = 0; step < 3; step++) {
        if (step == 2) {
            fis = command(&s, 0, 0xEF, 0, 0, 0, 0, false);
            fis[FIS_FEATURE] = 0x82;
            issue(&s, 1, 0);
            port_set(&s, PORT_IS, UINT32_MAX);
            CHECK_EQ(identify(&s)[85] & 1u << 5, 0);
        }
        s.slow->hold = true;
        fis = queued(&s, 0, true, 0, 1, data);
        if (step == 1)
            fis[FIS_DEVICE] |= 0x80;
        issue(&s, 1, 1);
        io = list_first(&s.slow->held, struct disk_io, link);
        CHECK_EQ(io->fua, step > 0);
        slow_release(s.slow);
        port_set(&s, PORT_IS, UINT32_MAX);
    }
    guest_destroy(&s.g);
}
