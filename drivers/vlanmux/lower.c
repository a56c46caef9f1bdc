/* The bindings below: open, the virtual adapters of each, close. */
#include "vlanmux.h"

static NDIS_STATUS Finish(PLOWER Lower, NDIS_STATUS Status)
{
    if (Status != NDIS_STATUS_PENDING)
        return Status;
    NdisWaitEvent(&Lower->Completed, 0);
    return Lower->Status;
}

static VOID Complete(PLOWER Lower, NDIS_STATUS Status)
{
    Lower->Status = Status;
    NdisSetEvent(&Lower->Completed);
}

_Use_decl_annotations_
VOID LowerOpened(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status)
{
    Complete(ProtocolBindingContext, Status);
}

_Use_decl_annotations_
VOID LowerClosed(NDIS_HANDLE ProtocolBindingContext)
{
    Complete(ProtocolBindingContext, NDIS_STATUS_SUCCESS);
}

/* Control is held, or nobody else can be here. */
_Use_decl_annotations_
NDIS_STATUS LowerRequest(PLOWER Lower, NDIS_REQUEST_TYPE Type, NDIS_OID Oid, PVOID Buffer, ULONG Length)
{
    NDIS_OID_REQUEST request;

    NdisZeroMemory(&request, sizeof(request));
    request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request.RequestType = Type;
    request.DATA.SET_INFORMATION.Oid = Oid;
    request.DATA.SET_INFORMATION.InformationBuffer = Buffer;
    request.DATA.SET_INFORMATION.InformationBufferLength = Length;
    NdisResetEvent(&Lower->Completed);
    return Finish(Lower, NdisOidRequest(Lower->Binding, &request));
}

/* ---- sends in flight ---- */

_Use_decl_annotations_
BOOLEAN LowerHold(PLOWER Lower, LONG Count)
{
    InterlockedAdd(&Lower->Sends, Count);
    if (Lower->State == MuxRunning)
        return TRUE;
    LowerRelease(Lower, Count);
    return FALSE;
}

_Use_decl_annotations_
VOID LowerRelease(PLOWER Lower, LONG Count)
{
    if (InterlockedAdd(&Lower->Sends, -Count) == 0 && Lower->State != MuxRunning)
        NdisSetEvent(&Lower->Drained);
}

/* ---- bind ---- */

static NDIS_STATUS Open(PLOWER Lower, NDIS_HANDLE BindContext, PNDIS_STRING AdapterName)
{
    NDIS_OPEN_PARAMETERS parameters;
    NDIS_MEDIUM medium = NdisMedium802_3;
    NET_FRAME_TYPE anyType = 0;
    UINT selected = 0;

    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    parameters.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    parameters.AdapterName = AdapterName;
    parameters.MediumArray = &medium;
    parameters.MediumArraySize = 1;
    parameters.SelectedMediumIndex = &selected;
    parameters.FrameTypeArray = &anyType;
    NdisResetEvent(&Lower->Completed);
    return Finish(Lower, NdisOpenAdapterEx(Mux.Protocol, Lower, &parameters, BindContext, &Lower->Binding));
}

/* Keeps of a structure with a header what this driver knows of it. */
static VOID Keep(PVOID To, USHORT Room, const VOID *From)
{
    USHORT size = ((const NDIS_OBJECT_HEADER *)From)->Size;

    NdisMoveMemory(To, From, min(size, Room));
    ((NDIS_OBJECT_HEADER *)To)->Size = min(size, Room);
}

