/* What a miniport says by HwStorUnitControl and HwStorAdapterControl of its units and itself, and which of it takes a feature list. */
#include "fake.h"

#include <ntddscsi.h>

/* disk_ioctl.h, which has a name of unit.h's, too. */
#define PROPERTY_MOST 512u
uint32_t unit_descriptor(struct unit *u, STORAGE_PROPERTY_ID id, void *to);
uint32_t adapter_descriptor(const struct adapter *a, void *to);

static bool lists_features;
static unsigned bus_types, frus, adapter_frus, descriptions, serials, resets, usages;
static STOR_UC_DEVICE_USAGE usage;
static bool unicode;

static void check_unit(PSTOR_ADDRESS address)
{
    PSTOR_ADDR_BTL8 btl = (PSTOR_ADDR_BTL8)address;

    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    CHECK(btl != NULL && btl->Type == STOR_ADDRESS_TYPE_BTL8 && !btl->Path && !btl->Target && !btl->Lun);
}

static SCSI_UNIT_CONTROL_STATUS NTAPI on_unit(PVOID extension, SCSI_UNIT_CONTROL_TYPE type, PVOID parameters)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;
    PSTOR_RICH_DEVICE_DESCRIPTION rich = parameters;
    PSTOR_FRU_ID_DESCRIPTION fru = parameters;

    switch (type) {
    case ScsiQuerySupportedUnitControlTypes:
        list->SupportedTypeList[ScsiUnitQueryBusType] = list->SupportedTypeList[ScsiUnitQueryFruId] = TRUE;
        list->SupportedTypeList[ScsiUnitRichDescription] = list->SupportedTypeList[ScsiUnitUsage] = TRUE;
        break;
    case ScsiUnitQueryBusType:
        check_unit(((PSTOR_UNIT_CONTROL_QUERY_BUS_TYPE)parameters)->Address);
        ((PSTOR_UNIT_CONTROL_QUERY_BUS_TYPE)parameters)->BusType = BusTypeNvme;
        bus_types++;
        break;
    case ScsiUnitRichDescription:
        CHECK_EQ(rich->Version, STOR_RICH_DEVICE_DESCRIPTION_STRUCTURE_VERSION);
        CHECK_EQ(rich->Size, sizeof *rich);
        strcpy((char *)rich->ModelNumber, "A model whose name is longer than sixteen letters");
        strcpy((char *)rich->FirmwareRevision, "12.34.56");
        descriptions++;
        break;
    case ScsiUnitQueryFruId:
        check_unit(fru->Address);
        CHECK_EQ(fru->Version, STOR_FRU_ID_DESCRIPTION_STRUCTURE_VERSION_1);
        CHECK_EQ(fru->Size, sizeof *fru);
        strcpy((char *)fru->FruId, "unit 4711");
        frus++;
        break;
    case ScsiUnitUsage:
        check_unit(((PSTOR_UC_DEVICE_USAGE)parameters)->Address);
        usage = *(PSTOR_UC_DEVICE_USAGE)parameters;
        usages++;
        break;
    default:
        break;
    }
    return ScsiUnitControlSuccess;
}

static SCSI_ADAPTER_CONTROL_STATUS on_adapter(SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;
    PSTOR_RESET_BUS_SYNCHRONOUS_PARAMETER reset = parameters;
    PSTOR_SERIAL_NUMBER serial = parameters;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        list->SupportedTypeList[ScsiAdapterQueryFruId] = list->SupportedTypeList[ScsiAdapterSerialNumber] = TRUE;
        list->SupportedTypeList[ScsiAdapterResetBusSynchronous] = TRUE;
        break;
    case ScsiAdapterQueryFruId:
        CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
        strcpy((char *)((PSTOR_FRU_ID_DESCRIPTION)parameters)->FruId, "adapter 0815");
        adapter_frus++;
        break;
    case ScsiAdapterSerialNumber:
        CHECK_EQ(serial->Version, 1);
        CHECK_EQ(serial->Size, sizeof *serial);
        serial->Unicode = unicode;
        for (unsigned i = 0; i < 6; i++)
            serial->SerialNumber[unicode ? 2 * i : i] = (UCHAR)"S12345"[i];
        serials++;
        break;
    case ScsiAdapterResetBusSynchronous:
        CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
        CHECK_EQ(reset->Version, sizeof *reset);
        CHECK_EQ(reset->PathId, 0);
        resets++;
        break;
    default:
        break;
    }
    return ScsiAdapterControlSuccess;
}

