/* WMI: requests of consumers go to the miniport as SRB_FUNCTION_WMI, its events go to WMI.
 *
 * 1. An adapter's device object and each of its units' is a provider while it is started. A request is for the provider that it names;
 *    one that the miniport does not know (SRB_STATUS_INVALID_REQUEST) goes on as if nobody had looked at it.
 * 2. Registration data are the miniport's, with what the port driver knows: the registry path, and the device whose instances they are.
 * 3. An event is copied at once, at any IRQL, into one of EVENTS places, and written by a worker. What is larger than EVENT_BYTES is
 *    ignored, as documented; what finds no place is dropped, and the log says so.
 *
 * docs: storage/how-the-port-driver-processes-wmi-requests, storport/nf-storport-storportnotification */
#include "storport/adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wmistr.h>

#include "nt/ob.h"
#include "nt/pool.h"

#define DATA_AT 144u                    /* as in unit.c */
#define TIMEOUT 30                      /* seconds */
#define EVENT_BYTES 128u
#define EVENTS 16
#define REGINFO_BYTES 4096u             /* room for a miniport's registration */
#define MOST (1u << 20)                 /* bytes of a request */

struct wmi_port {
    PIO_WORKITEM item;
    bool queued, reregister;
    unsigned first, count;
    struct {
        uint8_t path, target, lun;
        uint64_t data[EVENT_BYTES / 8];
    } event[EVENTS];
};

/* --- a request ------------------------------------------------------------------------------------------------------------ */

static void describe(struct request *r, UCHAR minor, PVOID path, bool adapter)
{
    UCHAR flags = adapter ? SRB_WMI_FLAGS_ADAPTER_REQUEST : 0;

    if (!r->extended) {
        PSCSI_WMI_REQUEST_BLOCK srb = r->srb;

        srb->WMISubFunction = minor;
        srb->WMIFlags = flags;
        srb->DataPath = path;
        return;
    }
    PSTORAGE_REQUEST_BLOCK srb = r->srb;
    PSRBEX_DATA_WMI data = (void *)((uint8_t *)r->srb + DATA_AT);

    srb->NumSrbExData = 1;
    srb->SrbExDataOffset[0] = DATA_AT;
    data->Type = SrbExDataTypeWmi;
    data->Length = SRBEX_DATA_WMI_LENGTH;
    data->WMISubFunction = minor;
    data->WMIFlags = flags;
    data->DataPath = path;
}

/* The miniport's SRB status; *length: in, of the buffer; out, of the answer. */
static uint8_t ask(struct adapter *a, struct unit *u, UCHAR minor, PVOID path, void *buffer, uint32_t *length)
{
    struct request *r = request_take(u ? u : a->control);
    uint8_t status;

    if (!r)
        return SRB_STATUS_INSUFFICIENT_RESOURCES;
    request_prepare(r, SRB_FUNCTION_WMI, SRB_FLAGS_DATA_IN | SRB_FLAGS_DATA_OUT, buffer, *length, TIMEOUT);
    describe(r, minor, path, !u);
    status = request_wait(r);
    *length = (uint32_t)min_u64(*length, SrbGetDataTransferLength(r->srb));
    request_release(r);
    return status;
}

/* --- registration ------------------------------------------------------------------------------------------------------------ */

static size_t registry_path(const struct adapter *a, WCHAR *to)
{
    char text[160];
    size_t n = (size_t)snprintf(text, sizeof text, "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\%s", a->driver->name);

    for (size_t i = 0; i < n; i++)
        to[i] = (WCHAR)(unsigned char)text[i];
    return n * sizeof *to;
}

/* What the port driver adds; the size of all of it. The buffer has room. */
static ULONG add_own(struct adapter *a, PDEVICE_OBJECT pdo, PWMIREGINFOW info, ULONG size, bool first)
{
    WCHAR path[160];
    size_t bytes = registry_path(a, path);

    for (ULONG i = 0; i < info->GuidCount; i++) {
        info->WmiRegGuid[i].Flags |= WMIREG_FLAG_INSTANCE_PDO;
        info->WmiRegGuid[i].Pdo = (ULONG_PTR)pdo;
        ob_reference(pdo);              /* WMI lets go of it */
    }
    if (first) {
        USHORT length = (USHORT)bytes;
        info->RegistryPath = size;
        memcpy((char *)info + size, &length, sizeof length);
        memcpy((char *)info + size + sizeof length, path, bytes);
        size += (ULONG)(sizeof length + bytes);
    }
    info->BufferSize = size;
    return size;
}

