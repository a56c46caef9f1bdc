/* The stack's memory. lwIP allocates through the functions defined here.
 *
 * 1. The bytes of a packet (lwIP's PBUF_RAM with its head) lie in ring3's RAM, in slots of a few sizes that are cut from
 *    pieces of nonpaged pool and kept in lists until the stack closes: a packet costs two list operations, and an MDL
 *    can describe it. Everything else of lwIP's (control blocks, timers) belongs to the host's heap, because some of it
 *    outlives the computer.
 * 2. A slot begins with the number of its size, so that freeing needs nothing else. Memory outside RAM is the heap's.
 * 3. The pieces never take more than a quarter of RAM: then packets are dropped.
 * 4. Every allocation counts for stack_fail_at, so a test can let each one fail; but not a timer's, for lwIP stops the
 *    process when it gets none. */
#include <lwip/mem.h>
#include <lwip/memp.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/pool.h"
#include "nt/ram.h"
#include "tcpip/real.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"

#define MEMORY_TAG 0x6B507054u          /* TpPk */
#define SLOT_HEAD 16u

struct slot {
    unsigned size_class;
    struct slot *next;                  /* while free */
};

struct piece {
    struct piece *next;
    char pad[SLOT_HEAD - sizeof(struct piece *)];
};

/* An ACK; a full frame with the room before it that sending wants; the largest frame we take; the largest IP packet. */
static const struct {
    size_t size;
    unsigned per_piece;
} classes[] = { { 256, 240 }, { 1664, 39 }, { 9344, 7 }, { 66048, 1 } };

static struct {
    struct slot *free[countof(classes)];
    struct piece *pieces;
    size_t bytes;
    bool packet;                        /* inside pbuf_alloc of a PBUF_RAM */
    bool timer;                         /* inside memp_malloc of a timer */
    uint64_t fail_at, count;
} memory;

void stack_fail_at(uint64_t n)
{
    memory.fail_at = n;
    memory.count = 0;
}

uint64_t stack_fail_count(void)
{
    return memory.count;
}

static bool fails(void)
{
    return !memory.timer && ++memory.count == memory.fail_at;
}

void *stack_calloc(size_t size)
{
    return fails() ? NULL : calloc(1, size);
}

/* --- slots ---------------------------------------------------------------------------------------------------- */

static bool grow(unsigned class)
{
    size_t step = SLOT_HEAD + classes[class].size, size = sizeof(struct piece) + step * classes[class].per_piece;

    if (memory.bytes + size > ram_pages_total() * RAM_PAGE / 4)
        return false;
    struct piece *piece = pool_alloc(NonPagedPoolNx, size, MEMORY_TAG, __builtin_return_address(0));
    if (!piece)
        return false;
    piece->next = memory.pieces;
    memory.pieces = piece;
    memory.bytes += size;
    for (unsigned n = classes[class].per_piece; n-- > 0;) {
        struct slot *slot = (struct slot *)((char *)(piece + 1) + n * step);
        slot->size_class = class;
        slot->next = memory.free[class];
        memory.free[class] = slot;
    }
    return true;
}

static void *take_slot(size_t size)
{
    unsigned class = 0;

    while (class < countof(classes) && size > classes[class].size)
        class++;
    if (class == countof(classes) || (!memory.free[class] && !grow(class)))
        return NULL;
    struct slot *slot = memory.free[class];
    memory.free[class] = slot->next;
    return (char *)slot + SLOT_HEAD;
}

void memory_close(void)
{
    while (memory.pieces) {
        struct piece *piece = memory.pieces;
        memory.pieces = piece->next;
        pool_free(piece, MEMORY_TAG, __builtin_return_address(0));
    }
    memset(&memory, 0, sizeof memory);
}

/* --- what lwIP's library calls ---------------------------------------------------------------------------------- */

void *mem_malloc(mem_size_t size)
{
    if (fails())
        return NULL;
    return memory.packet ? take_slot(size) : malloc(size);
}

void *mem_calloc(mem_size_t count, mem_size_t size)
{
    return fails() ? NULL : calloc(count, size);
}

void mem_free(void *block)
{
    if (!ram_contains(block)) {
        free(block);
        return;
    }
    struct slot *slot = (struct slot *)((char *)block - SLOT_HEAD);
    slot->next = memory.free[slot->size_class];
    memory.free[slot->size_class] = slot;
}

void *memp_malloc(memp_t type)
{
    memory.timer = type == MEMP_SYS_TIMEOUT;
    void *block = real_lwip()->memp_malloc(type);
    memory.timer = false;
    return block;
}

struct pbuf *pbuf_alloc(pbuf_layer layer, u16_t length, pbuf_type type)
{
    memory.packet = type == PBUF_RAM;
    struct pbuf *p = real_lwip()->pbuf_alloc(layer, length, type);
    memory.packet = false;
    return p;
}

/* --- packets ------------------------------------------------------------------------------------------------------ */

size_t tcpip_packet_size(const struct tcpip_packet *packet)
{
    size_t size = 0;

    for (const struct pbuf *p = (const struct pbuf *)packet; p; p = p->next)
        size += p->len;
    return size;
}

unsigned tcpip_packet_parts(const struct tcpip_packet *packet, struct iovec *parts, unsigned count)
{
    unsigned n = 0;

    for (const struct pbuf *p = (const struct pbuf *)packet; p; p = p->next) {
        if (p->len == 0)
            continue;
        if (n < count)
            parts[n] = (struct iovec){ p->payload, p->len };
        n++;
    }
    return n;
}

bool tcpip_packet_pushed(const struct tcpip_packet *packet)
{
    for (const struct pbuf *p = (const struct pbuf *)packet; p; p = p->next)
        if (p->flags & PBUF_FLAG_PUSH)
            return true;
    return false;
}

struct pbuf *stack_few_pieces(struct pbuf *p)
{
    struct pbuf *flat;

    if (pbuf_clen(p) <= TCPIP_PACKET_PARTS)
        return p;
    flat = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
    if (!flat)
        return NULL;
    if (tcpip_packet_pushed((struct tcpip_packet *)p))
        flat->flags |= PBUF_FLAG_PUSH;
    pbuf_free(p);
    return flat;
}

void tcpip_packet_free(struct tcpip_packet *packet)
{
    if (!stack_is_open())               /* its memory went with the stack */
        return;
    stack_enter();
    pbuf_free((struct pbuf *)packet);
    stack_leave();
}
