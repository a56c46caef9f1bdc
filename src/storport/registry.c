/* A miniport's values in the registry: Services\<service>\Parameters\Device (all adapters) and ...\DeviceN (one).
 * docs: storport/nf-storport-storportregistryread, storage/registry-entries-for-storport-miniport-drivers */
#include "storport/extended.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cm.h"
#include "nt/io.h"
#include "nt/pool.h"
#include "nt/text.h"

#define MOST 4096u                      /* bytes of a buffer */

struct cm_key *parameters_key(struct adapter *a, bool global, bool create)
{
    char path[200];

    snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s\\Parameters\\Device", a->driver->name);
    if (!global)
        snprintf(path + strlen(path), sizeof path - strlen(path), "%u", a->number);
    return cm_key(NULL, path, create);
}

/* Memory for StorPortRegistryRead: *Length bytes, zeroed; NULL without memory or when the adapter has such a buffer already.
 * PASSIVE_LEVEL. docs: storport/nf-storport-storportallocateregistrybuffer */
PUCHAR NTAPI StorPortAllocateRegistryBuffer(PVOID HwDeviceExtension, PULONG Length)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    if (!Length || !*Length || a->registry_buffer)
        return NULL;
    if (*Length > MOST)
        *Length = MOST;
    PUCHAR buffer = pool_alloc(NonPagedPoolNx, *Length, SP_TAG, (void *)(uintptr_t)PE_CALLER().rip);
    if (buffer)
        memset(buffer, 0, *Length);
    a->registry_buffer = buffer;
    return buffer;
}

/* docs: storport/nf-storport-storportfreeregistrybuffer */
VOID NTAPI StorPortFreeRegistryBuffer(PVOID HwDeviceExtension, PUCHAR Buffer)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    if (!Buffer)
        return;
    if (Buffer != a->registry_buffer) {
        SP_MISUSE(a, "frees a registry buffer that it does not have", Buffer, PE_CALLER());
        return;
    }
    a->registry_buffer = NULL;
    pool_free(Buffer, SP_TAG, NULL);
}

static bool give(PUCHAR buffer, PULONG length, const void *data, size_t size)
{
    if (size > *length) {
        *length = (ULONG)size;
        return false;
    }
    memcpy(buffer, data, size);
    *length = (ULONG)size;
    return true;
}

/* A string, as bytes with a zero at the end. */
static bool give_text(PUCHAR buffer, PULONG length, const struct cm_value *value)
{
    const WCHAR *wide = (const WCHAR *)value->data;
    size_t count = value->size / sizeof *wide, size = text_to_utf8(NULL, 0, wide, count, NULL);
    char *text = malloc(size + 1);
    bool good;

    if (!text)
        return *length = 0, false;
    text_to_utf8(text, size, wide, count, NULL);
    text[size] = 0;
    good = give(buffer, length, text, size && !text[size - 1] ? size : size + 1);
    free(text);
    return good;
}

/* Reads a value of Type into Buffer, a string as ASCII. Global: of all adapters, else of this one. FALSE with the size in
 * *BufferLength when it does not fit, with 0 there otherwise. PASSIVE_LEVEL. docs: storport/nf-storport-storportregistryread */
BOOLEAN NTAPI StorPortRegistryRead(PVOID HwDeviceExtension, PUCHAR ValueName, ULONG Global, ULONG Type, PUCHAR Buffer,
                                   PULONG BufferLength)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    struct cm_key *key = ValueName && Buffer && BufferLength ? parameters_key(a, Global, false) : NULL;
    struct cm_value value;

    if (!key || !cm_get(key, (const char *)ValueName, &value) || value.type != Type) {
        if (BufferLength)
            *BufferLength = 0;
        return FALSE;
    }
    if (Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ)
        return give_text(Buffer, BufferLength, &value);
    return give(Buffer, BufferLength, value.data, value.size);
}

