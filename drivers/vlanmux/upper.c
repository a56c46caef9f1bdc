/* The virtual adapters: initialize, pause, restart, halt. */
#include "vlanmux.h"

_Use_decl_annotations_
PUPPER UpperCreate(PLOWER Lower, PNDIS_STRING Name)
{
    PUPPER upper = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*upper) + Name->Length, MUX_TAG);

    if (upper == NULL)
        return NULL;
    upper->Lower = Lower;
    upper->Name.Buffer = (PWCHAR)(upper + 1);
    upper->Name.Length = upper->Name.MaximumLength = Name->Length;
    NdisMoveMemory(upper->Name.Buffer, Name->Buffer, Name->Length);
    NdisInitializeEvent(&upper->Initialized);
    NdisInitializeEvent(&upper->Halted);
    upper->Power = NdisDeviceStateD0;
    return upper;
}

_Use_decl_annotations_
NDIS_STATUS UpperStart(PUPPER Upper)
{
    NDIS_STATUS status;

    Upper->InitPending = TRUE;
    NdisResetEvent(&Upper->Initialized);
    status = NdisIMInitializeDeviceInstanceEx(Mux.Driver, &Upper->Name, Upper);
    if (status != NDIS_STATUS_SUCCESS)
        Upper->InitPending = FALSE;
    return status;
}

_Use_decl_annotations_
VOID UpperStop(PUPPER Upper)
{
    if (Upper->InitPending) {
        if (NdisIMCancelInitializeDeviceInstance(Mux.Driver, &Upper->Name) == NDIS_STATUS_SUCCESS) {
            Upper->InitPending = FALSE;
            return;
        }
        NdisWaitEvent(&Upper->Initialized, 0);  /* MiniportInitializeEx is on its way */
    }
    if (Upper->Handle == NULL)
        return;
    NdisIMDeInitializeDeviceInstance(Upper->Handle);
    NdisWaitEvent(&Upper->Halted, 0);           /* by this call, or by somebody who was faster */
}

/* ---- counts ---- */

_Use_decl_annotations_
BOOLEAN UpperHold(PUPPER Upper, LONG Count)
{
    InterlockedAdd(&Upper->Outstanding, Count);
    if (Upper->State == MuxRunning)
        return TRUE;
    UpperRelease(Upper, Count);
    return FALSE;
}

_Use_decl_annotations_
VOID UpperRelease(PUPPER Upper, LONG Count)
{
    if (InterlockedAdd(&Upper->Outstanding, -Count) != 0)
        return;
    if (InterlockedCompareExchange(&Upper->State, MuxPaused, MuxPausing) == MuxPausing)
        NdisMPauseComplete(Upper->Handle);
}

/* ---- initialize ---- */

static NDIS_STATUS SetRegistration(PUPPER Upper, NDIS_HANDLE Handle)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;

    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.MiniportAdapterContext = Upper;
    attributes.RegistrationAttributes.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
    attributes.RegistrationAttributes.InterfaceType = NdisInterfaceInternal;
    return NdisMSetMiniportAttributes(Handle, &attributes);
}

static ULONG ReadNumber(NDIS_HANDLE Configuration, PNDIS_STRING Keyword)
{
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;

    NdisReadConfiguration(&status, &value, Configuration, Keyword, NdisParameterInteger);
    return status == NDIS_STATUS_SUCCESS && value->ParameterType == NdisParameterInteger ? value->ParameterData.IntegerData : 0;
}

static NDIS_STATUS ReadConfiguration(PUPPER Upper, NDIS_HANDLE Handle)
{
    NDIS_STRING vlan = NDIS_STRING_CONST("VlanID");
    NDIS_CONFIGURATION_OBJECT object;
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    PVOID address;
    UINT length;
    ULONG id;

    NdisZeroMemory(&object, sizeof(object));
    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = Handle;
    status = NdisOpenConfigurationEx(&object, &configuration);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    id = ReadNumber(configuration, &vlan);
    Upper->VlanId = id < MUX_VLANS ? (USHORT)id : 0;
    NdisMoveMemory(Upper->Address, Upper->Lower->Bind.CurrentMacAddress, ETH_LENGTH_OF_ADDRESS);
    NdisReadNetworkAddress(&status, &address, &length, configuration);
    if (status == NDIS_STATUS_SUCCESS && length == ETH_LENGTH_OF_ADDRESS && !ETH_IS_MULTICAST((PUCHAR)address))
        NdisMoveMemory(Upper->Address, address, ETH_LENGTH_OF_ADDRESS);
    NdisCloseConfiguration(configuration);
    return NDIS_STATUS_SUCCESS;
}

