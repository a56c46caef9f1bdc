/* Adding, removing and asking about units by IOCTL_SCSI_MINIPORT. */
#include "ramlun.h"

static ULONG AddUnit(PRAMLUN_ADAPTER Adapter, PRAMLUN_CONTROL Control)
{
    ULONG i;

    if (Control->Megabytes == 0 || Control->Megabytes > 1024 * 1024)
        return RAMLUN_RETURN_INVALID;
    for (i = 0; i < RAMLUN_MAX_LUNS && Adapter->Units[i].Present; i++)
        ;
    if (i == RAMLUN_MAX_LUNS || !UnitCreate(Adapter, (UCHAR)i, Control->Megabytes))
        return RAMLUN_RETURN_NO_ROOM;
    Control->Lun = i;
    return RAMLUN_RETURN_SUCCESS;
}

static ULONG RemoveUnit(PRAMLUN_ADAPTER Adapter, PRAMLUN_CONTROL Control)
{
    if (Control->Lun >= RAMLUN_MAX_LUNS || !Adapter->Units[Control->Lun].Present)
        return RAMLUN_RETURN_NO_SUCH_LUN;
    UnitDelete(Adapter, &Adapter->Units[Control->Lun]);
    return RAMLUN_RETURN_SUCCESS;
}

static ULONG QueryUnit(PRAMLUN_ADAPTER Adapter, PRAMLUN_CONTROL Control)
{
    PRAMLUN_UNIT unit;

    if (Control->Lun >= RAMLUN_MAX_LUNS || !Adapter->Units[Control->Lun].Present)
        return RAMLUN_RETURN_NO_SUCH_LUN;
    unit = &Adapter->Units[Control->Lun];
    Control->Megabytes = unit->ChunkCount >> (20 - RAMLUN_CHUNK_SHIFT);
    Control->Allocated = (ULONGLONG)unit->ChunksUsed << RAMLUN_CHUNK_SHIFT;
    return RAMLUN_RETURN_SUCCESS;
}

_Use_decl_annotations_
UCHAR ControlExecute(PRAMLUN_ADAPTER Adapter, PVOID Srb)
{
    PRAMLUN_CONTROL control = SrbGetDataBuffer(Srb);
    STOR_LOCK_HANDLE lock;
    BOOLEAN changed = FALSE;

    if (control == NULL || SrbGetDataTransferLength(Srb) < sizeof(*control) ||
        RtlCompareMemory(control->Header.Signature, RAMLUN_SIGNATURE, sizeof(control->Header.Signature)) !=
            sizeof(control->Header.Signature))
        return SRB_STATUS_INVALID_REQUEST;
    StorPortAcquireSpinLock(Adapter, StartIoLock, NULL, &lock);
    switch (control->Header.ControlCode) {
    case RAMLUN_CONTROL_ADD:
        control->Header.ReturnCode = AddUnit(Adapter, control);
        changed = control->Header.ReturnCode == RAMLUN_RETURN_SUCCESS;
        break;
    case RAMLUN_CONTROL_REMOVE:
        control->Header.ReturnCode = RemoveUnit(Adapter, control);
        changed = control->Header.ReturnCode == RAMLUN_RETURN_SUCCESS;
        break;
    case RAMLUN_CONTROL_QUERY:
        control->Header.ReturnCode = QueryUnit(Adapter, control);
        break;
    default:
        control->Header.ReturnCode = RAMLUN_RETURN_INVALID;
    }
    StorPortReleaseSpinLock(Adapter, &lock);
    if (changed)
        StorPortNotification(BusChangeDetected, Adapter, 0);
    return SRB_STATUS_SUCCESS;
}
