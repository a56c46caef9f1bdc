/* LZNT1 and plain XPRESS, after [MS-XCA]. Any IRQL <= APC_LEVEL; the work space is not used.
 *
 * LZNT1: chunks of 4096 bytes, each with a 16-bit header (0x8000 compressed, 0x3000 signature, bytes after it less one). In a chunk a flag byte
 * announces eight items, least significant first: a literal, or a word whose upper bits are the distance less one and whose lower are the length less
 * three; the further into the chunk, the more bits the distance has.
 * XPRESS: a 32-bit flag word announces 32 items, most significant first; a match is a word (distance less one) << 3 | length less three, with longer
 * lengths in a shared half byte, a byte, a word, a double word. */
#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "ntstatus.h"
#include "ring3/nt_more.h"

#define CHUNK 4096u
#define HASHES 4096u

static unsigned distance_bits(unsigned at)
{
    unsigned bits = 4;

    while (bits < 12 && (1u << bits) < at)
        bits++;
    return bits;
}

/* ---- decompressing ---- */

/* One compressed chunk; bytes made, or -1. */
static int expand_chunk(const UCHAR *in, unsigned in_size, UCHAR *out, unsigned room)
{
    unsigned from = 0, at = 0;

    while (from < in_size) {
        unsigned flags = in[from++];

        for (int bit = 0; bit < 8 && from < in_size; bit++, flags >>= 1) {
            if (!(flags & 1)) {
                if (at == room)
                    return (int)at;
                out[at++] = in[from++];
                continue;
            }
            if (in_size - from < 2 || at == 0)
                return -1;
            unsigned word = in[from] | in[from + 1] << 8, low = 16 - distance_bits(at);
            unsigned distance = (word >> low) + 1, length = (word & ((1u << low) - 1)) + 3;
            from += 2;
            if (distance > at)
                return -1;
            for (; length != 0 && at < room; length--, at++)
                out[at] = out[at - distance];
        }
    }
    return (int)at;
}

static NTSTATUS expand_lznt1(UCHAR *out, ULONG room, const UCHAR *in, ULONG size, ULONG *final)
{
    ULONG at = 0;

    *final = 0;
    while (size >= 2 && at < room) {
        unsigned header = in[0] | in[1] << 8, bytes = (header & 0xFFF) + 1, left = room - at < CHUNK ? room - at : CHUNK;
        int made;

        if (header == 0)
            break;
        if ((header & 0x7000) != 0x3000 || bytes > size - 2)
            return STATUS_BAD_COMPRESSION_BUFFER;
        if (header & 0x8000) {
            made = expand_chunk(in + 2, bytes, out + at, left);
            if (made < 0)
                return STATUS_BAD_COMPRESSION_BUFFER;
        } else {
            made = (int)(bytes < left ? bytes : left);
            memcpy(out + at, in + 2, (size_t)made);
        }
        in += 2 + bytes;
        size -= 2 + bytes;
        if (size >= 2 && (in[0] | in[1] << 8) != 0 && (unsigned)made < left) {    /* a short chunk in the middle is filled with zeroes */
            memset(out + at + made, 0, left - (unsigned)made);
            made = (int)left;
        }
        at += (ULONG)made;
    }
    *final = at;
    return STATUS_SUCCESS;
}

struct reader {
    const UCHAR *at, *end;
    const UCHAR *half;          /* the byte whose upper half is still to be used */
};

static bool get(struct reader *r, unsigned bytes, ULONG *value)
{
    *value = 0;
    if ((size_t)(r->end - r->at) < bytes)
        return false;
    memcpy(value, r->at, bytes);
    r->at += bytes;
    return true;
}

static bool long_length(struct reader *r, ULONG *length)
{
    if (r->half == NULL) {
        if (r->at == r->end)
            return false;
        r->half = r->at++;
        *length = *r->half & 15;
    } else {
        *length = *r->half >> 4;
        r->half = NULL;
    }
    if (*length == 15) {
        if (!get(r, 1, length))
            return false;
        if (*length == 255) {
            if (!get(r, 2, length) || (*length == 0 && !get(r, 4, length)) || *length < 15 + 7)
                return false;
            *length -= 15 + 7;
        }
        *length += 15;
    }
    *length += 7;
    return true;
}

