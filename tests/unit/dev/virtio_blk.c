#include "dev/guest.h"
#include "dev/virtio_blk.h"
#include "disk/disk_impl.h"

#define ALL (BLK_F_FLUSH | BLK_F_CONFIG_WCE | BLK_F_DISCARD | BLK_F_WRITE_ZEROES | BLK_F_MQ)

/* A disk that holds requests back until the test lets them go, or hands them to a memory disk at once. */
struct slow {
    struct disk_wrapper wrapper;
    struct list held;
    bool hold;
    unsigned cancelled;
};

static void slow_submit(struct disk *disk, struct disk_io *io)
{
    struct slow *slow = container_of(disk, struct slow, wrapper.disk);

    if (slow->hold)
        list_push_back(&slow->held, &io->link);
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

    while ((node = list_pop_front(&slow->held)))
        disk_pass(&slow->wrapper, container_of(node, struct disk_io, link));
    disk_burst_end(&slow->wrapper.disk);
}

struct blk_guest {
    struct guest g;
    struct slow *slow;
    struct ring ring[2];
};

static void create(struct blk_guest *b, const char *keys)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct guest *g = &b->g;
    struct disk *inner;
    struct spec spec;
    char text[128];

    log_configure(&quiet);
    memset(b, 0, sizeof *b);
    g->ram = calloc(1, RAM_BYTES);
    g->top = RAM_BASE;
    g->clock = (struct clock){ .now_ns = guest_now, .arm = guest_arm };
    g->host = (struct device_host){ .context = g, .dma = guest_dma, .raise_msi = guest_msi, .set_line = guest_line,
                                    .clock = &g->clock };
    snprintf(text, sizeof text, "mem:1M,ring=%u,serial=SERIAL-1%s%s", QUEUE_SIZE, *keys ? "," : "", keys);
    CHECK(spec_parse(&spec, text));
    inner = disk_open(&spec, &g->clock, false);
    CHECK(inner);
    b->slow = calloc(1, sizeof *b->slow);
    list_init(&b->slow->held);
    disk_wrap(&b->slow->wrapper, inner);
    b->slow->wrapper.ops.submit = slow_submit;
    b->slow->wrapper.ops.drain = slow_drain;
    b->slow->wrapper.disk.volatile_cache = true;
    g->device = virtio_blk_create(&g->host, &b->slow->wrapper.disk, &spec);
    CHECK(g->device);
    CHECK(spec_finish(&spec));
    pci_config_write(g->device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void start(struct blk_guest *b, uint64_t features, unsigned queues)
{
    struct guest *g = &b->g;

    guest_msix(g);
    guest_features(g, features);
    CHECK(guest_status(g) & VIRTIO_S_FEATURES_OK);
    for (unsigned i = 0; i < queues; i++)
        guest_queue(g, &b->ring[i], i, i);
    reg_write(g, 0x14, 1, 15);
    CHECK_EQ(guest_status(g), 15);
}

struct buffer {
    uint64_t header, data, status;
};

/* One request: header, data (readable or writable), status. */
static struct buffer offer(struct blk_guest *b, unsigned queue, uint32_t type, uint64_t sector, uint32_t size, bool write)
{
    struct guest *g = &b->g;
    struct ring *ring = &b->ring[queue];
    struct buffer r = { guest_alloc(g, 16), guest_alloc(g, size ? size : 1), guest_alloc(g, 1) };
    uint16_t d = ring->free_desc;
    struct blk_header header = { type, 0, sector };

    ring->free_desc = (uint16_t)((d + 3) % 15);
    memcpy(guest_at(g, r.header), &header, sizeof header);
    *(uint8_t *)guest_at(g, r.status) = 0xEE;
    *guest_desc(g, ring, d) = (struct virtq_desc){ r.header, 16, 1, (uint16_t)(size ? d + 1 : d + 2) };
    *guest_desc(g, ring, d + 1u) = (struct virtq_desc){ r.data, size, write ? 3 : 1, (uint16_t)(d + 2) };
    *guest_desc(g, ring, d + 2u) = (struct virtq_desc){ r.status, 1, 2, 0 };
    guest_offer(g, ring, d);
    return r;
}

static uint8_t status_of(struct blk_guest *b, struct buffer r)
{
    return *(uint8_t *)guest_at(&b->g, r.status);
}

static uint8_t request(struct blk_guest *b, uint32_t type, uint64_t sector, void *data, uint32_t size, bool write)
{
    struct buffer r = offer(b, 0, type, sector, size, write);

    if (!write && size)
        memcpy(guest_at(&b->g, r.data), data, size);
    guest_kick(&b->g, &b->ring[0]);
    if (write && size)
        memcpy(data, guest_at(&b->g, r.data), size);
    return status_of(b, r);
}

TEST(what_is_written_is_read_back_and_one_interrupt_answers_a_burst)
{
    struct blk_guest b;
    uint8_t data[1024], back[1024];

    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 13);
    create(&b, "");
    start(&b, BLK_F_FLUSH, 1);
    CHECK_EQ(request(&b, BLK_T_OUT, 5, data, sizeof data, false), BLK_S_OK);
    CHECK_EQ(guest_used_elem(&b.g, &b.ring[0], 0).length, 1);
    CHECK_EQ(request(&b, BLK_T_IN, 5, back, sizeof back, true), BLK_S_OK);
    CHECK(memcmp(data, back, sizeof data) == 0);
    CHECK_EQ(guest_used_elem(&b.g, &b.ring[0], 1).length, sizeof back + 1);
    CHECK_EQ(b.g.messages, 2);
    offer(&b, 0, BLK_T_IN, 0, 512, true);
    offer(&b, 0, BLK_T_FLUSH, 0, 0, false);
    guest_kick(&b.g, &b.ring[0]);
    CHECK_EQ(guest_used(&b.g, &b.ring[0]), 4);
    CHECK_EQ(b.g.messages, 3);
    guest_destroy(&b.g);
}