static VOID KeepParameters(PLOWER Lower, PNDIS_BIND_PARAMETERS Bind)
{
    PNDIS_BIND_PARAMETERS own = &Lower->Bind;

    Keep(own, sizeof(*own), Bind);
    own->ProtocolSection = own->AdapterName = own->BoundAdapterName = NULL;
    own->PhysicalDeviceObject = NULL;
    own->RcvScaleCapabilities = NULL;
    own->PowerManagementCapabilities = NULL;
    own->PowerManagementCapabilitiesEx = NULL;
    own->DefaultOffloadConfiguration = NULL;
    own->HDSplitCurrentConfig = NULL;
    own->ReceiveFilterCapabilities = NULL;
    own->NicSwitchCapabilities = NULL;
    if (Bind->RcvScaleCapabilities != NULL) {
        Keep(&Lower->Scale, sizeof(Lower->Scale), Bind->RcvScaleCapabilities);
        own->RcvScaleCapabilities = &Lower->Scale;
    }
    if (Bind->DefaultOffloadConfiguration != NULL) {
        Keep(&Lower->Offload, sizeof(Lower->Offload), Bind->DefaultOffloadConfiguration);
        own->DefaultOffloadConfiguration = &Lower->Offload;
    }
    if (Bind->PowerManagementCapabilitiesEx != NULL) {  /* a virtual adapter does not wake the system itself */
        Keep(&Lower->Wake, sizeof(Lower->Wake), Bind->PowerManagementCapabilitiesEx);
        Lower->Wake.MinMagicPacketWakeUp = NdisDeviceStateUnspecified;
        Lower->Wake.MinPatternWakeUp = NdisDeviceStateUnspecified;
        Lower->Wake.MinLinkChangeWakeUp = NdisDeviceStateUnspecified;
        own->PowerManagementCapabilitiesEx = &Lower->Wake;
    }
    Lower->Link_.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    Lower->Link_.Header.Revision = NDIS_LINK_STATE_REVISION_1;
    Lower->Link_.Header.Size = NDIS_SIZEOF_LINK_STATE_REVISION_1;
    Lower->Link_.MediaConnectState = Bind->MediaConnectState;
    Lower->Link_.MediaDuplexState = Bind->MediaDuplexState;
    Lower->Link_.XmitLinkSpeed = Bind->XmitLinkSpeed;
    Lower->Link_.RcvLinkSpeed = Bind->RcvLinkSpeed;
}

/* Without help of the adapter, tagged frames are copies. */
static NDIS_STATUS CreateCopyPool(PLOWER Lower)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;

    if ((Lower->Bind.MacOptions & NDIS_MAC_OPTION_8021Q_VLAN) != 0)
        return NDIS_STATUS_SUCCESS;
    Lower->FrameSize = Lower->Bind.MtuSize + MUX_ETHERNET_HEADER + MUX_TAG_LENGTH;
    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = MUX_TAG;
    parameters.DataSize = Lower->FrameSize;
    Lower->CopyPool = NdisAllocateNetBufferListPool(Lower->Binding, &parameters);
    return Lower->CopyPool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID Close(PLOWER Lower)
{
    NdisResetEvent(&Lower->Completed);
    Finish(Lower, NdisCloseAdapterEx(Lower->Binding));
}

static VOID Free(PLOWER Lower)
{
    PUPPER next;

    for (PUPPER upper = Lower->Uppers; upper != NULL; upper = next) {
        next = upper->Next;
        ExFreePoolWithTag(upper, MUX_TAG);
    }
    if (Lower->CopyPool != NULL)
        NdisFreeNetBufferListPool(Lower->CopyPool);
    ExFreePoolWithTag(Lower, MUX_TAG);
}

static VOID StopUppers(PLOWER Lower)
{
    Lower->Closing = TRUE;
    for (PUPPER upper = Lower->Uppers; upper != NULL; upper = upper->Next)
        UpperStop(upper);
}

static VOID Publish(PLOWER Lower, BOOLEAN There)
{
    ExAcquireFastMutex(&Mux.Lock);
    if (There)
        InsertTailList(&Mux.Lowers, &Lower->Link);
    else
        RemoveEntryList(&Lower->Link);
    ExReleaseFastMutex(&Mux.Lock);
}

static PLOWER Create(VOID)
{
    PLOWER lower = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*lower), MUX_TAG);

    if (lower == NULL)
        return NULL;
    KeInitializeMutex(&lower->Control, 0);
    NdisInitializeEvent(&lower->Completed);
    NdisInitializeEvent(&lower->Drained);
    lower->Power = NdisDeviceStateD0;
    return lower;
}

