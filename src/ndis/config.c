/* Configuration in the registry. A configuration handle owns the values it has returned; closing frees them.
 * docs: ndis/nf-ndis-ndisopenconfigurationex, ndis/nf-ndis-ndisreadconfiguration */
#include "ndis/filter_module.h"

#include <string.h>

#include "nt/pool.h"

#define CONFIG_TAG NDIS_TAG('N', 'D', 'c', 'f')

struct config_value {
    struct config_value *next;
    NDIS_CONFIGURATION_PARAMETER parameter;
    char data[] __attribute__((aligned(8)));
};

struct configuration {
    struct ndis_object object;
    HANDLE key;
    struct adapter *adapter;            /* whose key it is; NULL: a driver's or protocol's */
    struct config_value *values;
    UCHAR network_address[NDIS_MAX_PHYS_ADDRESS_LENGTH];
};

static struct configuration *create(HANDLE key, struct adapter *a, const void *caller)
{
    struct configuration *c = ndis_object_create(NDIS_CONFIGURATION, sizeof *c, CONFIG_TAG, caller);

    if (!c) {
        ZwClose(key);
        return NULL;
    }
    c->key = key;
    c->adapter = a;
    return c;
}

NDIS_STATUS config_device_key(struct adapter *a, HANDLE *key)
{
    return IoOpenDeviceRegistryKey(a->pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ | KEY_WRITE, key);
}

static NTSTATUS open_path(PCUNICODE_STRING path, HANDLE root, HANDLE *key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
    return ZwCreateKey(key, KEY_READ | KEY_WRITE, &attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL);
}

/* <path>\Parameters */
static NTSTATUS open_parameters(PCUNICODE_STRING path, HANDLE *key)
{
    static const WCHAR tail[] = u"\\Parameters";
    WCHAR text[300];
    UNICODE_STRING full = { 0, sizeof text, text };

    if (path->Length + sizeof tail > sizeof text)
        return STATUS_NAME_TOO_LONG;
    memcpy(text, path->Buffer, path->Length);
    memcpy((char *)text + path->Length, tail, sizeof tail);
    full.Length = (USHORT)(path->Length + sizeof tail - sizeof(WCHAR));
    return open_path(&full, NULL, key);
}

#define SERVICES u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

static NTSTATUS open_protocol(struct ndis_protocol *protocol, HANDLE *key)
{
    static const WCHAR head[] = SERVICES;
    WCHAR text[200];
    UNICODE_STRING full = { (USHORT)(sizeof head - sizeof(WCHAR) + protocol->name.Length), sizeof text, text };

    memcpy(text, head, sizeof head);
    memcpy((char *)text + sizeof head - sizeof(WCHAR), protocol->name.Buffer, protocol->name.Length);
    return open_parameters(&full, key);
}

static void append(UNICODE_STRING *to, const WCHAR *text, size_t bytes)
{
    if (to->Length + bytes > to->MaximumLength)
        return;
    memcpy((char *)to->Buffer + to->Length, text, bytes);
    to->Length = (USHORT)(to->Length + bytes);
}

void config_binding_path(const struct binding *b, UNICODE_STRING *path)
{
    static const WCHAR middle[] = u"\\Parameters\\Adapters\\";
    const size_t name_at = 8;           /* behind \DEVICE\ */

    path->Length = 0;
    append(path, b->protocol->name.Buffer, b->protocol->name.Length);
    append(path, middle, sizeof middle - sizeof(WCHAR));
    append(path, b->adapter->name.Buffer + name_at, b->adapter->name.Length - name_at * sizeof(WCHAR));
}

/* The path is made from the service key down. */
static NTSTATUS open_binding(const struct binding *b, HANDLE *key)
{
    static const WCHAR head[] = SERVICES;
    WCHAR text[300], relative[200];
    UNICODE_STRING full = { 0, sizeof text, text }, path = { 0, sizeof relative, relative };
    size_t at = sizeof head / sizeof(WCHAR) - 1;
    NTSTATUS status = STATUS_UNSUCCESSFUL;

    config_binding_path(b, &path);
    append(&full, head, sizeof head - sizeof(WCHAR));
    append(&full, path.Buffer, path.Length);
    const size_t end = full.Length / sizeof(WCHAR);
    while (at < end) {
        while (at < end && text[at] != '\\')
            at++;
        full.Length = (USHORT)(at++ * sizeof(WCHAR));
        status = open_path(&full, NULL, key);
        if (!NT_SUCCESS(status))
            return status;
        if (at < end)
            ZwClose(*key);
    }
    return status;
}

