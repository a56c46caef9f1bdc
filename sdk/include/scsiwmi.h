/* WMI for storage miniports: the requests of SRB_FUNCTION_WMI, taken apart into calls of the miniport's callbacks. The functions are
 * linked into the driver. docs: scsiwmi */
#ifndef RING3_SCSIWMI_H
#define RING3_SCSIWMI_H

#include <srb.h>
#include <wmistr.h>

RING3_BEGIN_C

/* Lives until ScsiPortWmiPostProcess has returned with the final status; ReturnStatus and ReturnSize are valid then. */
typedef struct SCSIWMI_REQUEST_CONTEXT {
    PVOID UserContext;                  /* the miniport's */
    ULONG BufferSize;                   /* from here the library's */
    PUCHAR Buffer;
    UCHAR MinorFunction;
    UCHAR ReturnStatus;                 /* SRB status */
    ULONG ReturnSize;                   /* bytes */
} SCSIWMI_REQUEST_CONTEXT, *PSCSIWMI_REQUEST_CONTEXT;

/* Flags: WMIREG_FLAG_EVENT_ONLY_GUID, WMIREG_FLAG_EXPENSIVE, WMIREG_FLAG_REMOVE_GUID. */
typedef struct SCSIWMIGUIDREGINFO {
    LPCGUID Guid;
    ULONG InstanceCount, Flags;
} SCSIWMIGUIDREGINFO, *PSCSIWMIGUIDREGINFO;

typedef enum SCSIWMI_ENABLE_DISABLE_CONTROL { ScsiWmiEventControl, ScsiWmiDataBlockControl } SCSIWMI_ENABLE_DISABLE_CONTROL;

/* The callbacks return SRB_STATUS_PENDING, or the SRB status that they gave to ScsiPortWmiPostProcess. */
typedef UCHAR(NTAPI *PSCSIWMI_QUERY_REGINFO)(PVOID DeviceContext, PSCSIWMI_REQUEST_CONTEXT RequestContext,
                                             PWCHAR *MofResourceName);
typedef BOOLEAN(NTAPI *PSCSIWMI_QUERY_DATABLOCK)(PVOID Context, PSCSIWMI_REQUEST_CONTEXT DispatchContext, ULONG GuidIndex,
                                                 ULONG InstanceIndex, ULONG InstanceCount, PULONG InstanceLengthArray,
                                                 ULONG BufferAvail, PUCHAR Buffer);
typedef BOOLEAN(NTAPI *PSCSIWMI_SET_DATABLOCK)(PVOID DeviceContext, PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG GuidIndex,
                                               ULONG InstanceIndex, ULONG BufferSize, PUCHAR Buffer);
typedef BOOLEAN(NTAPI *PSCSIWMI_SET_DATAITEM)(PVOID DeviceContext, PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG GuidIndex,
                                              ULONG InstanceIndex, ULONG DataItemId, ULONG BufferSize, PUCHAR Buffer);
typedef BOOLEAN(NTAPI *PSCSIWMI_EXECUTE_METHOD)(PVOID DeviceContext, PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG GuidIndex,
                                                ULONG InstanceIndex, ULONG MethodId, ULONG InBufferSize, ULONG OutBufferSize,
                                                PUCHAR Buffer);
typedef BOOLEAN(NTAPI *PSCSIWMI_FUNCTION_CONTROL)(PVOID DeviceContext, PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG GuidIndex,
                                                  SCSIWMI_ENABLE_DISABLE_CONTROL Function, BOOLEAN Enable);

