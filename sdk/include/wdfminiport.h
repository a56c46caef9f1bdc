/* Drivers of another port (NDIS) that use framework objects. docs: wdf/using-kernel-mode-driver-framework-with-miniport-drivers */
#ifndef WDFMINIPORT_H
#define WDFMINIPORT_H

#include <wdf/wdfdevice.h>

RING3_BEGIN_C

WDF_SLOT(NTSTATUS, WdfDeviceMiniportCreate, (WDFDRIVER Driver, PWDF_OBJECT_ATTRIBUTES Attributes,
         PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT AttachedDeviceObject, PDEVICE_OBJECT Pdo, WDFDEVICE *Device),
         (Driver, Attributes, DeviceObject, AttachedDeviceObject, Pdo, Device))

#ifdef RING3_HOST
VOID NTAPI WdfDriverMiniportUnload(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver);
#else
/* Deletes the driver object and unbinds, from the miniport's own unload routine. Through the entry stub. PASSIVE_LEVEL. */
FORCEINLINE VOID WdfDriverMiniportUnload(WDFDRIVER Driver)
{
    typedef VOID (NTAPI *WDF_SLOT_FUNCTION)(PWDF_DRIVER_GLOBALS, WDFDRIVER);
    ((WDF_SLOT_FUNCTION)WdfDriverMiniportUnloadOverride)(WdfDriverGlobals, Driver);
}
#endif

RING3_END_C

#endif