TEST(the_configuration_says_what_the_disk_is)
{
    struct blk_guest b;

    create(&b, "block=4096,queues=2");
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 0, 4), 2048);       /* sectors of 512 bytes, whatever the block size */
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 12, 4), QUEUE_SIZE - 2);
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 20, 4), 4096);
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 24, 1), 0);
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 34, 2), 2);
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 44, 4), 8);
    CHECK_EQ(pci_config_read(b.g.device, 0, 4), 0x10421AF4);
    guest_destroy(&b.g);
    create(&b, "");
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 24, 1), 3);         /* 8 blocks of 512 in a page */
    guest_destroy(&b.g);
}

TEST(the_serial_number_is_what_was_asked_for)
{
    struct blk_guest b;
    char id[20];

    create(&b, "");
    start(&b, 0, 1);
    CHECK_EQ(request(&b, BLK_T_GET_ID, 0, id, 20, true), BLK_S_OK);
    CHECK_STR(id, "SERIAL-1");
    CHECK_EQ(request(&b, BLK_T_GET_ID, 0, id, 19, true), BLK_S_IOERR);
    guest_destroy(&b.g);
}

TEST(zeroes_and_discards_take_several_segments_and_refuse_wrong_flags)
{
    struct blk_guest b;
    struct blk_range ranges[2] = { { 1, 1, 0 }, { 3, 2, 1 } };
    uint8_t data[8 * 512], back[8 * 512];

    memset(data, 0xAB, sizeof data);
    create(&b, "");
    start(&b, ALL, 1);
    CHECK_EQ(request(&b, BLK_T_OUT, 0, data, sizeof data, false), BLK_S_OK);
    CHECK_EQ(request(&b, BLK_T_WRITE_ZEROES, 0, ranges, sizeof ranges, false), BLK_S_OK);
    CHECK_EQ(request(&b, BLK_T_IN, 0, back, sizeof back, true), BLK_S_OK);
    memset(data + 512, 0, 512);
    memset(data + 3 * 512, 0, 1024);
    CHECK(memcmp(data, back, sizeof data) == 0);
    CHECK_EQ(request(&b, BLK_T_DISCARD, 0, ranges, sizeof ranges, false), BLK_S_UNSUPP);    /* unmap is not for discard */
    ranges[1].flags = 0;
    CHECK_EQ(request(&b, BLK_T_DISCARD, 0, ranges, sizeof ranges, false), BLK_S_OK);
    ranges[1].flags = 2;
    CHECK_EQ(request(&b, BLK_T_WRITE_ZEROES, 0, ranges, sizeof ranges, false), BLK_S_UNSUPP);
    ranges[1] = (struct blk_range){ 2047, 2, 0 };
    CHECK_EQ(request(&b, BLK_T_WRITE_ZEROES, 0, ranges, sizeof ranges, false), BLK_S_IOERR);
    CHECK_EQ(request(&b, BLK_T_WRITE_ZEROES, 0, ranges, 15, false), BLK_S_IOERR);
    guest_destroy(&b.g);
}

