/* Control devices. */
#ifndef WDF_WDFCONTROL_H
#define WDF_WDFCONTROL_H

#include <wdf/wdfdevice.h>

RING3_BEGIN_C

typedef VOID NTAPI EVT_WDF_DEVICE_SHUTDOWN_NOTIFICATION(WDFDEVICE Device);
typedef EVT_WDF_DEVICE_SHUTDOWN_NOTIFICATION *PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION;

typedef enum _WDF_DEVICE_SHUTDOWN_FLAGS {
    WdfDeviceShutdown = 0x01, WdfDeviceLastChanceShutdown = 0x02
} WDF_DEVICE_SHUTDOWN_FLAGS;

WDF_SLOT(PWDFDEVICE_INIT, WdfControlDeviceInitAllocate, (WDFDRIVER Driver, CONST UNICODE_STRING *SDDLString),
         (Driver, SDDLString))
WDF_SLOT(VOID, WdfControlDeviceInitSetShutdownNotification, (PWDFDEVICE_INIT DeviceInit,
         PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION Notification, UCHAR Flags), (DeviceInit, Notification, Flags))
WDF_SLOT(VOID, WdfControlFinishInitializing, (WDFDEVICE Device), (Device))

RING3_END_C

#endif
