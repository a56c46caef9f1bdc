/* Writes a pcapng file (IETF draft "PCAP Next Generation"): one section, one Ethernet interface, nanoseconds. Nothing of
 * the machine or the moment goes into it, so that equal runs give equal files. */
#ifndef WIRE_PCAPNG_H
#define WIRE_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/uio.h>

enum pcapng_direction { PCAPNG_INBOUND = 1, PCAPNG_OUTBOUND = 2 };

struct pcapng_writer {
    FILE *file;
    char path[256];
    bool failed;                        /* already said so */
};

/* Creates the file and writes its head. False with error_text(). */
bool pcapng_create(struct pcapng_writer *writer, const char *path, const char *interface);
/* Appends one frame. time_ns: since 1970-01-01 UTC. A failure is logged once. */
void pcapng_write(struct pcapng_writer *writer, uint64_t time_ns, enum pcapng_direction direction,
                  const struct iovec *parts, int count);
/* Makes what was written visible to other readers. */
void pcapng_flush(struct pcapng_writer *writer);
void pcapng_close(struct pcapng_writer *writer);

#endif
