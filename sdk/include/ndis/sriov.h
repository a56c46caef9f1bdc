/* Single root I/O virtualization, as far as miniports call NDIS for it; and a miniport's log for its own application.
 * docs: network/overview-of-single-root-i-o-virtualization--sr-iov-, ndis/nf-ndis-ndismcreatelog */
#ifndef RING3_NDIS_SRIOV_H
#define RING3_NDIS_SRIOV_H

#include <ndis/types.h>
#include <ndis/nic_switch.h>

RING3_BEGIN_C

NDISAPI NDIS_STATUS NTAPI NdisMEnableVirtualization(_In_ NDIS_HANDLE NdisMiniportHandle, _In_ USHORT NumVFs,
                                                    _In_ BOOLEAN EnableVFMigration, _In_ BOOLEAN EnableMigrationInterrupt,
                                                    _In_ BOOLEAN EnableVirtualization);
NDISAPI ULONG NTAPI NdisMGetVirtualFunctionBusData(_In_ NDIS_HANDLE NdisMiniportHandle, _In_ NDIS_SRIOV_FUNCTION_ID VFId,
                                                   _Out_ PVOID Buffer, _In_ ULONG Offset, _In_ ULONG Length);
NDISAPI ULONG NTAPI NdisMSetVirtualFunctionBusData(_In_ NDIS_HANDLE NdisMiniportHandle, _In_ NDIS_SRIOV_FUNCTION_ID VFId,
                                                   _In_ PVOID Buffer, _In_ ULONG Offset, _In_ ULONG Length);
NDISAPI NDIS_STATUS NTAPI NdisMReadConfigBlock(_In_ NDIS_HANDLE NdisMiniportHandle, _In_ ULONG BlockId, _Out_ PVOID Buffer,
                                               _In_ ULONG Length);
NDISAPI NDIS_STATUS NTAPI NdisMWriteConfigBlock(_In_ NDIS_HANDLE NdisMiniportHandle, _In_ ULONG BlockId, _In_ PVOID Buffer,
                                                _In_ ULONG Length);
NDISAPI NDIS_STATUS NTAPI NdisMQueryProbedBars(_In_ NDIS_HANDLE NdisMiniportHandle, _Out_ PULONG BaseRegisterValues);
NDISAPI VOID NTAPI NdisMGetVirtualFunctionLocation(_In_ NDIS_HANDLE NdisMiniportHandle, _In_ NDIS_SRIOV_FUNCTION_ID VFId,
                                                   _Out_ PUSHORT SegmentNumber, _Out_ PUCHAR BusNumber,
                                                   _Out_ PUCHAR FunctionNumber);
NDISAPI VOID NTAPI NdisMInvalidateConfigBlock(_In_ NDIS_HANDLE NdisMiniportHandle, _In_ NDIS_SRIOV_FUNCTION_ID VFId,
                                              _In_ ULONGLONG BlockMask);

/* The system's DMA controller. docs: ndis/nf-ndis-ndismregisterdmachannel */
typedef struct _NDIS_DMA_DESCRIPTION {
    BOOLEAN DemandMode;
    BOOLEAN AutoInitialize;
    BOOLEAN DmaChannelSpecified;
    DMA_WIDTH DmaWidth;
    DMA_SPEED DmaSpeed;
    ULONG DmaPort;
    ULONG DmaChannel;
} NDIS_DMA_DESCRIPTION, *PNDIS_DMA_DESCRIPTION;
RING3_SIZE(NDIS_DMA_DESCRIPTION, 20);

NDISAPI NDIS_STATUS NTAPI NdisMRegisterDmaChannel(_Out_ PNDIS_HANDLE MiniportDmaHandle, _In_ NDIS_HANDLE MiniportAdapterHandle,
                                                  _In_ UINT DmaChannel, _In_ BOOLEAN Dma32BitAddresses,
                                                  _In_ PNDIS_DMA_DESCRIPTION DmaDescription, _In_ ULONG MaximumLength);
NDISAPI VOID NTAPI NdisMDeregisterDmaChannel(_In_ NDIS_HANDLE MiniportDmaHandle);
NDISAPI ULONG NTAPI NdisMReadDmaCounter(_In_ NDIS_HANDLE MiniportDmaHandle);

#define IOCTL_NDIS_GET_LOG_DATA CTL_CODE(FILE_DEVICE_PHYSICAL_NETCARD, 7, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

NDISAPI NDIS_STATUS NTAPI NdisMCreateLog(_In_ NDIS_HANDLE MiniportAdapterHandle, _In_ UINT Size, _Out_ PNDIS_HANDLE LogHandle);
NDISAPI NDIS_STATUS NTAPI NdisMWriteLogData(_In_ NDIS_HANDLE LogHandle, _In_ PVOID LogBuffer, _In_ UINT LogBufferSize);
NDISAPI VOID NTAPI NdisMFlushLog(_In_ NDIS_HANDLE LogHandle);
NDISAPI VOID NTAPI NdisMCloseLog(_In_ NDIS_HANDLE LogHandle);

RING3_END_C

#endif