static NTSTATUS too_small(PIRP irp, PVOID buffer, ULONG room, ULONG needed)
{
    if (room < sizeof needed)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(buffer, &needed, sizeof needed);
    irp->IoStatus.Information = sizeof needed;
    return STATUS_BUFFER_TOO_SMALL;
}

static bool sound(const WMIREGINFOW *info, uint32_t length)
{
    return length >= sizeof *info && info->GuidCount <= (length - sizeof *info) / sizeof info->WmiRegGuid[0];
}

static NTSTATUS registration(struct adapter *a, struct unit *u, PIRP irp, PIO_STACK_LOCATION s, bool *known)
{
    bool first = s->Parameters.WMI.DataPath == NULL;        /* WMIREGISTER */
    PWMIREGINFOW info = pool_alloc(NonPagedPoolNx, REGINFO_BYTES + 400, SP_TAG, SP_OWNER(a));
    ULONG room = s->Parameters.WMI.BufferSize, needed;
    uint32_t length = REGINFO_BYTES;
    WCHAR path[160];
    NTSTATUS status = STATUS_SUCCESS;

    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(info, 0, REGINFO_BYTES);
    uint8_t answer = ask(a, u, s->MinorFunction, s->Parameters.WMI.DataPath, info, &length);
    *known = answer != SRB_STATUS_INVALID_REQUEST;
    needed = length + (ULONG)(first ? sizeof(USHORT) + registry_path(a, path) : 0);
    if (answer != SRB_STATUS_SUCCESS || !sound(info, length))
        status = answer == SRB_STATUS_SUCCESS ? STATUS_UNSUCCESSFUL : sp_status(answer);
    else if (needed > room)
        status = too_small(irp, s->Parameters.WMI.Buffer, room, needed);
    else
        memcpy(s->Parameters.WMI.Buffer, info, add_own(a, u ? u->pdo : a->pdo, info, length, first));
    if (NT_SUCCESS(status))
        irp->IoStatus.Information = needed;
    pool_free(info, SP_TAG, NULL);
    return status;
}

/* --- all others ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS data(struct adapter *a, struct unit *u, PIRP irp, PIO_STACK_LOCATION s, bool *known)
{
    uint32_t room = s->Parameters.WMI.BufferSize, length = room;
    GUID *guid = NULL;
    uint8_t *copy = room <= MOST ? pool_alloc(NonPagedPoolNx, sizeof *guid + room, SP_TAG, SP_OWNER(a)) : NULL;
    NTSTATUS status;

    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    guid = (GUID *)(void *)copy;
    if (s->Parameters.WMI.DataPath)
        *guid = *(const GUID *)s->Parameters.WMI.DataPath;
    if (room)
        memcpy(guid + 1, s->Parameters.WMI.Buffer, room);
    uint8_t answer = ask(a, u, s->MinorFunction, s->Parameters.WMI.DataPath ? guid : NULL, guid + 1, &length);
    *known = answer != SRB_STATUS_INVALID_REQUEST;
    status = answer == SRB_STATUS_DATA_OVERRUN ? STATUS_BUFFER_TOO_SMALL : sp_status(answer);
    if (NT_SUCCESS(status)) {
        memcpy(s->Parameters.WMI.Buffer, guid + 1, length);
        irp->IoStatus.Information = length;
    }
    pool_free(copy, SP_TAG, NULL);
    return status;
}

bool wmi_request(struct adapter *a, struct unit *u, PIRP irp, NTSTATUS *status)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    PDEVICE_OBJECT provider = u ? u->pdo : a->fdo;
    bool known = false;

    if (s->MinorFunction > IRP_MN_REGINFO_EX || s->MinorFunction == 0x0a || a->state != ADAPTER_STARTED || !a->wmi ||
        (PDEVICE_OBJECT)s->Parameters.WMI.ProviderId != provider)
        return false;
    if (s->MinorFunction == IRP_MN_REGINFO || s->MinorFunction == IRP_MN_REGINFO_EX)
        *status = registration(a, u, irp, s, &known);
    else
        *status = data(a, u, irp, s, &known);
    return known;
}

/* --- events ------------------------------------------------------------------------------------------------------------------------- */

