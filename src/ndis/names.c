/* What a new adapter is called: interface index and LUID, \DEVICE\{GUID} from its driver key, and its friendly name. */
#include "ndis/adapter.h"

#include <string.h>

#define FIRST_INDEX 2               /* 1 is the software loopback interface */

static NET_IFINDEX next_index = FIRST_INDEX;

void names_reset(void)
{
    next_index = FIRST_INDEX;
}

NET_IFINDEX names_next_index(void)
{
    return next_index++;
}

static void append(UNICODE_STRING *to, const WCHAR *text, size_t bytes)
{
    size_t room = to->MaximumLength - to->Length;

    bytes = min_u64(bytes, room) & ~(size_t)1;
    memcpy((char *)to->Buffer + to->Length, text, bytes);
    to->Length = (USHORT)(to->Length + bytes);
}

/* {00000000-0000-4000-8000-0000000000NN}: made up, and the same in every run. */
static void made_up_guid(WCHAR *text, NET_IFINDEX index)
{
    static const WCHAR digits[] = u"0123456789ABCDEF";

    memcpy(text, u"{52334E44-0000-4000-8000-000000000000}", 39 * sizeof(WCHAR));
    for (unsigned i = 0; i < 8; i++)
        text[36 - i] = digits[index >> (4 * i) & 15];
}

/* NetCfgInstanceId of the driver key; written when it is not there, as Windows' class installer does. */
static void instance_id(struct adapter *a, WCHAR *guid)
{
    static WCHAR name[] = u"NetCfgInstanceId";
    UNICODE_STRING value = { sizeof name - sizeof(WCHAR), sizeof name, name };
    char space[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + 80] __attribute__((aligned(8)));
    KEY_VALUE_PARTIAL_INFORMATION *info = (void *)space;
    ULONG length;
    HANDLE key;

    made_up_guid(guid, a->if_index);
    if (config_device_key(a, &key) != NDIS_STATUS_SUCCESS)
        return;
    if (NT_SUCCESS(ZwQueryValueKey(key, &value, KeyValuePartialInformation, info, sizeof space, &length)) &&
        info->Type == REG_SZ && info->DataLength >= 38 * sizeof(WCHAR))
        memcpy(guid, info->Data, 38 * sizeof(WCHAR));
    else
        ZwSetValueKey(key, &value, 0, REG_SZ, guid, 39 * sizeof(WCHAR));
    ZwClose(key);
}

/* *IfType of the driver key, as the INF says it: a number, or a string of one. */
static uint16_t interface_type(struct adapter *a)
{
    static WCHAR name[] = u"*IfType";
    UNICODE_STRING value = { sizeof name - sizeof(WCHAR), sizeof name, name }, text;
    char space[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + 32] __attribute__((aligned(8)));
    KEY_VALUE_PARTIAL_INFORMATION *info = (void *)space;
    ULONG length, type = 0;
    HANDLE key;

    if (config_device_key(a, &key) != NDIS_STATUS_SUCCESS)
        return IF_TYPE_ETHERNET_CSMACD;
    if (NT_SUCCESS(ZwQueryValueKey(key, &value, KeyValuePartialInformation, info, sizeof space, &length))) {
        text = (UNICODE_STRING){ (USHORT)info->DataLength, (USHORT)info->DataLength, (PWCH)(void *)info->Data };
        if (info->Type == REG_DWORD && info->DataLength == sizeof type)
            memcpy(&type, info->Data, sizeof type);
        else if (info->Type == REG_SZ)
            RtlUnicodeStringToInteger(&text, 10, &type);
    }
    ZwClose(key);
    return type && type <= UINT16_MAX ? (uint16_t)type : IF_TYPE_ETHERNET_CSMACD;
}

static void friendly_name(struct adapter *a)
{
    ULONG length = 0;

    a->instance_name = (UNICODE_STRING){ 0, sizeof a->instance_buffer, a->instance_buffer };
    if (NT_SUCCESS(IoGetDeviceProperty(a->pdo, DevicePropertyDeviceDescription, sizeof a->instance_buffer, a->instance_buffer,
                                       &length)) &&
        length > sizeof(WCHAR))
        a->instance_name.Length = (USHORT)(length - sizeof(WCHAR));
    else
        append(&a->instance_name, u"Network adapter", 30);
}

void adapter_name(struct adapter *a)
{
    WCHAR guid[40];

    a->if_index = names_next_index();
    a->luid.Info.IfType = interface_type(a);
    a->luid.Info.NetLuidIndex = 0x8000 + a->if_index;
    instance_id(a, guid);
    a->name = (UNICODE_STRING){ 0, sizeof a->name_buffer, a->name_buffer };
    append(&a->name, u"\\DEVICE\\", 16);
    append(&a->name, guid, 38 * sizeof(WCHAR));
    friendly_name(a);
}