TEST(requests_the_disk_cannot_do_get_an_error_and_no_more)
{
    struct blk_guest b;
    uint8_t data[1024] = { 0 };

    create(&b, "");
    start(&b, 0, 1);
    CHECK_EQ(request(&b, BLK_T_IN, 2048, data, 512, true), BLK_S_IOERR);
    CHECK_EQ(request(&b, BLK_T_IN, 2047, data, 1024, true), BLK_S_IOERR);
    CHECK_EQ(request(&b, BLK_T_IN, UINT64_MAX / 512, data, 512, true), BLK_S_IOERR);
    CHECK_EQ(request(&b, BLK_T_IN, 1ull << 55, data, 512, true), BLK_S_IOERR);
    CHECK_EQ(request(&b, BLK_T_IN, 0, data, 100, true), BLK_S_IOERR);
    CHECK_EQ(request(&b, BLK_T_OUT, 0, data, 0, false), BLK_S_IOERR);
    CHECK_EQ(request(&b, BLK_T_FLUSH, 0, data, 0, false), BLK_S_UNSUPP);        /* not negotiated */
    CHECK_EQ(request(&b, BLK_T_DISCARD, 0, data, 16, false), BLK_S_UNSUPP);
    CHECK_EQ(request(&b, 99, 0, data, 512, true), BLK_S_UNSUPP);
    CHECK_EQ(request(&b, BLK_T_IN, 0, data, 512, true), BLK_S_OK);
    CHECK_EQ(guest_status(&b.g), 15);
    guest_destroy(&b.g);
}

TEST(without_flushes_every_write_is_durable_when_it_is_answered)
{
    struct blk_guest b;
    struct disk_io *io;

    create(&b, "");
    start(&b, 0, 1);
    b.slow->hold = true;
    offer(&b, 0, BLK_T_OUT, 0, 512, false);
    guest_kick(&b.g, &b.ring[0]);
    io = list_first(&b.slow->held, struct disk_io, link);
    CHECK(io->fua);
    slow_release(b.slow);
    start(&b, BLK_F_FLUSH | BLK_F_CONFIG_WCE, 1);
    CHECK_EQ(reg_read(&b.g, VIRTIO_DEVICE + 32, 1), 1);
    offer(&b, 0, BLK_T_OUT, 0, 512, false);
    guest_kick(&b.g, &b.ring[0]);
    CHECK(!list_first(&b.slow->held, struct disk_io, link)->fua);
    slow_release(b.slow);
    reg_write(&b.g, VIRTIO_DEVICE + 32, 1, 0);                  /* write-through, please */
    offer(&b, 0, BLK_T_OUT, 0, 512, false);
    guest_kick(&b.g, &b.ring[0]);
    CHECK(list_first(&b.slow->held, struct disk_io, link)->fua);
    slow_release(b.slow);
    guest_destroy(&b.g);
}

TEST(answers_that_come_later_are_published_at_the_end_of_their_burst)
{
    struct blk_guest b;
    struct buffer one, two;

    create(&b, "queues=2");
    start(&b, BLK_F_MQ, 2);
    b.slow->hold = true;
    one = offer(&b, 0, BLK_T_IN, 0, 512, true);
    two = offer(&b, 1, BLK_T_IN, 1, 512, true);
    guest_kick(&b.g, &b.ring[0]);
    guest_kick(&b.g, &b.ring[1]);
    CHECK_EQ(b.g.messages, 0);
    CHECK_EQ(status_of(&b, one), 0xEE);
    slow_release(b.slow);
    CHECK_EQ(status_of(&b, one) | status_of(&b, two), BLK_S_OK);
    CHECK_EQ(b.g.messages, 2);
    CHECK_EQ(guest_used(&b.g, &b.ring[0]), 1);
    CHECK_EQ(guest_used(&b.g, &b.ring[1]), 1);
    guest_destroy(&b.g);
}

