/* pcapng blocks: type, length, body, the same length again; padded to four bytes. A section header begins a new set of
 * interfaces and may change the byte order. Unknown block types are skipped, as the format demands. */
#include "wire/pcap_reader.h"

#include <string.h>

enum {
    BLOCK_SECTION = 0x0A0D0D0A, BLOCK_INTERFACE = 1, BLOCK_OLD_PACKET = 2, BLOCK_SIMPLE_PACKET = 3, BLOCK_PACKET = 6,
};
enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_FCS = 13, OPTION_TSOFFSET = 14 };

#define BYTE_ORDER_MAGIC 0x1A2B3C4Du

struct block {
    size_t start, body, end;            /* of the body: [body, end) */
    uint32_t type;
};

static bool read_order(struct pcap_reader *r, size_t at)
{
    if (r->size - at < 28)
        return pcap_reader_error(r, at, "a section header is cut short");
    r->swapped = false;
    if (pcap_get32(r, at + 8) == BYTE_ORDER_MAGIC)
        return true;
    r->swapped = true;
    return pcap_get32(r, at + 8) == BYTE_ORDER_MAGIC || pcap_reader_error(r, at + 8, "no byte-order magic in a section header");
}

/* 1: a block, 0: the end, -1: malformed. */
static int next_block(struct pcap_reader *r, struct block *block)
{
    size_t at = r->at, left = r->size - at;
    uint32_t length;

    if (!left)
        return 0;
    if (left < 12)
        return pcap_reader_error(r, at, "a block is cut short (%zu bytes)", left) - 1;
    block->type = pcap_get32(r, at);
    if (block->type == BLOCK_SECTION && !read_order(r, at))
        return -1;
    length = pcap_get32(r, at + 4);
    if (length < 12 || length % 4)
        return pcap_reader_error(r, at + 4, "a block length of %u", length) - 1;
    if (length > left)
        return pcap_reader_error(r, at, "a block of %u bytes, of which the file has %zu", length, left) - 1;
    if (pcap_get32(r, at + length - 4) != length)
        return pcap_reader_error(r, at + length - 4, "a block of %u bytes ends with the length %u", length,
                                 pcap_get32(r, at + length - 4)) - 1;
    *block = (struct block){ .start = at, .body = at + 8, .end = at + length - 4, .type = block->type };
    r->at = at + length;
    return 1;
}

static bool read_section(struct pcap_reader *r, const struct block *b)
{
    if (b->end - b->body < 16)
        return pcap_reader_error(r, b->start, "a section header of %zu bytes", b->end - b->body);
    if (pcap_get16(r, b->body + 4) != 1)
        return pcap_reader_error(r, b->body + 4, "pcapng version %u, not 1", pcap_get16(r, b->body + 4));
    r->interfaces = 0;
    return true;
}

static bool read_resolution(struct pcap_reader *r, size_t at, uint8_t code, struct pcap_interface *interface)
{
    uint64_t units = 1;
    unsigned exponent = code & 0x7F;

    if (exponent > (code & 0x80 ? 40u : 12u))
        return pcap_reader_error(r, at, "a time resolution of 0x%02x", code);
    for (unsigned i = 0; i < exponent; i++)
        units *= code & 0x80 ? 2 : 10;
    interface->units_per_second = units;
    return true;
}

static bool read_option(struct pcap_reader *r, size_t at, uint16_t code, uint16_t size, struct pcap_interface *interface)
{
    if (code == OPTION_TSRESOL && size == 1)
        return read_resolution(r, at, r->data[at], interface);
    if (code == OPTION_FCS && size == 1 && r->data[at] <= 64)
        interface->fcs_bytes = r->data[at] / 8u;        /* given in bits */
    if (code == OPTION_TSOFFSET && size == 8) {
        uint64_t low = pcap_get32(r, at + (r->swapped ? 4 : 0)), high = pcap_get32(r, at + (r->swapped ? 0 : 4));
        interface->offset_seconds = (int64_t)(high << 32 | low);
    }
    return true;
}

