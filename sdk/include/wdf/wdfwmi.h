/* WMI providers and instances. */
#ifndef WDF_WDFWMI_H
#define WDF_WDFWMI_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

typedef enum _WDF_WMI_PROVIDER_CONTROL {
    WdfWmiControlInvalid = 0, WdfWmiEventControl, WdfWmiInstanceControl
} WDF_WMI_PROVIDER_CONTROL;

typedef enum _WDF_WMI_PROVIDER_FLAGS {
    WdfWmiProviderEventOnly = 0x0001, WdfWmiProviderExpensive = 0x0002, WdfWmiProviderTracing = 0x0004,
    WdfWmiProviderValidFlags = WdfWmiProviderEventOnly | WdfWmiProviderExpensive | WdfWmiProviderTracing
} WDF_WMI_PROVIDER_FLAGS;

typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE(WDFWMIINSTANCE WmiInstance, ULONG OutBufferSize,
                                                           PVOID OutBuffer, PULONG BufferUsed);
typedef EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE *PFN_WDF_WMI_INSTANCE_QUERY_INSTANCE;
typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_SET_INSTANCE(WDFWMIINSTANCE WmiInstance, ULONG InBufferSize,
                                                         PVOID InBuffer);
typedef EVT_WDF_WMI_INSTANCE_SET_INSTANCE *PFN_WDF_WMI_INSTANCE_SET_INSTANCE;
typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_SET_ITEM(WDFWMIINSTANCE WmiInstance, ULONG DataItemId, ULONG InBufferSize,
                                                     PVOID InBuffer);
typedef EVT_WDF_WMI_INSTANCE_SET_ITEM *PFN_WDF_WMI_INSTANCE_SET_ITEM;
typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD(WDFWMIINSTANCE WmiInstance, ULONG MethodId,
                                                           ULONG InBufferSize, ULONG OutBufferSize, PVOID Buffer,
                                                           PULONG BufferUsed);
typedef EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD *PFN_WDF_WMI_INSTANCE_EXECUTE_METHOD;
typedef NTSTATUS NTAPI EVT_WDF_WMI_PROVIDER_FUNCTION_CONTROL(WDFWMIPROVIDER WmiProvider,
        WDF_WMI_PROVIDER_CONTROL Control, BOOLEAN Enable);
typedef EVT_WDF_WMI_PROVIDER_FUNCTION_CONTROL *PFN_WDF_WMI_PROVIDER_FUNCTION_CONTROL;

typedef struct _WDF_WMI_PROVIDER_CONFIG {
    ULONG Size;
    GUID Guid;
    ULONG Flags;
    ULONG MinInstanceBufferSize;
    PFN_WDF_WMI_PROVIDER_FUNCTION_CONTROL EvtWmiProviderFunctionControl;
} WDF_WMI_PROVIDER_CONFIG, *PWDF_WMI_PROVIDER_CONFIG;

typedef struct _WDF_WMI_INSTANCE_CONFIG {
    ULONG Size;
    WDFWMIPROVIDER Provider;
    PWDF_WMI_PROVIDER_CONFIG ProviderConfig;
    BOOLEAN UseContextForQuery;
    BOOLEAN Register;
    PFN_WDF_WMI_INSTANCE_QUERY_INSTANCE EvtWmiInstanceQueryInstance;
    PFN_WDF_WMI_INSTANCE_SET_INSTANCE EvtWmiInstanceSetInstance;
    PFN_WDF_WMI_INSTANCE_SET_ITEM EvtWmiInstanceSetItem;
    PFN_WDF_WMI_INSTANCE_EXECUTE_METHOD EvtWmiInstanceExecuteMethod;
} WDF_WMI_INSTANCE_CONFIG, *PWDF_WMI_INSTANCE_CONFIG;

FORCEINLINE VOID WDF_WMI_PROVIDER_CONFIG_INIT(PWDF_WMI_PROVIDER_CONFIG Config, CONST GUID *Guid)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_WMI_PROVIDER_CONFIG);
    Config->Guid = *Guid;
}
FORCEINLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(PWDF_WMI_INSTANCE_CONFIG Config, WDFWMIPROVIDER Provider)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_WMI_INSTANCE_CONFIG);
    Config->Provider = Provider;
}
FORCEINLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(PWDF_WMI_INSTANCE_CONFIG Config,
                                                              PWDF_WMI_PROVIDER_CONFIG ProviderConfig)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_WMI_INSTANCE_CONFIG);
    Config->ProviderConfig = ProviderConfig;
}
/* Writes a counted string into a WMI buffer: its length in bytes (16 bits), then the text. */
FORCEINLINE NTSTATUS WDF_WMI_BUFFER_APPEND_STRING(PVOID Buffer, ULONG BufferLength, PCUNICODE_STRING String,
                                                  PULONG RequiredSize)
{
    *RequiredSize = String->Length + (ULONG)sizeof(USHORT);
    if (BufferLength < *RequiredSize)
        return STATUS_BUFFER_TOO_SMALL;
    *(USHORT *)Buffer = String->Length;
    RtlCopyMemory((USHORT *)Buffer + 1, String->Buffer, String->Length);
    return STATUS_SUCCESS;
}

WDF_SLOT(NTSTATUS, WdfWmiProviderCreate, (WDFDEVICE Device, PWDF_WMI_PROVIDER_CONFIG WmiProviderConfig,
         PWDF_OBJECT_ATTRIBUTES ProviderAttributes, WDFWMIPROVIDER *WmiProvider),
         (Device, WmiProviderConfig, ProviderAttributes, WmiProvider))
WDF_SLOT(WDFDEVICE, WdfWmiProviderGetDevice, (WDFWMIPROVIDER WmiProvider), (WmiProvider))
WDF_SLOT(BOOLEAN, WdfWmiProviderIsEnabled, (WDFWMIPROVIDER WmiProvider, WDF_WMI_PROVIDER_CONTROL ProviderControl),
         (WmiProvider, ProviderControl))
WDF_SLOT(ULONGLONG, WdfWmiProviderGetTracingHandle, (WDFWMIPROVIDER WmiProvider), (WmiProvider))
WDF_SLOT(NTSTATUS, WdfWmiInstanceCreate, (WDFDEVICE Device, PWDF_WMI_INSTANCE_CONFIG InstanceConfig,
         PWDF_OBJECT_ATTRIBUTES InstanceAttributes, WDFWMIINSTANCE *Instance),
         (Device, InstanceConfig, InstanceAttributes, Instance))
WDF_SLOT(NTSTATUS, WdfWmiInstanceRegister, (WDFWMIINSTANCE WmiInstance), (WmiInstance))
WDF_SLOT(VOID, WdfWmiInstanceDeregister, (WDFWMIINSTANCE WmiInstance), (WmiInstance))
WDF_SLOT(WDFDEVICE, WdfWmiInstanceGetDevice, (WDFWMIINSTANCE WmiInstance), (WmiInstance))
WDF_SLOT(WDFWMIPROVIDER, WdfWmiInstanceGetProvider, (WDFWMIINSTANCE WmiInstance), (WmiInstance))
WDF_SLOT(NTSTATUS, WdfWmiInstanceFireEvent, (WDFWMIINSTANCE WmiInstance, ULONG EventDataSize, PVOID EventData),
         (WmiInstance, EventDataSize, EventData))

RING3_END_C

#endif
