/* Reading and copying the data of NET_BUFFERs. */
#include <string.h>

#include "ndis/nbl_pool.h"
#include "nt/hot.h"

static char *mapped(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
}

/* One side of a copy: an MDL and an offset into it. */
struct place {
    PMDL mdl;
    size_t at;
};

/* Steps over MDLs that end before the place; false at the end of the chain. */
static bool settle(struct place *p)
{
    while (p->mdl && p->at >= p->mdl->ByteCount) {
        p->at -= p->mdl->ByteCount;
        p->mdl = p->mdl->Next;
    }
    return p->mdl != NULL;
}

bool nb_copy_out(const NET_BUFFER *nb, uint32_t offset, void *to, size_t length)
{
    struct place from = { nb->CurrentMdl, (size_t)nb->CurrentMdlOffset + offset };
    char *out = to;

    if (offset + length > nb->DataLength)
        return false;
    while (length && settle(&from)) {
        size_t n = min_u64(from.mdl->ByteCount - from.at, length);
        char *data = mapped(from.mdl);

        if (!data)
            return false;
        memcpy(out, data + from.at, n);
        from.at += n;
        out += n;
        length -= n;
    }
    return !length;
}

static bool aligned(const void *address, ULONG multiple, ULONG offset)
{
    return multiple <= 1 || ((uintptr_t)address & (multiple - 1)) == (offset & (multiple - 1));
}

static COLD PVOID copied(PNET_BUFFER nb, ULONG bytes, PVOID storage)
{
    return storage && nb_copy_out(nb, 0, storage, bytes) ? storage : NULL;
}

/* A pointer to the first BytesNeeded bytes of data: in place when they are contiguous and aligned as asked for, otherwise
 * copied to Storage, when there is one. Bytes; AlignMultiple is a power of two. <= DISPATCH_LEVEL. NULL: too short, or a
 * copy is needed and there is no Storage. docs: nblapi/nf-nblapi-ndisgetdatabuffer */
PVOID NTAPI NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, ULONG AlignMultiple, ULONG AlignOffset)
{
    PMDL mdl = NetBuffer->CurrentMdl;

    if (NetBuffer->DataLength < BytesNeeded || !mdl)
        return NULL;
    if (likely(mdl->ByteCount - NetBuffer->CurrentMdlOffset >= BytesNeeded)) {
        char *data = mapped(mdl);

        if (!data)
            return NULL;
        data += NetBuffer->CurrentMdlOffset;
        if (likely(aligned(data, AlignMultiple, AlignOffset)))
            return data;
    }
    return copied(NetBuffer, BytesNeeded, Storage);
}

/* How many physical pages the data touches: an upper bound for scatter/gather elements. <= DISPATCH_LEVEL.
 * docs: nblapi/nf-nblapi-ndisquerynetbufferphysicalcount */
ULONG NTAPI NdisQueryNetBufferPhysicalCount(PNET_BUFFER NetBuffer)
{
    size_t left = NetBuffer->DataLength, at = NetBuffer->CurrentMdlOffset;
    ULONG count = 0;

    for (PMDL mdl = NetBuffer->CurrentMdl; mdl && left; mdl = mdl->Next, at = 0) {
        size_t n = min_u64(mdl->ByteCount - at, left);

        if (n)
            count += (ULONG)(((mdl->ByteOffset + at) % PAGE_SIZE + n + PAGE_SIZE - 1) / PAGE_SIZE);
        left -= n;
    }
    return count;
}

/* Copies up to BytesToCopy bytes; offsets count from the data starts. Stops early when the source has no more data or the
 * destination's MDLs no more space; *BytesCopied says how far it came. <= DISPATCH_LEVEL. NDIS_STATUS_RESOURCES when an MDL
 * cannot be mapped. docs: nblapi/nf-nblapi-ndiscopyfromnetbuffertonetbuffer */
NDIS_STATUS NTAPI NdisCopyFromNetBufferToNetBuffer(PNET_BUFFER Destination, ULONG DestinationOffset, ULONG BytesToCopy,
                                                   PNET_BUFFER Source, ULONG SourceOffset, PULONG BytesCopied)
{
    struct place to = { Destination->CurrentMdl, (size_t)Destination->CurrentMdlOffset + DestinationOffset };
    struct place from = { Source->CurrentMdl, (size_t)Source->CurrentMdlOffset + SourceOffset };
    size_t left = Source->DataLength > SourceOffset ? min_u64(BytesToCopy, Source->DataLength - SourceOffset) : 0;

    *BytesCopied = 0;
    while (left && settle(&to) && settle(&from)) {
        size_t n = min_u64(left, min_u64(to.mdl->ByteCount - to.at, from.mdl->ByteCount - from.at));
        char *out = mapped(to.mdl), *in = mapped(from.mdl);

        if (!out || !in)
            return NDIS_STATUS_RESOURCES;
        memcpy(out + to.at, in + from.at, n);
        to.at += n;
        from.at += n;
        left -= n;
        *BytesCopied += (ULONG)n;
    }
    return NDIS_STATUS_SUCCESS;
}
