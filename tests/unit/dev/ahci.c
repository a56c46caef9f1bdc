#include "dev/guest.h"
#include "dev/ahci.h"
#include "disk/disk_impl.h"

/* A disk that holds requests back until the test lets them go, or hands them to a memory disk at once. */
struct slow {
    struct disk_wrapper wrapper;
    struct list held;
    bool hold;
    unsigned cancelled;
    enum disk_result result;            /* of what is let go; DISK_DONE: what the disk says */
};

struct sata {
    struct guest g;
    struct slow *slow;
    uint64_t list, received, table[AHCI_SLOTS];
};

static void slow_submit(struct disk *disk, struct disk_io *io)
{
    struct slow *slow = container_of(disk, struct slow, wrapper.disk);

    if (slow->hold)
        list_push_back(&slow->held, &io->link);
    else if (slow->result != DISK_DONE)
        disk_answer(io, slow->result);
    else
        disk_pass(&slow->wrapper, io);
}

static void slow_drain(struct disk *disk)
{
    struct slow *slow = container_of(disk, struct slow, wrapper.disk);
    struct list *node;

    for (; (node = list_pop_front(&slow->held)); slow->cancelled++)
        disk_answer(container_of(node, struct disk_io, link), DISK_CANCELLED);
}

static void slow_release(struct slow *slow)
{
    struct list *node;

    slow->hold = false;
    while ((node = list_pop_front(&slow->held)))
        slow_submit(&slow->wrapper.disk, container_of(node, struct disk_io, link));
    disk_burst_end(&slow->wrapper.disk);
}

static uint32_t get(struct sata *s, unsigned offset)
{
    return (uint32_t)pci_bar_read(s->g.device, AHCI_BAR, offset, 4);
}

static void set(struct sata *s, unsigned offset, uint32_t value)
{
    pci_bar_write(s->g.device, AHCI_BAR, offset, 4, value);
}

static uint32_t port_get(struct sata *s, unsigned offset)
{
    return get(s, AHCI_PORT + offset);
}

static void port_set(struct sata *s, unsigned offset, uint32_t value)
{
    set(s, AHCI_PORT + offset, value);
}

