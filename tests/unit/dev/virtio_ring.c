#include "dev/guest.h"

static void send_one(struct guest *g)
{
    uint8_t *buffer = guest_add(g, &g->tx, 12 + 60, false);

    guest_frame(buffer + 12, 60);
}

static bool needs_reset(struct guest *g)
{
    return guest_status(g) & VIRTIO_S_NEEDS_RESET;
}

TEST(a_chain_in_pieces_is_one_frame)
{
    struct guest g;
    uint8_t frame[100];
    uint64_t pa;

    guest_create(&g, "");
    guest_start(&g, 0);
    guest_frame(frame, 100);
    pa = guest_alloc(&g, 112);
    memset(guest_at(&g, pa), 0, 12);
    memcpy((uint8_t *)guest_at(&g, pa) + 12, frame, 100);
    *guest_desc(&g, &g.tx, 3) = (struct virtq_desc){ pa, 5, 1, 7 };
    *guest_desc(&g, &g.tx, 7) = (struct virtq_desc){ pa + 5, 20, 1, 1 };
    *guest_desc(&g, &g.tx, 1) = (struct virtq_desc){ pa + 25, 87, 0, 0 };
    guest_offer(&g, &g.tx, 3);
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.wire->sent, 1);
    CHECK_EQ(g.wire->size[0], 100);
    CHECK(memcmp(g.wire->frame[0], frame, 100) == 0);
    CHECK_EQ(guest_used(&g, &g.tx), 1);
    CHECK_EQ(guest_used_elem(&g, &g.tx, 0).id, 3);
    CHECK_EQ(guest_used_elem(&g, &g.tx, 0).length, 0);
    guest_destroy(&g);
}

TEST(an_indirect_table_is_one_frame)
{
    struct guest g;
    uint64_t table, pa;

    guest_create(&g, "");
    guest_start(&g, VIRTIO_F_INDIRECT_DESC);
    table = guest_alloc(&g, 64);
    pa = guest_alloc(&g, 80);
    struct virtq_desc *t = guest_at(&g, table);
    t[0] = (struct virtq_desc){ pa, 12, 1, 2 };
    t[2] = (struct virtq_desc){ pa + 12, 60, 0, 0 };
    *guest_desc(&g, &g.tx, 0) = (struct virtq_desc){ table, 48, 4, 0 };
    guest_offer(&g, &g.tx, 0);
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.wire->sent, 1);
    CHECK_EQ(g.wire->size[0], 60);
    CHECK(!needs_reset(&g));
    guest_destroy(&g);
}

/* 2.7.5.3.2: the device must take ordinary descriptors followed by one that refers to an indirect table. */
TEST(an_indirect_table_may_end_a_chain)
{
    struct guest g;
    uint64_t table, pa;

    guest_create(&g, "");
    guest_start(&g, VIRTIO_F_INDIRECT_DESC);
    table = guest_alloc(&g, 64);
    pa = guest_alloc(&g, 80);
    struct virtq_desc *t = guest_at(&g, table);
    t[0] = (struct virtq_desc){ pa + 12, 40, 1, 1 };
    t[1] = (struct virtq_desc){ pa + 52, 20, 0, 0 };
    *guest_desc(&g, &g.tx, 5) = (struct virtq_desc){ pa, 12, 1, 2 };
    *guest_desc(&g, &g.tx, 2) = (struct virtq_desc){ table, 32, 4 | 2, 0 };     /* its write flag means nothing */
    guest_offer(&g, &g.tx, 5);
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.wire->sent, 1);
    CHECK_EQ(g.wire->size[0], 60);
    CHECK(!needs_reset(&g));
    CHECK_EQ(guest_used_elem(&g, &g.tx, 0).id, 5);
    guest_destroy(&g);
}

/* Every used_event against the specification's formula, over a wrap of the index. */
TEST(the_event_index_interrupts_exactly_when_asked)
{
    struct guest g;
    uint16_t used = 0;
    unsigned expected = 0;

    guest_create(&g, "");
    guest_start(&g, VIRTIO_F_EVENT_IDX);
    for (unsigned round = 0; round < 9000; round++) {
        unsigned burst = 1 + round % QUEUE_SIZE;
        uint16_t event = (uint16_t)(used + round % 37 - 5), old = used;

        g.top = RAM_BASE + 65536;
        g.wire->sent = 0;
        guest_used_event(&g, &g.tx, event);
        for (unsigned i = 0; i < burst; i++)
            send_one(&g);
        guest_kick(&g, &g.tx);
        used = (uint16_t)(used + burst);
        CHECK_EQ(guest_used(&g, &g.tx), used);
        expected += (uint16_t)(used - event - 1) < (uint16_t)(used - old);
        CHECK_EQ(g.messages, expected);
    }
    CHECK(expected > 1000);
    guest_destroy(&g);
}

TEST(the_driver_is_asked_for_notifications_by_index)
{
    struct guest g;
    ring_u16 *avail_event;

    guest_create(&g, "");
    guest_start(&g, VIRTIO_F_EVENT_IDX);
    avail_event = (ring_u16 *)((uint8_t *)guest_at(&g, g.tx.used) + 4 + 8 * QUEUE_SIZE);
    for (unsigned i = 0; i < 5; i++)
        send_one(&g);
    guest_kick(&g, &g.tx);
    CHECK_EQ(*avail_event, 5);
    guest_destroy(&g);
}

