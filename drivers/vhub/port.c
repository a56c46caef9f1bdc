/* The life of a port. */
#include "vhub.h"

static const UCHAR FirstAddress[6] = { 0x02, 0x48, 0x55, 0x42, 0x00, 0x00 };

static NDIS_STATUS SetAttributes(PPORT Port)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &attributes.GeneralAttributes;
    NDIS_STATUS status;

    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.MiniportAdapterContext = Port;
    attributes.RegistrationAttributes.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NDIS_WDM;
    attributes.RegistrationAttributes.InterfaceType = NdisInterfaceInternal;
    status = NdisMSetMiniportAttributes(Port->Adapter, &attributes);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisZeroMemory(&attributes, sizeof(attributes));
    general->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    general->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    general->Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    general->MediaType = NdisMedium802_3;
    general->PhysicalMediumType = NdisPhysicalMediumUnspecified;
    general->MtuSize = VHUB_MTU;
    general->MaxXmitLinkSpeed = general->XmitLinkSpeed = general->MaxRcvLinkSpeed = general->RcvLinkSpeed = 100000000;
    general->MediaConnectState = MediaConnectStateConnected;
    general->MediaDuplexState = MediaDuplexStateHalf;
    general->LookaheadSize = VHUB_MTU;
    general->MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
                          NDIS_MAC_OPTION_NO_LOOPBACK;
    general->SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
                                      NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_MULTICAST;
    general->MaxMulticastListSize = VHUB_MULTICAST;
    general->MacAddressLength = 6;
    NdisMoveMemory(general->PermanentMacAddress, Port->PermanentAddress, 6);
    NdisMoveMemory(general->CurrentMacAddress, Port->Address, 6);
    general->AccessType = NET_IF_ACCESS_BROADCAST;
    general->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    general->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    general->IfType = IF_TYPE_ETHERNET_CSMACD;
    general->IfConnectorPresent = FALSE;
    general->SupportedStatistics = NDIS_STATISTICS_XMIT_OK_SUPPORTED | NDIS_STATISTICS_RCV_OK_SUPPORTED;
    general->SupportedOidList = (PNDIS_OID)PortOids;
    general->SupportedOidListLength = PortOidsLength;
    return NdisMSetMiniportAttributes(Port->Adapter, &attributes);
}

static VOID ReadAddress(PPORT Port)
{
    NDIS_CONFIGURATION_OBJECT object;
    NDIS_HANDLE configuration;
    PVOID address = NULL;
    UINT length = 0;
    NDIS_STATUS status;

    NdisZeroMemory(&object, sizeof(object));
    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = Port->Adapter;
    if (NdisOpenConfigurationEx(&object, &configuration) != NDIS_STATUS_SUCCESS)
        return;
    NdisReadNetworkAddress(&status, &address, &length, configuration);
    if (status == NDIS_STATUS_SUCCESS && length == 6)
        NdisMoveMemory(Port->Address, address, 6);
    NdisCloseConfiguration(configuration);
}

static NDIS_HANDLE CreatePool(PPORT Port)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;

    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = VHUB_TAG;
    parameters.DataSize = VHUB_FRAME;
    return NdisAllocateNetBufferListPool(Port->Adapter, &parameters);
}

static VOID Destroy(PPORT Port)
{
    LowerDelete(Port);
    if (Port->Timer != NULL)
        NdisFreeTimerObject(Port->Timer);
    if (Port->Pool != NULL)
        NdisFreeNetBufferListPool(Port->Pool);
    NdisFreeMemory(Port, 0, 0);
}