static void create(struct sata *s, const char *keys)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct guest *g = &s->g;
    struct disk *inner;
    struct spec spec;
    char text[128];

    log_configure(&quiet);
    memset(s, 0, sizeof *s);
    g->ram = calloc(1, RAM_BYTES);
    g->top = RAM_BASE;
    g->clock = (struct clock){ .now_ns = guest_now, .arm = guest_arm };
    g->host = (struct device_host){ .context = g, .dma = guest_dma, .raise_msi = guest_msi, .set_line = guest_line,
                                    .clock = &g->clock };
    snprintf(text, sizeof text, "mem:1M,serial=SERIAL-1%s%s", *keys ? "," : "", keys);
    CHECK(spec_parse(&spec, text));
    inner = disk_open(&spec, &g->clock, false);
    CHECK(inner);
    s->slow = calloc(1, sizeof *s->slow);
    list_init(&s->slow->held);
    disk_wrap(&s->slow->wrapper, inner);
    s->slow->wrapper.ops.submit = slow_submit;
    s->slow->wrapper.ops.drain = slow_drain;
    s->slow->wrapper.disk.volatile_cache = true;
    g->device = ahci_create(&g->host, &s->slow->wrapper.disk, &spec);
    CHECK(g->device);
    CHECK(spec_finish(&spec));
    pci_config_write(g->device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* What a driver does after power on: memory for the list and the FISes, both engines on, errors cleared, interrupts on. */
static void start(struct sata *s)
{
    struct guest *g = &s->g;

    g->top = align_up(g->top, 1024);
    s->list = guest_alloc(g, AHCI_LIST_BYTES);
    s->received = align_up(guest_alloc(g, 2 * AHCI_FIS_BYTES), AHCI_FIS_BYTES);
    port_set(s, PORT_CLB, (uint32_t)s->list);
    port_set(s, PORT_FB, (uint32_t)s->received);
    port_set(s, PORT_CMD, PCMD_FIS);
    CHECK_EQ(port_get(s, PORT_SSTS), 0x133);
    CHECK_EQ(port_get(s, PORT_SIG), 0x101);
    CHECK_EQ(port_get(s, PORT_TFD) & (ATA_BUSY | ATA_DRQ | ATA_ERROR), 0);
    port_set(s, PORT_SERR, UINT32_MAX);
    port_set(s, PORT_IS, UINT32_MAX);
    port_set(s, PORT_CMD, PCMD_FIS | PCMD_START);
    port_set(s, PORT_IE, UINT32_MAX);
    set(s, AHCI_GHC, GHC_AHCI | GHC_INTERRUPTS);
}

static void msi_on(struct sata *s)
{
    unsigned at = ((struct ahci *)s->g.device)->msi.capability;

    pci_config_write(s->g.device, at + MSI_ADDRESS, 4, 0xFEE00000u);
    pci_config_write(s->g.device, at + MSI_DATA, 2, 0x40);
    pci_config_write(s->g.device, at + MSI_CONTROL, 2, MSI_CONTROL_ENABLE);
}

/* A command in a slot with one region; the FIS is the caller's to fill further. */
static uint8_t *command(struct sata *s, unsigned slot, uint8_t code, uint64_t lba, unsigned count, uint64_t data, uint32_t bytes, bool write)
{
    struct guest *g = &s->g;
    uint32_t *header = (uint32_t *)guest_at(g, s->list + 32 * slot);
    uint32_t *region;
    uint8_t *fis;

    g->top = align_up(g->top, 128);
    if (!s->table[slot])
        s->table[slot] = guest_alloc(g, AHCI_TABLE_PRDS + 16);
    fis = guest_at(g, s->table[slot]);
    memset(fis, 0, AHCI_TABLE_PRDS);
    header[0] = 5 | (write ? 1u << 6 : 0) | (bytes ? 1u << 16 : 0);
    header[1] = 0;
    header[2] = (uint32_t)s->table[slot];
    header[3] = 0;
    region = (uint32_t *)(fis + AHCI_TABLE_PRDS);
    region[0] = (uint32_t)data;
    region[1] = region[2] = 0;
    region[3] = bytes ? bytes - 1 : 0;
    fis[FIS_TYPE] = FIS_H2D;
    fis[FIS_FLAGS] = FIS_IS_COMMAND;
    fis[FIS_COMMAND] = code;
    fis[FIS_DEVICE] = 0x40;
    for (unsigned i = 0; i < 3; i++) {
        fis[FIS_LBA0 + i] = (uint8_t)(lba >> (8 * i));
        fis[FIS_LBA3 + i] = (uint8_t)(lba >> (8 * i + 24));
    }
    fis[FIS_COUNT] = (uint8_t)count;
    fis[FIS_COUNT_EXT] = (uint8_t)(count >> 8);
    return fis;
}

static uint8_t *queued(struct sata *s, unsigned slot, bool write, uint64_t lba, unsigned count, uint64_t data)
{
    uint8_t *fis = command(s, slot, write ? 0x61 : 0x60, lba, slot << 3, data, 512 * count, write);

    fis[FIS_FEATURE] = (uint8_t)count;
    fis[FIS_FEATURE_EXT] = (uint8_t)(count >> 8);
    return fis;
}

static void issue(struct sata *s, uint32_t slots, uint32_t tags)
{
    if (tags)
        port_set(s, PORT_SACT, tags);
    port_set(s, PORT_CI, slots);
}

static uint32_t moved(struct sata *s, unsigned slot)
{
    return ((uint32_t *)guest_at(&s->g, s->list + 32 * slot))[1];
}

static const uint16_t *identify(struct sata *s)
{
    uint64_t data = guest_alloc(&s->g, 512);

    command(s, 0, 0xEC, 0, 0, data, 512, false);
    issue(s, 1, 0);
    CHECK_EQ(port_get(s, PORT_CI), 0);
    CHECK_EQ(port_get(s, PORT_IS), PIS_PIO);
    CHECK_EQ(moved(s, 0), 512);
    CHECK_EQ(((uint8_t *)guest_at(&s->g, s->received))[RECEIVED_PIO], FIS_PIO_SETUP);
    port_set(s, PORT_IS, UINT32_MAX);
    set(s, AHCI_IS, 1);
    return guest_at(&s->g, data);
}

/* Stops and starts the list, as a driver does after an error. */
static void recover(struct sata *s)
{
    port_set(s, PORT_CMD, PCMD_FIS);
    CHECK_EQ(port_get(s, PORT_CMD) & PCMD_LIST_RUNS, 0);
    CHECK_EQ(port_get(s, PORT_CI) | port_get(s, PORT_SACT), 0);
    port_set(s, PORT_SERR, UINT32_MAX);
    port_set(s, PORT_IS, UINT32_MAX);
    set(s, AHCI_IS, 1);
    port_set(s, PORT_CMD, PCMD_FIS | PCMD_START);
}

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
