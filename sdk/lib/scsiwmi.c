/* The SCSI WMI library, linked into miniports that answer WMI requests. See scsiwmi.h.
 *
 * A request's buffer holds a WNODE of the kind that its minor function says; data stand 8-byte aligned behind its fixed part. A
 * callback that is short of room says how much it takes, and the answer becomes a WNODE_TOO_SMALL. */
#include <wdm.h>

#include <scsiwmi.h>

#define ALIGNED(value) (((ULONG)(value) + 7) & ~7u)

static ULONG Room(PSCSIWMI_REQUEST_CONTEXT context, ULONG offset)
{
    return context->BufferSize > offset ? context->BufferSize - offset : 0;
}

static void Answer(PSCSIWMI_REQUEST_CONTEXT context, UCHAR status, ULONG size)
{
    context->ReturnStatus = status;
    context->ReturnSize = size;
}

/* --- registration ------------------------------------------------------------------------------------------------------- */

static ULONG TextBytes(const WCHAR *text)
{
    ULONG length = 0;

    while (text != NULL && text[length] != 0)
        length++;
    return length * sizeof(WCHAR);
}

/* The port driver adds what it knows: the registry path, and whose instances they are. */
static void Register(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context)
{
    PWMIREGINFOW info = (PWMIREGINFOW)context->Buffer;
    PWCHAR name = NULL;
    UCHAR status = lib->QueryWmiRegInfo(device, context, &name);
    ULONG at = (ULONG)(sizeof(WMIREGINFOW) + lib->GuidCount * sizeof(WMIREGGUIDW));
    ULONG needed = at + (name != NULL ? sizeof(USHORT) + TextBytes(name) : 0);

    if (SRB_STATUS(status) != SRB_STATUS_SUCCESS) {
        Answer(context, status, 0);
        return;
    }
    if (context->BufferSize < needed) {
        if (context->BufferSize >= sizeof(ULONG))
            *(PULONG)context->Buffer = needed;
        Answer(context, SRB_STATUS_DATA_OVERRUN, sizeof(ULONG));
        return;
    }
    RtlZeroMemory(info, at);
    info->BufferSize = needed;
    info->GuidCount = lib->GuidCount;
    for (ULONG i = 0; i < lib->GuidCount; i++) {
        info->WmiRegGuid[i].Guid = *lib->GuidList[i].Guid;
        info->WmiRegGuid[i].Flags = lib->GuidList[i].Flags;
        info->WmiRegGuid[i].InstanceCount = lib->GuidList[i].InstanceCount;
    }
    if (name != NULL) {
        info->MofResourceName = at;
        *(PUSHORT)(context->Buffer + at) = (USHORT)TextBytes(name);
        RtlCopyMemory(context->Buffer + at + sizeof(USHORT), name, TextBytes(name));
    }
    Answer(context, SRB_STATUS_SUCCESS, needed);
}

/* --- queries, changes, methods -------------------------------------------------------------------------------------------- */

static UCHAR QueryAll(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG index)
{
    PWNODE_ALL_DATA node = (PWNODE_ALL_DATA)context->Buffer;
    ULONG count = lib->GuidList[index].InstanceCount;
    ULONG offset = ALIGNED(FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength) + count * sizeof(OFFSETINSTANCEDATAANDLENGTH));
    ULONG room = Room(context, offset);

    node->WnodeHeader.Flags &= ~(ULONG)WNODE_FLAG_FIXED_INSTANCE_SIZE;
    node->InstanceCount = count;
    node->DataBlockOffset = offset;
    node->OffsetInstanceNameOffsets = 0;
    return lib->QueryWmiDataBlock(device, context, index, 0, count,
                                  room != 0 ? &node->OffsetInstanceDataAndLength[0].OffsetInstanceData : NULL, room,
                                  room != 0 ? context->Buffer + offset : NULL);
}

static UCHAR QueryOne(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG index)
{
    PWNODE_SINGLE_INSTANCE node = (PWNODE_SINGLE_INSTANCE)context->Buffer;
    ULONG offset = ALIGNED(FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData)), room;

    if (!(node->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES))
        offset = ALIGNED(node->DataBlockOffset);        /* behind the name */
    room = Room(context, offset);
    node->DataBlockOffset = offset;
    return lib->QueryWmiDataBlock(device, context, index, node->InstanceIndex, 1, room != 0 ? &node->SizeDataBlock : NULL, room,
                                  room != 0 ? context->Buffer + offset : NULL);
}

static UCHAR SetOne(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG index)
{
    PWNODE_SINGLE_INSTANCE node = (PWNODE_SINGLE_INSTANCE)context->Buffer;

    if (lib->SetWmiDataBlock == NULL)
        return SRB_STATUS_ERROR;
    return lib->SetWmiDataBlock(device, context, index, node->InstanceIndex, node->SizeDataBlock,
                                context->Buffer + node->DataBlockOffset);
}

