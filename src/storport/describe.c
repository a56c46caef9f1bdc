/* What a miniport says of its adapter and units beside INQUIRY data, by HwStorAdapterControl and HwStorUnitControl at PASSIVE_LEVEL. Some of
 * it is asked only when StorPortSetFeatureList named the feature.
 * docs: storport/ne-storport-scsi_unit_control_type, storport/nf-storport-storportsetfeaturelist */
#include "storport/disk_ioctl.h"

#include <string.h>


bool adapter_feature(const struct adapter *a, STORPORT_FEATURE_TYPE feature)
{
    return a->features & 1u << feature;
}

/* Bytes of a text that may not end in its field. */
static size_t text_length(const UCHAR *text, size_t most)
{
    size_t n = 0;

    while (n < most && text[n])
        n++;
    return n;
}

/* --- a unit, when it is found ------------------------------------------------------------------------------------------- */

static void ask_bus_type(struct unit *u)
{
    STOR_ADDR_BTL8 address = unit_address(u);
    STOR_UNIT_CONTROL_QUERY_BUS_TYPE query = { .Address = (PSTOR_ADDRESS)&address, .BusType = u->adapter->bus_type };

    if (adapter_feature(u->adapter, StorportFeatureBusTypeUnitControl) &&
        unit_control(u, ScsiUnitQueryBusType, &query) == ScsiUnitControlSuccess && query.BusType < BusTypeMax)
        u->bus_type = (uint8_t)query.BusType;
}

static void ask_description(struct unit *u)
{
    STOR_ADDR_BTL8 address = unit_address(u);
    STOR_RICH_DEVICE_DESCRIPTION d = { .Version = STOR_RICH_DEVICE_DESCRIPTION_STRUCTURE_VERSION, .Size = sizeof d,
                                       .Address = (PSTOR_ADDRESS)&address };

    if (unit_control(u, ScsiUnitRichDescription, &d) != ScsiUnitControlSuccess)
        return;
    memcpy(u->rich.vendor, d.VendorId, text_length(d.VendorId, STOR_VENDOR_ID_LENGTH));
    memcpy(u->rich.model, d.ModelNumber, text_length(d.ModelNumber, STOR_MODEL_NUMBER_LENGTH));
    memcpy(u->rich.revision, d.FirmwareRevision, text_length(d.FirmwareRevision, STOR_FIRMWARE_REVISION_LENGTH));
}

void unit_describe(struct unit *u)
{
    u->bus_type = u->adapter->bus_type;
    ask_bus_type(u);
    ask_description(u);
}

/* --- properties ------------------------------------------------------------------------------------------------------------ */

static uint32_t fru_descriptor(const STOR_FRU_ID_DESCRIPTION *fru, void *to)
{
    PSTORAGE_FRU_ID_DESCRIPTOR d = to;
    size_t length = text_length(fru->FruId, STOR_FRU_ID_MAX_LENGTH);

    d->Version = sizeof *d;
    d->IdentifierSize = (ULONG)length;
    memcpy(d->Identifier, fru->FruId, length);
    return (uint32_t)max_u64(sizeof *d, offsetof(STORAGE_FRU_ID_DESCRIPTOR, Identifier) + length);
}

uint32_t unit_fru(struct unit *u, void *to)
{
    STOR_ADDR_BTL8 address = unit_address(u);
    STOR_FRU_ID_DESCRIPTION fru = { .Version = STOR_FRU_ID_DESCRIPTION_STRUCTURE_VERSION_1, .Size = sizeof fru,
                                    .Address = (PSTOR_ADDRESS)&address };

    if (!adapter_feature(u->adapter, StorportFeatureFruIdUnitControl) ||
        unit_control(u, ScsiUnitQueryFruId, &fru) != ScsiUnitControlSuccess)
        return 0;
    return fru_descriptor(&fru, to);
}

uint32_t adapter_fru(struct adapter *a, void *to)
{
    STOR_FRU_ID_DESCRIPTION fru = { .Version = STOR_FRU_ID_DESCRIPTION_STRUCTURE_VERSION_1, .Size = sizeof fru };

    if (!adapter_feature(a, StorportFeatureFruIdAdapterControl) ||
        adapter_control(a, ScsiAdapterQueryFruId, &fru) != ScsiAdapterControlSuccess)
        return 0;
    return fru_descriptor(&fru, to);
}

/* In Unicode or in ASCII, as the miniport says. */
uint32_t adapter_serial(struct adapter *a, void *to)
{
    STOR_SERIAL_NUMBER serial = { .Version = STOR_SERIAL_NUMBER_V1, .Size = sizeof serial };
    PSTORAGE_ADAPTER_SERIAL_NUMBER d = to;

    if (adapter_control(a, ScsiAdapterSerialNumber, &serial) != ScsiAdapterControlSuccess)
        return 0;
    d->Version = sizeof *d;
    for (unsigned i = 0; i + 1 < STORAGE_ADAPTER_SERIAL_NUMBER_V1_MAX_LENGTH; i++) {
        WCHAR c = serial.SerialNumber[i];

        if (serial.Unicode)
            memcpy(&c, serial.SerialNumber + 2 * i, 2);
        if (!c)
            break;
        d->SerialNumber[i] = c;
    }
    return sizeof *d;
}

/* --- what happens to a unit, and to its bus ---------------------------------------------------------------------------------- */

/* docs: kernel/irp-mn-device-usage-notification */
void unit_usage(struct unit *u, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_use)
{
    static const SCSI_UC_DEVICE_USAGE_TYPE types[] = {
        [DeviceUsageTypePaging] = ScsiDeviceUsageTypePaging,
        [DeviceUsageTypeHibernation] = ScsiDeviceUsageTypeHibernation,
        [DeviceUsageTypeDumpFile] = ScsiDeviceUsageTypeDumpFile,
        [DeviceUsageTypeBoot] = ScsiDeviceUsageTypeBoot,
    };
    STOR_ADDR_BTL8 address = unit_address(u);
    STOR_UC_DEVICE_USAGE usage = { .Address = (PSTOR_ADDRESS)&address, .InUse = in_use };

    if ((unsigned)type < countof(types))
        usage.UsageType = types[type];
    unit_control(u, ScsiUnitUsage, &usage);
}

bool adapter_reset_bus_passive(struct adapter *a, uint8_t path)
{
    STOR_RESET_BUS_SYNCHRONOUS_PARAMETER reset = { .Version = sizeof reset, .Size = sizeof reset, .PathId = path };

    if (!adapter_feature(a, StorportFeatureResetBusSynchronous) || !a->supports[ScsiAdapterResetBusSynchronous])
        return adapter_reset_bus(a, path);
    a->resets++;
    bool good = adapter_control(a, ScsiAdapterResetBusSynchronous, &reset) == ScsiAdapterControlSuccess;
    adapter_hold_after_reset(a);
    return good;
}
