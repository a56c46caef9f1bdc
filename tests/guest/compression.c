/* LZNT1 and XPRESS against the examples of [MS-XCA], and both ways over kinds of data. */
#include "helpers.h"

static const UCHAR lznt1_example[] = {
    0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xa2, 0x47, 0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01,
    0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4, 0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48,
    0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00 };
static const char lznt1_text[] =
    "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D";
static const UCHAR xpress_example[] = { 0x3f, 0x00, 0x00, 0x00, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                                        0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a };

TEST_CASE(the_specifications_examples_expand)
{
    UCHAR out[300];
    ULONG size;

    EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, out, sizeof(out), (PUCHAR)lznt1_example, sizeof(lznt1_example), &size), STATUS_SUCCESS);
    EXPECT_EQ(size, 142);
    EXPECT(RtlEqualMemory(out, lznt1_text, size < 142 ? size : 141));
    EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS, out, sizeof(out), (PUCHAR)xpress_example, sizeof(xpress_example), &size),
              STATUS_SUCCESS);
    EXPECT_EQ(size, 26);
    EXPECT(RtlEqualMemory(out, "abcdefghijklmnopqrstuvwxyz", 26));
    EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_NONE, out, sizeof(out), (PUCHAR)xpress_example, sizeof(xpress_example), &size),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS_HUFF, out, sizeof(out), (PUCHAR)xpress_example, sizeof(xpress_example), &size),
              STATUS_UNSUPPORTED_COMPRESSION);
}

static void fill(UCHAR *to, ULONG size, int kind)
{
    ULONG seed = 12345;

    for (ULONG i = 0; i < size; i++)
        switch (kind) {
        case 0: to[i] = 0; break;
        case 1: to[i] = (UCHAR)(i / 300); break;
        case 2: to[i] = (UCHAR)RtlRandomEx(&seed); break;
        default: to[i] = (UCHAR) "the quick brown fox jumps over the lazy dog "[(i * (i / 1000 + 1)) % 44]; break;
        }
}

TEST_CASE(what_is_compressed_comes_back)
{
    static const USHORT formats[] = { COMPRESSION_FORMAT_LZNT1, COMPRESSION_FORMAT_XPRESS };
    ULONG size = 40000, made, back, work, fragment;
    UCHAR *in = ExAllocatePoolWithTag(PagedPool, size, 'tseT'), *out = ExAllocatePoolWithTag(PagedPool, 2 * size, 'tseT');
    UCHAR *again = ExAllocatePoolWithTag(PagedPool, size, 'tseT'), *space;

    REQUIRE(in != NULL && out != NULL && again != NULL);
    EXPECT_EQ(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_LZNT1, &work, &fragment), STATUS_SUCCESS);
    space = ExAllocatePoolWithTag(PagedPool, work, 'tseT');
    REQUIRE(space != NULL);
    for (int f = 0; f < 2; f++)
        for (int kind = 0; kind < 4; kind++) {
            NTSTATUS status;

            fill(in, size, kind);
            status = RtlCompressBuffer(formats[f], in, size, out, 2 * size, 4096, &made, space);
            EXPECT_EQ(status, kind == 0 && f == 0 ? STATUS_BUFFER_ALL_ZEROS : STATUS_SUCCESS);
            if (kind != 2)
                EXPECT(made < size / 2);
            EXPECT_EQ(RtlDecompressBuffer(formats[f], again, size, out, made, &back), STATUS_SUCCESS);
            EXPECT_EQ(back, size);
            EXPECT(RtlEqualMemory(in, again, size));
            if (f == 0) {
                EXPECT_EQ(RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, again, 5000, out, made, 6000, &back, space), STATUS_SUCCESS);
                EXPECT_EQ(back, 5000);
                EXPECT(RtlEqualMemory(in + 6000, again, 5000));
            }
            EXPECT_EQ(RtlCompressBuffer(formats[f], in, size, out, 8, 4096, &made, space), STATUS_BUFFER_TOO_SMALL);
        }
    ExFreePoolWithTag(in, 'tseT');
    ExFreePoolWithTag(out, 'tseT');
    ExFreePoolWithTag(again, 'tseT');
    ExFreePoolWithTag(space, 'tseT');
}

TEST_CASE(nothing_is_compressed_to_nothing)
{
    UCHAR in[1] = { 0 }, out[16], back[1];
    ULONG made, size;

    EXPECT_EQ(RtlCompressBuffer(COMPRESSION_FORMAT_XPRESS, in, 0, out, sizeof(out), 4096, &made, NULL), STATUS_SUCCESS);
    EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS, back, sizeof(back), out, made, &size), STATUS_SUCCESS);
    EXPECT_EQ(size, 0);
}

TEST_CASE(a_short_chunk_before_others_counts_as_a_whole_one)
{
    /* two chunks as they are: three bytes, then two */
    static UCHAR in[] = { 0x02, 0x30, 'a', 'b', 'c', 0x01, 0x30, 'd', 'e' };
    static UCHAR whole[8192], part[16];
    ULONG size;

    EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, whole, sizeof(whole), in, sizeof(in), &size), STATUS_SUCCESS);
    EXPECT_EQ(size, 4098);
    EXPECT_EQ(whole[3], 0);
    EXPECT_EQ(whole[4096], 'd');
    EXPECT_EQ(RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, part, 4, in, sizeof(in), 4094, &size, NULL), STATUS_SUCCESS);
    EXPECT_EQ(size, 4);
    EXPECT(RtlEqualMemory(part, "\0\0de", 4));
}

TEST_CASE(damaged_data_never_reads_or_writes_outside)
{
    UCHAR in[64], out[64];
    ULONG seed = 7, size;

    for (int round = 0; round < 4000; round++) {
        for (int i = 0; i < 64; i++)
            in[i] = (UCHAR)RtlRandomEx(&seed);
        if (round & 1)
            in[1] = (UCHAR)(0xB0 | (in[1] & 0xF));
        RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, out, sizeof(out), in, round % 65, &size);
        EXPECT(size <= sizeof(out));
        RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS, out, sizeof(out), in, round % 65, &size);
        EXPECT(size <= sizeof(out));
    }
}
