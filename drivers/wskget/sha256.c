#include "sha256.h"

static const ULONG Constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static ULONG Rotate(_In_ ULONG Value, _In_ ULONG Bits)
{
    return Value >> Bits | Value << (32 - Bits);
}

static VOID ReadSchedule(_Out_writes_(64) PULONG W, _In_reads_bytes_(64) const UCHAR *Block)
{
    for (ULONG i = 0; i < 16; i++)
        W[i] = (ULONG)Block[4 * i] << 24 | (ULONG)Block[4 * i + 1] << 16 | (ULONG)Block[4 * i + 2] << 8 | Block[4 * i + 3];
    for (ULONG i = 16; i < 64; i++) {
        ULONG s0 = Rotate(W[i - 15], 7) ^ Rotate(W[i - 15], 18) ^ W[i - 15] >> 3;
        ULONG s1 = Rotate(W[i - 2], 17) ^ Rotate(W[i - 2], 19) ^ W[i - 2] >> 10;
        W[i] = W[i - 16] + s0 + W[i - 7] + s1;
    }
}

static VOID AddBlock(_Inout_ PSHA256 Hash, _In_reads_bytes_(64) const UCHAR *Block)
{
    ULONG w[64], s[8];

    ReadSchedule(w, Block);
    RtlCopyMemory(s, Hash->State, sizeof s);
    for (ULONG i = 0; i < 64; i++) {
        ULONG big1 = Rotate(s[4], 6) ^ Rotate(s[4], 11) ^ Rotate(s[4], 25);
        ULONG t1 = s[7] + big1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + Constants[i] + w[i];
        ULONG big0 = Rotate(s[0], 2) ^ Rotate(s[0], 13) ^ Rotate(s[0], 22);
        ULONG t2 = big0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        RtlMoveMemory(s + 1, s, 7 * sizeof s[0]);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (ULONG i = 0; i < 8; i++)
        Hash->State[i] += s[i];
}

_Use_decl_annotations_
VOID Sha256Begin(PSHA256 Hash)
{
    static const ULONG start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

    RtlCopyMemory(Hash->State, start, sizeof start);
    Hash->Length = 0;
}

_Use_decl_annotations_
VOID Sha256Add(PSHA256 Hash, const UCHAR *Data, SIZE_T Size)
{
    SIZE_T filled = (SIZE_T)(Hash->Length % sizeof Hash->Block);

    Hash->Length += Size;
    if (filled && filled + Size >= sizeof Hash->Block) {
        SIZE_T n = sizeof Hash->Block - filled;
        RtlCopyMemory(Hash->Block + filled, Data, n);
        AddBlock(Hash, Hash->Block);
        Data += n;
        Size -= n;
        filled = 0;
    }
    for (; filled == 0 && Size >= sizeof Hash->Block; Data += sizeof Hash->Block, Size -= sizeof Hash->Block)
        AddBlock(Hash, Data);
    RtlCopyMemory(Hash->Block + filled, Data, Size);
}

_Use_decl_annotations_
VOID Sha256End(PSHA256 Hash, PUCHAR Digest)
{
    static const UCHAR padding[64] = { 0x80 };
    ULONG64 bits = Hash->Length * 8;
    UCHAR length[8];

    for (ULONG i = 0; i < 8; i++)
        length[i] = (UCHAR)(bits >> (56 - 8 * i));
    Sha256Add(Hash, padding, 1 + (SIZE_T)((119 - Hash->Length % 64) % 64));
    Sha256Add(Hash, length, sizeof length);
    for (ULONG i = 0; i < SHA256_SIZE; i++)
        Digest[i] = (UCHAR)(Hash->State[i / 4] >> (24 - 8 * (i % 4)));
}