/* Services\NAME\Parameters of a filter driver; of a module Adapters\{adapter} below it, and of a single one of several modules
 * on that adapter its own key below that. */
static NTSTATUS open_filter(struct filter_driver *driver, struct filter *f, ULONG flags, HANDLE *key)
{
    static const WCHAR head[] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
    static const WCHAR parameters[] = u"\\Parameters", adapters[] = u"\\Adapters", separator[] = u"\\";
    const size_t name_at = 8;           /* behind \DEVICE\ */
    WCHAR text[360];
    UNICODE_STRING full = { 0, sizeof text, text };

    append(&full, head, sizeof head - sizeof(WCHAR));
    append(&full, driver->service_name.Buffer, driver->service_name.Length);
    append(&full, parameters, sizeof parameters - sizeof(WCHAR));
    if (!f)
        return open_path(&full, NULL, key);
    if (!NT_SUCCESS(open_path(&full, NULL, key)))
        return STATUS_UNSUCCESSFUL;
    ZwClose(*key);
    append(&full, adapters, sizeof adapters - sizeof(WCHAR));
    if (NT_SUCCESS(open_path(&full, NULL, key)))
        ZwClose(*key);
    append(&full, separator, sizeof(WCHAR));
    append(&full, f->adapter->name.Buffer + name_at, f->adapter->name.Length - name_at * sizeof(WCHAR));
    if (!(flags & NDIS_CONFIG_FLAG_FILTER_INSTANCE_CONFIGURATION))
        return open_path(&full, NULL, key);
    if (NT_SUCCESS(open_path(&full, NULL, key)))
        ZwClose(*key);
    append(&full, separator, sizeof(WCHAR));
    append(&full, f->name.Buffer, f->name.Length);
    return open_path(&full, NULL, key);
}

