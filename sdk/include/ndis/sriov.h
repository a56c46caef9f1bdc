/* Single root I/O virtualization, as far as miniports call NDIS for it; and a miniport's log for its own application.
 * docs: network/overview-of-single-root-i-o-virtualization--sr-iov-, ndis/nf-ndis-ndismcreatelog */
#ifndef RING3_NDIS_SRIOV_H
#define RING3_NDIS_SRIOV_H

#include <ndis/types.h>

RING3_BEGIN_C

typedef USHORT NDIS_SRIOV_FUNCTION_ID, *PNDIS_SRIOV_FUNCTION_ID;

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

#define IOCTL_NDIS_GET_LOG_DATA CTL_CODE(FILE_DEVICE_PHYSICAL_NETCARD, 7, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

NDISAPI NDIS_STATUS NTAPI NdisMCreateLog(_In_ NDIS_HANDLE MiniportAdapterHandle, _In_ UINT Size, _Out_ PNDIS_HANDLE LogHandle);
NDISAPI NDIS_STATUS NTAPI NdisMWriteLogData(_In_ NDIS_HANDLE LogHandle, _In_ PVOID LogBuffer, _In_ UINT LogBufferSize);
NDISAPI VOID NTAPI NdisMFlushLog(_In_ NDIS_HANDLE LogHandle);
NDISAPI VOID NTAPI NdisMCloseLog(_In_ NDIS_HANDLE LogHandle);

RING3_END_C

#endif
