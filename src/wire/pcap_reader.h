/* Reads pcap (microseconds and nanoseconds, both byte orders) and pcapng (several sections, interfaces and time
 * resolutions) from memory. Strict: anything malformed ends it with a sentence that has name, offset and reason. */
#ifndef WIRE_PCAP_READER_H
#define WIRE_PCAP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAP_INTERFACES 64

struct pcap_interface {
    uint64_t units_per_second;          /* of its time stamps */
    uint32_t snap_length, fcs_bytes;
    int64_t offset_seconds;
};

struct pcap_reader {
    const char *name;                   /* the caller's, for sentences */
    const uint8_t *data;
    size_t size, at;
    bool swapped, is_ng;
    unsigned interfaces;
    struct pcap_interface interface[PCAP_INTERFACES];
};

struct pcap_frame {
    uint64_t time_ns;                   /* since 1970-01-01 UTC; 0 when the file does not say */
    const uint8_t *data;
    size_t size;                        /* captured bytes, without FCS */
};

/* name and data stay the caller's and must outlive the reader. False with error_text(). */
bool pcap_reader_open(struct pcap_reader *reader, const char *name, const uint8_t *data, size_t size);
/* 1: a frame, 0: the end, -1: malformed, with error_text(). */
int pcap_reader_next(struct pcap_reader *reader, struct pcap_frame *frame);

/* pcapng_reader.c: the same two for the block structure. */
bool pcapng_reader_open(struct pcap_reader *reader);
int pcapng_reader_next(struct pcap_reader *reader, struct pcap_frame *frame);
/* "NAME: at byte OFFSET: reason"; always false. */
bool pcap_reader_error(const struct pcap_reader *reader, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Checks link type and the FCS field that comes with it. */
bool pcap_reader_link(const struct pcap_reader *reader, size_t offset, uint32_t link_type, struct pcap_interface *interface);
/* Takes the FCS off and checks the size. */
bool pcap_reader_frame(const struct pcap_reader *reader, size_t offset, const struct pcap_interface *interface,
                       uint32_t captured, uint32_t original, struct pcap_frame *frame);

/* The caller made sure that the bytes are there. */
static inline uint32_t pcap_get32(const struct pcap_reader *reader, size_t at)
{
    const uint8_t *p = reader->data + at;
    uint32_t value = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

    return reader->swapped ? __builtin_bswap32(value) : value;
}

static inline uint16_t pcap_get16(const struct pcap_reader *reader, size_t at)
{
    uint16_t value = (uint16_t)(reader->data[at] | reader->data[at + 1] << 8);

    return reader->swapped ? __builtin_bswap16(value) : value;
}

#endif
