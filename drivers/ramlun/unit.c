/* A unit's memory: a table of chunks that are allocated by the first write. */
#include "ramlun.h"

_Use_decl_annotations_
BOOLEAN UnitCreate(PRAMLUN_ADAPTER Adapter, UCHAR Number, ULONG Megabytes)
{
    PRAMLUN_UNIT unit = &Adapter->Units[Number];
    ULONGLONG bytes = (ULONGLONG)Megabytes << 20;
    ULONG chunks = (ULONG)(bytes >> RAMLUN_CHUNK_SHIFT);
    PVOID table;

    if (StorPortAllocatePool(Adapter, chunks * sizeof(PUCHAR), RAMLUN_TAG, &table) != STOR_STATUS_SUCCESS)
        return FALSE;
    RtlZeroMemory(table, chunks * sizeof(PUCHAR));
    RtlZeroMemory(unit, sizeof(*unit));
    unit->Number = Number;
    unit->SectorSize = Adapter->SectorSize;
    while ((1u << unit->SectorShift) < unit->SectorSize)
        unit->SectorShift++;
    unit->Sectors = bytes >> unit->SectorShift;
    unit->ChunkCount = chunks;
    unit->Chunks = table;
    unit->Present = TRUE;
    return TRUE;
}

static VOID FreeChunk(PRAMLUN_ADAPTER Adapter, PRAMLUN_UNIT Unit, ULONG Chunk)
{
    if (Unit->Chunks[Chunk] == NULL)
        return;
    StorPortFreePool(Adapter, Unit->Chunks[Chunk]);
    Unit->Chunks[Chunk] = NULL;
    Unit->ChunksUsed--;
}

_Use_decl_annotations_
VOID UnitDelete(PRAMLUN_ADAPTER Adapter, PRAMLUN_UNIT Unit)
{
    ULONG i;

    for (i = 0; i < Unit->ChunkCount; i++)
        FreeChunk(Adapter, Unit, i);
    StorPortFreePool(Adapter, Unit->Chunks);
    RtlZeroMemory(Unit, sizeof(*Unit));
}

/* The chunk at an offset and how much of the transfer lies in it. */
static ULONG Piece(ULONGLONG Offset, ULONGLONG Length, ULONG *Chunk, ULONG *Inside)
{
    *Chunk = (ULONG)(Offset >> RAMLUN_CHUNK_SHIFT);
    *Inside = (ULONG)Offset & (RAMLUN_CHUNK - 1);
    return (ULONG)min(Length, RAMLUN_CHUNK - *Inside);
}

static BOOLEAN NeedChunk(PRAMLUN_ADAPTER Adapter, PRAMLUN_UNIT Unit, ULONG Chunk, BOOLEAN Whole)
{
    PVOID memory;

    if (Unit->Chunks[Chunk] != NULL)
        return TRUE;
    if (StorPortAllocatePool(Adapter, RAMLUN_CHUNK, RAMLUN_TAG, &memory) != STOR_STATUS_SUCCESS)
        return FALSE;
    if (!Whole)
        RtlZeroMemory(memory, RAMLUN_CHUNK);
    Unit->Chunks[Chunk] = memory;
    Unit->ChunksUsed++;
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN UnitWrite(PRAMLUN_ADAPTER Adapter, PRAMLUN_UNIT Unit, ULONGLONG Offset, const UCHAR *Data, ULONG Length)
{
    ULONG chunk, inside, size;

    for (; Length != 0; Length -= size, Data += size, Offset += size) {
        size = Piece(Offset, Length, &chunk, &inside);
        if (!NeedChunk(Adapter, Unit, chunk, size == RAMLUN_CHUNK))
            return FALSE;
        RtlCopyMemory(Unit->Chunks[chunk] + inside, Data, size);
    }
    return TRUE;
}

_Use_decl_annotations_
VOID UnitRead(PRAMLUN_UNIT Unit, ULONGLONG Offset, PUCHAR Data, ULONG Length)
{
    ULONG chunk, inside, size;

    for (; Length != 0; Length -= size, Data += size, Offset += size) {
        size = Piece(Offset, Length, &chunk, &inside);
        if (Unit->Chunks[chunk] != NULL)
            RtlCopyMemory(Data, Unit->Chunks[chunk] + inside, size);
        else
            RtlZeroMemory(Data, size);
    }
}

_Use_decl_annotations_
VOID UnitDiscard(PRAMLUN_ADAPTER Adapter, PRAMLUN_UNIT Unit, ULONGLONG Offset, ULONGLONG Length)
{
    ULONG chunk, inside, size;

    for (; Length != 0; Length -= size, Offset += size) {
        size = Piece(Offset, Length, &chunk, &inside);
        if (size == RAMLUN_CHUNK)
            FreeChunk(Adapter, Unit, chunk);
        else if (Unit->Chunks[chunk] != NULL)
            RtlZeroMemory(Unit->Chunks[chunk] + inside, size);
    }
}

_Use_decl_annotations_
ULONGLONG UnitExtent(PRAMLUN_UNIT Unit, ULONGLONG Offset, PBOOLEAN Allocated)
{
    ULONG chunk = (ULONG)(Offset >> RAMLUN_CHUNK_SHIFT), end = chunk;

    *Allocated = Unit->Chunks[chunk] != NULL;
    while (end < Unit->ChunkCount && (Unit->Chunks[end] != NULL) == *Allocated)
        end++;
    return ((ULONGLONG)end << RAMLUN_CHUNK_SHIFT) - Offset;
}