static BOOLEAN VlanIsTaken(const UPPER *Upper)
{
    for (PUPPER other = Upper->Lower->Uppers; other != NULL; other = other->Next)
        if (other != Upper && other->Handle != NULL && other->VlanId == Upper->VlanId)
            return TRUE;
    return FALSE;
}

static VOID FillGeneral(PUPPER Upper, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g)
{
    const NDIS_BIND_PARAMETERS *bind = &Upper->Lower->Bind;
    const NDIS_LINK_STATE *link = &Upper->Lower->Link_;

    g->MediaType = NdisMedium802_3;
    g->PhysicalMediumType = bind->PhysicalMediumType;
    g->MtuSize = bind->MtuSize;
    g->MaxXmitLinkSpeed = bind->MaxXmitLinkSpeed;
    g->MaxRcvLinkSpeed = bind->MaxRcvLinkSpeed;
    g->XmitLinkSpeed = link->XmitLinkSpeed;
    g->RcvLinkSpeed = link->RcvLinkSpeed;
    g->MediaConnectState = link->MediaConnectState;
    g->MediaDuplexState = link->MediaDuplexState;
    g->LookaheadSize = bind->LookaheadSize;
    g->MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND;
    g->MacOptions |= MuxOffloadsTags(Upper->Lower) || Upper->VlanId != 0 ? NDIS_MAC_OPTION_8021P_PRIORITY : 0;
    g->MacOptions |= Upper->VlanId == 0 ? bind->MacOptions & NDIS_MAC_OPTION_8021Q_VLAN : 0;
    g->SupportedPacketFilters = bind->SupportedPacketFilters;
    g->MaxMulticastListSize = min(bind->MaxMulticastListSize, MUX_MULTICAST);
    g->MacAddressLength = ETH_LENGTH_OF_ADDRESS;
    NdisMoveMemory(g->PermanentMacAddress, bind->CurrentMacAddress, ETH_LENGTH_OF_ADDRESS);
    NdisMoveMemory(g->CurrentMacAddress, Upper->Address, ETH_LENGTH_OF_ADDRESS);
    g->AccessType = bind->AccessType;
    g->DirectionType = bind->DirectionType;
    g->ConnectionType = bind->ConnectionType;
    g->IfType = bind->IfType;
    g->IfConnectorPresent = FALSE;
    g->DataBackFillSize = bind->DataBackFillSize;
    g->ContextBackFillSize = bind->ContextBackFillSize + sizeof(MUX_CONTEXT);
    g->RecvScaleCapabilities = MuxIsTransparent(Upper) ? bind->RcvScaleCapabilities : NULL;
    g->PowerManagementCapabilitiesEx = bind->PowerManagementCapabilitiesEx;
}

static NDIS_STATUS SetGeneral(PUPPER Upper, NDIS_HANDLE Handle)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &attributes.GeneralAttributes;

    NdisZeroMemory(&attributes, sizeof(attributes));
    g->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    g->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    g->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    FillGeneral(Upper, g);
    g->SupportedStatistics = NDIS_STATISTICS_XMIT_OK_SUPPORTED | NDIS_STATISTICS_RCV_OK_SUPPORTED |
                             NDIS_STATISTICS_XMIT_ERROR_SUPPORTED | NDIS_STATISTICS_RCV_ERROR_SUPPORTED |
                             NDIS_STATISTICS_GEN_STATISTICS_SUPPORTED;
    g->SupportedOidList = (PNDIS_OID)MuxSupportedOids;
    g->SupportedOidListLength = MuxSupportedOidsLength;
    return NdisMSetMiniportAttributes(Handle, &attributes);
}

