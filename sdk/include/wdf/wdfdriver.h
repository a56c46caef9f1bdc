/* The driver object. */
#ifndef WDF_WDFDRIVER_H
#define WDF_WDFDRIVER_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

typedef enum _WDF_DRIVER_INIT_FLAGS {
    WdfDriverInitNonPnpDriver = 0x00000001, WdfDriverInitNoDispatchOverride = 0x00000002, WdfVerifyOn = 0x00000004,
    WdfVerifierOn = 0x00000008, WdfDriverInitCompanion = 0x00000010
} WDF_DRIVER_INIT_FLAGS;

typedef NTSTATUS NTAPI EVT_WDF_DRIVER_DEVICE_ADD(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit);
typedef EVT_WDF_DRIVER_DEVICE_ADD *PFN_WDF_DRIVER_DEVICE_ADD;
typedef VOID NTAPI EVT_WDF_DRIVER_UNLOAD(WDFDRIVER Driver);
typedef EVT_WDF_DRIVER_UNLOAD *PFN_WDF_DRIVER_UNLOAD;
typedef NTSTATUS NTAPI EVT_WDF_TRACE_CALLBACK(UCHAR minorFunction, PVOID dataPath, ULONG bufferLength, PVOID buffer,
                                              PVOID context, PULONG size);
typedef EVT_WDF_TRACE_CALLBACK *PFN_WDF_TRACE_CALLBACK;

typedef struct _WDF_DRIVER_CONFIG {
    ULONG Size;
    PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd;
    PFN_WDF_DRIVER_UNLOAD EvtDriverUnload;
    ULONG DriverInitFlags;
    ULONG DriverPoolTag;
} WDF_DRIVER_CONFIG, *PWDF_DRIVER_CONFIG;

typedef struct _WDF_DRIVER_VERSION_AVAILABLE_PARAMS {
    ULONG Size;
    ULONG MajorVersion;
    ULONG MinorVersion;
} WDF_DRIVER_VERSION_AVAILABLE_PARAMS, *PWDF_DRIVER_VERSION_AVAILABLE_PARAMS;

#ifndef WDF_TRACE_ID
#define WDF_TRACE_ID ('TRAC')
#endif
FORCEINLINE VOID WDF_DRIVER_CONFIG_INIT(PWDF_DRIVER_CONFIG Config, PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_DRIVER_CONFIG);
    Config->EvtDriverDeviceAdd = EvtDriverDeviceAdd;
}
FORCEINLINE VOID WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(PWDF_DRIVER_VERSION_AVAILABLE_PARAMS Params, ULONG MajorVersion,
                                                          ULONG MinorVersion)
{
    WDF_ZERO_WITH_SIZE(Params, WDF_DRIVER_VERSION_AVAILABLE_PARAMS);
    Params->MajorVersion = MajorVersion;
    Params->MinorVersion = MinorVersion;
}
#ifndef RING3_HOST
/* The driver object of the caller's own driver. Any IRQL. */
FORCEINLINE WDFDRIVER WdfGetDriver(VOID)
{
    return WdfDriverGlobals->Driver;
}
#endif

WDF_SLOT(NTSTATUS, WdfDriverCreate, (PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
         PWDF_OBJECT_ATTRIBUTES DriverAttributes, PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver),
         (DriverObject, RegistryPath, DriverAttributes, DriverConfig, Driver))
WDF_SLOT(PWSTR, WdfDriverGetRegistryPath, (WDFDRIVER Driver), (Driver))
WDF_SLOT(PDRIVER_OBJECT, WdfDriverWdmGetDriverObject, (WDFDRIVER Driver), (Driver))
WDF_SLOT(NTSTATUS, WdfDriverOpenParametersRegistryKey, (WDFDRIVER Driver, ACCESS_MASK DesiredAccess,
         PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key), (Driver, DesiredAccess, KeyAttributes, Key))
WDF_SLOT(WDFDRIVER, WdfWdmDriverGetWdfDriverHandle, (PDRIVER_OBJECT DriverObject), (DriverObject))
WDF_SLOT(NTSTATUS, WdfDriverRegisterTraceInfo, (PDRIVER_OBJECT DriverObject, PFN_WDF_TRACE_CALLBACK EvtTraceCallback,
         PVOID ControlBlock), (DriverObject, EvtTraceCallback, ControlBlock))
WDF_SLOT(NTSTATUS, WdfDriverRetrieveVersionString, (WDFDRIVER Driver, WDFSTRING String), (Driver, String))
WDF_SLOT(BOOLEAN, WdfDriverIsVersionAvailable, (WDFDRIVER Driver,
         PWDF_DRIVER_VERSION_AVAILABLE_PARAMS VersionAvailableParams), (Driver, VersionAvailableParams))
WDF_SLOT(NTSTATUS, WdfDriverErrorReportApiMissing, (WDFDRIVER Driver, PCWSTR FrameworkExtensionName, ULONG ApiIndex,
         BOOLEAN DoesApiReturnNtstatus), (Driver, FrameworkExtensionName, ApiIndex, DoesApiReturnNtstatus))
WDF_SLOT(NTSTATUS, WdfDriverOpenPersistentStateRegistryKey, (WDFDRIVER Driver, ACCESS_MASK DesiredAccess,
         PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key), (Driver, DesiredAccess, KeyAttributes, Key))

RING3_END_C

#endif
