/* Storport: what a storage miniport driver is written against. docs: storport */
#ifndef RING3_STORPORT_H
#define RING3_STORPORT_H

#include <scsi.h>
#include <storport/port_control.h>
#include <storport/port_device.h>
#include <storport/port_exports.h>
#include <storport/port_memory.h>
#include <storport/port_power.h>
#include <storport/port_registers.h>
#include <storport/port_sync.h>
#include <storport/port_trace.h>

#define StorPortConvertUlongToPhysicalAddress(Address) StorPortConvertUlong64ToPhysicalAddress((ULONG64)(Address))
#define StorPortConvertPhysicalAddressToUlong(Address) ((ULONG)(Address).LowPart)
#define ScsiPortConvertPhysicalAddressToUlong(Address) ((ULONG)(Address).LowPart)
#define ScsiPortConvertUlongToPhysicalAddress(Address) StorPortConvertUlong64ToPhysicalAddress((ULONG64)(Address))

#if DBG
#define DebugPrint(x) StorPortDebugPrint x
#else
#define DebugPrint(x)
#endif

#endif
