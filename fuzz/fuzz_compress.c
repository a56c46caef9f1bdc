/* Compressed data from anywhere expands within its buffer, and what was expanded survives compressing. The first byte: the format, and how
 * much room there is. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntstatus.h"
#include "ring3/nt_more.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 1 << 16)
        return 0;
    USHORT format = data[0] & 1 ? COMPRESSION_FORMAT_LZNT1 : COMPRESSION_FORMAT_XPRESS;
    ULONG in_size = (ULONG)size - 1, room = 1u << (data[0] >> 4), made = 0, small, back;
    UCHAR *in = malloc(in_size + 1), *out = malloc(room);

    memcpy(in, data + 1, in_size);
    if (NT_SUCCESS(RtlDecompressBuffer(format, out, room, in, in_size, &made))) {
        ULONG bound = 2 * made + 16;
        UCHAR *packed = malloc(bound), *again = malloc(made + 1);

        check(made <= room);
        check(NT_SUCCESS(RtlCompressBuffer(format, out, made, packed, bound, 4096, &small, NULL)) && small <= bound);
        check(NT_SUCCESS(RtlDecompressBuffer(format, again, made, packed, small, &back)) && back == made && !memcmp(out, again, made));
        free(packed);
        free(again);
    }
    RtlDecompressFragment(format, out, room, in, in_size, 5000, &made, NULL);
    free(in);
    free(out);
    return 0;
}
