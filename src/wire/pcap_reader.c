#include "wire/pcap_reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "wire/wire.h"

#define MAGIC_MICROSECONDS 0xA1B2C3D4u
#define MAGIC_NANOSECONDS 0xA1B23C4Du
#define MAGIC_SECTION 0x0A0D0D0Au
#define LINK_ETHERNET 1u
#define LINK_FCS_KNOWN 0x04000000u
#define FILE_HEADER 24u
#define RECORD_HEADER 16u

bool pcap_reader_error(const struct pcap_reader *reader, size_t offset, const char *format, ...)
{
    char text[160];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return error_set("%s: at byte %zu: %s", reader->name, offset, text);
}

bool pcap_reader_link(const struct pcap_reader *reader, size_t offset, uint32_t link_type, struct pcap_interface *interface)
{
    if ((link_type & 0xFFFF) != LINK_ETHERNET)
        return pcap_reader_error(reader, offset, "link type %u, not Ethernet (1)", link_type & 0xFFFF);
    /* The length of the FCS is counted in 16-bit units there. */
    interface->fcs_bytes = link_type & LINK_FCS_KNOWN ? (link_type >> 28) * 2 : 0;
    return true;
}

bool pcap_reader_frame(const struct pcap_reader *reader, size_t offset, const struct pcap_interface *interface,
                       uint32_t captured, uint32_t original, struct pcap_frame *frame)
{
    uint32_t fcs = captured == original ? interface->fcs_bytes : 0;

    if (captured > original)
        return pcap_reader_error(reader, offset, "%u bytes captured of a frame of %u", captured, original);
    if (captured < WIRE_FRAME_MIN + fcs)
        return pcap_reader_error(reader, offset, "a frame of %u bytes is shorter than an Ethernet header", captured);
    if (captured - fcs > WIRE_FRAME_MAX)
        return pcap_reader_error(reader, offset, "a frame of %u bytes is longer than %u", captured, WIRE_FRAME_MAX);
    frame->size = captured - fcs;
    return true;
}

static bool open_classic(struct pcap_reader *r, uint64_t units_per_second)
{
    if (r->size < FILE_HEADER)
        return pcap_reader_error(r, 0, "the file header is cut short (%zu of %u bytes)", r->size, FILE_HEADER);
    if (pcap_get16(r, 4) != 2)
        return pcap_reader_error(r, 4, "pcap version %u.%u, not 2.x", pcap_get16(r, 4), pcap_get16(r, 6));
    r->interfaces = 1;
    r->interface[0] = (struct pcap_interface){ .units_per_second = units_per_second, .snap_length = pcap_get32(r, 16) };
    r->at = FILE_HEADER;
    return pcap_reader_link(r, 20, pcap_get32(r, 20), &r->interface[0]);
}

bool pcap_reader_open(struct pcap_reader *reader, const char *name, const uint8_t *data, size_t size)
{
    *reader = (struct pcap_reader){ .name = name, .data = data, .size = size };
    if (size < 4)
        return pcap_reader_error(reader, 0, "%zu bytes are no capture", size);
    for (int swapped = 0; swapped <= 1; swapped++) {
        reader->swapped = swapped;
        switch (pcap_get32(reader, 0)) {
        case MAGIC_MICROSECONDS:
            return open_classic(reader, 1000000);
        case MAGIC_NANOSECONDS:
            return open_classic(reader, 1000000000);
        case MAGIC_SECTION:             /* a palindrome: the byte order is elsewhere */
            reader->is_ng = true;
            return pcapng_reader_open(reader);
        default:
            break;
        }
    }
    reader->swapped = false;
    return pcap_reader_error(reader, 0, "0x%08x is neither a pcap nor a pcapng file's beginning", pcap_get32(reader, 0));
}

static int next_classic(struct pcap_reader *r, struct pcap_frame *frame)
{
    const struct pcap_interface *interface = &r->interface[0];
    size_t at = r->at, left = r->size - at;
    uint32_t captured;

    if (!left)
        return 0;
    if (left < RECORD_HEADER)
        return pcap_reader_error(r, at, "a record header is cut short (%zu of %u bytes)", left, RECORD_HEADER) - 1;
    captured = pcap_get32(r, at + 8);
    if (captured > left - RECORD_HEADER)
        return pcap_reader_error(r, at, "a frame of %u bytes, of which the file has %zu", captured, left - RECORD_HEADER) - 1;
    if (pcap_get32(r, at + 4) >= interface->units_per_second)
        return pcap_reader_error(r, at + 4, "a fraction of a second of %u", pcap_get32(r, at + 4)) - 1;
    if (!pcap_reader_frame(r, at, interface, captured, pcap_get32(r, at + 12), frame))
        return -1;
    frame->time_ns = pcap_get32(r, at) * 1000000000ull + pcap_get32(r, at + 4) * (1000000000u / interface->units_per_second);
    frame->data = r->data + at + RECORD_HEADER;
    r->at = at + RECORD_HEADER + captured;
    return 1;
}

int pcap_reader_next(struct pcap_reader *reader, struct pcap_frame *frame)
{
    return reader->is_ng ? pcapng_reader_next(reader, frame) : next_classic(reader, frame);
}