_Use_decl_annotations_
NDIS_STATUS LowerBind(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext, PNDIS_BIND_PARAMETERS BindParameters)
{
    NDIS_STATUS status;
    PLOWER lower;

    UNREFERENCED_PARAMETER(ProtocolDriverContext);
    if (BindParameters->MediaType != NdisMedium802_3 || BindParameters->MacAddressLength != ETH_LENGTH_OF_ADDRESS)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    lower = Create();
    if (lower == NULL)
        return NDIS_STATUS_RESOURCES;
    KeepParameters(lower, BindParameters);
    status = Open(lower, BindContext, BindParameters->AdapterName);
    if (status != NDIS_STATUS_SUCCESS)
        goto FreeLower;
    status = CreateCopyPool(lower);
    if (status != NDIS_STATUS_SUCCESS)
        goto CloseLower;
    Publish(lower, TRUE);
    status = LowerReadUppers(lower, NULL);
    if (status == NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_SUCCESS;
    StopUppers(lower);
    Publish(lower, FALSE);
CloseLower:
    Close(lower);
FreeLower:
    Free(lower);
    return status;
}

_Use_decl_annotations_
NDIS_STATUS LowerUnbind(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext)
{
    PLOWER lower = ProtocolBindingContext;

    UNREFERENCED_PARAMETER(UnbindContext);
    Publish(lower, FALSE);
    StopUppers(lower);
    Close(lower);
    Free(lower);
    return NDIS_STATUS_SUCCESS;
}

/* ---- UpperBindings ---- */

static PUPPER Find(PLOWER Lower, PNDIS_STRING Name)
{
    PUPPER upper = Lower->Uppers;

    while (upper != NULL && !RtlEqualUnicodeString(&upper->Name, Name, TRUE))
        upper = upper->Next;
    return upper;
}

/* Made first, all of them: what one can do depends on the others. */
static NDIS_STATUS Make(PLOWER Lower, PNDIS_STRING Name)
{
    PUPPER volatile *tail = &Lower->Uppers;

    if (Find(Lower, Name) != NULL)
        return NDIS_STATUS_SUCCESS;
    while (*tail != NULL)
        tail = (PUPPER volatile *)&(*tail)->Next;
    *tail = UpperCreate(Lower, Name);
    return *tail != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS Start(PLOWER Lower, PNDIS_STRING Name)
{
    PUPPER upper = Find(Lower, Name);

    return upper->Handle != NULL || upper->InitPending ? NDIS_STATUS_SUCCESS : UpperStart(upper);
}

/* Each name of a REG_MULTI_SZ, or the one that is wanted. */
static NDIS_STATUS ForEach(PLOWER Lower, PNDIS_STRING List, PNDIS_STRING Only, NDIS_STATUS (*Do)(PLOWER, PNDIS_STRING))
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    USHORT left = List->Length / sizeof(WCHAR);
    PWCHAR at = List->Buffer;

    while (status == NDIS_STATUS_SUCCESS && left > 0 && *at != 0) {
        NDIS_STRING name = { 0, 0, at };

        while (left > 0 && *at != 0) {
            at++;
            left--;
            name.Length += sizeof(WCHAR);
        }
        name.MaximumLength = name.Length;
        if (Only == NULL || RtlEqualUnicodeString(&name, Only, TRUE))
            status = Do(Lower, &name);
        at++;
        left -= left > 0;
    }
    return status;
}

_Use_decl_annotations_
NDIS_STATUS LowerReadUppers(PLOWER Lower, PNDIS_STRING Only)
{
    NDIS_STRING keyword = NDIS_STRING_CONST("UpperBindings");
    NDIS_CONFIGURATION_OBJECT object;
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_HANDLE configuration;
    NDIS_STATUS status;

    NdisZeroMemory(&object, sizeof(object));
    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = Lower->Binding;
    status = NdisOpenConfigurationEx(&object, &configuration);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisReadConfiguration(&status, &value, configuration, &keyword, NdisParameterMultiString);
    if (status == NDIS_STATUS_SUCCESS)
        status = ForEach(Lower, &value->ParameterData.StringData, Only, Make);
    if (status == NDIS_STATUS_SUCCESS)
        status = ForEach(Lower, &value->ParameterData.StringData, Only, Start);
    NdisCloseConfiguration(configuration);
    return status;
}
