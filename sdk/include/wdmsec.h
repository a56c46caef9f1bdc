/* Named device objects with a security descriptor. docs: wdmsec/nf-wdmsec-wdmlibiocreatedevicesecure */
#ifndef RING3_WDMSEC_H
#define RING3_WDMSEC_H

#include <wdm.h>

RING3_BEGIN_C

extern const UNICODE_STRING SDDL_DEVOBJ_KERNEL_ONLY;
extern const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL;
#define SDDL_DEVOBJ_INF_SUPPLIED SDDL_DEVOBJ_SYS_ALL
extern const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_ALL;
extern const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RX;
extern const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R;
extern const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R;
extern const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R;
extern const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX;

NTSTATUS NTAPI WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
                                                          PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                                                          ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                                          PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                                          PDEVICE_OBJECT *DeviceObject);
#define IoCreateDeviceSecure WdmlibIoCreateDeviceSecure
#define WdmlibRtlInitUnicodeStringEx RtlInitUnicodeStringEx
#define WdmlibIoValidateDeviceIoControlAccess IoValidateDeviceIoControlAccess

RING3_END_C

#endif
