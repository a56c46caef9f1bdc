/* DMA transactions. */
#ifndef WDF_WDFDMATRANSACTION_H
#define WDF_WDFDMATRANSACTION_H

#include <wdf/wdfdmaenabler.h>
#include <wdf/wdfrequest.h>

RING3_BEGIN_C

typedef BOOLEAN NTAPI EVT_WDF_PROGRAM_DMA(WDFDMATRANSACTION Transaction, WDFDEVICE Device, WDFCONTEXT Context,
                                          WDF_DMA_DIRECTION Direction, PSCATTER_GATHER_LIST SgList);
typedef EVT_WDF_PROGRAM_DMA *PFN_WDF_PROGRAM_DMA;
typedef BOOLEAN NTAPI EVT_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL(WDFDMATRANSACTION DmaTransaction,
        WDFDEVICE Device, PVOID Context, PMDL Mdl, size_t Offset, size_t Length);
typedef EVT_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL *PFN_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL;
typedef VOID NTAPI EVT_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE(WDFDMATRANSACTION Transaction, WDFDEVICE Device,
        WDFCONTEXT Context, WDF_DMA_DIRECTION Direction, DMA_COMPLETION_STATUS Status);
typedef EVT_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE *PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE;
typedef VOID NTAPI EVT_WDF_RESERVE_DMA(WDFDMATRANSACTION DmaTransaction, PVOID Context);
typedef EVT_WDF_RESERVE_DMA *PFN_WDF_RESERVE_DMA;

WDF_SLOT(NTSTATUS, WdfDmaTransactionCreate, (WDFDMAENABLER DmaEnabler, PWDF_OBJECT_ATTRIBUTES Attributes,
         WDFDMATRANSACTION *DmaTransaction), (DmaEnabler, Attributes, DmaTransaction))
WDF_SLOT(NTSTATUS, WdfDmaTransactionInitialize, (WDFDMATRANSACTION DmaTransaction,
         PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection, PMDL Mdl, PVOID VirtualAddress,
         size_t Length), (DmaTransaction, EvtProgramDmaFunction, DmaDirection, Mdl, VirtualAddress, Length))
WDF_SLOT(NTSTATUS, WdfDmaTransactionInitializeUsingOffset, (WDFDMATRANSACTION DmaTransaction,
         PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection, PMDL Mdl, size_t Offset,
         size_t Length), (DmaTransaction, EvtProgramDmaFunction, DmaDirection, Mdl, Offset, Length))
WDF_SLOT(NTSTATUS, WdfDmaTransactionInitializeUsingRequest, (WDFDMATRANSACTION DmaTransaction, WDFREQUEST Request,
         PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection),
         (DmaTransaction, Request, EvtProgramDmaFunction, DmaDirection))
WDF_SLOT(NTSTATUS, WdfDmaTransactionExecute, (WDFDMATRANSACTION DmaTransaction, WDFCONTEXT Context),
         (DmaTransaction, Context))
WDF_SLOT(NTSTATUS, WdfDmaTransactionRelease, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(BOOLEAN, WdfDmaTransactionDmaCompleted, (WDFDMATRANSACTION DmaTransaction, NTSTATUS *Status),
         (DmaTransaction, Status))
WDF_SLOT(BOOLEAN, WdfDmaTransactionDmaCompletedWithLength, (WDFDMATRANSACTION DmaTransaction,
         size_t TransferredLength, NTSTATUS *Status), (DmaTransaction, TransferredLength, Status))
WDF_SLOT(BOOLEAN, WdfDmaTransactionDmaCompletedFinal, (WDFDMATRANSACTION DmaTransaction,
         size_t FinalTransferredLength, NTSTATUS *Status), (DmaTransaction, FinalTransferredLength, Status))
WDF_SLOT(size_t, WdfDmaTransactionGetBytesTransferred, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(VOID, WdfDmaTransactionSetMaximumLength, (WDFDMATRANSACTION DmaTransaction, size_t MaximumLength),
         (DmaTransaction, MaximumLength))
WDF_SLOT(VOID, WdfDmaTransactionSetSingleTransferRequirement, (WDFDMATRANSACTION DmaTransaction,
         BOOLEAN RequireSingleTransfer), (DmaTransaction, RequireSingleTransfer))
WDF_SLOT(WDFREQUEST, WdfDmaTransactionGetRequest, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(size_t, WdfDmaTransactionGetCurrentDmaTransferLength, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(WDFDEVICE, WdfDmaTransactionGetDevice, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(VOID, WdfDmaTransactionGetTransferInfo, (WDFDMATRANSACTION DmaTransaction, ULONG *MapRegisterCount,
         ULONG *ScatterGatherElementCount), (DmaTransaction, MapRegisterCount, ScatterGatherElementCount))
WDF_SLOT(VOID, WdfDmaTransactionSetChannelConfigurationCallback, (WDFDMATRANSACTION DmaTransaction,
         PFN_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL ConfigureRoutine, PVOID ConfigureContext),
         (DmaTransaction, ConfigureRoutine, ConfigureContext))
WDF_SLOT(VOID, WdfDmaTransactionSetTransferCompleteCallback, (WDFDMATRANSACTION DmaTransaction,
         PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE DmaCompletionRoutine, PVOID DmaCompletionContext),
         (DmaTransaction, DmaCompletionRoutine, DmaCompletionContext))
WDF_SLOT(VOID, WdfDmaTransactionSetImmediateExecution, (WDFDMATRANSACTION DmaTransaction,
         BOOLEAN UseImmediateExecution), (DmaTransaction, UseImmediateExecution))
WDF_SLOT(NTSTATUS, WdfDmaTransactionAllocateResources, (WDFDMATRANSACTION DmaTransaction,
         WDF_DMA_DIRECTION DmaDirection, ULONG RequiredMapRegisters, PFN_WDF_RESERVE_DMA EvtReserveDmaFunction,
         PVOID EvtReserveDmaContext),
         (DmaTransaction, DmaDirection, RequiredMapRegisters, EvtReserveDmaFunction, EvtReserveDmaContext))
WDF_SLOT(VOID, WdfDmaTransactionSetDeviceAddressOffset, (WDFDMATRANSACTION DmaTransaction, ULONG Offset),
         (DmaTransaction, Offset))
WDF_SLOT(VOID, WdfDmaTransactionFreeResources, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(BOOLEAN, WdfDmaTransactionCancel, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(PVOID, WdfDmaTransactionWdmGetTransferContext, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))
WDF_SLOT(VOID, WdfDmaTransactionStopSystemTransfer, (WDFDMATRANSACTION DmaTransaction), (DmaTransaction))

RING3_END_C

#endif
