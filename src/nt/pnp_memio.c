/* Lengths of memory resources that may be stored shifted (CmResourceTypeMemoryLarge). */
#include "nt/pnp_internal.h"

static unsigned shift_of(USHORT flags)
{
    return flags & CM_RESOURCE_MEMORY_LARGE_40   ? 8
           : flags & CM_RESOURCE_MEMORY_LARGE_48 ? 16
           : flags & CM_RESOURCE_MEMORY_LARGE_64 ? 32
                                                 : 0;
}

/* Chooses the representation for a length: 0 when none fits without rounding. */
static bool choose(UCHAR type, ULONGLONG length, UCHAR *chosen, USHORT *flags, ULONG *stored)
{
    static const struct {
        USHORT flag;
        unsigned shift;
    } forms[] = { { CM_RESOURCE_MEMORY_LARGE_40, 8 }, { CM_RESOURCE_MEMORY_LARGE_48, 16 },
                  { CM_RESOURCE_MEMORY_LARGE_64, 32 } };

    *chosen = type;
    *flags = 0;
    *stored = (ULONG)length;
    if (length <= MAXULONG)
        return type != CmResourceTypeMemoryLarge || length != 0;
    if (type == CmResourceTypePort)
        return false;
    for (unsigned i = 0; i < countof(forms); i++)
        if (length >> forms[i].shift <= MAXULONG && (length & ((1ull << forms[i].shift) - 1)) == 0) {
            *chosen = CmResourceTypeMemoryLarge;
            *flags = forms[i].flag;
            *stored = (ULONG)(length >> forms[i].shift);
            return true;
        }
    return false;
}

/* The length in bytes of a port, memory or large memory descriptor; *Start (may be NULL): where it begins. Any IRQL.
 * docs: wdm/nf-wdm-rtlcmdecodememioresource */
ULONGLONG NTAPI RtlCmDecodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Start)
{
    ULONGLONG length = Descriptor->u.Memory.Length;

    if (Start != NULL)
        *Start = (ULONGLONG)Descriptor->u.Memory.Start.QuadPart;
    return Descriptor->Type == CmResourceTypeMemoryLarge ? length << shift_of(Descriptor->Flags) : length;
}

/* Fills such a descriptor. STATUS_INVALID_PARAMETER when the length cannot be stored. docs: wdm/nf-wdm-rtlcmencodememioresource */
NTSTATUS NTAPI RtlCmEncodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type, ULONGLONG Length,
                                        ULONGLONG Start)
{
    UCHAR type;
    USHORT flags;
    ULONG stored;

    if (!choose(Type, Length, &type, &flags, &stored))
        return STATUS_INVALID_PARAMETER;
    Descriptor->Type = type;
    Descriptor->Flags = (Descriptor->Flags & (USHORT)~CM_RESOURCE_MEMORY_LARGE) | flags;
    Descriptor->u.Memory.Start.QuadPart = (LONGLONG)Start;
    Descriptor->u.Memory.Length = stored;
    return STATUS_SUCCESS;
}

/* The same of a requirement. docs: wdm/nf-wdm-rtliodecodememioresource */
ULONGLONG NTAPI RtlIoDecodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Alignment,
                                         PULONGLONG MinimumAddress, PULONGLONG MaximumAddress)
{
    unsigned shift = Descriptor->Type == CmResourceTypeMemoryLarge ? shift_of(Descriptor->Flags) : 0;

    if (Alignment != NULL)
        *Alignment = (ULONGLONG)Descriptor->u.Memory.Alignment << shift;
    if (MinimumAddress != NULL)
        *MinimumAddress = (ULONGLONG)Descriptor->u.Memory.MinimumAddress.QuadPart;
    if (MaximumAddress != NULL)
        *MaximumAddress = (ULONGLONG)Descriptor->u.Memory.MaximumAddress.QuadPart;
    return (ULONGLONG)Descriptor->u.Memory.Length << shift;
}

/* docs: wdm/nf-wdm-rtlioencodememioresource */
NTSTATUS NTAPI RtlIoEncodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type, ULONGLONG Length,
                                        ULONGLONG Alignment, ULONGLONG MinimumAddress, ULONGLONG MaximumAddress)
{
    UCHAR type;
    USHORT flags;
    ULONG stored;

    if (!choose(Type, Length, &type, &flags, &stored))
        return STATUS_INVALID_PARAMETER;
    Descriptor->Type = type;
    Descriptor->Flags = (Descriptor->Flags & (USHORT)~CM_RESOURCE_MEMORY_LARGE) | flags;
    Descriptor->u.Memory.Length = stored;
    Descriptor->u.Memory.Alignment = (ULONG)(Alignment >> (type == CmResourceTypeMemoryLarge ? shift_of(flags) : 0));
    Descriptor->u.Memory.MinimumAddress.QuadPart = (LONGLONG)MinimumAddress;
    Descriptor->u.Memory.MaximumAddress.QuadPart = (LONGLONG)MaximumAddress;
    return STATUS_SUCCESS;
}