static NTSTATUS expand_xpress(UCHAR *out, ULONG room, const UCHAR *in, ULONG size, ULONG *final)
{
    struct reader r = { in, in + size, NULL };
    ULONG at = 0, flags = 0, left = 0, word, length;

    *final = 0;
    while (at < room) {
        if (left == 0) {
            if (!get(&r, 4, &flags))
                break;
            left = 32;
        }
        left--;
        if (!(flags >> left & 1)) {
            if (r.at == r.end)
                return at == 0 ? STATUS_BAD_COMPRESSION_BUFFER : (*final = at, STATUS_SUCCESS);
            out[at++] = *r.at++;
            continue;
        }
        if (r.at == r.end)
            break;
        if (!get(&r, 2, &word))
            return STATUS_BAD_COMPRESSION_BUFFER;
        length = word & 7;
        if ((length == 7 && !long_length(&r, &length)) || (word >> 3) + 1 > at)
            return STATUS_BAD_COMPRESSION_BUFFER;
        for (length += 3; length != 0 && at < room; length--, at++)
            out[at] = out[at - (word >> 3) - 1];
    }
    *final = at;
    return STATUS_SUCCESS;
}

/* CompressionFormat: COMPRESSION_FORMAT_LZNT1 or _XPRESS. *FinalUncompressedSize: bytes made, at most the room there is.
 * STATUS_BAD_COMPRESSION_BUFFER, STATUS_INVALID_PARAMETER (none, default), STATUS_UNSUPPORTED_COMPRESSION. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-rtldecompressbuffer */
NTSTATUS NTAPI RtlDecompressBuffer(USHORT CompressionFormat, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                   ULONG CompressedBufferSize, PULONG FinalUncompressedSize)
{
    switch (CompressionFormat & 0xFF) {
    case COMPRESSION_FORMAT_NONE:
    case COMPRESSION_FORMAT_DEFAULT:
        return STATUS_INVALID_PARAMETER;
    case COMPRESSION_FORMAT_LZNT1:
        return expand_lznt1(UncompressedBuffer, UncompressedBufferSize, CompressedBuffer, CompressedBufferSize, FinalUncompressedSize);
    case COMPRESSION_FORMAT_XPRESS:
        return expand_xpress(UncompressedBuffer, UncompressedBufferSize, CompressedBuffer, CompressedBufferSize, FinalUncompressedSize);
    default:
        return STATUS_UNSUPPORTED_COMPRESSION;
    }
}

/* docs: ntifs/nf-ntifs-rtldecompressbufferex */
NTSTATUS NTAPI RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                     ULONG CompressedBufferSize, PULONG FinalUncompressedSize, PVOID WorkSpace)
{
    (void)WorkSpace;
    return RtlDecompressBuffer(CompressionFormat, UncompressedBuffer, UncompressedBufferSize, CompressedBuffer, CompressedBufferSize,
                               FinalUncompressedSize);
}

/* Bytes from FragmentOffset on, of an LZNT1 buffer. docs: ntifs/nf-ntifs-rtldecompressfragment */
NTSTATUS NTAPI RtlDecompressFragment(USHORT CompressionFormat, PUCHAR UncompressedFragment, ULONG UncompressedFragmentSize,
                                     PUCHAR CompressedBuffer, ULONG CompressedBufferSize, ULONG FragmentOffset, PULONG FinalUncompressedSize,
                                     PVOID WorkSpace)
{
    const UCHAR *in = CompressedBuffer;
    ULONG size = CompressedBufferSize, skip = FragmentOffset, made = 0;
    UCHAR chunk[CHUNK];

    (void)WorkSpace;
    *FinalUncompressedSize = 0;
    if ((CompressionFormat & 0xFF) != COMPRESSION_FORMAT_LZNT1)
        return (CompressionFormat & 0xFF) < COMPRESSION_FORMAT_LZNT1 ? STATUS_INVALID_PARAMETER : STATUS_UNSUPPORTED_COMPRESSION;
    while (size >= 2 && made < UncompressedFragmentSize) {
        ULONG bytes = 2 + ((ULONG)(in[0] | in[1] << 8) & 0xFFF) + 1, final, n;
        NTSTATUS status;

        if ((in[0] | in[1] << 8) == 0)
            break;
        if (bytes > size)
            return STATUS_BAD_COMPRESSION_BUFFER;
        status = expand_lznt1(chunk, CHUNK, in, bytes, &final);
        if (!NT_SUCCESS(status))
            return status;
        in += bytes;
        size -= bytes;
        if (final < CHUNK && size >= 2 && (in[0] | in[1] << 8) != 0) {      /* as expand_lznt1 does */
            memset(chunk + final, 0, CHUNK - final);
            final = CHUNK;
        }
        if (skip >= CHUNK) {
            skip -= CHUNK;
            continue;
        }
        n = final > skip ? final - skip : 0;
        if (n > UncompressedFragmentSize - made)
            n = UncompressedFragmentSize - made;
        memcpy(UncompressedFragment + made, chunk + skip, n);
        made += n;
        skip = 0;
    }
    *FinalUncompressedSize = made;
    return STATUS_SUCCESS;
}

