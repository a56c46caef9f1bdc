/* What a new adapter is called: interface index and LUID, \DEVICE\{GUID} from its driver key, and its friendly name.
 *
 * An interface gets the lowest index that is free, and gives it back when it goes; LUIDs and GUIDs come from serial numbers, which
 * nobody has twice. docs: network/ndis-network-interface-services */
#include "ndis/adapter.h"

#include <string.h>

#define FIRST_INDEX 2u              /* 1 is the software loopback interface */
#define INDEXES 65536u

static uint64_t taken[INDEXES / 64];
static NET_IFINDEX lowest;          /* no free index is lower */
static uint32_t next_serial;

void names_reset(void)
{
    memset(taken, 0, sizeof taken);
    lowest = next_serial = FIRST_INDEX;
}

static bool is_taken(NET_IFINDEX index)
{
    return taken[index / 64] >> index % 64 & 1;
}

NET_IFINDEX names_take_index(uint32_t *serial)
{
    while (lowest < INDEXES && is_taken(lowest))
        lowest++;
    if (serial)
        *serial = next_serial;
    next_serial++;
    if (lowest == INDEXES)
        return NET_IFINDEX_UNSPECIFIED;
    taken[lowest / 64] |= 1ull << lowest % 64;
    return lowest;
}

void names_free_index(NET_IFINDEX index)
{
    if (index == NET_IFINDEX_UNSPECIFIED)
        return;
    interface_forget(index);
    taken[index / 64] &= ~(1ull << index % 64);
    if (index < lowest)
        lowest = index;
}

static void append(UNICODE_STRING *to, const WCHAR *text, size_t bytes)
{
    size_t room = to->MaximumLength - to->Length;

    bytes = min_u64(bytes, room) & ~(size_t)1;
    memcpy((char *)to->Buffer + to->Length, text, bytes);
    to->Length = (USHORT)(to->Length + bytes);
}

/* {00000000-0000-4000-8000-0000000000NN}: made up, and the same in every run. */
static void made_up_guid(WCHAR *text, uint32_t serial)
{
    static const WCHAR digits[] = u"0123456789ABCDEF";

    memcpy(text, u"{52334E44-0000-4000-8000-000000000000}", 39 * sizeof(WCHAR));
    for (unsigned i = 0; i < 8; i++)
        text[36 - i] = digits[serial >> (4 * i) & 15];
}

/* NetCfgInstanceId of the driver key; written when it is not there, as Windows' class installer does. */
static void instance_id(struct adapter *a, uint32_t serial, WCHAR *guid)
{
    static WCHAR name[] = u"NetCfgInstanceId";
    UNICODE_STRING value = { sizeof name - sizeof(WCHAR), sizeof name, name };
    char space[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + 80] __attribute__((aligned(8)));
    KEY_VALUE_PARTIAL_INFORMATION *info = (void *)space;
    ULONG length;
    HANDLE key;

    made_up_guid(guid, serial);
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
    uint32_t serial;

    a->if_index = names_take_index(&serial);
    a->luid.Info.IfType = interface_type(a);
    a->luid.Info.NetLuidIndex = 0x8000 + serial;
    instance_id(a, serial, guid);
    a->name = (UNICODE_STRING){ 0, sizeof a->name_buffer, a->name_buffer };
    append(&a->name, u"\\DEVICE\\", 16);
    append(&a->name, guid, 38 * sizeof(WCHAR));
    friendly_name(a);
}