static void set_features(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    BOOLEAN list[StorportFeatureMax] = { [StorportFeatureBusTypeUnitControl] = TRUE, [StorportFeatureFruIdUnitControl] = TRUE,
                                         [StorportFeatureFruIdAdapterControl] = TRUE, [StorportFeatureResetBusSynchronous] = TRUE };

    CHECK_EQ(StorPortSetFeatureList(fake.extension, 0, list), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortSetFeatureList(fake.extension, 4, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortSetFeatureList(fake.extension, 1000, list), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    if (lists_features)
        CHECK_EQ(StorPortSetFeatureList(fake.extension, StorportFeatureMax, list), STOR_STATUS_SUCCESS);
}

static uint8_t answer[PROPERTY_MOST] __attribute__((aligned(8)));

static uint32_t property(struct unit *u, STORAGE_PROPERTY_ID id)
{
    memset(answer, 0, sizeof answer);
    return unit_descriptor(u, id, answer);
}

static void notify(struct unit *u, DEVICE_USAGE_NOTIFICATION_TYPE type, BOOLEAN in)
{
    IO_STATUS_BLOCK result;
    KEVENT done;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, u->pdo, NULL, 0, NULL, &done, &result);
    CHECK(irp != NULL);
    PIO_STACK_LOCATION sp = IoGetNextIrpStackLocation(irp);
    sp->MinorFunction = IRP_MN_DEVICE_USAGE_NOTIFICATION;
    sp->Parameters.UsageNotification.Type = type;
    sp->Parameters.UsageNotification.InPath = in;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    CHECK_EQ((uint32_t)IofCallDriver(u->pdo, irp), STATUS_SUCCESS);
}

static void ask(void *unused)
{
    PSTORAGE_DEVICE_DESCRIPTOR device = (PVOID)answer;
    PSTORAGE_FRU_ID_DESCRIPTOR fru = (PVOID)answer;
    PSTORAGE_ADAPTER_SERIAL_NUMBER serial = (PVOID)answer;

    fake.on_unit = on_unit;
    fake.on_control = on_adapter;
    fake.on_find = set_features;
    plug_fake();
    struct unit *u = unit_find(adapter_find(fake.extension), 0, 0, 0);
    CHECK(u != NULL);
    CHECK(property(u, StorageDeviceProperty) > 0);
    CHECK_EQ(device->BusType, lists_features ? BusTypeNvme : u->adapter->bus_type);
    CHECK_STR((char *)answer + device->VendorIdOffset, "FAKE");
    CHECK_STR((char *)answer + device->ProductIdOffset, "A model whose name is longer than sixteen letters");
    CHECK_STR((char *)answer + device->ProductRevisionOffset, "12.34.56");
    CHECK_EQ(!property(u, StorageFruIdProperty), !lists_features);
    if (lists_features) {
        CHECK_EQ(fru->IdentifierSize, 9);
        CHECK(!memcmp(fru->Identifier, "unit 4711", 9));
    }
    memset(answer, 0, sizeof answer);
    CHECK_EQ(!adapter_fru(u->adapter, answer), !lists_features);
    for (int i = 0; i < 2; i++) {
        unicode = i;
        CHECK_EQ(property(u, StorageAdapterSerialNumberProperty), sizeof *serial);
        for (unsigned n = 0; n < 7; n++)
            CHECK_EQ(serial->SerialNumber[n], "S12345"[n]);
    }
    CHECK(adapter_reset_bus_passive(u->adapter, 0));
    notify(u, DeviceUsageTypePaging, TRUE);
    CHECK_EQ(usages, 1);
    CHECK_EQ(usage.UsageType, ScsiDeviceUsageTypePaging);
    CHECK_EQ(usage.InUse, TRUE);
    notify(u, DeviceUsageTypeDumpFile, FALSE);
    CHECK_EQ(usages, 2);
    CHECK_EQ(usage.UsageType, ScsiDeviceUsageTypeDumpFile);
    CHECK_EQ(usage.InUse, FALSE);
    CHECK_EQ(serials, 2);
    CHECK_EQ(descriptions, 1);
    CHECK_EQ(bus_types, lists_features);
    CHECK_EQ(frus, lists_features);
    CHECK_EQ(adapter_frus, lists_features);
    CHECK_EQ(resets, lists_features);
    CHECK_EQ(fake.bus_resets, !lists_features);
    unplug_fake();
}

TEST(controls_of_listed_features_are_sent_and_make_properties)
{
    lists_features = true;
    on_a_computer(ask, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(controls_of_features_that_are_not_listed_are_not_sent)
{
    on_a_computer(ask, 1);
    CHECK_EQ(fake_findings, 0);
}