_Use_decl_annotations_
NDIS_STATUS NTAPI PortInitialize(NDIS_HANDLE Adapter, NDIS_HANDLE DriverContext, PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    NDIS_TIMER_CHARACTERISTICS timer;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    PPORT port = NdisAllocateMemoryWithTagPriority(Adapter, sizeof(*port), VHUB_TAG, NormalPoolPriority);

    UNREFERENCED_PARAMETER(DriverContext);
    UNREFERENCED_PARAMETER(Parameters);
    if (port == NULL)
        return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(port, sizeof(*port));
    port->Adapter = Adapter;
    port->LastReceived = &port->Received;
    NdisMoveMemory(port->PermanentAddress, FirstAddress, 6);
    port->PermanentAddress[5] = (UCHAR)InterlockedIncrement((PLONG)&Hub.Count);
    NdisMoveMemory(port->Address, port->PermanentAddress, 6);
    ReadAddress(port);
    port->Pool = CreatePool(port);
    if (port->Pool == NULL)
        goto Fail;
    status = LowerCreate(port);
    if (status != NDIS_STATUS_SUCCESS)
        goto Fail;
    NdisZeroMemory(&timer, sizeof(timer));
    timer.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    timer.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    timer.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    timer.AllocationTag = VHUB_TAG;
    timer.TimerFunction = PortDeliver;
    timer.FunctionContext = port;
    status = NdisAllocateTimerObject(Adapter, &timer, &port->Timer);
    if (status == NDIS_STATUS_SUCCESS)
        status = SetAttributes(port);
    if (status != NDIS_STATUS_SUCCESS)
        goto Fail;
    NdisAcquireSpinLock(&Hub.Lock);
    InsertTailList(&Hub.Ports, &port->Link);
    NdisReleaseSpinLock(&Hub.Lock);
    return NDIS_STATUS_SUCCESS;
Fail:
    Destroy(port);
    return status;
}

_Use_decl_annotations_
VOID NTAPI PortHalt(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
    PPORT port = Context;

    UNREFERENCED_PARAMETER(Action);
    NdisAcquireSpinLock(&Hub.Lock);
    RemoveEntryList(&port->Link);
    NdisReleaseSpinLock(&Hub.Lock);
    DbgPrint("vhub: port %02x sent %I64u, received %I64u, lost %I64u\n", port->Address[5], port->Statistics.ifHCOutUcastPkts,
             port->Statistics.ifHCInUcastPkts, port->Statistics.ifInDiscards);
    Destroy(port);
}

_Use_decl_annotations_
NDIS_STATUS NTAPI PortRestart(NDIS_HANDLE Context, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
    PPORT port = Context;

    UNREFERENCED_PARAMETER(Parameters);
    NdisAcquireSpinLock(&Hub.Lock);
    port->State = PortRunning;
    DbgPrint("vhub: port %02x runs\n", port->Address[5]);
    NdisReleaseSpinLock(&Hub.Lock);
    NdisMRestartComplete(port->Adapter, NDIS_STATUS_SUCCESS);   /* may come before the pending status does */
    return NDIS_STATUS_PENDING;
}

_Use_decl_annotations_
NDIS_STATUS NTAPI PortPause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    PPORT port = Context;
    PNET_BUFFER_LIST unseen;
    BOOLEAN idle;

    UNREFERENCED_PARAMETER(Parameters);
    NdisAcquireSpinLock(&Hub.Lock);
    unseen = port->Received;
    port->Received = NULL;
    port->LastReceived = &port->Received;
    port->State = PortPausing;
    idle = port->Outstanding == 0 && !port->TimerSet;
    if (idle)
        port->State = PortPaused;
    NdisReleaseSpinLock(&Hub.Lock);
    while (unseen != NULL) {
        PNET_BUFFER_LIST next = NET_BUFFER_LIST_NEXT_NBL(unseen);

        NdisFreeNetBufferList(unseen);
        unseen = next;
    }
    return idle ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
}

VOID PortRelease(PPORT Port, LONG Count)
{
    BOOLEAN paused;

    NdisAcquireSpinLock(&Hub.Lock);
    Port->Outstanding -= Count;
    paused = Port->State == PortPausing && Port->Outstanding == 0 && !Port->TimerSet;
    if (paused)
        Port->State = PortPaused;
    NdisReleaseSpinLock(&Hub.Lock);
    if (paused)
        NdisMPauseComplete(Port->Adapter);
}

_Use_decl_annotations_
VOID NTAPI PortShutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Action);
}

_Use_decl_annotations_
VOID NTAPI PortPnPEvent(NDIS_HANDLE Context, PNET_DEVICE_PNP_EVENT Event)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Event);
}