static bool read_interface(struct pcap_reader *r, const struct block *b)
{
    struct pcap_interface *interface = &r->interface[r->interfaces];
    size_t at = b->body + 8;

    if (b->end - b->body < 8)
        return pcap_reader_error(r, b->start, "an interface description of %zu bytes", b->end - b->body);
    if (r->interfaces == PCAP_INTERFACES)
        return pcap_reader_error(r, b->start, "more than %d interfaces", PCAP_INTERFACES);
    *interface = (struct pcap_interface){ .units_per_second = 1000000, .snap_length = pcap_get32(r, b->body + 4) };
    if (!pcap_reader_link(r, b->body, pcap_get16(r, b->body), interface))
        return false;
    while (b->end - at >= 4) {
        uint16_t code = pcap_get16(r, at), size = pcap_get16(r, at + 2);

        if (code == OPTION_END)
            break;
        if (b->end - at - 4 < ((size + 3u) & ~3u))
            return pcap_reader_error(r, at, "an option of %u bytes is longer than its block", size);
        if (!read_option(r, at + 4, code, size, interface))
            return false;
        at += 4 + ((size + 3u) & ~3u);
    }
    r->interfaces++;
    return true;
}

static uint64_t to_ns(const struct pcap_interface *interface, uint64_t ticks)
{
    uint64_t seconds = ticks / interface->units_per_second, rest = ticks % interface->units_per_second;
    __uint128_t fraction = (__uint128_t)rest * 1000000000u / interface->units_per_second;

    return (seconds + (uint64_t)interface->offset_seconds) * 1000000000u + (uint64_t)fraction;
}

static int read_packet(struct pcap_reader *r, const struct block *b, struct pcap_frame *frame)
{
    size_t room = b->end - b->body;
    uint32_t number, captured;

    if (room < 20)
        return pcap_reader_error(r, b->start, "a packet block of %zu bytes", room) - 1;
    number = b->type == BLOCK_PACKET ? pcap_get32(r, b->body) : pcap_get16(r, b->body);
    captured = pcap_get32(r, b->body + 12);
    if (number >= r->interfaces)
        return pcap_reader_error(r, b->body, "a packet of interface %u, of %u described", number, r->interfaces) - 1;
    if (captured > room - 20)
        return pcap_reader_error(r, b->body + 12, "a frame of %u bytes in a block with %zu", captured, room - 20) - 1;
    if (!pcap_reader_frame(r, b->start, &r->interface[number], captured, pcap_get32(r, b->body + 16), frame))
        return -1;
    frame->time_ns = to_ns(&r->interface[number], (uint64_t)pcap_get32(r, b->body + 4) << 32 | pcap_get32(r, b->body + 8));
    frame->data = r->data + b->body + 20;
    return 1;
}

static int read_simple(struct pcap_reader *r, const struct block *b, struct pcap_frame *frame)
{
    size_t room = b->end - b->body;
    uint32_t original, captured;

    if (room < 4 || !r->interfaces)
        return pcap_reader_error(r, b->start, "a simple packet block %s", room < 4 ? "too short" : "without an interface") - 1;
    original = captured = pcap_get32(r, b->body);
    if (r->interface[0].snap_length && captured > r->interface[0].snap_length)
        captured = r->interface[0].snap_length;
    if (captured > room - 4)
        return pcap_reader_error(r, b->body, "a frame of %u bytes in a block with %zu", captured, room - 4) - 1;
    if (!pcap_reader_frame(r, b->start, &r->interface[0], captured, original, frame))
        return -1;
    frame->time_ns = 0;
    frame->data = r->data + b->body + 4;
    return 1;
}

bool pcapng_reader_open(struct pcap_reader *reader)
{
    reader->at = 0;
    return read_order(reader, 0);
}

int pcapng_reader_next(struct pcap_reader *reader, struct pcap_frame *frame)
{
    struct block block = { 0 };
    int got;

    while ((got = next_block(reader, &block)) == 1) {
        switch (block.type) {
        case BLOCK_SECTION:
            if (!read_section(reader, &block))
                return -1;
            break;
        case BLOCK_INTERFACE:
            if (!read_interface(reader, &block))
                return -1;
            break;
        case BLOCK_PACKET:
        case BLOCK_OLD_PACKET:
            return read_packet(reader, &block, frame);
        case BLOCK_SIMPLE_PACKET:
            return read_simple(reader, &block, frame);
        default:
            break;
        }
    }
    return got;
}