/* The first two callbacks are required, the others may be NULL. */
typedef struct _SCSIWMILIB_CONTEXT {
    ULONG GuidCount;
    PSCSIWMIGUIDREGINFO GuidList;
    PSCSIWMI_QUERY_REGINFO QueryWmiRegInfo;
    PSCSIWMI_QUERY_DATABLOCK QueryWmiDataBlock;
    PSCSIWMI_SET_DATABLOCK SetWmiDataBlock;
    PSCSIWMI_SET_DATAITEM SetWmiDataItem;
    PSCSIWMI_EXECUTE_METHOD ExecuteWmiMethod;
    PSCSIWMI_FUNCTION_CONTROL WmiFunctionControl;
} SCSI_WMILIB_CONTEXT, *PSCSI_WMILIB_CONTEXT;

/* Calls the callback that a WMI SRB is for: MinorFunction, DataPath, BufferSize and Buffer are the SRB's WMISubFunction, DataPath,
 * DataTransferLength and DataBuffer. TRUE: the request is pending; FALSE: it is done, its status and size are in RequestContext.
 * Any IRQL that the callbacks stand. docs: scsiwmi/nf-scsiwmi-scsiportwmidispatchfunction */
BOOLEAN NTAPI ScsiPortWmiDispatchFunction(PSCSI_WMILIB_CONTEXT WmiLibInfo, UCHAR MinorFunction, PVOID DeviceContext,
                                          PSCSIWMI_REQUEST_CONTEXT RequestContext, PVOID DataPath, ULONG BufferSize, PVOID Buffer);

/* A callback is done: BufferUsed bytes were written, or with SRB_STATUS_DATA_OVERRUN it takes so many.
 * docs: scsiwmi/nf-scsiwmi-scsiportwmipostprocess */
VOID NTAPI ScsiPortWmiPostProcess(PSCSIWMI_REQUEST_CONTEXT RequestContext, UCHAR SrbStatus, ULONG BufferUsed);

/* The counted string (a USHORT of bytes, then the characters) of a request that names its instance, else NULL.
 * docs: scsiwmi/nf-scsiwmi-scsiportwmigetinstancename */
PWCHAR NTAPI ScsiPortWmiGetInstanceName(PSCSIWMI_REQUEST_CONTEXT RequestContext);

/* For the answer to IRP_MN_QUERY_ALL_DATA with names of its own: room for so many instances, then for the data and the name of each.
 * *BufferAvail: what is left, 0 when it does not fit; *SizeNeeded grows by what it takes in any case. FALSE and NULL when the request
 * is another, or there is no room. docs: scsiwmi/nf-scsiwmi-scsiportwmisetinstancecount */
BOOLEAN NTAPI ScsiPortWmiSetInstanceCount(PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG InstanceCount, PULONG BufferAvail,
                                          PULONG SizeNeeded);
PVOID NTAPI ScsiPortWmiSetData(PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG InstanceIndex, ULONG DataLength, PULONG BufferAvail,
                               PULONG SizeNeeded);
PWCHAR NTAPI ScsiPortWmiSetInstanceName(PSCSIWMI_REQUEST_CONTEXT RequestContext, ULONG InstanceIndex, ULONG InstanceNameLength,
                                        PULONG BufferAvail, PULONG SizeNeeded);

/* Sends an event of a unit, or with SP_UNTAGGED of the adapter. EventData: 40h bytes for the library, then EventDataSize bytes;
 * together at most 128. docs: scsiwmi/nf-scsiwmi-scsiportwmifirelogicalunitevent */
VOID NTAPI ScsiPortWmiFireLogicalUnitEvent(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, LPGUID Guid,
                                           ULONG InstanceIndex, ULONG EventDataSize, PVOID EventData);

#define ScsiPortWmiFireAdapterEvent(HwDeviceExtension, Guid, InstanceIndex, EventDataSize, EventData) \
    ScsiPortWmiFireLogicalUnitEvent(HwDeviceExtension, 0xff, 0, 0, Guid, InstanceIndex, EventDataSize, EventData)

#define ScsiPortWmiGetReturnStatus(RequestContext) ((RequestContext)->ReturnStatus)
#define ScsiPortWmiGetReturnSize(RequestContext) ((RequestContext)->ReturnSize)

RING3_END_C

#endif