static NTSTATUS open_key(NDIS_HANDLE handle, ULONG flags, struct adapter **a, HANDLE *key)
{
    *a = NULL;
    switch (ndis_object_type(handle)) {
    case NDIS_ADAPTER:
        *a = handle;
        return config_device_key(*a, key);
    case NDIS_DRIVER:
        return open_parameters(&((struct ndis_driver *)handle)->registry_path, key);
    case NDIS_PROTOCOL:
        return open_protocol(handle, key);
    case NDIS_BINDING:
        return open_binding(handle, key);
    case NDIS_FILTER_DRIVER:
        return open_filter(handle, NULL, flags, key);
    case NDIS_FILTER:
        return open_filter(((struct filter *)handle)->driver, handle, flags, key);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* Opens the registry key that holds the configuration of an adapter (its driver key), a miniport driver, a protocol or a
 * filter driver (its service's Parameters), a binding or a filter module (Parameters\Adapters\{adapter}). The caller closes it with NdisCloseConfiguration. PASSIVE_LEVEL. NDIS_STATUS_RESOURCES,
 * _FAILURE. docs: ndis/nf-ndis-ndisopenconfigurationex */
NDIS_STATUS NTAPI NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject, PNDIS_HANDLE ConfigurationHandle)
{
    struct adapter *a;
    HANDLE key;

    *ConfigurationHandle = NULL;
    if (ConfigObject->Header.Type != NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT || !ConfigObject->NdisHandle)
        return NDIS_STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(open_key(ConfigObject->NdisHandle, ConfigObject->Flags, &a, &key)))
        return NDIS_STATUS_FAILURE;
    *ConfigurationHandle = create(key, a, NDIS_CALLER());
    return *ConfigurationHandle ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* Closes a configuration handle and frees every value that was read through it. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndiscloseconfiguration */
VOID NTAPI NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle)
{
    struct configuration *c = ndis_object_check(ConfigurationHandle, NDIS_CONFIGURATION);

    for (struct config_value *v = c->values, *next; v; v = next) {
        next = v->next;
        pool_free(v, 0, NDIS_CALLER());
    }
    ZwClose(c->key);
    ndis_object_destroy(c);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static struct config_value *new_value(struct configuration *c, size_t bytes, const void *caller)
{
    struct config_value *v = pool_alloc(NonPagedPoolNx, sizeof *v + bytes, CONFIG_TAG, caller);

    if (!v)
        return NULL;
    memset(v, 0, sizeof *v);
    v->next = c->values;
    c->values = v;
    return v;
}

static NTSTATUS query(struct configuration *c, PNDIS_STRING name, KEY_VALUE_PARTIAL_INFORMATION **info)
{
    ULONG needed = 0;
    NTSTATUS status = ZwQueryValueKey(c->key, name, KeyValuePartialInformation, NULL, 0, &needed);

    if (status != STATUS_BUFFER_TOO_SMALL && status != STATUS_BUFFER_OVERFLOW)
        return NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status;
    *info = pool_alloc(NonPagedPoolNx, needed, CONFIG_TAG, NULL);
    if (!*info)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = ZwQueryValueKey(c->key, name, KeyValuePartialInformation, *info, needed, &needed);
    if (!NT_SUCCESS(status))
        pool_free(*info, 0, NULL);
    return status;
}

static bool wants_integer(NDIS_PARAMETER_TYPE type)
{
    return type == NdisParameterInteger || type == NdisParameterHexInteger;
}

static void set_string(struct config_value *v, const KEY_VALUE_PARTIAL_INFORMATION *info, NDIS_PARAMETER_TYPE asked)
{
    size_t length = info->DataLength & ~1u;

    memcpy(v->data, info->Data, length);
    while (info->Type == REG_SZ && length >= sizeof(WCHAR) && !((WCHAR *)(void *)v->data)[length / sizeof(WCHAR) - 1])
        length -= sizeof(WCHAR);
    v->parameter.ParameterType = info->Type == REG_MULTI_SZ ? NdisParameterMultiString : NdisParameterString;
    v->parameter.ParameterData.StringData = (NDIS_STRING){ (USHORT)length, (USHORT)(length + 2), (PWCH)(void *)v->data };
    if (info->Type == REG_SZ && wants_integer(asked)) {
        NDIS_STRING text = v->parameter.ParameterData.StringData;
        ULONG number = 0;

        if (NT_SUCCESS(RtlUnicodeStringToInteger(&text, asked == NdisParameterHexInteger ? 16 : 10, &number))) {
            v->parameter.ParameterType = asked;
            v->parameter.ParameterData.IntegerData = number;
        }
    }
}

static void set_value(struct config_value *v, const KEY_VALUE_PARTIAL_INFORMATION *info, NDIS_PARAMETER_TYPE asked)
{
    switch (info->Type) {
    case REG_DWORD:
        v->parameter.ParameterType = asked == NdisParameterHexInteger ? asked : NdisParameterInteger;
        memcpy(&v->parameter.ParameterData.IntegerData, info->Data, min_u64(info->DataLength, sizeof(ULONG)));
        break;
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_MULTI_SZ:
        set_string(v, info, asked);
        break;
    default:
        memcpy(v->data, info->Data, info->DataLength);
        v->parameter.ParameterType = NdisParameterBinary;
        v->parameter.ParameterData.BinaryData.Length = (USHORT)info->DataLength;
        v->parameter.ParameterData.BinaryData.Buffer = v->data;
    }
}

static bool is_name(PNDIS_STRING name, const WCHAR *text)
{
    UNICODE_STRING wanted;

    RtlInitUnicodeString(&wanted, (PCWSTR)text);
    return RtlEqualUnicodeString(name, &wanted, TRUE);
}

/* Names that need no registry. */
static bool predefined(PNDIS_STRING name, ULONG *value)
{
    if (is_name(name, u"Environment"))
        *value = 1;                     /* NdisEnvironmentWindowsNt */
    else if (is_name(name, u"ProcessorType"))
        *value = 4;                     /* NdisProcessorAmd64 */
    else if (is_name(name, u"NdisVersion"))
        *value = NdisGetVersion();
    else
        return false;
    return true;
}

static NDIS_STATUS read_value(struct configuration *c, PNDIS_STRING name, NDIS_PARAMETER_TYPE type,
                              PNDIS_CONFIGURATION_PARAMETER *result, const void *caller)
{
    KEY_VALUE_PARTIAL_INFORMATION *info;
    struct config_value *v;
    ULONG number;

    if (predefined(name, &number)) {
        v = new_value(c, 0, caller);
        if (!v)
            return NDIS_STATUS_RESOURCES;
        v->parameter.ParameterData.IntegerData = number;
        *result = &v->parameter;
        return NDIS_STATUS_SUCCESS;
    }
    NTSTATUS status = query(c, name, &info);
    if (!NT_SUCCESS(status))
        return status == STATUS_INSUFFICIENT_RESOURCES ? NDIS_STATUS_RESOURCES : NDIS_STATUS_FAILURE;
    v = new_value(c, info->DataLength + sizeof(WCHAR), caller);
    if (v) {
        set_value(v, info, type);
        *result = &v->parameter;
    }
    pool_free(info, 0, NULL);
    return v ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* Reads a value. *ParameterValue points at memory that lives until the handle is closed. A string is converted when an
 * integer is asked for (base 10, or 16 for NdisParameterHexInteger). PASSIVE_LEVEL. *Status: NDIS_STATUS_FAILURE when there is no
 * such value, _RESOURCES. docs: ndis/nf-ndis-ndisreadconfiguration */
VOID NTAPI NdisReadConfiguration(PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
                                 NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword, NDIS_PARAMETER_TYPE ParameterType)
{
    struct configuration *c = ndis_object_check(ConfigurationHandle, NDIS_CONFIGURATION);

    *ParameterValue = NULL;
    *Status = read_value(c, Keyword, ParameterType, ParameterValue, NDIS_CALLER());
}

static unsigned hex_digit(WCHAR c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (unsigned)(c | 0x20) - 'a' + 10;
    return 16;
}

static UINT parse_address(const NDIS_STRING *text, UCHAR *address, UINT room)
{
    UINT digits = 0;

    for (unsigned i = 0; i < text->Length / sizeof(WCHAR); i++) {
        unsigned digit = hex_digit(text->Buffer[i]);

        if (text->Buffer[i] == '-' || text->Buffer[i] == ':')
            continue;
        if (digit == 16 || digits / 2 == room)
            return 0;
        address[digits / 2] = (UCHAR)(digits % 2 ? address[digits / 2] << 4 | digit : digit);
        digits++;
    }
    return digits % 2 ? 0 : digits / 2;
}

/* The "NetworkAddress" value as bytes: an address that an administrator wants instead of the card's own. The memory lives until
 * the handle is closed. PASSIVE_LEVEL. *Status: NDIS_STATUS_FAILURE when there is none. docs: ndis/nf-ndis-ndisreadnetworkaddress */
VOID NTAPI NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress, PUINT NetworkAddressLength,
                                  NDIS_HANDLE ConfigurationHandle)
{
    static WCHAR name[] = u"NetworkAddress";
    NDIS_STRING keyword = { sizeof name - sizeof(WCHAR), sizeof name, name };
    struct configuration *c = ndis_object_check(ConfigurationHandle, NDIS_CONFIGURATION);
    PNDIS_CONFIGURATION_PARAMETER value;
    UINT length = 0;

    *NetworkAddressLength = 0;
    *Status = read_value(c, &keyword, NdisParameterString, &value, NDIS_CALLER());
    if (*Status != NDIS_STATUS_SUCCESS)
        return;
    if (value->ParameterType == NdisParameterString)
        length = parse_address(&value->ParameterData.StringData, c->network_address, sizeof c->network_address);
    *Status = length ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    *NetworkAddress = c->network_address;
    *NetworkAddressLength = length;
}

/* --- writing and subkeys ------------------------------------------------------------------------------------------ */

/* Writes a value. PASSIVE_LEVEL. *Status: NDIS_STATUS_NOT_SUPPORTED for a type it does not know, _FAILURE.
 * docs: ndis/nf-ndis-ndiswriteconfiguration */
VOID NTAPI NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
                                  PNDIS_CONFIGURATION_PARAMETER ParameterValue)
{
    struct configuration *c = ndis_object_check(ConfigurationHandle, NDIS_CONFIGURATION);
    ULONG type, length;
    void *data;

    switch (ParameterValue->ParameterType) {
    case NdisParameterInteger:
    case NdisParameterHexInteger:
        type = REG_DWORD;
        data = &ParameterValue->ParameterData.IntegerData;
        length = sizeof(ULONG);
        break;
    case NdisParameterString:
    case NdisParameterMultiString:
        type = ParameterValue->ParameterType == NdisParameterString ? REG_SZ : REG_MULTI_SZ;
        data = ParameterValue->ParameterData.StringData.Buffer;
        length = ParameterValue->ParameterData.StringData.Length;
        break;
    case NdisParameterBinary:
        type = REG_BINARY;
        data = ParameterValue->ParameterData.BinaryData.Buffer;
        length = ParameterValue->ParameterData.BinaryData.Length;
        break;
    default:
        *Status = NDIS_STATUS_NOT_SUPPORTED;
        return;
    }
    *Status = NT_SUCCESS(ZwSetValueKey(c->key, Keyword, 0, type, data, length)) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* Opens a subkey by name, as a configuration handle of its own. PASSIVE_LEVEL. *Status: NDIS_STATUS_FAILURE when there is none.
 * docs: ndis/nf-ndis-ndisopenconfigurationkeybyname */
VOID NTAPI NdisOpenConfigurationKeyByName(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING SubKeyName,
                                          PNDIS_HANDLE SubKeyHandle)
{
    struct configuration *c = ndis_object_check(ConfigurationHandle, NDIS_CONFIGURATION);
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    *SubKeyHandle = NULL;
    InitializeObjectAttributes(&attributes, SubKeyName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, c->key, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&key, KEY_READ | KEY_WRITE, &attributes))) {
        *Status = NDIS_STATUS_FAILURE;
        return;
    }
    *SubKeyHandle = create(key, c->adapter, NDIS_CALLER());
    *Status = *SubKeyHandle ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* Opens the Index-th subkey; KeyName gets its name, in memory that lives until ConfigurationHandle is closed. PASSIVE_LEVEL.
 * *Status: NDIS_STATUS_FAILURE after the last. docs: ndis/nf-ndis-ndisopenconfigurationkeybyindex */
VOID NTAPI NdisOpenConfigurationKeyByIndex(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, ULONG Index, PNDIS_STRING KeyName,
                                           PNDIS_HANDLE KeyHandle)
{
    struct configuration *c = ndis_object_check(ConfigurationHandle, NDIS_CONFIGURATION);
    char space[sizeof(KEY_BASIC_INFORMATION) + 256 * sizeof(WCHAR)] __attribute__((aligned(8)));
    KEY_BASIC_INFORMATION *info = (void *)space;
    ULONG length;

    *KeyHandle = NULL;
    *Status = NDIS_STATUS_FAILURE;
    if (!NT_SUCCESS(ZwEnumerateKey(c->key, Index, KeyBasicInformation, info, sizeof space, &length)))
        return;
    struct config_value *v = new_value(c, info->NameLength + sizeof(WCHAR), NDIS_CALLER());
    if (!v) {
        *Status = NDIS_STATUS_RESOURCES;
        return;
    }
    memcpy(v->data, info->Name, info->NameLength);
    *KeyName = (NDIS_STRING){ (USHORT)info->NameLength, (USHORT)(info->NameLength + 2), (PWCH)(void *)v->data };
    NdisOpenConfigurationKeyByName(Status, ConfigurationHandle, KeyName, KeyHandle);
}

uint32_t config_keyword(struct adapter *a, const WCHAR *text, uint32_t fallback)
{
    NDIS_CONFIGURATION_OBJECT object = {
        .Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
                    NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 },
        .NdisHandle = a,
    };
    PNDIS_CONFIGURATION_PARAMETER parameter;
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    NDIS_STRING name;

    if (NdisOpenConfigurationEx(&object, &configuration) != NDIS_STATUS_SUCCESS)
        return fallback;
    RtlInitUnicodeString(&name, text);
    NdisReadConfiguration(&status, &parameter, configuration, &name, NdisParameterInteger);
    uint32_t value = status == NDIS_STATUS_SUCCESS ? parameter->ParameterData.IntegerData : fallback;
    NdisCloseConfiguration(configuration);
    return value;
}
