/* Reads the registry's settings: of all adapters of a driver, of one, of a unit. A value out of its range counts as its nearest
 * allowed one, or as missing where the documentation says so. PASSIVE_LEVEL.
 * docs: storage/registry-entries-for-storport-miniport-drivers */
#include "storport/adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cm.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/text.h"

static bool read_dword(struct cm_key *key, const char *name, uint32_t *value)
{
    struct cm_value v;

    if (!key || !cm_get(key, name, &v) || v.type != REG_DWORD || v.size != 4)
        return false;
    memcpy(value, v.data, 4);
    return true;
}

/* One adapter's value counts more than that of all. */
static bool device_value(struct adapter *a, const char *name, struct cm_value *value)
{
    struct cm_key *own = parameters_key(a, false, false), *all = parameters_key(a, true, false);

    return (own && cm_get(own, name, value)) || (all && cm_get(all, name, value));
}

static uint32_t device_dword(struct adapter *a, const char *name, uint32_t lowest, uint32_t highest, uint32_t otherwise)
{
    struct cm_value v;
    uint32_t value;

    if (!device_value(a, name, &v) || v.type != REG_DWORD || v.size != 4)
        return otherwise;
    memcpy(&value, v.data, 4);
    return value < lowest ? lowest : value > highest ? highest : value;
}

/* REG_BINARY of 4 or 8 bytes. */
static uint64_t device_address(struct adapter *a, const char *name)
{
    struct cm_value v;
    uint64_t value = 0;

    if (device_value(a, name, &v) && v.type == REG_BINARY && (v.size == 4 || v.size == 8))
        memcpy(&value, v.data, v.size);
    return value;
}

static bool service_dword(struct adapter *a, const char *name, uint32_t *value)
{
    char path[160];

    snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s\\Parameters", a->driver->name);
    return read_dword(cm_key(NULL, path, false), name, value);
}

/* Device Parameters\StorPort of a device. */
static bool storport_dword(PDEVICE_OBJECT pdo, const char *name, uint32_t *value)
{
    struct pnp_node *node = pdo ? pnp_node_of(pdo) : NULL;
    struct cm_key *key = NULL;
    HANDLE handle = NULL;
    bool good;

    if (!node || !NT_SUCCESS(pnp_open_hardware_key(node, KEY_READ, &handle)))
        return false;
    good = NT_SUCCESS(cm_from_handle(handle, KEY_READ, &key)) && read_dword(cm_key(key, "StorPort", false), name, value);
    ZwClose(handle);
    return good;
}

uint32_t setting_dword(struct adapter *a, const char *name, uint32_t otherwise)
{
    uint32_t value;

    return storport_dword(a->pdo, name, &value) ? value : otherwise;
}

static void read_uncached(struct adapter *a, struct adapter_settings *s)
{
    uint32_t exponent = device_dword(a, "UncachedExtAlignment", 0, UINT32_MAX, 0);

    s->uncached_lowest = device_address(a, "MinimumUCXAddress");
    s->uncached_highest = device_address(a, "MaximumUCXAddress");
    if (s->uncached_highest && s->uncached_lowest >= s->uncached_highest - PAGE_SIZE)
        s->uncached_lowest = 0;
    s->uncached_alignment = exponent >= 3 && exponent <= 16 ? 1ull << exponent : 0;
}

static uint8_t bus_type(struct adapter *a)
{
    uint32_t type;

    if (service_dword(a, "BusType", &type))
        return (uint8_t)(type <= 0x7f ? type : BusTypeFibre);
    return a->driver->is_virtual ? BusTypeVirtual : BusTypeFibre;
}

void adapter_read_settings(struct adapter *a)
{
    struct adapter_settings *s = &a->settings;
    uint32_t value;

    *s = (struct adapter_settings){
        .link_down = device_dword(a, "LinkDownTimeoutValue", 0, 600, 30),
        .max_luns = device_dword(a, "MaximumLogicalUnit", 0, 8, 0),
        .requests = device_dword(a, "NumberOfRequests", 16, 255, 0),
        .bus_type = bus_type(a),
        .sense_bytes = SP_SENSE,
        .idle_units = setting_dword(a, "EnableIdlePowerManagement", 0) != 0,
        .runtime_power = setting_dword(a, "DisableRuntimePowerManagement", 0) == 0,
        .d3_cold = setting_dword(a, "DisableD3Cold", 0) == 0,
        .idle_ms = setting_dword(a, "IdleTimeoutInMS", 60000),
    };
    read_uncached(a, s);
    if (service_dword(a, "IoLatencyCap", &value))
        s->latency_cap = value * 1000000ull;
    value = setting_dword(a, "TotalSenseDataBytes", SP_SENSE);
    if (value >= 18 && value < SP_SENSE)
        s->sense_bytes = (uint8_t)value;
}

void unit_read_settings(struct unit *u)
{
    struct unit_settings s = UNIT_SETTINGS_DEFAULT;
    uint32_t value;

    if (storport_dword(u->pdo, "QueueFullWaitIoPercentage", &value))
        s.full_percent = value > 100 ? 100 : value;
    if (storport_dword(u->pdo, "BusyPauseTime", &value))
        s.busy_ns = value * 1000000ull;
    if (storport_dword(u->pdo, "BusyRetryCount", &value))
        s.busy_retries = value;
    if (storport_dword(u->pdo, "DisableIdlePowerManagement", &value))
        s.idle = value == 0;
    if (storport_dword(u->pdo, "MinimumIdleTimeoutInMS", &value))
        s.idle_ms = value;
    u->settings = s;
}

/* --- DriverParameter ------------------------------------------------------------------------------------------------------- */

static char *copy(struct adapter *a, const void *data, size_t size)
{
    char *to = pool_alloc(NonPagedPoolNx, size + 1, SP_TAG, SP_OWNER(a));

    if (to) {
        memcpy(to, data, size);
        to[size] = 0;
    }
    return to;
}

/* A string as ASCII, anything else as it is; a zero follows. "" when there is none. The caller's to free; NULL without memory. */
char *adapter_driver_parameter(struct adapter *a)
{
    struct cm_value v;
    char *text, *result;

    if (!device_value(a, "DriverParameter", &v))
        return copy(a, "", 0);
    if (v.type != REG_SZ && v.type != REG_EXPAND_SZ)
        return copy(a, v.data, v.size);
    const WCHAR *wide = (const WCHAR *)v.data;
    size_t count = v.size / sizeof *wide, size = text_to_utf8(NULL, 0, wide, count, NULL);
    text = malloc(size + 1);
    if (!text)
        return NULL;
    text_to_utf8(text, size, wide, count, NULL);
    result = copy(a, text, size);
    free(text);
    return result;
}
