/* Captures from anywhere: read to the end, or refused in words. Every byte of every frame must be readable. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "wire/pcap_reader.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pcap_reader reader;
    struct pcap_frame frame;
    volatile uint8_t sum = 0;
    int got;

    error_set("nothing");
    if (!pcap_reader_open(&reader, "fuzz", data, size))
        return strncmp(error_text(), "fuzz: at byte ", 14) ? (abort(), 0) : 0;
    while ((got = pcap_reader_next(&reader, &frame)) == 1) {
        if (frame.size < WIRE_FRAME_MIN || frame.size > WIRE_FRAME_MAX)
            abort();
        for (size_t i = 0; i < frame.size; i++)
            sum += frame.data[i];
    }
    if (got < 0 && strncmp(error_text(), "fuzz: at byte ", 14))
        abort();
    return 0;
}
