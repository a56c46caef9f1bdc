/* DriverEntry and unload: the table of contents of the driver. */
#include "adapter.h"
#include "oid.h"
#include "power.h"
#include "receive.h"
#include "transmit.h"

NDIS_HANDLE VioNetDriverHandle;

static const NDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics = {
    .Header = { NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
    .MajorNdisVersion = 6,
    .MinorNdisVersion = 83,
    .MajorDriverVersion = VIONET_MAJOR_VERSION,
    .MinorDriverVersion = VIONET_MINOR_VERSION,
    .InitializeHandlerEx = VioNetInitialize,
    .HaltHandlerEx = VioNetHalt,
    .UnloadHandler = VioNetUnload,
    .PauseHandler = VioNetPause,
    .RestartHandler = VioNetRestart,
    .OidRequestHandler = VioNetOidRequest,
    .SendNetBufferListsHandler = VioNetSend,
    .ReturnNetBufferListsHandler = VioNetReturn,
    .CancelSendHandler = VioNetCancelSend,
    .CheckForHangHandlerEx = VioNetCheckForHang,
    .ResetHandlerEx = VioNetReset,
    .DevicePnPEventNotifyHandler = VioNetDevicePnPEvent,
    .ShutdownHandlerEx = VioNetShutdown,
    .CancelOidRequestHandler = VioNetCancelOidRequest,
};

_Use_decl_annotations_
PVOID VioNetAllocate(NDIS_HANDLE handle, SIZE_T size)
{
    PVOID memory = NdisAllocateMemoryWithTagPriority(handle, (UINT)size, VIONET_TAG, NormalPoolPriority);

    if (memory != NULL)
        RtlZeroMemory(memory, size);
    return memory;
}

_Use_decl_annotations_
VOID VioNetUnload(PDRIVER_OBJECT driverObject)
{
    UNREFERENCED_PARAMETER(driverObject);
    NdisMDeregisterMiniportDriver(VioNetDriverHandle);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT driverObject, PUNICODE_STRING registryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = Characteristics;

    return NdisMRegisterMiniportDriver(driverObject, registryPath, NULL, &characteristics, &VioNetDriverHandle);
}
