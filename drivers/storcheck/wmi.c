/* WMI: one block of two instances with a method, by the SCSI WMI library. */
#include "storcheck.h"

static const GUID CountersGuid = { 0x6d1f3c50, 0x52f2, 0x4a42, { 0x9b, 0x3b, 0x2a, 0x6f, 0x0d, 0x61, 0x77, 0x01 } };
static ULONG Values[2] = { 10, 20 };

static UCHAR QueryRegInfo(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, PWCHAR *mof)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    *mof = NULL;
    return SRB_STATUS_SUCCESS;
}

static BOOLEAN QueryDataBlock(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG guid, ULONG instance, ULONG count, PULONG lengths,
                              ULONG available, PUCHAR buffer)
{
    ULONG needed = (count - 1) * 8 + sizeof(ULONG);

    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(guid);
    if (available < needed) {
        ScsiPortWmiPostProcess(context, SRB_STATUS_DATA_OVERRUN, needed);
        return SRB_STATUS_DATA_OVERRUN;
    }
    for (ULONG i = 0; i < count; i++) {
        *(PULONG)(buffer + i * 8) = Values[(instance + i) % 2];
        lengths[i] = sizeof(ULONG);
    }
    ScsiPortWmiPostProcess(context, SRB_STATUS_SUCCESS, needed);
    return SRB_STATUS_SUCCESS;
}

static BOOLEAN SetDataBlock(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG guid, ULONG instance, ULONG size, PUCHAR buffer)
{
    UCHAR status = size == sizeof(ULONG) && instance < 2 ? SRB_STATUS_SUCCESS : SRB_STATUS_ERROR;

    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(guid);
    if (status == SRB_STATUS_SUCCESS)
        Values[instance] = *(PULONG)buffer;
    ScsiPortWmiPostProcess(context, status, 0);
    return status;
}

static BOOLEAN FunctionControl(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG guid, SCSIWMI_ENABLE_DISABLE_CONTROL function,
                               BOOLEAN enable)
{
    struct {
        UCHAR Room[0x40];
        ULONG Value;
    } event = { .Value = 1 };
    GUID id = CountersGuid;

    UNREFERENCED_PARAMETER(guid);
    if (function == ScsiWmiEventControl && enable)
        ScsiPortWmiFireAdapterEvent(device, &id, 0, sizeof(event.Value), &event);
    ScsiPortWmiPostProcess(context, SRB_STATUS_SUCCESS, 0);
    return SRB_STATUS_SUCCESS;
}

static SCSIWMIGUIDREGINFO Guids[] = { { &CountersGuid, 2, 0 } };
static SCSI_WMILIB_CONTEXT Library = {
    .GuidCount = 1,
    .GuidList = Guids,
    .QueryWmiRegInfo = QueryRegInfo,
    .QueryWmiDataBlock = QueryDataBlock,
    .SetWmiDataBlock = SetDataBlock,
    .WmiFunctionControl = FunctionControl,
};

BOOLEAN StorCheckWmi(PSTORCHECK Device, PSCSI_REQUEST_BLOCK Srb)
{
    PSCSI_WMI_REQUEST_BLOCK wmi = (PSCSI_WMI_REQUEST_BLOCK)Srb;
    SCSIWMI_REQUEST_CONTEXT context = { 0 };

    if (!(wmi->WMIFlags & SRB_WMI_FLAGS_ADAPTER_REQUEST))
        return FALSE;
    if (ScsiPortWmiDispatchFunction(&Library, wmi->WMISubFunction, Device, &context, wmi->DataPath, wmi->DataTransferLength,
                                    wmi->DataBuffer))
        return FALSE;                   /* nothing here pends */
    wmi->DataTransferLength = ScsiPortWmiGetReturnSize(&context);
    StorCheckComplete(Device, Srb, ScsiPortWmiGetReturnStatus(&context));
    StorPortNotification(NextRequest, Device);
    return TRUE;
}