/* ASCII as UTF-16, ended by a zero, a list by two. */
static bool write_text(struct cm_key *key, const char *name, ULONG type, const UCHAR *text, ULONG length)
{
    ULONG zeroes = type == REG_MULTI_SZ ? 2 : 1, n = length;
    WCHAR *wide = calloc(length + zeroes, sizeof *wide);
    bool good;

    if (!wide)
        return false;
    if (type != REG_MULTI_SZ)
        n = (ULONG)strnlen((const char *)text, length);
    while (n && !text[n - 1])
        n--;
    for (ULONG i = 0; i < n; i++)
        wide[i] = text[i];
    good = cm_set(key, name, type, wide, (n + zeroes) * sizeof *wide);
    free(wide);
    return good;
}

/* Writes a value of Type; a string comes as ASCII. FALSE when it cannot be written. PASSIVE_LEVEL.
 * docs: storport/nf-storport-storportregistrywrite */
BOOLEAN NTAPI StorPortRegistryWrite(PVOID HwDeviceExtension, PUCHAR ValueName, ULONG Global, ULONG Type, PUCHAR Buffer,
                                    ULONG BufferLength)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    struct cm_key *key = ValueName && Buffer && BufferLength <= MOST ? parameters_key(a, Global, true) : NULL;

    if (!key)
        return FALSE;
    if (Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ)
        return write_text(key, (const char *)ValueName, Type, Buffer, BufferLength);
    return cm_set(key, (const char *)ValueName, Type, Buffer, BufferLength);
}

/* A value of any type, as it is, of the service key of a driver: also before it has an adapter. FALSE when there is none, or with its size
 * in *ValueDataLength when it does not fit. PASSIVE_LEVEL. docs: storport/nf-storport-storportreaddriverregistry */
BOOLEAN NTAPI StorPortReadDriverRegistry(PVOID DriverObject, PUCHAR ValueName, PULONG ValueDataLength, PVOID ValueData)
{
    struct cm_value value;
    char path[200];

    if (!DriverObject || !ValueName || !ValueDataLength || !ValueData)
        return FALSE;
    snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s", io_driver_of(DriverObject)->name);
    struct cm_key *key = cm_key(NULL, path, false);
    return key && cm_get(key, (const char *)ValueName, &value) && give(ValueData, ValueDataLength, value.data, value.size);
}

static bool as_utf8(char *to, size_t room, const WCHAR *from)
{
    size_t count = 0, size;

    while (from[count])
        count++;
    size = text_to_utf8(NULL, 0, from, count, NULL);
    if (size >= room)
        return false;
    text_to_utf8(to, size, from, count, NULL);
    to[size] = 0;
    return true;
}

/* The last part of KeyName is the value's name. Only REG_DWORD. docs: storport/nf-storport-storportreadregistrykey */
SP_HANDLER(ext_read_registry_key)
{
    const WCHAR *path = ARG(const WCHAR *), *name = ARG(const WCHAR *);
    ULONG type = ARG(ULONG);
    PVOID *data = ARG(PVOID *);
    PULONG length = ARG(PULONG);
    char key_path[512], value_name[256], *last;
    struct cm_value value;

    if (!path || !name || !data || !*data || !length || type != REG_DWORD)
        return (ULONG)STOR_STATUS_INVALID_PARAMETER;
    if (ke_irql() != PASSIVE_LEVEL)
        return (ULONG)STOR_STATUS_INVALID_IRQL;
    if (!as_utf8(key_path, sizeof key_path, path) || !as_utf8(value_name, sizeof value_name, name))
        return (ULONG)STOR_STATUS_INVALID_PARAMETER;
    struct cm_key *key = cm_key(NULL, key_path, false);
    last = strrchr(value_name, '\\');
    if (key && last) {
        *last = 0;
        key = cm_key(key, value_name, false);
    }
    last = last ? last + 1 : value_name;
    if (!key || !cm_get(key, last, &value) || value.type != REG_DWORD || value.size != sizeof(ULONG))
        return (ULONG)STOR_STATUS_UNSUCCESSFUL;
    if (*length < sizeof(ULONG))
        return *length = sizeof(ULONG), (ULONG)STOR_STATUS_BUFFER_TOO_SMALL;
    memcpy(*data, value.data, sizeof(ULONG));
    *length = sizeof(ULONG);
    return STOR_STATUS_SUCCESS;
}