static UCHAR SetItem(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG index)
{
    PWNODE_SINGLE_ITEM node = (PWNODE_SINGLE_ITEM)context->Buffer;

    if (lib->SetWmiDataItem == NULL)
        return SRB_STATUS_ERROR;
    return lib->SetWmiDataItem(device, context, index, node->InstanceIndex, node->ItemId, node->SizeDataItem,
                               context->Buffer + node->DataBlockOffset);
}

static UCHAR Execute(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG index)
{
    PWNODE_METHOD_ITEM node = (PWNODE_METHOD_ITEM)context->Buffer;

    if (lib->ExecuteWmiMethod == NULL)
        return SRB_STATUS_ERROR;
    return lib->ExecuteWmiMethod(device, context, index, node->InstanceIndex, node->MethodId, node->SizeDataBlock,
                                 Room(context, node->DataBlockOffset), context->Buffer + node->DataBlockOffset);
}

static UCHAR Control(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG index)
{
    UCHAR minor = context->MinorFunction;
    BOOLEAN events = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_DISABLE_EVENTS;
    BOOLEAN enable = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_ENABLE_COLLECTION;

    if (lib->WmiFunctionControl == NULL)
        return SRB_STATUS_SUCCESS;
    return lib->WmiFunctionControl(device, context, index, events ? ScsiWmiEventControl : ScsiWmiDataBlockControl, enable);
}

/* The least that the request's own structure takes. */
static ULONG Least(UCHAR minor)
{
    switch (minor) {
    case IRP_MN_QUERY_ALL_DATA:
        return sizeof(WNODE_ALL_DATA);
    case IRP_MN_QUERY_SINGLE_INSTANCE:
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        return FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData);
    case IRP_MN_CHANGE_SINGLE_ITEM:
        return FIELD_OFFSET(WNODE_SINGLE_ITEM, VariableData);
    case IRP_MN_EXECUTE_METHOD:
        return FIELD_OFFSET(WNODE_METHOD_ITEM, VariableData);
    default:
        return 0;
    }
}

/* Data that the consumer gave lie inside the buffer. */
static BOOLEAN Inside(PSCSIWMI_REQUEST_CONTEXT context)
{
    PWNODE_SINGLE_INSTANCE one = (PWNODE_SINGLE_INSTANCE)context->Buffer;
    PWNODE_SINGLE_ITEM item = (PWNODE_SINGLE_ITEM)context->Buffer;
    PWNODE_METHOD_ITEM method = (PWNODE_METHOD_ITEM)context->Buffer;

    switch (context->MinorFunction) {
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        return one->SizeDataBlock <= Room(context, one->DataBlockOffset);
    case IRP_MN_CHANGE_SINGLE_ITEM:
        return item->SizeDataItem <= Room(context, item->DataBlockOffset);
    case IRP_MN_EXECUTE_METHOD:
        return method->DataBlockOffset <= context->BufferSize && method->SizeDataBlock <= Room(context, method->DataBlockOffset);
    default:
        return TRUE;
    }
}

static UCHAR Call(PSCSI_WMILIB_CONTEXT lib, PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG index)
{
    switch (context->MinorFunction) {
    case IRP_MN_QUERY_ALL_DATA:
        return QueryAll(lib, device, context, index);
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        return QueryOne(lib, device, context, index);
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        return SetOne(lib, device, context, index);
    case IRP_MN_CHANGE_SINGLE_ITEM:
        return SetItem(lib, device, context, index);
    case IRP_MN_EXECUTE_METHOD:
        return Execute(lib, device, context, index);
    case IRP_MN_ENABLE_EVENTS:
    case IRP_MN_DISABLE_EVENTS:
    case IRP_MN_ENABLE_COLLECTION:
    case IRP_MN_DISABLE_COLLECTION:
        return Control(lib, device, context, index);
    default:
        return SRB_STATUS_INVALID_REQUEST;
    }
}

static BOOLEAN Find(PSCSI_WMILIB_CONTEXT lib, const GUID *guid, PULONG index)
{
    for (*index = 0; guid != NULL && *index < lib->GuidCount; ++*index)
        if (RtlCompareMemory(lib->GuidList[*index].Guid, guid, sizeof(GUID)) == sizeof(GUID))
            return TRUE;
    return FALSE;
}

