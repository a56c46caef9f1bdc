/* Physical device objects of logical units. docs: kernel/bus-drivers, install/identifiers-for-scsi-devices */
#include "storport/adapter.h"

#include <stdio.h>
#include <string.h>

#include "nt/io.h"
#include "nt/ob.h"
#include "nt/pool.h"

static const char *type_name(const struct unit *u)
{
    static const char *const names[] = { "Disk", "Sequential", "Printer", "Processor", "Worm", "CdRom", "Scanner", "Optical", "Changer" };

    return u->inquiry.DeviceType < countof(names) ? names[u->inquiry.DeviceType] : "Other";
}

static const char *generic_name(const struct unit *u)
{
    static const char *const names[] = { "GenDisk", "GenSequential", "GenPrinter", "GenProcessor", "GenWorm", "GenCdRom",
                                         "GenScanner", "GenOptical", "ScsiChanger" };

    return u->inquiry.DeviceType < countof(names) ? names[u->inquiry.DeviceType] : "ScsiOther";
}

/* A field of INQUIRY data for an ID: what may not stand in one becomes '_'. */
static void id_part(char *to, const UCHAR *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = from[i] > ' ' && from[i] < 0x7f && from[i] != ',' && from[i] != '\\' ? (char)from[i] : '_';
    to[length] = 0;
}

static void trim(char *text)
{
    size_t length = strlen(text);

    while (length && text[length - 1] == '_')
        text[--length] = 0;
}

struct ids {
    char vendor[9], product[17], revision[5];
};

static struct ids parts(const struct unit *u)
{
    struct ids ids;

    id_part(ids.vendor, u->inquiry.VendorId, 8);
    id_part(ids.product, u->inquiry.ProductId, 16);
    id_part(ids.revision, u->inquiry.ProductRevisionLevel, 4);
    return ids;
}

/* UTF-16 in pool memory: `size` characters of text with the zeroes in it. */
static NTSTATUS answer(PIRP irp, const char *text, size_t size)
{
    WCHAR *copy = pool_alloc(PagedPool, size * sizeof *copy, SP_TAG, NULL);

    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (size_t i = 0; i < size; i++)
        copy[i] = (WCHAR)(unsigned char)text[i];
    irp->IoStatus.Information = (ULONG_PTR)copy;
    return STATUS_SUCCESS;
}

static size_t add(char *list, size_t at, const char *id)
{
    size_t length = strlen(id) + 1;

    memcpy(list + at, id, length);
    list[at + length] = 0;
    return at + length;
}

static NTSTATUS hardware_ids(struct unit *u, PIRP irp)
{
    struct ids p = parts(u);
    char list[400], id[80];
    size_t at = 0;

    snprintf(id, sizeof id, "SCSI\\%s%s%s%s", type_name(u), p.vendor, p.product, p.revision);
    at = add(list, at, id);
    snprintf(id, sizeof id, "SCSI\\%s%s%s", type_name(u), p.vendor, p.product);
    at = add(list, at, id);
    snprintf(id, sizeof id, "SCSI\\%s%s", type_name(u), p.vendor);
    at = add(list, at, id);
    snprintf(id, sizeof id, "%s", generic_name(u));
    at = add(list, at, id);
    return answer(irp, list, at + 1);
}

static NTSTATUS query_id(struct unit *u, PIRP irp, BUS_QUERY_ID_TYPE type)
{
    struct ids p = parts(u);
    char id[120];
    size_t at;

    switch (type) {
    case BusQueryDeviceID:
        trim(p.vendor);
        trim(p.product);
        at = (size_t)snprintf(id, sizeof id, "SCSI\\%s&Ven_%s&Prod_%s", type_name(u), p.vendor, p.product);
        return answer(irp, id, at + 1);
    case BusQueryInstanceID:
        at = (size_t)snprintf(id, sizeof id, "%02X%02X%02X%02X", u->adapter->number, u->path, u->target, u->lun);
        return answer(irp, id, at + 1);
    case BusQueryHardwareIDs:
        return hardware_ids(u, irp);
    case BusQueryCompatibleIDs:
        snprintf(id, sizeof id, "SCSI\\%s", type_name(u));
        at = add(id, 0, id);
        at = add(id, at, "SCSI\\RAW");
        return answer(irp, id, at + 1);
    default:
        return irp->IoStatus.Status;
    }
}

static NTSTATUS query_text(struct unit *u, PIRP irp, DEVICE_TEXT_TYPE type)
{
    struct ids p = parts(u);
    char text[96];
    int length;

    if (type == DeviceTextDescription) {
        trim(p.vendor);
        trim(p.product);
        length = snprintf(text, sizeof text, "%s %s", p.vendor, p.product);
        if (!(u->adapter->driver->init.FeatureSupport & STOR_FEATURE_DEVICE_NAME_NO_SUFFIX))
            length += snprintf(text + length, sizeof text - (size_t)length, " SCSI %s Device", type_name(u));
    } else {
        length = snprintf(text, sizeof text, "Bus Number %u, Target Id %u, LUN %u", u->path, u->target, u->lun);
    }
    return answer(irp, text, (size_t)length + 1);
}

static NTSTATUS query_relations(struct unit *u, PIRP irp, DEVICE_RELATION_TYPE type)
{
    PDEVICE_RELATIONS relations;

    if (type != TargetDeviceRelation)
        return irp->IoStatus.Status;
    relations = pool_alloc(PagedPool, sizeof *relations, SP_TAG, NULL);
    if (!relations)
        return STATUS_INSUFFICIENT_RESOURCES;
    relations->Count = 1;
    relations->Objects[0] = u->pdo;
    ob_reference(u->pdo);
    irp->IoStatus.Information = (ULONG_PTR)relations;
    return STATUS_SUCCESS;
}

