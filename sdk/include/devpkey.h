/* Device property keys that drivers ask for. */
#include <devpropdef.h>

#ifndef RING3_DEVPKEY_H
#define RING3_DEVPKEY_H

#define RING3_DEVICE_KEY(name, pid) \
    DEFINE_DEVPROPKEY(name, 0xa45c254e, 0xdf1c, 0x4efd, 0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0, pid)
RING3_DEVICE_KEY(DEVPKEY_Device_DeviceDesc, 2);
RING3_DEVICE_KEY(DEVPKEY_Device_HardwareIds, 3);
RING3_DEVICE_KEY(DEVPKEY_Device_CompatibleIds, 4);
RING3_DEVICE_KEY(DEVPKEY_Device_Service, 6);
RING3_DEVICE_KEY(DEVPKEY_Device_Class, 9);
RING3_DEVICE_KEY(DEVPKEY_Device_ClassGuid, 10);
RING3_DEVICE_KEY(DEVPKEY_Device_Driver, 11);
RING3_DEVICE_KEY(DEVPKEY_Device_Manufacturer, 13);
RING3_DEVICE_KEY(DEVPKEY_Device_FriendlyName, 14);
RING3_DEVICE_KEY(DEVPKEY_Device_LocationInfo, 15);
RING3_DEVICE_KEY(DEVPKEY_Device_PDOName, 16);
RING3_DEVICE_KEY(DEVPKEY_Device_UINumber, 18);
RING3_DEVICE_KEY(DEVPKEY_Device_BusTypeGuid, 21);
RING3_DEVICE_KEY(DEVPKEY_Device_LegacyBusType, 22);
RING3_DEVICE_KEY(DEVPKEY_Device_BusNumber, 23);
RING3_DEVICE_KEY(DEVPKEY_Device_EnumeratorName, 24);
RING3_DEVICE_KEY(DEVPKEY_Device_Address, 30);
RING3_DEVICE_KEY(DEVPKEY_Device_LocationPaths, 37);
#undef RING3_DEVICE_KEY
DEFINE_DEVPROPKEY(DEVPKEY_Device_InstanceId, 0x78c34fc8, 0x104a, 0x4aca, 0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57, 256);
DEFINE_DEVPROPKEY(DEVPKEY_Device_Numa_Node, 0x540b947e, 0x8b40, 0x45bc, 0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2, 3);
DEFINE_DEVPROPKEY(DEVPKEY_NAME, 0xb725f130, 0x47ef, 0x101a, 0xa5, 0xf1, 0x02, 0x60, 0x8c, 0x9e, 0xeb, 0xac, 10);
DEFINE_DEVPROPKEY(DEVPKEY_DeviceInterface_FriendlyName, 0x026e516e, 0xb814, 0x414b, 0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22, 2);
DEFINE_DEVPROPKEY(DEVPKEY_DeviceInterface_Enabled, 0x026e516e, 0xb814, 0x414b, 0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22, 3);
DEFINE_DEVPROPKEY(DEVPKEY_DeviceInterface_ClassGuid, 0x026e516e, 0xb814, 0x414b, 0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22, 4);

#endif
