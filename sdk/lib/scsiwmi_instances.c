/* Instances with names of their own, for answers to IRP_MN_QUERY_ALL_DATA. See scsiwmi.h.
 *
 * Behind the fixed part of the WNODE stand the pairs of offset and length, one an instance, then the offsets of the names, one an
 * instance; behind them, in the order of the calls, data (8-byte aligned) and counted names. */
#include <wdm.h>

#include <scsiwmi.h>

#define ALIGNED(value) (((ULONG)(value) + 7) & ~7u)

static PWNODE_ALL_DATA AllData(PSCSIWMI_REQUEST_CONTEXT context)
{
    PWNODE_ALL_DATA node = (PWNODE_ALL_DATA)context->Buffer;

    if (context->MinorFunction != IRP_MN_QUERY_ALL_DATA || context->BufferSize < sizeof(*node))
        return NULL;
    return node;
}

PWCHAR NTAPI ScsiPortWmiGetInstanceName(PSCSIWMI_REQUEST_CONTEXT RequestContext)
{
    PWNODE_SINGLE_INSTANCE node = (PWNODE_SINGLE_INSTANCE)RequestContext->Buffer;

    switch (RequestContext->MinorFunction) {
    case IRP_MN_QUERY_SINGLE_INSTANCE:
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
    case IRP_MN_CHANGE_SINGLE_ITEM:
    case IRP_MN_EXECUTE_METHOD:
        if ((node->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) || node->OffsetInstanceName == 0 ||
            node->OffsetInstanceName >= RequestContext->BufferSize)
            return NULL;
        return (PWCHAR)(RequestContext->Buffer + node->OffsetInstanceName);
    default:
        return NULL;
    }
}

BOOLEAN NTAPI ScsiPortWmiSetInstanceCount(PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG InstanceCount, PULONG BufferAvail,
                                          PULONG SizeNeeded)
{
    PWNODE_ALL_DATA node = AllData(RequestContext);
    ULONG names, data;

    *BufferAvail = 0;
    if (node == NULL)
        return FALSE;
    names = (ULONG)(FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength) + InstanceCount * sizeof(OFFSETINSTANCEDATAANDLENGTH));
    data = ALIGNED(names + InstanceCount * sizeof(ULONG));
    *SizeNeeded = data;
    if (data > RequestContext->BufferSize)
        return TRUE;
    RtlZeroMemory(node->OffsetInstanceDataAndLength, data - FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength));
    node->InstanceCount = InstanceCount;
    node->OffsetInstanceNameOffsets = names;
    node->DataBlockOffset = data;
    *BufferAvail = RequestContext->BufferSize - data;
    return TRUE;
}

/* Where the next piece begins; 0 when it does not fit. */
static ULONG Take(PSCSIWMI_REQUEST_CONTEXT context, ULONG length, ULONG alignment, PULONG available, PULONG needed)
{
    ULONG at = (*needed + alignment - 1) & ~(alignment - 1);
    BOOLEAN fits = *available != 0 && at <= context->BufferSize && length <= context->BufferSize - at;

    *needed = at + length;
    *available = fits ? context->BufferSize - *needed : 0;
    return fits ? at : 0;
}

PVOID NTAPI ScsiPortWmiSetData(PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG InstanceIndex, ULONG DataLength, PULONG BufferAvail,
                               PULONG SizeNeeded)
{
    PWNODE_ALL_DATA node = AllData(RequestContext);
    ULONG at = node != NULL ? Take(RequestContext, DataLength, 8, BufferAvail, SizeNeeded) : 0;

    if (at == 0 || InstanceIndex >= node->InstanceCount)
        return NULL;
    node->OffsetInstanceDataAndLength[InstanceIndex].OffsetInstanceData = at;
    node->OffsetInstanceDataAndLength[InstanceIndex].LengthInstanceData = DataLength;
    return RequestContext->Buffer + at;
}

PWCHAR NTAPI ScsiPortWmiSetInstanceName(PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG InstanceIndex, ULONG InstanceNameLength,
                                        PULONG BufferAvail, PULONG SizeNeeded)
{
    PWNODE_ALL_DATA node = AllData(RequestContext);
    ULONG at = node != NULL ? Take(RequestContext, sizeof(USHORT) + InstanceNameLength, 2, BufferAvail, SizeNeeded) : 0;

    if (at == 0 || InstanceIndex >= node->InstanceCount)
        return NULL;
    ((PULONG)(RequestContext->Buffer + node->OffsetInstanceNameOffsets))[InstanceIndex] = at;
    *(PUSHORT)(RequestContext->Buffer + at) = (USHORT)InstanceNameLength;
    return (PWCHAR)(RequestContext->Buffer + at + sizeof(USHORT));
}