/* --- life ------------------------------------------------------------------------------------------------------------------ */

NTSTATUS pdo_create(struct unit *u)
{
    NTSTATUS status = IoCreateDevice(u->adapter->driver->object, sizeof(struct sp_extension), NULL, FILE_DEVICE_MASS_STORAGE,
                                     FILE_DEVICE_SECURE_OPEN | FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &u->pdo);

    if (!NT_SUCCESS(status))
        return status;
    *(struct sp_extension *)u->pdo->DeviceExtension = (struct sp_extension){ SP_UNIT, u };
    u->pdo->StackSize = u->adapter->fdo->StackSize + 1;
    u->pdo->AlignmentRequirement = u->adapter->config->AlignmentMask;
    u->pdo->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE | DO_BUS_ENUMERATED_DEVICE;
    u->pdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return status;
}

void pdo_delete(struct unit *u)
{
    PDEVICE_OBJECT pdo = u->pdo;

    /* A file may be open on it, and PnP still has a removal to send. */
    ((struct sp_extension *)pdo->DeviceExtension)->owner = NULL;
    u->pdo = NULL;
    IoDeleteDevice(pdo);
}

static void tell_removed(struct unit *u, SCSI_UNIT_CONTROL_TYPE type, STOR_PNP_ACTION action)
{
    STOR_ADDR_BTL8 address = unit_address(u);

    unit_tell_pnp(u, action, NULL, 0);
    unit_control(u, type, &address);
}

static NTSTATUS take_away(struct unit *u, PIRP irp)
{
    struct adapter *a = u->adapter;

    pofx_unit_end(u);
    IoWMIRegistrationControl(u->pdo, WMIREG_ACTION_DEREGISTER);
    if (!u->gone)
        return sp_complete(irp, STATUS_SUCCESS);        /* disabled, and still there */
    if (a->state == ADAPTER_STARTED)
        tell_removed(u, ScsiUnitRemove, StorRemoveDevice);
    scsi_flush(u, SRB_STATUS_NO_DEVICE);
    unit_settle(u);
    NTSTATUS status = sp_complete(irp, STATUS_SUCCESS);
    pdo_delete(u);
    unit_free(u);
    return status;
}

static NTSTATUS pnp(struct unit *u, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = irp->IoStatus.Status;

    switch (sp->MinorFunction) {
    case IRP_MN_START_DEVICE:
        unit_started(u);
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_DEVICE_ENUMERATED:
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
        unit_usage(u, sp->Parameters.UsageNotification.Type, sp->Parameters.UsageNotification.InPath);
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        u->gone = true;
        if (u->adapter->state == ADAPTER_STARTED)
            tell_removed(u, ScsiUnitSurpriseRemoval, StorSurpriseRemoval);
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_REMOVE_DEVICE:
        return take_away(u, irp);
    case IRP_MN_QUERY_ID:
        status = query_id(u, irp, sp->Parameters.QueryId.IdType);
        break;
    case IRP_MN_QUERY_DEVICE_TEXT:
        status = query_text(u, irp, sp->Parameters.QueryDeviceText.DeviceTextType);
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        status = query_relations(u, irp, sp->Parameters.QueryDeviceRelations.Type);
        break;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        if (u->failed)
            irp->IoStatus.Information |= PNP_DEVICE_FAILED;
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        sp->Parameters.DeviceCapabilities.Capabilities->RawDeviceOK = TRUE;
        sp->Parameters.DeviceCapabilities.Capabilities->Address = u->target;
        unit_query_capabilities(u, sp->Parameters.DeviceCapabilities.Capabilities);
        status = STATUS_SUCCESS;
        break;
    }
    return sp_complete(irp, status);
}

static NTSTATUS orphan_dispatch(PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);

    if (sp->MajorFunction == IRP_MJ_SCSI && sp->Parameters.Scsi.Srb)
        sp->Parameters.Scsi.Srb->SrbStatus = SRB_STATUS_NO_DEVICE;

    if (sp->MajorFunction == IRP_MJ_POWER)
        PoStartNextPowerIrp(irp);
    if (sp->MajorFunction == IRP_MJ_CLEANUP || sp->MajorFunction == IRP_MJ_CLOSE ||
        (sp->MajorFunction == IRP_MJ_PNP && sp->MinorFunction == IRP_MN_REMOVE_DEVICE))
        return sp_complete(irp, STATUS_SUCCESS);
    return sp_complete(irp, STATUS_DEVICE_DOES_NOT_EXIST);
}

NTSTATUS pdo_dispatch(struct unit *u, PIRP irp)
{
    if (!u)
        return orphan_dispatch(irp);
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_PNP:
        return pnp(u, irp);
    case IRP_MJ_POWER:
        PoStartNextPowerIrp(irp);
        if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_SET_POWER ||
            IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_QUERY_POWER)
            return sp_complete(irp, STATUS_SUCCESS);
        return sp_complete(irp, irp->IoStatus.Status);
    case IRP_MJ_SYSTEM_CONTROL: {
        NTSTATUS status;
        return sp_complete(irp, wmi_request(u->adapter, u, irp, &status) ? status : irp->IoStatus.Status);
    }
    case IRP_MJ_SCSI:
        return scsi_dispatch(u, irp);
    case IRP_MJ_DEVICE_CONTROL:
        return unit_ioctl(u, irp);
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return sp_complete(irp, STATUS_SUCCESS);
    default:
        return sp_complete(irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}
