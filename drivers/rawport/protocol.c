/* Registration with NDIS. */
#include "rawport.h"

DRIVER Driver;

VOID ProtocolPrepare(VOID)
{
    KeInitializeSpinLock(&Driver.Lock);
    ExInitializeFastMutex(&Driver.FilterLock);
    InitializeListHead(&Driver.Bindings);
    InitializeListHead(&Driver.Ports);
}

NDIS_STATUS ProtocolRegister(VOID)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics = { 0 };

    characteristics.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    characteristics.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.MajorNdisVersion = 6;
    characteristics.MinorNdisVersion = 30;
    characteristics.MajorDriverVersion = 1;
    NdisInitUnicodeString(&characteristics.Name, L"RAWPORT");
    characteristics.BindAdapterHandlerEx = BindingCreate;
    characteristics.UnbindAdapterHandlerEx = BindingDestroy;
    characteristics.OpenAdapterCompleteHandlerEx = BindingOpened;
    characteristics.CloseAdapterCompleteHandlerEx = BindingClosed;
    characteristics.OidRequestCompleteHandler = OidDone;
    characteristics.NetPnPEventHandler = BindingEvent;
    characteristics.StatusHandlerEx = BindingStatus;
    characteristics.ReceiveNetBufferListsHandler = ReceiveFrames;
    characteristics.SendNetBufferListsCompleteHandler = SendDone;
    return NdisRegisterProtocolDriver(NULL, &characteristics, &Driver.Protocol);
}