/* ---- compressing: greedy, the last place of every three bytes ---- */

struct finder {
    ULONG last[HASHES];         /* place + 1 */
};

static unsigned hash(const UCHAR *p)
{
    return ((p[0] | p[1] << 8 | (unsigned)p[2] << 16) * 0x9E3779B1u) >> 20;
}

/* The longest match at `at` that the finder knows; length 0: none. Notes the place. */
static ULONG find(struct finder *f, const UCHAR *in, ULONG at, ULONG end, ULONG reach, ULONG *distance)
{
    ULONG length = 0, before;

    if (end - at < 3)
        return 0;
    before = f->last[hash(in + at)];
    f->last[hash(in + at)] = at + 1;
    if (before == 0 || at - (before - 1) > reach)
        return 0;
    *distance = at - (before - 1);
    while (at + length < end && in[at + length] == in[at + length - *distance])
        length++;
    return length >= 3 ? length : 0;
}

/* One chunk behind its header; bytes, or 0 when it would not be smaller or has no room. */
static ULONG shrink_chunk(const UCHAR *in, ULONG size, UCHAR *out, ULONG room)
{
    struct finder f = { { 0 } };
    ULONG at = 0, to = 0, flag_at = 0, distance = 0;
    unsigned items = 8;

    while (at < size) {
        ULONG length, low = 16 - distance_bits(at ? at : 1), most = (1u << low) + 2;

        if (items == 8) {
            if (to == room)
                return 0;
            flag_at = to;
            out[to++] = 0;
            items = 0;
        }
        length = find(&f, in, at, size, 1u << (16 - low), &distance);
        if (room - to < 2 || to + 2 >= size)
            return 0;
        if (length != 0 && at != 0) {
            length = length < most ? length : most;
            unsigned word = (distance - 1) << low | (length - 3);
            out[to++] = (UCHAR)word;
            out[to++] = (UCHAR)(word >> 8);
            out[flag_at] |= (UCHAR)(1 << items);
            at += length;
        } else {
            out[to++] = in[at++];
        }
        items++;
    }
    return to;
}

static NTSTATUS shrink_lznt1(const UCHAR *in, ULONG size, UCHAR *out, ULONG room, ULONG *final)
{
    ULONG at = 0, to = 0;
    bool zeroes = true;

    while (at < size) {
        ULONG n = size - at < CHUNK ? size - at : CHUNK, bytes = room - to > 2 ? shrink_chunk(in + at, n, out + to + 2, room - to - 2) : 0;
        unsigned header = bytes != 0 ? 0xB000 : 0x3000;

        for (ULONG i = 0; zeroes && i < n; i++)
            zeroes = in[at + i] == 0;
        if (bytes == 0) {
            if (room - to < n + 2)
                return STATUS_BUFFER_TOO_SMALL;
            memcpy(out + to + 2, in + at, n);
            bytes = n;
        }
        header |= bytes - 1;
        out[to] = (UCHAR)header;
        out[to + 1] = (UCHAR)(header >> 8);
        to += 2 + bytes;
        at += n;
    }
    *final = to;
    return zeroes && size != 0 ? STATUS_BUFFER_ALL_ZEROS : STATUS_SUCCESS;
}

struct writer {
    UCHAR *at, *end, *flags, *half;
    ULONG bits;
    unsigned count;
    bool full;
};

static void put(struct writer *w, ULONG value, unsigned bytes)
{
    if ((size_t)(w->end - w->at) < bytes) {
        w->full = true;
        return;
    }
    memcpy(w->at, &value, bytes);
    w->at += bytes;
}