BOOLEAN NTAPI ScsiPortWmiDispatchFunction(PSCSI_WMILIB_CONTEXT WmiLibInfo, UCHAR MinorFunction, PVOID DeviceContext,
                                          PSCSIWMI_REQUEST_CONTEXT RequestContext, PVOID DataPath, ULONG BufferSize, PVOID Buffer)
{
    ULONG index;
    UCHAR status;

    RequestContext->BufferSize = BufferSize;
    RequestContext->Buffer = Buffer;
    RequestContext->MinorFunction = MinorFunction;
    Answer(RequestContext, SRB_STATUS_PENDING, 0);
    if (MinorFunction == IRP_MN_REGINFO || MinorFunction == IRP_MN_REGINFO_EX) {
        Register(WmiLibInfo, DeviceContext, RequestContext);
        return FALSE;
    }
    if (BufferSize < Least(MinorFunction) || !Find(WmiLibInfo, DataPath, &index) || !Inside(RequestContext)) {
        Answer(RequestContext, SRB_STATUS_INVALID_REQUEST, 0);
        return FALSE;
    }
    status = Call(WmiLibInfo, DeviceContext, RequestContext, index);
    if (status == SRB_STATUS_PENDING)
        return TRUE;
    if (RequestContext->ReturnStatus == SRB_STATUS_PENDING)     /* nobody called ScsiPortWmiPostProcess */
        Answer(RequestContext, status, 0);
    return FALSE;
}

/* --- completion -------------------------------------------------------------------------------------------------------------- */

static void TooSmall(PSCSIWMI_REQUEST_CONTEXT context, ULONG size)
{
    PWNODE_TOO_SMALL node = (PWNODE_TOO_SMALL)context->Buffer;

    node->WnodeHeader.BufferSize = sizeof(*node);
    node->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
    node->SizeNeeded = size;
    Answer(context, SRB_STATUS_SUCCESS, sizeof(*node));
}

/* The callback wrote an array of lengths where pairs belong: spread it from the end, then add up the offsets. Instances that the
 * callback placed itself (ScsiPortWmiSetInstanceCount) have names. */
static void PlaceInstances(PWNODE_ALL_DATA node)
{
    POFFSETINSTANCEDATAANDLENGTH pairs = node->OffsetInstanceDataAndLength;
    PULONG lengths = &pairs[0].OffsetInstanceData;
    ULONG offset = node->DataBlockOffset;

    if (node->OffsetInstanceNameOffsets != 0)
        return;
    for (ULONG i = node->InstanceCount; i-- != 0;)
        pairs[i].LengthInstanceData = lengths[i];
    for (ULONG i = 0; i < node->InstanceCount; i++) {
        pairs[i].OffsetInstanceData = offset;
        offset = ALIGNED(offset + pairs[i].LengthInstanceData);
    }
}

static ULONG WholeSize(PSCSIWMI_REQUEST_CONTEXT context, ULONG used)
{
    PWNODE_ALL_DATA all = (PWNODE_ALL_DATA)context->Buffer;

    if (context->MinorFunction == IRP_MN_QUERY_ALL_DATA)
        return all->OffsetInstanceNameOffsets != 0 ? used : all->DataBlockOffset + used;
    if (context->MinorFunction == IRP_MN_QUERY_SINGLE_INSTANCE)
        return ((PWNODE_SINGLE_INSTANCE)context->Buffer)->DataBlockOffset + used;
    return ((PWNODE_METHOD_ITEM)context->Buffer)->DataBlockOffset + used;
}

VOID NTAPI ScsiPortWmiPostProcess(PSCSIWMI_REQUEST_CONTEXT RequestContext, UCHAR SrbStatus, ULONG BufferUsed)
{
    UCHAR minor = RequestContext->MinorFunction, plain = SRB_STATUS(SrbStatus);
    BOOLEAN data = minor == IRP_MN_QUERY_ALL_DATA || minor == IRP_MN_QUERY_SINGLE_INSTANCE || minor == IRP_MN_EXECUTE_METHOD;
    PWNODE_HEADER header = (PWNODE_HEADER)RequestContext->Buffer;
    ULONG size;

    if (!data || (plain != SRB_STATUS_SUCCESS && plain != SRB_STATUS_DATA_OVERRUN)) {
        Answer(RequestContext, SrbStatus, 0);
        return;
    }
    size = WholeSize(RequestContext, BufferUsed);
    if (plain == SRB_STATUS_DATA_OVERRUN || size > RequestContext->BufferSize) {
        TooSmall(RequestContext, size);
        return;
    }
    if (minor == IRP_MN_QUERY_ALL_DATA)
        PlaceInstances((PWNODE_ALL_DATA)RequestContext->Buffer);
    else if (minor == IRP_MN_QUERY_SINGLE_INSTANCE)
        ((PWNODE_SINGLE_INSTANCE)RequestContext->Buffer)->SizeDataBlock = BufferUsed;
    else
        ((PWNODE_METHOD_ITEM)RequestContext->Buffer)->SizeDataBlock = BufferUsed;
    header->BufferSize = size;
    Answer(RequestContext, SRB_STATUS_SUCCESS, size);
}