TEST(the_no_interrupt_flag_is_obeyed)
{
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, 0);
    *(ring_u16 *)guest_at(&g, g.tx.avail) = 1;
    send_one(&g);
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.messages, 0);
    *(ring_u16 *)guest_at(&g, g.tx.avail) = 0;
    send_one(&g);
    send_one(&g);
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.messages, 1);
    CHECK_EQ(g.last_data, 101);
    guest_kick(&g, &g.tx);              /* nothing new, no interrupt */
    CHECK_EQ(g.messages, 1);
    guest_destroy(&g);
}

/* One hostile descriptor or index each: the device asks for a reset, says so with a configuration interrupt, and touches
 * nothing; after the reset it works again. */
enum hostile { LOOP, OUTSIDE, WRAPPED, BAD_NEXT, BAD_HEAD, TOO_MANY, NO_HEADER, INDIRECT_OFF, INDIRECT_ODD, INDIRECT_NESTED,
               INDIRECT_NEXT, INDIRECT_LONG, INDIRECT_OUTSIDE, READ_AFTER_WRITE, HOSTILES };

static void make_hostile(struct guest *g, enum hostile kind)
{
    uint64_t pa = guest_alloc(g, 4096), table = guest_alloc(g, 4096);
    struct virtq_desc *d = guest_desc(g, &g->tx, 0), *t = guest_at(g, table);
    uint16_t head = 0;

    d[0] = (struct virtq_desc){ pa, 72, 0, 0 };
    switch (kind) {
    case LOOP:
        d[0] = (struct virtq_desc){ pa, 72, 1, 1 };
        d[1] = (struct virtq_desc){ pa, 72, 1, 0 };
        break;
    case OUTSIDE:
        d[0].address = RAM_BASE + RAM_BYTES - 10;
        break;
    case WRAPPED:
        d[0].address = UINT64_MAX - 10;
        break;
    case BAD_NEXT:
        d[0].flags = 1;
        d[0].next = QUEUE_SIZE;
        break;
    case BAD_HEAD:
        head = 0xFFFF;
        break;
    case TOO_MANY:
        g->tx.next += QUEUE_SIZE;
        break;
    case NO_HEADER:
        d[0].length = 11;
        break;
    case INDIRECT_OFF:
    case INDIRECT_ODD:
        d[0] = (struct virtq_desc){ table, kind == INDIRECT_ODD ? 17 : 16, kind == INDIRECT_ODD ? 4 : 5, 1 };
        break;
    case INDIRECT_NESTED:
        t[0] = (struct virtq_desc){ table, 16, 4, 0 };
        d[0] = (struct virtq_desc){ table, 16, 4, 0 };
        break;
    case INDIRECT_NEXT:                 /* more after the table */
        t[0] = (struct virtq_desc){ pa, 72, 0, 0 };
        d[0] = (struct virtq_desc){ pa, 72, 1, 1 };
        d[1] = (struct virtq_desc){ table, 16, 5, 2 };
        d[2] = (struct virtq_desc){ pa, 72, 0, 0 };
        break;
    case INDIRECT_LONG:                 /* as long as the queue, behind another descriptor */
        for (uint16_t i = 0; i < QUEUE_SIZE; i++)
            t[i] = (struct virtq_desc){ pa, 1, i + 1u < QUEUE_SIZE, (uint16_t)(i + 1) };
        d[0] = (struct virtq_desc){ pa, 12, 1, 1 };
        d[1] = (struct virtq_desc){ table, 16 * QUEUE_SIZE, 4, 0 };
        break;
    case INDIRECT_OUTSIDE:
        d[0] = (struct virtq_desc){ RAM_BASE + RAM_BYTES - 8, 16, 4, 0 };
        break;
    case READ_AFTER_WRITE:
        d[0].flags = 3;
        d[0].next = 1;
        d[1] = (struct virtq_desc){ pa, 72, 0, 0 };
        break;
    default:
        break;
    }
    guest_offer(g, &g->tx, head);
}

TEST(hostile_rings_ask_for_a_reset_and_nothing_else_happens)
{
    struct guest g;

    guest_create(&g, "");
    for (enum hostile kind = 0; kind < HOSTILES; kind++) {
        g.top = RAM_BASE;
        g.messages = 0;
        g.wire->sent = 0;
        guest_start(&g, VIRTIO_F_INDIRECT_DESC);
        make_hostile(&g, kind);
        guest_kick(&g, &g.tx);
        if (!needs_reset(&g) || g.wire->sent || g.last_data != 103)
            UNIT_FAIL("hostile ring %d: status 0x%x, %u frames, last message %u", kind, guest_status(&g), g.wire->sent, g.last_data);
        guest_kick(&g, &g.tx);
        CHECK_EQ(g.wire->sent, 0);
    }
    g.top = RAM_BASE;
    guest_start(&g, 0);
    send_one(&g);
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.wire->sent, 1);
    guest_destroy(&g);
}

TEST(a_ring_outside_ram_or_misaligned_is_refused)
{
    struct guest g;

    guest_create(&g, "");
    for (unsigned offset = 0x20; offset <= 0x30; offset += 8)
        for (int odd = 0; odd < 2; odd++) {
            guest_features(&g, 0);
            reg_write(&g, 0x16, 2, 0);
            guest_write64(&g, 0x20, RAM_BASE);
            guest_write64(&g, 0x28, RAM_BASE + 4096);
            guest_write64(&g, 0x30, RAM_BASE + 8192);
            guest_write64(&g, offset, odd ? RAM_BASE + 1 : 0x10);
            reg_write(&g, 0x1C, 2, 1);
            CHECK_EQ(reg_read(&g, 0x1C, 2), 0);
            CHECK(needs_reset(&g));
        }
    guest_destroy(&g);
}