static void put_flag(struct writer *w, unsigned flag)
{
    if (w->count == 32) {
        memcpy(w->flags, &w->bits, 4);
        w->flags = w->at;
        put(w, 0, 4);
        w->count = 0;
    }
    w->bits = w->bits << 1 | flag;
    w->count++;
}

static void put_length(struct writer *w, ULONG length)
{
    ULONG nibble = length - 7 < 15 ? length - 7 : 15;

    if (w->half == NULL) {
        w->half = w->at;
        put(w, nibble, 1);
    } else {
        *w->half |= (UCHAR)(nibble << 4);
        w->half = NULL;
    }
    if (nibble < 15)
        return;
    if (length - 22 < 255) {
        put(w, length - 22, 1);
        return;
    }
    put(w, 255, 1);
    if (length < 0x10000) {
        put(w, length, 2);
    } else {
        put(w, 0, 2);
        put(w, length, 4);
    }
}

static NTSTATUS shrink_xpress(const UCHAR *in, ULONG size, UCHAR *out, ULONG room, ULONG *final)
{
    struct finder f = { { 0 } };
    struct writer w = { .at = out, .end = out + room, .flags = out };
    ULONG distance = 0;

    put(&w, 0, 4);
    for (ULONG at = 0; at < size && !w.full;) {
        ULONG length = find(&f, in, at, size, 8192, &distance);

        put_flag(&w, length != 0);
        if (length == 0) {
            put(&w, in[at++], 1);
            continue;
        }
        put(&w, (distance - 1) << 3 | (length - 3 < 7 ? length - 3 : 7), 2);
        if (length - 3 >= 7 && !w.full)
            put_length(&w, length - 3);
        at += length;
    }
    if (w.full)
        return STATUS_BUFFER_TOO_SMALL;
    /* what is left of the flags is ones, which at the end of the data says: no more */
    for (; w.count < 32; w.count++)
        w.bits = w.bits << 1 | 1;
    memcpy(w.flags, &w.bits, 4);
    *final = (ULONG)(w.at - out);
    return STATUS_SUCCESS;
}

/* CompressionFormatAndEngine: LZNT1 or XPRESS with either engine (they do the same). STATUS_BUFFER_ALL_ZEROS (a success), STATUS_BUFFER_TOO_SMALL,
 * STATUS_INVALID_PARAMETER, STATUS_UNSUPPORTED_COMPRESSION. <= APC_LEVEL. docs: ntifs/nf-ntifs-rtlcompressbuffer */
NTSTATUS NTAPI RtlCompressBuffer(USHORT CompressionFormatAndEngine, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize,
                                 PUCHAR CompressedBuffer, ULONG CompressedBufferSize, ULONG UncompressedChunkSize, PULONG FinalCompressedSize,
                                 PVOID WorkSpace)
{
    (void)UncompressedChunkSize, (void)WorkSpace;
    switch (CompressionFormatAndEngine & 0xFF) {
    case COMPRESSION_FORMAT_NONE:
    case COMPRESSION_FORMAT_DEFAULT:
        return STATUS_INVALID_PARAMETER;
    case COMPRESSION_FORMAT_LZNT1:
        return shrink_lznt1(UncompressedBuffer, UncompressedBufferSize, CompressedBuffer, CompressedBufferSize, FinalCompressedSize);
    case COMPRESSION_FORMAT_XPRESS:
        return shrink_xpress(UncompressedBuffer, UncompressedBufferSize, CompressedBuffer, CompressedBufferSize, FinalCompressedSize);
    default:
        return STATUS_UNSUPPORTED_COMPRESSION;
    }
}

/* Any size would do; a page each. docs: ntifs/nf-ntifs-rtlgetcompressionworkspacesize */
NTSTATUS NTAPI RtlGetCompressionWorkSpaceSize(USHORT CompressionFormatAndEngine, PULONG CompressBufferWorkSpaceSize,
                                              PULONG CompressFragmentWorkSpaceSize)
{
    ULONG format = CompressionFormatAndEngine & 0xFF;

    if (format <= COMPRESSION_FORMAT_DEFAULT)
        return STATUS_INVALID_PARAMETER;
    if (format > COMPRESSION_FORMAT_XPRESS)
        return STATUS_UNSUPPORTED_COMPRESSION;
    *CompressBufferWorkSpaceSize = *CompressFragmentWorkSpaceSize = 4096;
    return STATUS_SUCCESS;
}