TEST(after_a_reset_no_earlier_request_is_answered)
{
    struct blk_guest b;
    struct buffer r;

    create(&b, "");
    start(&b, 0, 1);
    b.slow->hold = true;
    r = offer(&b, 0, BLK_T_IN, 0, 512, true);
    guest_kick(&b.g, &b.ring[0]);
    reg_write(&b.g, 0x14, 1, 0);
    CHECK_EQ(b.slow->cancelled, 1);
    CHECK_EQ(status_of(&b, r), 0xEE);
    CHECK_EQ(guest_used(&b.g, &b.ring[0]), 0);
    CHECK_EQ(b.g.messages, 0);
    b.slow->hold = false;
    start(&b, 0, 1);
    CHECK_EQ(request(&b, BLK_T_IN, 0, guest_at(&b.g, r.data), 512, true), BLK_S_OK);
    guest_destroy(&b.g);
}

TEST(a_card_that_was_pulled_out_answers_nothing)
{
    struct blk_guest b;
    struct buffer r;

    create(&b, "");
    start(&b, 0, 1);
    b.slow->hold = true;
    r = offer(&b, 0, BLK_T_IN, 0, 512, true);
    guest_kick(&b.g, &b.ring[0]);
    pci_unplug(b.g.device);
    slow_release(b.slow);
    CHECK_EQ(status_of(&b, r), 0xEE);
    CHECK_EQ(b.g.messages, 0);
    guest_destroy(&b.g);
}

TEST(a_buffer_offered_twice_or_without_status_breaks_the_device)
{
    struct blk_guest b;

    create(&b, "");
    start(&b, 0, 1);
    b.slow->hold = true;
    offer(&b, 0, BLK_T_IN, 0, 512, true);
    guest_offer(&b.g, &b.ring[0], 0);
    guest_kick(&b.g, &b.ring[0]);
    CHECK(guest_status(&b.g) & VIRTIO_S_NEEDS_RESET);
    slow_release(b.slow);
    start(&b, 0, 1);
    guest_add(&b.g, &b.ring[0], 16, false);
    guest_kick(&b.g, &b.ring[0]);
    CHECK(guest_status(&b.g) & VIRTIO_S_NEEDS_RESET);
    start(&b, 0, 1);
    guest_add(&b.g, &b.ring[0], 100, true);
    guest_kick(&b.g, &b.ring[0]);
    CHECK(guest_status(&b.g) & VIRTIO_S_NEEDS_RESET);
    guest_destroy(&b.g);
}

TEST(a_header_and_data_in_one_piece_and_split_anywhere_are_understood)
{
    struct blk_guest b;
    struct guest *g = &b.g;
    struct blk_header header = { BLK_T_OUT, 0, 7 };
    uint8_t back[512];

    create(&b, "");
    start(&b, 0, 1);
    uint64_t at = guest_alloc(g, 16 + 512), status = guest_alloc(g, 1);
    memcpy(guest_at(g, at), &header, 16);
    memset(guest_at(g, at + 16), 0x5A, 512);
    *guest_desc(g, &b.ring[0], 0) = (struct virtq_desc){ at, 5, 1, 1 };
    *guest_desc(g, &b.ring[0], 1) = (struct virtq_desc){ at + 5, 100, 1, 2 };
    *guest_desc(g, &b.ring[0], 2) = (struct virtq_desc){ at + 105, 423, 1, 3 };
    *guest_desc(g, &b.ring[0], 3) = (struct virtq_desc){ status, 1, 2, 0 };
    guest_offer(g, &b.ring[0], 0);
    guest_kick(g, &b.ring[0]);
    CHECK_EQ(*(uint8_t *)guest_at(g, status), BLK_S_OK);
    b.ring[0].free_desc = 0;
    CHECK_EQ(request(&b, BLK_T_IN, 7, back, 512, true), BLK_S_OK);
    CHECK_EQ(back[0], 0x5A);
    CHECK_EQ(back[511], 0x5A);
    guest_destroy(g);
}

TEST(keys_that_are_wrong_get_a_sentence)
{
    static const char *const bad[][2] = {
        { "mem:1M,queues=0", "1 to 64" }, { "mem:1M,ring=3", "power of two" }, { "mem:1M,serial=123456789012345678901", "at most 20" },
        { "mem:1M,interrupts=some", "msix, msi or line" },
    };
    struct guest g = { 0 };

    g.host.clock = &g.clock;
    for (size_t i = 0; i < countof(bad); i++) {
        struct spec spec;
        struct disk *disk;

        CHECK(spec_parse(&spec, bad[i][0]));
        disk = disk_open(&spec, &g.clock, false);
        CHECK(!virtio_blk_create(&g.host, disk, &spec));
        CHECK_CONTAINS(error_text(), bad[i][1]);
        disk_close(disk);
    }
}