static PDEVICE_OBJECT device_of(struct adapter *a, uint8_t path, uint8_t target, uint8_t lun)
{
    struct unit *u = path == 0xff ? NULL : unit_find(a, path, target, lun);

    return path == 0xff ? a->fdo : u ? u->pdo : NULL;
}

static void write_event(struct adapter *a, unsigned n)
{
    PWNODE_HEADER from = (void *)a->wmi->event[n].data;
    PDEVICE_OBJECT device = device_of(a, a->wmi->event[n].path, a->wmi->event[n].target, a->wmi->event[n].lun);
    PWNODE_HEADER node = device ? pool_alloc(NonPagedPoolNx, EVENT_BYTES, SP_TAG, SP_OWNER(a)) : NULL;

    if (!node)
        return;
    memcpy(node, from, EVENT_BYTES);
    node->ProviderId = IoWMIDeviceObjectToProviderId(device);
    if (!NT_SUCCESS(IoWMIWriteEvent(node)))
        pool_free(node, SP_TAG, NULL);
}

static VOID NTAPI work(PDEVICE_OBJECT device, PVOID context)
{
    struct adapter *a = context;
    struct wmi_port *w = a->wmi;

    while (w->count || w->reregister) {
        if (w->reregister) {
            w->reregister = false;
            IoWMIRegistrationControl(a->fdo, WMIREG_ACTION_REREGISTER);
            continue;
        }
        write_event(a, w->first);
        w->first = (w->first + 1) % EVENTS;
        w->count--;
    }
    w->queued = false;
}

void wmi_queue(struct adapter *a)
{
    if (!a->wmi || a->wmi->queued || (!a->wmi->count && !a->wmi->reregister))
        return;
    a->wmi->queued = true;
    IoQueueWorkItem(a->wmi->item, work, DelayedWorkQueue, a);
}

void wmi_event(struct adapter *a, PVOID event, uint8_t path, uint8_t target, uint8_t lun)
{
    const WNODE_HEADER *node = event;
    struct wmi_port *w = a->wmi;
    unsigned n;

    if (!w || !node || node->BufferSize < sizeof *node || node->BufferSize > EVENT_BYTES)
        return;
    if (w->count == EVENTS) {
        log_warn("storport", "%s: too many WMI events at once: one is dropped", a->driver->name);
        return;
    }
    n = (w->first + w->count++) % EVENTS;
    w->event[n].path = path;
    w->event[n].target = target;
    w->event[n].lun = lun;
    memset(w->event[n].data, 0, EVENT_BYTES);
    memcpy(w->event[n].data, node, node->BufferSize);
    KeInsertQueueDpc(&a->dpc, NULL, NULL);
}

void wmi_reregister(struct adapter *a)
{
    if (!a->wmi)
        return;
    a->wmi->reregister = true;
    KeInsertQueueDpc(&a->dpc, NULL, NULL);
}

/* --- begin and end --------------------------------------------------------------------------------------------------------------------- */

void wmi_start(struct adapter *a)
{
    struct wmi_port *w = a->config->WmiDataProvider && !a->wmi ? calloc(1, sizeof *w) : NULL;

    if (!w)
        return;
    w->item = IoAllocateWorkItem(a->fdo);
    if (!w->item) {
        free(w);
        return;
    }
    a->wmi = w;
    IoWMIRegistrationControl(a->fdo, WMIREG_ACTION_REGISTER);
}

void wmi_stop(struct adapter *a)
{
    struct wmi_port *w = a->wmi;
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    if (!w)
        return;
    IoWMIRegistrationControl(a->fdo, WMIREG_ACTION_DEREGISTER);
    while (w->queued)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    a->wmi = NULL;
    IoFreeWorkItem(w->item);
    free(w);
}