/* What the adapter below does for packets it does for those of its one transparent virtual adapter. */
static NDIS_STATUS SetOffload(PUPPER Upper, NDIS_HANDLE Handle)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;

    if (!MuxIsTransparent(Upper) || Upper->Lower->Bind.DefaultOffloadConfiguration == NULL)
        return NDIS_STATUS_SUCCESS;
    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.OffloadAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES;
    attributes.OffloadAttributes.Header.Revision = NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1;
    attributes.OffloadAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1;
    attributes.OffloadAttributes.DefaultOffloadConfiguration = &Upper->Lower->Offload;
    attributes.OffloadAttributes.HardwareOffloadCapabilities = &Upper->Lower->Offload;
    return NdisMSetMiniportAttributes(Handle, &attributes);
}

_Use_decl_annotations_
NDIS_STATUS UpperInitialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
                            PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
    PUPPER upper = MiniportInitParameters->IMDeviceInstanceContext;
    NDIS_MEDIA_CONNECT_STATE told;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(MiniportDriverContext);
    upper->State = MuxPaused;
    upper->Outstanding = 0;
    upper->Filter = upper->MulticastCount = 0;
    upper->Lookahead = upper->Lower->Bind.LookaheadSize;
    NdisResetEvent(&upper->Halted);
    status = SetRegistration(upper, NdisMiniportHandle);
    if (status == NDIS_STATUS_SUCCESS)
        status = ReadConfiguration(upper, NdisMiniportHandle);
    if (status == NDIS_STATUS_SUCCESS && VlanIsTaken(upper)) {
        DbgPrint("vlanmux: a second virtual adapter of VLAN %u on one adapter is not initialized\n", upper->VlanId);
        status = NDIS_STATUS_FAILURE;
    }
    told = upper->Lower->Link_.MediaConnectState;
    if (status == NDIS_STATUS_SUCCESS)
        status = SetGeneral(upper, NdisMiniportHandle);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetOffload(upper, NdisMiniportHandle);
    if (status == NDIS_STATUS_SUCCESS) {
        upper->Handle = NdisMiniportHandle;
        NdisIfAddIfStackEntry(MiniportInitParameters->IfIndex, upper->Lower->Bind.BoundIfIndex);
        upper->IfIndex = MiniportInitParameters->IfIndex;
        if (told != upper->Lower->Link_.MediaConnectState)
            UpperIndicateLink(upper);   /* it changed while nobody could hear it */
    }
    upper->InitPending = FALSE;
    NdisSetEvent(&upper->Initialized);
    return status;
}

/* ---- pause, restart, halt ---- */

_Use_decl_annotations_
NDIS_STATUS UpperPause(NDIS_HANDLE MiniportAdapterContext, PNDIS_MINIPORT_PAUSE_PARAMETERS MiniportPauseParameters)
{
    PUPPER upper = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(MiniportPauseParameters);
    InterlockedExchange(&upper->State, MuxPausing);
    UpperRelease(upper, 1);
    return NDIS_STATUS_PENDING;         /* the last list to come back completes it, perhaps already */
}

_Use_decl_annotations_
NDIS_STATUS UpperRestart(NDIS_HANDLE MiniportAdapterContext, PNDIS_MINIPORT_RESTART_PARAMETERS MiniportRestartParameters)
{
    PUPPER upper = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(MiniportRestartParameters);
    InterlockedAdd(&upper->Outstanding, 1);
    InterlockedExchange(&upper->State, MuxRunning);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID UpperHalt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
    PUPPER upper = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(HaltAction);
    if (upper->IfIndex != 0)
        NdisIfDeleteIfStackEntry(upper->IfIndex, upper->Lower->Bind.BoundIfIndex);
    upper->IfIndex = 0;
    upper->Filter = upper->MulticastCount = 0;
    MuxApplyFilter(upper->Lower);
    upper->Handle = NULL;
    NdisSetEvent(&upper->Halted);
}

_Use_decl_annotations_
VOID UpperShutdown(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION ShutdownAction)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);     /* there is no hardware */
    UNREFERENCED_PARAMETER(ShutdownAction);
}

_Use_decl_annotations_
VOID UpperPnPEvent(NDIS_HANDLE MiniportAdapterContext, PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(NetDevicePnPEvent);
}
