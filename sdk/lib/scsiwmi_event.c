/* Events of miniports. See scsiwmi.h. */
#include <storport.h>

#include <scsiwmi.h>

VOID NTAPI ScsiPortWmiFireLogicalUnitEvent(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, LPGUID Guid,
                                           ULONG InstanceIndex, ULONG EventDataSize, PVOID EventData)
{
    PWNODE_SINGLE_INSTANCE node = EventData;

    RtlZeroMemory(node, FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData));
    node->WnodeHeader.BufferSize = FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData) + EventDataSize;
    node->WnodeHeader.Guid = *Guid;
    node->WnodeHeader.Flags = WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES;
    node->InstanceIndex = InstanceIndex;
    node->DataBlockOffset = FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData);
    node->SizeDataBlock = EventDataSize;
    StorPortNotification(WMIEvent, HwDeviceExtension, node, PathId, TargetId, Lun);
}
